//! What becomes of values of 10,000 characters, in every parameter and every header?

use grantd_tests::client::Client;
use grantd_tests::server::TestServer;
use reqwest::Method;

use super::{FORMS, PARAMETERS};
use crate::errors::{expect_oauth, expect_problem};

fn long() -> String {
    "x".repeat(10_000)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_value_is_refused_or_ignored_in_every_parameter() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, form) in FORMS {
        for name in PARAMETERS {
            for value in [long(), "%F0%9F%A6%80".repeat(1000), " x".repeat(5000), format!("grt_{}", long())] {
                let kept: Vec<_> = form.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
                let answer = super::post(&client, path, format!("{}&{name}={value}", kept.join("&"))).await;
                assert!(answer.status < 500, "{name} at {path}{answer}");
            }
        }
        super::post(&client, path, format!("{form}&{}=1", long())).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_name_or_password_signs_nobody_in() {
    let server = TestServer::start().await;
    let client = server.client();
    for (username, password) in [(long(), "ada-dev-password".to_owned()), ("ada".to_owned(), long()), (long(), long())]
    {
        expect_oauth(client.try_sign_in(&username, &password).await, 400, "invalid_grant", "sign_in_failed");
    }
    client.sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_token_is_unknown() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let tokens = [
        long(),
        format!("grt_{}", "A".repeat(10_000)),
        format!("{}{}", tokens.refresh, long()),
        format!("{}{}", tokens.access, long()),
        ".".repeat(10_000),
        format!("{}.{}.{}", long(), long(), long()),
    ];
    for token in tokens {
        expect_oauth(client.refresh(&token).await, 400, "invalid_grant", "unknown_token");
        expect_oauth(client.userinfo(&token).await, 401, "invalid_token", "unknown_token");
        expect_problem(client.get("/api/v1/me", &token).await, 401, "unknown_token");
        client.revoke(&token).await.expect(200);
        assert!(!client.is_active(&token).await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_header_breaks_nothing() {
    let server = TestServer::with(&[("server.trusted_proxies", "127.0.0.1")]).await;
    let client = server.client();
    for name in [
        "accept",
        "accept-language",
        "origin",
        "user-agent",
        "if-none-match",
        "x-forwarded-for",
        "x-forwarded-proto",
        "forwarded",
        "x-request-id",
        "cookie",
        "referer",
        "traceparent",
        "access-control-request-method",
        "x-unknown",
    ] {
        for value in [long(), "1,".repeat(5000), "text/html;q=0.9,".repeat(600), "\"".repeat(10_000)] {
            for (method, path) in [(Method::GET, "/"), (Method::GET, "/api/v1/me"), (Method::OPTIONS, "/oauth2/token")]
            {
                let answer = client.answer(client.request(method, path).header(name, &value)).await;
                assert!(answer.status < 500, "{name}{answer}");
            }
        }
    }
    for value in
        [format!("Bearer {}", long()), format!("Basic {}", long()), long(), format!("Basic {}", "Og".repeat(5000))]
    {
        let asks = |client: &Client, path: &str| client.request(Method::POST, path).header("authorization", &value);
        for (path, form) in FORMS {
            let answer = client.answer(asks(&client, path).header("content-type", super::FORM).body(form)).await;
            assert!([400, 401].contains(&answer.status), "{answer}");
        }
        let answer = client.answer(asks(&client, "/oauth2/userinfo")).await;
        assert!([400, 401].contains(&answer.status), "{answer}");
    }
    let request = client.request(Method::POST, "/oauth2/token").header("content-type", long()).body("x");
    client.answer(request).await.expect(415);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_calls_itself_is_kept_in_part() {
    let server = TestServer::start().await;
    let client = server.client();
    let form =
        [("grant_type", "password"), ("client_id", "web"), ("username", "ada"), ("password", "ada-dev-password")];
    let request = client.request(Method::POST, "/oauth2/token").header("user-agent", format!("agent {}", long()));
    let tokens = client.answer(request.form(&form)).await.tokens();
    let list = client.get("/api/v1/me/sessions", &tokens.access).await.expect(200);
    let kept = list["items"][0]["user_agent"].as_str().unwrap_or_else(|| panic!("no agent{list}"));
    assert!(kept.starts_with("agent xxx") && kept.chars().count() <= 1024, "{kept}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_address_is_not_found() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    client.get(&format!("/{}", long()), "").await.expect(404);
    client.delete(&format!("/api/v1/me/sessions/{}", long()), &access).await.expect(404);
    for name in ["cursor", "limit"] {
        let answer = client.get(&format!("/api/v1/me/sessions?{name}={}", "9".repeat(10_000)), &access).await;
        assert_eq!(answer.status, 400, "{answer}");
    }
    client.get(&format!("/?{}", long()), "").await.expect(200);
}
