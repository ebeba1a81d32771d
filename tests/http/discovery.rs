//! What does the server say of itself? Its metadata and its keys (RFC 8414, OpenID Connect Discovery 1.0, RFC 7517).

mod metadata;
mod sharing;

use std::sync::Arc;

use grantd::clock::Clock;
use grantd_tests::client::Answer;
use grantd_tests::server::{BEGIN, Home, TestServer};
use grantd_tests::wire;
use reqwest::Method;
use serde_json::Value;

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";
const JWKS: &str = "/.well-known/jwks.json";

/// The keys of a JWKS.
#[track_caller]
fn keys(answer: &Answer) -> Vec<Value> {
    answer["keys"].as_array().unwrap_or_else(|| panic!("no keys{answer}")).clone()
}

// RFC 7517 §4, RFC 7518 §6: what is public, and nothing else.
#[tokio::test(flavor = "multi_thread")]
async fn the_jwks_has_public_keys_with_kid_alg_and_use() {
    for (setting, kty) in [("ES256", "EC"), ("EdDSA", "OKP"), ("RS256", "RSA")] {
        let server = TestServer::with(&[("tokens.signing_alg", setting)]).await;
        let answer = server.client().get(JWKS, "").await.expect(200);
        let content_type = answer.header("content-type").unwrap_or_default();
        assert!(content_type.starts_with("application/jwk-set+json") || content_type.starts_with("application/json"));
        let keys = keys(&answer);
        assert_eq!(keys.len(), if setting == "RS256" { 1 } else { 2 }, "{answer}");
        for key in &keys {
            let key = key.as_object().expect("an object");
            let text = |member: &str| key.get(member).and_then(Value::as_str).unwrap_or_default();
            let members: &[&str] = match text("kty") {
                "EC" => &["alg", "crv", "kid", "kty", "use", "x", "y"],
                "OKP" => &["alg", "crv", "kid", "kty", "use", "x"],
                _ => &["alg", "e", "kid", "kty", "n", "use"],
            };
            let mut names: Vec<_> = key.keys().map(String::as_str).collect();
            names.sort_unstable();
            assert_eq!(names, members, "nothing private{answer}");
            assert_eq!(text("use"), "sig");
            assert!(!text("kid").is_empty(), "{answer}");
        }
        assert!(keys.iter().any(|key| key["alg"] == setting && key["kty"] == kty), "{answer}");
        assert!(keys.iter().any(|key| key["alg"] == "RS256"), "an RS256 key is always at hand{answer}");
    }
}

// RFC 9110 §8.8.3, §13.1.2
#[tokio::test(flavor = "multi_thread")]
async fn who_has_the_documents_already_is_told_so() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in [JWKS, OPENID, OAUTH] {
        let whole = client.get(path, "").await.expect(200);
        let etag = whole.header("etag").unwrap_or_else(|| panic!("no ETag{whole}")).to_owned();
        let cache = whole.header("cache-control").unwrap_or_else(|| panic!("no Cache-Control{whole}")).to_owned();
        assert!(cache.contains("max-age=") && !cache.contains("no-store"), "{whole}");
        assert!(etag.starts_with('"') && etag.ends_with('"'), "a strong one{whole}");
        for known in [etag.clone(), format!("\"other\", {etag}"), format!("W/{etag}"), "*".to_owned()] {
            let request = client.request(Method::GET, path).header("if-none-match", &known);
            let told = client.answer(request).await.expect(304);
            assert_eq!((told.body.as_str(), told.header("etag")), ("", Some(etag.as_str())), "{told}");
            assert_eq!(told.header("cache-control"), Some(cache.as_str()), "{told}");
        }
        let other = client.request(Method::GET, path).header("if-none-match", "\"other\"");
        assert_eq!(client.answer(other).await.expect(200).body, whole.body);
        assert_eq!(client.get(path, "").await.expect(200).header("etag"), Some(etag.as_str()));
    }
}

// RFC 9110 §9.3.2
#[tokio::test(flavor = "multi_thread")]
async fn the_documents_answer_get_and_head_only() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in [JWKS, OPENID, OAUTH] {
        let got = client.get(path, "").await.expect(200);
        let head = client.answer(client.request(Method::HEAD, path)).await.expect(200);
        assert_eq!((head.body.as_str(), head.header("etag")), ("", got.header("etag")));
        for method in [Method::POST, Method::PUT, Method::DELETE] {
            let answer = client.answer(client.request(method, path)).await.expect(405);
            assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{answer}");
        }
    }
}

// DESIGN.md §6: keys are made once, among all requests and, where there are some, among all nodes.
#[tokio::test(flavor = "multi_thread")]
async fn sixteen_first_requests_at_once_see_one_jwks() {
    let home = Arc::new(Home::new().await);
    // SQLite is one server's.
    let nodes = if home.postgres().is_some() { 4 } else { 1 };
    let starting: Vec<_> = (0..nodes)
        .map(|_| {
            let home = Arc::clone(&home);
            tokio::spawn(async move { TestServer::at(home, Clock::manual(BEGIN), &[]).await })
        })
        .collect();
    let mut servers = Vec::new();
    for server in starting {
        servers.push(server.await.expect("a server"));
    }
    let ask = |number: usize| (servers[number % nodes].client().address(), wire::get(JWKS, ""));
    let replies = wire::at_once((0..16).map(ask).collect()).await;
    let first = replies[0].json();
    assert_eq!(first["keys"].as_array().map(Vec::len), Some(2), "{first}");
    for reply in &replies {
        assert_eq!((reply.status, reply.json(), reply.header("etag")), (200, first.clone(), replies[0].header("etag")));
    }
}

// RFC 7517 §4.5: a key keeps its name.
#[tokio::test(flavor = "multi_thread")]
async fn the_keys_outlive_a_restart() {
    let server = TestServer::start().await;
    let before = server.client().get(JWKS, "").await.expect(200);
    let server = server.restart(&[]).await;
    assert_eq!(server.client().get(JWKS, "").await.expect(200).json, before.json);
}
