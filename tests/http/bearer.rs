//! How is an access token brought to our own doors, and what is said when it is no good? (RFC 6750, OpenID Connect Core §5.3)

use grantd_tests::client::Answer;
use grantd_tests::server::TestServer;
use grantd_tests::wire;
use reqwest::Method;
use serde_json::json;

const USERINFO: &str = "/oauth2/userinfo";
const ME: &str = "/api/v1/me";

/// The challenge that an answer brings.
#[track_caller]
fn challenge(answer: &Answer) -> String {
    let challenge = answer.header("www-authenticate").unwrap_or_else(|| panic!("no challenge{answer}"));
    assert!(challenge.starts_with("Bearer "), "{answer}");
    challenge.to_owned()
}

// RFC 6750 §3, §3.1: no error code where no credentials were sent.
#[tokio::test(flavor = "multi_thread")]
async fn without_credentials_it_is_401_with_a_challenge_that_names_no_error() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in [USERINFO, ME, "/api/v1/me/sessions", "/api/v1/me/activity"] {
        for header in [None, Some("Basic d2ViOg=="), Some("Bearer"), Some("Bearer ")] {
            let request = client.request(Method::GET, path);
            let request = if let Some(header) = header { request.header("authorization", header) } else { request };
            let answer = client.answer(request).await.expect(401).expect_reason("no_credentials");
            let challenge = challenge(&answer);
            assert!(!challenge.contains("error") && !challenge.contains("scope"), "{answer}");
        }
    }
}

// RFC 6750 §3.1
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_is_no_good_is_401_invalid_token() {
    let server = TestServer::start().await;
    let client = server.client();
    let refresh = client.sign_in_ada().await.refresh;
    for token in ["x", "a.b.c", "..", &refresh, "ey.ey.ey"] {
        for path in [USERINFO, ME] {
            let answer = client.get(path, token).await.expect(401).expect_reason("unknown_token");
            assert!(challenge(&answer).contains("error=\"invalid_token\""), "{answer}");
        }
        client.userinfo(token).await.expect_error(401, "invalid_token");
    }
}

// RFC 6750 §3.1
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_does_not_cover_it_is_403_and_the_scope_is_named() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_for("ada", "ada-dev-password", "email").await;
    for (path, scope) in [(USERINFO, "openid"), (ME, "profile"), ("/api/v1/me/sessions", "sessions")] {
        let answer = client.get(path, &tokens.access).await.expect(403).expect_reason("insufficient_scope");
        let challenge = challenge(&answer);
        assert!(challenge.contains("error=\"insufficient_scope\""), "{answer}");
        assert!(challenge.contains(&format!("scope=\"{scope}\"")), "{answer}");
    }
    client.userinfo(&tokens.access).await.expect_error(403, "insufficient_scope");
}

// RFC 6750 §2, §3.1: one token in a request, by one way.
#[tokio::test(flavor = "multi_thread")]
async fn two_tokens_in_one_request_are_400_invalid_request() {
    let server = TestServer::start().await;
    let client = server.client();
    let token = client.sign_in_ada().await.access;
    let twice = client.bearer(Method::POST, USERINFO, &token).form(&[("access_token", &token)]);
    client.answer(twice).await.expect_error(400, "invalid_request");
    let repeated = [("access_token", token.as_str()), ("access_token", token.as_str())];
    client.bare_form(USERINFO, &repeated).await.expect_error(400, "invalid_request");
    let query = format!("{USERINFO}?access_token={token}");
    client.get(&query, &token).await.expect_error(400, "invalid_request");
}

// RFC 9110 §5.3
#[tokio::test(flavor = "multi_thread")]
async fn two_authorization_headers_are_400_invalid_request() {
    let server = TestServer::start().await;
    let client = server.client();
    let token = client.sign_in_ada().await.access;
    for second in [format!("Bearer {token}"), "Bearer x".to_owned(), "Basic d2ViOg==".to_owned()] {
        for path in [USERINFO, ME] {
            let headers = format!("Authorization: Bearer {token}\r\nAuthorization: {second}\r\n");
            let reply = client.raw(wire::get(path, &headers)).await;
            assert_eq!(
                (reply.status, &reply.json()["reason"]),
                (400, &"repeated_parameter".into()),
                "{path}: {second}"
            );
        }
    }
}

// OAuth 2.1 §5.1: never in the address, where logs and histories keep it.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_address_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let token = client.sign_in_ada().await.access;
    for path in [USERINFO, ME] {
        for name in ["access_token", "x=1&access_token", "access%5Ftoken"] {
            let answer = client.get(&format!("{path}?{name}={token}"), "").await;
            assert!(matches!(answer.status, 400 | 401), "{answer}");
        }
        client.get(&format!("{path}?access_token={token}"), "").await.expect(400);
    }
}

// RFC 6750 §2.2: in a form that is posted, and only there.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_may_come_in_a_form_that_is_posted() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let form = [("access_token", tokens.access.as_str())];
    let me = client.bare_form(USERINFO, &form).await.expect(200);
    assert_eq!(me["sub"], tokens.claims()["sub"]);
    client.answer(client.request(Method::GET, USERINFO).form(&form)).await.expect(401);
    client.bare_form(USERINFO, &[("access_token", "x")]).await.expect_error(401, "invalid_token");
    let empty = client.bare_form(USERINFO, &[("access_token", "")]).await.expect(401);
    assert!(!challenge(&empty).contains("error"), "{empty}");
    let json = client.request(Method::POST, USERINFO).json(&json!({"access_token": tokens.access}));
    let told = client.answer(json).await;
    assert!(matches!(told.status, 401 | 415), "{told}");
}

// RFC 9110 §11.1
#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_scheme_may_have_any_case() {
    let server = TestServer::start().await;
    let client = server.client();
    let token = client.sign_in_ada().await.access;
    for scheme in ["bearer", "BEARER", "bEaReR"] {
        let request = client.request(Method::GET, USERINFO).header("authorization", format!("{scheme} {token}"));
        client.answer(request).await.expect(200);
    }
}

// OpenID Connect Core §5.3.1
#[tokio::test(flavor = "multi_thread")]
async fn userinfo_answers_get_and_post_alike() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let got = client.userinfo(&tokens.access).await.expect(200);
    let posted = client.answer(client.bearer(Method::POST, USERINFO, &tokens.access)).await.expect(200);
    let empty: [(&str, &str); 0] = [];
    let form = client.answer(client.bearer(Method::POST, USERINFO, &tokens.access).form(&empty)).await.expect(200);
    assert_eq!((&got.json, &got.json), (&posted.json, &form.json));
    assert!(got.header("content-type").is_some_and(|kind| kind.starts_with("application/json")), "{got}");
    client.answer(client.bearer(Method::HEAD, USERINFO, &tokens.access)).await.expect(200);
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = client.answer(client.bearer(method, USERINFO, &tokens.access)).await.expect(405);
        let allow = answer.header("allow").unwrap_or_default();
        assert!(allow.contains("GET") && allow.contains("POST"), "{answer}");
    }
}

// OpenID Connect Core §5.3.2, §5.4: `sub` always, and what the scopes cover.
#[tokio::test(flavor = "multi_thread")]
async fn userinfo_tells_what_the_scopes_cover_and_always_the_subject() {
    let server = TestServer::start().await;
    let client = server.client();
    for (scope, members) in [
        ("openid", &["sub"][..]),
        ("openid email", &["email", "email_verified", "sub"]),
        ("openid profile", &["preferred_username", "sub"]),
        ("openid profile email", &["email", "email_verified", "preferred_username", "sub"]),
    ] {
        let tokens = client.sign_in_for("ada", "ada-dev-password", scope).await;
        let me = client.userinfo(&tokens.access).await.expect(200);
        assert_eq!(me["sub"], tokens.claims()["sub"]);
        let told = me.json.as_object().expect("an object");
        for member in members {
            assert!(told.contains_key(*member), "{scope}: {member}{me}");
        }
        for (member, covered) in [("email", "email"), ("preferred_username", "profile"), ("picture", "profile")] {
            assert!(scope.contains(covered) || !told.contains_key(member), "{scope}: {member}{me}");
        }
        assert!(told.values().all(|value| !value.is_null()), "a claim without a value is left out{me}");
    }
}

// OpenID Connect Core §5.3: about a user; a client for itself is none.
#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_token_opens_no_door_of_a_user() {
    let server = TestServer::start().await;
    let client = server.client();
    let token = client.as_demo_service().client_credentials().await.tokens().access;
    for path in [USERINFO, ME] {
        let answer = client.get(path, &token).await.expect(401);
        assert!(challenge(&answer).contains("error=\"invalid_token\""), "{answer}");
    }
}
