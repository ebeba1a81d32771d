//! Which clients can there be?

use super::{ClientRefusal, origin_of};
use crate::config::LONGEST_DURATION;
use crate::model::client::{Client, ClientType, GrantType, SECRET_LIMIT, SECRET_MIN_LENGTH, is_client_id};
use crate::model::reason::Reason;
use crate::model::scope::Scopes;
use crate::model::secret::Secret;
use crate::model::user::parse_name;

/// The most characters of an address.
const ADDRESS_LIMIT: usize = 2048;
/// The most characters of all scopes of a client, and of all its resources: a token may carry all of them, and so may a request.
const SCOPES_LIMIT: usize = 2048;
const RESOURCES_LIMIT: usize = 4096;

/// A value of a client that breaks a rule.
#[derive(Clone, Debug)]
pub struct ClientFault {
    /// Which value.
    pub field: &'static str,
    /// Why, in a word.
    pub reason: Reason,
    /// Why, in a sentence.
    pub why: &'static str,
    /// The value itself, which is for nobody to see but who wrote it.
    pub value: Option<String>,
}

fn fault(field: &'static str, reason: Reason, why: &'static str) -> ClientFault {
    ClientFault { field, reason, why, value: None }
}

fn fault_of(field: &'static str, value: &str, reason: Reason, why: &'static str) -> ClientFault {
    ClientFault { value: Some(value.to_owned()), ..fault(field, reason, why) }
}

/// The set of these scopes; what is none is a fault (RFC 6749 §3.3).
pub(super) fn read_scopes(names: &[String], faults: &mut Vec<ClientFault>) -> Scopes {
    for name in names {
        if name.contains(' ') || Scopes::parse(name).is_none_or(|scopes| scopes.is_empty()) {
            let why = "not a scope (RFC 6749 §3.3); name each by itself";
            faults.push(fault_of("scopes", name, Reason::NotAllowedCharacters, why));
        }
    }
    Scopes::parse(&names.join(" ")).unwrap_or_default()
}

/// Whether a client of this type may have this secret.
pub(super) fn judge_secret(client_type: ClientType, secret: Option<&Secret<String>>, faults: &mut Vec<ClientFault>) {
    let Some(secret) = secret else { return };
    if client_type == ClientType::Public {
        let why = "a public client has no secret: leave it out, or make the client confidential";
        faults.push(fault("client_secret", Reason::UnknownValue, why));
    }
    let length = secret.expose().chars().count();
    if !(SECRET_MIN_LENGTH..=SECRET_LIMIT).contains(&length) {
        let reason = if length < SECRET_MIN_LENGTH { Reason::TooShort } else { Reason::TooLong };
        faults.push(fault("client_secret", reason, "a client secret has 24 to 1024 characters"));
    }
    if secret.expose().contains('\0') {
        let why = "a client secret has no NUL in it: no form can send it";
        faults.push(fault("client_secret", Reason::NotAllowedCharacters, why));
    }
}

/// Whether a secret may be taken for so many seconds more.
pub(super) fn judge_grace(grace: i64) -> Result<(), ClientRefusal> {
    let fault = life_fault("grace", grace, 0);
    fault.map_or(Ok(()), |fault| Err(ClientRefusal::Invalid(vec![fault])))
}

fn life_fault(field: &'static str, life: i64, least: i64) -> Option<ClientFault> {
    if (least..=LONGEST_DURATION).contains(&life) {
        return None;
    }
    let (reason, why) = if life < least {
        (Reason::TooShort, "a time is no shorter than a second")
    } else {
        (Reason::TooLong, "a time is no longer than ten years")
    };
    Some(fault_of(field, &life.to_string(), reason, why))
}

/// Every rule that it breaks.
pub(super) fn judge(client: &Client, faults: &mut Vec<ClientFault>) {
    if !is_client_id(&client.id) {
        let why = "a client id is 1 to 64 of A-Z a-z 0-9 . _ -, and does not begin with usr_";
        faults.push(fault_of("id", &client.id, Reason::NotAllowedCharacters, why));
    }
    if let Some(Err(reason)) = client.name.as_deref().map(parse_name) {
        faults.push(fault("name", reason, reason.sentence()));
    }
    if client.client_type == ClientType::Public {
        judge_public(client, faults);
    }
    if !client.audiences.is_empty() && !client.resource_server {
        faults.push(fault("audiences", Reason::UnknownValue, "only a resource server has audiences"));
    }
    for uri in &client.redirect_uris {
        if let Some(why) = why_no_redirect_uri(uri) {
            faults.push(fault_of("redirect_uris", uri, Reason::MalformedRequest, why));
        }
    }
    for origin in client.origins.iter().filter(|origin| !is_origin(origin)) {
        let why = "not an origin: write https://app.example.org, without a path";
        faults.push(fault_of("origins", origin, Reason::MalformedRequest, why));
    }
    for (field, addresses) in [("resources", &client.resources), ("audiences", &client.audiences)] {
        for address in addresses.iter().filter(|address| !is_resource(address)) {
            let why = "not an absolute address without a fragment (RFC 8707 §2)";
            faults.push(fault_of(field, address, Reason::MalformedRequest, why));
        }
        if addresses.iter().map(String::len).sum::<usize>() > RESOURCES_LIMIT {
            faults.push(fault(field, Reason::TooLong, "all of them together have at most 4096 characters"));
        }
    }
    if client.scopes.to_string().len() > SCOPES_LIMIT {
        faults.push(fault("scopes", Reason::TooLong, "all of them together have at most 2048 characters"));
    }
    for (field, life) in [("access_ttl", client.access_ttl), ("refresh_ttl", client.refresh_ttl)] {
        faults.extend(life.and_then(|life| life_fault(field, life, 1)));
    }
}

/// What a client without a secret cannot be or do.
fn judge_public(client: &Client, faults: &mut Vec<ClientFault>) {
    if client.resource_server {
        let why = "a resource server has a secret: make the client confidential";
        faults.push(fault("resource_server", Reason::UnknownValue, why));
    }
    if client.grants.is_empty() {
        let why = "a public client needs a grant: password and refresh_token";
        faults.push(fault("grants", Reason::MissingParameter, why));
    }
    if client.grants.contains(&GrantType::ClientCredentials) {
        let why = "a public client cannot use client_credentials: it has no secret (RFC 6749 §4.4)";
        faults.push(fault("grants", Reason::GrantNotAllowed, why));
    }
    if !client.rotation {
        faults.push(fault("rotation", Reason::UnknownValue, "only confidential clients may do without rotation"));
    }
}

fn is_origin(text: &str) -> bool {
    let on_the_web = text.starts_with("https://") || text.starts_with("http://");
    on_the_web && text.len() <= ADDRESS_LIMIT && origin_of(text).as_deref() == Some(text)
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
