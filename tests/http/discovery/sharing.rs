//! Which pages of other origins may read what the server says? (Fetch §3.2, RFC 9700 §2.6)

use grantd::flows::NewClient;
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;

use super::{JWKS, OAUTH, OPENID};
use crate::new_client::{make, owned, public};

/// What a page of this origin gets.
async fn from_page(client: &Client, method: Method, path: &str, origin: &str) -> Answer {
    client.answer(client.request(method, path).header("origin", origin)).await
}

/// What a page of this origin gets that asks beforehand.
async fn preflight(client: &Client, path: &str, origin: &str) -> Answer {
    let request = client.request(Method::OPTIONS, path).header("origin", origin);
    let request = request.header("access-control-request-method", "POST");
    client.answer(request.header("access-control-request-headers", "authorization,content-type")).await
}

/// Fails the test unless caches keep the answers to different origins apart.
#[track_caller]
fn assert_varies(answer: &Answer) {
    let mut values = answer.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok());
    assert!(values.any(|value| value.to_ascii_lowercase().contains("origin")), "{answer}");
}

// DESIGN.md §2 "Errors", RFC 8414 §3.1: metadata and keys are everybody's.
#[tokio::test(flavor = "multi_thread")]
async fn any_page_may_read_metadata_and_keys() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in [JWKS, OPENID, OAUTH] {
        for origin in ["https://app.example", "http://localhost:3000", "null"] {
            let answer = from_page(&client, Method::GET, path, origin).await.expect(200);
            assert_eq!(answer.header("access-control-allow-origin"), Some("*"), "{answer}");
            assert_eq!(answer.header("access-control-allow-credentials"), None, "{answer}");
        }
    }
}

// RFC 9700 §2.6, DESIGN.md §2 "Errors": the issuer's origin, and those of the clients.
#[tokio::test(flavor = "multi_thread")]
async fn pages_of_known_origins_may_use_the_protocol() {
    let server = TestServer::start().await;
    let client = server.client();
    let redirect_uris = owned(&["https://redirect.example:8443/cb"]);
    let new = NewClient { origins: owned(&["https://app.example"]), redirect_uris, ..public("page") };
    make(&server, new).await;
    let known = [server.url(), "https://app.example", "https://redirect.example:8443"];
    let unknown =
        ["https://evil.example", "http://app.example", "https://app.example.evil", "https://redirect.example"];
    for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/userinfo", "/api/v1/me"] {
        for origin in known {
            let asked = preflight(&client, path, origin).await;
            assert!(matches!(asked.status, 200 | 204), "{asked}");
            let headers = asked.header("access-control-allow-headers").unwrap_or_default().to_ascii_lowercase();
            assert!(headers.contains("authorization") && headers.contains("content-type"), "{asked}");
            for answer in [asked, from_page(&client, Method::POST, path, origin).await] {
                assert_eq!(answer.header("access-control-allow-origin"), Some(origin), "{answer}");
                assert_varies(&answer);
                assert_eq!(answer.header("access-control-allow-credentials"), None, "{answer}");
            }
        }
        for origin in unknown.into_iter().chain(["null"]) {
            for answer in [preflight(&client, path, origin).await, from_page(&client, Method::POST, path, origin).await]
            {
                assert_eq!(answer.header("access-control-allow-origin"), None, "{answer}");
                assert_varies(&answer);
            }
        }
    }
}

// DESIGN.md §2 "Errors": nothing elsewhere. A page has no secret to introspect with.
#[tokio::test(flavor = "multi_thread")]
async fn no_page_of_another_origin_may_read_anything_else() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in ["/oauth2/introspect", "/oauth2/authorize", "/errors", "/livez", "/"] {
        for origin in [server.url(), "https://app.example"] {
            for answer in [preflight(&client, path, origin).await, from_page(&client, Method::GET, path, origin).await]
            {
                assert_eq!(answer.header("access-control-allow-origin"), None, "{path}{answer}");
            }
        }
    }
}
