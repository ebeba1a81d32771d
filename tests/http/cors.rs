//! Which pages of other origins may read which answers? (DESIGN.md §2 "CORS")

use grantd::flows::NewClient;
use grantd::model::client::{ClientType, GrantType};
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;

/// Shared with every page.
const ANYBODYS: [&str; 5] = [
    "/.well-known/openid-configuration",
    "/.well-known/oauth-authorization-server",
    "/.well-known/jwks.json",
    "/openapi.json",
    "/openapi.yaml",
];
/// Shared with pages of known origins, and a method that is answered there.
const KNOWNS: [(&str, &str); 8] = [
    ("POST", "/oauth2/token"),
    ("POST", "/oauth2/revoke"),
    ("GET", "/oauth2/userinfo"),
    ("POST", "/api/v1/users"),
    ("GET", "/api/v1/me"),
    ("GET", "/api/v1/me/sessions"),
    ("DELETE", "/api/v1/me/sessions/ses_none"),
    ("GET", "/api/v1/me/activity"),
];
/// Shared with nobody.
const NOBODYS: [(&str, &str); 6] = [
    ("POST", "/oauth2/introspect"),
    ("GET", "/"),
    ("GET", "/errors"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/favicon.ico"),
];

const STRANGER: &str = "https://stranger.example";

/// A server with a client that has pages.
async fn with_pages(redirect_uris: &[&str], origins: &[&str]) -> TestServer {
    let server = TestServer::start().await;
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    let new = NewClient {
        id: "pages".to_owned(),
        name: None,
        client_type: ClientType::Public,
        secret: None,
        grants: vec![GrantType::Password, GrantType::RefreshToken],
        scopes: Vec::new(),
        redirect_uris: owned(redirect_uris),
        origins: owned(origins),
        resources: Vec::new(),
        resource_server: false,
        audiences: Vec::new(),
        access_ttl: None,
        refresh_ttl: None,
        rotation: true,
    };
    server.create_client(new).await.expect("a new client");
    server
}

async fn ask(client: &Client, method: &str, path: &str, origin: Option<&str>) -> Answer {
    let request = client.request(method.parse().expect("a method"), path);
    client.answer(if let Some(origin) = origin { request.header("origin", origin) } else { request }).await
}

async fn preflight(client: &Client, method: &str, path: &str, origin: &str) -> Answer {
    let request = client
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", "authorization,content-type");
    client.answer(request).await
}

/// The origin that may read the answer.
fn shared(answer: &Answer) -> Option<&str> {
    assert!(answer.header("access-control-allow-credentials").is_none(), "cookies are nobody's{answer}");
    let values: Vec<_> = answer.headers.get_all("access-control-allow-origin").iter().collect();
    assert!(values.len() < 2, "two origins{answer}");
    answer.header("access-control-allow-origin")
}

/// Whether the answer says that it differs by this header.
fn varies(answer: &Answer, by: &str) -> bool {
    let values = answer.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case(by))
}

#[tokio::test(flavor = "multi_thread")]
async fn metadata_keys_and_the_document_are_for_every_page() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in ANYBODYS {
        let answer = ask(&client, "GET", path, Some(STRANGER)).await.expect(200);
        assert_eq!(shared(&answer), Some("*"), "{answer}");
        let answer = preflight(&client, "GET", path, STRANGER).await.expect(204);
        assert_eq!(shared(&answer), Some("*"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_issuers_own_pages_may_read_the_protocol_and_the_api() {
    let server = TestServer::start().await;
    for (method, path) in KNOWNS {
        let answer = ask(&server.client(), method, path, Some(server.url())).await;
        assert_eq!(shared(&answer), Some(server.url()), "{answer}");
        assert!(varies(&answer, "origin"), "no Vary: Origin{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_page_reads_nothing_of_them() {
    let server = TestServer::start().await;
    for (method, path) in KNOWNS {
        let answer = ask(&server.client(), method, path, Some(STRANGER)).await;
        assert_eq!(shared(&answer), None, "{answer}");
        assert!(varies(&answer, "origin"), "a cache would give it to others{answer}");
        let answer = preflight(&server.client(), method, path, STRANGER).await;
        assert_eq!(shared(&answer), None, "{answer}");
        assert!(varies(&answer, "origin"), "a cache would give it to others{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_an_origin_varies_all_the_same() {
    let server = TestServer::start().await;
    for (method, path) in KNOWNS {
        let answer = ask(&server.client(), method, path, None).await;
        assert_eq!(shared(&answer), None, "{answer}");
        assert!(varies(&answer, "origin"), "a cache would give it to pages{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn introspection_and_pages_are_shared_with_nobody() {
    let server = with_pages(&[], &["https://app.example"]).await;
    for (method, path) in NOBODYS {
        for origin in [server.url(), "https://app.example", STRANGER] {
            let answer = ask(&server.client(), method, path, Some(origin)).await;
            assert_eq!(shared(&answer), None, "{answer}");
            let answer = preflight(&server.client(), method, path, origin).await;
            assert_eq!(shared(&answer), None, "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_origins_and_those_of_its_redirect_uris_are_known() {
    let server = with_pages(
        &["https://back.example:8443/path/callback?x=1", "http://127.0.0.1:4321/callback"],
        &["https://app.example", "http://localhost:5173"],
    )
    .await;
    for origin in ["https://app.example", "http://localhost:5173", "https://back.example:8443", "http://127.0.0.1:4321"]
    {
        for (method, path) in KNOWNS {
            let answer = ask(&server.client(), method, path, Some(origin)).await;
            assert_eq!(shared(&answer), Some(origin), "{answer}");
            let answer = preflight(&server.client(), method, path, origin).await.expect(204);
            assert_eq!(shared(&answer), Some(origin), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_origin_that_only_resembles_a_known_one_is_a_strangers() {
    let server =
        with_pages(&["com.example.app:/callback", "https://back.example/callback"], &["https://app.example"]).await;
    for origin in [
        "null",
        "https://app.example.evil",
        "https://evil-app.example",
        "https://app.exampl",
        "http://app.example",
        "https://app.example:8443",
        "https://app.example/",
        "https://back.example/callback",
        "https://",
        "com.example.app://",
        "*",
        "%",
        "https://app.example, https://stranger.example",
    ] {
        let answer = ask(&server.client(), "POST", "/oauth2/token", Some(origin)).await;
        assert_eq!(shared(&answer), None, "{origin}{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_is_compared_by_the_origin_that_a_browser_makes_of_it() {
    let server = with_pages(&["https://App.Example:443/callback", "https://m.bücher.example/callback"], &[]).await;
    for origin in ["https://app.example", "https://m.xn--bcher-kva.example"] {
        let answer = ask(&server.client(), "POST", "/oauth2/token", Some(origin)).await;
        assert_eq!(shared(&answer), Some(origin), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_names_methods_and_headers() {
    let server = TestServer::start().await;
    for (method, path) in KNOWNS {
        let answer = preflight(&server.client(), method, path, server.url()).await.expect(204);
        let methods = answer.header("access-control-allow-methods").unwrap_or_default();
        assert!(methods.split(',').any(|allowed| allowed.trim() == method), "{answer}");
        let headers = answer.header("access-control-allow-headers").unwrap_or_default().to_ascii_lowercase();
        assert!(headers.contains("authorization") && headers.contains("content-type"), "{answer}");
        assert!(answer.header("access-control-max-age").is_some_and(|age| age.parse::<u32>().is_ok()), "{answer}");
        assert_eq!(answer.body, "", "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_may_read_a_refusal_and_what_it_needs_of_it() {
    let server = TestServer::start().await;
    let client = server.client();
    for (method, path, status) in
        [("POST", "/oauth2/token", 415), ("GET", "/api/v1/me", 401), ("PUT", "/api/v1/me/activity", 405)]
    {
        let answer = ask(&client, method, path, Some(server.url())).await.expect(status);
        assert_eq!(shared(&answer), Some(server.url()), "{answer}");
        let exposed = answer.header("access-control-expose-headers").unwrap_or_default().to_ascii_lowercase();
        for name in ["www-authenticate", "retry-after"] {
            assert!(exposed.contains(name), "{name} is not exposed{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_a_known_origin_signs_in_and_out() {
    let server = with_pages(&[], &["https://app.example"]).await;
    let client = server.client();
    let form =
        [("grant_type", "password"), ("client_id", "pages"), ("username", "ada"), ("password", "ada-dev-password")];
    let request = client.request(Method::POST, "/oauth2/token").header("origin", "https://app.example").form(&form);
    let answer = client.answer(request).await;
    assert_eq!(shared(&answer), Some("https://app.example"), "{answer}");
    let form = [("client_id", "pages"), ("token", &answer.tokens().refresh)];
    let request = client.request(Method::POST, "/oauth2/revoke").header("origin", "https://app.example").form(&form);
    let answer = client.answer(request).await.expect(200);
    assert_eq!(shared(&answer), Some("https://app.example"), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_request_is_answered_though_not_shared() {
    let server = TestServer::start().await;
    let client = server.client();
    let form =
        [("grant_type", "password"), ("client_id", "web"), ("username", "ada"), ("password", "ada-dev-password")];
    let request = client.request(Method::POST, "/oauth2/token").header("origin", STRANGER).form(&form);
    let answer = client.answer(request).await.expect(200);
    assert_eq!(shared(&answer), None, "{answer}");
}
