//! `grant api`: call the server with the token.

use clap::Args;
use grant::failure::Failure;
use reqwest::Method;
use serde_json::{Map, Value};

use super::{Context, Done, complain, say_bytes};

#[derive(Args)]
pub struct Api {
    /// GET, POST, PUT, PATCH or DELETE
    method: String,
    /// Below the issuer: /api/v1/me
    path: String,
    /// A member of the JSON object that is sent, as text; of the query for GET
    #[arg(short, long, value_name = "KEY=VALUE")]
    field: Vec<String>,
    /// Print the status on standard error
    #[arg(short, long)]
    include: bool,
}

pub async fn api(context: &Context, api: &Api) -> Done {
    let method = Method::from_bytes(api.method.to_ascii_uppercase().as_bytes())
        .map_err(|_| Failure::usage(format!("`{}` is no method", api.method)))?;
    // The token goes to its own server and to nobody else.
    if !api.path.starts_with('/') || api.path.starts_with("//") {
        return Err(Failure::usage("the path begins with one /: it is below the issuer")
            .hint("for example: grant api GET /api/v1/me"));
    }
    let mut members = Map::new();
    let mut path = api.path.clone();
    for field in &api.field {
        let (key, value) = field.split_once('=').ok_or_else(|| Failure::usage("write a field as KEY=VALUE"))?;
        if method == Method::GET {
            // What asks has no body: its fields are its query.
            path.push(if path.contains('?') { '&' } else { '?' });
            path.push_str(&url::form_urlencoded::Serializer::new(String::new()).append_pair(key, value).finish());
        } else {
            members.insert(key.to_owned(), Value::String(value.to_owned()));
        }
    }
    let body = (!members.is_empty()).then_some(Value::Object(members));
    let (server, answer) = context.ask(method, &path, body.as_ref()).await?;
    if api.include {
        complain(&answer.status.to_string());
    }
    if !answer.status.is_success() && context.json {
        return Err(server.failure_of(&answer));
    }
    say_bytes(&answer.body)?;
    if !answer.body.is_empty() && !answer.body.ends_with(b"\n") {
        say_bytes(b"\n")?;
    }
    Ok(if answer.status.is_success() {
        0
    } else {
        let failure = server.failure_of(&answer);
        complain(&failure.text());
        failure.code as u8
    })
}
