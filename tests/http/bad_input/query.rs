//! What becomes of a query or a path that nobody should send to the API?

use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::TestServer;
use reqwest::Method;

use crate::errors::expect_problem;

const LIST: &str = "/api/v1/me/sessions";

/// Signs in twice, and takes the second.
async fn twice(client: &Client) -> Tokens {
    client.sign_in_ada().await;
    client.sign_in_ada().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_parameter_is_sent_once() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = twice(&client).await.access;
    for query in ["limit=1&limit=1", "limit=1&limit=2", "cursor=a&cursor=b", "limit=1&cursor=a&limit=1"] {
        for path in [LIST, "/api/v1/me/activity"] {
            let answer = client.get(&format!("{path}?{query}"), &access).await;
            expect_problem(answer, 400, "repeated_parameter");
        }
    }
    for query in ["keep=current&keep=current", "keep=current&keep=other", "keep=other&keep=current"] {
        expect_problem(client.delete(&format!("{LIST}?{query}"), &access).await, 400, "repeated_parameter");
    }
    let list = client.get(LIST, &access).await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "something was ended{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_parameter_that_nobody_knows_is_not_passed_over() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    expect_problem(client.get(&format!("{LIST}?unknown=1"), &access).await, 400, "unknown_value");
    expect_problem(client.delete(&format!("{LIST}?kep=current"), &access).await, 400, "unknown_value");
    client.get(LIST, &access).await.expect(200);
    let answer = client.get(&format!("{LIST}?unknown=1&unknown=2"), &access).await;
    expect_problem(answer, 400, "repeated_parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_parameter_is_sent_once_however_its_name_is_written() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = twice(&client).await.access;
    let answer = client.get(&format!("{LIST}?limit=1&%6Cimit=2"), &access).await;
    expect_problem(answer, 400, "repeated_parameter");
    let answer = client.delete(&format!("{LIST}?keep=current&k%65ep=other"), &access).await;
    expect_problem(answer, 400, "repeated_parameter");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_that_is_no_text_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = twice(&client).await.access;
    for value in ["%ff", "%00", "%c3", "%zz", "%", "\u{e9}"] {
        for name in ["limit", "cursor"] {
            for path in [LIST, "/api/v1/me/activity"] {
                let answer = client.get(&format!("{path}?{name}={value}"), &access).await;
                assert_eq!(answer.status, 400, "{name}={value}{answer}");
            }
        }
        let answer = client.delete(&format!("{LIST}?keep={value}"), &access).await;
        assert_eq!(answer.status, 400, "keep={value}{answer}");
    }
    let list = client.get(LIST, &access).await.expect(200);
    assert_eq!(list["items"].as_array().map(Vec::len), Some(2), "something was ended{list}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_id_that_is_none_is_not_found() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    for id in [
        "x",
        "ses_",
        "ses_x",
        "%00",
        "%ff",
        "ses_%00",
        "'%20or%20'1'='1",
        "ses_00000000000000000000000000",
        "SES_00000000000000000000000000",
        "usr_00000000000000000000000000",
        "*",
        "%25",
        "ses_%F0%9F%A6%80",
    ] {
        let answer = client.delete(&format!("{LIST}/{id}"), &access).await;
        assert!([400, 404].contains(&answer.status), "{id}{answer}");
    }
    client.get("/api/v1/me", &access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_address_is_none() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    for path in ["/oauth2/userinfo", "/api/v1/me"] {
        let answer = client.get(&format!("{path}?access_token={access}"), "").await;
        assert!([400, 401].contains(&answer.status), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_of_another_scheme_are_none() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    for value in [
        "Basic YWRhOmFkYQ==".to_owned(),
        format!("DPoP {access}"),
        "Bearer".to_owned(),
        "Bearer ".to_owned(),
        access.clone(),
        format!("Bearer{access}"),
        String::new(),
        "Bearer a b".to_owned(),
    ] {
        for path in ["/oauth2/userinfo", "/api/v1/me"] {
            let answer = client.answer(client.request(Method::GET, path).header("authorization", &value)).await;
            assert_eq!(answer.status, 401, "{value}{answer}");
            assert!(answer.header("www-authenticate").is_some_and(|told| told.starts_with("Bearer")), "{answer}");
        }
    }
    for scheme in ["bearer", "BEARER"] {
        let request = client.request(Method::GET, "/api/v1/me").header("authorization", format!("{scheme} {access}"));
        client.answer(request).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_in_the_address_is_refused_however_its_name_is_written() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    for name in ["access_token", "access%5Ftoken", "%61ccess_token"] {
        let answer = client.get(&format!("/api/v1/me?{name}={access}"), &access).await;
        expect_problem(answer, 400, "malformed_request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_names_one_host() {
    // RFC 9112 §3.2
    let server = TestServer::start().await;
    let client = server.client();
    for hosts in ["", "Host: localhost\r\nHost: localhost\r\n"] {
        let reply = client.raw(format!("GET /livez HTTP/1.1\r\n{hosts}\r\n").into_bytes()).await;
        assert_eq!(reply.status, 400, "{hosts:?}");
    }
}
