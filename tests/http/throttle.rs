//! How often may somebody guess a password or a secret, and who else is kept waiting by it? (DESIGN.md §7)

mod addresses;
mod bounds;
mod names;
mod nodes;
mod secrets;

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use grantd_tests::wire;
use reqwest::Method;

use super::errors::expect_oauth;

const DAY: i64 = 24 * 60 * 60;
/// The longest wait.
const LONGEST: i64 = 15 * 60;

/// A server that believes what its proxy, this test, says of where a request comes from.
async fn behind_proxy() -> TestServer {
    TestServer::with(&[("server.trusted_proxies", "127.0.0.1")]).await
}

/// A sign-in from an address.
async fn from(client: &Client, ip: &str, username: &str, password: &str) -> Answer {
    let form = [("grant_type", "password"), ("client_id", "web"), ("username", username), ("password", password)];
    client.answer(client.request(Method::POST, "/oauth2/token").header("x-forwarded-for", ip).form(&form)).await
}

/// Fails the test when the answer is no failed sign-in; the seconds to wait, if it names some.
#[track_caller]
fn wait(answer: Answer) -> Option<i64> {
    let answer = expect_oauth(answer, 400, "invalid_grant", "sign_in_failed");
    answer.header("retry-after").map(|seconds| seconds.parse().unwrap_or_else(|_| panic!("no seconds{answer}")))
}

/// Guesses so often, and is let through each time.
async fn guess(client: &Client, username: &str, times: usize) {
    for time in 1..=times {
        let answer = client.try_sign_in(username, "wrong").await;
        assert_eq!(wait(answer), None, "guess {time} at {username}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_are_free_then_each_wait_is_twice_the_last() {
    let server = TestServer::start().await;
    let client = server.client();
    guess(&client, "ada", 5).await;
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        let told = wait(client.try_sign_in("ada", "ada-dev-password").await);
        assert_eq!(told, Some(seconds), "right or wrong, it has to wait");
        server.clock().advance(seconds - 1);
        assert_eq!(wait(client.try_sign_in("ada", "wrong").await), Some(1), "a second too early");
        server.clock().advance(1);
        assert_eq!(wait(client.try_sign_in("ada", "wrong").await), None, "the one that is let through");
    }
    server.clock().advance(LONGEST);
    client.sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_sign_in_gives_five_free_failures_anew() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..3 {
        guess(&client, "ada", 4).await;
        client.sign_in_ada().await;
    }
    guess(&client, "ada", 5).await;
    assert_eq!(wait(client.try_sign_in("ada", "wrong").await), Some(1));
    server.clock().advance(1);
    client.sign_in_ada().await;
    guess(&client, "ada", 5).await;
    assert_eq!(wait(client.try_sign_in("ada", "wrong").await), Some(1), "the waits begin anew too");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_had_to_wait_puts_nothing_off() {
    let server = TestServer::start().await;
    let client = server.client();
    guess(&client, "ada", 5).await;
    for _ in 0..50 {
        assert_eq!(wait(client.try_sign_in("ada", "wrong").await), Some(1));
    }
    server.clock().advance(1);
    client.sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_try_that_had_to_wait_is_no_event() {
    let server = TestServer::start().await;
    let client = server.client();
    guess(&client, "bob", 5).await;
    for _ in 0..5 {
        assert_eq!(wait(client.try_sign_in("bob", "wrong").await), Some(1));
    }
    server.clock().advance(1);
    let access = client.sign_in_bob().await.access;
    let log = client.get("/api/v1/me/activity", &access).await.expect(200);
    assert_eq!(log.body.matches("\"type\":\"sign_in_failed\"").count(), 5, "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_let_through() {
    let server = TestServer::start().await;
    let client = server.client();
    guess(&client, "ada", 5).await;
    for seconds in [1, 2, 4] {
        server.clock().advance(seconds);
        let form = "grant_type=password&client_id=web&username=ada&password=wrong";
        let requests = (0..16).map(|_| (client.address(), wire::form("/oauth2/token", "", form))).collect();
        let replies = wire::at_once(requests).await;
        let through = replies.iter().filter(|reply| reply.header("retry-after").is_none()).count();
        assert_eq!(through, 1, "tries that were let through");
        for reply in replies {
            assert_eq!((reply.status, reply.json()["reason"].as_str()), (400, Some("sign_in_failed")));
            assert!(reply.header("retry-after").is_none_or(|told| told == (2 * seconds).to_string()), "{}", reply.head);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_of_an_account_counts_together() {
    let server = TestServer::start().await;
    let client = server.client();
    for name in ["ada", "ADA", "ada@example.org", "Ada@Example.ORG", "ａｄａ"] {
        assert_eq!(wait(client.try_sign_in(name, "wrong").await), None, "{name}");
    }
    for name in ["ada", "ada@example.org", "ADA"] {
        assert_eq!(wait(client.try_sign_in(name, "ada-dev-password").await), Some(1), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_client_counts_together() {
    let server = TestServer::start().await;
    let client = server.client();
    for id in ["web", "grant-cli", "swagger-ui", "web", "grant-cli"] {
        assert_eq!(wait(client.as_public(id).try_sign_in("ada", "wrong").await), None);
    }
    assert_eq!(wait(client.as_public("swagger-ui").try_sign_in("ada", "ada-dev-password").await), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_nobody_has_waits_as_an_account_does() {
    let server = TestServer::start().await;
    let client = server.client();
    for name in ["nobody", "NOBODY", "ｎobody", "nobody", "Nobody"] {
        assert_eq!(wait(client.try_sign_in(name, "wrong").await), None);
    }
    for seconds in [1, 2, 4, 8] {
        assert_eq!(wait(client.try_sign_in("nobody", "wrong").await), Some(seconds));
        server.clock().advance(seconds);
        assert_eq!(wait(client.try_sign_in("nobody", "wrong").await), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_account_does_not_wait() {
    let server = TestServer::start().await;
    let client = server.client();
    guess(&client, "ada", 5).await;
    assert_eq!(wait(client.try_sign_in("ada", "wrong").await), Some(1));
    client.sign_in_bob().await;
    guess(&client, "bob", 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_living_session_does_not_wait() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    guess(&client, "ada", 5).await;
    assert_eq!(wait(client.try_sign_in("ada", "wrong").await), Some(1));
    let tokens = client.refresh(&tokens.refresh).await.tokens();
    client.get("/api/v1/me", &tokens.access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_forgets_no_failure() {
    let server = TestServer::start().await;
    guess(&server.client(), "ada", 5).await;
    let server = server.restart(&[]).await;
    assert_eq!(wait(server.client().try_sign_in("ada", "ada-dev-password").await), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_shuts_nobody_out_beyond_the_longest_wait() {
    for failures in [5, 9] {
        let server = TestServer::start().await;
        let client = server.client();
        guess(&client, "ada", 5).await;
        for seconds in (0..failures - 5).map(|step| 1 << step) {
            server.clock().advance(seconds);
            guess(&client, "ada", 1).await;
        }
        server.clock().advance(-DAY);
        let told = wait(client.try_sign_in("ada", "wrong").await);
        assert!(told.is_none_or(|seconds| seconds <= LONGEST), "{told:?}");
        server.clock().advance(LONGEST);
        client.sign_in_ada().await;
    }
}
