//! How does a browser keep a refresh token? In a cookie that no script can read, that no other site has sent, and that this host alone is given.

use cookie::time::Duration;
use cookie::{Cookie, SameSite};
use poem::Request;
use poem::http::header;

use super::error::Refused;
use crate::config::Issuer;
use crate::model::reason::Reason;

/// What the cookie is called. A browser takes the prefix only with Secure, Path=/ and no Domain, and only over https: nobody else on the
/// domain can have set it (RFC 6265bis §4.1.3.2).
pub(super) fn name(issuer: &Issuer) -> &'static str {
    if issuer.is_https() { "__Host-grantd_app" } else { "grantd_app" }
}

/// Its value, if it was sent; an empty one is none. Nobody can tell which of two is meant, so two are refused.
pub(super) fn read(request: &Request, issuer: &Issuer) -> Result<Option<String>, Refused> {
    let mut values = values(request, issuer);
    let value = values.pop();
    if values.is_empty() {
        Ok(value.filter(|value| !value.is_empty()))
    } else {
        Err(Refused::request(Reason::RepeatedParameter))
    }
}

/// Its values, each time that it was sent.
pub(super) fn values(request: &Request, issuer: &Issuer) -> Vec<String> {
    let headers = request.headers().get_all(header::COOKIE).iter();
    // Other programs on this host write cookies as they like: theirs must not spoil ours.
    let headers: Vec<_> = headers.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    let cookies = headers.iter().flat_map(|header| Cookie::split_parse(header.as_ref())).flatten();
    cookies.filter(|cookie| cookie.name() == name(issuer)).map(|cookie| cookie.value().to_owned()).collect()
}

/// The header `Set-Cookie` that keeps this value for so many seconds.
pub(super) fn keep(issuer: &Issuer, value: &str, seconds: i64) -> String {
    let cookie = Cookie::build((name(issuer), value))
        .http_only(true)
        .secure(issuer.is_https())
        .same_site(SameSite::Strict)
        .path("/")
        .max_age(Duration::seconds(seconds));
    cookie.to_string()
}

/// The header `Set-Cookie` that takes it away.
pub(super) fn clear(issuer: &Issuer) -> String {
    keep(issuer, "", 0)
}
