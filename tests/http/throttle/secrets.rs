//! How often may somebody guess a client's secret? Twenty times in a row, then one at a time.

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;

use super::{DAY, LONGEST, behind_proxy};

const RIGHT: &str = "demo-service-dev-secret";

/// Fails the test when the client was let in; the seconds to wait, if the answer names some.
#[track_caller]
fn wait(answer: &Answer) -> Option<i64> {
    assert!([400, 401].contains(&answer.status), "{answer}");
    let told = (answer["error"].as_str(), answer["reason"].as_str());
    assert_eq!(told, (Some("invalid_client"), Some("client_authentication_failed")), "{answer}");
    answer.header("retry-after").map(|seconds| seconds.parse().unwrap_or_else(|_| panic!("no seconds{answer}")))
}

async fn try_secret(client: &Client, secret: &str) -> Answer {
    client.as_confidential("demo-service", secret).client_credentials().await
}

async fn try_from(client: &Client, ip: &str, secret: &str) -> Answer {
    let form = [("grant_type", "client_credentials"), ("client_id", "demo-service"), ("client_secret", secret)];
    client.answer(client.request(Method::POST, "/oauth2/token").header("x-forwarded-for", ip).form(&form)).await
}

/// Guesses twenty times, and is let through each time.
async fn guess_twenty(client: &Client) {
    for time in 1..=20 {
        assert_eq!(wait(&try_secret(client, "wrong").await), None, "guess {time}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_wrong_secrets_are_free_then_each_wait_is_twice_the_last() {
    let server = TestServer::start().await;
    let client = server.client();
    guess_twenty(&client).await;
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        assert_eq!(wait(&try_secret(&client, RIGHT).await), Some(seconds));
        server.clock().advance(seconds);
        assert_eq!(wait(&try_secret(&client, "wrong").await), None);
    }
    server.clock().advance(LONGEST);
    try_secret(&client, RIGHT).await.expect(200);
    guess_twenty(&client).await;
    assert_eq!(wait(&try_secret(&client, RIGHT).await), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_right_secret_gives_twenty_free_failures_anew() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..3 {
        for _ in 0..19 {
            assert_eq!(wait(&try_secret(&client, "wrong").await), None);
        }
        try_secret(&client, RIGHT).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_and_every_way_to_send_a_secret_count_together() {
    let server = TestServer::start().await;
    let client = server.client();
    let wrong = client.as_confidential("demo-api", "wrong");
    let body = [("client_id", "demo-api"), ("client_secret", "wrong"), ("token", "x")];
    for _ in 0..5 {
        assert_eq!(wait(&wrong.introspect("x").await), None);
        assert_eq!(wait(&wrong.revoke("x").await), None);
        assert_eq!(wait(&wrong.client_credentials().await), None);
        assert_eq!(wait(&client.bare_form("/oauth2/introspect", &body).await), None);
    }
    assert_eq!(wait(&client.as_demo_api().introspect("x").await), Some(1));
    assert_eq!(wait(&client.as_demo_api().revoke("x").await), Some(1));
    server.clock().advance(1);
    client.as_demo_api().introspect("x").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_client_and_another_address_do_not_wait() {
    let server = behind_proxy().await;
    let client = server.client();
    for _ in 0..20 {
        assert_eq!(wait(&try_from(&client, "203.0.113.9", "wrong").await), None);
    }
    assert_eq!(wait(&try_from(&client, "203.0.113.9", RIGHT).await), Some(1));
    try_from(&client, "203.0.113.10", RIGHT).await.expect(200);
    client.as_demo_api().introspect("x").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_secrets_keep_no_user_waiting() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..25 {
        wait(&try_secret(&client, "wrong").await);
        wait(&client.as_confidential("web", "a secret that it has not").client_credentials().await);
    }
    client.sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_shuts_no_client_out_beyond_the_longest_wait() {
    let server = TestServer::start().await;
    let client = server.client();
    guess_twenty(&client).await;
    server.clock().advance(-DAY);
    server.clock().advance(LONGEST);
    try_secret(&client, RIGHT).await.expect(200);
}
