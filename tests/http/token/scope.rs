//! What may a token be used for? What was asked for, what the client may have, and what the user is.

use grantd::flows::NewClient;
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;

use crate::new_client::{confidential, make, owned, portal};

async fn ask(client: &Client, username: &str, scope: &str) -> Answer {
    let password = format!("{username}-dev-password");
    let parameters = [("grant_type", "password"), ("username", username), ("password", &password), ("scope", scope)];
    client.token(&parameters).await
}

// RFC 6749 §3.3: the default is pre-defined, and the answer says it.
#[tokio::test(flavor = "multi_thread")]
async fn asked_for_nothing_it_is_the_clients_list_without_admin_and_offline_access() {
    let server = TestServer::start().await;
    let tokens = server.client().sign_in_ada().await;
    assert_eq!(tokens.scope, "openid profile email account sessions cats:write");
    assert_eq!(tokens.claims()["scope"], tokens.scope.as_str());
}

// DESIGN.md §2: a client without a list may have `openid profile email`.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_without_a_list_may_have_openid_profile_and_email() {
    let server = TestServer::start().await;
    let portal = make(&server, portal("portal")).await;
    assert_eq!(portal.sign_in_ada().await.scope, "openid profile email");
    for scope in ["account", "sessions", "admin", "openid account"] {
        ask(&portal, "ada", scope).await.expect_error(400, "invalid_scope").expect_reason("scope_not_allowed");
    }
}

// RFC 6749 §3.3: the answer names the scope, whether or not it is what was asked for.
#[tokio::test(flavor = "multi_thread")]
async fn every_token_answer_names_its_scope() {
    let server = TestServer::start().await;
    let client = server.client();
    assert_eq!(ask(&client, "ada", "openid").await.tokens().scope, "openid");
    let first = ask(&client, "ada", "email openid").await.tokens();
    let mut scopes: Vec<_> = first.scope.split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["email", "openid"]);
    assert_eq!(client.refresh(&first.refresh).await.tokens().scope, first.scope);
    assert_eq!(client.as_demo_service().client_credentials().await.tokens().scope, "openid profile email");
}

// RFC 6749 §5.2
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_scope_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    for scope in
        ["unheard-of", "openid unheard-of", "OpenID", "openid\tprofile", "openid,profile", "op\"enid", "\\", "é"]
    {
        ask(&client, "ada", scope).await.expect_error(400, "invalid_scope").expect_reason("scope_not_allowed");
    }
    let service = client.as_demo_service();
    let own = service.token(&[("grant_type", "client_credentials"), ("scope", "openid cats:write")]).await;
    own.expect_error(400, "invalid_scope").expect_reason("scope_not_allowed");
}

// RFC 6749 §3.3: names separated by spaces, in any order; one named twice counts once.
#[tokio::test(flavor = "multi_thread")]
async fn spaces_and_repetitions_in_a_scope_say_nothing() {
    let server = TestServer::start().await;
    let tokens = ask(&server.client(), "ada", "  openid   email openid ").await.tokens();
    let mut scopes: Vec<_> = tokens.scope.split(' ').collect();
    scopes.sort_unstable();
    assert_eq!(scopes, ["email", "openid"]);
}

// RFC 6749 §3.3: scope = scope-token *( SP scope-token ), so spaces alone name none; nothing may come of it that was not asked for.
#[tokio::test(flavor = "multi_thread")]
async fn a_scope_of_spaces_gives_no_more_than_no_scope() {
    let server = TestServer::start().await;
    let client = server.client();
    let usual = client.sign_in_ada().await.scope;
    for scope in [" ", "   "] {
        let answer = ask(&client, "ada", scope).await;
        if answer.status == 200 {
            let scope = answer.tokens().scope;
            assert!(scope.is_empty() || scope == usual, "{answer}");
            assert_eq!(answer.tokens().claims()["scope"], scope.as_str());
        } else {
            answer.expect_error(400, "invalid_scope");
        }
    }
}

// DESIGN.md §2: `admin` without the role is left out, and the answer says so (RFC 6749 §3.3).
#[tokio::test(flavor = "multi_thread")]
async fn admin_is_left_out_for_a_user_without_the_role() {
    let server = TestServer::start().await;
    let client = server.client();
    assert_eq!(ask(&client, "ada", "openid admin").await.tokens().scope, "openid admin");
    let bob = ask(&client, "bob", "openid admin").await.tokens();
    assert_eq!((bob.scope.as_str(), &bob.claims()["scope"]), ("openid", &"openid".into()));
    assert_eq!(bob.claims()["roles"], serde_json::json!([]));
    let refreshed = client.refresh(&bob.refresh).await.tokens();
    assert_eq!(refreshed.scope, "openid");
}

// DESIGN.md §2: the role is read from the user's row, at a refresh too.
#[tokio::test(flavor = "multi_thread")]
async fn admin_goes_with_the_role() {
    let server = TestServer::start().await;
    let client = server.client();
    let first = ask(&client, "ada", "openid admin").await.tokens();
    server.home().rows().execute("UPDATE users SET roles = '' WHERE username = 'ada'").await;
    let second = client.refresh(&first.refresh).await.tokens();
    assert_eq!((second.scope.as_str(), &second.claims()["roles"]), ("openid", &serde_json::json!([])));
}

// DESIGN.md §2: no effect in the password grant.
#[tokio::test(flavor = "multi_thread")]
async fn offline_access_changes_nothing_in_the_password_grant() {
    let server = TestServer::start().await;
    let tokens = ask(&server.client(), "ada", "openid offline_access").await.tokens();
    assert_eq!(tokens.expires_in, 300);
    assert!(tokens.scope.split(' ').any(|scope| scope == "openid"), "{}", tokens.scope);
}

// DESIGN.md §2: and any an operator adds.
#[tokio::test(flavor = "multi_thread")]
async fn an_operator_may_give_scopes_of_any_name() {
    let server = TestServer::start().await;
    let scopes = owned(&["https://api.example/read", "a!#[]^~", "openid"]);
    let client = make(&server, NewClient { scopes, ..confidential("robot") }).await;
    assert_eq!(client.client_credentials().await.tokens().scope, "https://api.example/read a!#[]^~ openid");
}
