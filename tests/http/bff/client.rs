//! What if an operator has changed the client that the cookie mode acts as? A clear no, and nothing half-made.

use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{Browser, expect_refusal, state};
use crate::new_client::{make, portal};

const WEB: &str = "/api/v1/admin/clients/web";

/// Changes `web` as an administrator does, or deletes it.
async fn change(server: &TestServer, method: Method, body: &Value) {
    let client = server.client().as_public("swagger-ui");
    let admin = client.sign_in_for("ada", "ada-dev-password", "admin").await.access;
    let answer = client.send(method, WEB, &admin, body).await;
    assert!(answer.status < 300, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_refresh_tokens_nobody_signs_in_or_refreshes_and_everybody_can_sign_out() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    change(&server, Method::PATCH, &json!({"grants": ["password"]})).await;
    let before = state(&server).await;
    for answer in [browser.login("ada", "ada-dev-password").await, browser.refresh().await] {
        expect_refusal(answer, 403, "grant_not_allowed", false);
    }
    assert_eq!(state(&server).await, before, "no half-made session");
    browser.user().await.expect(200);
    let mut other = browser.copy();
    browser.logout().await.expect(204);
    expect_refusal(other.user().await, 401, "signed_out", true);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_passwords_nobody_signs_in_and_who_is_signed_in_stays() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    change(&server, Method::PATCH, &json!({"grants": ["refresh_token"]})).await;
    expect_refusal(browser.login("ada", "ada-dev-password").await, 403, "grant_not_allowed", false);
    expect_refusal(browser.login("ada", "wrong").await, 403, "grant_not_allowed", false);
    browser.refresh().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_was_taken_from_it_is_missing_and_the_cookie_stays() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let sign_in = json!({"username": "ada", "password": "ada-dev-password", "resource": "http://localhost:8090"});
    browser.post("login", &sign_in).await.expect(200);
    change(&server, Method::PATCH, &json!({"resources": [], "scopes": ["openid", "profile"]})).await;
    let before = state(&server).await;
    expect_refusal(browser.refresh().await, 403, "resource_not_allowed", false);
    assert_eq!(state(&server).await, before);
    let mut other = Browser::of_ada(&server).await;
    assert_eq!(other.refresh().await.tokens().scope, "openid profile");
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_is_deleted_its_sessions_say_so_and_nobody_signs_in() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    change(&server, Method::DELETE, &Value::Null).await;
    expect_refusal(browser.login("ada", "ada-dev-password").await, 403, "client_authentication_failed", false);
    for answer in [browser.copy().user().await, browser.copy().refresh().await] {
        expect_refusal(answer, 401, "client_deleted", true);
    }
    let nonsense = format!("{}=nonsense", super::NAME);
    expect_refusal(browser.with_cookie(&nonsense).refresh().await, 401, "unknown_token", true);
    browser.logout().await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn when_it_has_a_secret_the_cookie_mode_does_not_speak_for_it() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    change(&server, Method::DELETE, &Value::Null).await;
    let confidential = make(&server, portal("web")).await;
    expect_refusal(browser.login("ada", "ada-dev-password").await, 403, "client_authentication_failed", false);
    expect_refusal(browser.refresh().await, 401, "client_deleted", true);
    let tokens = confidential.sign_in_ada().await;
    let mut borrowed = browser.with_cookie(&format!("{}={}", super::NAME, tokens.refresh));
    expect_refusal(borrowed.refresh().await, 403, "client_authentication_failed", false);
    confidential.refresh(&tokens.refresh).await.expect(200);
}
