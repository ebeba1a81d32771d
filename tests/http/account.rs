//! What may users change of themselves, and what not? (DESIGN.md §2 "Answers of /api/v1")

mod deletion;
mod email;
mod log;
mod password;
mod password_throttle;
mod picture;

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::errors::expect_problem;
use super::told::faults;

pub const ME: &str = "/api/v1/me";
pub const PASSWORD: &str = "/api/v1/me/password";

pub async fn patch(client: &Client, access: &str, body: Value) -> Answer {
    client.send(Method::PATCH, ME, access, &body).await
}

async fn me(client: &Client, access: &str) -> Value {
    client.get(ME, access).await.expect(200).json
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_and_a_picture_are_set_kept_and_taken_away() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let before = me(&client, &access).await;
    let picture = "https://example.org/bob.png";
    let told = patch(&client, &access, json!({"name": "  Bob e\u{301} 👩\u{200d}🔬 ", "picture": picture})).await;
    let mut wanted = before.clone();
    (wanted["name"], wanted["picture"]) = (json!("Bob é 👩\u{200d}🔬"), json!(picture));
    assert_eq!(told.expect(200).json, wanted);
    assert_eq!(me(&client, &access).await, wanted);
    patch(&client, &access, json!({"name": "Robert"})).await.expect(200);
    wanted["name"] = json!("Robert");
    assert_eq!(me(&client, &access).await, wanted, "what is left out stays");
    patch(&client, &access, json!({"name": null, "picture": null})).await.expect(200);
    assert_eq!(me(&client, &access).await, before, "null takes away");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_that_changes_nothing_is_no_event() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    patch(&client, &access, json!({"name": "Bob"})).await.expect(200);
    let (rows, count) = (server.home().rows(), "SELECT count(*) FROM events");
    let before = rows.numbers(count).await;
    for body in [json!({}), json!({"name": "Bob"}), json!({"picture": null}), json!({"email": "bob@example.org"})] {
        let answer = patch(&client, &access, body).await.expect(200);
        assert_eq!(answer["name"], "Bob", "{answer}");
    }
    assert_eq!(rows.numbers(count).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_patch_is_json_or_a_merge_patch() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let request = |access: &str| client.bearer(Method::PATCH, ME, access).body("{\"name\":\"Bob\"}");
    for right in ["application/json", "application/merge-patch+json", "Application/Merge-Patch+JSON; charset=utf-8"] {
        client.answer(request(&access).header(CONTENT_TYPE, right)).await.expect(200);
    }
    for wrong in ["", "text/plain", "application/json-patch+json", "application/x-www-form-urlencoded", "*/*"] {
        let answer = client.answer(request(&access).header(CONTENT_TYPE, wrong)).await;
        expect_problem(answer, 415, "unsupported_content_type");
        let answer = client.answer(request("").header(CONTENT_TYPE, wrong)).await;
        expect_problem(answer, 401, "no_credentials");
    }
    expect_problem(client.answer(request(&access)).await, 415, "unsupported_content_type");
    let put = client.bearer(Method::PUT, PASSWORD, &access).header(CONTENT_TYPE, "application/merge-patch+json");
    expect_problem(client.answer(put.body("{}")).await, 415, "unsupported_content_type");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_ones_own_to_set_is_named() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let before = me(&client, &access).await;
    let read_only = ["id", "username", "password", "roles", "created_at", "locked", "email_verified", "last_seen_at"]
        .map(|member| (member.to_owned(), format!("{member}: read_only")));
    let unknown = ["nickname", "sub", "is_admin"].map(|member| (member.to_owned(), format!("{member}: unknown_value")));
    let odd = ["Name", "na me", "<b>", "\0", &"x".repeat(40)]
        .map(|member| (member.to_owned(), "-: unknown_value".to_owned()));
    for (member, wanted) in read_only.into_iter().chain(unknown).chain(odd) {
        for value in [json!("x"), json!(null), json!(["admin"])] {
            let answer = patch(&client, &access, json!({"name": "Bob", member.clone(): value})).await;
            assert_eq!(faults(answer), [wanted.as_str()]);
        }
    }
    let answer = patch(&client, &access, json!({"roles": ["admin"], "id": "x", "name": 1, "email": null})).await;
    let mut told = faults(answer);
    told.sort_unstable();
    assert_eq!(told, ["email: missing_parameter", "id: read_only", "name: malformed_request", "roles: read_only"]);
    assert_eq!(me(&client, &access).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_another_type_is_named() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    for member in ["name", "picture", "email"] {
        for wrong in [json!(1), json!(true), json!(["Bob"]), json!({"a": "Bob"})] {
            let answer = patch(&client, &access, json!({member: wrong})).await;
            assert_eq!(faults(answer), [format!("{member}: malformed_request")]);
        }
    }
    for body in [json!([]), json!(null), json!("name"), json!(1), json!([{"name": "Bob"}])] {
        expect_problem(patch(&client, &access, body).await, 400, "malformed_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_what_people_can_read() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let (longest, long) = ("é".repeat(200), "é".repeat(201));
    for name in
        ["B", "O'Brien <b>", "نورا", "Зоя", "山田 太郎", "क्\u{200d}ष", "'; DROP TABLE users; --", longest.as_str()]
    {
        assert_eq!(patch(&client, &access, json!({"name": name})).await.expect(200)["name"], name);
    }
    let odd = [
        "a\0b",
        "a\nb",
        "a\tb",
        "\u{7f}",
        "x\u{85}x",
        "\u{202e}bob",
        "bob\u{2066}",
        "zero\u{200b}width",
        "\u{feff}bob",
        "soft\u{ad}hyphen",
        "\u{3164}",
        "\u{200d}\u{200d}",
        "line\u{2028}break",
        "tag\u{e0041}",
    ];
    let odd = odd.map(|name| (name, "not_allowed_characters"));
    let lengths = [("", "too_short"), (" \u{a0}\u{3000}", "too_short"), (long.as_str(), "too_long")];
    for (name, reason) in odd.into_iter().chain(lengths) {
        let answer = patch(&client, &access, json!({"name": name})).await;
        assert_eq!(faults(answer), [format!("name: {reason}")], "{name:?}");
    }
    assert_eq!(me(&client, &access).await["name"], longest);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_value_that_breaks_a_rule_is_told_at_once() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let before = me(&client, &access).await;
    let answer = patch(&client, &access, json!({"name": " ", "picture": "javascript:0", "email": "bob"})).await;
    assert_eq!(faults(answer), ["email: not_an_email", "name: too_short", "picture: malformed_request"]);
    let answer = patch(&client, &access, json!({"name": "Bob", "email": "bob"})).await;
    assert_eq!(faults(answer), ["email: not_an_email"]);
    assert_eq!(me(&client, &access).await, before, "the good one alone was kept");
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_needs_the_scope_account_before_its_body_is_looked_at() {
    let server = TestServer::start().await;
    let client = server.client();
    let narrow = client.sign_in_for("bob", "bob-dev-password", "openid profile email sessions").await;
    for (method, path) in [(Method::PATCH, ME), (Method::PUT, PASSWORD), (Method::DELETE, ME)] {
        let request =
            |access: &str| client.bearer(method.clone(), path, access).header(CONTENT_TYPE, "application/json");
        let answer = client.answer(request(&narrow.access).body("{")).await;
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        assert!(
            challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"account\""),
            "{answer}"
        );
        expect_problem(answer, 403, "insufficient_scope");
        expect_problem(client.answer(request("").body("{")).await, 401, "no_credentials");
        expect_problem(client.answer(request("nonsense").body("{")).await, 401, "unknown_token");
        let service = client.as_demo_service().client_credentials().await.tokens();
        expect_problem(client.answer(request(&service.access).body("{")).await, 401, "user_needed");
    }
    client.sign_in_bob().await;
}
