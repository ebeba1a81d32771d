//! What does a client learn about a token, and who learns nothing? (RFC 7662)

use grantd::flows::NewClient;
use grantd::model::client::GrantType;
use grantd_tests::client::{self, Answer, Client, Tokens};
use grantd_tests::server::{BEGIN, TestServer};
use reqwest::Method;
use serde_json::json;

use crate::access_token::forge::{Key, message, with};
use crate::new_client::{confidential, make, owned, portal, resource_server};

const INTROSPECT: &str = "/oauth2/introspect";
const CATS: &str = "http://localhost:8090";
const DOGS: &str = "https://dogs.example";

/// Fails the test unless nothing is told.
#[track_caller]
fn assert_inactive(answer: &Answer) {
    assert_eq!((answer.status, &answer.json), (200, &json!({"active": false})), "{answer}");
}

/// Ada's tokens for these resources.
async fn sign_in_for(client: &Client, resources: &[&str]) -> Tokens {
    let ada = [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password")];
    let resources = resources.iter().map(|&resource| ("resource", resource));
    client.token(&ada.into_iter().chain(resources).collect::<Vec<_>>()).await.tokens()
}

// RFC 7662 §2.1, §2.3: 401 before the token is looked at, however the credentials came.
#[tokio::test(flavor = "multi_thread")]
async fn the_caller_is_authorized_before_the_token_is_looked_at() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let mut told = Vec::new();
    for token in [tokens.access.as_str(), tokens.refresh.as_str(), "unknown", "", &"x".repeat(10_000)] {
        let form = [("token", token)];
        let from_body = [("token", token), ("client_id", "demo-api"), ("client_secret", "wrong")];
        for answer in [
            client.bare_form(INTROSPECT, &form).await,
            client.bare_form(INTROSPECT, &from_body).await,
            client.as_confidential("demo-api", "wrong").introspect(token).await,
            client.as_confidential("nobody", "wrong").introspect(token).await,
            client.as_public("demo-api").introspect(token).await,
            client.answer(client.bearer(Method::POST, INTROSPECT, &tokens.access).form(&form)).await,
        ] {
            let answer = answer.expect_error(401, "invalid_client").expect_reason("client_authentication_failed");
            assert!(answer.header("www-authenticate").is_some_and(|it| it.starts_with("Basic ")), "{answer}");
            told.push(answer.body);
        }
    }
    told.dedup();
    assert_eq!(told.len(), 1, "one answer for all: {told:?}");
}

// DESIGN.md §2: confidential clients only; the body holds no more than a name that anybody knows.
#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_is_401() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    for id in ["web", "grant-cli", "swagger-ui"] {
        for token in [&tokens.access, &tokens.refresh, "unknown", ""] {
            client.as_public(id).introspect(token).await.expect_error(401, "invalid_client");
            client.as_confidential(id, "").introspect(token).await.expect_error(401, "invalid_client");
        }
    }
}

// RFC 7662 §2.1
#[tokio::test(flavor = "multi_thread")]
async fn credentials_from_the_body_are_taken() {
    let server = TestServer::start().await;
    let client = server.client();
    let token = client.sign_in_ada().await.access;
    let form = [("token", token.as_str()), ("client_id", "demo-api"), ("client_secret", "demo-api-dev-secret")];
    assert_eq!(client.bare_form(INTROSPECT, &form).await.expect(200)["active"], true);
}

// RFC 7662 §2.1
#[tokio::test(flavor = "multi_thread")]
async fn without_a_token_the_request_is_refused() {
    let server = TestServer::start().await;
    let api = server.client().as_demo_api();
    for form in [&[][..], &[("token", "")], &[("token_type_hint", "access_token")]] {
        api.form(INTROSPECT, form).await.expect_error(400, "invalid_request").expect_reason("missing_parameter");
    }
    let twice = [("token", "x"), ("token", "x")];
    api.form(INTROSPECT, &twice).await.expect_error(400, "invalid_request").expect_reason("repeated_parameter");
    for method in [Method::GET, Method::PUT] {
        let answer = api.answer(api.request(method, INTROSPECT)).await.expect(405);
        assert_eq!(answer.header("allow"), Some("POST"), "{answer}");
    }
}

// RFC 7662 §2.2: nothing more than that it is not active, and no reason why.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_no_good_is_inactive_and_nothing_else() {
    let server = TestServer::start().await;
    let client = server.client();
    let portal = make(&server, portal("portal")).await;
    let api = client.as_demo_api();
    let (tokens, revoked) = (portal.sign_in_ada().await, portal.sign_in_ada().await);
    portal.revoke(&revoked.refresh).await.expect(200);
    for token in ["unknown", "a.b.c", "..", "grt_x", " ", "ünïcödé", &"x".repeat(10_000), &revoked.access] {
        assert_inactive(&api.introspect(token).await);
    }
    for token in [&revoked.access, &revoked.refresh] {
        assert_inactive(&portal.introspect(token).await);
    }
    server.clock().advance(300);
    assert_inactive(&api.introspect(&tokens.access).await);
    assert_inactive(&portal.introspect(&tokens.access).await);
    assert_eq!(portal.introspect(&tokens.refresh).await.expect(200)["active"], true);
    server.clock().advance(30 * 24 * 60 * 60);
    assert_inactive(&portal.introspect(&tokens.refresh).await);
}

// RFC 7662 §2.1: the hint is only a hint.
#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_hint_does_not_stop_the_search() {
    let server = TestServer::start().await;
    let portal = make(&server, portal("portal")).await;
    let tokens = portal.sign_in_ada().await;
    for hint in ["access_token", "refresh_token", "urn:example:unheard-of", ""] {
        for token in [&tokens.access, &tokens.refresh] {
            let told = portal.form(INTROSPECT, &[("token", token), ("token_type_hint", hint)]).await.expect(200);
            assert_eq!(told["active"], true, "{hint}{told}");
        }
    }
}

// RFC 7662 §2.2, DESIGN.md §2: the token's claims, with the user's name and the roles of today.
#[tokio::test(flavor = "multi_thread")]
async fn an_active_answer_repeats_the_claims() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let told = client.as_demo_api().introspect(&tokens.access).await.expect(200);
    let mut wanted = tokens.claims();
    for (member, value) in [("active", json!(true)), ("token_type", json!("Bearer")), ("username", json!("ada"))] {
        wanted = with(&wanted, member, value);
    }
    assert_eq!(told.json, wanted);
    let own = client.as_demo_service().client_credentials().await.tokens();
    let told = client.as_demo_api().introspect(&own.access).await.expect(200);
    let wanted = with(&with(&own.claims(), "active", json!(true)), "token_type", json!("Bearer"));
    assert_eq!(told.json, wanted, "a client has no user's name");
}

// DESIGN.md §2: today's `roles`, not the token's.
#[tokio::test(flavor = "multi_thread")]
async fn the_roles_are_those_of_today() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    server.home().rows().execute("UPDATE users SET roles = '' WHERE username = 'ada'").await;
    let told = client.as_demo_api().introspect(&tokens.access).await.expect(200);
    assert_eq!((&told["active"], &told["roles"]), (&json!(true), &json!([])), "{told}");
    assert_eq!(tokens.claims()["roles"], json!(["admin"]));
}

// RFC 7662 §4, DESIGN.md §2: a resource server learns of what names it or the issuer, by any of its names.
#[tokio::test(flavor = "multi_thread")]
async fn a_resource_server_learns_of_tokens_that_are_meant_for_it() {
    let server = TestServer::start().await;
    let client = server.client();
    let kennel = make(&server, resource_server("kennel", &[DOGS, "urn:example:kennel"])).await;
    let keeper = NewClient { resources: owned(&[CATS, DOGS, "urn:example:kennel"]), ..portal("keeper") };
    let keeper = make(&server, keeper).await;
    for (resources, cats, dogs) in [
        (&[][..], true, true),
        (&[server.url()], true, true),
        (&[CATS], true, false),
        (&[DOGS], false, true),
        (&["urn:example:kennel"], false, true),
        (&[CATS, DOGS], true, true),
        (&[CATS, server.url()], true, true),
    ] {
        let token = sign_in_for(&keeper, resources).await.access;
        for (caller, hears) in [(client.as_demo_api(), cats), (kennel.clone(), dogs)] {
            let told = caller.introspect(&token).await.expect(200);
            if hears {
                assert_eq!(told["active"], true, "{resources:?}{told}");
            } else {
                assert_inactive(&told);
            }
        }
    }
}

// DESIGN.md §2: a resource server goes by its id too.
#[tokio::test(flavor = "multi_thread")]
async fn a_resource_server_goes_by_its_id() {
    let server = TestServer::start().await;
    let client = server.client();
    let kennel = make(&server, resource_server("kennel", &[])).await;
    let key = Key::of(&server).await;
    let claims = client.sign_in_ada().await.claims();
    let token = key.sign(&key.header(), &with(&claims, "aud", json!(["kennel"])));
    assert_eq!(kennel.introspect(&token).await.expect(200)["active"], true);
    assert_inactive(&client.as_demo_api().introspect(&token).await);
    let token = key.sign(&key.header(), &with(&claims, "aud", json!("Kennel")));
    assert_inactive(&kennel.introspect(&token).await);
}

// DESIGN.md §2: a client learns about its own tokens, whomever they are for; to anyone else they are inactive.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_is_no_resource_server_learns_of_its_own_tokens_alone() {
    let server = TestServer::start().await;
    let keeper = make(&server, NewClient { resources: owned(&[DOGS]), ..portal("keeper") }).await;
    let robot = make(&server, confidential("robot")).await;
    let web = server.client().sign_in_ada().await;
    for resources in [&[][..], &[DOGS]] {
        let tokens = sign_in_for(&keeper, resources).await;
        for token in [&tokens.access, &tokens.refresh] {
            assert_eq!(keeper.introspect(token).await.expect(200)["active"], true);
            assert_inactive(&robot.introspect(token).await);
        }
    }
    for token in [&web.access, &web.refresh] {
        assert_inactive(&keeper.introspect(token).await);
        assert_inactive(&robot.introspect(token).await);
    }
    let own = robot.client_credentials().await.tokens().access;
    assert_eq!(robot.introspect(&own).await.expect(200)["active"], true);
    assert_inactive(&keeper.introspect(&own).await);
}

// RFC 7662 §2.1, DESIGN.md §2: whoever took a refresh token for an access token would be fooled.
#[tokio::test(flavor = "multi_thread")]
async fn a_resource_server_never_hears_of_another_clients_refresh_token() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = sign_in_for(&client, &[CATS, server.url()]).await;
    assert_eq!(client.as_demo_api().introspect(&tokens.access).await.expect(200)["active"], true);
    assert_inactive(&client.as_demo_api().introspect(&tokens.refresh).await);
    // Its own it hears of, but not as a token that a door could take.
    let new = NewClient { grants: vec![GrantType::Password, GrantType::RefreshToken], ..resource_server("both", &[]) };
    let both = make(&server, new).await;
    let own = both.sign_in_ada().await;
    let told = both.introspect(&own.refresh).await.expect(200);
    assert_eq!((&told["active"], told.json.get("token_type")), (&json!(true), None), "{told}");
    assert_inactive(&client.as_demo_api().introspect(&own.refresh).await);
}

// RFC 7662 §2.2
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_token_tells_its_client_of_the_grant() {
    let server = TestServer::start().await;
    let portal = make(&server, portal("portal")).await;
    let first = portal.sign_in_ada().await;
    server.clock().advance(60);
    let second = portal.refresh(&first.refresh).await.tokens();
    let told = portal.introspect(&second.refresh).await.expect(200);
    let claims = second.claims();
    for member in ["sub", "client_id", "scope", "aud", "sid"] {
        assert_eq!(told[member], claims[member], "{member}{told}");
    }
    assert_eq!((&told["username"], &told["iat"]), (&json!("ada"), &json!(BEGIN + 60)), "{told}");
    let idle_ttl = 30 * 24 * 60 * 60;
    assert_eq!(told["exp"], BEGIN + 60 + idle_ttl, "when it ends if nobody uses it{told}");
}

// DESIGN.md §2: only the newest generation is active, and asking changes nothing of it.
#[tokio::test(flavor = "multi_thread")]
async fn only_the_newest_refresh_token_is_active() {
    let server = TestServer::start().await;
    let portal = make(&server, portal("portal")).await;
    let first = portal.sign_in_ada().await;
    let second = portal.refresh(&first.refresh).await.tokens();
    for _ in 0..2 {
        assert_inactive(&portal.introspect(&first.refresh).await);
        assert_eq!(portal.introspect(&second.refresh).await.expect(200)["active"], true);
    }
    // Not even confirmed by it: a lost answer is made good after the window still.
    server.clock().advance(46);
    let third = portal.refresh(&first.refresh).await.tokens();
    assert_inactive(&portal.introspect(&second.refresh).await);
    assert_eq!(portal.introspect(&third.refresh).await.expect(200)["active"], true);
}

// RFC 7662 §4: nothing is kept beyond the moment, so nothing beyond `exp`.
#[tokio::test(flavor = "multi_thread")]
async fn no_cache_keeps_an_introspection() {
    let server = TestServer::start().await;
    let client = server.client();
    let token = client.sign_in_ada().await.access;
    for answer in [client.as_demo_api().introspect(&token).await, client.as_demo_api().introspect("unknown").await] {
        assert_eq!(answer.expect(200).header("cache-control"), Some("no-store"));
    }
}

// RFC 7662 §2.1, §2.2: what an unsigned token says of itself reaches nothing that could break on it.
#[tokio::test(flavor = "multi_thread")]
async fn odd_names_in_an_unsigned_token_break_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let own = client.as_demo_service().client_credentials().await.tokens();
    let (claims, header) = (own.claims(), client::header(&own.access));
    let long = "x".repeat(3_000);
    let mut tokens = Vec::new();
    for odd in ["\u{0}", "a\u{0}b", "'", "$1", "%", "\u{feff}", "😀", &long] {
        tokens.push(message(&with(&header, "kid", json!(odd)), &claims));
        for member in ["client_id", "sub", "jti", "scope", "sid"] {
            tokens.push(message(&header, &with(&claims, member, json!(odd))));
        }
    }
    for token in tokens {
        let token = format!("{token}.{}", "A".repeat(86));
        client.bare_form(INTROSPECT, &[("token", &token)]).await.expect_error(401, "invalid_client");
        assert_inactive(&client.as_demo_api().introspect(&token).await);
        client.revoke(&token).await.expect(200);
        client.bare_form("/oauth2/revoke", &[("token", &token)]).await.expect_error(401, "invalid_client");
        client.userinfo(&token).await.expect_error(401, "invalid_token");
    }
}
