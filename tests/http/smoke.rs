//! Does the main thing work at all? One walk through it, a step a test.

use grantd_tests::server::TestServer;

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_and_is_known() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    assert!(tokens.refresh.starts_with("grt_"), "a refresh token that scanners know: {}", tokens.refresh);
    assert_eq!(tokens.claims()["iss"], server.url());
    let me = client.userinfo(&tokens.access).await.expect(200);
    assert_eq!(me["sub"], tokens.claims()["sub"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_gives_new_tokens_of_the_same_session() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_ada().await;
    let second = client.refresh(&first.refresh).await.tokens();
    assert_ne!(first.refresh, second.refresh);
    assert_eq!(first.claims()["sid"], second.claims()["sid"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_resource_server_introspects() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let told = client.as_demo_api().introspect(&tokens.access).await.expect(200);
    assert_eq!((told["active"].as_bool(), told["username"].as_str()), (Some(true), Some("ada")), "{told}");
    server.clock().advance(tokens.expires_in);
    let told = client.as_demo_api().introspect(&tokens.access).await.expect(200);
    assert_eq!(told.json, serde_json::json!({"active": false}));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_refresh_token_ends_the_session() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    client.revoke(&tokens.refresh).await.expect(200);
    client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("signed_out");
    assert!(!client.is_active(&tokens.access).await, "the access token lived on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_a_restart() {
    let server = TestServer::start().await;
    let tokens = server.client().sign_in_ada().await;
    let server = server.restart(&[("tokens.access_ttl", "1m")]).await;
    let refreshed = server.client().refresh(&tokens.refresh).await.tokens();
    assert_eq!(refreshed.expires_in, 60);
}
