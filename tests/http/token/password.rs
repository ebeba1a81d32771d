//! Who signs in with name and password, through which client, and how often may one guess?

use grantd::flows::NewClient;
use grantd::model::client::GrantType;
use grantd_tests::server::TestServer;

use crate::new_client::{confidential, make, portal, public};

// RFC 6749 §4.3.2: a confidential client must authenticate.
#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_client_must_authenticate_before_the_password_is_looked_at() {
    let server = TestServer::start().await;
    let portal = make(&server, portal("portal")).await;
    portal.sign_in_ada().await;
    for password in ["ada-dev-password", "wrong"] {
        let bare = portal.as_public("portal").try_sign_in("ada", password).await;
        bare.expect_error(400, "invalid_client").expect_reason("client_authentication_failed");
        let wrong = portal.as_confidential("portal", "wrong").try_sign_in("ada", password).await;
        wrong.expect_error(401, "invalid_client");
    }
}

// RFC 6749 §4.3.2, §10.7: the fifth wrong password in a row makes the next wait, and a wait cannot be guessed away.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_password_is_limited() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = client.try_sign_in("ada", "wrong").await.expect_error(400, "invalid_grant");
    assert_eq!(first.header("retry-after"), None, "{first}");
    for _ in 0..4 {
        client.try_sign_in("ada", "wrong").await.expect_error(400, "invalid_grant").expect_reason("sign_in_failed");
    }
    // The right one too, and by the e-mail address of the same account, and through another client.
    for (login, id) in [("ada", "web"), ("ADA", "web"), ("ada@example.org", "web"), ("ada", "grant-cli")] {
        let told = client.as_public(id).try_sign_in(login, "ada-dev-password").await;
        let told = told.expect_error(400, "invalid_grant").expect_reason("sign_in_failed");
        assert_eq!((told.header("retry-after"), &told.json), (Some("1"), &first.json), "{told}");
    }
    client.sign_in_bob().await;
    server.clock().advance(1);
    client.sign_in_ada().await;
    // A right one forgets the wrong ones.
    for _ in 0..4 {
        client.try_sign_in("ada", "wrong").await.expect_error(400, "invalid_grant");
    }
    client.sign_in_ada().await;
}

// RFC 6749 §10.7: each further guess doubles the wait, up to a quarter of an hour.
#[tokio::test(flavor = "multi_thread")]
async fn the_wait_between_guesses_doubles_up_to_fifteen_minutes() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..5 {
        client.try_sign_in("bob", "wrong").await.expect_error(400, "invalid_grant");
    }
    let mut waits = Vec::new();
    for _ in 0..12 {
        let told = client.try_sign_in("bob", "wrong").await.expect_error(400, "invalid_grant");
        let wait: i64 = told.header("retry-after").and_then(|wait| wait.parse().ok()).expect("a number of seconds");
        waits.push(wait);
        server.clock().advance(wait);
        client.try_sign_in("bob", "wrong").await.expect_error(400, "invalid_grant");
    }
    assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
}

// RFC 6749 §10.7, OWASP: who has no account is told the same as who has one.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_user_is_told_what_a_wrong_password_is_told() {
    let server = TestServer::start().await;
    let client = server.client();
    let told = async |name: &str| {
        let mut told = Vec::new();
        for _ in 0..6 {
            let answer = client.try_sign_in(name, "wrong").await;
            told.push((answer.status, answer.header("retry-after").map(str::to_owned), answer.body));
        }
        told
    };
    assert_eq!(told("ada").await, told("nobody").await);
}

// RFC 9700 §2.4: a documented deviation, so only for clients that are registered for it.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_client_with_the_password_grant_takes_passwords() {
    let server = TestServer::start().await;
    let refresher = NewClient { grants: vec![GrantType::RefreshToken], ..confidential("refresher") };
    for client in [make(&server, confidential("service")).await, make(&server, refresher).await] {
        for password in ["ada-dev-password", "wrong"] {
            let answer = client.try_sign_in("ada", password).await;
            answer.expect_error(400, "unauthorized_client").expect_reason("grant_not_allowed");
        }
    }
    server
        .client()
        .as_demo_service()
        .try_sign_in("ada", "ada-dev-password")
        .await
        .expect_error(400, "unauthorized_client");
}

// RFC 9700 §2.4: a client that is made later gets the password grant only when the operator asks.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_client_has_the_password_grant_only_when_it_was_asked_for() {
    let server = TestServer::start().await;
    let silent = make(&server, NewClient { grants: Vec::new(), ..confidential("silent") }).await;
    silent.try_sign_in("ada", "ada-dev-password").await.expect_error(400, "unauthorized_client");
    silent.client_credentials().await.tokens();
    let nothing = NewClient { grants: Vec::new(), ..public("nothing") };
    server.create_client(nothing).await.expect_err("a public client without a grant");
}

// RFC 6749 §4.3.3, DESIGN.md §2 "Tokens and scopes"
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_comes_if_and_only_if_the_client_has_that_grant() {
    let server = TestServer::start().await;
    for new in [public("page"), portal("portal")] {
        let once = make(&server, NewClient { grants: vec![GrantType::Password], ..new }).await;
        for scope in ["openid", "openid profile email"] {
            let tokens = once.sign_in_for("ada", "ada-dev-password", scope).await;
            assert_eq!(tokens.refresh, "");
            once.userinfo(&tokens.access).await.expect(200);
        }
    }
    assert!(!server.client().sign_in_ada().await.refresh.is_empty());
    assert!(!make(&server, portal("twice")).await.sign_in_ada().await.refresh.is_empty());
}

// RFC 6749 §4.3.2
#[tokio::test(flavor = "multi_thread")]
async fn name_and_password_are_both_needed() {
    let server = TestServer::start().await;
    let client = server.client();
    for parameter in [("username", "ada"), ("password", "ada-dev-password")] {
        let answer = client.token(&[("grant_type", "password"), parameter]).await;
        answer.expect_error(400, "invalid_request").expect_reason("missing_parameter");
    }
}

// DESIGN.md §2: a name or an e-mail address signs in, whatever its case.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_in_any_case_and_an_email_address_sign_in() {
    let server = TestServer::start().await;
    let client = server.client();
    let subject = client.sign_in_ada().await.claims()["sub"].clone();
    for login in ["Ada", "ADA", "ada@example.org", "Ada@Example.ORG"] {
        assert_eq!(client.sign_in(login, "ada-dev-password").await.claims()["sub"], subject, "{login}");
    }
    for password in ["Ada-dev-password", " ada-dev-password", "ada-dev-password ", "ada-dev-password\n"] {
        client.try_sign_in("bob", password).await.expect_error(400, "invalid_grant");
    }
}
