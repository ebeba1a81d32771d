//! What do a token's claims mean? For a person, who is told in a few words.

use serde_json::Value;

use crate::clock;
use crate::failure::plain;

/// What a member of a token's header or its claims is about; nothing for what only its makers know.
#[must_use]
pub fn meaning(name: &str) -> &'static str {
    match name {
        "alg" => "how it is signed",
        "kid" => "which key of the server signed it",
        "typ" => "what kind of token it is",
        "iss" => "who made it",
        "sub" => "whom it speaks for",
        "aud" => "who may take it",
        "client_id" | "azp" => "which program got it",
        "scope" => "what it allows",
        "roles" => "what the user may do",
        "jti" => "its number; no two are equal",
        "sid" => "which session it belongs to",
        "exp" => "when it ends",
        "iat" => "when it was made",
        "nbf" => "before this it is not good",
        "auth_time" => "when the user signed in",
        "acr" | "amr" => "how the user signed in",
        "nonce" => "which request it answers",
        _ => "",
    }
}

/// A value as a person reads it: moments with how far they are.
#[must_use]
pub fn shown(name: &str, value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let moment = value.as_i64().filter(|_| ["exp", "iat", "nbf", "auth_time"].contains(&name));
    let text = match moment.and_then(|at| Some((at, clock::rfc3339(at)?))) {
        Some((at, date)) => format!("{date}  {}", away(at, clock::now())),
        None => text,
    };
    plain(&text)
}

/// How far a moment is: `in 4m 10s`, `7s ago`.
#[must_use]
pub fn away(at: i64, now: i64) -> String {
    let away = at.saturating_sub(now);
    let span = clock::span(away.saturating_abs());
    if away >= 0 { format!("in {span}") } else { format!("{span} ago") }
}
