//! Does the cookie mode keep its word? A browser at a page of the server: it sends its cookie by itself and does what `Set-Cookie` says.

mod client;
mod cookie;
mod endings;
mod login;
mod page;
mod races;

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::errors::expect_problem;

const DAY: i64 = 24 * 60 * 60;
/// The cookie's name where the issuer is http, as it is in most tests.
const NAME: &str = "grantd_app";

/// A browser with the one cookie that it may have.
struct Browser {
    client: Client,
    /// Name and value, as it is sent.
    cookie: Option<String>,
    /// The path of the issuer.
    path: &'static str,
}

impl Browser {
    fn new(server: &TestServer) -> Self {
        Self { client: server.client(), cookie: None, path: "" }
    }

    /// One at whose page ada has signed in.
    async fn of_ada(server: &TestServer) -> Self {
        let mut browser = Self::new(server);
        browser.login("ada", "ada-dev-password").await.expect(200);
        browser
    }

    /// Another one with the same cookie: another tab, or a thief.
    fn copy(&self) -> Self {
        Self { client: self.client.apart(), cookie: self.cookie.clone(), path: self.path }
    }

    /// The same with another cookie.
    fn with_cookie(&self, cookie: &str) -> Self {
        Self { cookie: Some(cookie.to_owned()), ..self.copy() }
    }

    /// A request with the cookie, as a browser of today sends it from a page of the server.
    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header("x-grantd", "1").header("sec-fetch-site", "same-origin")
    }

    /// A request with the cookie and nothing else.
    fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, &format!("{}/bff/{path}", self.path));
        match &self.cookie {
            Some(cookie) => request.header("cookie", cookie),
            None => request,
        }
    }

    /// Sends it, and keeps the cookie that is set, or drops the one that is cleared.
    async fn send(&mut self, request: RequestBuilder) -> Answer {
        let answer = self.client.answer(request).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{answer}");
        assert!(answer.header("www-authenticate").is_none(), "no challenge{answer}");
        assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "no CORS{answer}");
        if let Some(set) = set_cookie(&answer) {
            self.cookie = (!is_cleared(&answer)).then(|| set.split(';').next().unwrap_or_default().to_owned());
        }
        answer
    }

    async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    async fn login(&mut self, username: &str, password: &str) -> Answer {
        self.post("login", &json!({"username": username, "password": password})).await
    }

    async fn refresh(&mut self) -> Answer {
        self.send(self.request(Method::POST, "refresh")).await
    }

    async fn logout(&mut self) -> Answer {
        self.send(self.request(Method::POST, "logout")).await
    }

    /// Asks who is signed in, as a page does: no header but the cookie.
    async fn user(&mut self) -> Answer {
        self.send(self.bare(Method::GET, "user")).await
    }

    /// The bytes of a POST with the cookie, to be sent with others at once.
    fn bytes(&self, path: &str, body: &str) -> Vec<u8> {
        let (cookie, length) = (self.cookie.as_deref().expect("a cookie"), body.len());
        format!(
            "POST /bff/{path} HTTP/1.1\r\nHost: localhost\r\nX-Grantd: 1\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}"
        )
        .into_bytes()
    }

    /// The refresh token in the cookie.
    #[track_caller]
    fn value(&self) -> &str {
        let cookie = self.cookie.as_deref().expect("a cookie");
        cookie.split_once('=').expect("a name and a value").1
    }
}

/// The one header `Set-Cookie`, if there is one.
#[track_caller]
fn set_cookie(answer: &Answer) -> Option<&str> {
    assert!(answer.headers.get_all("set-cookie").iter().count() <= 1, "{answer}");
    answer.header("set-cookie")
}

/// Whether the answer takes the cookie away.
#[track_caller]
fn is_cleared(answer: &Answer) -> bool {
    set_cookie(answer).is_some_and(|set| set.contains("Max-Age=0"))
}

/// Fails the test when it is not this refusal, or when it does with the cookie what it should not.
#[track_caller]
fn expect_refusal(answer: Answer, status: u16, reason: &str, clears: bool) -> Answer {
    let answer = expect_problem(answer, status, reason);
    assert_eq!((is_cleared(&answer), set_cookie(&answer).is_some()), (clears, clears), "the cookie{answer}");
    answer
}

/// All that a request may change of sign-ins, in numbers.
async fn state(server: &TestServer) -> Vec<i64> {
    // PostgreSQL adds whole numbers up to decimal ones.
    let sums = ["generation", "previous_generation", "rotated_at", "answered_at"];
    let sums = sums.map(|column| format!("CAST(SUM({column}) AS BIGINT)")).join(", ");
    let counts = "COUNT(*), COUNT(confirmed_at), COUNT(revoked_at), (SELECT COUNT(*) FROM sessions), \
        (SELECT COUNT(ended_at) FROM sessions), (SELECT COUNT(*) FROM events)";
    server.home().rows().numbers(&format!("SELECT {sums}, {counts} FROM token_families")).await
}

/// The events of ada's, oldest first: types, and reasons where there are some.
async fn told(server: &TestServer) -> Vec<String> {
    let client = server.client().as_public("grant-cli");
    let access = client.sign_in_ada().await.access;
    let log = client.get("/api/v1/me/activity?limit=200", &access).await.expect(200);
    let events = log["items"].as_array().unwrap_or_else(|| panic!("no list{log}")).iter().rev();
    let of_web = events.filter(|event| event["client_id"] == "web");
    let text = |event: &Value| match event["reason"].as_str() {
        Some(reason) => format!("{}: {reason}", event["type"].as_str().unwrap_or_default()),
        None => event["type"].as_str().unwrap_or_default().to_owned(),
    };
    of_web.map(text).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_signs_in_refreshes_asks_who_is_there_and_signs_out() {
    let server = TestServer::start().await;
    let mut browser = Browser::new(&server);
    let signed_in = browser.login("ada", "ada-dev-password").await.expect(200);
    let members: Vec<_> = signed_in.json.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "token_type", "expires_in", "scope", "user"]);
    assert_eq!((&signed_in["token_type"], &signed_in["expires_in"]), (&"Bearer".into(), &300.into()));
    let tokens = signed_in.tokens();
    let me = browser.client.get("/api/v1/me", &tokens.access).await.expect(200);
    assert_eq!(signed_in["user"], me.json, "the user as /api/v1/me shows it");

    let refreshed = browser.refresh().await.expect(200);
    let members: Vec<_> = refreshed.json.as_object().expect("an object").keys().map(String::as_str).collect();
    assert_eq!(members, ["access_token", "token_type", "expires_in", "scope"]);
    let next = refreshed.tokens();
    assert_eq!((&next.scope, next.expires_in), (&tokens.scope, 300));
    assert_eq!((&next.claims()["sid"], next.claims()["client_id"].as_str()), (&tokens.claims()["sid"], Some("web")));
    assert!(next.access != tokens.access && browser.client.is_active(&next.access).await);

    let who = browser.user().await.expect(200);
    assert!(set_cookie(&who).is_none(), "{who}");
    let sessions = browser.client.get("/api/v1/me/sessions", &next.access).await.expect(200);
    assert_eq!(who.json, json!({"user": me.json, "session": sessions["items"][0]}), "as the account API shows them");
    assert_eq!((&who["session"]["id"], &who["session"]["current"]), (&next.claims()["sid"], &true.into()));

    assert!(is_cleared(&browser.logout().await.expect(204)));
    for access in [&tokens.access, &next.access] {
        browser.client.get("/api/v1/me", access).await.expect(401).expect_reason("signed_out");
    }
    for answer in [browser.user().await, browser.refresh().await] {
        expect_refusal(answer, 401, "no_credentials", false);
    }
    assert!(is_cleared(&browser.logout().await.expect(204)), "nobody was signed in");
    assert_eq!(told(&server).await, ["signed_in", "signed_out: signed_out"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_and_what_does_not_answer_says_so() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    for (method, path) in [(Method::GET, "login"), (Method::DELETE, "refresh"), (Method::PUT, "logout")] {
        let answer = browser.send(browser.request(method, path)).await;
        assert_eq!(expect_refusal(answer, 405, "method_not_allowed", false).header("allow"), Some("POST"));
    }
    let answer = browser.send(browser.request(Method::POST, "user")).await;
    assert_eq!(expect_refusal(answer, 405, "method_not_allowed", false).header("allow"), Some("GET, HEAD"));
    expect_refusal(browser.send(browser.request(Method::POST, "nothing")).await, 404, "not_found", false);
    let head = browser.send(browser.bare(Method::HEAD, "user")).await.expect(200);
    assert_eq!(head.body, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_who_is_there_rotates_confirms_and_ends_nothing_with_any_generation() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let first = browser.cookie.clone().expect("a cookie");
    let mut thief = browser.with_cookie(&first);
    browser.refresh().await.expect(200);
    browser.refresh().await.expect(200);
    server.clock().advance(10 * DAY);
    let before = state(&server).await;
    let now = browser.user().await.expect(200);
    // At the token endpoint this one would be a replay.
    let then = thief.user().await.expect(200);
    assert_eq!(now.json, then.json);
    assert_eq!(state(&server).await, before);
    browser.refresh().await.expect(200);
}
