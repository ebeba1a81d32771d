//! When does an access token die? In the second of its `exp`, and at the next request after its session or client has ended.

use grantd::model::secret::Secret;
use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::{BEGIN, TestServer};
use grantd_tests::wire;
use serde_json::json;

/// Fails the test unless the token is refused at every door, for this reason.
async fn assert_dead(client: &Client, token: &str, reason: &str) {
    for path in ["/oauth2/userinfo", "/api/v1/me", "/api/v1/me/sessions", "/api/v1/me/activity"] {
        client.get(path, token).await.expect(401).expect_reason(reason);
    }
    let told = client.as_demo_api().introspect(token).await.expect(200);
    assert_eq!(told.json, json!({"active": false}), "{told}");
}

/// Fails the test unless the token is taken at every door.
async fn assert_alive(client: &Client, token: &str) {
    for path in ["/oauth2/userinfo", "/api/v1/me", "/api/v1/me/sessions"] {
        client.get(path, token).await.expect(200);
    }
    assert!(client.is_active(token).await);
}

// RFC 7519 §4.1.4: on or after `exp` it must not be accepted; DESIGN.md §2: without leeway.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_lives_until_the_second_of_its_exp_and_no_longer() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let own = client.as_demo_service().client_credentials().await.tokens();
    server.clock().set(BEGIN + 299);
    assert_alive(&client, &tokens.access).await;
    assert!(client.is_active(&own.access).await);
    server.clock().set(BEGIN + 300);
    assert_dead(&client, &tokens.access, "expired").await;
    assert!(!client.is_active(&own.access).await);
    server.clock().set(BEGIN + 1_000_000);
    assert_dead(&client, &tokens.access, "expired").await;
    client.refresh(&tokens.refresh).await.tokens();
}

// DESIGN.md §2: a rotation ends no access token.
#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_leaves_earlier_access_tokens_alive() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_ada().await;
    server.clock().advance(60);
    let second = client.refresh(&first.refresh).await.tokens();
    assert_alive(&client, &first.access).await;
    assert_alive(&client, &second.access).await;
    server.clock().set(BEGIN + 300);
    assert_dead(&client, &first.access, "expired").await;
    assert_alive(&client, &second.access).await;
}

// A clock that jumps back makes nobody's token bad, and brings nothing back that was revoked.
#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_ends_nothing_and_revives_nothing_revoked() {
    let server = TestServer::start().await;
    let client = server.client();
    let service = client.as_demo_service();
    let revoked = client.sign_in_bob().await;
    let revoked_own = service.client_credentials().await.tokens();
    client.revoke(&revoked.refresh).await.expect(200);
    service.revoke(&revoked_own.access).await.expect(200);
    let living = client.sign_in_ada().await;
    let own = service.client_credentials().await.tokens();
    server.clock().set(BEGIN - 3_600);
    assert_alive(&client, &living.access).await;
    assert!(client.is_active(&own.access).await);
    let refreshed = client.refresh(&living.refresh).await.tokens();
    assert_eq!(refreshed.expires_in, 300);
    assert_alive(&client, &refreshed.access).await;
    assert_dead(&client, &revoked.access, "signed_out").await;
    assert!(!client.is_active(&revoked_own.access).await);
    let fresh = client.sign_in_ada().await;
    assert_alive(&client, &fresh.access).await;
}

/// Two sessions of ada's, in the first generation and in the second.
async fn sessions(client: &Client) -> [Tokens; 3] {
    let first = client.sign_in_ada().await;
    let second = client.refresh(&first.refresh).await.tokens();
    [first, second, client.sign_in_ada().await]
}

// DESIGN.md §1: at the next request after the revocation.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_dead_at_the_next_request_after_their_session_was_revoked() {
    let server = TestServer::start().await;
    let client = server.client();
    let [first, second, other] = sessions(&client).await;
    assert_alive(&client, &second.access).await;
    client.revoke(&second.refresh).await.expect(200);
    for token in [&first.access, &second.access] {
        assert_dead(&client, token, "signed_out").await;
    }
    assert_alive(&client, &other.access).await;
}

// DESIGN.md §2: ending a session, from another one or from all of them.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_dead_at_the_next_request_after_their_session_was_ended() {
    let server = TestServer::start().await;
    let client = server.client();
    let [first, second, other] = sessions(&client).await;
    let sid = first.claims()["sid"].as_str().expect("a session").to_owned();
    client.delete(&format!("/api/v1/me/sessions/{sid}"), &other.access).await.expect(204);
    for token in [&first.access, &second.access] {
        assert_dead(&client, token, "session_ended").await;
    }
    client.refresh(&second.refresh).await.expect_error(400, "invalid_grant").expect_reason("session_ended");
    assert_alive(&client, &other.access).await;
    client.delete("/api/v1/me/sessions", &other.access).await.expect(204);
    assert_dead(&client, &other.access, "signed_out_everywhere").await;
}

// OAuth 2.1 §4.3.1, DESIGN.md §2: a password that an administrator sets ends every session.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_dead_at_the_next_request_after_an_administrator_has_set_the_password() {
    let server = TestServer::start().await;
    let client = server.client();
    let [first, second, other] = sessions(&client).await;
    let password = Secret::new("another-long-password".to_owned());
    server.set_password("ada", &password).await.expect("a new password");
    for tokens in [&first, &second, &other] {
        assert_dead(&client, &tokens.access, "password_changed").await;
    }
    for tokens in [&second, &other] {
        let answer = client.refresh(&tokens.refresh).await;
        answer.expect_error(400, "invalid_grant").expect_reason("password_changed");
    }
    let fresh = client.sign_in("ada", "another-long-password").await;
    assert_alive(&client, &fresh.access).await;
}

// DESIGN.md §2: a lock.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_dead_at_the_next_request_after_the_user_was_locked() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_bob().await;
    server.set_locked("bob", true).await.expect("a lock");
    assert_dead(&client, &tokens.access, "user_locked").await;
    client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("user_locked");
    client
        .try_sign_in("bob", "bob-dev-password")
        .await
        .expect_error(400, "invalid_grant")
        .expect_reason("sign_in_failed");
}

// DESIGN.md §6: what a key signed that has gone is refused at the next request.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_dead_at_the_next_request_after_their_key_has_gone() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let own = client.as_demo_service().client_credentials().await.tokens();
    assert_alive(&client, &tokens.access).await;
    server.home().rows().execute("DELETE FROM signing_keys WHERE alg = 'ES256'").await;
    assert_dead(&client, &tokens.access, "unknown_token").await;
    assert!(!client.is_active(&own.access).await);
}

// DESIGN.md §2: a client's own token dies with its client.
#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_token_dies_with_its_client() {
    let server = TestServer::start().await;
    let client = server.client();
    let own = client.as_demo_service().client_credentials().await.tokens();
    assert!(client.is_active(&own.access).await);
    server.home().rows().execute("DELETE FROM clients WHERE id = 'demo-service'").await;
    assert!(!client.is_active(&own.access).await);
    let again = client.as_demo_service().client_credentials().await;
    again.expect_error(401, "invalid_client").expect_reason("client_authentication_failed");
}

// DESIGN.md §1: whoever signs in while the user is being locked gets nothing that lives on.
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_races_a_lock_leaves_nothing_alive() {
    let server = TestServer::start().await;
    let client = server.client();
    let form = "grant_type=password&username=bob&password=bob-dev-password&client_id=web";
    let sign_ins = (0..16).map(|_| (client.address(), wire::form("/oauth2/token", "", form))).collect();
    let (replies, locked) = tokio::join!(wire::at_once(sign_ins), server.set_locked("bob", true));
    assert!(locked.expect("a lock"), "it was locked just now");
    for reply in replies {
        if reply.status == 200 {
            let token = reply.json()["access_token"].as_str().expect("an access token").to_owned();
            assert_dead(&client, &token, "user_locked").await;
        }
    }
}
