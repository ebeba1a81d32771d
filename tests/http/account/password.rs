//! How does a user change the password, and what does that end? (DESIGN.md §2, §7)

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use grantd_tests::wire;
use reqwest::Method;
use serde_json::json;

use super::PASSWORD;
use crate::errors::{expect_oauth, expect_problem};
use crate::told;

pub const OLD: &str = "bob-dev-password";
pub const NEW: &str = "nine lives of a cat";

pub async fn put(client: &Client, access: &str, current: &str, new: &str) -> Answer {
    let body = json!({"current_password": current, "new_password": new});
    client.send(Method::PUT, PASSWORD, access, &body).await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_new_password_signs_in_and_the_old_one_no_longer() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let answer = put(&client, &access, OLD, NEW).await.expect(204);
    assert_eq!(answer.body, "", "{answer}");
    expect_oauth(client.try_sign_in("bob", OLD).await, 400, "invalid_grant", "sign_in_failed");
    client.sign_in("bob", NEW).await;
    client.sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_sessions_end_and_the_asking_one_goes_on() {
    let server = TestServer::start().await;
    let client = server.client();
    let cli = client.as_public("grant-cli");
    let (here, there, elsewhere) = (client.sign_in_bob().await, client.sign_in_bob().await, cli.sign_in_bob().await);
    let strangers = client.sign_in_ada().await;
    put(&client, &here.access, OLD, NEW).await.expect(204);
    for (client, tokens) in [(&client, &there), (&cli, &elsewhere)] {
        expect_problem(client.get("/api/v1/me", &tokens.access).await, 401, "password_changed");
        expect_oauth(client.refresh(&tokens.refresh).await, 400, "invalid_grant", "password_changed");
        assert!(!client.is_active(&tokens.access).await);
    }
    client.get("/api/v1/me", &here.access).await.expect(200);
    let here = client.refresh(&here.refresh).await.tokens();
    put(&client, &here.access, NEW, OLD).await.expect(204);
    client.refresh(&strangers.refresh).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_present_password_changes_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let (here, there) = (client.sign_in_bob().await, client.sign_in_bob().await);
    let long = "x".repeat(2000);
    for wrong in ["", "wrong", "BOB-DEV-PASSWORD", " bob-dev-password", long.as_str()] {
        let answer = put(&client, &here.access, wrong, NEW).await;
        assert!(answer.header("retry-after").is_none(), "{answer}");
        assert_eq!(told::faults(answer), ["current_password: sign_in_failed"]);
    }
    client.refresh(&there.refresh).await.tokens();
    server.clock().advance(1);
    client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_is_judged_as_at_sign_up() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let long = "ü".repeat(257);
    let odd = [
        ("", "too_short"),
        ("seven77", "too_short"),
        ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "too_short"),
        (long.as_str(), "too_long"),
        ("PassWord1", "too_common"),
        ("12345678", "too_common"),
        ("words with \0", "not_allowed_characters"),
    ];
    for (new, reason) in odd {
        // The present one is not even compared: a wrong one would be counted.
        for current in [OLD, "wrong"] {
            assert_eq!(told::faults(put(&client, &access, current, new).await), [format!("new_password: {reason}")]);
        }
    }
    let mut current = OLD.to_owned();
    for new in ["8 marks!".to_owned(), "ü".repeat(256), "e\u{301}le\u{300}ve au lyce\u{301}e".to_owned()] {
        put(&client, &access, &current, &new).await.expect(204);
        current = new;
    }
    client.sign_in("bob", "élève au lycée").await;
    put(&client, &access, "élève au lycée", OLD).await.expect(204);
    client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn both_passwords_must_be_there() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let cases = [
        (json!({}), vec!["current_password: missing_parameter", "new_password: missing_parameter"]),
        (
            json!({"current_password": null, "new_password": 1}),
            vec!["current_password: missing_parameter", "new_password: malformed_request"],
        ),
        (json!({"current_password": OLD}), vec!["new_password: missing_parameter"]),
        (json!({"new_password": NEW}), vec!["current_password: missing_parameter"]),
        (json!({"current_password": OLD, "new_password": NEW, "username": "ada"}), vec!["username: unknown_value"]),
    ];
    for (body, wanted) in cases {
        assert_eq!(told::faults(client.send(Method::PUT, PASSWORD, &access, &body).await), wanted);
    }
    client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_sessions_that_change_it_at_once_one_wins() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut current = OLD.to_owned();
    for round in 0..6 {
        let held = [client.sign_in("bob", &current).await, client.sign_in("bob", &current).await];
        let news = [format!("the first of round {round}"), format!("the second of round {round}")];
        let request = |(access, new): (&String, &String)| {
            let body = json!({"current_password": current, "new_password": new});
            (client.address(), told::json("PUT", PASSWORD, access, &body))
        };
        let accesses = held.each_ref().map(|tokens| tokens.access.clone());
        let replies = wire::at_once(accesses.iter().zip(&news).map(request).collect()).await;
        let won: Vec<_> = replies.iter().map(|reply| reply.status == 204).collect();
        assert_eq!(won.iter().filter(|won| **won).count(), 1, "round {round}");
        for (number, reply) in replies.iter().enumerate().filter(|(_, reply)| reply.status != 204) {
            let told = reply.json();
            let told = (reply.status, told["reason"].as_str().unwrap_or_default());
            // It was compared with the new one, or its session had been ended by then.
            assert!([(422, "sign_in_failed"), (401, "password_changed")].contains(&told), "{told:?}");
            client.try_sign_in("bob", &news[number]).await.expect(400);
            let refused = client.refresh(&held[number].refresh).await;
            expect_oauth(refused, 400, "invalid_grant", "password_changed");
        }
        let winner = won.iter().position(|won| *won).expect("a winner");
        current.clone_from(&news[winner]);
        client.refresh(&held[winner].refresh).await.tokens();
    }
    client.sign_in("bob", &current).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_races_a_re_hash_is_made() {
    let mut server = TestServer::start().await;
    for round in 0..3 {
        let tokens = server.client().sign_in("bob", OLD).await;
        // Another cost: the next sign-in hashes anew.
        server = server.restart(&[("password.iterations", if round % 2 == 0 { "2" } else { "1" })]).await;
        let client = server.client();
        let access = client.refresh(&tokens.refresh).await.tokens().access;
        let sign_in =
            wire::form("/oauth2/token", "", &format!("grant_type=password&client_id=web&username=bob&password={OLD}"));
        let body = json!({"current_password": OLD, "new_password": NEW});
        // With the one below, four failures at most: a fifth would keep the next sign-in waiting.
        let mut requests = vec![(client.address(), sign_in); 3];
        requests.insert(2, (client.address(), told::json("PUT", PASSWORD, &access, &body)));
        let replies = wire::at_once(requests).await;
        assert_eq!(replies[2].status, 204, "{}", replies[2].text());
        client.try_sign_in("bob", OLD).await.expect(400);
        for reply in replies.iter().filter(|reply| reply.status == 200) {
            let refresh = reply.json()["refresh_token"].as_str().expect("a refresh token").to_owned();
            expect_oauth(client.refresh(&refresh).await, 400, "invalid_grant", "password_changed");
        }
        let again = client.sign_in("bob", NEW).await;
        put(&client, &again.access, NEW, OLD).await.expect(204);
    }
}
