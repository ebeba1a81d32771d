//! Does the API document know the status and the type of every answer? Each that a test gets through [`crate::client::Client`] is held against it.

use std::sync::LazyLock;

use grantd::config::{Config, Layers, Mode};
use reqwest::Method;
use serde_json::Value;

use crate::client::Answer;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let layers = Layers::read(None, std::iter::empty(), &[]).expect("no settings");
    let config = Config::from_layers(&layers, Mode::Dev).expect("sound settings");
    serde_json::from_str(&grantd::http::Document::new(&config).json()).expect("JSON")
});

/// Fails the test when the document has the operation, but not this status for it, or not this type of body.
#[track_caller]
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(operation) = operation(method, path) else { return };
    // At an issuer with a path the operations stand below it, and nothing at their place.
    let explained = answer.json.get("type").or_else(|| answer.json.get("error_uri")).and_then(Value::as_str);
    if explained.is_some_and(|page| page.matches('/').count() > "https://host/errors".matches('/').count()) {
        return;
    }
    let status = answer.status.to_string();
    let response = operation["responses"].get(&status);
    let response = response.unwrap_or_else(|| panic!("the document has no {status} for {method} {path}{answer}"));
    let media_type = answer.header("content-type").and_then(|value| value.split(';').next());
    // A browser that opens an address of the API is shown a page.
    if media_type == Some("text/html") && answer.status >= 400 {
        return;
    }
    let known = response["content"].as_object().and_then(|content| content.keys().next()).map(String::as_str);
    assert_eq!(media_type, known, "the type of a {status} of {method} {path}{answer}");
}

/// The operation of this method at this path, if there is one.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let parts: Vec<_> = path.split('/').collect();
    let fits = |template: &str| {
        let template: Vec<_> = template.split('/').collect();
        let pairs = template.iter().zip(&parts);
        template.len() == parts.len() && pairs.into_iter().all(|(one, part)| one.starts_with('{') || one == part)
    };
    let (_, item) = DOCUMENT["paths"].as_object()?.iter().find(|(template, _)| fits(template))?;
    item.get(method.as_str().to_lowercase())
}
