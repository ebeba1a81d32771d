//! What becomes of JSON that is none, or not the JSON that was wanted?

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use crate::errors::expect_problem;

async fn post(client: &Client, body: impl Into<Vec<u8>>) -> Answer {
    let request = client.request(Method::POST, "/api/v1/users").header(CONTENT_TYPE, "application/json");
    client.answer(request.body(body.into())).await
}

fn person(name: &str) -> Value {
    json!({"username": name, "email": format!("{name}@example.org"), "password": "a few words of mine"})
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_is_malformed() {
    let server = TestServer::start().await;
    let client = server.client();
    let broken: [&[u8]; 16] = [
        b"",
        b" ",
        b"{",
        b"}",
        b"{]",
        b"{\"username\"}",
        b"{\"username\":}",
        b"{\"username\":\"ada\",}",
        b"{'username':'ada'}",
        b"{} {}",
        b"{}x",
        b"\xff",
        b"{\"username\":\"\xff\"}",
        b"{\"username\":\"\\ud800\"}",
        b"username=ada",
        b"\0",
    ];
    for body in broken {
        expect_problem(post(&client, body).await, 400, "malformed_request");
    }
    post(&client, person("fine").to_string()).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_array_or_a_scalar_is_no_user() {
    let server = TestServer::start().await;
    let client = server.client();
    for body in ["[]", "null", "true", "1", "1e999", "\"ada\"", "[{}]", &json!([person("ada")]).to_string()] {
        let answer = post(&client, body).await;
        assert!([400, 422].contains(&answer.status), "{body}{answer}");
        let status = answer.status;
        expect_problem(answer, status, "malformed_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_member_is_named() {
    let server = TestServer::start().await;
    let client = server.client();
    for missing in ["username", "email", "password"] {
        for null in [false, true] {
            let mut body = person("new");
            let members = body.as_object_mut().expect("an object");
            members.remove(missing);
            if null {
                members.insert(missing.to_owned(), Value::Null);
            }
            let answer = expect_problem(post(&client, body.to_string()).await, 422, "missing_parameter");
            let told = answer["errors"].as_array().unwrap_or_else(|| panic!("no errors{answer}"));
            assert_eq!(
                (told.len(), &told[0]["field"], &told[0]["reason"]),
                (1, &json!(missing), &json!("missing_parameter")),
                "{answer}"
            );
        }
    }
    let answer = expect_problem(post(&client, "{}").await, 422, "missing_parameter");
    assert_eq!(answer["errors"].as_array().map(Vec::len), Some(3), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_another_type_is_named() {
    let server = TestServer::start().await;
    let client = server.client();
    for member in ["username", "email", "password"] {
        for wrong in [json!(1), json!(true), json!(["ada"]), json!({"text": "ada"}), json!(1e300)] {
            let mut body = person("new");
            body[member] = wrong;
            let answer = expect_problem(post(&client, body.to_string()).await, 422, "malformed_request");
            let told = answer["errors"].as_array().unwrap_or_else(|| panic!("no errors{answer}"));
            assert_eq!((told.len(), &told[0]["field"]), (1, &json!(member)), "{answer}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nul_bytes_in_members_break_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    for member in ["username", "email"] {
        let mut body = person("new");
        body[member] = json!("a\0b@example.org");
        expect_problem(
            post(&client, body.to_string()).await,
            422,
            if member == "email" { "not_an_email" } else { "not_allowed_characters" },
        );
    }
    let mut body = person("new");
    body["unknown\0member"] = json!("\0");
    post(&client, body.to_string()).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_no_sign_in_can_send_is_not_taken() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut body = person("new");
    body["password"] = json!("words with a \0 in them");
    let answer = post(&client, body.to_string()).await;
    if answer.status == 201 {
        client.sign_in("new", "words with a \0 in them").await;
    } else {
        expect_problem(answer, 422, "not_allowed_characters");
    }
    client.try_sign_in("new", "words with a ").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn json_as_deep_as_a_body_allows_ends_nothing() {
    let server = TestServer::start().await;
    let client = server.client();
    let (open, close) = ("[".repeat(30_000), "]".repeat(30_000));
    let objects = "{\"a\":".repeat(10_000);
    for body in [
        open.clone(),
        format!("{open}{close}"),
        objects.clone(),
        format!("{objects}1{}", "}".repeat(10_000)),
        format!("{{\"username\":{open}{close}}}"),
        format!(
            "{{\"username\":\"deep\",\"email\":\"d@example.org\",\"password\":\"a few words\",\"x\":{open}{close}}}"
        ),
    ] {
        let answer = post(&client, body).await;
        let status = answer.status;
        assert!([400, 422].contains(&status), "{answer}");
        expect_problem(answer, status, "malformed_request");
    }
    post(&client, person("fine").to_string()).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_say_that_it_is_json_is_not_read() {
    let server = TestServer::start().await;
    let client = server.client();
    let request = || client.request(Method::POST, "/api/v1/users").body(person("new").to_string());
    let json = "application/json";
    let mut requests = vec![
        request(),
        request().header(CONTENT_TYPE, json).header(CONTENT_TYPE, json),
        request().header(CONTENT_TYPE, json).header(CONTENT_TYPE, "text/plain"),
    ];
    for wrong in [
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/merge-patch+json",
        "application/jsonx",
        "application/json, text/plain",
        "*/*",
    ] {
        requests.push(request().header(CONTENT_TYPE, wrong));
    }
    for request in requests {
        expect_problem(client.answer(request).await, 415, "unsupported_content_type");
    }
    for right in ["application/json; charset=utf-8", "Application/JSON"] {
        let name = format!("new{}", right.len());
        let request = client.request(Method::POST, "/api/v1/users").body(person(&name).to_string());
        client.answer(request.header(CONTENT_TYPE, right)).await.expect(201);
    }
}
