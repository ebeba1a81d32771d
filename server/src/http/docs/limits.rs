//! What is a value held to, besides what its type says? The document tells it; it is enforced where it is known, with a reason each.

use serde_json::{Value, json};

use crate::config::{Config, LONGEST_DURATION};
use crate::http::lists::LIMIT;
use crate::model::client::{GrantType, SECRET_LIMIT, SECRET_MIN_LENGTH};
use crate::model::event::EventType;
use crate::model::password::LENGTH_LIMIT;
use crate::model::reason::Reason;
use crate::model::signing_key::KeyState;
use crate::model::user::{EMAIL_LIMIT, NAME_LIMIT, PICTURE_LIMIT, ROLES_LIMIT, USERNAME_LIMIT};

const CLIENT_ID: &str = "^(?!usr_)[A-Za-z0-9._-]{1,64}$";
const ROLE: &str = "^[!-~]{1,64}$";
const USER_ID: &str = "^usr_[0-9a-z]{26}$";
const SESSION_ID: &str = "^ses_[0-9a-z]{26}$";
const EVENT_ID: &str = "^evt_[0-9a-z]{26}$";

/// Of a member of a body that is sent.
pub(super) fn of_member(name: &str, config: &Config) -> Value {
    let texts = |item| json!({ "items": item });
    let address = || json!({ "type": "string", "format": "uri", "maxLength": 2048 });
    let life = |least| json!({ "minimum": least, "maximum": LONGEST_DURATION });
    match name {
        "id" => json!({ "pattern": CLIENT_ID }),
        "type" => json!({ "enum": ["public", "confidential"] }),
        "username" => json!({ "minLength": 1, "maxLength": USERNAME_LIMIT }),
        "email" => json!({ "format": "email", "maxLength": EMAIL_LIMIT }),
        "name" => json!({ "minLength": 1, "maxLength": NAME_LIMIT }),
        "picture" => json!({ "format": "uri", "pattern": "^https?://", "maxLength": PICTURE_LIMIT }),
        "password" | "new_password" => {
            json!({ "format": "password", "minLength": config.password.min_length, "maxLength": LENGTH_LIMIT })
        }
        "current_password" => json!({ "format": "password" }),
        "client_secret" => json!({ "format": "password", "minLength": SECRET_MIN_LENGTH, "maxLength": SECRET_LIMIT }),
        "roles" => json!({ "maxItems": ROLES_LIMIT, "items": { "type": "string", "pattern": ROLE } }),
        "grants" => texts(json!({ "type": "string", "enum": GrantType::ALL.map(GrantType::as_str) })),
        "scopes" => texts(json!({ "type": "string", "pattern": "^[!#-\\[\\]-~]+$" })),
        "resources" | "audiences" | "redirect_uris" | "origins" => texts(address()),
        "access_ttl" | "refresh_ttl" => life(1),
        "grace" => life(0),
        _ => Value::Null,
    }
}

/// Of a member of a sign-in: wrong values are refused alike, whatever is wrong with them.
pub(super) fn of_sign_in(name: &str) -> Value {
    match name {
        "username" => json!({ "minLength": 1, "pattern": "^[^\\x00]+$" }),
        "password" => json!({ "format": "password", "minLength": 1 }),
        _ => Value::Null,
    }
}

/// Of a parameter of a query.
pub(super) fn of_parameter(name: &str) -> Value {
    match name {
        "keep" => json!({ "enum": ["current"] }),
        "q" => json!({ "minLength": 1, "maxLength": 256, "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$" }),
        "limit" => json!({ "default": LIMIT }),
        "role" => json!({ "pattern": ROLE }),
        "type" => json!({ "enum": EventType::ALL.iter().map(|kind| kind.as_str()).collect::<Vec<_>>() }),
        "reason" => json!({ "enum": Reason::ALL.iter().map(|reason| reason.as_str()).collect::<Vec<_>>() }),
        "user_id" => json!({ "pattern": USER_ID }),
        "session_id" => json!({ "pattern": SESSION_ID }),
        "client_id" => json!({ "pattern": CLIENT_ID }),
        "cursor" => json!({ "minLength": 1 }),
        _ => Value::Null,
    }
}

/// Of the varying part of a path.
pub(super) fn of_path(path: &str, name: &str) -> Value {
    let pattern = match name {
        "kid" => "^[A-Za-z0-9_-]{43}$",
        _ if path.contains("/users/") => USER_ID,
        _ if path.contains("/clients/") => CLIENT_ID,
        _ if path.contains("/sessions/") => SESSION_ID,
        _ => EVENT_ID,
    };
    json!({ "pattern": pattern })
}

/// Of a member of an answer: sets of words that are closed.
pub(super) fn of_answer(schema: &str, member: &str) -> Value {
    match (schema, member) {
        ("Client" | "ClientWithSecret", "type") => json!({ "enum": ["public", "confidential"] }),
        ("Key", "state") => json!({ "enum": KeyState::ALL.map(KeyState::as_str) }),
        _ => Value::Null,
    }
}
