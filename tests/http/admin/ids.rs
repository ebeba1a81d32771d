//! What becomes of an id that is none, or another's, everywhere an id goes?

use grantd_tests::client::Answer;
use reqwest::Method;
use serde_json::json;

use super::{API, Admin};
use crate::errors::expect_problem;
use crate::told::{items, sid};

/// Ids of every kind that are there, and texts that are none.
async fn strange(admin: &Admin) -> Vec<String> {
    let tokens = admin.client.sign_in_bob().await;
    let event = items(&admin.get("/events").await.expect(200))[0]["id"].as_str().expect("an id").to_owned();
    let bob = admin.server.user_id("bob").await.to_string();
    let odd = [
        "usr_00000000000000000000000000",
        "ses_00000000000000000000000000",
        "evt_00000000000000000000000000",
        "usr_",
        "x",
        "-",
        "null",
        "%00",
        "usr_%00",
        "%2e%2e",
        "..%2Fusers",
        "%F0%9F%98%80",
        "*",
        "%25",
        "'%20OR%20'1'='1",
    ];
    let upper = bob.to_uppercase();
    let short = bob[..29].to_owned();
    let own = [bob, sid(&tokens), event, "web".to_owned(), upper, short, format!("usr_{}", "0".repeat(3000))];
    own.into_iter().chain(odd.map(str::to_owned)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let admin = Admin::begin().await;
    let strange = strange(&admin).await;
    for (kind, prefix) in [("users", "usr_"), ("sessions", "ses_"), ("events", "evt_"), ("clients", ""), ("keys", "")] {
        let absent = strange.iter().filter(|id| {
            let there = if prefix.is_empty() {
                kind == "clients" && *id == "web"
            } else {
                id.starts_with(prefix) && id.len() == 30
            };
            !there || id.ends_with("_00000000000000000000000000")
        });
        for id in absent {
            let path = format!("{API}/{kind}/{id}");
            let ask = async |method: Method, path: &str, body| -> Answer {
                admin.client.send(method, path, &admin.access, &body).await
            };
            let mut answers = vec![admin.client.get(&path, &admin.access).await];
            if kind == "users" || kind == "clients" {
                answers.push(ask(Method::PATCH, &path, json!({"name": "X"})).await);
            }
            if kind == "users" {
                let body = json!({"password": "a few words of mine"});
                answers.push(ask(Method::PUT, &format!("{path}/password"), body).await);
            }
            if kind == "clients" {
                answers.push(ask(Method::POST, &format!("{path}/secret"), json!({})).await);
            }
            if kind != "events" && kind != "keys" {
                answers.push(admin.client.delete(&path, &admin.access).await);
            }
            for answer in answers {
                expect_problem(answer, 404, "not_found");
            }
        }
    }
    assert_eq!(admin.count("users").await, 2);
    assert_eq!(admin.count("clients").await, 5);
    admin.client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_no_text_is_refused() {
    let admin = Admin::begin().await;
    for kind in ["users", "sessions", "events", "clients", "keys"] {
        for id in ["%FF", "%", "%zz", "a%C3"] {
            let answer = admin.get(&format!("/{kind}/{id}")).await;
            assert!([400, 404].contains(&answer.status), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_by_what_is_no_id_is_refused() {
    let admin = Admin::begin().await;
    let bob = admin.server.user_id("bob").await.to_string();
    let session = sid(&admin.client.sign_in_bob().await);
    let cases = [
        (
            "sessions",
            "user_id",
            vec!["", "x", "bob", session.as_str(), "usr_", "%00", "usr_00000000000000000000000000%00"],
        ),
        ("sessions", "client_id", vec!["", "a b", bob.as_str(), "%00", "web%0A", "w%C3%A9b"]),
        ("events", "user_id", vec!["", "x", session.as_str(), "%00"]),
        ("events", "client_id", vec!["", "a%20b", bob.as_str(), "%00"]),
        ("events", "session_id", vec!["", "x", bob.as_str(), "%00"]),
        ("events", "type", vec!["", "x", "USER_CREATED", "user_created%20", "%00"]),
        ("events", "reason", vec!["", "x", "Signed_out", "%00"]),
    ];
    for (list, parameter, values) in cases {
        for value in values {
            let answer = admin.get(&format!("/{list}?{parameter}={value}")).await;
            expect_problem(answer, 400, if value.contains("%00") { "malformed_request" } else { "unknown_value" });
        }
    }
    let nobody = "usr_00000000000000000000000000";
    for path in [format!("/sessions?user_id={nobody}"), format!("/events?user_id={nobody}&type=user_created")] {
        assert!(items(&admin.get(&path).await.expect(200)).is_empty(), "{path}");
    }
    expect_problem(admin.delete(&format!("/sessions?user_id={nobody}")).await, 404, "not_found");
    expect_problem(admin.delete(&format!("/sessions?user_id={session}")).await, 404, "not_found");
    expect_problem(admin.delete("/sessions").await, 400, "missing_parameter");
    expect_problem(admin.delete(&format!("/sessions?user={bob}")).await, 400, "unknown_value");
    assert_eq!(admin.walk("/sessions").await.len(), 2, "something was ended");
}
