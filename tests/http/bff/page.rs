//! Which requests come from a page of this server? Whatever does not say so is refused before anything else of it is looked at.

use grantd_tests::server::TestServer;
use grantd_tests::wire::Connection;
use reqwest::Method;

use super::{Browser, expect_refusal, state};
use crate::errors::expect_problem;

const OWN: (&str, &str) = ("x-grantd", "1");
const SAME: (&str, &str) = ("sec-fetch-site", "same-origin");

#[tokio::test(flavor = "multi_thread")]
async fn only_a_page_of_the_issuers_origin_is_let_in() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let url = server.url().to_owned();
    let (host, port) = url.rsplit_once(':').expect("a port");
    let neighbour = format!("{host}:{}", port.parse::<u16>().expect("a number") ^ 1);
    let (secure, slash) = (url.replace("http:", "https:"), format!("{url}/"));
    let own = ("origin", url.as_str());
    for headers in [vec![OWN, SAME], vec![OWN, own], vec![OWN, SAME, own], vec![OWN, SAME, ("origin", "null")]] {
        let request =
            headers.iter().fold(browser.bare(Method::POST, "refresh"), |r, (name, value)| r.header(*name, *value));
        browser.send(request).await.expect(200);
    }
    let before = state(&server).await;
    for headers in [
        vec![],
        vec![OWN],
        vec![SAME],
        vec![own],
        vec![SAME, own],
        vec![("x-grantd", "0"), SAME],
        vec![("x-grantd", ""), SAME],
        vec![("x-grantd", "11"), SAME],
        vec![("x-grantd", "true"), SAME],
        vec![OWN, OWN, SAME],
        vec![OWN, ("sec-fetch-site", "cross-site")],
        vec![OWN, ("sec-fetch-site", "same-site")],
        vec![OWN, ("sec-fetch-site", "none")],
        vec![OWN, ("sec-fetch-site", "")],
        vec![OWN, ("sec-fetch-site", "SAME-ORIGIN")],
        vec![OWN, ("sec-fetch-site", "same-origin, same-origin")],
        vec![OWN, SAME, SAME],
        vec![OWN, SAME, ("sec-fetch-site", "cross-site")],
        // Whoever says where it is from is not asked a second time.
        vec![OWN, ("sec-fetch-site", "cross-site"), own],
        vec![OWN, ("sec-fetch-site", "none"), own],
        vec![OWN, ("origin", "null")],
        vec![OWN, ("origin", "")],
        vec![OWN, ("origin", &neighbour)],
        vec![OWN, ("origin", &secure)],
        vec![OWN, ("origin", &slash)],
        vec![OWN, ("origin", "https://evil.example")],
        vec![OWN, own, own],
        vec![OWN, own, ("origin", "https://evil.example")],
        vec![OWN, ("referer", &slash)],
    ] {
        for path in ["login", "refresh", "logout"] {
            let request =
                browser.bare(Method::POST, path).json(&serde_json::json!({"username": "ada", "password": "wrong"}));
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
            let answer = browser.send(request).await;
            assert_eq!(answer.status, 403, "{path} with {headers:?}{answer}");
            expect_refusal(answer, 403, "cross_site_request", false);
        }
    }
    assert_eq!(state(&server).await, before, "nothing was looked at, a wrong password included");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_of_a_request_from_elsewhere_is_looked_at() {
    let server = TestServer::start().await;
    let browser = Browser::of_ada(&server).await;
    let twice = format!("{0}; {0}", browser.cookie.as_deref().expect("a cookie"));
    let mut odd = browser.with_cookie(&twice);
    for path in ["login", "refresh", "logout"] {
        let large = odd.bare(Method::POST, path).header("content-type", "text/plain").body("x".repeat(70_000));
        expect_refusal(odd.send(large).await, 403, "cross_site_request", false);
        // A body is not asked for (RFC 9110 §10.1.1).
        let mut connection = Connection::open(odd.client.address()).await.expect("a connection");
        let about = "Content-Type: application/json\r\nContent-Length: 9\r\nExpect: 100-continue\r\n";
        let head = format!("POST /bff/{path} HTTP/1.1\r\nHost: localhost\r\n{about}\r\n");
        let reply = connection.exchange(head.as_bytes()).await.expect("an answer");
        assert_eq!((reply.status, reply.json()["reason"].as_str()), (403, Some("cross_site_request")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_who_is_there_needs_no_header() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    for site in ["same-origin", "none", "same-site", "cross-site"] {
        browser.send(browser.bare(Method::GET, "user").header("sec-fetch-site", site)).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_are_told_no_when_they_ask_first() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    for path in ["login", "refresh", "logout", "user"] {
        let preflight = browser
            .bare(Method::OPTIONS, path)
            .header("origin", "https://evil.example")
            .header("access-control-request-method", "POST")
            .header("access-control-request-headers", "x-grantd");
        expect_refusal(browser.send(preflight).await, 405, "method_not_allowed", false);
    }
    let own = browser.bare(Method::GET, "user").header("origin", server.url());
    browser.send(own).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_the_issuers_origin_counts_not_the_host() {
    let server = TestServer::with(&[("issuer", "https://Auth.Example.org:443/tenant")]).await;
    let mut browser = Browser { path: "/tenant", ..Browser::new(&server) };
    let sign_in = serde_json::json!({"username": "ada", "password": "ada-dev-password"});
    for (origin, status) in [
        ("https://auth.example.org", 200),
        (server.url(), 403),
        ("https://auth.example.org:443", 403),
        ("https://auth.example.org/tenant", 403),
        ("http://auth.example.org", 403),
    ] {
        let request = browser.bare(Method::POST, "login").header("x-grantd", "1").header("origin", origin);
        let answer = browser.send(request.json(&sign_in)).await.expect(status);
        if status == 403 {
            expect_problem(answer, 403, "cross_site_request");
        }
    }
}
