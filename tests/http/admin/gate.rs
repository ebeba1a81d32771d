//! Who is let in? Only who has the scope and, now, the role; and nobody else learns what is wrong with a request.

use grantd::flows::{By, UserChange};
use grantd_tests::client::Answer;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;

use super::{API, Admin, PASSWORD, sign_in};
use crate::errors::expect_problem;
use crate::new_client::{confidential, make, owned};
use crate::told::{items, sid};

/// Every operation, on things that are there.
async fn operations(admin: &Admin) -> Vec<(Method, String)> {
    let bob = admin.server.user_id("bob").await.to_string();
    let session = sid(&admin.client.sign_in_bob().await);
    let event = items(&admin.get("/events").await.expect(200))[0]["id"].as_str().expect("an id").to_owned();
    let key = items(&admin.get("/keys").await.expect(200))[0]["kid"].as_str().expect("a kid").to_owned();
    let list = [
        (Method::GET, "/users".to_owned()),
        (Method::POST, "/users".to_owned()),
        (Method::GET, format!("/users/{bob}")),
        (Method::PATCH, format!("/users/{bob}")),
        (Method::PUT, format!("/users/{bob}/password")),
        (Method::DELETE, format!("/users/{bob}")),
        (Method::GET, "/clients".to_owned()),
        (Method::POST, "/clients".to_owned()),
        (Method::GET, "/clients/demo-service".to_owned()),
        (Method::PATCH, "/clients/demo-service".to_owned()),
        (Method::POST, "/clients/demo-service/secret".to_owned()),
        (Method::DELETE, "/clients/demo-service".to_owned()),
        (Method::GET, "/sessions".to_owned()),
        (Method::DELETE, format!("/sessions?user_id={bob}")),
        (Method::GET, format!("/sessions/{session}")),
        (Method::DELETE, format!("/sessions/{session}")),
        (Method::GET, "/keys".to_owned()),
        (Method::POST, "/keys".to_owned()),
        (Method::GET, format!("/keys/{key}")),
        (Method::GET, "/events".to_owned()),
        (Method::GET, format!("/events/{event}")),
    ];
    list.map(|(method, path)| (method, format!("{API}{path}"))).into()
}

/// What each operation says to this token, whether there is a body that fits, none, or one that cannot be read.
async fn answers(admin: &Admin, operations: &[(Method, String)], access: &str) -> Vec<Answer> {
    let mut answers = Vec::new();
    for (method, path) in operations {
        let request = || admin.client.bearer(method.clone(), path, access);
        answers.push(admin.client.answer(request()).await);
        for (content_type, body) in [
            ("application/json", "{"),
            ("application/json", "{}"),
            ("text/plain", "x"),
            ("application/json", "{\"x\":1}"),
        ] {
            answers.push(admin.client.answer(request().header(CONTENT_TYPE, content_type).body(body)).await);
        }
    }
    answers
}

/// What could have been changed.
async fn state(admin: &Admin) -> Vec<i64> {
    let sql = "SELECT (SELECT count(*) FROM users WHERE locked_at IS NULL), (SELECT count(*) FROM clients), \
               (SELECT count(*) FROM token_families WHERE revoked_at IS NULL), (SELECT count(*) FROM signing_keys), \
               (SELECT count(*) FROM events WHERE event_type <> 'signed_in'), \
               (SELECT count(*) FROM clients WHERE previous_secret_hash IS NOT NULL)";
    admin.server.home().rows().numbers(sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_not_is_refused_at_every_door_before_the_body_is_looked_at() {
    let admin = Admin::begin().await;
    let operations = operations(&admin).await;
    let service = grantd::flows::NewClient { scopes: owned(&["admin"]), ..confidential("robot") };
    let service = make(&admin.server, service).await;
    let robot = service.client_credentials().await.tokens();
    assert_eq!(robot.scope, "", "no role, no scope `admin`");
    let plain = admin.client.sign_in_ada().await.access;
    let bobs = sign_in(&admin.client, "bob", "bob-dev-password").await;
    let before = state(&admin).await;
    for answer in answers(&admin, &operations, "").await {
        assert_eq!(answer.header("www-authenticate").map(|told| told.contains("error")), Some(false), "{answer}");
        expect_problem(answer, 401, "no_credentials");
    }
    for (token, reason) in [(robot.access.as_str(), "user_needed"), ("nonsense", "unknown_token")] {
        for answer in answers(&admin, &operations, token).await {
            expect_problem(answer, 401, reason);
        }
    }
    for answer in answers(&admin, &operations, &plain).await {
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        assert!(
            challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"admin\""),
            "{answer}"
        );
        let answer = expect_problem(answer, 403, "insufficient_scope");
        assert!(answer.text("detail").ends_with("It needs the scope admin."), "{answer}");
    }
    // The scope alone would not help him.
    for answer in answers(&admin, &operations, &bobs).await {
        expect_problem(answer, 403, "role_missing");
    }
    assert_eq!(state(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_lost_the_role_is_refused_at_every_door() {
    let admin = Admin::begin().await;
    let operations = operations(&admin).await;
    let grace = admin.user("grace", &["admin", "keeper"]).await;
    let graces = sign_in(&admin.client, "grace", PASSWORD).await;
    admin.client.get(&format!("{API}/users"), &graces).await.expect(200);
    let change = UserChange { roles: Some(owned(&["keeper", "Admin", "administrator"])), ..UserChange::default() };
    let id = admin.server.user_id("grace").await;
    assert_eq!(id.as_str(), grace);
    admin.server.flows().change_user(&id, change, By::CommandLine).await.expect("a change of roles");
    let before = state(&admin).await;
    for answer in answers(&admin, &operations, &graces).await {
        expect_problem(answer, 403, "role_missing");
    }
    assert_eq!(state(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_an_ended_session_asks_for_is_done() {
    let admin = Admin::begin().await;
    let operations = operations(&admin).await;
    admin.user("grace", &["admin"]).await;
    let graces = sign_in(&admin.client, "grace", PASSWORD).await;
    admin.server.set_locked("grace", true).await.expect("a lock");
    let before = state(&admin).await;
    for answer in answers(&admin, &operations, &graces).await {
        expect_problem(answer, 401, "user_locked");
    }
    assert_eq!(state(&admin).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_of_the_document_is_tried_here() {
    let admin = Admin::begin().await;
    let document = admin.client.get("/openapi.json", "").await.expect(200);
    let paths = document["paths"].as_object().expect("paths");
    let own = paths.iter().filter(|(path, _)| path.starts_with(API));
    let documented: usize = own.map(|(_, methods)| methods.as_object().map_or(0, serde_json::Map::len)).sum();
    assert_eq!(operations(&admin).await.len(), documented);
}
