//! Does the log say who did what? One event for each act, and no secret in any.

use grantd_tests::client::Answer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{API, Admin, PASSWORD};
use crate::told::sid;

/// Sends as the administrator, from an address of its own, and has to succeed.
async fn act(admin: &Admin, method: Method, path: &str, body: Value) -> Answer {
    let request = admin.client.bearer(method, &format!("{API}{path}"), &admin.access);
    let answer = admin.client.answer(request.header("x-forwarded-for", "192.0.2.77").json(&body)).await;
    assert!([200, 201, 204].contains(&answer.status), "{answer}");
    answer
}

/// Type, and reason where there is one.
fn kinds(events: &[Value]) -> Vec<String> {
    let kind = |event: &Value| match event["reason"].as_str() {
        Some(reason) => format!("{}: {reason}", event["type"].as_str().unwrap_or_default()),
        None => event["type"].as_str().unwrap_or_default().to_owned(),
    };
    events.iter().map(kind).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_act_is_one_event_that_names_who_did_it() {
    let admin = Admin::with(&[("server.trusted_proxies", "127.0.0.1")]).await;
    let ada = admin.server.user_id("ada").await.to_string();
    let by = format!("by {ada}");
    let new = json!({"username": "grace", "email": "grace@example.org", "password": PASSWORD});
    let client = json!({"id": "shop", "client_secret": "a secret that is long enough"});
    let password = json!({"password": "nine lives of a cat"});
    // What is asked, the event's type and reason, and what it tells beside who did it.
    let steps = [
        ("POST", "/users", new, "user_created", ""),
        ("PATCH", "GRACE", json!({"name": "Grace", "email": "g@example.org"}), "user_changed", "changed email name"),
        ("PATCH", "GRACE", json!({"roles": ["keeper", "x"]}), "roles_changed", "roles none -> keeper x"),
        ("PATCH", "GRACE", json!({"locked": true}), "user_locked: user_locked", ""),
        ("PATCH", "GRACE", json!({"locked": false}), "user_unlocked", ""),
        ("PUT", "GRACE/password", password, "password_changed: password_changed", ""),
        ("DELETE", "GRACE", json!(null), "user_deleted: user_deleted", ""),
        ("POST", "/clients", client, "client_created", ""),
        (
            "PATCH",
            "/clients/shop",
            json!({"name": "Shop", "access_ttl": 60}),
            "client_changed",
            "changed name access_ttl",
        ),
        ("POST", "/clients/shop/secret", json!({}), "client_secret_rotated", ""),
        (
            "POST",
            "/clients/shop/secret",
            json!({"grace": 60}),
            "client_secret_rotated",
            "the previous one is taken for 60 s more",
        ),
        ("DELETE", "/clients/shop", json!(null), "client_deleted", ""),
        ("DELETE", "/sessions/SESSION", json!(null), "session_ended: ended_by_admin", ""),
        ("DELETE", "/sessions?user_id=BOB", json!(null), "session_ended: ended_by_admin", ""),
        ("POST", "/keys", json!({}), "key_rotated", ""),
    ];
    let mut secrets =
        vec![PASSWORD.to_owned(), "nine lives of a cat".to_owned(), "a secret that is long enough".to_owned()];
    for (method, path, body, wanted, what) in steps {
        let mut path = path.replace("BOB", admin.server.user_id("bob").await.as_str());
        if path.starts_with("GRACE") {
            path = path.replace("GRACE", &admin.path_of("grace").await);
        }
        // The session that is to end.
        let session =
            if path.starts_with("/sessions") { sid(&admin.client.sign_in_bob().await) } else { String::new() };
        let path = path.replace("SESSION", &session);
        let events = admin
            .events_of(async || {
                let answer = act(&admin, method.parse().expect("a method"), &path, body).await;
                secrets.extend(answer["client_secret"].as_str().map(str::to_owned));
            })
            .await;
        assert_eq!(kinds(&events), [wanted], "{method} {path}: {events:?}");
        let parts: Vec<_> = [what, &by].into_iter().filter(|part| !part.is_empty()).collect();
        let told = events[0]["detail"].as_str().unwrap_or_default();
        // What of the keys is not for here to say.
        assert!(told == parts.join(", ") || (path == "/keys" && told.ends_with(&by)), "{method} {path}: {events:?}");
        assert_eq!(events[0]["ip"], json!(null), "an address that its user would see: {events:?}");
    }
    assert!(secrets.len() > 4, "{secrets:?}");
    let log = serde_json::to_string(&admin.walk("/events?limit=200").await).expect("a text");
    for secret in secrets.iter().map(String::as_str).chain([admin.access.as_str(), "gcs_", "$argon2"]) {
        assert!(!log.contains(secret), "a secret in the log: {secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_patch_of_several_kinds_is_an_event_each() {
    let admin = Admin::begin().await;
    let path = admin.path_of("bob").await;
    let tokens = admin.client.sign_in_bob().await;
    let body = json!({"name": "Bob", "roles": ["keeper"], "locked": true});
    let events = admin.events_of(async || drop(admin.patch(&path, body).await.expect(200))).await;
    let told: Vec<_> =
        events.iter().map(|event| (event["type"].as_str().unwrap_or_default(), event["session_id"].clone())).collect();
    let wanted = [
        ("user_changed", json!(null)),
        ("roles_changed", json!(null)),
        ("user_locked", json!(null)),
        ("session_ended", json!(sid(&tokens))),
    ];
    assert_eq!(told, wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_or_changes_nothing_is_no_event() {
    let admin = Admin::begin().await;
    let (ada, bob) = (admin.path_of("ada").await, admin.path_of("bob").await);
    let events = admin
        .events_of(async || {
            admin.patch(&bob, json!({})).await.expect(200);
            admin.patch(&bob, json!({"locked": false, "roles": [], "username": "bob"})).await.expect(200);
            admin.patch(&bob, json!({"name": "\0"})).await.expect(422);
            admin.patch(&bob, json!({"username": "ada"})).await.expect(409);
            admin.delete(&ada).await.expect(409);
            admin.patch("/clients/web", json!({"rotation": true})).await.expect(200);
            admin.patch("/clients/web", json!({"rotation": false})).await.expect(422);
            admin.post("/clients", json!({"id": "web"})).await.expect(409);
            admin.post("/clients/web/secret", json!({})).await.expect(422);
            admin.delete("/clients/nobody").await.expect(404);
        })
        .await;
    assert_eq!(events, Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_command_line_and_the_server_did_says_so() {
    let admin = Admin::begin().await;
    let events = admin.events_of(async || assert!(admin.server.set_locked("bob", true).await.expect("a lock"))).await;
    assert_eq!(events[0]["detail"], "by the command line", "{events:?}");
    let first = admin.walk("/events?type=user_created").await;
    assert!(first.iter().all(|event| event["detail"] == "by the server"), "{first:?}");
}
