//! What does a person with a browser see? Pages at `/`, at `/errors` and for refusals, with nothing in them that runs.

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;

use super::errors::{expect_oauth, expect_problem, media_type};

/// What a browser says when somebody follows a link.
const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

async fn visit(client: &Client, path: &str, accept: &str) -> Answer {
    client.answer(client.request(Method::GET, path).header("accept", accept)).await
}

fn varies_by_accept(answer: &Answer) -> bool {
    let values = answer.headers.get_all("vary").iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|name| name.trim().eq_ignore_ascii_case("accept"))
}

/// Fails the test when it is no page that can stand in a browser safely.
#[track_caller]
fn expect_page(answer: &Answer) {
    expect_safe(answer);
    assert!(!answer.body.contains("<script"), "something runs{answer}");
}

/// The same of a page that may run scripts, if they are ours and in files.
#[track_caller]
fn expect_safe(answer: &Answer) {
    assert_eq!(media_type(answer), "text/html", "{answer}");
    let policy = answer.header("content-security-policy").unwrap_or_else(|| panic!("no policy{answer}"));
    for directive in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action"] {
        assert!(policy.contains(directive), "no {directive}{answer}");
    }
    assert!(!policy.contains("unsafe") && !policy.contains('*'), "a policy with a hole{answer}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer}");
    assert!(answer.header("referrer-policy").is_some(), "no Referrer-Policy{answer}");
    assert!(answer.header("set-cookie").is_none(), "a cookie{answer}");
    let body = answer.body.to_ascii_lowercase();
    assert!(body.starts_with("<!doctype html>") && body.contains("<html lang="), "{answer}");
    assert!(
        body.split("<script").skip(1).all(|script| script.contains(" src=\"/") && script.contains("></script>")),
        "{answer}"
    );
    for forbidden in ["<style", " style=", " onclick=", "http-equiv"] {
        assert!(!body.contains(forbidden), "{forbidden}{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_and_the_errors_are_pages() {
    let server = TestServer::start().await;
    for path in ["/", "/errors"] {
        expect_page(&visit(&server.client(), path, BROWSER).await.expect(200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_link_of_a_page_leads_somewhere() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in ["/", "/errors", "/nothing"] {
        let page = visit(&client, path, BROWSER).await;
        let links: Vec<_> = page.body.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        assert!(!links.is_empty(), "no links{page}");
        for link in links {
            let (target, id) = link.split_once('#').unwrap_or((link, ""));
            let target = if target.is_empty() { path } else { target };
            let found = client.get(target, "").await.expect(200);
            assert!(id.is_empty() || found.body.contains(&format!("id=\"{id}\"")), "nothing at {link}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_is_a_flat_object_of_addresses_that_answer() {
    let server = TestServer::start().await;
    let client = server.client();
    let start = visit(&client, "/", "application/json").await.expect(200);
    assert_eq!(media_type(&start), "application/json", "{start}");
    assert!(varies_by_accept(&start), "no Vary: Accept{start}");
    let places = start.json.as_object().unwrap_or_else(|| panic!("no object{start}"));
    assert!(places.len() > 5, "{start}");
    for (name, address) in places {
        let address = address.as_str().unwrap_or_else(|| panic!("{name} is no text{start}"));
        assert!(address.starts_with(server.url()), "{name} is not absolute: {address}");
        let answer = client.get(if address == server.url() { "/" } else { address }, "").await;
        assert!([200, 401, 405].contains(&answer.status), "{name} does not answer{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_start_prefers_what_the_caller_prefers() {
    let server = TestServer::start().await;
    for (accept, wanted) in [
        (BROWSER, "text/html"),
        ("application/json", "application/json"),
        ("application/json;q=0.5, text/html;q=0.4", "application/json"),
        ("application/json;q=0.4, text/html;q=0.5", "text/html"),
        ("APPLICATION/JSON", "application/json"),
        ("text/html;q=0, application/json;q=0.1", "application/json"),
    ] {
        let answer = visit(&server.client(), "/", accept).await.expect(200);
        assert_eq!(media_type(&answer), wanted, "{accept}{answer}");
        assert!(varies_by_accept(&answer), "no Vary: Accept{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_already_is_not_sent_again() {
    let server = TestServer::start().await;
    let client = server.client();
    let again = |path: &str, accept: &str, tag: &str| {
        client.answer(client.request(Method::GET, path).header("accept", accept).header("if-none-match", tag))
    };
    for path in ["/", "/errors", "/favicon.ico", "/openapi.json", "/.well-known/jwks.json"] {
        let first = visit(&client, path, BROWSER).await.expect(200);
        let tag = first.header("etag").unwrap_or_else(|| panic!("no ETag{first}")).to_owned();
        let second = again(path, BROWSER, &tag).await.expect(304);
        assert_eq!((second.body.as_str(), second.header("etag")), ("", Some(&*tag)), "{second}");
        again(path, BROWSER, "\"another\"").await.expect(200);
    }
    let page = visit(&client, "/", BROWSER).await;
    let tag = page.header("etag").unwrap_or_else(|| panic!("no ETag{page}")).to_owned();
    let json = again("/", "application/json", &tag).await.expect(200);
    assert_eq!(media_type(&json), "application/json", "the page's tag stood for the object{json}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_gets_refusals_as_pages() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, status, reason) in [
        ("/nothing", 404, "not_found"),
        ("/api/v1/me", 401, "no_credentials"),
        ("/api/v1/users", 405, "method_not_allowed"),
    ] {
        let page = visit(&client, path, BROWSER).await.expect(status);
        expect_page(&page);
        assert!(page.body.contains(&format!("/errors#{reason}")), "no way to the explanation{page}");
        assert!(varies_by_accept(&page), "no Vary: Accept{page}");
        let problem = visit(&client, path, "application/json").await;
        assert!(varies_by_accept(&problem), "no Vary: Accept{problem}");
        expect_problem(problem, status, reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_keeps_its_challenge_and_its_allow_as_a_page() {
    let server = TestServer::start().await;
    let client = server.client();
    let page = visit(&client, "/api/v1/me", BROWSER).await.expect(401);
    assert!(page.header("www-authenticate").is_some_and(|challenge| challenge.starts_with("Bearer")), "{page}");
    let page = visit(&client, "/api/v1/users", BROWSER).await.expect(405);
    assert_eq!(page.header("allow"), Some("POST"), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_gets_refusals_as_json_whatever_else_it_takes() {
    let server = TestServer::start().await;
    for accept in ["*/*", "application/json", "application/problem+json", "image/png", "nonsense", "text/plain"] {
        expect_problem(visit(&server.client(), "/nothing", accept).await, 404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_protocol_endpoint_speaks_json_to_a_browser_too() {
    let server = TestServer::start().await;
    let answer = visit(&server.client(), "/oauth2/token", BROWSER).await;
    expect_oauth(answer, 405, "invalid_request", "method_not_allowed");
    let answer = visit(&server.client(), "/oauth2/userinfo", BROWSER).await;
    expect_oauth(answer, 401, "invalid_token", "no_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_repeats_nothing_of_the_address() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in ["/%3Cscript%3Ealert(1)%3C/script%3E", "/nothing?%3Cb%3Emarker%3C/b%3E", "/marker\"><b>"] {
        let page = visit(&client, path, BROWSER).await.expect(404);
        expect_page(&page);
        assert!(!page.body.contains("alert") && !page.body.contains("marker"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_page_needs_is_there_and_of_its_type() {
    let server = TestServer::start().await;
    let client = server.client();
    let page = visit(&client, "/", BROWSER).await;
    let style = page.body.split("rel=\"stylesheet\" href=\"").nth(1).and_then(|rest| rest.split('"').next());
    let style = client.get(style.unwrap_or_else(|| panic!("no stylesheet{page}")), "").await.expect(200);
    assert_eq!(media_type(&style), "text/css", "{style}");
    let icon = client.get("/favicon.ico", "").await.expect(200);
    assert!(media_type(&icon).starts_with("image/"), "{icon}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_says_whether_people_may_sign_up() {
    let server = TestServer::start().await;
    let open = visit(&server.client(), "/", BROWSER).await.body;
    let server = server.restart(&[("signup", "closed")]).await;
    assert_ne!(open, visit(&server.client(), "/", BROWSER).await.body, "it says the same, open or closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn docs_is_a_page_whose_files_are_compressed_and_of_their_type() {
    let server = TestServer::start().await;
    let client = server.client();
    let page = visit(&client, "/docs", BROWSER).await.expect(200);
    expect_safe(&page);
    assert!(
        page.header("cross-origin-opener-policy").is_none(),
        "it would part it from a window to sign in with{page}"
    );
    assert!(page.body.contains("<noscript>") && page.body.contains("/openapi.yaml"), "{page}");
    let moved = visit(&client, "/docs/", BROWSER).await.expect(308);
    assert_eq!(moved.header("location"), Some("/docs"), "{moved}");
    let files: Vec<_> = page.body.split('"').filter(|value| value.starts_with("/docs/")).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for path in files {
        let (_, kind) = path.rsplit_once('.').expect("a file");
        let wanted = match kind {
            "js" => "text/javascript",
            "css" => "text/css",
            _ => "text/plain",
        };
        let asked = client.request(Method::GET, path).header("accept-encoding", "gzip, br");
        let file = client.answer(asked).await.expect(200);
        assert_eq!(media_type(&file), wanted, "{path}");
        let theirs = !path.starts_with("/docs/docs.");
        assert_eq!(file.header("content-encoding"), theirs.then_some("gzip"), "{path}");
        let tag = file.header("etag").expect("an ETag");
        let again = client.request(Method::GET, path).header("if-none-match", tag);
        client.answer(again).await.expect(304);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_docs_nothing_is_there_and_nothing_leads_there() {
    let server = TestServer::with(&[("docs.enabled", "false")]).await;
    let client = server.client();
    for path in ["/docs", "/docs/", "/docs/docs.js", "/docs/swagger-ui.js"] {
        expect_problem(visit(&client, path, "application/json").await, 404, "not_found");
        expect_page(&visit(&client, path, BROWSER).await.expect(404));
    }
    let start = visit(&client, "/", BROWSER).await.expect(200);
    assert!(!start.body.contains("/docs"), "{start}");
    let object = visit(&client, "/", "application/json").await.expect(200);
    assert_eq!(object["docs"], serde_json::Value::Null, "{object}");
    client.get("/openapi.json", "").await.expect(200);
}
