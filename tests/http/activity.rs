//! What is a user told of what happened to the account? (DESIGN.md §2 "Answers of /api/v1", §8)

use grantd::model::secret::Secret;
use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::TestServer;
use serde_json::{Value, json};

const LOG: &str = "/api/v1/me/activity";

/// All that the log tells, oldest first.
async fn told(client: &Client, access: &str) -> Vec<Value> {
    let answer = client.get(&format!("{LOG}?limit=200"), access).await.expect(200);
    let mut events = answer["items"].as_array().unwrap_or_else(|| panic!("no items{answer}")).clone();
    events.reverse();
    events
}

/// Type, and reason where there is one, oldest first.
async fn kinds(client: &Client, access: &str) -> Vec<String> {
    let kind = |event: Value| match event["reason"].as_str() {
        Some(reason) => format!("{}: {reason}", event["type"].as_str().unwrap_or_default()),
        None => event["type"].as_str().unwrap_or_default().to_owned(),
    };
    told(client, access).await.into_iter().map(kind).collect()
}

fn sid(tokens: &Tokens) -> String {
    tokens.claims()["sid"].as_str().expect("a session").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_shown_with_all_that_is_known_of_it() {
    let server = TestServer::start().await;
    let client = server.client();
    client.try_sign_in("bob", "wrong").await.expect(400);
    server.clock().advance(1);
    let tokens = client.sign_in_bob().await;
    let answer = client.get(LOG, &tokens.access).await.expect(200);
    assert!(answer["next_cursor"].is_null(), "{answer}");
    let mut events = told(&client, &tokens.access).await;
    for event in &mut events {
        let id = event["id"].take();
        let rest = id.as_str().and_then(|id| id.strip_prefix("evt_")).unwrap_or_default();
        assert_eq!(rest.len(), 26, "{id}");
    }
    let wanted = json!([
        {"id": null, "at": "2027-01-15T08:00:00Z", "type": "user_created", "reason": null, "client_id": null,
         "session_id": null, "ip": null},
        {"id": null, "at": "2027-01-15T08:00:00Z", "type": "sign_in_failed", "reason": "sign_in_failed",
         "client_id": "web", "session_id": null, "ip": "127.0.0.1"},
        {"id": null, "at": "2027-01-15T08:00:01Z", "type": "signed_in", "reason": null, "client_id": "web",
         "session_id": sid(&tokens), "ip": "127.0.0.1"},
    ]);
    assert_eq!(json!(events), wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_finds_the_beginning_in_the_log() {
    let server = TestServer::start().await;
    let client = server.client();
    client.sign_up("grace", "grace@example.org", "a few words of mine").await.expect(201);
    let access = client.sign_in("grace", "a few words of mine").await.access;
    assert_eq!(kinds(&client, &access).await, ["user_created", "signed_in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_out_is_told_with_its_reason() {
    let server = TestServer::start().await;
    let client = server.client();
    let (revoked, left) = (client.sign_in_bob().await, client.sign_in_bob().await);
    let (ended, last) = (client.sign_in_bob().await, client.sign_in_bob().await);
    client.revoke(&revoked.refresh).await.expect(200);
    client.delete(&format!("/api/v1/me/sessions/{}", sid(&left)), &left.access).await.expect(204);
    client.delete(&format!("/api/v1/me/sessions/{}", sid(&ended)), &last.access).await.expect(204);
    client.delete("/api/v1/me/sessions", &last.access).await.expect(204);
    let access = client.sign_in_bob().await.access;
    let told = kinds(&client, &access).await;
    assert_eq!(
        told[5..],
        [
            "signed_out: signed_out",
            "signed_out: signed_out",
            "session_ended: session_ended",
            "session_ended: signed_out_everywhere",
            "signed_in"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ending_names_the_session_that_ended() {
    let server = TestServer::start().await;
    let client = server.client();
    let (here, there) = (client.sign_in_bob().await, client.as_public("grant-cli").sign_in_bob().await);
    client.delete(&format!("/api/v1/me/sessions/{}", sid(&there)), &here.access).await.expect(204);
    let last = told(&client, &here.access).await.pop().expect("an event");
    assert_eq!(
        (&last["type"], &last["session_id"], &last["client_id"]),
        (&json!("session_ended"), &json!(sid(&there)), &json!("grant-cli")),
        "{last}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_administrator_did_is_told() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_bob().await;
    server.revoke_session(&sid(&first)).await.expect("a session that ends");
    client.sign_in_bob().await;
    server.set_locked("bob", true).await.expect("a user that is locked");
    client.try_sign_in("bob", "bob-dev-password").await.expect(400);
    server.set_locked("bob", false).await.expect("a user that is unlocked");
    client.sign_in_bob().await;
    let password = Secret::new("another password".to_owned());
    server.set_password("bob", &password).await.expect("a password that is changed");
    let access = client.sign_in("bob", "another password").await.access;
    let told = kinds(&client, &access).await;
    let wanted = [
        "user_created",
        "signed_in",
        "session_ended: ended_by_admin",
        "signed_in",
        "user_locked",
        "session_ended: user_locked",
        "sign_in_failed: user_locked",
        "user_unlocked",
        "signed_in",
        "password_changed",
        "session_ended: password_changed",
        "signed_in",
    ];
    // Whether the deed itself repeats its reason is left open.
    let bare: Vec<_> = told
        .iter()
        .map(|kind| match kind.split_once(": ") {
            Some((deed @ ("user_locked" | "user_unlocked" | "password_changed"), _)) => deed,
            _ => kind.as_str(),
        })
        .collect();
    assert_eq!(bare, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_and_a_retry_are_told() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_bob().await;
    client.refresh(&first.refresh).await.tokens();
    server.clock().advance(46);
    let third = client.refresh(&first.refresh).await.tokens();
    client.refresh(&third.refresh).await.tokens();
    server.clock().advance(46);
    client.refresh(&first.refresh).await.expect_error(400, "invalid_grant").expect_reason("refresh_token_reused");
    let access = client.sign_in_bob().await.access;
    let told = kinds(&client, &access).await;
    assert!(told[2].starts_with("refresh_retried"), "{told:?}");
    assert!(told[3].starts_with("refresh_token_reused"), "{told:?}");
    assert_eq!((told.len(), told[4].as_str()), (5, "signed_in"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_sign_out_is_not_told_twice() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_bob().await;
    for _ in 0..3 {
        client.revoke(&tokens.refresh).await.expect(200);
        client.revoke(&tokens.access).await.expect(200);
    }
    let access = client.sign_in_bob().await.access;
    assert_eq!(kinds(&client, &access).await, ["user_created", "signed_in", "signed_out: signed_out", "signed_in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_comes_page_by_page_newest_first() {
    let server = TestServer::start().await;
    let client = server.client();
    for number in 0..30 {
        let tokens = client.sign_in_bob().await;
        client.revoke(&tokens.refresh).await.expect(200);
        server.clock().advance(i64::from(number % 5 == 0));
    }
    let access = client.sign_in_bob().await.access;
    let all = told(&client, &access).await;
    assert_eq!(all.len(), 62);
    for limit in [1, 7, 61, 62] {
        let (mut seen, mut path) = (Vec::new(), format!("{LOG}?limit={limit}"));
        loop {
            let page = client.get(&path, &access).await.expect(200);
            let items = page["items"].as_array().unwrap_or_else(|| panic!("no items{page}"));
            assert!(!items.is_empty() && items.len() <= limit, "{page}");
            seen.extend(items.clone());
            let Some(cursor) = page["next_cursor"].as_str() else { break };
            path = format!("{LOG}?limit={limit}&cursor={cursor}");
        }
        seen.reverse();
        assert_eq!(seen, all, "by {limit}");
    }
    let page = client.get(LOG, &access).await.expect(200);
    assert_eq!(page["items"].as_array().map(Vec::len), Some(50), "unless asked otherwise");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_stays_where_it_was_when_more_happens() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..5 {
        client.sign_in_bob().await;
    }
    let access = client.sign_in_bob().await.access;
    let before = told(&client, &access).await;
    let page = client.get(&format!("{LOG}?limit=3"), &access).await.expect(200);
    client.sign_in_bob().await;
    let next = client.get(&format!("{LOG}?limit=1&cursor={}", page.text("next_cursor")), &access).await.expect(200);
    assert_eq!(next["items"][0], before[before.len() - 4], "{next}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_reads_anothers_log_not_even_an_administrator() {
    let server = TestServer::start().await;
    let client = server.client();
    let bob = client.sign_in_bob().await;
    client.try_sign_in("bob", "wrong").await.expect(400);
    let ada = client.sign_in_for("ada", "ada-dev-password", "sessions admin").await;
    assert_eq!(kinds(&client, &ada.access).await, ["user_created", "signed_in"]);
    let told = told(&client, &ada.access).await;
    assert!(told.iter().all(|event| event["session_id"] != sid(&bob)), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_for_a_name_that_nobody_has_writes_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let rows = server.home().rows();
    let count = "SELECT COUNT(*) FROM events";
    let before = rows.numbers(count).await;
    for name in ["nobody", "nobody@example.org", "", "bob ", "bo%62"] {
        client.try_sign_in(name, "wrong").await.expect(400);
    }
    client.as_public("no-client").try_sign_in("bob", "wrong").await.expect_error(400, "invalid_client");
    client.refresh("grt_nothing").await.expect(400);
    assert_eq!(rows.numbers(count).await, before);
    client.try_sign_in("bob", "wrong").await.expect(400);
    assert_eq!(rows.numbers(count).await, [before[0] + 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_is_told_under_every_name_of_the_account() {
    let server = TestServer::start().await;
    let client = server.client();
    for name in ["bob", "BOB", "Bob@Example.org"] {
        client.try_sign_in(name, "wrong").await.expect(400);
    }
    let access = client.sign_in_bob().await.access;
    assert_eq!(kinds(&client, &access).await[1..4], ["sign_in_failed: sign_in_failed"; 3]);
}
