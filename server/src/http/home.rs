//! What stands at `/` and at `/errors`? A page that says where to go, and one that explains every reason.

use maud::html;
use poem::http::{HeaderValue, header};
use poem::{Endpoint, Request, Response, Result};
use serde_json::json;

use super::accept::wants_json;
use super::prepared::Prepared;
use super::{app, page, swagger};
use crate::config::{Config, Mode, Signup};
use crate::model::reason::Reason;

const CACHE_CONTROL: &str = "no-cache";

/// `/`: a page, or a flat object for `Accept: application/json`.
pub struct Home {
    page: Prepared,
    object: Prepared,
}

/// A page.
pub struct Page(Prepared);

impl Home {
    /// For this server.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let issuer = config.issuer.as_str();
        let places = [
            ("issuer", ""),
            ("token_endpoint", "/oauth2/token"),
            ("revocation_endpoint", "/oauth2/revoke"),
            ("introspection_endpoint", "/oauth2/introspect"),
            ("userinfo_endpoint", "/oauth2/userinfo"),
            ("jwks_uri", "/.well-known/jwks.json"),
            ("openid_configuration", "/.well-known/openid-configuration"),
            ("sign_up", "/api/v1/users"),
            ("me", "/api/v1/me"),
            ("openapi_json", "/openapi.json"),
            ("openapi_yaml", "/openapi.yaml"),
            ("web_client", app::PATH),
            ("errors", "/errors"),
            ("livez", "/livez"),
            ("readyz", "/readyz"),
        ];
        let docs = config.docs.enabled.then_some(("docs", swagger::PATH));
        let object: serde_json::Map<_, _> = places
            .into_iter()
            .chain(docs)
            .map(|(name, path)| (name.to_owned(), json!(format!("{issuer}{path}"))))
            .collect();
        let base = config.issuer.path();
        let link = |path: &str| format!("{base}{path}");
        let sign_up = match config.signup {
            Signup::Open => "Anybody may sign up here.",
            Signup::Closed => "Accounts are made by an administrator here.",
        };
        let (name, password) = if config.mode == Mode::Dev { ("ada", "ada-dev-password") } else { ("NAME", "…") };
        let content = html! {
            h1 { "An OAuth 2 and OpenID Connect server" }
            p { "Programs get their tokens here. " (sign_up) }
            h2 { "For programs" }
            ul {
                li { a href=(link("/.well-known/openid-configuration")) { "Discovery" } ": every address a client needs" }
                li { a href=(link("/.well-known/jwks.json")) { "Keys" } ": to verify tokens with" }
                li { a href=(link("/openapi.yaml")) { "API document" } " (OpenAPI; also as " a href=(link("/openapi.json")) { "JSON" } ")" }
            }
            h2 { "For people" }
            ul {
                li { a href=(link(app::PATH)) { "Web client" } ": who you are, where you are signed in, what happened" }
                @if config.docs.enabled {
                    li { a href=(link(swagger::PATH)) { "API" } ": sign in and try every operation" }
                }
                li { a href=(link("/errors")) { "Errors" } ": what each reason means, and what to do" }
            }
            h2 { "Try it" }
            pre { code { "curl -d grant_type=password -d client_id=web \\\n     -d username=" (name) " -d password=" (password) " \\\n     " (format!("{issuer}/oauth2/token")) } }
        };
        let page = page::write("Start", base, &content);
        Self {
            page: Prepared::new(page, "text/html; charset=utf-8", CACHE_CONTROL),
            object: Prepared::new(serde_json::Value::Object(object).to_string(), "application/json", CACHE_CONTROL),
        }
    }
}

impl Endpoint for Home {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let json = wants_json(&request);
        let mut response =
            if json { self.object.answer(request.headers()) } else { self.page.answer(request.headers()) };
        if !json {
            page::protect(response.headers_mut());
        }
        response.headers_mut().insert(header::VARY, HeaderValue::from_static("Accept"));
        Ok(response)
    }
}

impl Page {
    /// Every reason, explained.
    #[must_use]
    pub fn errors(config: &Config) -> Self {
        let content = html! {
            h1 { "Errors" }
            p { "Every refusal and every ended session names one of these as its " code { "reason" } "." }
            dl {
                @for reason in Reason::ALL {
                    dt id=(reason.as_str()) { code { (reason.as_str()) } }
                    dd { (reason.sentence()) " " span.soft { (reason.way_on()) } }
                }
            }
        };
        Self(Prepared::new(
            page::write("Errors", config.issuer.path(), &content),
            "text/html; charset=utf-8",
            CACHE_CONTROL,
        ))
    }
}

impl Endpoint for Page {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let mut response = self.0.answer(request.headers());
        page::protect(response.headers_mut());
        Ok(response)
    }
}
