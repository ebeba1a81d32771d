//! What does `grantd client update|rotate-secret|delete` change? At the next request of each node.

use grantd_tests::client::{Answer, Client};
use grantd_tests::eventually;
use reqwest::Method;
use serde_json::json;

use crate::nodes::{Nodes, on_both};

const OLD: &str = "demo-service-dev-secret";

/// Asks for a token as `demo-service` with this secret.
async fn ask(client: &Client, secret: &str) -> Answer {
    client.as_confidential("demo-service", secret).client_credentials().await
}

/// Fails the test unless every node takes these secrets, and not those.
async fn expect(nodes: &Nodes, good: &[&str], bad: &[&str]) {
    for client in nodes.clients() {
        for secret in good {
            ask(&client, secret).await.expect(200);
        }
        for secret in bad {
            ask(&client, secret).await.expect_error(401, "invalid_client");
        }
    }
}

/// Rotates the secret; the new one.
fn rotate(nodes: &Nodes, grace: &[&str]) -> String {
    let told = nodes.json(&[&["client", "rotate-secret", "demo-service"], grace].concat());
    let secret = told["client_secret"].as_str().expect("a secret").to_owned();
    assert!(secret.starts_with("gcs_") && secret.len() >= 24, "{told}");
    let shown = nodes.run(&["client", "show", "demo-service", "--json"]).stdout;
    assert!(!shown.contains(&secret) && !shown.contains("secret\""), "it is shown again: {shown}");
    secret
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_client_may_what_it_then_may_at_the_next_request_of_every_node() {
    on_both(async |nodes| {
        let mut tokens = nodes.client().sign_in_bob().await;
        let update = |more: &[&str]| nodes.json(&[&["client", "update", "web"], more].concat());
        assert_eq!(update(&["--access-ttl", "90s"])["access_ttl"], 90);
        for client in nodes.clients() {
            tokens = client.refresh(&tokens.refresh).await.tokens();
            assert_eq!(tokens.expires_in, 90);
        }
        assert_eq!(update(&["--access-ttl", "default"])["access_ttl"], json!(null));
        assert_eq!(update(&["--scope", "openid", "--scope", "profile"])["scopes"], json!(["openid", "profile"]));
        for client in nodes.clients() {
            tokens = client.refresh(&tokens.refresh).await.tokens();
            assert_eq!((tokens.expires_in, tokens.scope.as_str()), (300, "openid profile"));
        }
        assert_eq!(update(&["--grant", "refresh_token"])["grants"], json!(["refresh_token"]));
        for client in nodes.clients() {
            client.try_sign_in("bob", "bob-dev-password").await.expect_error(400, "unauthorized_client");
            tokens = client.refresh(&tokens.refresh).await.tokens();
        }
        let origin = "https://app.example.org";
        for (said, allowed) in [(origin, Some(origin)), ("", None)] {
            update(&["--origin", said]);
            for client in nodes.clients() {
                let request = client.request(Method::POST, "/oauth2/token").header("Origin", origin);
                let answer = client.answer(request.form(&[("grant_type", "password")])).await;
                assert_eq!(answer.header("access-control-allow-origin"), allowed, "{answer}");
            }
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotated_secret_holds_at_the_next_request_of_every_node() {
    on_both(async |nodes| {
        expect(&nodes, &[OLD], &[]).await;
        let second = rotate(&nodes, &[]);
        expect(&nodes, &[&second], &[OLD]).await;
        let third = rotate(&nodes, &["--grace", "1h"]);
        expect(&nodes, &[&second, &third], &[OLD]).await;
        // One grace at a time: the one before last is never taken.
        let fourth = rotate(&nodes, &["--grace", "1h"]);
        expect(&nodes, &[&third, &fourth], &[OLD, &second]).await;
        // A leak leaves no grace, to the earlier one neither.
        let fifth = rotate(&nodes, &[]);
        expect(&nodes, &[&fifth], &[OLD, &second, &third, &fourth]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grace_ends_when_its_time_is_over() {
    on_both(async |nodes| {
        let new = rotate(&nodes, &["--grace", "2s"]);
        for client in nodes.clients() {
            eventually("the old secret is refused", || async { (ask(&client, OLD).await.status == 401).then_some(()) })
                .await;
        }
        expect(&nodes, &[&new], &[OLD]).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn people_see_a_new_secret_once_and_its_token_of_before_lives() {
    on_both(async |nodes| {
        let token = ask(&nodes.client(), OLD).await.text("access_token");
        let told = nodes.run(&["client", "rotate-secret", "demo-service"]);
        let line = told.stdout.lines().find(|line| line.starts_with("client_secret ")).expect("a line with the secret");
        let secret = line.split_whitespace().nth(1).expect("a secret");
        assert_eq!(told.stdout.matches(secret).count(), 1, "{told}");
        assert!(told.stderr.contains("once") && !told.stderr.contains(secret), "{told}");
        expect(&nodes, &[secret], &[OLD]).await;
        for client in nodes.clients() {
            assert!(client.is_active(&token).await, "a secret's end is not the end of tokens");
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_client_is_out_at_the_next_request_of_every_node_with_all_that_it_held() {
    on_both(async |nodes| {
        let service = ask(&nodes.client(), OLD).await.text("access_token");
        let app = nodes.client().as_public("grant-cli").sign_in_bob().await;
        let other = nodes.taken(nodes.client().sign_in_bob().await, "web").await;
        let app = nodes.taken(app, "grant-cli").await;
        assert_eq!(nodes.json(&["client", "delete", "grant-cli"]), json!({ "deleted": "grant-cli" }));
        assert_eq!(nodes.run(&["client", "delete", "demo-service"]).stderr, "");
        for client in nodes.clients() {
            client.userinfo(&app.access).await.expect(401).expect_reason("client_deleted");
            assert!(!client.is_active(&app.access).await && !client.is_active(&service).await);
            client.as_public("grant-cli").refresh(&app.refresh).await.expect_error(400, "invalid_client");
            ask(&client, OLD).await.expect_error(401, "invalid_client");
        }
        let other = nodes.taken(other, "web").await;
        // Another of the id is another: nothing of before lives again.
        let grants = ["--type", "public", "--grant", "password", "--grant", "refresh_token"];
        nodes.run(&[&["client", "create", "grant-cli"][..], &grants].concat());
        nodes.refused(&app, "grant-cli", "client_deleted").await;
        nodes.taken(nodes.client().as_public("grant-cli").sign_in_bob().await, "grant-cli").await;
        nodes.taken(other, "web").await;
    })
    .await;
}
