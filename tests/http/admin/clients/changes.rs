//! When does a change of a client hold? At its next request.

use grantd_tests::client::Client;
use reqwest::Method;
use serde_json::{Value, json};

use super::Admin;
use crate::errors::expect_oauth;

const RESOURCE: &str = "https://api.example.org";

/// A client through which bob signs in.
async fn shop(admin: &Admin, said: Value) -> Client {
    let mut body = json!({"id": "shop", "type": "public", "grants": ["password", "refresh_token"]});
    for (member, value) in said.as_object().expect("an object") {
        body[member] = value.clone();
    }
    admin.post("/clients", body).await.expect(201);
    admin.client.as_public("shop")
}

async fn change(admin: &Admin, body: Value) {
    admin.patch("/clients/shop", body).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_that_is_taken_is_refused() {
    let admin = Admin::begin().await;
    let shop = shop(&admin, json!({})).await;
    let tokens = shop.sign_in_bob().await;
    change(&admin, json!({"grants": ["password"]})).await;
    expect_oauth(shop.refresh(&tokens.refresh).await, 400, "unauthorized_client", "grant_not_allowed");
    assert_eq!(shop.sign_in_bob().await.refresh, "", "a refresh token that nothing can be done with");
    change(&admin, json!({"grants": ["refresh_token"]})).await;
    expect_oauth(shop.try_sign_in("bob", "bob-dev-password").await, 400, "unauthorized_client", "grant_not_allowed");
    shop.refresh(&tokens.refresh).await.tokens();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_is_taken_is_left_out_and_not_to_be_asked_for() {
    let admin = Admin::begin().await;
    let shop = shop(&admin, json!({"scopes": ["openid", "profile", "cats"]})).await;
    let tokens = shop.sign_in_bob().await;
    assert_eq!(tokens.scope, "openid profile cats");
    change(&admin, json!({"scopes": ["openid", "cats", "dogs", "cats"]})).await;
    let next = shop.refresh(&tokens.refresh).await.tokens();
    assert_eq!((next.scope.as_str(), next.claims()["scope"].as_str()), ("openid cats", Some("openid cats")));
    for scope in ["profile", "openid profile", "dogs"] {
        let form = [("grant_type", "refresh_token"), ("refresh_token", next.refresh.as_str()), ("scope", scope)];
        expect_oauth(shop.token(&form).await, 400, "invalid_scope", "scope_not_allowed");
        let form =
            [("grant_type", "password"), ("username", "bob"), ("password", "bob-dev-password"), ("scope", "profile")];
        expect_oauth(shop.token(&form).await, 400, "invalid_scope", "scope_not_allowed");
    }
    assert_eq!(shop.sign_in_bob().await.scope, "openid cats dogs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_is_taken_is_left_out_and_not_to_be_asked_for() {
    let admin = Admin::begin().await;
    let shop = shop(&admin, json!({"resources": [RESOURCE, "urn:cats"]})).await;
    let sign_in = async |resources: &[&str]| {
        let mut form = vec![("grant_type", "password"), ("username", "bob"), ("password", "bob-dev-password")];
        form.extend(resources.iter().map(|resource| ("resource", *resource)));
        shop.token(&form).await
    };
    let (both, one) = (sign_in(&[RESOURCE, "urn:cats"]).await.tokens(), sign_in(&[RESOURCE]).await.tokens());
    change(&admin, json!({"resources": ["urn:cats"]})).await;
    expect_oauth(sign_in(&[RESOURCE]).await, 400, "invalid_target", "resource_not_allowed");
    assert_eq!(shop.refresh(&both.refresh).await.tokens().claims()["aud"], json!("urn:cats"));
    expect_oauth(shop.refresh(&one.refresh).await, 400, "invalid_target", "resource_not_allowed");
}

#[tokio::test(flavor = "multi_thread")]
async fn lives_and_rotation_are_those_of_today() {
    let admin = Admin::begin().await;
    let secret = "a secret of its own choosing";
    shop(&admin, json!({"type": "confidential", "client_secret": secret})).await;
    let shop = admin.client.as_confidential("shop", secret);
    let tokens = shop.sign_in_bob().await;
    assert_eq!(tokens.expires_in, 300);
    change(&admin, json!({"access_ttl": 60, "rotation": false})).await;
    let next = shop.refresh(&tokens.refresh).await.tokens();
    assert_eq!((next.expires_in, &next.refresh), (60, &tokens.refresh));
    change(&admin, json!({"access_ttl": null, "rotation": true})).await;
    let next = shop.refresh(&next.refresh).await.tokens();
    assert_eq!(next.expires_in, 300);
    assert_ne!(next.refresh, tokens.refresh);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_calls_from_the_origins_of_today() {
    let admin = Admin::begin().await;
    let shared = async |origin: &str| {
        let request = admin.client.request(Method::GET, "/api/v1/me").header("origin", origin);
        let answer = admin.client.answer(request).await;
        answer.header("access-control-allow-origin").map(str::to_owned)
    };
    let (own, other, redirect) = ("https://shop.example", "https://other.example", "https://back.example");
    assert_eq!(shared(own).await, None);
    shop(&admin, json!({"origins": [own, own], "redirect_uris": [format!("{redirect}/cb"), format!("{redirect}/2")]}))
        .await;
    assert_eq!(shared(own).await.as_deref(), Some(own));
    assert_eq!(shared(redirect).await.as_deref(), Some(redirect));
    change(&admin, json!({"origins": [other]})).await;
    assert_eq!(shared(own).await, None, "an origin that was taken away");
    assert_eq!(shared(other).await.as_deref(), Some(other));
    assert_eq!(shared(redirect).await.as_deref(), Some(redirect));
    change(&admin, json!({"redirect_uris": []})).await;
    assert_eq!(shared(redirect).await, None, "where browsers are no longer sent back to");
    admin.delete("/clients/shop").await.expect(204);
    assert_eq!(shared(other).await, None, "an origin of nobody");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_server_that_is_none_any_more_is_told_nothing() {
    let admin = Admin::begin().await;
    let tokens = admin.client.sign_in_bob().await;
    assert!(admin.client.is_active(&tokens.access).await);
    admin.patch("/clients/demo-api", json!({"resource_server": false, "audiences": []})).await.expect(200);
    assert!(!admin.client.is_active(&tokens.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_client_is_changed_and_read_back() {
    let admin = Admin::begin().await;
    admin.post("/clients", json!({"id": "shop"})).await.expect(201);
    let said = json!({
        "name": "Shop", "grants": ["password"], "scopes": ["openid"], "resources": [RESOURCE], "audiences": ["urn:shop"],
        "redirect_uris": ["https://shop.example/cb"], "origins": ["https://shop.example"], "resource_server": true,
        "rotation": false, "access_ttl": 61, "refresh_ttl": 62,
    });
    let answer = admin.patch("/clients/shop", said.clone()).await.expect(200);
    assert_eq!(answer.json, super::client("shop", &said));
    assert_eq!(admin.get("/clients/shop").await.expect(200).json, answer.json);
    let said = json!({"name": null, "access_ttl": null, "refresh_ttl": null});
    let answer = admin.patch("/clients/shop", said).await.expect(200);
    assert_eq!(
        (&answer["name"], &answer["access_ttl"], &answer["refresh_ttl"]),
        (&json!(null), &json!(null), &json!(null))
    );
}
