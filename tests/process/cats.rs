//! Does the example API keep its word? The real example, for users of a real `grantd dev`.

mod tokens;

use grantd_tests::client::{Answer, Client};
use grantd_tests::process::{self, Call, Grantd, Output};
use grantd_tests::temp::TempDir;
use grantd_tests::{eventually, wait_for};
use reqwest::Method;
use serde_json::{Value, json};

use crate::site;

const AUDIENCE: &str = "http://localhost:8090";

/// The example, prepared for users of this issuer.
fn call(issuer: &str) -> Call {
    let none: &[&str] = &[];
    process::call(&process::example("cats"), none).env("CATS_LISTEN", "127.0.0.1:0").env("CATS_ISSUER", issuer)
}

/// The example, running, and a client of it.
struct Cats {
    client: Client,
    process: Grantd,
}

impl Cats {
    fn start(issuer: &str) -> Self {
        let process = call(issuer).spawn();
        let url = wait_for("the line that says where it listens", || {
            assert!(!process.has_ended(), "{}", process.output());
            process.output().split_once("/cats").map(|(before, _)| before.replace("cats: ", ""))
        });
        Self { client: Client::new(&url), process }
    }

    async fn get(&self, token: &str) -> Answer {
        self.client.get("/cats", token).await
    }

    async fn post(&self, token: &str, body: &Value) -> Answer {
        self.client.send(Method::POST, "/cats", token, body).await
    }

    /// GET until it is answered with this status.
    async fn gets(&self, status: u16, token: &str) {
        eventually(&format!("{status} for GET"), || async { (self.get(token).await.status == status).then_some(()) })
            .await;
    }
}

/// A problem with this status, whose challenge goes on so behind the realm.
#[track_caller]
fn refused(answer: Answer, status: u16, challenge: Option<&str>) {
    let answer = answer.expect(status);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"), "{answer}");
    assert!(answer["status"] == status && answer["title"].is_string() && answer["detail"].is_string(), "{answer}");
    let whole = challenge.map(|rest| format!(r#"Bearer realm="{AUDIENCE}"{rest}"#));
    match answer.header("www-authenticate") {
        // What is wrong is said as it is in the body.
        Some(seen) if seen.contains("invalid_token") => {
            let said = format!(", error_description={}", answer["detail"]);
            assert_eq!(Some(seen.replace(&said, "")), whole, "{answer}");
            assert!(seen.contains(&said), "{answer}");
        }
        seen => assert_eq!(seen, whole.as_deref(), "{answer}"),
    }
}

const INVALID: Option<&str> = Some(r#", error="invalid_token""#);

/// The parameters of a sign-in for the example.
async fn token(client: &Client, user: &str, scope: &str) -> String {
    let password = format!("{user}-dev-password");
    let form = [
        ("grant_type", "password"),
        ("username", user),
        ("password", &password),
        ("scope", scope),
        ("resource", AUDIENCE),
    ];
    client.token(&form).await.tokens().access
}

/// A server, the example, and bob's token for it.
async fn cats() -> (TempDir, Grantd, Cats, String) {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let cats = Cats::start(&server.url());
    let bob = token(&server.client(), "bob", "openid cats:write").await;
    (data, server, cats, bob)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cats_and_their_owners_are_listed_for_whoever_has_a_token() {
    let (_data, server, cats, bob) = cats().await;
    let listed = cats.get(&bob).await.expect(200);
    let first = json!({"items": [{"id": 1, "name": "Mia", "owner": "ada"}, {"id": 2, "name": "Tom", "owner": "bob"}, {"id": 3, "name": "Ida", "owner": "ada"}]});
    assert_eq!(listed.json, first);
    // Any of the seeded clients, whatever the scope; beside the issuer too, for one token can serve both.
    for client in ["web", "grant-cli", "swagger-ui"] {
        let client = server.client().as_public(client);
        cats.get(&token(&client, "ada", "openid").await).await.expect(200);
        let both = [
            ("grant_type", "password"),
            ("username", "ada"),
            ("password", "ada-dev-password"),
            ("resource", AUDIENCE),
            ("resource", &server.url()),
        ];
        let both = client.token(&both).await.tokens();
        assert_eq!(both.claims()["aud"], json!([AUDIENCE, server.url()]));
        cats.get(&both.access).await.expect(200);
        server.client().userinfo(&both.access).await.expect(200);
    }
    let head = cats.client.answer(cats.client.bearer(Method::HEAD, "/cats", &bob)).await.expect(200);
    assert_eq!(head.body, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_cat_belongs_to_whoever_brought_it() {
    let (_data, server, cats, bob) = cats().await;
    let added = cats.post(&bob, &json!({"name": "  Mo of Kraków "})).await.expect(201);
    assert_eq!(added.json, json!({"id": 4, "name": "Mo of Kraków", "owner": "bob"}));
    let ada = token(&server.client(), "ada", "openid cats:write").await;
    let longest = "ł".repeat(64);
    let added = cats.post(&ada, &json!({ "name": longest })).await.expect(201);
    assert_eq!(added.json, json!({"id": 5, "name": longest, "owner": "ada"}));
    let listed = cats.get(&bob).await.expect(200);
    assert_eq!((listed["items"].as_array().map(Vec::len), &listed["items"][4]), (Some(5), &added.json));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_scope_nobody_brings_a_cat() {
    let (_data, server, cats, _) = cats().await;
    let other = server.client().as_public("web");
    for scope in ["openid", "openid profile email account sessions"] {
        let token = token(&other, "ada", scope).await;
        let answer = cats.post(&token, &json!({"name": "Mo"})).await;
        refused(answer, 403, Some(r#", error="insufficient_scope", scope="cats:write""#));
        // That is said before what is wrong with the body.
        cats.post(&token, &json!([])).await.expect(403);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_holds_at_once_for_writes_and_reads_pass_until_the_token_expires() {
    let data = TempDir::new();
    let server = site::dev(&data).env("GRANTD_TOKENS__ACCESS_TTL", "4s").start();
    let cats = Cats::start(&server.url());
    let bob = token(&server.client(), "bob", "openid cats:write").await;
    cats.post(&bob, &json!({"name": "Mo"})).await.expect(201);
    server.client().revoke(&bob).await.expect(200);
    refused(cats.post(&bob, &json!({"name": "Momo"})).await, 401, INVALID);
    // Verified offline: nobody was asked.
    let listed = cats.get(&bob).await;
    let over = grantd_tests::client::claims(&bob)["exp"].as_u64() <= Some(jsonwebtoken::get_current_timestamp());
    assert!(over || listed["items"].as_array().map(Vec::len) == Some(4), "{listed}");
    cats.gets(401, &bob).await;
    let answer = cats.get(&bob).await;
    assert_eq!(answer["detail"], "It has expired.");
    refused(answer, 401, INVALID);
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_issuer_is_away_cats_are_listed_and_none_is_added() {
    let (_data, server, cats, bob) = cats().await;
    let cat = json!({"name": "Mo"});
    cats.get(&bob).await.expect(200);
    // It hears, and does not answer.
    process::signal(server.pid(), "STOP");
    cats.get(&bob).await.expect(200);
    // Who has no keys yet knows nothing of the token, and does not say that it is bad.
    let late = Cats::start(&server.url());
    let (added, listed) = tokio::join!(cats.post(&bob, &cat), late.get(&bob));
    refused(added, 503, None);
    refused(listed, 503, None);
    process::signal(server.pid(), "CONT");
    late.gets(200, &bob).await;
    late.post(&bob, &cat).await.expect(201);
    cats.post(&bob, &cat).await.expect(201);
    let url = server.url();
    server.stop().expect(0);
    let last = Cats::start(&url);
    cats.get(&bob).await.expect(200);
    refused(cats.post(&bob, &cat).await, 503, None);
    refused(last.get(&bob).await, 503, None);
    assert!(cats.process.output().contains("no introspection"), "{}", cats.process.output());
    for process in [cats.process, late.process, last.process] {
        let said = process.output();
        assert!(!said.contains("demo-api-dev-secret") && !said.contains(&bob), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_rotate_are_followed() {
    let (data, server, cats, bob) = cats().await;
    cats.get(&bob).await.expect(200);
    site::run(&data, &["key", "rotate"]).expect(0);
    cats.get(&token(&server.client(), "bob", "openid").await).await.expect(200);
    site::run(&data, &["key", "rotate", "--now"]).expect(0);
    let new = token(&server.client(), "bob", "openid cats:write").await;
    cats.gets(200, &new).await;
    cats.post(&new, &json!({"name": "Mo"})).await.expect(201);
    // What a leaked key signed went with its key.
    refused(cats.get(&bob).await, 401, INVALID);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_the_issuer_may_ask_and_read_every_answer_and_others_may_not() {
    let (_data, server, cats, bob) = cats().await;
    let preflight = |origin: &str, method: &str| {
        let request = cats.client.request(Method::OPTIONS, "/cats").header("origin", origin);
        let request = request.header("access-control-request-method", method);
        cats.client.answer(request.header("access-control-request-headers", "authorization,content-type"))
    };
    for method in ["GET", "POST"] {
        let answer = preflight(&server.url(), method).await.expect(200);
        assert_eq!(answer.header("access-control-allow-origin"), Some(server.url().as_str()), "{answer}");
        assert!(answer.header("access-control-allow-methods").is_some_and(|it| it.contains(method)), "{answer}");
        let headers = answer.header("access-control-allow-headers").unwrap_or_default();
        assert!(headers.contains("authorization") && headers.contains("content-type"), "{answer}");
        assert_eq!(answer.header("access-control-allow-credentials"), None, "{answer}");
    }
    refused(preflight("http://localhost:1", "GET").await, 403, None);
    refused(preflight(&server.url(), "DELETE").await, 403, None);
    for (method, path, token, status) in [
        (Method::GET, "/cats", bob.as_str(), 200),
        (Method::GET, "/cats", "", 401),
        (Method::POST, "/cats", bob.as_str(), 415),
        (Method::DELETE, "/cats", bob.as_str(), 405),
        (Method::GET, "/dogs", "", 404),
    ] {
        let request = cats.client.bearer(method, path, token);
        let answer = cats.client.answer(request.header("origin", server.url())).await.expect(status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(server.url().as_str()), "{answer}");
        assert_eq!(answer.header("access-control-expose-headers"), Some("www-authenticate"), "{answer}");
    }
    let request = cats.client.bearer(Method::GET, "/cats", &bob).header("origin", "http://localhost:1");
    assert_eq!(cats.client.answer(request).await.header("access-control-allow-origin"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_said() {
    let (_data, _server, cats, bob) = cats().await;
    let long = "a".repeat(65);
    for body in [
        json!({}),
        json!({"name": ""}),
        json!({"name": " \t\n"}),
        json!({ "name": long }),
        json!({"name": "a\u{0}b"}),
        json!({"name": 5}),
        json!({"name": null}),
        json!({"name": ["Mo"]}),
        json!("Mo"),
        json!(["Mo"]),
        json!(null),
    ] {
        refused(cats.post(&bob, &body).await, 400, None);
    }
    let send = |method: Method, path: &str, media_type: &str, body: Vec<u8>| {
        let request = cats.client.bearer(method, path, &bob).header("content-type", media_type);
        cats.client.answer(request.body(body))
    };
    for text in ["", "{", "{\"name\": \"Mo\"", "name=Mo"] {
        refused(send(Method::POST, "/cats", "application/json", text.into()).await, 400, None);
    }
    refused(send(Method::POST, "/cats", "application/json", b"{\"name\": \"\xff\"}".to_vec()).await, 400, None);
    let deep = "[".repeat(4000).into_bytes();
    refused(send(Method::POST, "/cats", "application/json", deep).await, 400, None);
    for media_type in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", ""] {
        refused(send(Method::POST, "/cats", media_type, b"{\"name\": \"Mo\"}".to_vec()).await, 415, None);
    }
    // Not much larger: whoever still sends while it is refused may not come to read why.
    let large = json!({"name": "Mo", "more": "a".repeat(4096)}).to_string();
    refused(send(Method::POST, "/cats", "application/json", large.into()).await, 413, None);
    refused(send(Method::POST, "/", "application/json", Vec::new()).await, 404, None);
    refused(send(Method::GET, "/cats/1", "application/json", Vec::new()).await, 404, None);
    for method in [Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS] {
        let answer = send(method, "/cats", "application/json", Vec::new()).await;
        assert_eq!(answer.header("allow"), Some("GET, HEAD, POST"), "{answer}");
        refused(answer, 405, None);
    }
    send(Method::POST, "/cats", "Application/JSON; charset=utf-8", b"{\"name\": \"Mo\"}".to_vec()).await.expect(201);
    assert_eq!(cats.get(&bob).await.expect(200)["items"].as_array().map(Vec::len), Some(4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_cats_are_enough() {
    let (_data, _server, cats, bob) = cats().await;
    for _ in 3..1000 {
        cats.post(&bob, &json!({"name": "Mo"})).await.expect(201);
    }
    refused(cats.post(&bob, &json!({"name": "Mo"})).await, 409, None);
    assert_eq!(cats.get(&bob).await.expect(200)["items"].as_array().map(Vec::len), Some(1000));
}

#[test]
fn a_setting_that_cannot_be_is_told_and_ends_it() {
    let told = |output: Output, what: &[&str]| {
        let output = output.expect(1);
        assert!(what.iter().all(|what| output.stderr.contains(what)) && output.stdout.is_empty(), "{output}");
        assert!(output.stderr.starts_with("cats: ") && output.stderr.lines().count() == 1, "{output}");
    };
    for issuer in ["nowhere", "localhost:8080", "ftp://localhost", "http://", ""] {
        told(call(issuer).env("RUST_BACKTRACE", "1").run(), &["CATS_ISSUER", issuer]);
    }
    let held = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let taken = held.local_addr().expect("its number").to_string();
    for listen in [taken.as_str(), "nowhere", ""] {
        told(call("http://localhost:8080").env("CATS_LISTEN", listen).run(), &["cannot listen on", listen]);
    }
}

#[test]
fn it_says_in_one_line_where_it_listens_and_ctrl_c_ends_it() {
    let cats = Cats::start("http://localhost:1/");
    process::signal(cats.process.pid(), "INT");
    let output = cats.process.wait().expect(0);
    let line = format!("cats: {}/cats, for users of http://localhost:1\n", cats.client.base());
    assert_eq!((output.stdout, output.stderr), (line, String::new()));
}
