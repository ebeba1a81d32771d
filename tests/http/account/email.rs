//! Who gives an account another e-mail address, and who signs in by it then? (RFC 9470)

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use grantd_tests::wire;
use serde_json::json;

use super::{ME, me, patch};
use crate::errors::expect_problem;
use crate::told;

const GOOD: &str = "bob-dev-password";

async fn change(client: &Client, access: &str, email: &str) -> Answer {
    patch(client, access, json!({"email": email})).await
}

/// Fails the test when it is no refusal that asks for a recent sign-in.
#[track_caller]
pub fn expect_stale(answer: Answer) {
    let answer = expect_problem(answer, 401, "recent_sign_in_needed");
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("Bearer "), "{answer}");
    for part in ["error=\"insufficient_user_authentication\"", "error_description=\"", "max_age=\"600\""] {
        assert!(challenge.contains(part), "no {part}{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_address_signs_in_and_the_old_one_no_longer() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_bob().await;
    let told = change(&client, &tokens.access, "Robert@Example.org").await.expect(200);
    assert_eq!((&told["email"], &told["username"]), (&json!("Robert@Example.org"), &json!("bob")), "{told}");
    client.sign_in("robert@example.ORG", GOOD).await;
    client.sign_in("bob", GOOD).await;
    client.try_sign_in("bob@example.org", GOOD).await.expect(400).expect_reason("sign_in_failed");
    client.refresh(&tokens.refresh).await.tokens();
    client.sign_up("bobby", "bob@example.org", "a few words of mine").await.expect(201);
    client.sign_in("bob@example.org", "a few words of mine").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_address_is_taken_in_any_case() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    for email in ["ada@example.org", "ADA@EXAMPLE.ORG", "Ada@Example.Org"] {
        let answer = expect_problem(change(&client, &access, email).await, 409, "email_taken");
        assert_eq!(answer["errors"][0]["field"], "email", "{answer}");
    }
    assert_eq!(me(&client, &access).await["email"], "bob@example.org");
    change(&client, &access, "BOB@example.org").await.expect(200);
    assert_eq!(me(&client, &access).await["email"], "BOB@example.org", "one's own in another case");
    client.sign_in("bob@example.org", GOOD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_address_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let long = format!("{}@example.org", "a".repeat(255));
    let odd = ["bob", "@example.org", "bob@", "a@b@c", "b ob@example.org", "b\0@example.org", "b\u{202e}@example.org"];
    let odd = odd.map(|email| (email, "not_an_email"));
    for (email, reason) in odd.into_iter().chain([("", "too_short"), (long.as_str(), "too_long")]) {
        let answer = change(&client, &access, email).await;
        assert_eq!(told::faults(answer), [format!("email: {reason}")], "{email:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_address_wants_a_sign_in_of_the_last_ten_minutes() {
    let server = TestServer::with(&[("tokens.access_ttl", "1h")]).await;
    let client = server.client();
    let tokens = client.sign_in_bob().await;
    server.clock().advance(600);
    change(&client, &tokens.access, "second@example.org").await.expect(200);
    server.clock().advance(1);
    expect_stale(change(&client, &tokens.access, "third@example.org").await);
    let refreshed = client.refresh(&tokens.refresh).await.tokens();
    expect_stale(change(&client, &refreshed.access, "third@example.org").await);
    expect_stale(change(&client, &tokens.access, "SECOND@example.org").await);
    expect_stale(patch(&client, &tokens.access, json!({"name": "Bob", "email": "third@example.org"})).await);
    assert_eq!(me(&client, &tokens.access).await["name"], json!(null), "the name alone was changed");
    patch(&client, &tokens.access, json!({"name": "Bob", "picture": "https://example.org/b.png"})).await.expect(200);
    let answer =
        patch(&client, &tokens.access, json!({"name": "Bobby", "email": "second@example.org"})).await.expect(200);
    assert_eq!((&answer["name"], &answer["email"]), (&json!("Bobby"), &json!("second@example.org")), "{answer}");
    let anew = client.sign_in("bob", GOOD).await;
    change(&client, &anew.access, "third@example.org").await.expect(200);
    expect_stale(change(&client, &tokens.access, "second@example.org").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_eight_who_want_one_address_at_once_one_gets_it() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut held = Vec::new();
    for number in 0..8 {
        let name = format!("user{number}");
        client.sign_up(&name, &format!("{name}@example.org"), "a few words of mine").await.expect(201);
        held.push(client.sign_in(&name, "a few words of mine").await.access);
    }
    let body = json!({"email": "wanted@example.org"});
    let requests = held.iter().map(|access| (client.address(), told::json("PATCH", ME, access, &body))).collect();
    let replies = wire::at_once(requests).await;
    let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409, 409, 409, 409, 409, 409]);
    for reply in replies.iter().filter(|reply| reply.status == 409) {
        assert_eq!(reply.json()["reason"], "email_taken", "{}", reply.text());
    }
    client.sign_in("wanted@example.org", "a few words of mine").await;
}
