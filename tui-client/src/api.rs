//! What does the server's API answer? Its objects, as far as this program shows them; a member that is newer than it is left alone.

use serde::{Deserialize, Serialize};

/// A user: the one who asks, or for an administrator any. The last members are for administrators.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct User {
    /// `usr_…`
    pub id: String,
    /// What they sign in with.
    pub username: String,
    /// Their address.
    pub email: String,
    /// What they are called.
    pub name: Option<String>,
    /// `admin` and others.
    pub roles: Vec<String>,
    /// RFC 3339.
    pub created_at: String,
    /// Whether they are kept out.
    #[serde(default)]
    pub locked: bool,
    /// RFC 3339.
    #[serde(default)]
    pub last_seen_at: Option<String>,
}

/// A session.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Session {
    /// `ses_…`
    pub id: String,
    /// Which program holds it.
    pub client_id: String,
    /// What that is called.
    pub client_name: Option<String>,
    /// What it called itself.
    pub user_agent: Option<String>,
    /// From where it was last used.
    pub ip: Option<String>,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub last_used_at: String,
    /// RFC 3339: its end, unless it is used before.
    pub expires_at: String,
    /// Whether it is the one that asks.
    pub current: bool,
    /// Whose, for administrators.
    #[serde(default)]
    pub user_id: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `evt_…`
    pub id: String,
    /// RFC 3339.
    pub at: String,
    /// What: `signed_in`.
    #[serde(rename = "type")]
    pub kind: String,
    /// Why.
    pub reason: Option<String>,
    /// By which program.
    pub client_id: Option<String>,
    /// In which session.
    pub session_id: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// To whom, for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// More about it, for administrators.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// A program that the server knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Client {
    /// Its `client_id`.
    pub id: String,
    /// What it is called.
    pub name: Option<String>,
    /// `public` or `confidential`.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it may ask tokens by.
    pub grants: Vec<String>,
    /// What it may ask for.
    pub scopes: Vec<String>,
    /// Where people are sent back to.
    pub redirect_uris: Vec<String>,
    /// Which pages may call for it.
    pub origins: Vec<String>,
    /// Whose tokens are for which services.
    pub audiences: Vec<String>,
    /// Whether each refresh token works once.
    pub rotation: bool,
    /// Seconds; none for the server's own.
    pub access_ttl: Option<i64>,
    /// Seconds; none for the server's own.
    pub refresh_ttl: Option<i64>,
    /// RFC 3339.
    pub created_at: String,
}

/// A key that the server signs with.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Key {
    /// Its name in a token's header.
    pub kid: String,
    /// `ES256`.
    pub alg: String,
    /// `announced`, `active`, `retired` or `gone`.
    pub state: String,
    /// RFC 3339.
    pub created_at: String,
    /// RFC 3339.
    pub active_at: Option<String>,
    /// RFC 3339.
    pub retired_at: Option<String>,
}
