//! To whom, for what and how long is a refresh token good? (The table of its generations has tests of its own.)

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd::flows::NewClient;
use grantd::model::client::GrantType;
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;

use crate::new_client::{make, owned, portal, public};

const DAY: i64 = 24 * 60 * 60;

async fn refresh_for(client: &Client, refresh_token: &str, scope: &str) -> Answer {
    let parameters = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("scope", scope)];
    client.token(&parameters).await
}

// RFC 6749 §5.2: whatever is wrong with a refresh token is `invalid_grant`.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_that_is_no_good_is_an_invalid_grant() {
    let server = TestServer::start().await;
    let client = server.client();
    let revoked = client.sign_in_bob().await.refresh;
    client.revoke(&revoked).await.expect(200);
    let idle = client.sign_in_bob().await;
    let mut forged = idle.refresh.clone();
    let last = if forged.pop() == Some('A') { 'Q' } else { 'A' };
    forged.push(last);
    let long = "x".repeat(10_000);
    let unknown = format!("grt_{}", URL_SAFE_NO_PAD.encode([7; 52]));
    for (token, reason) in [
        (forged.as_str(), "unknown_token"),
        (unknown.as_str(), "unknown_token"),
        ("grt_", "unknown_token"),
        ("not a token", "unknown_token"),
        ("ünïcödé", "unknown_token"),
        (long.as_str(), "unknown_token"),
        (idle.access.as_str(), "unknown_token"),
        (revoked.as_str(), "signed_out"),
    ] {
        client.refresh(token).await.expect_error(400, "invalid_grant").expect_reason(reason);
    }
    server.clock().advance(30 * DAY);
    client.refresh(&idle.refresh).await.expect_error(400, "invalid_grant").expect_reason("idle");
    server.clock().advance(90 * DAY);
    client.refresh(&idle.refresh).await.expect_error(400, "invalid_grant");
}

// RFC 6749 §6, RFC 9700 §4.14.2
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_of_another_client_is_an_invalid_grant() {
    let server = TestServer::start().await;
    let portal = make(&server, portal("portal")).await;
    for (owner, thief) in [
        (server.client(), server.client().as_public("grant-cli")),
        (server.client(), portal.clone()),
        (portal.clone(), server.client()),
    ] {
        let tokens = owner.sign_in_ada().await;
        let answer = thief.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant");
        answer.expect_reason("other_client");
        owner.refresh(&tokens.refresh).await.tokens();
    }
}

// RFC 6749 §6: less may be asked for, never more; the grant stays what it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_narrows_one_access_token_and_never_the_grant() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_for("ada", "ada-dev-password", "openid profile email").await;
    let narrow = refresh_for(&client, &first.refresh, "openid").await.tokens();
    assert_eq!((narrow.scope.as_str(), &narrow.claims()["scope"]), ("openid", &"openid".into()));
    for more in ["openid account", "admin", "unheard-of", "offline_access"] {
        let answer = refresh_for(&client, &narrow.refresh, more).await;
        answer.expect_error(400, "invalid_scope").expect_reason("scope_not_allowed");
    }
    let whole = client.refresh(&narrow.refresh).await.tokens();
    assert_eq!(whole.scope, "openid profile email");
    let again = refresh_for(&client, &whole.refresh, "email openid").await.tokens();
    let mut scopes: Vec<_> = again.scope.split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["email", "openid"]);
}

// OAuth 2.1 §4.3: the new refresh token has the scope of the one before it.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_refresh_token_has_the_scope_of_the_one_before_it() {
    let server = TestServer::start().await;
    let portal = make(&server, NewClient { scopes: owned(&["openid", "email", "read"]), ..portal("portal") }).await;
    let first = portal.sign_in_ada().await;
    let told = portal.introspect(&first.refresh).await.expect(200);
    assert_eq!(told["scope"], "openid email read", "{told}");
    let second = refresh_for(&portal, &first.refresh, "read").await.tokens();
    let told = portal.introspect(&second.refresh).await.expect(200);
    assert_eq!(told["scope"], "openid email read", "{told}");
}

// RFC 9700 §2.2.2, §4.14.2: rotated, since a public client cannot prove that it is the same.
#[tokio::test(flavor = "multi_thread")]
async fn the_refresh_tokens_of_a_public_client_always_rotate() {
    let server = TestServer::start().await;
    let client = make(&server, public("page")).await;
    let first = client.sign_in_ada().await;
    let second = client.refresh(&first.refresh).await.tokens();
    assert_ne!(first.refresh, second.refresh);
    let lasting = NewClient { rotation: false, ..public("lasting") };
    server.create_client(lasting).await.expect_err("a public client without rotation");
}

// RFC 9700 §4.14.2: a superseded and confirmed token that comes again ends the family, with every token of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_superseded_refresh_token_that_comes_again_ends_the_session() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_ada().await;
    let second = client.refresh(&first.refresh).await.tokens();
    client.userinfo(&second.access).await.expect(200);
    server.clock().advance(46);
    client.refresh(&first.refresh).await.expect_error(400, "invalid_grant").expect_reason("refresh_token_reused");
    client.refresh(&second.refresh).await.expect_error(400, "invalid_grant").expect_reason("refresh_token_reused");
    for token in [&first.access, &second.access] {
        client.userinfo(token).await.expect_error(401, "invalid_token").expect_reason("refresh_token_reused");
        assert!(!client.is_active(token).await);
    }
}

// RFC 9700 §4.14.2: bound to what it was granted for, and nobody can write another grant into it.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_with_any_byte_changed_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.sign_in_ada().await;
    let bytes = URL_SAFE_NO_PAD.decode(first.refresh.strip_prefix("grt_").expect("the prefix")).expect("base64url");
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let changed = format!("grt_{}", URL_SAFE_NO_PAD.encode(changed));
        client.refresh(&changed).await.expect_error(400, "invalid_grant").expect_reason("unknown_token");
    }
    client.refresh(&first.refresh).await.tokens();
}

// RFC 6749 §6: the client must still be registered for it and authenticate.
#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_client_must_authenticate_to_refresh() {
    let server = TestServer::start().await;
    let portal = make(&server, portal("portal")).await;
    let tokens = portal.sign_in_ada().await;
    portal.as_public("portal").refresh(&tokens.refresh).await.expect_error(400, "invalid_client");
    portal.as_confidential("portal", "wrong").refresh(&tokens.refresh).await.expect_error(401, "invalid_client");
    portal.refresh(&tokens.refresh).await.tokens();
    let once = make(&server, NewClient { grants: vec![GrantType::Password], ..public("once") }).await;
    once.refresh(&tokens.refresh).await.expect_error(400, "unauthorized_client").expect_reason("grant_not_allowed");
}

// RFC 6749 §10.10, RFC 6819 §5.1.4.2.2: at least 128 bits that nobody can guess.
#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_beyond_guessing() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut macs = Vec::new();
    for _ in 0..20 {
        let refresh = client.sign_in_ada().await.refresh;
        let bytes = URL_SAFE_NO_PAD.decode(refresh.strip_prefix("grt_").expect("the prefix")).expect("base64url");
        macs.push(bytes[bytes.len() - 32..].to_vec());
    }
    assert_beyond_guessing(&macs);
    let service = client.as_demo_service();
    let mut jtis = Vec::new();
    for _ in 0..20 {
        let claims = service.client_credentials().await.tokens().claims();
        jtis.push(URL_SAFE_NO_PAD.decode(claims["jti"].as_str().expect("a jti")).expect("base64url"));
    }
    assert_beyond_guessing(&jtis);
}

/// Each has 16 bytes at least, and no place holds the same byte in all of them.
fn assert_beyond_guessing(samples: &[Vec<u8>]) {
    let length = samples.iter().map(Vec::len).min().expect("samples");
    assert!(length >= 16, "{length} bytes");
    for place in 0..length {
        let fixed = samples.iter().all(|sample| sample[place] == samples[0][place]);
        assert!(!fixed, "byte {place} is the same in all: {samples:?}");
    }
}
