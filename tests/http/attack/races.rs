//! Does anything live after its end was answered? Each end, against all that could outlive it.

use serde_json::json;

use super::CLIENTS;
use super::rounds::{Dies, call, race};

const SESSIONS: &str = "/api/v1/me/sessions";

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_the_present_session_outlives_a_password_change() {
    let change = json!({"current_password": "one of a kind, I hope", "new_password": "another of its kind"});
    race(Dies::Others, "password_changed", |round| {
        call("PUT", "/api/v1/me/password", &round.first.access, &change.to_string())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_a_password_that_an_administrator_sets() {
    race(Dies::Everything, "password_changed", |round| {
        let path = format!("{}/password", round.path());
        call("PUT", &path, &round.boss.access, r#"{"password":"an idea of an administrator"}"#)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_a_lock() {
    race(Dies::Everything, "user_locked", |round| {
        call("PATCH", &round.path(), &round.boss.access, r#"{"locked":true}"#)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_a_deleted_user() {
    race(Dies::Everything, "user_deleted", |round| call("DELETE", &round.path(), &round.boss.access, "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_a_user_who_leaves() {
    race(Dies::Everything, "user_deleted", |round| call("DELETE", "/api/v1/me", &round.second.access, "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_administrator_acts_after_losing_the_role() {
    race(Dies::Role, "roles_changed", |round| call("PATCH", &round.path(), &round.boss.access, r#"{"roles":[]}"#))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_session_outlives_its_end() {
    race(Dies::First, "session_ended", |round| {
        let sid = round.first.claims()["sid"].as_str().expect("a session").to_owned();
        call("DELETE", &format!("{SESSIONS}/{sid}"), &round.second.access, "")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_a_session_outlives_the_revocation_of_its_token() {
    race(Dies::First, "signed_out", |round| round.form("/oauth2/revoke", &format!("token={}", round.first.refresh)))
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_outlives_a_sign_out_everywhere() {
    race(Dies::Both, "session_ended", |round| call("DELETE", SESSIONS, &round.second.access, "")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_session_outlives_an_administrator_who_ends_them_all() {
    race(Dies::Both, "session_ended", |round| {
        let path = format!("/api/v1/admin/sessions?user_id={}", round.victim);
        call("DELETE", &path, &round.boss.access, "")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_outlives_a_deleted_client() {
    race(Dies::Client, "client_deleted", |round| {
        call("DELETE", &format!("{CLIENTS}/{}", round.client), &round.boss.access, "")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_authenticates_with_a_secret_that_was_replaced() {
    race(Dies::Secret, "client_secret_rotated", |round| {
        call("POST", &format!("{CLIENTS}/{}/secret", round.client), &round.boss.access, "")
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_a_leaked_key_signed_outlives_its_replacement() {
    race(Dies::Key, "key_rotated", |round| call("POST", "/api/v1/admin/keys", &round.boss.access, r#"{"now":true}"#))
        .await;
}
