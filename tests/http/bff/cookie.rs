//! What is the cookie like, how long does it last, and what comes of one that is none of ours?

use grantd_tests::server::TestServer;
use grantd_tests::wire;
use reqwest::Method;

use super::{Browser, NAME, expect_refusal, set_cookie, state};

const HOUR: i64 = 60 * 60;

#[tokio::test(flavor = "multi_thread")]
async fn with_an_http_issuer_it_has_neither_prefix_nor_secure() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    for answer in [browser.login("ada", "ada-dev-password").await, browser.refresh().await] {
        let flags = format!("{NAME}={}; HttpOnly; SameSite=Strict; Path=/; Max-Age=2592000", token(&answer));
        assert_eq!(set_cookie(&answer), Some(flags.as_str()));
    }
    let cleared = browser.logout().await;
    assert_eq!(set_cookie(&cleared), Some("grantd_app=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0"));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_an_https_issuer_it_is_for_this_host_alone_whatever_the_issuers_path() {
    for (issuer, path) in [("https://auth.example.org", ""), ("https://auth.example.org/tenant", "/tenant")] {
        let server = TestServer::with(&[("issuer", issuer)]).await;
        let mut browser = Browser { path, ..Browser::new(&server) };
        for answer in [browser.login("ada", "ada-dev-password").await, browser.refresh().await] {
            let flags = "HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=2592000";
            assert_eq!(set_cookie(&answer), Some(format!("__Host-{NAME}={}; {flags}", token(&answer)).as_str()));
        }
        browser.user().await.expect(200);
        // The name without the prefix is anybody's on the domain.
        let value = browser.value().to_owned();
        let mut other = browser.with_cookie(&format!("{NAME}={value}"));
        expect_refusal(other.user().await, 401, "no_credentials", false);
        let refused = browser.with_cookie(&format!("__Host-{NAME}=nonsense")).refresh().await;
        for cleared in [expect_refusal(refused, 401, "unknown_token", true), browser.logout().await.expect(204)] {
            let flags = "HttpOnly; SameSite=Strict; Secure; Path=/; Max-Age=0";
            assert_eq!(set_cookie(&cleared), Some(format!("__Host-{NAME}=; {flags}").as_str()));
        }
    }
}

/// The refresh token that an answer sets.
fn token(answer: &grantd_tests::client::Answer) -> &str {
    let value = set_cookie(answer).and_then(|set| set.split(['=', ';']).nth(1)).unwrap_or_default();
    assert!(value.starts_with("grt_") && value.len() == 74, "{answer}");
    assert!(!answer.body.contains(value), "the token stands in the body, too{answer}");
    value
}

fn max_age(answer: &grantd_tests::client::Answer) -> i64 {
    let seconds = set_cookie(answer).and_then(|set| set.rsplit_once("Max-Age=")?.1.parse().ok());
    seconds.unwrap_or_else(|| panic!("no Max-Age{answer}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn it_lasts_as_long_as_its_family_can() {
    let server = TestServer::with(&[
        ("tokens.refresh_ttl", "1h"),
        ("tokens.refresh_idle_ttl", "40m"),
        ("tokens.access_ttl", "5m"),
    ])
    .await;
    let mut browser = Browser::new(&server);
    assert_eq!(max_age(&browser.login("ada", "ada-dev-password").await), 40 * 60, "the idle life");
    server.clock().advance(10 * 60);
    assert_eq!(max_age(&browser.refresh().await.expect(200)), 40 * 60, "it begins anew");
    server.clock().advance(20 * 60);
    assert_eq!(max_age(&browser.refresh().await.expect(200)), 30 * 60, "what is left of the whole life");
    let earlier = browser.copy();
    server.clock().advance(30 * 60 - 1);
    assert_eq!(max_age(&browser.refresh().await.expect(200)), 1);
    let mut retry = earlier;
    assert_eq!(max_age(&retry.refresh().await.expect(200)), 1, "handed out again");
    server.clock().advance(1);
    for answer in [browser.copy().user().await, browser.refresh().await] {
        expect_refusal(answer, 401, "expired", true);
    }
    browser.login("ada", "ada-dev-password").await.expect(200);
    server.clock().advance(40 * 60);
    for answer in [browser.copy().user().await, browser.refresh().await] {
        expect_refusal(answer, 401, "idle", true);
    }
    assert!(server.clock().now().0 > HOUR);
}

/// Cookie headers that let nobody in: what is said, and whether the cookie is taken away.
fn odd_cookies(value: &str, access: &str, foreign: &str) -> Vec<(String, u16, &'static str, bool)> {
    let named = |value: &str| format!("{NAME}={value}");
    let mut damaged = value.to_owned();
    damaged.replace_range(40..41, if &value[40..41] == "A" { "B" } else { "A" });
    vec![
        ("other=1".to_owned(), 401, "no_credentials", false),
        (named(""), 401, "no_credentials", false),
        (format!("GRANTD_APP={value}"), 401, "no_credentials", false),
        (format!("__Host-{NAME}={value}"), 401, "no_credentials", false),
        (named("nonsense"), 401, "unknown_token", true),
        (named(&damaged), 401, "unknown_token", true),
        (named(&format!("{value}x")), 401, "unknown_token", true),
        (named(&value[..value.len() - 1]), 401, "unknown_token", true),
        (named(&value.replacen("grt", "%67rt", 1)), 401, "unknown_token", true),
        (named(&format!("\"{value}\"")), 401, "unknown_token", true),
        (named(&"x".repeat(5000)), 401, "unknown_token", true),
        (named(&format!("grt_{}", "A".repeat(3000))), 401, "unknown_token", true),
        (named(access), 401, "unknown_token", true),
        (named(foreign), 401, "other_client", true),
        // Which of two is meant nobody knows: neither is taken for the one that is no good.
        (format!("{0}; {0}", named(value)), 400, "repeated_parameter", false),
        (format!("{}; {}", named(value), named("nonsense")), 400, "repeated_parameter", false),
        (format!("{}; {}", named(""), named(value)), 400, "repeated_parameter", false),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_none_of_ours_is_refused_clearly_and_changes_nothing() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let access = browser.refresh().await.tokens().access;
    let foreign = browser.client.as_public("swagger-ui").sign_in_ada().await.refresh;
    let before = state(&server).await;
    for (cookie, status, reason, clears) in odd_cookies(browser.value(), &access, &foreign) {
        for answer in [browser.with_cookie(&cookie).user().await, browser.with_cookie(&cookie).refresh().await] {
            let answer = expect_refusal(answer, status, reason, clears);
            assert!(answer.header("retry-after").is_none(), "{answer}");
        }
        if status != 400 {
            let answer = browser.with_cookie(&cookie).logout().await;
            assert!(super::is_cleared(&answer.expect(204)), "{cookie}");
        }
    }
    assert_eq!(state(&server).await, before);
    browser.refresh().await.expect(200);
    browser.client.as_public("swagger-ui").refresh(&foreign).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_signs_out_with_two_is_signed_out_of_both() {
    let server = TestServer::start().await;
    let one = Browser::of_ada(&server).await;
    let mut other = Browser::new(&server);
    other.login("bob", "bob-dev-password").await.expect(200);
    let both = format!("{NAME}={}; {NAME}={}", one.value(), other.value());
    assert!(super::is_cleared(&one.with_cookie(&both).logout().await.expect(204)));
    for mut browser in [one, other] {
        expect_refusal(browser.user().await, 401, "signed_out", true);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_is_none_of_ours_does_not_keep_anybody_from_signing_in() {
    let server = TestServer::start().await;
    let browser = Browser::of_ada(&server).await;
    let access = browser.copy().refresh().await.tokens().access;
    let foreign = browser.client.as_public("swagger-ui").sign_in_ada().await.refresh;
    for (cookie, ..) in odd_cookies(browser.value(), &access, &foreign) {
        let mut other = browser.with_cookie(&cookie);
        other.login("bob", "bob-dev-password").await.expect(200);
        assert_eq!(other.user().await.expect(200)["user"]["username"], "bob");
    }
    browser.client.as_public("swagger-ui").refresh(&foreign).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_other_programs_on_the_host_write_does_not_spoil_it() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let own = browser.cookie.clone().expect("a cookie");
    let among = format!("a; =b; ; theme=\"dark; x={NAME}; not-{NAME}=1; {own}; last");
    browser.with_cookie(&among).user().await.expect(200);
    // HTTP/2 may split the header (RFC 9113 §8.2.3).
    let split = browser.with_cookie("theme=dark").bare(Method::GET, "user").header("cookie", &own);
    browser.send(split).await.expect(200);
    let split = browser.bare(Method::GET, "user").header("cookie", &own);
    expect_refusal(browser.send(split).await, 400, "repeated_parameter", false);
    let bytes =
        |cookie: &[u8]| [b"GET /bff/user HTTP/1.1\r\nHost: localhost\r\nCookie: ", cookie, b"\r\n\r\n"].concat();
    let beside = browser.client.raw(bytes(&[b"name=J\xf6rg; ", own.as_bytes()].concat())).await;
    assert_eq!(beside.status, 200, "{}", beside.text());
    let within = browser.client.raw(bytes(&[own.as_bytes(), b"\xff"].concat())).await;
    assert_eq!((within.status, within.json()["reason"].as_str()), (401, Some("unknown_token")));
    assert!(within.header("set-cookie").is_some_and(|set| set.contains("Max-Age=0")));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_good_at_no_other_door() {
    let server = TestServer::start().await;
    let browser = Browser::of_ada(&server).await;
    let cookie = format!("Cookie: {}\r\n", browser.cookie.as_deref().expect("a cookie"));
    for path in ["/api/v1/me", "/oauth2/userinfo"] {
        assert_eq!(browser.client.raw(wire::get(path, &cookie)).await.status, 401, "{path}");
    }
}
