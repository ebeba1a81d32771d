//! Which client asks, and is it really that one? (RFC 6749 §2.3)

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantd::flows::{ClientRefusal, NewClient};
use grantd::model::secret::Secret;
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use grantd_tests::wire;
use reqwest::Method;

use crate::new_client::{SECRET, confidential, make, owned, public};

const TOKEN: &str = "/oauth2/token";
const SERVICE: (&str, &str) = ("demo-service", "demo-service-dev-secret");

/// The value of an Authorization header of HTTP Basic, of these bytes as they are.
fn basic(user_and_password: &str) -> String {
    format!("Basic {}", STANDARD.encode(user_and_password))
}

/// A token request of a client for itself, with this Authorization header and these parameters besides.
async fn ask(client: &Client, authorization: &str, more: &[(&str, &str)]) -> Answer {
    let form = [&[("grant_type", "client_credentials")], more].concat();
    let request = client.request(Method::POST, TOKEN).form(&form);
    let request = if authorization.is_empty() { request } else { request.header("authorization", authorization) };
    client.answer(request).await
}

/// Fails the test unless the client is refused so that a program knows how to come back.
#[track_caller]
fn assert_challenged(answer: Answer) {
    let answer = answer.expect_error(401, "invalid_client").expect_reason("client_authentication_failed");
    assert!(answer.header("www-authenticate").is_some_and(|it| it.starts_with("Basic realm=\"")), "{answer}");
}

/// Fails the test unless the client is refused so that a browser opens no password box.
#[track_caller]
fn assert_not_challenged(answer: Answer) {
    let answer = answer.expect_error(400, "invalid_client").expect_reason("client_authentication_failed");
    assert_eq!(answer.header("www-authenticate"), None, "{answer}");
}

// RFC 6749 §2.3: not more than one method in a request.
#[tokio::test(flavor = "multi_thread")]
async fn two_ways_of_authentication_in_one_request_are_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let (id, secret) = SERVICE;
    for body in [&[("client_id", id), ("client_secret", secret)][..], &[("client_secret", secret)]] {
        ask(&client, &basic(&format!("{id}:{secret}")), body).await.expect_error(400, "invalid_request");
        ask(&client, &basic(&format!("{id}:wrong")), body).await.expect_error(400, "invalid_request");
    }
}

// DESIGN.md §2: the same `client_id` again says nothing new; another one is a contradiction.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_id_beside_basic_has_to_be_the_same() {
    let server = TestServer::start().await;
    let client = server.client();
    let header = basic("demo-service:demo-service-dev-secret");
    ask(&client, &header, &[("client_id", "demo-service")]).await.tokens();
    ask(&client, &header, &[("client_id", "demo-service"), ("client_secret", "")]).await.tokens();
    for other in ["demo-api", "web", "Demo-Service"] {
        ask(&client, &header, &[("client_id", other)]).await.expect_error(400, "invalid_request");
    }
}

// RFC 6749 §2.3.1: id and secret are form-encoded before they are joined.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_with_colon_percent_and_plus_works_by_basic() {
    let server = TestServer::start().await;
    let secret = "a:b%41+c d&e=f/g?h\"i\\j ü€ 0123456789";
    let new = NewClient { secret: Some(Secret::new(secret.to_owned())), ..confidential("odd.client_1-2") };
    server.create_client(new).await.expect("a new client");
    let client = server.client();
    let encoded = "a%3Ab%2541%2Bc+d%26e%3Df%2Fg%3Fh%22i%5Cj%20%C3%BC%e2%82%ac+0123456789";
    ask(&client, &basic(&format!("odd.client_1-2:{encoded}")), &[]).await.tokens();
    ask(&client, &basic(&format!("odd%2Eclient%5F1%2d2:{encoded}")), &[]).await.tokens();
    ask(&client, "", &[("client_id", "odd.client_1-2"), ("client_secret", secret)]).await.tokens();
    // As it is, it is another secret, or none.
    assert_challenged(ask(&client, &basic(&format!("odd.client_1-2:{secret}")), &[]).await);
}

// RFC 6749 §2.3.1: a colon or a percent sign that was not encoded.
#[tokio::test(flavor = "multi_thread")]
async fn basic_that_is_not_well_formed_is_an_invalid_client() {
    let server = TestServer::start().await;
    let client = server.client();
    let good = STANDARD.encode("demo-service:demo-service-dev-secret");
    let broken = [
        basic("demo-service:100%"),
        basic("demo-service:%zz"),
        basic("demo-service:%ff%fe"),
        basic("demo-service:%00"),
        basic("demo-service"),
        basic(":demo-service-dev-secret"),
        basic(""),
        "Basic".to_owned(),
        "Basic ".to_owned(),
        "Basic !!!".to_owned(),
        format!("Basic {good}="),
        format!("Basic {good} {good}"),
        format!("Bearer {good}"),
        good,
    ];
    for header in broken {
        assert_challenged(ask(&client, &header, &[]).await);
    }
}

// RFC 9110 §11.1: a scheme is compared without its case.
#[tokio::test(flavor = "multi_thread")]
async fn the_name_of_the_scheme_may_have_any_case() {
    let server = TestServer::start().await;
    let good = STANDARD.encode("demo-service:demo-service-dev-secret");
    for scheme in ["basic", "BASIC", "bAsIc"] {
        ask(&server.client(), &format!("{scheme} {good}"), &[]).await.tokens();
    }
}

// RFC 6749 §5.2
#[tokio::test(flavor = "multi_thread")]
async fn a_client_refused_by_header_is_401_with_a_challenge() {
    let server = TestServer::start().await;
    let client = server.client();
    for credentials in ["demo-service:wrong", "demo-service:", "nobody:demo-service-dev-secret", "Demo-Service:x"] {
        assert_challenged(ask(&client, &basic(credentials), &[]).await);
    }
    assert_challenged(ask(&client, "", &[]).await);
}

// RFC 6749 §5.2, DESIGN.md §2
#[tokio::test(flavor = "multi_thread")]
async fn a_client_refused_from_the_body_is_400_without_a_challenge() {
    let server = TestServer::start().await;
    let client = server.client();
    for (id, secret) in [("demo-service", "wrong"), ("demo-service", ""), ("nobody", ""), ("nobody", "wrong")] {
        assert_not_challenged(ask(&client, "", &[("client_id", id), ("client_secret", secret)]).await);
    }
}

// RFC 6749 §5.2: nobody learns which clients there are.
#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_client_is_told_what_a_wrong_secret_is_told() {
    let server = TestServer::start().await;
    let client = server.client();
    let wrong = ask(&client, &basic("demo-service:wrong"), &[]).await;
    let unknown = ask(&client, &basic("nobody:wrong"), &[]).await;
    assert_eq!((wrong.status, wrong.json), (unknown.status, unknown.json));
}

// RFC 6749 §2.3.1, DESIGN.md §2
#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_may_send_an_empty_secret_and_no_other() {
    let server = TestServer::start().await;
    let client = server.client();
    let form = [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password")];
    let by_header = async |header: &str| {
        client.answer(client.request(Method::POST, TOKEN).header("authorization", header).form(&form)).await
    };
    by_header(&basic("web:")).await.tokens();
    assert_challenged(by_header(&basic("web:something")).await);
    let from_body = async |secret: &str| {
        client.bare_form(TOKEN, &[&form[..], &[("client_id", "web"), ("client_secret", secret)]].concat()).await
    };
    from_body("").await.tokens();
    assert_not_challenged(from_body("something").await);
}

// RFC 9110 §5.3: one Authorization header.
#[tokio::test(flavor = "multi_thread")]
async fn two_authorization_headers_are_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let good = basic("demo-service:demo-service-dev-secret");
    for second in [good.clone(), basic("demo-service:wrong"), "Bearer x".to_owned()] {
        for path in [TOKEN, "/oauth2/introspect", "/oauth2/revoke"] {
            let headers = format!("Authorization: {good}\r\nAuthorization: {second}\r\n");
            let reply = client.raw(wire::form(path, &headers, "grant_type=client_credentials&token=x")).await;
            assert_eq!((reply.status, &reply.json()["error"]), (400, &"invalid_request".into()), "{path}: {second}");
        }
    }
}

// RFC 6749 §2.3.1: the endpoint is protected against guessing; DESIGN.md §7: 20 are free.
#[tokio::test(flavor = "multi_thread")]
async fn guessing_a_client_secret_is_limited() {
    let server = TestServer::start().await;
    let client = server.client();
    let (right, wrong) = (client.as_demo_service(), client.as_confidential("demo-service", "wrong"));
    let first = wrong.client_credentials().await.expect_error(401, "invalid_client");
    assert_eq!(first.header("retry-after"), None, "{first}");
    // Every door counts, by whatever way the secret comes.
    for _ in 0..18 {
        wrong.revoke("x").await.expect_error(401, "invalid_client");
    }
    right.client_credentials().await.tokens();
    for _ in 0..10 {
        wrong.introspect("x").await.expect_error(401, "invalid_client");
        let form = [("client_id", "demo-service"), ("client_secret", "wrong")];
        client.bare_form(TOKEN, &form).await.expect_error(400, "invalid_client");
    }
    let told = right.client_credentials().await.expect_error(401, "invalid_client");
    assert_eq!((told.header("retry-after"), &told.json), (Some("1"), &first.json), "{told}");
    right.revoke("x").await.expect_error(401, "invalid_client");
    right.introspect("x").await.expect_error(401, "invalid_client");
    // Nobody else suffers for it.
    client.as_demo_api().introspect("x").await.expect(200);
    client.sign_in_ada().await;
    server.clock().advance(1);
    right.client_credentials().await.tokens();
}

// RFC 6749 §2.3.1: an address that a stranger writes of himself frees no guesser (RFC 7239 §8.1).
#[tokio::test(flavor = "multi_thread")]
async fn a_forwarded_address_of_a_stranger_is_not_believed() {
    let server = TestServer::start().await;
    let client = server.client();
    let from = async |secret: &str, address: String| {
        let request = client.request(Method::POST, TOKEN).form(&[("grant_type", "client_credentials")]);
        let request = request.basic_auth("demo-service", Some(secret)).header("x-forwarded-for", &address);
        client.answer(request.header("forwarded", format!("for={address}")).header("x-real-ip", address)).await
    };
    for number in 0..20 {
        from("wrong", format!("203.0.113.{number}")).await.expect_error(401, "invalid_client");
    }
    let told = from("demo-service-dev-secret", "203.0.113.99".to_owned()).await.expect_error(401, "invalid_client");
    assert_eq!(told.header("retry-after"), Some("1"), "{told}");
}

// RFC 6749 §10.10: a secret that the server makes is beyond guessing.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_secret_that_the_server_makes_is_beyond_guessing() {
    let server = TestServer::start().await;
    let mut made = Vec::new();
    for id in ["one", "two"] {
        let (_, secret) = server.create_client(NewClient { secret: None, ..confidential(id) }).await.expect("a client");
        let secret = secret.expect("a new secret").expose().clone();
        server.client().as_confidential(id, &secret).client_credentials().await.tokens();
        let encoded = secret.strip_prefix("gcs_").expect("a prefix that scanners know").to_owned();
        assert!(encoded.len() * 6 >= 128, "{} bits", encoded.len() * 6);
        made.push(encoded);
    }
    assert_ne!(made[0], made[1]);
    let short = NewClient { secret: Some(Secret::new("x".repeat(23))), ..confidential("short") };
    server.create_client(short).await.expect_err("23 characters");
}

// RFC 9068 §5, RFC 9700 §4.15.1: nobody takes a client's token for a user's.
#[tokio::test(flavor = "multi_thread")]
async fn a_client_cannot_have_the_id_of_a_user() {
    let server = TestServer::start().await;
    let subject = server.client().sign_in_ada().await.claims()["sub"].as_str().expect("a subject").to_owned();
    for id in [subject.as_str(), "usr_", "usr_robot", "", "with space", "with:colon", "é", &"x".repeat(65)] {
        let refused = server.create_client(confidential(id)).await.expect_err("no such id");
        assert!(matches!(refused, ClientRefusal::Invalid(_)), "{id}: {refused:?}");
    }
    make(&server, confidential(&"x".repeat(64))).await.client_credentials().await.tokens();
}

// RFC 6749 §3.1.2, RFC 9700 §2.6: no fragment, and http on loopback only.
#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_uri_is_https_or_on_loopback_and_has_no_fragment() {
    let server = TestServer::start().await;
    let create = async |id: &str, uri: &str| {
        server.create_client(NewClient { redirect_uris: owned(&[uri]), ..public(id) }).await
    };
    for uri in [
        "http://app.example/cb",
        "http://localhost.example/cb",
        "http://127.0.0.1.example/cb",
        "https://app.example/cb#fragment",
        "https://app.example/cb#",
        "/cb",
        "app.example/cb",
        "javascript:alert(1)",
        "https://app.example/ cb",
    ] {
        create("refused", uri).await.expect_err(uri);
    }
    for (number, uri) in
        ["https://app.example/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:9/cb", "org.example.app:/cb"]
            .iter()
            .enumerate()
    {
        create(&format!("taken-{number}"), uri).await.expect(uri);
    }
}

// RFC 6749 §2.3.1: the seeded secrets work both ways, and a space at an end is part of a secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_secret_is_compared_as_it_is() {
    let server = TestServer::start().await;
    let client = make(&server, confidential("exact")).await;
    client.client_credentials().await.tokens();
    for other in [format!("{SECRET} "), format!(" {SECRET}"), SECRET.to_uppercase(), SECRET[1..].to_owned()] {
        assert_not_challenged(ask(&client, "", &[("client_id", "exact"), ("client_secret", &other)]).await);
    }
}
