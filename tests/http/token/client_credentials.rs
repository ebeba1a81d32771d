//! What does a client get for itself?

use grantd::flows::NewClient;
use grantd::model::client::GrantType;
use grantd_tests::client;
use grantd_tests::server::TestServer;

use crate::new_client::{confidential, make, owned, public};

// RFC 6749 §4.4.2: only for confidential clients.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_gets_nothing_for_itself() {
    let server = TestServer::start().await;
    let answer = server.client().client_credentials().await;
    answer.expect_error(400, "unauthorized_client").expect_reason("grant_not_allowed");
    let greedy = NewClient { grants: vec![GrantType::Password, GrantType::ClientCredentials], ..public("greedy") };
    server.create_client(greedy).await.expect_err("a public client with client_credentials");
}

// RFC 6749 §4.4.2: only if the client is registered for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_client_without_the_grant_gets_nothing_for_itself() {
    let server = TestServer::start().await;
    let answer = server.client().as_demo_api().client_credentials().await;
    answer.expect_error(400, "unauthorized_client").expect_reason("grant_not_allowed");
}

// RFC 6749 §4.4.3: a refresh token should not be included.
#[tokio::test(flavor = "multi_thread")]
async fn no_refresh_token_comes_with_a_token_for_the_client_itself() {
    let server = TestServer::start().await;
    let grants = vec![GrantType::ClientCredentials, GrantType::RefreshToken];
    for new in [confidential("plain"), NewClient { grants, ..confidential("both") }] {
        let answer = make(&server, new).await.client_credentials().await.expect(200);
        assert!(answer.json.get("refresh_token").is_none(), "{answer}");
    }
}

// RFC 9068 §2.2: the subject of a client's own token is the client; there is no sign-in to tell of.
#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_token_speaks_of_the_client_alone() {
    let server = TestServer::start().await;
    let tokens = server.client().as_demo_service().client_credentials().await.tokens();
    let claims = tokens.claims();
    assert_eq!((&claims["sub"], &claims["client_id"]), (&"demo-service".into(), &"demo-service".into()));
    for member in ["sid", "auth_time", "amr", "roles"] {
        assert!(claims.get(member).is_none(), "{member}: {claims}");
    }
    assert_eq!(client::header(&tokens.access)["typ"], "at+jwt");
}

// DESIGN.md §2: `admin` needs a role, and a client has none.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_administers_nothing() {
    let server = TestServer::start().await;
    let scopes = owned(&["openid", "admin", "cats:write"]);
    let client = make(&server, NewClient { scopes, ..confidential("robot") }).await;
    let request = [("grant_type", "client_credentials"), ("scope", "admin cats:write")];
    assert_eq!(client.token(&request).await.tokens().scope, "cats:write");
    assert_eq!(client.client_credentials().await.tokens().scope, "openid cats:write");
}

// RFC 6749 §4.4: a life of its own, where the client has one.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_have_a_token_life_of_its_own() {
    let server = TestServer::start().await;
    let client = make(&server, NewClient { access_ttl: Some(7), ..confidential("hasty") }).await;
    let tokens = client.client_credentials().await.tokens();
    assert_eq!(tokens.expires_in, 7);
    server.clock().advance(6);
    assert_eq!(client.introspect(&tokens.access).await.expect(200)["active"], true);
    server.clock().advance(1);
    assert_eq!(client.introspect(&tokens.access).await.expect(200).json, serde_json::json!({"active": false}));
}
