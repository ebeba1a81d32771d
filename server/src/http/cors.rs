//! Which pages of other origins may call? Anybody's may read metadata, keys and the document; those of clients may use the protocol and the API.

use poem::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use poem::{Request, Response};

use crate::flows::Flows;

/// How long a browser may remember a preflight, in seconds.
const MAX_AGE: &str = "600";

/// Who may call an address from a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sharing {
    /// Any page.
    Any,
    /// Pages of known origins.
    Known,
    /// No page of another origin.
    Nobody,
}

/// Who may call this path, the issuer's own path left away.
pub(super) fn sharing(path: &str) -> Sharing {
    match path {
        "/oauth2/token" | "/oauth2/revoke" | "/oauth2/userinfo" => Sharing::Known,
        "/openapi.json" | "/openapi.yaml" => Sharing::Any,
        _ if path.starts_with("/.well-known/") => Sharing::Any,
        _ if path.starts_with("/api/v1/") => Sharing::Known,
        _ => Sharing::Nobody,
    }
}

/// The origin that the answer names, if the page may read it.
pub(super) async fn allowed(request: &Request, sharing: Sharing, flows: &Flows) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    match sharing {
        Sharing::Any => Some(HeaderValue::from_static("*")),
        Sharing::Nobody => None,
        Sharing::Known => match flows.allows_origin(origin.to_str().ok()?).await {
            Ok(true) => Some(origin.clone()),
            Ok(false) => None,
            Err(error) => {
                tracing::warn!(%error, "the origins of clients could not be read");
                None
            }
        },
    }
}

/// Whether the browser asks beforehand.
pub(super) fn is_preflight(request: &Request) -> bool {
    let asks = |name| request.headers().contains_key(name);
    request.method() == Method::OPTIONS && asks(header::ORIGIN) && asks(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a preflight.
pub(super) fn preflight(methods: &str) -> Response {
    Response::builder()
        .status(StatusCode::NO_CONTENT)
        .header(header::ACCESS_CONTROL_ALLOW_METHODS, methods)
        .header(header::ACCESS_CONTROL_ALLOW_HEADERS, "authorization, content-type")
        .header(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE)
        .finish()
}

/// Says who may read the answer.
pub(super) fn share(headers: &mut HeaderMap, sharing: Sharing, allowed: Option<HeaderValue>) {
    if sharing == Sharing::Known {
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
    }
    if let Some(origin) = allowed {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            HeaderValue::from_static("www-authenticate, retry-after, x-request-id"),
        );
    }
}
