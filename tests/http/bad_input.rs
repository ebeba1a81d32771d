//! What becomes of requests that nobody should send? Each is refused with its reason, and the server goes on.

mod json;
mod long;
mod query;

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use grantd_tests::wire::{self, Connection, Reply};
use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, HeaderValue};

use super::errors::{expect_oauth, expect_problem};

const FORM: &str = "application/x-www-form-urlencoded";
const SIGN_IN: &str = "grant_type=password&client_id=web&username=ada&password=ada-dev-password";
/// Where forms go, and one that each takes.
const FORMS: [(&str, &str); 3] = [
    ("/oauth2/token", SIGN_IN),
    ("/oauth2/revoke", "client_id=web&token=x"),
    ("/oauth2/introspect", "client_id=demo-api&client_secret=demo-api-dev-secret&token=x"),
];
/// What the protocol endpoints know, and a name that nobody does.
const PARAMETERS: [&str; 11] = [
    "grant_type",
    "client_id",
    "client_secret",
    "username",
    "password",
    "refresh_token",
    "scope",
    "resource",
    "token",
    "token_type_hint",
    "unknown",
];
const LIMIT: usize = 64 * 1024;

/// A form, byte by byte.
async fn post(client: &Client, path: &str, body: impl Into<Vec<u8>>) -> Answer {
    client.answer(client.request(Method::POST, path).header(CONTENT_TYPE, FORM).body(body.into())).await
}

/// The bytes of a POST in chunks of 8 KiB.
fn chunked(path: &str, content_type: &str, body: &str) -> Vec<u8> {
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {content_type}\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    .into_bytes();
    for chunk in body.as_bytes().chunks(8 * 1024) {
        bytes.extend(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend(chunk);
        bytes.extend(b"\r\n");
    }
    bytes.extend(b"0\r\n\r\n");
    bytes
}

#[track_caller]
fn expect_reply(reply: &Reply, status: u16, reason: &str) {
    assert_eq!(reply.status, status, "{}\n\n{}", reply.head, reply.text());
    assert_eq!(reply.json()["reason"], reason, "{}\n\n{}", reply.head, reply.text());
}

/// Filled up with parameters that nobody knows.
fn padded(form: &str, length: usize) -> String {
    let filling = length - form.len() - "&filling=".len();
    format!("{form}&filling={}", "x".repeat(filling))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_64_kib_is_read_and_one_byte_more_is_not() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, form) in FORMS {
        post(&client, path, padded(form, LIMIT)).await.expect(200);
        let answer = post(&client, path, padded(form, LIMIT + 1)).await;
        expect_oauth(answer, 413, "invalid_request", "body_too_large");
    }
    let token = client.sign_in_ada().await.access;
    let form = format!("access_token={token}");
    post(&client, "/oauth2/userinfo", padded(&form, LIMIT)).await.expect(200);
    let answer = post(&client, "/oauth2/userinfo", padded(&form, LIMIT + 1)).await;
    expect_oauth(answer, 413, "invalid_request", "body_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_form_of_64_kib_is_read_and_one_byte_more_is_not() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, form) in FORMS {
        let reply = client.raw(chunked(path, FORM, &padded(form, LIMIT))).await;
        assert_eq!(reply.status, 200, "{}\n\n{}", reply.head, reply.text());
        let reply = client.raw(chunked(path, FORM, &padded(form, LIMIT + 1))).await;
        expect_reply(&reply, 413, "body_too_large");
        assert_eq!(reply.json()["error"], "invalid_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_json_body_of_64_kib_is_read_and_one_byte_more_is_not() {
    let server = TestServer::start().await;
    let client = server.client();
    let body = |name: &str, length: usize| {
        let body = format!(
            "{{\"username\":\"{name}\",\"email\":\"{name}@example.org\",\"password\":\"a few words of mine\"}}"
        );
        format!("{body}{}", " ".repeat(length - body.len()))
    };
    let json = |body: String| {
        client.answer(client.request(Method::POST, "/api/v1/users").header(CONTENT_TYPE, "application/json").body(body))
    };
    json(body("one", LIMIT)).await.expect(201);
    expect_problem(json(body("two", LIMIT + 1)).await, 413, "body_too_large");
    let reply = client.raw(chunked("/api/v1/users", "application/json", &body("three", LIMIT))).await;
    assert_eq!(reply.status, 201, "{}\n\n{}", reply.head, reply.text());
    let reply = client.raw(chunked("/api/v1/users", "application/json", &body("four", LIMIT + 1))).await;
    expect_reply(&reply, 413, "body_too_large");
    assert_eq!(reply.header("content-type"), Some("application/problem+json"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_refused_before_it_has_ended() {
    let server = TestServer::start().await;
    let mut connection = Connection::open(server.client().address()).await.expect("a connection");
    let head = format!(
        "POST /oauth2/token HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM}\r\nTransfer-Encoding: chunked\r\n\r\n"
    );
    connection.send(head.as_bytes()).await.expect("a head");
    let body = "x".repeat(LIMIT + 1);
    connection.send(format!("{:x}\r\n{body}\r\n", body.len()).as_bytes()).await.expect("a chunk");
    // There is no end, and none is waited for.
    expect_reply(&connection.receive().await.expect("an answer"), 413, "body_too_large");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_form_is_not_read() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, form) in FORMS {
        let request = || client.request(Method::POST, path).body(form);
        let mut requests = vec![
            request(),
            request().header(CONTENT_TYPE, FORM).header(CONTENT_TYPE, FORM),
            request().header(CONTENT_TYPE, FORM).header(CONTENT_TYPE, "application/json"),
            request().header(CONTENT_TYPE, HeaderValue::from_bytes(b"\xff").expect("a value")),
        ];
        for wrong in [
            "",
            "text/plain",
            "application/json",
            "multipart/form-data; boundary=x",
            "application/x-www-form-urlencodedx",
            "application/x-www-form-urlencoded, text/plain",
            "x-www-form-urlencoded",
            "application/*",
        ] {
            requests.push(request().header(CONTENT_TYPE, wrong));
        }
        for request in requests {
            expect_oauth(client.answer(request).await, 415, "invalid_request", "unsupported_content_type");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_may_name_its_charset_and_write_its_type_as_it_likes() {
    let server = TestServer::start().await;
    let client = server.client();
    for right in
        ["application/x-www-form-urlencoded;charset=UTF-8", "Application/X-WWW-Form-URLEncoded ; charset=\"utf-8\""]
    {
        let request = client.request(Method::POST, "/oauth2/token").header(CONTENT_TYPE, right).body(SIGN_IN);
        client.answer(request).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_is_no_text_is_malformed() {
    let server = TestServer::start().await;
    let client = server.client();
    let invalid: [&[u8]; 9] = [
        b"username=%ff",
        b"username=\xff",
        b"%ff=x",
        b"username=%c3",
        b"username=%ed%a0%80",
        b"username=%",
        b"username=%2",
        b"username=%zz",
        b"user%name=x",
    ];
    for (path, form) in FORMS {
        for invalid in invalid {
            let body = [form.as_bytes(), b"&x", invalid].concat();
            expect_oauth(post(&client, path, body).await, 400, "invalid_request", "malformed_request");
        }
    }
    let invalid = post(&client, "/oauth2/userinfo", b"access_token=%ff".to_vec()).await;
    expect_oauth(invalid, 400, "invalid_request", "malformed_request");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_nul_byte_breaks_nothing_wherever_it_stands() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, form) in FORMS {
        for name in PARAMETERS {
            for value in ["%00", "ada%00", "\0", "%00ada"] {
                let kept: Vec<_> = form.split('&').filter(|pair| !pair.starts_with(&format!("{name}="))).collect();
                let answer = post(&client, path, format!("{}&{name}={value}", kept.join("&"))).await;
                assert!(answer.status < 500, "{name} at {path}{answer}");
            }
        }
        assert!(post(&client, path, format!("{form}&%00=%00")).await.status < 500);
    }
    for cut in ["=ada%00&", "=%00ada&", "=ada&%00="] {
        let refused = post(&client, "/oauth2/token", SIGN_IN.replace("=ada&", cut)).await.expect(400);
        assert!(refused["access_token"].is_null() && refused["error"].is_string(), "{refused}");
    }
    let basic = client.as_confidential("demo\0api", "demo-api\0secret").client_credentials().await;
    expect_oauth(basic, 401, "invalid_client", "client_authentication_failed");
    client.sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_is_sent_once() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, form) in FORMS {
        for name in PARAMETERS.into_iter().filter(|name| *name != "resource") {
            let repeated = if form.contains(&format!("{name}=")) { String::new() } else { format!("&{name}=x") };
            let answer = post(&client, path, format!("{form}{repeated}&{name}=x")).await;
            expect_oauth(answer, 400, "invalid_request", "repeated_parameter");
        }
    }
    // The same name, written otherwise; and the same value.
    for more in ["&user%6Eame=ada", "&username=ada", "&username"] {
        let answer = post(&client, "/oauth2/token", format!("{SIGN_IN}{more}")).await;
        expect_oauth(answer, 400, "invalid_request", "repeated_parameter");
    }
    let token = client.sign_in_ada().await.access;
    let answer = post(&client, "/oauth2/userinfo", format!("access_token={token}&access_token={token}")).await;
    expect_oauth(answer, 400, "invalid_request", "repeated_parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_resource_may_repeat() {
    let server = TestServer::start().await;
    let issuer = server.url();
    let more = format!("&resource={issuer}&resource=&resource={issuer}");
    let tokens = post(&server.client(), "/oauth2/token", format!("{SIGN_IN}{more}")).await.tokens();
    let audience = tokens.claims()["aud"].clone();
    assert!(audience == issuer || audience == serde_json::json!([issuer]), "{audience}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_parameter_is_ignored() {
    let server = TestServer::start().await;
    post(&server.client(), "/oauth2/token", format!("{SIGN_IN}&unknown=1&&other&=&Username=bob")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_parameter_counts_as_absent() {
    let server = TestServer::start().await;
    let client = server.client();
    let plain = post(&client, "/oauth2/token", SIGN_IN).await.tokens();
    let more = "&scope=&resource=&client_secret=&refresh_token=&unknown=";
    let empty = post(&client, "/oauth2/token", format!("{SIGN_IN}{more}")).await.tokens();
    assert_eq!((&empty.scope, &empty.claims()["aud"]), (&plain.scope, &plain.claims()["aud"]));
    for (path, form) in [
        ("/oauth2/token", "grant_type=password&client_id=web&username=&password=x"),
        ("/oauth2/token", "grant_type=password&client_id=web&username=ada&password="),
        ("/oauth2/token", "grant_type=&client_id=web&username=ada&password=x"),
        ("/oauth2/token", "grant_type=refresh_token&client_id=web&refresh_token="),
        ("/oauth2/revoke", "client_id=web&token="),
        ("/oauth2/introspect", "client_id=demo-api&client_secret=demo-api-dev-secret&token="),
    ] {
        expect_oauth(post(&client, path, form).await, 400, "invalid_request", "missing_parameter");
    }
    let answer = post(&client, "/oauth2/userinfo", "access_token=").await;
    expect_oauth(answer, 401, "invalid_token", "no_credentials");
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_in_the_address_are_none() {
    let server = TestServer::start().await;
    let client = server.client();
    let answer =
        post(&client, "/oauth2/token?username=ada&password=ada-dev-password", "grant_type=password&client_id=web");
    expect_oauth(answer.await, 400, "invalid_request", "missing_parameter");
    let answer = post(&client, &format!("/oauth2/token?{SIGN_IN}"), "").await;
    assert!((400..500).contains(&answer.status) && answer["access_token"].is_null(), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_body_is_a_refusal() {
    let server = TestServer::start().await;
    let client = server.client();
    for (path, _) in FORMS {
        let answer = post(&client, path, "").await;
        assert!([400, 401].contains(&answer.status) && answer["error"].is_string(), "{answer}");
    }
    let reply = client.raw(wire::form("/oauth2/token", "", "&&&==&=")).await;
    assert!((400..500).contains(&reply.status), "{}", reply.head);
}
