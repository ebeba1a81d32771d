//! Is the API document complete, and is it true? What it says of each operation is asked of the server.

use std::collections::BTreeSet;

use grantd_tests::client::Client;
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::Value;

/// An operation of the document.
struct Operation {
    method: Method,
    path: String,
    about: Value,
}

impl Operation {
    fn id(&self) -> &str {
        self.about["operationId"].as_str().unwrap_or_default()
    }

    /// The scope that its token needs, where it needs one.
    fn scope(&self) -> Option<&str> {
        self.about["security"][0]["grantd"][0].as_str()
    }

    /// Whether it needs the cookie of the cookie mode.
    fn needs_cookie(&self) -> bool {
        self.about["security"][0].get("cookie").is_some() && self.about["security"].get(1).is_none()
    }

    /// Asks for it with this token, and with nothing else that it may need.
    async fn ask(&self, client: &Client, access_token: &str) -> grantd_tests::client::Answer {
        let path = self.path.replace("{id}", "nobody").replace("{kid}", "nobody");
        let request = client.bearer(self.method.clone(), &path, access_token);
        client.answer(request.header("x-grantd", "1").header("origin", client.base())).await
    }
}

async fn document(client: &Client) -> Value {
    client.get("/openapi.json", "").await.expect(200).json
}

fn operations(document: &Value) -> Vec<Operation> {
    let paths = document["paths"].as_object().expect("paths").iter();
    let all = paths.flat_map(|(path, item)| item.as_object().expect("a path").iter().map(move |one| (path, one)));
    let operation = |(path, (method, about)): (&String, (&String, &Value))| Operation {
        method: method.to_uppercase().parse().expect("a method"),
        path: path.clone(),
        about: about.clone(),
    };
    all.map(operation).collect()
}

/// Every example of a response or of a body, with references followed.
fn examples<'a>(document: &'a Value, content: &'a Value) -> Vec<&'a Value> {
    let named = content["examples"].as_object().into_iter().flatten().map(|(_, example)| {
        let reference = example["$ref"].as_str().and_then(|reference| reference.strip_prefix("#/components/examples/"));
        let example = reference.map_or(example, |name| &document["components"]["examples"][name]);
        &example["value"]
    });
    named.chain(content.get("example")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_has_a_name_a_tag_words_and_examples() {
    let server = TestServer::start().await;
    let document = document(&server.client()).await;
    assert_eq!(document["openapi"], "3.0.3");
    let tags: Vec<_> = document["tags"].as_array().expect("tags").iter().map(|tag| tag["name"].as_str()).collect();
    assert_eq!(tags, ["Account", "Tokens", "Cookie mode", "Sessions", "Administration"].map(Some));
    let mut ids = BTreeSet::new();
    let operations = operations(&document);
    assert!(operations.len() > 30, "{}", operations.len());
    for operation in &operations {
        let Operation { path, about, .. } = operation;
        let text = |member: &str| about[member].as_str().unwrap_or_else(|| panic!("{path} has no {member}"));
        let id = text("operationId");
        assert!(id.chars().all(|c| c.is_ascii_alphanumeric()) && id.starts_with(|c: char| c.is_lowercase()), "{id}");
        assert!(ids.insert(id), "{id} twice");
        assert!((1..=60).contains(&text("summary").len()) && text("description").len() > 20, "{id}");
        assert!(about["tags"].as_array().is_some_and(|own| own.len() == 1 && tags.contains(&own[0].as_str())), "{id}");
        assert!(about["security"].is_array(), "{id}");
        for content in about["requestBody"]["content"].as_object().into_iter().flat_map(|content| content.values()) {
            assert!(!examples(&document, content).is_empty(), "{id} shows no request");
        }
        for (status, response) in about["responses"].as_object().expect("responses") {
            assert_ne!(response["description"].as_str().unwrap_or_default(), "", "{id} {status}");
            for (media_type, content) in response["content"].as_object().into_iter().flatten() {
                assert!(!media_type.contains(';'), "{id} {status} {media_type}");
                let shown = examples(&document, content);
                assert!(!shown.is_empty() && !shown.contains(&&Value::Null), "{id} {status} shows nothing");
            }
        }
        assert!(about["responses"].as_object().is_some_and(|all| all.keys().any(|status| status.starts_with('4'))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_that_it_shows_is_explained() {
    let server = TestServer::start().await;
    let client = server.client();
    let document = document(&client).await;
    let page = client.get("/errors", "").await.expect(200).body;
    let shown = document["components"]["examples"].as_object().expect("examples");
    assert!(shown.len() > 40, "{}", shown.len());
    for example in shown.values() {
        let link = example["value"].get("type").or_else(|| example["value"].get("error_uri"));
        let link = link.and_then(Value::as_str).unwrap_or_else(|| panic!("no link in {example}"));
        let (address, reason) = link.split_once('#').unwrap_or_else(|| panic!("no reason in {link}"));
        assert!(address.ends_with("/errors") && page.contains(&format!("id=\"{reason}\"")), "{link}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_asks_for_the_token_and_the_scope_that_it_names() {
    let server = TestServer::start().await;
    let client = server.client();
    let narrow = client.sign_in_for("ada", "ada-dev-password", "email").await.access;
    let every_other = |scope: &str| -> String {
        let all = ["openid", "profile", "email", "account", "sessions", "admin"];
        all.into_iter().filter(|other| *other != scope).collect::<Vec<_>>().join(" ")
    };
    for operation in operations(&document(&client).await) {
        let id = operation.id();
        let Some(scope) = operation.scope() else {
            let answer = operation.ask(&client, "").await;
            assert_eq!(answer["reason"] == "no_credentials", operation.needs_cookie(), "{id}{answer}");
            continue;
        };
        operation.ask(&client, "").await.expect(401).expect_reason("no_credentials");
        let answer = operation.ask(&client, &narrow).await.expect(403).expect_reason("insufficient_scope");
        let challenge = answer.header("www-authenticate").unwrap_or_default();
        assert!(challenge.contains(&format!("scope=\"{scope}\"")), "{id}{answer}");
        let others = client.sign_in_for("ada", "ada-dev-password", &every_other(scope)).await.access;
        operation.ask(&client, &others).await.expect(403).expect_reason("insufficient_scope");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_has_the_addresses_of_the_issuer_and_says_each_scope_in_words() {
    let server = TestServer::with(&[("issuer", "https://auth.example.org/tenant")]).await;
    let client = server.client();
    let document = client.get("/tenant/openapi.json", "").await.expect(200).json;
    assert_eq!(document["servers"][0]["url"], "https://auth.example.org/tenant");
    let flows = &document["components"]["securitySchemes"]["grantd"]["flows"];
    let endpoint = "https://auth.example.org/tenant/oauth2/token";
    assert_eq!(flows["password"]["tokenUrl"], endpoint);
    assert_eq!(flows["password"]["refreshUrl"], endpoint);
    assert_eq!(flows["clientCredentials"]["tokenUrl"], endpoint);
    let scopes = flows["password"]["scopes"].as_object().expect("scopes");
    for scope in ["openid", "profile", "email", "account", "sessions", "admin"] {
        assert!(scopes[scope].as_str().is_some_and(|words| words.len() > 10), "{scope}");
    }
}

/// What differs from one server, and from one moment, to the next.
const OF_THE_MOMENT: &[&str] =
    &["id", "created_at", "active_at", "last_seen_at", "kid", "alg", "client_secret", "access_token", "scope"];

/// Fails the test when an answer has other members than its example, or other values where they are not of the moment.
#[track_caller]
fn expect_like(example: &Value, answer: &Value, whole: &str) {
    match (example, answer) {
        (Value::Object(shown), Value::Object(given)) => {
            assert!(shown.keys().eq(given.keys()), "{whole}: {example} and {answer}");
            for (name, value) in shown.iter().filter(|(name, _)| !OF_THE_MOMENT.contains(&name.as_str())) {
                expect_like(value, &given[name], whole);
            }
        }
        (Value::Array(shown), Value::Array(given)) if shown.first().is_some_and(Value::is_object) => {
            expect_like(&shown[0], &given[0], whole);
        }
        _ => assert_eq!(example, answer, "{whole}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_body_that_it_shows_is_taken_and_brings_the_answer_that_it_shows() {
    let (all, grace_knows) = ("openid profile account sessions admin", "a compiler of her own");
    let shown = document(&TestServer::start().await.client()).await;
    let is_json = |operation: &Operation| operation.about["requestBody"]["content"].get("application/json").is_some();
    let operations: Vec<_> = operations(&shown).into_iter().filter(is_json).collect();
    assert!(operations.len() >= 10, "{}", operations.len());
    for operation in operations {
        let id = operation.id();
        let content = &operation.about["requestBody"]["content"]["application/json"];
        for (place, body) in examples(&shown, content).into_iter().enumerate() {
            let server = TestServer::start().await;
            let client = server.client();
            let ada = client.sign_in_for("ada", "ada-dev-password", all).await.access;
            let mut path = operation.path.clone();
            let mut token = ada.clone();
            if !["signUp", "createUser"].contains(&id) {
                let grace = client.sign_up("grace", "grace@example.org", grace_knows).await.expect(201).text("id");
                let known = serde_json::json!({ "name": "Grace Hopper", "roles": ["editor"] });
                let address = format!("/api/v1/admin/users/{grace}");
                client.send(Method::PATCH, &address, &ada, &known).await.expect(200);
                path = path.replace("/users/{id}", &format!("/users/{grace}"));
            }
            if path.starts_with("/api/v1/me") {
                token = client.sign_in("grace", grace_knows).await.access;
            }
            if path.contains("/clients/{id}") {
                let billing = serde_json::json!({ "id": "billing", "name": "Billing", "scopes": ["invoices"] });
                client.send(Method::POST, "/api/v1/admin/clients", &ada, &billing).await.expect(201);
                path = path.replace("{id}", "billing");
            }
            let request = client.bearer(operation.method.clone(), &path, &token).json(body);
            let answer = client.answer(request.header("x-grantd", "1").header("origin", client.base())).await;
            assert!(answer.status < 300, "{id}{answer}");
            let response = &operation.about["responses"][answer.status.to_string()];
            let example = &response["content"]["application/json"]["example"];
            // The answer that is shown is the first request's.
            if place == 0 {
                expect_like(example, &answer.json, id);
            }
        }
    }
}
