//! What is an access token, and when is it no good any more? (RFC 9068)

mod death;
pub mod forge;
mod forged;

use grantd::flows::NewClient;
use grantd_tests::client::{self, Client, Tokens};
use grantd_tests::server::{BEGIN, TestServer};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};

use crate::new_client::{make, portal};

/// The server's JWKS.
async fn jwks(client: &Client) -> Value {
    client.get("/.well-known/jwks.json", "").await.expect(200).json
}

/// Verifies a token as a resource server in another language would: by the JWKS alone.
async fn verify(server: &TestServer, issuer: &str, token: &str) -> Value {
    let set: JwkSet = serde_json::from_value(jwks(&server.client()).await).expect("a JWKS");
    let header = jsonwebtoken::decode_header(token).expect("a header");
    let key = set.find(header.kid.as_deref().expect("a kid")).expect("a key of the JWKS");
    let mut validation = Validation::new(header.alg);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[issuer]);
    // The test's clock is not the system's.
    validation.validate_exp = false;
    let key = DecodingKey::from_jwk(key).expect("a public key");
    jsonwebtoken::decode::<Value>(token, &key, &validation).expect("a good signature").claims
}

// RFC 9068 §2.1
#[tokio::test(flavor = "multi_thread")]
async fn the_header_says_at_jwt_and_which_key() {
    let server = TestServer::start().await;
    let client = server.client();
    let keys = jwks(&client).await;
    let tokens = [client.sign_in_ada().await, client.as_demo_service().client_credentials().await.tokens()];
    for token in tokens.map(|tokens| tokens.access) {
        let header = client::header(&token);
        assert_eq!((&header["typ"], &header["alg"]), (&"at+jwt".into(), &"ES256".into()));
        let published = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == header["kid"]);
        assert_eq!(published.expect("a key of the JWKS")["alg"], "ES256");
    }
}

// RFC 9068 §2.2, §2.2.1, §2.2.3
#[tokio::test(flavor = "multi_thread")]
async fn a_users_token_has_the_claims_of_an_access_token() {
    let server = TestServer::start().await;
    let client = server.client();
    server.clock().set(BEGIN + 1_000);
    let tokens = client.sign_in_ada().await;
    let claims = tokens.claims();
    assert_eq!(claims["iss"], server.url());
    assert_eq!(claims["aud"], server.url());
    assert_eq!(claims["client_id"], "web");
    assert_eq!(claims["scope"], tokens.scope.as_str());
    assert_eq!((&claims["iat"], &claims["exp"]), (&json!(BEGIN + 1_000), &json!(BEGIN + 1_300)));
    assert_eq!((tokens.expires_in, &claims["auth_time"]), (300, &json!(BEGIN + 1_000)));
    assert_eq!((&claims["amr"], &claims["roles"]), (&json!(["pwd"]), &json!(["admin"])));
    assert!(claims["sub"].as_str().is_some_and(|sub| sub.starts_with("usr_") && sub.len() == 30), "{claims}");
    assert!(claims["sid"].as_str().is_some_and(|sid| sid.starts_with("ses_") && sid.len() == 30), "{claims}");
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 22), "{claims}");
    assert!(!claims.to_string().contains("ada"), "neither name nor e-mail address: {claims}");
    let bob = client.sign_in_bob().await.claims();
    assert_eq!(bob["roles"], json!([]));
    assert_ne!(bob["sub"], claims["sub"]);
}

// RFC 9068 §2.2: `auth_time` stays what it was, `iat`, `exp` and `jti` are new.
#[tokio::test(flavor = "multi_thread")]
async fn a_refreshed_token_tells_of_the_same_sign_in() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_ada().await;
    server.clock().advance(100);
    let second = client.refresh(&first.refresh).await.tokens();
    let (before, after) = (first.claims(), second.claims());
    for member in ["iss", "sub", "aud", "client_id", "scope", "sid", "auth_time", "amr", "roles"] {
        assert_eq!(before[member], after[member], "{member}");
    }
    assert_eq!((&after["iat"], &after["exp"]), (&json!(BEGIN + 100), &json!(BEGIN + 400)));
    assert_ne!(before["jti"], after["jti"]);
}

// RFC 9068 §2.2: `jti` is unique; an answer that is given again carries a token of its own.
#[tokio::test(flavor = "multi_thread")]
async fn no_two_tokens_have_one_jti() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_ada().await;
    let service = client.as_demo_service();
    let mut all = vec![first.clone()];
    for _ in 0..5 {
        all.push(client.refresh(&first.refresh).await.tokens());
        all.push(service.client_credentials().await.tokens());
    }
    let mut names: Vec<_> = all.iter().map(|tokens| tokens.claims()["jti"].to_string()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 11);
}

// RFC 9068 §2.1, RFC 8037: each algorithm that can be set signs, and verifies by the JWKS alone.
#[tokio::test(flavor = "multi_thread")]
async fn every_signing_algorithm_verifies_by_the_jwks_alone() {
    for (setting, alg) in [("ES256", Algorithm::ES256), ("EdDSA", Algorithm::EdDSA), ("RS256", Algorithm::RS256)] {
        let server = TestServer::with(&[("tokens.signing_alg", setting)]).await;
        let client = server.client();
        let tokens = client.sign_in_ada().await;
        let header = jsonwebtoken::decode_header(&tokens.access).expect("a header");
        assert_eq!((header.alg, header.typ.as_deref()), (alg, Some("at+jwt")));
        assert_eq!(verify(&server, server.url(), &tokens.access).await, tokens.claims());
        let own = client.as_demo_service().client_credentials().await.tokens();
        assert_eq!(verify(&server, server.url(), &own.access).await["sub"], "demo-service");
        // And at our own doors.
        client.userinfo(&tokens.access).await.expect(200);
        assert!(client.is_active(&tokens.access).await && client.is_active(&own.access).await, "{setting}");
        let refreshed = client.refresh(&tokens.refresh).await.tokens();
        verify(&server, server.url(), &refreshed.access).await;
    }
}

// OpenID Connect Core §10.1.1: a change of the algorithm leaves what was signed before good, and published.
#[tokio::test(flavor = "multi_thread")]
async fn another_algorithm_leaves_earlier_tokens_good() {
    // The default issuer follows the port, which is another after a restart.
    let issuer = "http://localhost:8080";
    let server = TestServer::with(&[("issuer", issuer)]).await;
    let before = server.client().sign_in_ada().await;
    let server = server.restart(&[("issuer", issuer), ("tokens.signing_alg", "EdDSA")]).await;
    let client = server.client();
    client.userinfo(&before.access).await.expect(200);
    verify(&server, issuer, &before.access).await;
    let after = client.refresh(&before.refresh).await.tokens();
    assert_eq!(client::header(&after.access)["alg"], "EdDSA");
    verify(&server, issuer, &after.access).await;
    client.userinfo(&after.access).await.expect(200);
}

// RFC 9068 §2.2: never beyond the life of what it came from.
#[tokio::test(flavor = "multi_thread")]
async fn exp_is_never_later_than_the_end_of_the_session() {
    let server = TestServer::with(&[("tokens.refresh_ttl", "400s")]).await;
    let client = server.client();
    let first = client.sign_in_ada().await;
    server.clock().advance(150);
    let second = client.refresh(&first.refresh).await.tokens();
    assert_eq!((second.expires_in, &second.claims()["exp"]), (250, &json!(BEGIN + 400)));
    server.clock().set(BEGIN + 399);
    client.userinfo(&second.access).await.expect(200);
    server.clock().set(BEGIN + 400);
    client.userinfo(&second.access).await.expect_error(401, "invalid_token").expect_reason("expired");
}

// RFC 6749 §4.2.2, §5.1: `expires_in` is the difference of the token's own times.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_may_have_lives_of_its_own() {
    let server = TestServer::start().await;
    let new = NewClient { access_ttl: Some(10), refresh_ttl: Some(15), ..portal("hasty") };
    let hasty = make(&server, new).await;
    let life = |tokens: &Tokens| {
        let claims = tokens.claims();
        claims["exp"].as_i64().expect("exp") - claims["iat"].as_i64().expect("iat")
    };
    let first = hasty.sign_in_ada().await;
    assert_eq!((first.expires_in, life(&first)), (10, 10));
    server.clock().advance(10);
    let second = hasty.refresh(&first.refresh).await.tokens();
    assert_eq!((second.expires_in, life(&second)), (5, 5));
    server.clock().advance(5);
    hasty.refresh(&second.refresh).await.expect_error(400, "invalid_grant").expect_reason("expired");
}
