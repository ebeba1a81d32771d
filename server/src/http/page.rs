//! How does a page for people look? Plain HTML, one stylesheet, light and dark, no script.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use poem::http::{HeaderMap, HeaderName, HeaderValue, header};

/// The stylesheet of every page.
pub(super) const STYLE: &str = include_str!("page.css");
/// What browsers ask for unasked.
pub(super) const ICON: &str = concat!(
    r##"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#0b5cad"/>"##,
    r##"<path d="M22 11a7 7 0 1 0 1 6h-7" fill="none" stroke="#fff" stroke-width="3" stroke-linecap="round"/></svg>"##
);

/// Nothing but our own stylesheet and pictures; in nobody's frame.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The headers of every page.
pub(super) fn guard(headers: &mut HeaderMap, policy: HeaderValue) {
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
}

/// The headers of a page that opens no window to talk to, and is opened by none.
pub(super) fn guard_alone(headers: &mut HeaderMap, policy: HeaderValue) {
    guard(headers, policy);
    headers.insert(HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
}

/// The headers of a page on which nothing runs.
pub(super) fn protect(headers: &mut HeaderMap) {
    guard_alone(headers, HeaderValue::from_static(POLICY));
}

/// A whole page. `base` is the issuer's path: links stay on the origin that the page came from.
pub(super) fn write(title: &str, base: &str, content: &Markup) -> String {
    write_with(title, base, &html! {}, content)
}

/// The same with more in its head.
pub(super) fn write_with(title: &str, base: &str, head: &Markup, content: &Markup) -> String {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · grantd" }
                link rel="icon" href=(format!("{base}/favicon.ico")) type="image/svg+xml";
                link rel="stylesheet" href=(format!("{base}/style.css"));
                (PreEscaped(&head.0))
            }
            body {
                header { a href=(format!("{base}/")) { "grantd" } }
                main { (PreEscaped(&content.0)) }
            }
        }
    }
    .into_string()
}
