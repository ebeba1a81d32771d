//! Where is a user signed in, and how is that ended from elsewhere? (DESIGN.md §2 "Answers of /api/v1")

use std::collections::BTreeSet;

use grantd_tests::client::{Answer, Client, Tokens};
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::errors::{expect_oauth, expect_problem};

const LIST: &str = "/api/v1/me/sessions";

async fn list(client: &Client, tokens: &Tokens) -> Vec<Value> {
    items(&client.get(&format!("{LIST}?limit=200"), &tokens.access).await.expect(200))
}

#[track_caller]
fn items(answer: &Answer) -> Vec<Value> {
    answer["items"].as_array().unwrap_or_else(|| panic!("no items{answer}")).clone()
}

fn ids(items: &[Value]) -> Vec<String> {
    items.iter().map(|item| item["id"].as_str().expect("an id").to_owned()).collect()
}

fn sid(tokens: &Tokens) -> String {
    tokens.claims()["sid"].as_str().expect("a session").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_is_shown_with_all_that_is_known_of_it() {
    let server = TestServer::with(&[("server.trusted_proxies", "127.0.0.1")]).await;
    let client = server.client();
    let form =
        [("grant_type", "password"), ("client_id", "web"), ("username", "ada"), ("password", "ada-dev-password")];
    let request = client
        .request(Method::POST, "/oauth2/token")
        .header("user-agent", "A browser (of mine)")
        .header("x-forwarded-for", "2001:db8::7");
    let tokens = client.answer(request.form(&form)).await.tokens();
    let answer = client.get(LIST, &tokens.access).await.expect(200);
    let id = sid(&tokens);
    assert!(id.strip_prefix("ses_").is_some_and(|rest| rest.len() == 26), "{id}");
    let whole = json!({"items": [{
        "id": id, "client_id": "web", "client_name": "Web client", "user_agent": "A browser (of mine)", "ip": "2001:db8::7",
        "created_at": "2027-01-15T08:00:00Z", "last_used_at": "2027-01-15T08:00:00Z", "expires_at": "2027-02-14T08:00:00Z",
        "current": true,
    }], "next_cursor": null});
    assert_eq!(answer.json, whole, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_used_lives_on() {
    let server = TestServer::with(&[("tokens.refresh_ttl", "40d")]).await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    server.clock().advance(60);
    let tokens = client.refresh(&tokens.refresh).await.tokens();
    let one = list(&client, &tokens).await.remove(0);
    assert_eq!(one["created_at"], "2027-01-15T08:00:00Z", "{one}");
    assert_eq!(one["last_used_at"], "2027-01-15T08:01:00Z", "{one}");
    assert_eq!(one["expires_at"], "2027-02-14T08:01:00Z", "{one}");
    server.clock().advance(20 * 24 * 60 * 60);
    let tokens = client.refresh(&tokens.refresh).await.tokens();
    let one = list(&client, &tokens).await.remove(0);
    assert_eq!(one["expires_at"], "2027-02-24T08:00:00Z", "the whole life is over before the idle one: {one}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_are_listed_newest_first_and_the_asking_one_is_marked() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut held = Vec::new();
    for id in ["web", "grant-cli", "swagger-ui", "web"] {
        held.push(client.as_public(id).sign_in_ada().await);
        server.clock().advance(1);
    }
    client.sign_in_bob().await;
    let newest_first: Vec<_> = held.iter().rev().map(sid).collect();
    for tokens in &held {
        let shown = list(&client, tokens).await;
        assert_eq!(ids(&shown), newest_first);
        let current: Vec<_> = shown.iter().filter(|session| session["current"] == true).collect();
        assert_eq!(current.len(), 1, "{shown:?}");
        assert_eq!(current[0]["id"], sid(tokens), "{shown:?}");
    }
    let shown = list(&client, &held[0]).await;
    let clients: Vec<_> = shown.iter().map(|session| session["client_id"].as_str().unwrap_or_default()).collect();
    assert_eq!(clients, ["web", "swagger-ui", "grant-cli", "web"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixty_sessions_come_page_by_page() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut made = Vec::new();
    for number in 0..60 {
        made.push(client.sign_in_ada().await);
        // Many within one second, as scripts sign in.
        server.clock().advance(i64::from(number % 10 == 0));
    }
    let access = &made[59].access;
    for limit in [1, 7, 25, 59, 60, 200] {
        let (mut seen, mut path) = (Vec::new(), format!("{LIST}?limit={limit}"));
        loop {
            let page = client.get(&path, access).await.expect(200);
            let shown = items(&page);
            assert!(shown.len() <= limit && !shown.is_empty(), "{page}");
            seen.extend(shown);
            let Some(cursor) = page["next_cursor"].as_str() else {
                assert!(page["next_cursor"].is_null(), "{page}");
                break;
            };
            path = format!("{LIST}?limit={limit}&cursor={cursor}");
        }
        let all: BTreeSet<_> = ids(&seen).into_iter().collect();
        assert_eq!((seen.len(), all), (60, made.iter().map(sid).collect()), "by {limit}");
        let times: Vec<_> = seen.iter().map(|session| session["created_at"].as_str().unwrap_or_default()).collect();
        assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    }
    let page = client.get(LIST, access).await.expect(200);
    assert_eq!(items(&page).len(), 50, "unless asked otherwise");
    assert!(page["next_cursor"].is_string(), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_goes_on_when_the_session_before_it_has_ended() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut made = Vec::new();
    for _ in 0..6 {
        made.push(client.sign_in_ada().await);
        server.clock().advance(1);
    }
    let access = &made[0].access;
    let page = client.get(&format!("{LIST}?limit=3"), access).await.expect(200);
    let last = ids(&items(&page)).pop().expect("a session");
    client.delete(&format!("{LIST}/{last}"), access).await.expect(204);
    let next = client.get(&format!("{LIST}?limit=3&cursor={}", page.text("next_cursor")), access).await.expect(200);
    assert_eq!(ids(&items(&next)), [sid(&made[2]), sid(&made[1]), sid(&made[0])]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_that_is_none_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    for path in [LIST, "/api/v1/me/activity"] {
        for limit in ["0", "201", "-1", "abc", "1.5", "1e1", "99999999999999999999", "0x10", "%201", "1,1"] {
            let answer = client.get(&format!("{path}?limit={limit}"), &access).await.expect(400);
            let reason = answer.text("reason");
            expect_problem(answer, 400, &reason);
        }
        client.get(&format!("{path}?limit=1"), &access).await.expect(200);
        client.get(&format!("{path}?limit=200"), &access).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_list_or_of_nobody_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut access = String::new();
    for _ in 0..3 {
        access = client.sign_in_ada().await.access;
    }
    let cursor =
        async |path: &str| client.get(&format!("{path}?limit=1"), &access).await.expect(200).text("next_cursor");
    let (of_sessions, of_activity) = (cursor(LIST).await, cursor("/api/v1/me/activity").await);
    for (path, foreign) in [(LIST, &of_activity), ("/api/v1/me/activity", &of_sessions)] {
        for cursor in ["x", "AAAA", "%00", "ses_", "evt_x", "null", "-1", "%27", foreign] {
            let answer = client.get(&format!("{path}?cursor={cursor}"), &access).await.expect(400);
            let reason = answer.text("reason");
            expect_problem(answer, 400, &reason);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_cursor_shows_nothing_of_that_user() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = client.sign_in_ada().await;
    client.sign_in_ada().await;
    let cursor = client.get(&format!("{LIST}?limit=1"), &ada.access).await.expect(200).text("next_cursor");
    let bob = client.sign_in_bob().await;
    let answer = client.get(&format!("{LIST}?cursor={cursor}"), &bob.access).await;
    assert!([200, 400].contains(&answer.status), "{answer}");
    assert!(!answer.body.contains(&sid(&ada)), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ended_from_another_is_gone_and_says_so() {
    let server = TestServer::start().await;
    let client = server.client();
    let (here, there) = (client.sign_in_ada().await, client.sign_in_ada().await);
    let answer = client.delete(&format!("{LIST}/{}", sid(&there)), &here.access).await.expect(204);
    assert_eq!(answer.body, "", "{answer}");
    assert_eq!(ids(&list(&client, &here).await), [sid(&here)]);
    expect_oauth(client.refresh(&there.refresh).await, 400, "invalid_grant", "session_ended");
    expect_problem(client.get(LIST, &there.access).await, 401, "session_ended");
    expect_problem(client.delete(&format!("{LIST}/{}", sid(&there)), &here.access).await, 404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_the_asking_session_is_signing_out() {
    let server = TestServer::start().await;
    let client = server.client();
    let (here, there) = (client.sign_in_ada().await, client.sign_in_ada().await);
    client.delete(&format!("{LIST}/{}", sid(&here)), &here.access).await.expect(204);
    expect_oauth(client.refresh(&here.refresh).await, 400, "invalid_grant", "signed_out");
    expect_problem(client.get(LIST, &here.access).await, 401, "signed_out");
    assert_eq!(ids(&list(&client, &there).await), [sid(&there)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_session_is_not_found_and_lives_on() {
    let server = TestServer::start().await;
    let client = server.client();
    let (ada, bob) = (client.sign_in_ada().await, client.sign_in_bob().await);
    let others = client.delete(&format!("{LIST}/{}", sid(&bob)), &ada.access).await;
    let nobodys = client.delete(&format!("{LIST}/ses_00000000000000000000000000"), &ada.access).await;
    assert_eq!(others.body, nobodys.body, "the two can be told apart");
    expect_problem(others, 404, "not_found");
    client.refresh(&bob.refresh).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_all_of_ones_own_and_no_others() {
    let server = TestServer::start().await;
    let client = server.client();
    let held =
        [client.sign_in_ada().await, client.sign_in_ada().await, client.as_public("grant-cli").sign_in_ada().await];
    let bob = client.sign_in_bob().await;
    client.delete(LIST, &held[1].access).await.expect(204);
    for tokens in &held {
        expect_problem(client.get(LIST, &tokens.access).await, 401, "signed_out_everywhere");
    }
    expect_oauth(client.refresh(&held[0].refresh).await, 400, "invalid_grant", "signed_out_everywhere");
    client.refresh(&bob.refresh).await.tokens();
    let anew = client.sign_in_ada().await;
    assert_eq!(ids(&list(&client, &anew).await), [sid(&anew)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_else_spares_the_asking_session() {
    let server = TestServer::start().await;
    let client = server.client();
    let (here, there) = (client.sign_in_ada().await, client.sign_in_ada().await);
    client.delete(&format!("{LIST}?keep=current"), &here.access).await.expect(204);
    assert_eq!(ids(&list(&client, &here).await), [sid(&here)]);
    client.refresh(&here.refresh).await.tokens();
    expect_oauth(client.refresh(&there.refresh).await, 400, "invalid_grant", "signed_out_everywhere");
    client.delete(&format!("{LIST}?keep=current"), &here.access).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_value_of_keep_ends_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let (here, there) = (client.sign_in_ada().await, client.sign_in_ada().await);
    for value in ["all", "Current", "current%20", "true", "none", &sid(&there)] {
        let answer = client.delete(&format!("{LIST}?keep={value}"), &here.access).await;
        expect_problem(answer, 400, "unknown_value");
    }
    assert_eq!(list(&client, &here).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_living_sessions_are_listed() {
    let server = TestServer::with(&[("tokens.refresh_idle_ttl", "1h"), ("tokens.refresh_ttl", "3h")]).await;
    let client = server.client();
    let (idle, kept) = (client.sign_in_ada().await, client.sign_in_ada().await);
    server.clock().advance(50 * 60);
    let kept = client.refresh(&kept.refresh).await.tokens();
    server.clock().advance(9 * 60 + 59);
    let asking = client.sign_in_ada().await;
    assert_eq!(list(&client, &asking).await.len(), 3, "a second before");
    server.clock().advance(1);
    let shown: BTreeSet<_> = ids(&list(&client, &asking).await).into_iter().collect();
    assert_eq!(shown, [sid(&kept), sid(&asking)].into(), "{} is idle", sid(&idle));
    client.delete(&format!("{LIST}/{}", sid(&kept)), &asking.access).await.expect(204);
    assert_eq!(ids(&list(&client, &asking).await), [sid(&asking)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_door_names_the_scope_that_it_needs() {
    let server = TestServer::start().await;
    let client = server.client();
    for (method, path, scope) in [
        ("GET", "/api/v1/me", "profile"),
        ("GET", LIST, "sessions"),
        ("DELETE", LIST, "sessions"),
        ("DELETE", "/api/v1/me/sessions/ses_00000000000000000000000000", "sessions"),
        ("GET", "/api/v1/me/activity", "sessions"),
        ("GET", "/oauth2/userinfo", "openid"),
        ("POST", "/oauth2/userinfo", "openid"),
    ] {
        let all = ["openid", "profile", "email", "account", "sessions", "admin"];
        let others = all.into_iter().filter(|other| *other != scope).collect::<Vec<_>>().join(" ");
        let tokens = client.sign_in_for("ada", "ada-dev-password", &others).await;
        let method: Method = method.parse().expect("a method");
        let answer = client.answer(client.bearer(method.clone(), path, &tokens.access)).await.expect(403);
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        for part in ["Bearer", "error=\"insufficient_scope\"", &format!("scope=\"{scope}\"")] {
            assert!(challenge.contains(part), "the challenge lacks {part}{answer}");
        }
        if path.starts_with("/oauth2/") {
            expect_oauth(answer, 403, "insufficient_scope", "insufficient_scope");
        } else {
            expect_problem(answer, 403, "insufficient_scope");
        }
        let tokens = client.sign_in_for("ada", "ada-dev-password", scope).await;
        let answer = client.answer(client.bearer(method, path, &tokens.access)).await;
        assert!([200, 204, 404].contains(&answer.status), "{scope} is enough{answer}");
    }
}
