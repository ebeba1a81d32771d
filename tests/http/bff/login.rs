//! Is a sign-in by cookie a sign-in like any other? The same throttle, sessions and events; and what becomes of the session before.

use grantd_tests::client::Answer;
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Browser, expect_refusal, set_cookie, state, told};
use crate::errors::expect_problem;
use crate::told::{faults, items};

const EXAMPLE_API: &str = "http://localhost:8090";

#[tokio::test(flavor = "multi_thread")]
async fn its_session_and_its_event_are_those_of_the_password_grant() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let by_grant = browser.client.sign_in_ada().await;
    let by_cookie = browser.login("ada", "ada-dev-password").await.tokens();
    assert_eq!(by_cookie.scope, by_grant.scope, "all that web gets by default");
    let alike = |mut value: Value, own: [&str; 2]| {
        for own in own {
            value[own] = Value::Null;
        }
        value
    };
    assert_eq!(alike(by_cookie.claims(), ["jti", "sid"]), alike(by_grant.claims(), ["jti", "sid"]));
    for (path, own) in [("sessions", ["id", "current"]), ("activity", ["id", "session_id"])] {
        let list = browser.client.get(&format!("/api/v1/me/{path}"), &by_grant.access).await.expect(200);
        let newest: Vec<_> = items(&list).into_iter().take(2).map(|item| alike(item, own)).collect();
        assert!(newest.len() == 2 && newest[0] == newest[1], "{list}");
    }
}

/// What a guesser sees of an answer.
fn seen(answer: &Answer) -> (u16, Vec<String>, String) {
    let told =
        answer.headers.iter().filter(|(name, _)| !["x-request-id", "date", "retry-after"].contains(&name.as_str()));
    let mut headers: Vec<_> = told.map(|(name, value)| format!("{name}: {value:?}")).collect();
    headers.sort();
    (answer.status, headers, answer.body.clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_unknown_locked_and_throttled_look_alike() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    browser.client.sign_up("locked", "locked@example.org", "a few words of mine").await.expect(201);
    server.set_locked("locked", true).await.expect("a user that is locked");
    let long = "x".repeat(300);
    let mut answers = Vec::new();
    for (name, password) in [
        ("ada", "wrong"),
        ("ada", long.as_str()),
        ("ada@example.org", "w"),
        ("nobody", "ada-dev-password"),
        ("no such name!", "wrong"),
        ("locked", "wrong"),
        ("locked", "a few words of mine"),
    ] {
        answers.push(browser.login(name, password).await);
    }
    for name in ["bob", "unknown"] {
        for _ in 0..5 {
            browser.login(name, "wrong").await.expect(401);
        }
        let throttled = browser.login(name, "bob-dev-password").await;
        assert_eq!(throttled.header("retry-after"), Some("1"), "{throttled}");
        answers.push(throttled);
    }
    let first = seen(&answers[0]);
    for (place, answer) in answers.into_iter().enumerate() {
        assert_eq!(seen(&answer), first, "another answer than the first{answer}");
        assert_eq!(answer.header("retry-after").is_some(), place >= 7, "{answer}");
        expect_refusal(answer, 401, "sign_in_failed", false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_throttle_is_that_of_the_token_endpoint_in_both_directions() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    for _ in 0..5 {
        browser.login("ada", "wrong").await.expect(401);
        browser.client.try_sign_in("bob", "wrong").await.expect(400);
    }
    let there = browser.client.try_sign_in("ada", "ada-dev-password").await.expect_error(400, "invalid_grant");
    let here = expect_refusal(browser.login("bob", "bob-dev-password").await, 401, "sign_in_failed", false);
    assert_eq!((there.header("retry-after"), here.header("retry-after")), (Some("1"), Some("1")));
    server.clock().advance(1);
    browser.login("ada", "ada-dev-password").await.expect(200);
    browser.client.sign_in_ada().await;
    assert_eq!(told(&server).await[..2], ["sign_in_failed: sign_in_failed", "sign_in_failed: sign_in_failed"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_sign_in_ends_the_session_of_the_old_cookie() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let old = browser.copy();
    let access = browser.refresh().await.tokens().access;
    // The cookie may be an older one: any generation names the session.
    let mut browser = old.copy();
    let signed_in = browser.login("bob", "bob-dev-password").await.expect(200);
    assert_eq!(signed_in["user"]["username"], "bob");
    assert_eq!(browser.user().await.expect(200)["user"]["username"], "bob");
    browser.client.get("/api/v1/me", &access).await.expect(401).expect_reason("signed_out");
    for answer in [old.copy().user().await, old.copy().refresh().await] {
        expect_refusal(answer, 401, "signed_out", true);
    }
    assert_eq!(told(&server).await, ["signed_in", "signed_out: signed_out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_fails_leaves_the_old_cookie_and_its_session_alone() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let before = state(&server).await;
    expect_refusal(browser.login("nobody", "ada-dev-password").await, 401, "sign_in_failed", false);
    let elsewhere = json!({"username": "ada", "password": "ada-dev-password", "resource": "https://api.example.org"});
    let answer = browser.post("login", &elsewhere).await;
    assert!(set_cookie(&answer).is_none());
    assert_eq!(faults(answer), ["resource: resource_not_allowed"]);
    assert_eq!(state(&server).await, before, "no half-made session, and nothing ended");
    browser.refresh().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_ask_for_one_resource_or_for_more_and_a_refresh_keeps_them() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let issuer = server.url().to_owned();
    for (resource, aud) in [
        (json!(EXAMPLE_API), json!([EXAMPLE_API])),
        (json!([EXAMPLE_API]), json!([EXAMPLE_API])),
        (json!([issuer, EXAMPLE_API]), json!([issuer, EXAMPLE_API])),
        (json!([]), json!([issuer])),
    ] {
        let sign_in = json!({"username": "ada", "password": "ada-dev-password", "resource": resource});
        let signed_in = browser.post("login", &sign_in).await.tokens();
        let refreshed = browser.refresh().await.tokens();
        for tokens in [signed_in, refreshed] {
            let told = tokens.claims()["aud"].clone();
            assert_eq!(if told.is_array() { told } else { json!([told]) }, aud);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_cannot_be_meant_says_what_is_wrong_with_it_and_is_no_guess() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    for (body, wrong) in [
        (json!({}), vec!["username: missing_parameter", "password: missing_parameter"]),
        (json!({"username": "ada"}), vec!["password: missing_parameter"]),
        (json!({"username": "", "password": ""}), vec!["username: missing_parameter", "password: missing_parameter"]),
        (json!({"username": null, "password": 1}), vec!["username: missing_parameter", "password: malformed_request"]),
        (json!({"username": "a\0da", "password": "x"}), vec!["username: not_allowed_characters"]),
        (json!({"username": "ada", "password": "x", "resource": 1}), vec!["resource: malformed_request"]),
        (json!({"username": "ada", "password": "x", "resource": [1]}), vec!["resource: malformed_request"]),
        (json!({"username": "ada", "password": "x", "resource": {}}), vec!["resource: malformed_request"]),
        (json!({"username": "ada", "password": "x", "scope": "admin"}), vec!["scope: unknown_value"]),
    ] {
        for _ in 0..6 {
            let answer = browser.post("login", &body).await;
            assert!(set_cookie(&answer).is_none());
            assert_eq!(faults(answer), wrong, "{body}");
        }
    }
    for (content_type, body, status, reason) in [
        ("application/x-www-form-urlencoded", "username=ada&password=x".to_owned(), 415, "unsupported_content_type"),
        ("text/plain", "{}".to_owned(), 415, "unsupported_content_type"),
        ("application/json", "{".to_owned(), 400, "malformed_request"),
        ("application/json", "[]".to_owned(), 400, "malformed_request"),
        ("application/json", "x".repeat(70_000), 413, "body_too_large"),
    ] {
        let request = browser.request(Method::POST, "login").header("content-type", content_type).body(body);
        expect_refusal(browser.send(request).await, status, reason, false);
    }
    browser.login("ada", "ada-dev-password").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_opens_an_address_is_shown_a_page() {
    let server = TestServer::start().await;
    let browser = Browser::new(&server);
    let shown =
        browser.client.answer(browser.bare(Method::GET, "user").header("accept", "text/html")).await.expect(401);
    assert!(shown.body.contains("/errors#no_credentials"), "{shown}");
    expect_problem(browser.client.answer(browser.bare(Method::GET, "user")).await, 401, "no_credentials");
}
