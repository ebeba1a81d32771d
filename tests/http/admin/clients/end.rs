//! What ends with a client that is deleted, and does another of its id bring any of it back?

use grantd_tests::wire;
use serde_json::json;

use super::Admin;
use crate::admin::{API, sign_in};
use crate::errors::{expect_oauth, expect_problem};
use crate::told::{self, texts};

const SECRET: &str = "a secret of its own choosing";

fn shop() -> serde_json::Value {
    json!({"id": "shop", "client_secret": SECRET, "grants": ["password", "refresh_token", "client_credentials"]})
}

#[tokio::test(flavor = "multi_thread")]
async fn its_sessions_and_its_own_tokens_end_and_a_later_one_revives_nothing() {
    let admin = Admin::begin().await;
    admin.post("/clients", shop()).await.expect(201);
    let shop_ = admin.client.as_confidential("shop", SECRET);
    let (tokens, other) = (shop_.sign_in_bob().await, admin.client.sign_in_bob().await);
    let service = shop_.client_credentials().await.tokens();
    assert!(admin.client.is_active(&service.access).await);
    admin.server.clock().advance(1);
    let events = admin.events_of(async || assert_eq!(admin.delete("/clients/shop").await.expect(204).body, "")).await;
    assert_eq!(texts(&events, "type"), ["session_ended", "client_deleted"]);
    assert_eq!(events[0]["reason"], "client_deleted");
    let dead = async || {
        expect_problem(admin.client.get("/api/v1/me", &tokens.access).await, 401, "client_deleted");
        expect_oauth(admin.client.userinfo(&tokens.access).await, 401, "invalid_token", "client_deleted");
        for token in [&tokens.access, &service.access] {
            assert!(!admin.client.is_active(token).await);
        }
    };
    dead().await;
    let refused = |answer| expect_oauth(answer, 401, "invalid_client", "client_authentication_failed");
    refused(shop_.refresh(&tokens.refresh).await);
    refused(shop_.client_credentials().await);
    refused(shop_.try_sign_in("bob", "bob-dev-password").await);
    admin.client.refresh(&other.refresh).await.tokens();
    expect_problem(admin.delete("/clients/shop").await, 404, "not_found");
    expect_problem(admin.get("/clients/shop").await, 404, "not_found");
    admin.post("/clients", shop()).await.expect(201);
    dead().await;
    expect_oauth(shop_.refresh(&tokens.refresh).await, 400, "invalid_grant", "client_deleted");
    assert!(admin.client.is_active(&shop_.client_credentials().await.tokens().access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_sign_in_that_races_a_deletion_outlives_the_client() {
    let admin = Admin::begin().await;
    for round in 0..5 {
        let id = format!("shop{round}");
        admin.post("/clients", json!({"id": id, "type": "public", "grants": ["password"]})).await.expect(201);
        let form = format!("grant_type=password&client_id={id}&username=bob&password=bob-dev-password");
        let mut requests = vec![(admin.client.address(), wire::form("/oauth2/token", "", &form)); 6];
        let path = format!("{API}/clients/{id}");
        requests.insert(3, (admin.client.address(), told::json("DELETE", &path, &admin.access, &json!(null))));
        let replies = wire::at_once(requests).await;
        assert_eq!(replies[3].status, 204, "{}", replies[3].text());
        for reply in replies.iter().filter(|reply| reply.status == 200) {
            let access = reply.json()["access_token"].as_str().expect("an access token").to_owned();
            expect_problem(admin.client.get("/api/v1/me", &access).await, 401, "client_deleted");
        }
        assert_eq!(admin.count(&format!("token_families WHERE client_id = '{id}' AND revoked_at IS NULL")).await, 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_who_deletes_the_client_at_hand_is_signed_out() {
    let admin = Admin::begin().await;
    admin.delete("/clients/web").await.expect(204);
    expect_problem(admin.get("/clients").await, 401, "client_deleted");
    let cli = admin.client.as_public("grant-cli");
    let access = sign_in(&cli, "ada", "ada-dev-password").await;
    cli.get(&format!("{API}/clients"), &access).await.expect(200);
}
