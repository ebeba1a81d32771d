//! What are administrators told of the signing keys?

use serde_json::json;

use super::{API, Admin};
use crate::errors::expect_problem;
use crate::told::{items, page, texts};

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_with_their_states() {
    let admin = Admin::begin().await;
    let first = items(&admin.get("/keys").await.expect(200));
    let shown = ["alg", "state", "created_at", "active_at", "retired_at"];
    let mut told: Vec<_> = first.iter().map(|key| json!(shown.map(|member| &key[member]))).collect();
    told.sort_by_key(ToString::to_string);
    let begin = "2027-01-15T08:00:00Z";
    assert_eq!(told, [json!(["ES256", "active", begin, begin, null]), json!(["RS256", "active", begin, begin, null])]);
    let published = admin.client.get("/.well-known/jwks.json", "").await.expect(200);
    for key in &first {
        let kid = key["kid"].as_str().expect("a kid");
        assert!(published.body.contains(kid), "{kid} is not published");
        assert_eq!(admin.get(&format!("/keys/{kid}")).await.expect(200).json, *key);
        let mut names: Vec<_> = key.as_object().expect("an object").keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(
            names,
            ["active_at", "alg", "created_at", "kid", "retired_at", "state"],
            "nothing of what is sealed"
        );
    }
    let made = admin.post("/keys", json!({})).await.expect(201);
    let announced = items(&made);
    assert_eq!(texts(&announced, "state"), ["announced", "announced"], "{made}");
    let all = items(&admin.get("/keys").await.expect(200));
    assert_eq!(texts(&all, "state"), ["announced", "announced", "active", "active"]);
    admin.server.clock().advance(3600);
    let access = super::sign_in(&admin.client, "ada", "ada-dev-password").await;
    let all = items(&admin.client.get(&format!("{API}/keys"), &access).await.expect(200));
    let states = texts(&all, "state");
    assert_eq!(states[..2], ["active", "active"], "{states:?}");
    assert!(states[2..].iter().all(|state| state == "retired" || state == "gone"), "{states:?}");
    assert!(texts(&all[2..], "retired_at").iter().all(|at| !at.is_empty()), "{all:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_come_page_by_page() {
    let admin = Admin::begin().await;
    for _ in 0..2 {
        admin.post("/keys", json!({})).await.expect(201);
        admin.server.clock().advance(1);
    }
    let all = texts(&items(&admin.get("/keys").await.expect(200)), "kid");
    for limit in 1..=all.len() {
        assert_eq!(texts(&admin.walk(&format!("/keys?limit={limit}")).await, "kid"), all, "by {limit}");
    }
    let (_, next) = page(&admin.client, &admin.access, &format!("{API}/keys?limit=200"), None).await;
    assert_eq!(next, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_key_is_replaced_at_once() {
    let admin = Admin::begin().await;
    let before = texts(&items(&admin.get("/keys").await.expect(200)), "kid");
    let made = admin.post("/keys", json!({"now": true})).await.expect(201);
    assert_eq!(texts(&items(&made), "state"), ["active", "active"], "{made}");
    expect_problem(admin.get("/keys").await, 401, "unknown_token");
    let access = super::sign_in(&admin.client, "ada", "ada-dev-password").await;
    for kid in before {
        let key = admin.client.get(&format!("{API}/keys/{kid}"), &access).await.expect(200);
        assert_eq!(key["state"], "gone", "{key}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_that_cannot_be_read_rotates_nothing() {
    let admin = Admin::begin().await;
    for (body, wanted) in [
        (json!({"now": "true"}), "now: malformed_request"),
        (json!({"now": null}), "now: missing_parameter"),
        (json!({"at_once": true}), "at_once: unknown_value"),
    ] {
        assert_eq!(crate::told::faults(admin.post("/keys", body).await), [wanted]);
    }
    expect_problem(admin.post("/keys", json!([])).await, 400, "malformed_request");
    assert_eq!(items(&admin.get("/keys").await.expect(200)).len(), 2);
    let bare = admin.client.bearer(reqwest::Method::POST, &format!("{API}/keys"), &admin.access);
    assert_eq!(items(&admin.client.answer(bare).await.expect(201)).len(), 2, "a body may be left out");
}
