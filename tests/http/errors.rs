//! In which words does the server say no? RFC 6749 §5.2 at protocol endpoints, RFC 9457 anywhere else, each with a
//! reason that can be looked up.

use std::collections::{BTreeSet, HashSet};

use grantd::model::reason::Reason;
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use grantd_tests::wire;
use reqwest::Method;

const FORM: &str = "application/x-www-form-urlencoded";

/// Fails the test when it is not this refusal of a protocol endpoint, the whole of it.
#[track_caller]
pub(super) fn expect_oauth(answer: Answer, status: u16, error: &str, reason: &str) -> Answer {
    let answer = answer.expect_error(status, error).expect_reason(reason);
    assert_eq!(media_type(&answer), "application/json", "{answer}");
    assert_eq!(members(&answer), ["error", "error_description", "error_uri", "reason"], "{answer}");
    assert!(answer.text("error_uri").ends_with(&format!("/errors#{reason}")), "{answer}");
    answer
}

/// Fails the test when it is not this refusal of anything else, the whole of it.
#[track_caller]
pub(super) fn expect_problem(answer: Answer, status: u16, reason: &str) -> Answer {
    let answer = answer.expect(status).expect_reason(reason);
    assert_eq!(media_type(&answer), "application/problem+json", "{answer}");
    let members: Vec<_> = members(&answer).into_iter().filter(|member| *member != "errors").collect();
    assert_eq!(members, ["detail", "reason", "status", "title", "type"], "{answer}");
    assert_eq!(answer["status"], status, "{answer}");
    assert!(answer.text("type").ends_with(&format!("/errors#{reason}")), "{answer}");
    answer
}

/// The type of a body, without its parameters.
pub(super) fn media_type(answer: &Answer) -> &str {
    answer.header("content-type").unwrap_or_default().split(';').next().unwrap_or_default().trim()
}

/// The names of an object's members, sorted.
#[track_caller]
fn members(answer: &Answer) -> Vec<&str> {
    let object = answer.json.as_object().unwrap_or_else(|| panic!("no object{answer}"));
    let mut names: Vec<_> = object.keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// One refusal of each kind, and a few answers that are none.
async fn answers_of_every_kind(client: &Client) -> Vec<Answer> {
    let tokens = client.sign_in_ada().await;
    let narrow = client.sign_in_for("ada", "ada-dev-password", "openid").await;
    let large = "x".repeat(70_000);
    let url = client.base();
    let post = |path: &str| client.request(Method::POST, path);
    let preflight = client
        .request(Method::OPTIONS, "/oauth2/token")
        .header("origin", url)
        .header("access-control-request-method", "POST");
    let home = client.answer(client.request(Method::GET, "/")).await;
    let tag = home.header("etag").unwrap_or_default().to_owned();
    vec![
        client.try_sign_in("ada", "wrong").await,
        client.token(&[("grant_type", "nonsense")]).await,
        client.token(&[]).await,
        client.as_public("nobody").try_sign_in("ada", "ada-dev-password").await,
        client.as_confidential("demo-api", "wrong").client_credentials().await,
        client.refresh("grt_nonsense").await,
        client.bare_form("/oauth2/token", &[("scope", "a"), ("scope", "b")]).await,
        client.answer(post("/oauth2/token").header("content-type", FORM).body(large.clone())).await,
        client.answer(post("/oauth2/token").body("{}")).await,
        client.get("/oauth2/token", "").await,
        client.get("/oauth2/nothing", "").await,
        client.userinfo("").await,
        client.userinfo("nonsense").await,
        client.introspect("nonsense").await,
        client.get("/api/v1/me", "").await,
        client.get("/api/v1/me", "nonsense").await,
        client.get("/api/v1/me", &narrow.access).await,
        client.get("/api/v1/me", &tokens.access).await,
        client.get("/api/v1/me/sessions?limit=0", &tokens.access).await,
        client.delete("/api/v1/me/sessions/nonsense", &tokens.access).await,
        client.delete("/api/v1/users", &tokens.access).await,
        client.sign_up("", "", "").await,
        client.sign_up("ada", "new@example.org", "a password of mine").await,
        client.answer(post("/api/v1/users").header("content-type", "application/json").body(large)).await,
        client.answer(post("/api/v1/users").body("nonsense")).await,
        client.answer(post("/api/v1/users").header("content-type", "application/json").body("{")).await,
        client.get("/nothing", "").await,
        client.answer(post("/livez")).await,
        client.answer(preflight).await,
        client.answer(client.request(Method::GET, "/").header("if-none-match", tag)).await,
        client.answer(client.request(Method::HEAD, "/errors")).await,
        home,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_has_its_place_on_the_errors_page() {
    let server = TestServer::start().await;
    let page = server.client().get("/errors", "").await.expect(200);
    for reason in Reason::ALL {
        let id = format!("id=\"{reason}\"");
        assert_eq!(page.body.matches(&id).count(), 1, "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_error_points_at_is_there() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut seen = BTreeSet::new();
    for answer in answers_of_every_kind(&client).await {
        let oauth = answer["error"].is_string();
        let Some(address) = answer[if oauth { "error_uri" } else { "type" }].as_str() else { continue };
        let (page, id) = address.split_once('#').unwrap_or_else(|| panic!("no fragment{answer}"));
        assert_eq!((page, id), (format!("{}/errors", server.url()).as_str(), &*answer.text("reason")), "{answer}");
        let page = client.get(page, "").await.expect(200);
        assert!(page.body.contains(&format!("id=\"{id}\"")), "nothing is said of {id}");
        seen.insert(id.to_owned());
    }
    assert!(seen.len() >= 14, "only {seen:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_no_more_than_its_dialect_has() {
    let server = TestServer::start().await;
    for answer in answers_of_every_kind(&server.client()).await.into_iter().filter(|answer| answer.status >= 400) {
        let (status, reason) = (answer.status, answer.text("reason"));
        match answer["error"].as_str().map(str::to_owned) {
            Some(error) => expect_oauth(answer, status, &error, &reason),
            None => expect_problem(answer, status, &reason),
        };
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_has_a_name_of_its_own() {
    let server = TestServer::start().await;
    let mut seen = HashSet::new();
    for answer in answers_of_every_kind(&server.client()).await {
        let id = answer.header("x-request-id").unwrap_or_else(|| panic!("no X-Request-Id{answer}")).to_owned();
        assert!(!id.is_empty() && seen.insert(id), "one name twice{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_the_caller_made_up_is_not_taken() {
    let server = TestServer::start().await;
    let client = server.client();
    let request = client.request(Method::GET, "/nothing").header("x-request-id", "the-callers-own");
    assert_ne!(client.answer(request).await.header("x-request-id"), Some("the-callers-own"));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_of_the_protocol_or_the_api_is_stored() {
    let server = TestServer::start().await;
    for answer in answers_of_every_kind(&server.client()).await {
        if answer.path().starts_with("/oauth2/") || answer.path().starts_with("/api/") {
            let control = answer.header("cache-control").unwrap_or_default();
            assert!(control.contains("no-store"), "Cache-Control{answer}");
        }
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_not_found_in_the_words_of_its_mount() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in ["/nothing", "/api/v1/nothing", "/api/v2/me", "/livez/more", "/.well-known/nothing", "/errors/expired"]
    {
        expect_problem(client.get(path, "").await, 404, "not_found");
    }
    for path in ["/oauth2/nothing", "/oauth2/token/more"] {
        expect_oauth(client.get(path, "").await, 404, "invalid_request", "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_method_is_told_the_right_ones() {
    let server = TestServer::start().await;
    let client = server.client();
    let cases = [
        (Method::GET, "/oauth2/token", "POST"),
        (Method::GET, "/oauth2/revoke", "POST"),
        (Method::PUT, "/oauth2/introspect", "POST"),
        (Method::DELETE, "/oauth2/userinfo", "GET HEAD POST"),
        (Method::GET, "/api/v1/users", "POST"),
        (Method::POST, "/api/v1/me", "GET HEAD"),
        (Method::POST, "/api/v1/me/sessions", "DELETE GET HEAD"),
        (Method::GET, "/api/v1/me/sessions/ses_x", "DELETE"),
        (Method::PATCH, "/api/v1/me/activity", "GET HEAD"),
        (Method::POST, "/", "GET HEAD"),
        (Method::POST, "/errors", "GET HEAD"),
        (Method::PUT, "/livez", "GET HEAD"),
        (Method::POST, "/.well-known/openid-configuration", "GET HEAD"),
        (Method::POST, "/.well-known/oauth-authorization-server", "GET HEAD"),
        (Method::DELETE, "/.well-known/jwks.json", "GET HEAD"),
        (Method::from_bytes(b"BREW").expect("a method"), "/oauth2/token", "POST"),
        (Method::TRACE, "/api/v1/users", "POST"),
    ];
    for (method, path, allowed) in cases {
        let answer = client.answer(client.request(method.clone(), path)).await;
        let answer = if path.starts_with("/oauth2/") {
            expect_oauth(answer, 405, "invalid_request", "method_not_allowed")
        } else {
            expect_problem(answer, 405, "method_not_allowed")
        };
        let told: BTreeSet<_> = answer.header("allow").unwrap_or_default().split(',').map(str::trim).collect();
        assert!(allowed.split(' ').all(|method| told.contains(method)), "Allow lacks one of {allowed}{answer}");
        assert!(!told.contains(method.as_str()), "Allow names what was refused{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn options_names_the_methods() {
    let server = TestServer::start().await;
    let client = server.client();
    for path in ["/oauth2/token", "/api/v1/users"] {
        let answer = client.answer(client.request(Method::OPTIONS, path)).await;
        assert!(answer.header("allow").is_some_and(|allow| allow.contains("POST")), "{answer}");
        assert!(answer.header("access-control-allow-origin").is_none(), "{answer}");
    }
    let answer = client.answer(client.request(Method::OPTIONS, "/nothing")).await;
    expect_problem(answer, 404, "not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_as_get_is_but_without_a_body() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    for path in [
        "/",
        "/errors",
        "/favicon.ico",
        "/openapi.json",
        "/openapi.yaml",
        "/livez",
        "/readyz",
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server",
        "/.well-known/jwks.json",
        "/oauth2/userinfo",
        "/api/v1/me",
        "/api/v1/me/sessions",
        "/api/v1/me/activity",
        "/nothing",
    ] {
        let get = client.get(path, &access).await;
        let head = client.answer(client.bearer(Method::HEAD, path, &access)).await;
        assert_eq!(head.status, get.status, "{head}");
        assert_eq!(head.body, "", "{head}");
        for name in ["content-type", "etag", "cache-control", "vary", "content-security-policy"] {
            assert_eq!(head.header(name), get.header(name), "{name}{head}");
        }
        let length = head.header("content-length").map(str::to_owned);
        assert!(length.is_none_or(|length| length == get.body.len().to_string()), "the length{head}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_leaves_no_bytes_on_the_connection() {
    let server = TestServer::start().await;
    let mut connection = wire::Connection::open(server.client().address()).await.expect("a connection");
    for path in ["/", "/nothing", "/livez", "/api/v1/me"] {
        let head = wire::get(path, "").into_iter().skip(3).collect::<Vec<_>>();
        let head = [b"HEAD".as_slice(), &head].concat();
        connection.exchange(&head).await.expect("an answer to HEAD");
        let reply = connection.exchange(&wire::get("/livez", "")).await.expect("an answer to GET");
        assert_eq!((reply.status, reply.json()["status"].as_str()), (200, Some("alive")), "after HEAD {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_authorization_headers_are_an_invalid_request() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    let twice = |method, path: &str| client.bearer(method, path, &access).bearer_auth(&access);
    let answer = client.answer(twice(Method::GET, "/oauth2/userinfo")).await;
    assert_eq!((answer.status, answer["error"].as_str()), (400, Some("invalid_request")), "{answer}");
    let answer = client.answer(twice(Method::GET, "/api/v1/me")).await;
    assert_eq!((answer.status, media_type(&answer)), (400, "application/problem+json"), "{answer}");
    let form = [("grant_type", "client_credentials")];
    let answer = client.answer(twice(Method::POST, "/oauth2/token").form(&form)).await;
    assert_eq!((answer.status, answer["error"].as_str()), (400, Some("invalid_request")), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_error_repeats_what_was_sent() {
    const MARK: &str = "Zq7Marker8kXwPassword";
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    let json = |body: String| {
        client.request(Method::POST, "/api/v1/users").header("content-type", "application/json").body(body)
    };
    let mut answers = vec![
        client.try_sign_in("ada", MARK).await,
        client.try_sign_in(MARK, MARK).await,
        client.refresh(MARK).await,
        client.as_demo_api().revoke(MARK).await,
        client.userinfo(MARK).await,
        client.get("/api/v1/me", MARK).await,
        client.as_confidential("demo-api", MARK).client_credentials().await,
        client.as_confidential(MARK, MARK).client_credentials().await,
        client.get(&format!("/{MARK}"), "").await,
        client.get(&format!("/api/v1/{MARK}?{MARK}={MARK}"), "").await,
        client.get(&format!("/oauth2/{MARK}"), "").await,
        client.get(&format!("/api/v1/me/sessions?limit={MARK}"), &access).await,
        client.get(&format!("/api/v1/me/sessions?cursor={MARK}"), &access).await,
        client.delete(&format!("/api/v1/me/sessions?keep={MARK}"), &access).await,
        client.delete(&format!("/api/v1/me/sessions/{MARK}"), &access).await,
        client.sign_up("ada", "marker@example.org", MARK).await,
        client.sign_up(&format!("{MARK} {MARK}"), &format!("{MARK}@"), MARK).await,
        client.sign_up("short", "short@example.org", &MARK[..7]).await,
        client.answer(json(format!("{{\"password\": \"{MARK}\", {MARK}}}"))).await,
        client.answer(json(format!("{{\"password\": [\"{MARK}\"], \"username\": {{\"{MARK}\": 1}}}}"))).await,
        client.answer(json(format!("\"{MARK}\""))).await,
        client.answer(client.request(Method::POST, "/api/v1/users").body(MARK)).await,
        client.answer(client.request(Method::POST, "/oauth2/token").header("content-type", MARK).body(MARK)).await,
        client.answer(client.request(Method::GET, "/nothing").header("accept", "text/html").header("x", MARK)).await,
        client.answer(client.request(Method::GET, &format!("/{MARK}")).header("accept", "text/html")).await,
        client.answer(client.request(Method::from_bytes(MARK.as_bytes()).expect("a method"), "/livez")).await,
    ];
    for name in ["grant_type", "scope", "resource", "client_id", "client_secret", "unknown"] {
        answers.push(client.bare_form("/oauth2/token", &[(name, MARK), ("username", MARK), ("password", MARK)]).await);
        answers.push(client.bare_form("/oauth2/token", &[(name, MARK), (name, MARK)]).await);
        let form = [("grant_type", "password"), ("client_id", "web"), ("username", "ada"), ("password", "no")];
        answers.push(client.bare_form("/oauth2/token", &[&form[..], &[(name, MARK)]].concat()).await);
    }
    for answer in answers.iter().filter(|answer| answer.status >= 400) {
        assert!(answer.status < 500, "{answer}");
        let said = answer.said();
        assert!(!said.contains(MARK) && !said.contains(&MARK[..7]), "{said}");
    }
}

/// What an answer said, without what was asked.
trait Said {
    fn said(&self) -> String;
    fn path(&self) -> String;
}

impl Said for Answer {
    fn said(&self) -> String {
        format!("{:?}\n{}", self.headers, self.body)
    }

    fn path(&self) -> String {
        let told = self.to_string();
        let asked = told.lines().nth(1).and_then(|line| line.split(' ').nth(2)).unwrap_or_default();
        let path = asked.splitn(4, '/').nth(3).unwrap_or_default();
        format!("/{path}")
    }
}
