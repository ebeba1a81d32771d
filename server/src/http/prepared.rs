//! What never changes between two requests? A document, written once and sent with an entity tag; and where one has moved to.

use std::sync::Arc;

use bytes::Bytes;
use poem::http::{HeaderMap, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};

use crate::config::Config;

/// A document, ready to send.
#[derive(Clone)]
pub struct Prepared {
    pub(super) body: Bytes,
    pub(super) etag: Arc<str>,
    pub(super) content_type: &'static str,
    pub(super) cache_control: &'static str,
    /// Whether the body is compressed (gzip).
    pub(super) compressed: bool,
}

impl Prepared {
    /// A document of this type.
    #[must_use]
    pub fn new(body: impl Into<Bytes>, content_type: &'static str, cache_control: &'static str) -> Self {
        let body = body.into();
        Self { etag: crate::flows::etag(&body).into(), body, content_type, cache_control, compressed: false }
    }

    /// A document whose body is compressed already (gzip). Whoever does not say what it can decode takes it so (RFC 9110 §12.5.3).
    #[must_use]
    pub fn compressed(body: impl Into<Bytes>, content_type: &'static str, cache_control: &'static str) -> Self {
        Self { compressed: true, ..Self::new(body, content_type, cache_control) }
    }

    /// The document, or word that the caller has it already (RFC 9110 §13.1.2).
    pub(super) fn answer(&self, headers: &HeaderMap) -> Response {
        let builder =
            Response::builder().header(header::ETAG, &*self.etag).header(header::CACHE_CONTROL, self.cache_control);
        if has_it(headers, &self.etag) {
            return builder.status(StatusCode::NOT_MODIFIED).finish();
        }
        let builder = if self.compressed { builder.header(header::CONTENT_ENCODING, "gzip") } else { builder };
        builder.content_type(self.content_type).body(self.body.clone())
    }
}

fn has_it(headers: &HeaderMap, etag: &str) -> bool {
    headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok()).any(|value| {
        value.split(',').map(str::trim).any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
    })
}

impl Endpoint for Prepared {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        Ok(self.answer(request.headers()))
    }
}

/// Where a page is that somebody looks for with a slash too many, or too few: never elsewhere.
pub(super) struct Moved(String);

impl Moved {
    /// To this path below the issuer's.
    pub(super) fn to(config: &Config, path: &str) -> Self {
        Self(format!("{}{path}", config.issuer.path()))
    }
}

impl Endpoint for Moved {
    type Output = Response;

    async fn call(&self, _: Request) -> Result<Response> {
        Ok(Response::builder().status(StatusCode::PERMANENT_REDIRECT).header(header::LOCATION, &self.0).finish())
    }
}
