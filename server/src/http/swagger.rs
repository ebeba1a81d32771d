//! What stands at `/docs`? Swagger UI in a page of our own: it signs in, refreshes and signs out, and runs under a strict policy.

mod archive;

use maud::{Markup, html};
use poem::endpoint::BoxEndpoint;
use poem::http::HeaderValue;
use poem::{Endpoint, EndpointExt, Request, Response, Result};

use super::page;
use super::prepared::{Moved, Prepared};
use crate::config::{Config, Mode};

/// Where the page is; its files are below.
pub(super) const PATH: &str = "/docs";

/// What runs and what it asks is ours alone. There is no `Cross-Origin-Opener-Policy`: it would part the page from a window that it opens to sign in.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; \
                      font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Another version of the server brings another version of these: whoever keeps them asks each time.
const CACHE_CONTROL: &str = "no-cache";

/// The page.
struct Docs(Prepared);

/// The page and all that it needs, by path.
pub(super) fn files(config: &Config) -> [(&'static str, BoxEndpoint<'static>); 7] {
    let page = Prepared::new(write(config), "text/html; charset=utf-8", CACHE_CONTROL);
    let (script, style) = ("text/javascript; charset=utf-8", "text/css; charset=utf-8");
    let ours = |body: &'static str, content_type| Prepared::new(body, content_type, CACHE_CONTROL).boxed();
    let theirs = |body: &'static [u8], content_type| Prepared::compressed(body, content_type, CACHE_CONTROL).boxed();
    [
        (PATH, Docs(page).boxed()),
        ("/docs/", Moved::to(config, PATH).boxed()),
        ("/docs/docs.js", ours(include_str!("swagger/docs.js"), script)),
        ("/docs/docs.css", ours(include_str!("swagger/docs.css"), style)),
        ("/docs/swagger-ui.js", theirs(&archive::SCRIPT, script)),
        ("/docs/swagger-ui.css", theirs(&archive::STYLE, style)),
        ("/docs/license.txt", theirs(&archive::LICENSE, "text/plain; charset=utf-8")),
    ]
}

fn write(config: &Config) -> String {
    let base = config.issuer.path();
    let link = |path: &str| format!("{base}{path}");
    let head = html! {
        link rel="stylesheet" href=(link("/docs/swagger-ui.css"));
        link rel="stylesheet" href=(link("/docs/docs.css"));
        script defer src=(link("/docs/swagger-ui.js")) {}
        script defer type="module" src=(link("/docs/docs.js")) {}
    };
    // The tokens of well-known users may outlive the page; anybody else's are gone with it.
    let dev = config.mode == Mode::Dev;
    let content = html! {
        h1 { "API" }
        (how_to_sign_in(dev))
        p #notice role="alert" hidden {}
        h2 { "Operations" }
        noscript {
            p { "Swagger UI needs JavaScript. The document that it shows is " a href=(link("/openapi.yaml")) { "/openapi.yaml" } "." }
        }
        div #swagger-ui data-base=(base) data-remember[dev] {}
        p.soft {
            "The same for programs: " a href=(link("/openapi.yaml")) { "YAML" } ", " a href=(link("/openapi.json")) { "JSON" } ". "
            "Shown by Swagger UI, copyright SmartBear Software Inc., under the "
            a href=(link("/docs/license.txt")) { "Apache License 2.0" } "."
        }
    };
    page::write_with("API", base, &head, &content)
}

fn how_to_sign_in(dev: bool) -> Markup {
    html! {
        ol {
            li {
                "Press " b { "Authorize" } " and type "
                @if dev {
                    code { "ada" } " and " code { "ada-dev-password" } " (or " code { "bob" } " and " code { "bob-dev-password" } ", who is no administrator)."
                } @else {
                    "your name and password."
                }
                " For what administrators do, tick the scope " code { "admin" } " as well."
            }
            li { "Open an operation, say " code { "GET /api/v1/me" } ", and press " b { "Execute" } "." }
            li { "The page gets new access tokens by itself, as clients do. " b { "Logout" } ", in the same dialog, ends the session." }
        }
    }
}

impl Endpoint for Docs {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let mut response = self.0.answer(request.headers());
        page::guard(response.headers_mut(), HeaderValue::from_static(POLICY));
        Ok(response)
    }
}
