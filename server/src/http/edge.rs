//! What holds for every request? A name, a line in the log, a place in the metrics, the words of its errors, and the headers of its answer.

use std::collections::{HashMap, HashSet};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderName, HeaderValue, Method, StatusCode, Version, header};
use poem::{Endpoint, Error, Request, Response, Result};

use super::accept::wants_page;
use super::cors;
use super::error::{Dialect, Refused};
use super::form;
use super::metrics::Metrics;
use super::query::Queries;
use crate::flows::{Flows, request_id};
use crate::model::reason::Reason;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Around every route.
pub struct Edge {
    inner: BoxEndpoint<'static, Response>,
    routes: Routes,
    queries: Queries,
    flows: Arc<Flows>,
    metrics: Metrics,
}

/// Which methods each path answers: for `Allow`, and to name a route in the log and the metrics without its ids.
pub struct Routes {
    fixed: HashMap<Arc<str>, String>,
    /// Paths with a part that varies, and their parts.
    varying: Vec<(Vec<String>, Arc<str>, String)>,
    /// The name of every path that is no route.
    unknown: Arc<str>,
}

impl Default for Routes {
    fn default() -> Self {
        Self { fixed: HashMap::new(), varying: Vec::new(), unknown: "-".into() }
    }
}

impl Routes {
    /// Adds a path, a varying part of which stands in braces.
    pub(super) fn add(&mut self, path: &str, methods: &[Method]) {
        let mut methods = methods.to_vec();
        if methods.contains(&Method::GET) && !methods.contains(&Method::HEAD) {
            methods.push(Method::HEAD);
        }
        let methods = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
        if path.contains('{') {
            self.varying.push((path.split('/').map(str::to_owned).collect(), path.into(), methods));
        } else {
            self.fixed.insert(path.into(), methods);
        }
    }

    /// The name of a path's route, and the methods of the route if there is one.
    fn find(&self, path: &str) -> (&Arc<str>, Option<&str>) {
        if let Some((route, methods)) = self.fixed.get_key_value(path) {
            return (route, Some(methods));
        }
        let parts: Vec<_> = path.split('/').collect();
        let fits = |pattern: &[String]| {
            pattern.len() == parts.len()
                && pattern.iter().zip(&parts).all(|(one, part)| one.starts_with('{') || one == part)
        };
        match self.varying.iter().find(|(pattern, ..)| fits(pattern)) {
            Some((_, route, methods)) => (route, Some(methods)),
            None => (&self.unknown, None),
        }
    }
}

impl Edge {
    pub(super) fn new(
        inner: BoxEndpoint<'static, Response>,
        routes: Routes,
        queries: Queries,
        flows: Arc<Flows>,
        metrics: Metrics,
    ) -> Self {
        Self { inner, routes, queries, flows, metrics }
    }

    /// The answer of the route.
    async fn answer(
        &self,
        request: Request,
        route: &str,
        methods: Option<&str>,
    ) -> std::result::Result<Response, Refused> {
        // RFC 9112 §3.2: one Host, or whoever stands before us may see another site than we do.
        if request.version() == Version::HTTP_11 && request.headers().get_all(header::HOST).iter().count() != 1 {
            return Err(Refused::request(Reason::MalformedRequest));
        }
        // `resource` alone may repeat, and it stands in a body.
        let query = request.uri().query().unwrap_or_default();
        if repeats(query)? {
            return Err(Refused::request(Reason::RepeatedParameter));
        }
        self.queries.check(request.method(), route, query)?;
        match AssertUnwindSafe(self.inner.call(request)).catch_unwind().await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => Err(error.downcast::<Refused>().unwrap_or_else(|error| of_framework(&error, methods))),
            Err(_) => Err(Refused::internal("a handler panicked".to_owned())),
        }
    }
}

/// Whether a name stands in a query more than once, however it is written.
fn repeats(query: &str) -> std::result::Result<bool, Refused> {
    let mut seen = HashSet::new();
    Ok(!names(query)?.into_iter().all(|name| seen.insert(name)))
}

/// The names that stand in a query, decoded. A value that is no text is refused with them: later it would be read as another one.
pub(super) fn names(query: &str) -> std::result::Result<Vec<String>, Refused> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let decoded = pairs.map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        form::decode(value.as_bytes())?;
        form::decode(name.as_bytes())
    });
    decoded.collect()
}

/// What the framework says, in our words.
fn of_framework(error: &Error, methods: Option<&str>) -> Refused {
    match error.status() {
        StatusCode::NOT_FOUND => Refused::not_found(),
        StatusCode::METHOD_NOT_ALLOWED => Refused::method_not_allowed(methods),
        StatusCode::PAYLOAD_TOO_LARGE => Refused::body_too_large(),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => Refused::unsupported_content_type(),
        // It may repeat what was sent: its text goes nowhere.
        status if status.is_client_error() => Refused::request(Reason::MalformedRequest),
        _ => Refused::internal(error.to_string()),
    }
}

impl Endpoint for Edge {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let started = Instant::now();
        let id = request_id();
        let issuer = &self.flows.config().issuer;
        let path = request.uri().path().to_owned();
        let own = path.strip_prefix(issuer.path()).unwrap_or(&path);
        let method = request.method().clone();
        let (route, methods) = self.routes.find(&path);
        let dialect = match (own.starts_with("/oauth2/"), wants_page(&request)) {
            (true, _) => Dialect::OAuth,
            (false, true) => Dialect::Page,
            (false, false) => Dialect::Problem,
        };
        let sharing = cors::sharing(own);
        let allowed = cors::allowed(&request, sharing, &self.flows).await;
        let mut reason = None;
        let mut response = match methods {
            Some(methods) if allowed.is_some() && cors::is_preflight(&request) => cors::preflight(methods),
            _ => self.answer(request, route, methods).await.unwrap_or_else(|mut refused| {
                if let Some(cause) = refused.cause.take() {
                    tracing::error!(request = id, %cause, "a request failed");
                }
                reason = Some(refused.reason());
                refused.render(dialect, issuer)
            }),
        };
        let headers = response.headers_mut();
        cors::share(headers, sharing, allowed);
        headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        // What is somebody's own, and what goes wrong, is for nobody to keep.
        let is_own = ["/oauth2/", "/api/", "/bff/"].iter().any(|mount| own.starts_with(mount));
        if is_own || reason.is_some() {
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        }
        if let Ok(id) = HeaderValue::from_str(&id) {
            headers.insert(REQUEST_ID, id);
        }
        let took = started.elapsed();
        self.metrics.observe(&method, route, response.status(), took);
        tracing::info!(
            id,
            method = %method,
            route = &**route,
            status = response.status().as_u16(),
            reason = reason.map(Reason::as_str),
            us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            "request"
        );
        Ok(response)
    }
}
