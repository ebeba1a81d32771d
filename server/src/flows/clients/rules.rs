//! Which clients can there be?

use super::{ClientRefusal, origin_of};
use crate::model::client::{Client, ClientType, GrantType, SECRET_LIMIT, SECRET_MIN_LENGTH, is_client_id};
use crate::model::reason::Reason;
use crate::model::scope::Scopes;
use crate::model::secret::Secret;
use crate::model::user::parse_name;

/// The most characters of an address.
const ADDRESS_LIMIT: usize = 2048;
/// The longest life of a token, in seconds: ten years.
const LIFE_LIMIT: i64 = 10 * 365 * 24 * 3600;

/// A value of a client that breaks a rule.
#[derive(Clone, Debug)]
pub struct ClientFault {
    /// Which value.
    pub field: &'static str,
    /// Why, in a word.
    pub reason: Reason,
    /// Why, in a sentence for whoever wrote it.
    pub sentence: String,
}

fn fault(field: &'static str, reason: Reason, sentence: impl Into<String>) -> ClientFault {
    ClientFault { field, reason, sentence: sentence.into() }
}

/// The set of these scopes; what is none is a fault (RFC 6749 §3.3).
pub(super) fn read_scopes(names: &[String], faults: &mut Vec<ClientFault>) -> Scopes {
    for name in names {
        if name.contains(' ') || Scopes::parse(name).is_none_or(|scopes| scopes.is_empty()) {
            let sentence = format!("`{name}` is not a scope (RFC 6749 §3.3); name each by itself");
            faults.push(fault("scopes", Reason::NotAllowedCharacters, sentence));
        }
    }
    Scopes::parse(&names.join(" ")).unwrap_or_default()
}

/// Whether a client of this type may have this secret.
pub(super) fn judge_secret(client_type: ClientType, secret: Option<&Secret<String>>, faults: &mut Vec<ClientFault>) {
    let Some(secret) = secret else { return };
    if client_type == ClientType::Public {
        let sentence = "a public client has no secret: leave it out, or make the client confidential";
        faults.push(fault("client_secret", Reason::UnknownValue, sentence));
    }
    let length = secret.expose().chars().count();
    if !(SECRET_MIN_LENGTH..=SECRET_LIMIT).contains(&length) {
        let reason = if length < SECRET_MIN_LENGTH { Reason::TooShort } else { Reason::TooLong };
        let sentence =
            format!("a client secret has {SECRET_MIN_LENGTH} to {SECRET_LIMIT} characters; this one has {length}");
        faults.push(fault("client_secret", reason, sentence));
    }
    if secret.expose().contains('\0') {
        let sentence = "a client secret has no NUL in it: no form can send it";
        faults.push(fault("client_secret", Reason::NotAllowedCharacters, sentence));
    }
}

/// Whether a secret may be taken for so many seconds more.
pub(super) fn judge_grace(grace: i64) -> Result<(), ClientRefusal> {
    if (0..=LIFE_LIMIT).contains(&grace) {
        return Ok(());
    }
    let reason = if grace < 0 { Reason::TooShort } else { Reason::TooLong };
    Err(ClientRefusal::Invalid(vec![fault(
        "grace",
        reason,
        format!("grace is 0 to {LIFE_LIMIT} seconds; this is {grace}"),
    )]))
}

/// Every rule that it breaks.
pub(super) fn judge(client: &Client, faults: &mut Vec<ClientFault>) {
    if !is_client_id(&client.id) {
        let sentence =
            format!("`{}` cannot be a client id: 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with usr_", client.id);
        faults.push(fault("id", Reason::NotAllowedCharacters, sentence));
    }
    if let Some(Err(reason)) = client.name.as_deref().map(parse_name) {
        faults.push(fault("name", reason, format!("the name cannot be one: {}", reason.sentence())));
    }
    if client.client_type == ClientType::Public {
        judge_public(client, faults);
    }
    if !client.audiences.is_empty() && !client.resource_server {
        let sentence = "only a resource server has audiences: make it one (--resource-server)";
        faults.push(fault("audiences", Reason::UnknownValue, sentence));
    }
    for uri in &client.redirect_uris {
        if let Some(why) = why_no_redirect_uri(uri) {
            let sentence = format!("`{uri}` cannot be a redirect URI: {why}");
            faults.push(fault("redirect_uris", Reason::MalformedRequest, sentence));
        }
    }
    for origin in &client.origins {
        if origin_of(origin).as_deref() != Some(origin) {
            let sentence = format!("`{origin}` is not an origin: write https://app.example.org, without a path");
            faults.push(fault("origins", Reason::MalformedRequest, sentence));
        }
    }
    for (field, addresses) in [("resources", &client.resources), ("audiences", &client.audiences)] {
        for address in addresses.iter().filter(|address| !is_resource(address)) {
            let sentence = format!("`{address}` is not an absolute address without a fragment (RFC 8707 §2)");
            faults.push(fault(field, Reason::MalformedRequest, sentence));
        }
    }
    for (field, life) in [("access_ttl", client.access_ttl), ("refresh_ttl", client.refresh_ttl)] {
        if let Some(life) = life.filter(|life| !(1..=LIFE_LIMIT).contains(life)) {
            let reason = if life < 1 { Reason::TooShort } else { Reason::TooLong };
            faults.push(fault(field, reason, format!("{field} is 1 to {LIFE_LIMIT} seconds; this is {life}")));
        }
    }
}

/// What a client without a secret cannot be or do.
fn judge_public(client: &Client, faults: &mut Vec<ClientFault>) {
    if client.resource_server {
        let sentence = "a resource server has a secret: make the client confidential";
        faults.push(fault("resource_server", Reason::UnknownValue, sentence));
    }
    if client.grants.is_empty() {
        let sentence = "a public client needs a grant (--grant): password and refresh_token";
        faults.push(fault("grants", Reason::MissingParameter, sentence));
    }
    if client.grants.contains(&GrantType::ClientCredentials) {
        let sentence = "a public client cannot use client_credentials: it has no secret (RFC 6749 §4.4)";
        faults.push(fault("grants", Reason::GrantNotAllowed, sentence));
    }
    if !client.rotation {
        let sentence = "only confidential clients may do without rotation (--no-rotation)";
        faults.push(fault("rotation", Reason::UnknownValue, sentence));
    }
}

fn is_resource(address: &str) -> bool {
    url::Url::parse(address).is_ok_and(|url| url.fragment().is_none())
        && !address.contains(|c: char| c.is_whitespace() || c.is_control())
        && address.len() <= ADDRESS_LIMIT
}

/// Why browsers cannot be sent there.
fn why_no_redirect_uri(uri: &str) -> Option<&'static str> {
    if uri.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Some("it has white space in it");
    }
    if uri.len() > ADDRESS_LIMIT {
        return Some("it is longer than 2048 characters");
    }
    let Ok(url) = url::Url::parse(uri) else { return Some("it is not absolute (RFC 6749 §3.1.2)") };
    if uri.contains('#') {
        return Some("it has a fragment (RFC 6749 §3.1.2)");
    }
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => None,
        "http" if loopback => None,
        "http" => Some("http is for loopback only (RFC 9700 §2.6)"),
        scheme if scheme.contains('.') => None,
        _ => Some("a scheme of one's own is a domain name in reverse (RFC 8252 §7.1)"),
    }
}
