//! `grant inspect`: what does a token say? It is decoded here and sent nowhere.

use clap::Args;
use grant::clock;
use grant::failure::{Code, Failure};
use grant::jwt;
use grant::renewal::Wish;
use serde_json::{Value, json};

use super::{Context, Done, read_secret, say, say_json};

#[derive(Args)]
pub struct Inspect {
    /// `-` for standard input [default: the token of the account]
    token: Option<String>,
}

pub async fn inspect(context: &Context, inspect: &Inspect) -> Done {
    let token = match inspect.token.as_deref() {
        Some("-") => read_secret(None)?,
        Some(token) => grant::secret::Secret::new(token.to_owned()),
        None => context.access(Wish::default()).await?.1.access_token,
    };
    let (header, claims) = jwt::decode(token.expose().trim()).ok_or_else(|| {
        Failure::new(Code::Other, "this is no JWT").hint("refresh tokens and secrets say nothing; an access token does")
    })?;
    if context.json {
        say_json(&json!({ "schema": 1, "header": header, "claims": claims, "checks": [] }))?;
        return Ok(0);
    }
    for (title, part) in [("header", &header), ("claims", &claims)] {
        say(title)?;
        for (name, value) in part.as_object().into_iter().flatten() {
            say(format!("  {name:<12}{}", shown(name, value)))?;
        }
    }
    Ok(0)
}

/// A claim as a person reads it: moments with how far they are.
fn shown(name: &str, value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let moment = value.as_i64().filter(|_| ["exp", "iat", "nbf", "auth_time"].contains(&name));
    let text = match moment.and_then(|at| Some((at, clock::rfc3339(at)?))) {
        Some((at, date)) => {
            let away = at - clock::now();
            let span = clock::span(away.abs());
            if away >= 0 { format!("{date}  in {span}") } else { format!("{date}  {span} ago") }
        }
        None => text,
    };
    grant::failure::plain(&text)
}
