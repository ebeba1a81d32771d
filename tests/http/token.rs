//! What does the token endpoint answer, whatever the grant? What it reads, what it refuses, and in which words.

mod client_credentials;
mod password;
mod refresh_token;
mod resource;
mod scope;

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use grantd_tests::wire;
use reqwest::Method;

const TOKEN: &str = "/oauth2/token";
const ADA: &[(&str, &str)] =
    &[("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password"), ("client_id", "web")];

/// `ADA` and more.
async fn ada_and(client: &Client, more: &[(&str, &str)]) -> Answer {
    client.bare_form(TOKEN, &[ADA, more].concat()).await
}

/// Fails the test unless this is an error as RFC 6749 §5.2 has it, with the reason and its page.
#[track_caller]
fn assert_protocol_error(server: &TestServer, answer: &Answer) {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{answer}");
    let reason = answer.text("reason");
    assert_eq!(answer.text("error_uri"), format!("{}/errors#{reason}", server.url()), "{answer}");
    let allowed = |byte: u8| matches!(byte, 0x20 | 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    for member in ["error", "error_description"] {
        let text = answer.text(member);
        assert!(!text.is_empty() && text.bytes().all(allowed), "characters of {member}{answer}");
    }
}

// RFC 6749 §3.2
#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_answers_post_only() {
    let server = TestServer::start().await;
    let client = server.client();
    for method in [Method::GET, Method::PUT, Method::PATCH, Method::DELETE] {
        let answer = client.answer(client.request(method, TOKEN).form(ADA)).await.expect_error(405, "invalid_request");
        assert_eq!(answer.header("allow"), Some("POST"), "{answer}");
        assert_protocol_error(&server, &answer.expect_reason("method_not_allowed"));
    }
    client.answer(client.request(Method::HEAD, TOKEN)).await.expect(405);
}

// RFC 6749 §3.2
#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_parameter_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, value) in ADA.iter().chain(&[("scope", "openid"), ("unheard_of", "1"), ("client_secret", "")]) {
        for second in [*value, "another", ""] {
            let twice: Vec<_> =
                ADA.iter().copied().filter(|(own, _)| own != name).chain([(*name, *value), (*name, second)]).collect();
            let answer = client.answer(client.request(Method::POST, TOKEN).form(&twice)).await;
            answer.expect_error(400, "invalid_request").expect_reason("repeated_parameter");
        }
    }
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", "a"), ("refresh_token", "a")];
    client.token(&refresh).await.expect_error(400, "invalid_request").expect_reason("repeated_parameter");
}

// RFC 6749 §3.1, §3.2: parameters without a value are treated as if they were omitted.
#[tokio::test(flavor = "multi_thread")]
async fn an_empty_value_counts_as_absent() {
    let server = TestServer::start().await;
    let client = server.client();
    let usual = ada_and(&client, &[]).await.tokens().scope;
    let empty = [("scope", ""), ("client_secret", ""), ("refresh_token", ""), ("resource", "")];
    let tokens = ada_and(&client, &empty).await.tokens();
    assert_eq!((&tokens.scope, &tokens.claims()["aud"]), (&usual, &server.url().into()));
    for name in ["grant_type", "username", "password"] {
        let emptied: Vec<_> = ADA.iter().map(|&(own, value)| (own, if own == name { "" } else { value })).collect();
        let answer = client.bare_form(TOKEN, &emptied).await;
        answer.expect_error(400, "invalid_request").expect_reason("missing_parameter");
    }
}

// RFC 6749 §3.2: unrecognized request parameters are ignored.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_parameters_are_ignored() {
    let server = TestServer::start().await;
    ada_and(&server.client(), &[("unheard_of", "1"), ("nonce", "n"), ("", "nameless")]).await.tokens();
}

// RFC 6749 §5.2
#[tokio::test(flavor = "multi_thread")]
async fn a_grant_type_that_is_missing_or_unknown_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    client.token(&[]).await.expect_error(400, "invalid_request").expect_reason("missing_parameter");
    for grant_type in ["authorization_code", "PASSWORD", "password ", "urn:example:unheard-of", "implicit"] {
        let answer = client.token(&[("grant_type", grant_type)]).await;
        answer.expect_error(400, "unsupported_grant_type").expect_reason("unsupported_grant_type");
    }
}

// RFC 6749 §5.1
#[tokio::test(flavor = "multi_thread")]
async fn a_token_answer_says_what_it_holds() {
    let server = TestServer::start().await;
    let answer = ada_and(&server.client(), &[]).await.expect(200);
    assert_eq!(answer.header("content-type").map(|kind| kind.starts_with("application/json")), Some(true));
    assert_eq!((answer["token_type"].as_str(), answer["expires_in"].as_i64()), (Some("Bearer"), Some(300)));
    let members: Vec<_> = answer.json.as_object().expect("an object").keys().map(String::as_str).collect();
    let mut sorted = members.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, ["access_token", "expires_in", "refresh_token", "scope", "token_type"], "no ID token: {answer}");
}

// RFC 6749 §5.1
#[tokio::test(flavor = "multi_thread")]
async fn no_cache_keeps_an_answer_of_the_protocol() {
    let server = TestServer::start().await;
    let client = server.client();
    let demo_api = client.as_demo_api();
    let tokens = client.sign_in_ada().await;
    let answers = [
        ada_and(&client, &[]).await.expect(200),
        client.refresh(&tokens.refresh).await.expect(200),
        client.as_demo_service().client_credentials().await.expect(200),
        client.refresh("grt_unknown").await.expect(400),
        client.token(&[]).await.expect(400),
        client.as_confidential("demo-service", "wrong").client_credentials().await.expect(401),
        client.get(TOKEN, "").await.expect(405),
        client.answer(client.request(Method::POST, TOKEN).json("{}")).await.expect(415),
        demo_api.introspect(&tokens.access).await.expect(200),
        client.introspect(&tokens.access).await.expect(401),
        client.userinfo(&tokens.access).await.expect(200),
        client.userinfo("").await.expect(401),
        client.revoke(&tokens.refresh).await.expect(200),
        client.get("/oauth2/nothing", "").await.expect(404),
    ];
    for answer in answers {
        let headers = (answer.header("cache-control"), answer.header("pragma"));
        assert_eq!(headers, (Some("no-store"), Some("no-cache")), "{answer}");
    }
}

// RFC 6749 §5.2
#[tokio::test(flavor = "multi_thread")]
async fn every_refusal_is_json_with_a_reason_and_the_page_that_explains_it() {
    let server = TestServer::start().await;
    let client = server.client();
    let page = client.get("/errors", "").await.expect(200).body;
    let answers = [
        client.token(&[]).await.expect(400),
        client.token(&[("grant_type", "unheard-of")]).await.expect(400),
        client.client_credentials().await.expect(400),
        client.try_sign_in("ada", "wrong").await.expect(400),
        client.refresh("grt_unknown").await.expect(400),
        ada_and(&client, &[("scope", "unheard-of")]).await.expect(400),
        ada_and(&client, &[("resource", "https://unheard.example")]).await.expect(400),
        client.as_public("nobody").try_sign_in("ada", "ada-dev-password").await.expect(400),
        client.as_confidential("nobody", "wrong").try_sign_in("ada", "ada-dev-password").await.expect(401),
        client.get("/oauth2/nothing", "").await.expect(404),
    ];
    for answer in answers {
        assert_protocol_error(&server, &answer);
        assert!(page.contains(&format!("id=\"{}\"", answer.text("reason"))), "{answer}");
        assert!(answer.header("x-request-id").is_some(), "{answer}");
    }
}

// RFC 6749 §3.2, Appendix B
#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_form_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let json = serde_json::json!({"grant_type": "password", "username": "ada", "password": "ada-dev-password"});
    let answer = client.answer(client.request(Method::POST, TOKEN).json(&json)).await;
    assert_protocol_error(
        &server,
        &answer.expect_error(415, "invalid_request").expect_reason("unsupported_content_type"),
    );
    let bare = client.answer(client.request(Method::POST, TOKEN).body("grant_type=password")).await;
    bare.expect_error(415, "invalid_request");
    let large = "x".repeat(64 * 1024);
    ada_and(&client, &[("unheard_of", &large)])
        .await
        .expect_error(413, "invalid_request")
        .expect_reason("body_too_large");
    for body in ["grant_type=%", "grant_type=%4", "grant_type=%zz", "grant_type=%ff", "grant_type=%00", "%ff=1"] {
        let reply = client.raw(wire::form(TOKEN, "", body)).await;
        assert_eq!((reply.status, &reply.json()["reason"]), (400, &"malformed_request".into()), "{body}");
    }
}

// RFC 9110 §8.3.1: a media type is compared without its case and its parameters.
#[tokio::test(flavor = "multi_thread")]
async fn a_form_may_name_its_charset() {
    let server = TestServer::start().await;
    let client = server.client();
    let body = "grant_type=password&username=ada&password=ada-dev-password&client_id=web";
    for content_type in ["application/x-www-form-urlencoded; charset=UTF-8", "Application/X-WWW-Form-Urlencoded"] {
        let request = client.request(Method::POST, TOKEN).header("content-type", content_type).body(body);
        client.answer(request).await.tokens();
    }
}

// RFC 6749 §2.3.1: parameters stand in the body, never in the address.
#[tokio::test(flavor = "multi_thread")]
async fn parameters_in_the_address_are_not_read() {
    let server = TestServer::start().await;
    let client = server.client();
    let query = "?grant_type=password&username=ada&password=ada-dev-password&client_id=web";
    client.bare_form(&format!("{TOKEN}{query}"), &[]).await.expect_error(401, "invalid_client");
    let answer = client.bare_form(&format!("{TOKEN}{query}"), &[("client_id", "web")]).await;
    answer.expect_error(400, "invalid_request").expect_reason("missing_parameter");
    let query = "?client_id=demo-service&client_secret=demo-service-dev-secret";
    let answer = client.bare_form(&format!("{TOKEN}{query}"), &[("grant_type", "client_credentials")]).await;
    answer.expect_error(401, "invalid_client");
}
