//! How does a session of the cookie mode end, and what becomes of the cookie? It goes when it will never be good again, and only then.

use grantd::model::secret::Secret;
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::json;

use super::{Browser, expect_refusal, state, told};

/// `tokens.refresh_race_window`, as it is by default.
const W: i64 = 45;

#[tokio::test(flavor = "multi_thread")]
async fn a_cookie_that_was_replaced_ends_the_session_when_it_comes_again() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let mut thief = browser.copy();
    browser.refresh().await.expect(200);
    let access = browser.refresh().await.tokens().access;
    expect_refusal(thief.refresh().await, 401, "refresh_token_reused", true);
    browser.client.get("/api/v1/me", &access).await.expect(401).expect_reason("refresh_token_reused");
    let ended = state(&server).await;
    for answer in [browser.copy().user().await, browser.copy().refresh().await, browser.refresh().await] {
        expect_refusal(answer, 401, "refresh_token_reused", true);
    }
    assert_eq!(state(&server).await, ended, "it ends once");
    assert_eq!(told(&server).await, ["signed_in", "refresh_token_reused: refresh_token_reused"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_a_lost_answer_goes_on_and_one_that_is_to_wait_keeps_its_cookie() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let first = browser.copy();
    let second = browser.refresh().await.expect(200);
    for _ in 0..4 {
        server.clock().advance(W);
        let again = first.copy().refresh().await.expect(200);
        assert_eq!(super::set_cookie(&again), super::set_cookie(&second), "the same token once more");
    }
    server.clock().advance(1);
    let mut waiting = first.copy();
    let told = expect_refusal(waiting.refresh().await, 503, "wait_and_retry", false);
    assert_eq!(told.header("retry-after"), Some("45"));
    waiting.user().await.expect(200);
    // Nobody has shown the second: the answer was lost, however late that is found out.
    server.clock().advance(W);
    waiting.refresh().await.expect(200);
    waiting.refresh().await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_ends_the_session_the_next_request_takes_the_cookie_away() {
    for (how, reason) in [
        ("everywhere", "signed_out_everywhere"),
        ("there", "session_ended"),
        ("here", "signed_out"),
        ("revoked", "signed_out"),
        ("locked", "user_locked"),
        ("password", "password_changed"),
        ("administrator", "ended_by_admin"),
        ("deleted", "user_deleted"),
    ] {
        let server = TestServer::start().await;
        let mut browser = Browser::new(&server);
        let own = browser.login("bob", "bob-dev-password").await.tokens();
        let sid = own.claims()["sid"].as_str().expect("a session").to_owned();
        let other = browser.client.sign_in_bob().await.access;
        let client = browser.client.clone();
        match how {
            "everywhere" => drop(client.delete("/api/v1/me/sessions", &other).await.expect(204)),
            "there" => drop(client.delete(&format!("/api/v1/me/sessions/{sid}"), &other).await.expect(204)),
            "here" => drop(client.delete(&format!("/api/v1/me/sessions/{sid}"), &own.access).await.expect(204)),
            "revoked" => drop(client.revoke(browser.value()).await.expect(200)),
            "locked" => assert!(server.set_locked("bob", true).await.expect("a user")),
            "password" => {
                let change = json!({"current_password": "bob-dev-password", "new_password": "nine lives of a cat"});
                client.send(Method::PUT, "/api/v1/me/password", &other, &change).await.expect(204);
            }
            "administrator" => server.revoke_session(&sid).await.expect("a session"),
            _ => drop(client.delete("/api/v1/me", &other).await.expect(204)),
        }
        let ended = state(&server).await;
        for answer in [browser.copy().user().await, browser.copy().refresh().await] {
            assert_eq!(answer["reason"], reason, "{how}{answer}");
            expect_refusal(answer, 401, reason, true);
        }
        browser.logout().await.expect(204);
        assert_eq!(state(&server).await, ended, "{how}: an end that is over changes nothing");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_by_the_page_itself_spares_its_session() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let own = browser.login("bob", "bob-dev-password").await.tokens().access;
    let change = json!({"current_password": "bob-dev-password", "new_password": "nine lives of a cat"});
    browser.client.send(Method::PUT, "/api/v1/me/password", &own, &change).await.expect(204);
    browser.refresh().await.expect(200);
    server.set_password("bob", &Secret::new("another nine lives".to_owned())).await.expect("a password");
    expect_refusal(browser.refresh().await, 401, "password_changed", true);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_generation_signs_out_and_every_access_token_goes_with_it() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let mut old = browser.copy();
    browser.refresh().await.expect(200);
    let access = browser.refresh().await.tokens().access;
    old.logout().await.expect(204);
    assert!(!browser.client.is_active(&access).await);
    expect_refusal(browser.refresh().await, 401, "signed_out", true);
    assert_eq!(told(&server).await, ["signed_in", "signed_out: signed_out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_server_leaves_the_cookie_alone() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let rows = server.home().rows();
    rows.execute("ALTER TABLE token_families RENAME TO elsewhere").await;
    for (path, body) in
        [("refresh", ""), ("logout", ""), ("login", r#"{"username":"ada","password":"ada-dev-password"}"#)]
    {
        // The document does not promise it, so nothing holds it against that.
        let reply = browser.client.raw(browser.bytes(path, body)).await;
        assert_eq!((reply.status, reply.json()["reason"].as_str()), (500, Some("internal_error")), "{path}");
        assert_eq!((reply.header("set-cookie"), reply.header("cache-control")), (None, Some("no-store")), "{path}");
    }
    rows.execute("ALTER TABLE elsewhere RENAME TO token_families").await;
    browser.refresh().await.expect(200);
    assert_eq!(told(&server).await, ["signed_in"]);
}
