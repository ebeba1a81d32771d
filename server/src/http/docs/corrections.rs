//! What does poem-openapi leave out, or say as no tool reads it? Statuses, examples, who may ask, and the fine print of schemas.

#![expect(
    clippy::indexing_slicing,
    reason = "what is missing in a JSON value is null, and the document is printed by tests"
)]

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{examples, limits, refusals};
use crate::config::{Config, Issuer};
use crate::http::bearer::SCHEME;
use crate::http::cookie;
use crate::model::scope::{ACCOUNT, ADMIN, OPENID, PROFILE, SESSIONS};

/// How clients say who they are.
const CLIENT_SCHEME: &str = "client";
/// How a browser says who is signed in.
const COOKIE_SCHEME: &str = "cookie";

/// An operation of the document.
pub(super) struct Operation<'a> {
    pub(super) id: String,
    pub(super) path: &'a str,
    /// Which scope its access token needs; nothing where none is asked for.
    pub(super) scope: Option<&'static str>,
    /// Whether it reads a body.
    pub(super) has_body: bool,
}

impl Operation<'_> {
    /// Whether specifications say how it answers.
    pub(super) fn is_protocol(&self) -> bool {
        self.path.starts_with("/oauth2/")
    }

    /// Whether a browser sends its cookie with it.
    pub(super) fn is_cookie_mode(&self) -> bool {
        self.path.starts_with("/bff/")
    }

    /// Whether it is for administrators.
    pub(super) fn is_administration(&self) -> bool {
        self.path.starts_with("/api/v1/admin/")
    }
}

/// Makes the document what the endpoints do.
pub(super) fn apply(document: &mut Value, config: &Config) {
    let issuer = &config.issuer;
    document["openapi"] = json!("3.0.3");
    let mut tags = Vec::new();
    let mut asked = BTreeSet::new();
    let mut answered = BTreeSet::new();
    let mut shelf = Map::new();
    let schemas = document["components"]["schemas"].clone();
    let paths = document["paths"].as_object_mut().into_iter().flatten();
    let operations = paths.flat_map(|(path, item)| {
        item.as_object_mut().into_iter().flat_map(Map::values_mut).map(move |operation| (path.as_str(), operation))
    });
    for (path, operation) in operations {
        tags.extend(operation["tags"][0].as_str().map(str::to_owned));
        collect_references(&operation["requestBody"], &mut asked);
        correct_operation(path, operation, issuer, &schemas, &mut shelf);
        collect_references(&operation["responses"], &mut answered);
    }
    order_tags(&mut document["tags"], &tags);
    correct_schemas(&mut document["components"]["schemas"], &asked, answered, config);
    correct_security(&mut document["components"]["securitySchemes"], issuer);
    shelf.sort_keys();
    document["components"]["examples"] = Value::Object(shelf);
}

fn correct_operation(
    path: &str,
    operation: &mut Value,
    issuer: &Issuer,
    schemas: &Value,
    shelf: &mut Map<String, Value>,
) {
    let view = Operation {
        id: operation["operationId"].as_str().unwrap_or_default().to_owned(),
        path,
        scope: needed_scope(path, operation),
        has_body: operation.get("requestBody").is_some(),
    };
    operation["security"] = match view.scope {
        Some(scope) => json!([{ SCHEME: [scope] }]),
        // Clients name themselves in the header, or in the body.
        None if view.is_protocol() => json!([{ CLIENT_SCHEME: [] }, {}]),
        None => match view.id.as_str() {
            "getLogin" | "refreshLogin" => json!([{ COOKIE_SCHEME: [] }]),
            // Who is not signed in may well sign out.
            "logOut" => json!([{ COOKIE_SCHEME: [] }, {}]),
            _ => json!([]),
        },
    };
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let limits = match parameter["in"].as_str() {
            Some("query") => limits::of_parameter(name),
            Some("path") => limits::of_path(path, name),
            _ => Value::Null,
        };
        limit(&mut parameter["schema"], limits);
        // Everybody's sessions at once are not for a slip to end.
        if view.id == "endSessions" {
            parameter["required"] = json!(true);
        }
    }
    let examples = examples::of(&view.id, issuer);
    if view.id == "postUserInfo" {
        // The extractor of the token reads it, which no type says.
        operation["requestBody"] = json!({ "content": { "application/x-www-form-urlencoded": { "schema": {
            "type": "object",
            "properties": { "access_token": { "type": "string", "description": "The token, unless it stands in the header." } },
        } } } });
    }
    if let Some(contents) = operation.pointer_mut("/requestBody/content").and_then(Value::as_object_mut) {
        for content in contents.values_mut() {
            content["examples"] = examples.requests.clone();
        }
    }
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for response in responses.into_iter().flat_map(Map::values_mut) {
        if let Some(header) =
            response.get_mut("headers").and_then(|headers| headers.as_object_mut()?.remove("SET-COOKIE"))
        {
            response["headers"]["Set-Cookie"] = header;
        }
        let Some(contents) = response.get_mut("content").and_then(Value::as_object_mut) else { continue };
        if let Some(json) = contents.remove("application/json; charset=utf-8") {
            contents.insert("application/json".to_owned(), json);
        }
        let mut about = Value::Null;
        for content in contents.values_mut() {
            content["example"] = examples.answer.clone();
            about = schemas[schema_name(&content["schema"]["$ref"]).unwrap_or_default()]["description"].clone();
        }
        if response["description"] == "" {
            response["description"] = about;
        }
    }
    for (status, response) in refusals::of(&view, issuer, shelf) {
        operation["responses"][status] = response;
    }
}

/// The name of the schema that is referred to, if one is.
fn schema_name(reference: &Value) -> Option<&str> {
    reference.as_str()?.strip_prefix("#/components/schemas/")
}

/// The endpoints ask the flows for these.
fn needed_scope(path: &str, operation: &Value) -> Option<&'static str> {
    operation.get("security")?;
    Some(match path {
        _ if path.starts_with("/oauth2/") => OPENID,
        _ if path.starts_with("/api/v1/admin/") => ADMIN,
        "/api/v1/me" if operation["operationId"] == "getMe" => PROFILE,
        "/api/v1/me" | "/api/v1/me/password" => ACCOUNT,
        _ => SESSIONS,
    })
}

/// In the order in which their operations stand, not in the alphabet's.
fn order_tags(tags: &mut Value, order: &[String]) {
    if let Some(tags) = tags.as_array_mut() {
        tags.sort_by_key(|tag| order.iter().position(|name| tag["name"] == name.as_str()));
    }
}

/// The names of the schemas that something refers to.
fn collect_references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            names.extend(members.get("$ref").and_then(schema_name).map(str::to_owned));
            members.values().for_each(|member| collect_references(member, names));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, names)),
        _ => {}
    }
}

fn correct_schemas(schemas: &mut Value, asked: &BTreeSet<String>, mut answered: BTreeSet<String>, config: &Config) {
    for name in answered.clone() {
        collect_references(&schemas[&name], &mut answered);
    }
    for name in answered {
        require_nullable(&mut schemas[&name]);
        let properties = schemas[&name].get_mut("properties").and_then(Value::as_object_mut);
        for (property, schema) in properties.into_iter().flatten() {
            limit(schema, limits::of_answer(&name, property));
        }
    }
    for name in asked {
        // What a protocol endpoint does not know, it passes over (RFC 6749 §3.1), and holds to no length.
        if matches!(name.as_str(), "TokenRequest" | "PresentedToken") {
            continue;
        }
        // A misspelt member is refused, but at sign-up, where a page may send all that its form has.
        if name != "NewUser" {
            schemas[name]["additionalProperties"] = json!(false);
        }
        for (property, schema) in schemas[name]["properties"].as_object_mut().into_iter().flatten() {
            // What was chosen under another rule signs in all the same.
            let limits =
                if name == "Login" { limits::of_sign_in(property) } else { limits::of_member(property, config) };
            limit(schema, limits);
        }
    }
    // It is a text or a list of texts, and never an object.
    if let Some(audience) = schemas["Audience"].as_object_mut() {
        audience.remove("type");
    }
    schemas["TokenRequest"]["required"] = json!(["grant_type"]);
    schemas["PresentedToken"]["required"] = json!(["token"]);
}

/// What may be null in an answer is there all the same.
fn require_nullable(schema: &mut Value) {
    let properties = schema["properties"].as_object().into_iter().flatten();
    let nullable = properties.filter(|(_, property)| property["nullable"] == true).map(|(name, _)| json!(name));
    let nullable: Vec<_> = nullable.collect();
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.extend(nullable);
    }
}

/// Adds what a value is held to, to its schema.
fn limit(schema: &mut Value, limits: Value) {
    if let (Value::Object(schema), Value::Object(limits)) = (schema, limits) {
        schema.extend(limits);
    }
}

fn correct_security(schemes: &mut Value, issuer: &Issuer) {
    let token_endpoint = format!("{}/oauth2/token", issuer.as_str());
    for flow in schemes[SCHEME]["flows"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        for url in ["tokenUrl", "refreshUrl"] {
            if flow.get(url).is_some() {
                flow[url] = json!(token_endpoint);
            }
        }
    }
    schemes[COOKIE_SCHEME] = json!({
        "type": "apiKey",
        "in": "cookie",
        "name": cookie::name(issuer),
        "description": "A refresh token, in a cookie that no script can read. `POST /bff/login` sets it, and a browser then sends it by itself.",
    });
    schemes[CLIENT_SCHEME] = json!({
        "type": "http",
        "scheme": "basic",
        "description": "Client id and secret, each form-encoded first (RFC 6749 §2.3.1). They may stand in the body instead; \
            a public client sends its id there.",
    });
}
