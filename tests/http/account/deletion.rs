//! What becomes of an account that its user deletes, and of all that belonged to it? (DESIGN.md §8)

use grantd_tests::server::TestServer;
use grantd_tests::wire;
use serde_json::json;

use super::ME;
use super::email::expect_stale;
use crate::errors::{expect_oauth, expect_problem};
use crate::told;

const GOOD: &str = "bob-dev-password";

#[tokio::test(flavor = "multi_thread")]
async fn every_token_of_a_deleted_user_is_dead_at_the_next_request() {
    let server = TestServer::start().await;
    let client = server.client();
    let (here, there) = (client.sign_in_bob().await, client.as_public("grant-cli").sign_in_bob().await);
    let strangers = client.sign_in_ada().await;
    let answer = client.delete(ME, &here.access).await.expect(204);
    assert_eq!(answer.body, "", "{answer}");
    for (client, tokens) in [(&client, &here), (&client.as_public("grant-cli"), &there)] {
        expect_oauth(client.userinfo(&tokens.access).await, 401, "invalid_token", "user_deleted");
        expect_problem(client.get(ME, &tokens.access).await, 401, "user_deleted");
        expect_problem(client.delete(ME, &tokens.access).await, 401, "user_deleted");
        expect_oauth(client.refresh(&tokens.refresh).await, 400, "invalid_grant", "user_deleted");
        assert!(!client.is_active(&tokens.access).await);
    }
    for name in ["bob", "bob@example.org"] {
        let answer = client.try_sign_in(name, GOOD).await;
        expect_oauth(answer, 400, "invalid_grant", "sign_in_failed");
    }
    client.refresh(&strangers.refresh).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn name_and_address_are_free_for_another_who_inherits_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_bob().await;
    client.delete(ME, &first.access).await.expect(204);
    let made = client.sign_up("bob", "bob@example.org", "a few words of mine").await.expect(201);
    assert_ne!(made["id"], first.claims()["sub"], "an id is never given twice");
    client.try_sign_in("bob", GOOD).await.expect(400);
    let anew = client.sign_in("bob", "a few words of mine").await;
    let sessions = client.get("/api/v1/me/sessions", &anew.access).await.expect(200);
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(1), "{sessions}");
    let log = client.get("/api/v1/me/activity", &anew.access).await.expect(200);
    assert_eq!(log["items"].as_array().map(Vec::len), Some(3), "{log}");
    expect_oauth(client.refresh(&first.refresh).await, 400, "invalid_grant", "user_deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_remains_tells_neither_address_nor_agent() {
    let server = TestServer::start().await;
    let client = server.client();
    let (rows, bob) = (server.home().rows(), server.user_id("bob").await);
    client.try_sign_in("bob", "wrong").await.expect(400);
    client.sign_in_bob().await;
    let access = client.sign_in_bob().await.access;
    let strangers = "SELECT count(*) FROM events WHERE ip IS NOT NULL";
    client.sign_in_ada().await;
    client.delete(ME, &access).await.expect(204);
    let count = async |sql: &str| rows.numbers(&format!("SELECT count(*) FROM {sql}")).await[0];
    assert_eq!(count("users WHERE username_key = 'bob'").await, 0);
    assert_eq!(count(&format!("sessions WHERE user_id = '{bob}'")).await, 2);
    assert_eq!(
        count(&format!("sessions WHERE user_id = '{bob}' AND ended_reason = 'user_deleted' AND ended_at IS NOT NULL"))
            .await,
        2
    );
    assert_eq!(
        count(&format!("sessions WHERE user_id = '{bob}' AND (ip IS NOT NULL OR user_agent IS NOT NULL)")).await,
        0
    );
    // Made, a failure, two sign-ins, their two ends, and the deletion.
    assert_eq!(count(&format!("events WHERE user_id = '{bob}'")).await, 7);
    assert_eq!(count(&format!("events WHERE user_id = '{bob}' AND ip IS NOT NULL")).await, 0);
    assert_eq!(count(&format!("events WHERE detail LIKE '%bob%' AND user_id = '{bob}'")).await, 0);
    assert_eq!(rows.numbers(strangers).await, [1], "another's events lost their address");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_that_races_a_deletion_outlives_it() {
    let server = TestServer::start().await;
    let client = server.client();
    let rows = server.home().rows();
    for round in 0..5 {
        let name = format!("user{round}");
        client.sign_up(&name, &format!("{name}@example.org"), "a few words of mine").await.expect(201);
        let access = client.sign_in(&name, "a few words of mine").await.access;
        let form = format!("grant_type=password&client_id=web&username={name}&password=a+few+words+of+mine");
        let mut requests = vec![(client.address(), wire::form("/oauth2/token", "", &form)); 6];
        requests.insert(3, (client.address(), told::json("DELETE", ME, &access, &json!(null))));
        let replies = wire::at_once(requests).await;
        assert_eq!(replies[3].status, 204, "{}", replies[3].text());
        for reply in replies.iter().filter(|reply| reply.status == 200) {
            let refresh = reply.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
            expect_oauth(client.refresh(&refresh).await, 400, "invalid_grant", "user_deleted");
        }
        let open = "SELECT count(*) FROM token_families WHERE revoked_at IS NULL";
        assert_eq!(rows.numbers(open).await, [0], "round {round}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn deleting_oneself_wants_a_sign_in_of_the_last_ten_minutes() {
    let server = TestServer::with(&[("tokens.access_ttl", "1h")]).await;
    let client = server.client();
    let (early, tokens) = (client.sign_in_bob().await, client.sign_in_bob().await);
    server.clock().advance(601);
    expect_stale(client.delete(ME, &early.access).await);
    let refreshed = client.refresh(&tokens.refresh).await.tokens();
    expect_stale(client.delete(ME, &refreshed.access).await);
    client.get(ME, &early.access).await.expect(200);
    let last = client.sign_in_bob().await;
    server.clock().advance(600);
    client.delete(ME, &last.access).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    expect_problem(client.delete(ME, &tokens.access).await, 409, "last_administrator");
    client.refresh(&tokens.refresh).await.tokens();
    client.sign_in_ada().await;
}
