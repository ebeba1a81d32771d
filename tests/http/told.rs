//! What does an answer of the API tell? Items, faults, pages; and how is a request written down, to be sent with others at once?

use grantd_tests::client::{Answer, Client, Tokens};
use serde_json::Value;

use super::errors::expect_problem;

/// The items of a list.
#[track_caller]
pub fn items(answer: &Answer) -> Vec<Value> {
    answer["items"].as_array().unwrap_or_else(|| panic!("no items{answer}")).clone()
}

/// One text of each item.
pub fn texts(items: &[Value], member: &str) -> Vec<String> {
    items.iter().map(|item| item[member].as_str().unwrap_or_default().to_owned()).collect()
}

/// The session of tokens.
pub fn sid(tokens: &Tokens) -> String {
    tokens.claims()["sid"].as_str().expect("a session").to_owned()
}

/// The faults that a refusal names: field and reason, each with a sentence.
#[track_caller]
pub fn faults(answer: Answer) -> Vec<String> {
    let reason = answer.text("reason");
    let answer = expect_problem(answer, 422, &reason);
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("no errors{answer}"));
    errors
        .iter()
        .map(|error| {
            let text = |name: &str| error[name].as_str().unwrap_or_else(|| panic!("no {name}{answer}"));
            assert!(!text("detail").is_empty(), "{answer}");
            format!("{}: {}", text("field"), text("reason"))
        })
        .collect()
}

/// A page and its cursor.
pub async fn page(client: &Client, access: &str, path: &str, cursor: Option<&str>) -> (Vec<Value>, Option<String>) {
    let joint = if path.contains('?') { '&' } else { '?' };
    let path = cursor.map_or(path.to_owned(), |cursor| format!("{path}{joint}cursor={cursor}"));
    let answer = client.get(&path, access).await.expect(200);
    (items(&answer), answer["next_cursor"].as_str().map(str::to_owned))
}

/// A list from its first page to its last.
pub async fn walk(client: &Client, access: &str, path: &str) -> Vec<Value> {
    let (mut all, mut next) = page(client, access, path, None).await;
    while let Some(cursor) = next {
        let (items, after) = page(client, access, path, Some(&cursor)).await;
        assert!(!items.is_empty(), "an empty page after {cursor} of {path}");
        all.extend(items);
        next = after;
    }
    all
}

/// The bytes of a request with a JSON body.
pub fn json(method: &str, path: &str, access: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {access}\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
