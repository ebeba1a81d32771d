//! What stands at `/app/`? The web client: files sent as they are, but for the one that tells the page which server this is.

use std::sync::Arc;

use poem::endpoint::BoxEndpoint;
use poem::http::HeaderValue;
use poem::{Endpoint, EndpointExt, Request, Response, Result};
use serde_json::json;

use super::error::Refused;
use super::page;
use super::prepared::{Moved, Prepared};
use crate::config::Signup;
use crate::flows::Flows;
use crate::model::client::WEB;

/// Where the page is; its files are below.
pub(super) const PATH: &str = "/app/";

const SCRIPT: &str = "text/javascript; charset=utf-8";
/// Another version of the server brings another version of these: whoever keeps them asks each time.
const CACHE_CONTROL: &str = "no-cache";

macro_rules! file {
    ($name:literal) => {
        include_str!(concat!("../../../web-client/", $name))
    };
}

/// Files that are the same everywhere.
const FILES: [(&str, &str, &str); 10] = [
    ("/app/style.css", "text/css; charset=utf-8", file!("style.css")),
    ("/app/main.js", SCRIPT, file!("main.js")),
    ("/app/screens.js", SCRIPT, file!("screens.js")),
    ("/app/parts.js", SCRIPT, file!("parts.js")),
    ("/app/api.js", SCRIPT, file!("api.js")),
    ("/app/oauth.js", SCRIPT, file!("oauth.js")),
    ("/app/cookie.js", SCRIPT, file!("cookie.js")),
    ("/app/http.js", SCRIPT, file!("http.js")),
    ("/app/tabs.js", SCRIPT, file!("tabs.js")),
    ("/app/token.js", SCRIPT, file!("token.js")),
];

/// The page and all that it needs, by path.
pub(super) fn files(flows: &Arc<Flows>) -> impl Iterator<Item = (&'static str, BoxEndpoint<'static>)> {
    let page = Prepared::new(file!("index.html"), "text/html; charset=utf-8", CACHE_CONTROL);
    let own = [
        // The page's files are named relative to it.
        ("/app", Moved::to(flows.config(), PATH).boxed()),
        (PATH, Page { flows: Arc::clone(flows), page }.boxed()),
        ("/app/config.js", Settings(Arc::clone(flows)).boxed()),
    ];
    let fixed = |(path, content_type, body)| (path, Prepared::new(body, content_type, CACHE_CONTROL).boxed());
    own.into_iter().chain(FILES.map(fixed))
}

/// The page, which may talk to this server and to the APIs that its client asks tokens for.
struct Page {
    flows: Arc<Flows>,
    page: Prepared,
}

impl Endpoint for Page {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let apis = self.flows.web_apis().await.map_err(Refused::from)?;
        let origins = apis.iter().map(|api| api.origin.as_str());
        let connect = ["'self'"].into_iter().chain(origins).collect::<Vec<_>>().join(" ");
        let policy = format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src {connect}; \
             base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
        );
        let policy = HeaderValue::try_from(policy).map_err(|error| Refused::internal(error.to_string()))?;
        let mut response = self.page.answer(request.headers());
        page::guard_alone(response.headers_mut(), policy);
        Ok(response)
    }
}

/// `config.js`: what the page has to know of its server. The first API of `web` that goes by its address is taken for the example's.
struct Settings(Arc<Flows>);

impl Endpoint for Settings {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let apis = self.0.web_apis().await.map_err(Refused::from)?;
        let example = apis.iter().find(|api| api.resource == api.origin);
        let issuer = json!(self.0.config().issuer.as_str());
        let client = json!(WEB);
        let sign_up = self.0.config().signup == Signup::Open;
        let cats = json!(example.map_or("", |api| &api.origin));
        let body = format!(
            "// Written by grantd for this server. On a host of its own the page has a config.js to be changed by hand.\n\n\
             export const config = {{\n  issuer: {issuer},\n  server: new URL('..', import.meta.url).href.slice(0, -1),\n  \
             client: {client},\n  signUp: {sign_up},\n  cats: {cats},\n}}\n"
        );
        Ok(Prepared::new(body, SCRIPT, CACHE_CONTROL).answer(request.headers()))
    }
}
