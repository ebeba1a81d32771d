//! How does a client give a token back, and what dies with it? (RFC 7009)

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use grantd_tests::wire;
use reqwest::Method;

use crate::new_client::{confidential, make, portal};

const REVOKE: &str = "/oauth2/revoke";

async fn revoke_with(client: &Client, token: &str, hint: &str) -> Answer {
    client.form(REVOKE, &[("token", token), ("token_type_hint", hint)]).await
}

// RFC 7009 §2.1: the client is authenticated first, whatever the token is.
#[tokio::test(flavor = "multi_thread")]
async fn the_client_is_authenticated_before_the_token_is_looked_at() {
    let server = TestServer::start().await;
    let portal = make(&server, portal("portal")).await;
    let tokens = portal.sign_in_ada().await;
    for token in [tokens.refresh.as_str(), tokens.access.as_str(), "unknown", ""] {
        portal.bare_form(REVOKE, &[("token", token)]).await.expect_error(401, "invalid_client");
        portal.as_public("portal").revoke(token).await.expect_error(400, "invalid_client");
        portal.as_public("nobody").revoke(token).await.expect_error(400, "invalid_client");
        let wrong = portal.as_confidential("portal", "wrong").revoke(token).await;
        let wrong = wrong.expect_error(401, "invalid_client");
        assert!(wrong.header("www-authenticate").is_some_and(|it| it.starts_with("Basic ")), "{wrong}");
    }
    assert!(portal.is_active(&tokens.access).await);
    portal.refresh(&tokens.refresh).await.tokens();
}

// RFC 7009 §2.1: another client's token is refused, and lives on.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_of_another_client_is_refused_and_lives_on() {
    let server = TestServer::start().await;
    let client = server.client();
    let portal = make(&server, portal("portal")).await;
    let robot = make(&server, confidential("robot")).await;
    let own = robot.client_credentials().await.tokens().access;
    for (owner, stranger) in [
        (client.clone(), client.as_public("grant-cli")),
        (client.clone(), portal.clone()),
        (portal.clone(), client.clone()),
        (portal.clone(), robot.clone()),
        (portal.clone(), client.as_demo_api()),
    ] {
        let tokens = owner.sign_in_ada().await;
        for token in [&tokens.refresh, &tokens.access] {
            stranger.revoke(token).await.expect_error(400, "invalid_grant").expect_reason("other_client");
        }
        assert!(client.is_active(&tokens.access).await);
        owner.refresh(&tokens.refresh).await.tokens();
    }
    for stranger in [&client, &portal, &client.as_demo_service()] {
        stranger.revoke(&own).await.expect_error(400, "invalid_grant").expect_reason("other_client");
    }
    assert!(client.is_active(&own).await);
}

// RFC 7009 §2.1: the hint is no more than that; §2.2: an unknown one is ignored.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_hint_does_not_stop_the_search() {
    let server = TestServer::start().await;
    let client = server.client();
    for hint in ["access_token", "refresh_token", "id_token", "urn:example:unheard-of", "", "ACCESS_TOKEN"] {
        let tokens = client.sign_in_ada().await;
        revoke_with(&client, &tokens.refresh, hint).await.expect(200);
        client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("signed_out");
        let tokens = client.sign_in_ada().await;
        revoke_with(&client, &tokens.access, hint).await.expect(200);
        assert!(!client.is_active(&tokens.access).await, "{hint}");
        let service = client.as_demo_service();
        let own = service.client_credentials().await.tokens().access;
        revoke_with(&service, &own, hint).await.expect(200);
        assert!(!client.is_active(&own).await, "{hint}");
    }
}

// RFC 7009 §2.2: what is no good any more is well revoked.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_malformed_or_expired_token_is_200() {
    let server = TestServer::start().await;
    let client = server.client();
    let service = client.as_demo_service();
    let tokens = client.sign_in_ada().await;
    let own = service.client_credentials().await.tokens().access;
    let unknown = format!("grt_{}", URL_SAFE_NO_PAD.encode([7; 52]));
    let long = "x".repeat(10_000);
    for token in ["x", "a.b.c", "..", "grt_", "grt_x", "ünïcödé", " ", "gcs_x", &unknown, &long] {
        for hint in ["", "access_token", "refresh_token"] {
            let answer = revoke_with(&client, token, hint).await.expect(200);
            assert_eq!(answer.body, "", "{answer}");
        }
        service.revoke(token).await.expect(200);
    }
    server.clock().advance(300);
    client.revoke(&tokens.access).await.expect(200);
    service.revoke(&own).await.expect(200);
    let tokens = client.refresh(&tokens.refresh).await.tokens();
    server.clock().advance(90 * 24 * 60 * 60);
    client.revoke(&tokens.refresh).await.expect(200);
    client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant");
}

// RFC 7009 §2.1, DESIGN.md §2: an access token that has expired stands for nothing.
#[tokio::test(flavor = "multi_thread")]
async fn an_expired_access_token_does_not_end_the_session() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    server.clock().advance(300);
    client.revoke(&tokens.access).await.expect(200);
    client.refresh(&tokens.refresh).await.tokens();
}

// RFC 7009 §2.1, DESIGN.md §2: a forged token names somebody's session, and ends nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_forged_refresh_token_ends_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let bytes = URL_SAFE_NO_PAD.decode(tokens.refresh.strip_prefix("grt_").expect("the prefix")).expect("base64url");
    for place in [0, 16, 19, 20, 51] {
        let mut forged = bytes.clone();
        forged[place] ^= 1;
        let forged = format!("grt_{}", URL_SAFE_NO_PAD.encode(forged));
        // Not even the news that it is another client's.
        client.revoke(&forged).await.expect(200);
        client.as_public("grant-cli").revoke(&forged).await.expect(200);
    }
    assert!(client.is_active(&tokens.access).await);
    client.refresh(&tokens.refresh).await.tokens();
}

// RFC 7009 §2.1: what is revoked twice is revoked.
#[tokio::test(flavor = "multi_thread")]
async fn a_second_revocation_is_200() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    for token in [&tokens.refresh, &tokens.refresh, &tokens.access, &tokens.access] {
        client.revoke(token).await.expect(200);
    }
    let service = client.as_demo_service();
    let own = service.client_credentials().await.tokens().access;
    service.revoke(&own).await.expect(200);
    service.revoke(&own).await.expect(200);
    let log = client.get("/api/v1/me/activity", &client.sign_in_ada().await.access).await.expect(200);
    let events = log["items"].as_array().expect("a list");
    assert_eq!(events.iter().filter(|event| event["type"] == "signed_out").count(), 1, "told once{log}");
}

// RFC 7009 §2.1
#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_the_request_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    for form in [&[][..], &[("token", "")], &[("token_type_hint", "access_token")]] {
        client.form(REVOKE, form).await.expect_error(400, "invalid_request").expect_reason("missing_parameter");
    }
    let twice = [("token", "x"), ("token", "x")];
    client.form(REVOKE, &twice).await.expect_error(400, "invalid_request").expect_reason("repeated_parameter");
}

// RFC 7009 §2.1: the access tokens of the grant go with the refresh token.
#[tokio::test(flavor = "multi_thread")]
async fn revoking_a_refresh_token_of_any_generation_ends_the_session() {
    let server = TestServer::start().await;
    let client = server.client();
    for generation in 0..3 {
        let first = client.sign_in_ada().await;
        let second = client.refresh(&first.refresh).await.tokens();
        let third = client.refresh(&second.refresh).await.tokens();
        let all = [first, second, third];
        client.revoke(&all[generation].refresh).await.expect(200);
        for tokens in &all {
            client.userinfo(&tokens.access).await.expect(401).expect_reason("signed_out");
            assert!(!client.is_active(&tokens.access).await);
            client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("signed_out");
        }
    }
}

// RFC 7009 §2, §2.1: an access token is revoked too, and here the session with it.
#[tokio::test(flavor = "multi_thread")]
async fn revoking_an_access_token_of_any_generation_ends_the_session() {
    let server = TestServer::start().await;
    let client = server.client();
    let other = client.sign_in_ada().await;
    for generation in 0..2 {
        let first = client.sign_in_ada().await;
        let second = client.refresh(&first.refresh).await.tokens();
        let all = [first, second];
        client.revoke(&all[generation].access).await.expect(200);
        for tokens in &all {
            client.get("/api/v1/me", &tokens.access).await.expect(401).expect_reason("signed_out");
            client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("signed_out");
        }
    }
    client.userinfo(&other.access).await.expect(200);
}

// DESIGN.md §2: a client's own token is revoked alone, by its `jti`.
#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_token_is_revoked_alone() {
    let server = TestServer::start().await;
    let client = server.client();
    let service = client.as_demo_service();
    let (one, other) = (service.client_credentials().await.tokens(), service.client_credentials().await.tokens());
    assert!(client.is_active(&one.access).await);
    service.revoke(&one.access).await.expect(200);
    assert!(!client.is_active(&one.access).await);
    assert_eq!(service.introspect(&one.access).await.expect(200).json, serde_json::json!({"active": false}));
    assert!(client.is_active(&other.access).await);
    assert!(client.is_active(&service.client_credentials().await.tokens().access).await);
    // Until it would have expired.
    server.clock().advance(299);
    assert!(!client.is_active(&one.access).await && client.is_active(&other.access).await);
}

// RFC 7009 §2.1: a client without a secret names itself, and that is enough for its own tokens.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_revokes_its_own_tokens() {
    let server = TestServer::start().await;
    let client = server.client().as_public("grant-cli");
    let tokens = client.sign_in_ada().await;
    client.revoke(&tokens.refresh).await.expect(200);
    assert!(!client.is_active(&tokens.access).await);
}

// RFC 7009 §2.1
#[tokio::test(flavor = "multi_thread")]
async fn the_revocation_endpoint_answers_post_only() {
    let server = TestServer::start().await;
    let client = server.client();
    for method in [Method::GET, Method::PUT, Method::DELETE] {
        let answer = client.answer(client.request(method, REVOKE)).await.expect_error(405, "invalid_request");
        assert_eq!(answer.header("allow"), Some("POST"), "{answer}");
    }
}

// DESIGN.md §1: whoever refreshes while the session is being revoked gets nothing that lives on.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_races_a_revocation_leaves_nothing_alive() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..4 {
        let tokens = client.sign_in_ada().await;
        let refresh = format!("grant_type=refresh_token&client_id=web&refresh_token={}", tokens.refresh);
        let revoke = format!("client_id=web&token={}", tokens.refresh);
        let request = |number| match number {
            8 => (client.address(), wire::form(REVOKE, "", &revoke)),
            _ => (client.address(), wire::form("/oauth2/token", "", &refresh)),
        };
        let replies = wire::at_once((0..17).map(request).collect()).await;
        assert_eq!(replies[8].status, 200);
        for reply in replies.iter().filter(|reply| reply.status == 200 && !reply.body.is_empty()) {
            let reply = reply.json();
            let token = |member: &str| reply[member].as_str().expect("a token").to_owned();
            client.userinfo(&token("access_token")).await.expect(401).expect_reason("signed_out");
            let refreshed = client.refresh(&token("refresh_token")).await;
            refreshed.expect_error(400, "invalid_grant").expect_reason("signed_out");
        }
    }
}
