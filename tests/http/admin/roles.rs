//! When does a role that is given or taken hold? In the next access token, and in introspection at once.

use serde_json::json;

use super::{API, Admin};
use crate::errors::{expect_oauth, expect_problem};

const SCOPE: &str = "openid profile admin";

#[tokio::test(flavor = "multi_thread")]
async fn roles_travel_in_the_next_token_and_in_introspection_at_once() {
    let admin = Admin::begin().await;
    let (path, mut tokens) = (admin.path_of("bob").await, admin.client.sign_in_bob().await);
    for roles in [json!(["keeper", "cats:feed"]), json!(["feeder"]), json!([])] {
        let before = tokens.claims()["roles"].clone();
        let answer = admin.patch(&path, json!({"roles": roles})).await.expect(200);
        assert_eq!(answer["roles"], roles, "{answer}");
        let told = admin.client.as_demo_api().introspect(&tokens.access).await.expect(200);
        assert_eq!((&told["active"], &told["roles"]), (&json!(true), &roles), "{told}");
        let me = admin.client.get("/api/v1/me", &tokens.access).await.expect(200);
        assert_eq!(me["roles"], roles, "{me}");
        assert_eq!(tokens.claims()["roles"], before, "a token that is out stays as it is");
        tokens = admin.client.refresh(&tokens.refresh).await.tokens();
        assert_eq!(tokens.claims()["roles"], roles);
        assert_eq!(admin.client.sign_in_bob().await.claims()["roles"], roles);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_that_administers_opens_the_door_at_the_next_sign_in() {
    let admin = Admin::begin().await;
    let path = admin.path_of("bob").await;
    let early = admin.client.sign_in_for("bob", "bob-dev-password", SCOPE).await;
    assert_eq!(early.scope, "openid profile");
    admin.patch(&path, json!({"roles": ["admin"]})).await.expect(200);
    let early = admin.client.refresh(&early.refresh).await.tokens();
    assert_eq!(early.scope, "openid profile", "more than was granted");
    let form = [("grant_type", "refresh_token"), ("refresh_token", early.refresh.as_str()), ("scope", SCOPE)];
    expect_oauth(admin.client.token(&form).await, 400, "invalid_scope", "scope_not_allowed");
    let anew = admin.client.sign_in_for("bob", "bob-dev-password", SCOPE).await;
    assert_eq!(anew.scope, SCOPE);
    admin.client.get(&format!("{API}/users"), &anew.access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_role_that_administers_closes_the_door_at_once() {
    let admin = Admin::begin().await;
    let path = admin.path_of("bob").await;
    admin.patch(&path, json!({"roles": ["admin"]})).await.expect(200);
    let tokens = admin.client.sign_in_for("bob", "bob-dev-password", SCOPE).await;
    admin.patch(&path, json!({"roles": ["Admin"]})).await.expect(200);
    expect_problem(admin.client.get(&format!("{API}/users"), &tokens.access).await, 403, "role_missing");
    let next = admin.client.refresh(&tokens.refresh).await.tokens();
    assert_eq!(next.scope, "openid profile", "the scope goes with the role");
    expect_problem(admin.client.get(&format!("{API}/users"), &next.access).await, 403, "role_missing");
    admin.patch(&path, json!({"roles": ["admin"]})).await.expect(200);
    assert_eq!(admin.client.refresh(&next.refresh).await.tokens().scope, SCOPE, "what was granted once");
}
