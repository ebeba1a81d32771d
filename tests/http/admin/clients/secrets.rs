//! When does a client's secret work? From when it was shown until the second its grace ends.

use grantd_tests::client::Answer;
use serde_json::json;

use super::Admin;
use crate::errors::{expect_oauth, expect_problem};
use crate::told::faults;

async fn tokens_for(admin: &Admin, secret: &str) -> Answer {
    admin.client.as_confidential("robot", secret).client_credentials().await
}

async fn works(admin: &Admin, secret: &str) {
    tokens_for(admin, secret).await.tokens();
}

async fn fails(admin: &Admin, secret: &str) {
    expect_oauth(tokens_for(admin, secret).await, 401, "invalid_client", "client_authentication_failed");
}

async fn rotate(admin: &Admin, body: serde_json::Value) -> String {
    let answer = admin.post("/clients/robot/secret", body).await.expect(201);
    assert_eq!(answer["id"], "robot", "{answer}");
    answer.text("client_secret")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_shown_once_and_works() {
    let admin = Admin::begin().await;
    let made = admin.post("/clients", json!({"id": "robot"})).await.expect(201);
    let secret = made.text("client_secret");
    assert!(secret.starts_with("gcs_") && secret.len() >= 40, "{secret}");
    assert_eq!(made.header("cache-control"), Some("no-store"), "{made}");
    works(&admin, &secret).await;
    for path in ["/clients/robot", "/clients", "/events"] {
        let answer = admin.get(path).await.expect(200);
        assert!(!answer.body.contains(&secret) && !answer.body.contains("client_secret\""), "{answer}");
    }
    let chosen = "a secret of its own choosing";
    let made = admin.post("/clients", json!({"id": "other", "client_secret": chosen})).await.expect(201);
    assert_eq!(made["client_secret"], json!(null), "who chose it knows it{made}");
    admin.client.as_confidential("other", chosen).client_credentials().await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn without_grace_the_old_secret_is_refused_at_once() {
    let admin = Admin::begin().await;
    let first = admin.post("/clients", json!({"id": "robot"})).await.expect(201).text("client_secret");
    let second = rotate(&admin, json!({})).await;
    assert_ne!(first, second);
    fails(&admin, &first).await;
    works(&admin, &second).await;
    let third = rotate(&admin, json!({"grace": 0})).await;
    fails(&admin, &second).await;
    works(&admin, &third).await;
    let bare = admin.client.bearer(reqwest::Method::POST, "/api/v1/admin/clients/robot/secret", &admin.access);
    let fourth = admin.client.answer(bare).await.expect(201).text("client_secret");
    fails(&admin, &third).await;
    works(&admin, &fourth).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn within_the_grace_both_secrets_work_until_the_second_it_ends() {
    let admin = Admin::begin().await;
    let first = admin.post("/clients", json!({"id": "robot"})).await.expect(201).text("client_secret");
    let second = rotate(&admin, json!({"grace": 60})).await;
    for _ in 0..2 {
        works(&admin, &first).await;
        works(&admin, &second).await;
        admin.server.clock().advance(59);
        works(&admin, &first).await;
        admin.server.clock().advance(-59);
    }
    admin.patch("/clients/robot", json!({"name": "Robot"})).await.expect(200);
    admin.server.clock().advance(59);
    works(&admin, &first).await;
    admin.server.clock().advance(1);
    fails(&admin, &first).await;
    works(&admin, &second).await;
    let third = rotate(&admin, json!({"grace": 60})).await;
    let fourth = rotate(&admin, json!({"grace": 60})).await;
    fails(&admin, &second).await;
    works(&admin, &third).await;
    works(&admin, &fourth).await;
    let fifth = rotate(&admin, json!({})).await;
    for old in [&third, &fourth] {
        fails(&admin, old).await;
    }
    works(&admin, &fifth).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grace_that_is_none_rotates_nothing() {
    let admin = Admin::begin().await;
    let secret = admin.post("/clients", json!({"id": "robot"})).await.expect(201).text("client_secret");
    for (body, wanted) in [
        (json!({"grace": -1}), "grace: too_short"),
        (json!({"grace": 315_360_001}), "grace: too_long"),
        (json!({"grace": i64::MAX}), "grace: too_long"),
        (json!({"grace": "1h"}), "grace: malformed_request"),
        (json!({"grace": 1.5}), "grace: malformed_request"),
        (json!({"grace": null}), "grace: missing_parameter"),
        (json!({"client_secret": "a secret of its own choosing"}), "client_secret: unknown_value"),
    ] {
        assert_eq!(faults(admin.post("/clients/robot/secret", body).await), [wanted]);
    }
    expect_problem(admin.post("/clients/robot/secret", json!([])).await, 400, "malformed_request");
    assert_eq!(faults(admin.post("/clients/web/secret", json!({})).await), ["type: unknown_value"]);
    works(&admin, &secret).await;
}
