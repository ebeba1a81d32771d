//! What is a user told of changes to the account? What, why and when; not what administrators say to each other.

use grantd_tests::client::Client;
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::password::{NEW, OLD, put};
use super::patch;
use crate::told::{items, sid};

/// All that the log tells, oldest first.
async fn log(client: &Client, access: &str) -> Vec<Value> {
    let mut events = items(&client.get("/api/v1/me/activity?limit=200", access).await.expect(200));
    for event in &events {
        let mut names: Vec<_> = event.as_object().expect("an object").keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["at", "client_id", "id", "ip", "reason", "session_id", "type"], "{event}");
    }
    events.reverse();
    events
}

#[tokio::test(flavor = "multi_thread")]
async fn ones_own_changes_are_told() {
    let server = TestServer::start().await;
    let client = server.client();
    let there = client.as_public("grant-cli").sign_in_bob().await;
    let here = client.sign_in_bob().await;
    patch(&client, &here.access, json!({"name": "Bob", "email": "robert@example.org"})).await.expect(200);
    put(&client, &here.access, "wrong", NEW).await.expect(422);
    put(&client, &here.access, OLD, NEW).await.expect(204);
    let told = log(&client, &here.access).await.split_off(3);
    let wanted = [
        json!(["user_changed", null, "web", sid(&here), "127.0.0.1"]),
        json!(["sign_in_failed", "sign_in_failed", "web", sid(&here), "127.0.0.1"]),
        json!(["password_changed", "password_changed", "web", sid(&here), "127.0.0.1"]),
        json!(["session_ended", "password_changed", "grant-cli", sid(&there), "127.0.0.1"]),
    ];
    let shown = ["type", "reason", "client_id", "session_id", "ip"];
    let told: Vec<_> = told.iter().map(|event| json!(shown.map(|member| &event[member]))).collect();
    assert_eq!(told, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_administrators_did_is_told_without_where_they_are() {
    let server = TestServer::with(&[("server.trusted_proxies", "127.0.0.1")]).await;
    let client = server.client();
    let ada = client.sign_in_for("ada", "ada-dev-password", "admin").await.access;
    let (bob, first) = (server.user_id("bob").await, client.sign_in_bob().await);
    let act = async |method: Method, path: &str, body: Value| {
        let request =
            client.bearer(method, &format!("/api/v1/admin{path}"), &ada).header("x-forwarded-for", "192.0.2.77");
        let answer = client.answer(request.json(&body)).await;
        assert!([200, 204].contains(&answer.status), "{answer}");
    };
    let user = format!("/users/{bob}");
    act(Method::PATCH, &user, json!({"name": "Bob", "roles": ["keeper"]})).await;
    act(Method::DELETE, &format!("/sessions/{}", sid(&first)), json!(null)).await;
    let second = client.sign_in_bob().await;
    act(Method::PATCH, &user, json!({"locked": true})).await;
    act(Method::PATCH, &user, json!({"locked": false})).await;
    let third = client.sign_in_bob().await;
    act(Method::PUT, &format!("{user}/password"), json!({"password": NEW})).await;
    let access = client.sign_in("bob", NEW).await.access;
    let told = log(&client, &access).await.split_off(2);
    let shown = ["type", "reason", "client_id", "session_id", "ip"];
    let told: Vec<_> = told.iter().map(|event| json!(shown.map(|member| &event[member]))).collect();
    let signed_in = |number: usize| told[number].clone();
    let wanted = [
        json!(["user_changed", null, null, null, null]),
        json!(["roles_changed", null, null, null, null]),
        json!(["session_ended", "ended_by_admin", "web", sid(&first), null]),
        signed_in(3),
        json!(["user_locked", "user_locked", null, null, null]),
        json!(["session_ended", "user_locked", "web", sid(&second), null]),
        json!(["user_unlocked", null, null, null, null]),
        signed_in(7),
        json!(["password_changed", "password_changed", null, null, null]),
        json!(["session_ended", "password_changed", "web", sid(&third), null]),
        signed_in(10),
    ];
    assert_eq!(told, wanted);
    let whole = client.get("/api/v1/me/activity", &access).await.expect(200).body;
    for secret in ["192.0.2.77", server.user_id("ada").await.as_str(), "detail", "keeper"] {
        assert!(!whole.contains(secret), "{secret} in {whole}");
    }
}
