//! Is each token good for what it was made for, and for nothing else? Kinds, clients, users, audiences and roles, confused on purpose.

use grantd::flows::{By, NewClient};
use grantd::model::client::GrantType;
use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::json;

use super::{ALL, CLIENTS, USERS, administrator, at, doors};
use crate::new_client::{SECRET, confidential, make, owned, portal};

/// Fails the test unless every door of the administration is shut to this token, for this reason.
async fn shut(server: &TestServer, what: &str, token: &str, status: u16, reason: &str) {
    for (method, path, body) in doors(server).await {
        let answer = server.client().send(method, &path, token, &body).await;
        assert_eq!((answer.status, answer["reason"].as_str()), (status, Some(reason)), "{what}{answer}");
    }
}

async fn set_roles(server: &TestServer, name: &str, roles: &[&str], admin: &str) {
    let path = at(server, name).await;
    server.client().send(Method::PATCH, &path, admin, &json!({"roles": roles})).await.expect(200);
}

async fn refresh_for(client: &Client, tokens: &Tokens, scope: &str) -> grantd_tests::client::Answer {
    client.token(&[("grant_type", "refresh_token"), ("refresh_token", &tokens.refresh), ("scope", scope)]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_but_an_administrators_access_token_opens_the_administration() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await;
    let everything = owned(&ALL.split(' ').collect::<Vec<_>>());
    let grants = vec![GrantType::ClientCredentials];
    let robot = make(&server, NewClient { scopes: everything.clone(), grants, ..confidential("robot") }).await;
    let own = robot.client_credentials().await.tokens();
    assert!(!own.scope.contains("admin"), "{}", own.scope);
    let resources = owned(&["https://api.example"]);
    let elsewhere = make(&server, NewClient { scopes: everything, resources, ..portal("elsewhere") }).await;
    let sign_in = |resource: &'static str| {
        let form = [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password"), ("scope", ALL)];
        let form: Vec<_> = form.into_iter().chain([("resource", resource)]).collect();
        let elsewhere = &elsewhere;
        async move { elsewhere.token(&form).await.tokens() }
    };
    let abroad = sign_in("https://api.example").await;
    for (what, token) in [
        ("a refresh token", &ada.refresh),
        ("a token for another audience", &abroad.access),
        ("a client's secret", &SECRET.to_owned()),
        ("a session's id", &ada.claims()["sid"].as_str().expect("a session").to_owned()),
    ] {
        shut(&server, what, token, 401, "unknown_token").await;
    }
    shut(&server, "a service's own token", &own.access, 401, "user_needed").await;
    shut(&server, "an administrator without the scope", &client.sign_in_ada().await.access, 403, "insufficient_scope")
        .await;
    let bob = client.sign_in_for("bob", "bob-dev-password", ALL).await;
    shut(&server, "a user without the role", &bob.access, 403, "role_missing").await;
    shut(&server, "nobody", "", 401, "no_credentials").await;
    // A refresh brings no audience that was not there.
    let again = elsewhere
        .token(&[("grant_type", "refresh_token"), ("refresh_token", &abroad.refresh), ("resource", server.url())])
        .await;
    again.expect_error(400, "invalid_target");
    // Nothing was changed by all that.
    client.sign_in_bob().await;
    client.get(USERS, &ada.access).await.expect(200);
    client.as_demo_api().introspect(&ada.access).await.expect(200);
    client.get(&format!("{CLIENTS}/backdoor"), &ada.access).await.expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_and_a_refresh_token_do_not_stand_for_each_other() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_bob().await;
    let own = client.as_demo_service().client_credentials().await.tokens();
    for token in [&tokens.access, &own.access] {
        client.refresh(token).await.expect_error(400, "invalid_grant").expect_reason("unknown_token");
    }
    for path in ["/oauth2/userinfo", "/api/v1/me", "/api/v1/me/sessions"] {
        client.get(path, &tokens.refresh).await.expect(401).expect_reason("unknown_token");
        client.get(path, &own.access).await.expect(401).expect_reason("user_needed");
    }
    // The token of one client is no other's to give back, and stays good.
    client.as_demo_service().revoke(&tokens.refresh).await.expect_error(400, "invalid_grant");
    client.as_demo_service().revoke(&tokens.access).await.expect_error(400, "invalid_grant");
    client.revoke(&own.access).await.expect_error(400, "invalid_grant");
    client.userinfo(&tokens.access).await.expect(200);
    assert!(client.is_active(&own.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_of_the_same_name_is_another() {
    let server = TestServer::start().await;
    let client = server.client();
    let (before, ada) = (client.sign_in_bob().await, administrator(&client).await);
    let path = at(&server, "bob").await;
    client.delete(&path, &ada.access).await.expect(204);
    client.sign_up("bob", "bob@example.org", "another bob altogether").await.expect(201);
    for path in ["/oauth2/userinfo", "/api/v1/me"] {
        client.get(path, &before.access).await.expect(401).expect_reason("user_deleted");
    }
    client.refresh(&before.refresh).await.expect_error(400, "invalid_grant").expect_reason("user_deleted");
    assert!(!client.is_active(&before.access).await && !client.is_active(&before.refresh).await);
    client.try_sign_in("bob", "bob-dev-password").await.expect_error(400, "invalid_grant");
    client.get(&path, &ada.access).await.expect(404);
    let after = client.sign_in("bob", "another bob altogether").await;
    assert_ne!(after.claims()["sub"], before.claims()["sub"]);
    let sessions = client.get("/api/v1/me/sessions", &after.access).await.expect(200);
    assert_eq!(sessions["items"].as_array().map(Vec::len), Some(1), "{sessions}");
    let activity = client.get("/api/v1/me/activity", &after.access).await.expect(200);
    assert!(!activity.body.contains("user_deleted"), "another's log{activity}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_the_same_id_is_another() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await;
    let scopes = owned(&["openid", "profile"]);
    let grants = vec![GrantType::Password, GrantType::RefreshToken, GrantType::ClientCredentials];
    let new = NewClient { scopes, grants, ..portal("app") };
    let app = make(&server, new.clone()).await;
    let (user, own) = (app.sign_in_bob().await, app.client_credentials().await.tokens());
    client.delete(&format!("{CLIENTS}/app"), &ada.access).await.expect(204);
    server.clock().advance(1);
    let next = "a-secret-of-the-next-of-that-name";
    let secret = Some(grantd::model::secret::Secret::new(next.to_owned()));
    server.create_client(NewClient { secret, ..new }).await.expect("a client of that id");
    app.client_credentials().await.expect_error(401, "invalid_client");
    let app = client.as_confidential("app", next);
    assert!(!client.is_active(&own.access).await, "a token of the client before");
    client.userinfo(&user.access).await.expect(401).expect_reason("client_deleted");
    app.refresh(&user.refresh).await.expect_error(400, "invalid_grant").expect_reason("client_deleted");
    for token in [&user.access, &user.refresh, &own.access] {
        assert_eq!(app.introspect(token).await.expect(200)["active"], false);
    }
    app.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_gained_opens_nothing_to_tokens_that_were_there_before() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await;
    let before = client.sign_in_for("bob", "bob-dev-password", ALL).await;
    set_roles(&server, "bob", &["admin"], &ada.access).await;
    shut(&server, "a token from before", &before.access, 403, "insufficient_scope").await;
    refresh_for(&client, &before, ALL).await.expect_error(400, "invalid_scope");
    let refreshed = client.refresh(&before.refresh).await.tokens();
    assert!(!refreshed.scope.contains("admin"), "{}", refreshed.scope);
    assert_eq!(refreshed.claims()["roles"], json!(["admin"]), "the role is told, the scope was not granted");
    shut(&server, "a token that was refreshed", &refreshed.access, 403, "insufficient_scope").await;
    let anew = client.sign_in_for("bob", "bob-dev-password", ALL).await;
    client.get(USERS, &anew.access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_is_lost_shuts_every_door_to_tokens_that_still_tell_of_it() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await;
    set_roles(&server, "bob", &["admin"], &ada.access).await;
    let bob = client.sign_in_for("bob", "bob-dev-password", ALL).await;
    client.get(USERS, &bob.access).await.expect(200);
    set_roles(&server, "bob", &["administrator", "admin2", "Admin", "xadmin"], &ada.access).await;
    assert_eq!(bob.claims()["roles"], json!(["admin"]));
    shut(&server, "a token from before", &bob.access, 403, "role_missing").await;
    let refreshed = client.refresh(&bob.refresh).await.tokens();
    assert!(!refreshed.scope.contains("admin"), "{}", refreshed.scope);
    shut(&server, "a token that was refreshed", &refreshed.access, 403, "role_missing").await;
    let told = client.as_demo_api().introspect(&bob.access).await.expect(200);
    assert_eq!(told["roles"], json!(["administrator", "admin2", "Admin", "xadmin"]), "today's{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_client_gives_a_scope_that_it_does_not_have() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await;
    let portal = make(&server, portal("portal")).await;
    for scope in ["admin", "openid admin", "account", "Admin openid"] {
        let form =
            [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password"), ("scope", scope)];
        portal.token(&form).await.expect_error(400, "invalid_scope");
    }
    let tokens = portal.sign_in_ada().await;
    for scope in ["admin", "openid admin", "account"] {
        refresh_for(&portal, &tokens, scope).await.expect_error(400, "invalid_scope");
    }
    // What the client gains later, its sessions do not; what it loses, they lose.
    let change = |scopes: &[&str]| json!({"scopes": scopes});
    let path = format!("{CLIENTS}/portal");
    client.send(Method::PATCH, &path, &ada.access, &change(&["openid", "profile", "admin"])).await.expect(200);
    refresh_for(&portal, &tokens, "openid admin").await.expect_error(400, "invalid_scope");
    let refreshed = portal.refresh(&tokens.refresh).await.tokens();
    assert_eq!(refreshed.scope, "openid profile");
    shut(&server, "a session from before", &refreshed.access, 403, "insufficient_scope").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_looks_like_an_id_is_a_name() {
    let server = TestServer::start().await;
    let client = server.client();
    let bob = server.user_id("bob").await.to_string();
    // A username may be another's id or a client's: neither is ever taken for one.
    for (name, email) in [(bob.as_str(), "one@example.org"), ("demo-service", "two@example.org")] {
        client.sign_up(name, email, "a twin in name alone").await.expect(201);
        let twin = client.sign_in(name, "a twin in name alone").await;
        let claims = twin.claims();
        assert!(claims["sub"] != bob.as_str() && claims["sub"] != name, "{claims}");
        assert_eq!(client.get("/api/v1/me", &twin.access).await.expect(200)["username"], name);
    }
    let ada = administrator(&client).await;
    for id in [bob.as_str(), "usr_", "usr_x"] {
        let body = json!({"id": id});
        client.send(Method::POST, CLIENTS, &ada.access, &body).await.expect(422);
        assert!(server.flows().create_client(confidential(id), By::CommandLine).await.is_err(), "{id}");
    }
    assert_eq!(client.get(&format!("{USERS}/{bob}"), &ada.access).await.expect(200)["username"], "bob");
}
