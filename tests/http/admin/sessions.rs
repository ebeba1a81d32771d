//! How do administrators see and end sessions?

use serde_json::json;

use super::Admin;
use crate::errors::{expect_oauth, expect_problem};
use crate::told::{items, sid, texts};

#[tokio::test(flavor = "multi_thread")]
async fn every_living_session_is_listed_and_shown() {
    let admin = Admin::begin().await;
    let bob = admin.server.user_id("bob").await;
    let tokens = admin.client.as_public("grant-cli").sign_in_bob().await;
    let ended = admin.client.sign_in_bob().await;
    admin.client.revoke(&ended.refresh).await.expect(200);
    let list = items(&admin.get("/sessions").await.expect(200));
    let own = crate::told::items(&admin.client.get("/api/v1/me/sessions", &admin.access).await.expect(200));
    assert_eq!(texts(&list, "id"), [sid(&tokens), texts(&own, "id").remove(0)]);
    let wanted = json!({
        "id": sid(&tokens), "user_id": bob.as_str(), "client_id": "grant-cli", "client_name": "grant, in the terminal",
        "user_agent": null, "ip": "127.0.0.1", "created_at": "2027-01-15T08:00:00Z", "last_used_at": "2027-01-15T08:00:00Z",
        "expires_at": "2027-02-14T08:00:00Z", "current": false,
    });
    assert_eq!(list[0], wanted);
    assert_eq!(list[1]["current"], true);
    let path = format!("/sessions/{}", sid(&tokens));
    assert_eq!(admin.get(&path).await.expect(200).json, wanted);
    expect_problem(admin.get(&format!("/sessions/{}", sid(&ended))).await, 404, "not_found");
    admin.server.clock().advance(30 * 24 * 60 * 60);
    let late = super::sign_in(&admin.client, "ada", "ada-dev-password").await;
    expect_problem(admin.client.get(&format!("{}{path}", super::API), &late).await, 404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_ended_is_gone_and_says_why() {
    let admin = Admin::begin().await;
    let (first, second) = (admin.client.sign_in_bob().await, admin.client.sign_in_bob().await);
    let path = format!("/sessions/{}", sid(&first));
    assert_eq!(admin.delete(&path).await.expect(204).body, "");
    expect_problem(admin.client.get("/api/v1/me", &first.access).await, 401, "ended_by_admin");
    expect_oauth(admin.client.userinfo(&first.access).await, 401, "invalid_token", "ended_by_admin");
    expect_oauth(admin.client.refresh(&first.refresh).await, 400, "invalid_grant", "ended_by_admin");
    assert!(!admin.client.is_active(&first.access).await);
    admin.client.refresh(&second.refresh).await.tokens();
    expect_problem(admin.delete(&path).await, 404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_sessions_of_a_user_end_and_no_others() {
    let admin = Admin::begin().await;
    let bob = admin.server.user_id("bob").await;
    let held = [admin.client.sign_in_bob().await, admin.client.as_public("grant-cli").sign_in_bob().await];
    let path = format!("/sessions?user_id={bob}");
    let events = admin.events_of(async || assert_eq!(admin.delete(&path).await.expect(204).body, "")).await;
    assert_eq!(texts(&events, "type"), ["session_ended", "session_ended"]);
    expect_oauth(admin.client.refresh(&held[0].refresh).await, 400, "invalid_grant", "ended_by_admin");
    expect_problem(admin.client.get("/api/v1/me", &held[1].access).await, 401, "ended_by_admin");
    admin.get("/users").await.expect(200);
    assert!(admin.events_of(async || drop(admin.delete(&path).await.expect(204))).await.is_empty(), "none was left");
    admin.client.sign_in_bob().await;
    let ada = admin.server.user_id("ada").await;
    admin.delete(&format!("/sessions?user_id={ada}")).await.expect(204);
    expect_problem(admin.get("/users").await, 401, "ended_by_admin");
}
