//! How does a client say who it is? By HTTP Basic or in the body, never both (RFC 6749 §2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use poem::Request;
use poem::http::header;

use super::error::{Named, OAuthRefused, Refused};
use super::form;
use crate::flows::{Code, Credentials, Failure, Refusal};
use crate::model::reason::Reason;
use crate::model::secret::Secret;

/// The credentials of a request, and how they came.
pub(super) fn read(
    request: &Request,
    client_id: Option<String>,
    client_secret: Option<String>,
) -> Result<(Credentials, Named), OAuthRefused> {
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    let Some(value) = headers.next() else {
        let named = if client_id.is_some() { Named::InBody } else { Named::ByHeader };
        return Ok((Credentials { client_id, client_secret: client_secret.map(Secret::new) }, named));
    };
    if headers.next().is_some() {
        return Err(Refused::request(Reason::RepeatedParameter).into());
    }
    let failed = Refusal { code: Code::InvalidClient, reason: Reason::ClientAuthenticationFailed, retry_after: None };
    let (id, secret) = value
        .to_str()
        .ok()
        .and_then(basic)
        .ok_or_else(|| OAuthRefused::to(Named::ByHeader, Failure::Refused(failed)))?;
    // Two methods in one request; the same client_id twice says nothing new.
    if client_secret.is_some() || client_id.is_some_and(|other| other != id) {
        return Err(Refused::request(Reason::MalformedRequest).into());
    }
    Ok((Credentials { client_id: Some(id), client_secret: Some(Secret::new(secret)) }, Named::ByHeader))
}

/// User and password of HTTP Basic, both form-encoded within (RFC 6749 §2.3.1).
fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("basic").then_some(())?;
    let decoded = STANDARD.decode(encoded.trim()).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    let (id, secret) = decoded.split_at(colon);
    Some((form::decode(id).ok()?, form::decode(secret.get(1..)?).ok()?))
}
