//! Which tokens does the example API take, and how often does it ask for keys? Tokens that Grantd never signs come from an issuer of the test's own.

use std::time::Instant;

use grantd_tests::client::claims;
use grantd_tests::issuer::{Issuer, SigningKey};
use grantd_tests::{eventually, wire};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{AUDIENCE, Cats, INVALID, cats, refused};

/// An issuer with a key, and the example for its users.
async fn own() -> (SigningKey, Issuer, Cats) {
    let key = SigningKey::new("one");
    let issuer = Issuer::start(&[&key]).await;
    let cats = Cats::start(&issuer.url());
    (key, issuer, cats)
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_sends_no_token_is_asked_for_one() {
    let (_data, _server, cats, bob) = cats().await;
    for authorization in ["", "Bearer", "Bearer ", "Bearer    ", "Basic ZGVtbzpkZW1v", "Token x", "\u{fc}"] {
        for method in [Method::GET, Method::POST] {
            let request = cats.client.request(method, "/cats").header("authorization", authorization);
            refused(cats.client.answer(request).await, 401, Some(""));
        }
    }
    refused(cats.client.get(&format!("/cats?access_token={bob}"), "").await, 401, Some(""));
    refused(cats.get("").await, 401, Some(""));
    let twice = cats.client.bearer(Method::GET, "/cats", &bob).header("authorization", format!("Bearer {bob}"));
    refused(cats.client.answer(twice).await, 400, Some(r#", error="invalid_request""#));
    let small = cats.client.request(Method::GET, "/cats").header("authorization", format!("bEARER  {bob} "));
    cats.client.answer(small).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_grantd_signs_for_others_is_refused() {
    let (_data, server, cats, bob) = cats().await;
    let plain = server.client().sign_in_bob().await;
    let service = server.client().as_demo_service().client_credentials().await.text("access_token");
    let (head, signature) = bob.rsplit_once('.').expect("a signature");
    let (first, rest) = signature.split_at(1);
    let changed = format!("{head}.{}{rest}", if first == "A" { "B" } else { "A" });
    let unsigned = format!("{head}.");
    let garbage = [
        "x",
        "a.b.c",
        "..",
        "\"",
        "eyJ.eyJ.",
        plain.refresh.as_str(),
        plain.access.as_str(),
        &service,
        &changed,
        &unsigned,
    ];
    for token in garbage {
        refused(cats.get(token).await, 401, INVALID);
        refused(cats.post(token, &json!({"name": "Mo"})).await, 401, INVALID);
    }
    cats.get(&bob).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_access_token_for_here_and_now_is_refused() {
    let (key, issuer, cats) = own().await;
    let good = issuer.claims(AUDIENCE);
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        key.sign(Some("at+jwt"), &claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().expect("an object").remove(name);
        key.sign(Some("at+jwt"), &claims)
    };
    let now = jsonwebtoken::get_current_timestamp();
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt"] {
        cats.get(&key.sign(Some(typ), &good)).await.expect(200);
    }
    for token in [with("aud", json!(["http://elsewhere", AUDIENCE])), without("scope"), without("sub")] {
        cats.get(&token).await.expect(200);
    }
    let other = SigningKey::new(key.kid);
    for token in [
        key.sign(Some("JWT"), &good),
        key.sign(Some("jwt"), &good),
        key.sign(Some("logout+jwt"), &good),
        key.sign(None, &good),
        key.forge("none", &good),
        key.forge("HS256", &good),
        other.sign(Some("at+jwt"), &good),
        SigningKey::new("unknown").sign(Some("at+jwt"), &good),
        with("exp", json!(now)),
        with("exp", json!(0)),
        with("exp", json!("tomorrow")),
        without("exp"),
        with("iss", json!("http://elsewhere")),
        with("iss", json!(format!("{}/", issuer.url()))),
        without("iss"),
        with("aud", json!(issuer.url())),
        with("aud", json!([])),
        with("aud", json!(format!("{AUDIENCE}/"))),
        without("aud"),
        with("scope", json!(["cats:write"])),
    ] {
        let seen = claims(&token);
        let answer = cats.get(&token).await;
        assert_eq!(answer.status, 401, "{seen}{answer}");
        refused(answer, 401, INVALID);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_asked_for_when_first_needed_and_once() {
    let (key, issuer, cats) = own().await;
    let token = key.sign(Some("at+jwt"), &issuer.claims(AUDIENCE));
    cats.get("").await.expect(401);
    cats.get("x").await.expect(401);
    assert_eq!(issuer.asked(), 0);
    // The first come all at once, and wait for one request.
    let mut all = JoinSet::new();
    for _ in 0..30 {
        let (client, token) = (cats.client.apart(), token.clone());
        all.spawn(async move { client.get("/cats", &token).await.expect(200) });
    }
    all.join_all().await;
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_made_up_keys_is_no_flood_of_requests() {
    let (key, issuer, cats) = own().await;
    let claims = issuer.claims(AUDIENCE);
    let good = key.sign(Some("at+jwt"), &claims);
    cats.get(&good).await.expect(200);
    let begun = Instant::now();
    for number in 0..300_u32 {
        let kid: &'static str = Box::leak(number.to_string().into_boxed_str());
        refused(cats.get(&SigningKey::new(kid).sign(Some("at+jwt"), &claims)).await, 401, INVALID);
        cats.get(&good).await.expect(200);
    }
    let allowed = 2 + begun.elapsed().as_secs() / 5;
    assert!(issuer.asked() as u64 <= allowed, "{} requests", issuer.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_new_is_found_and_one_that_is_gone_is_forgotten() {
    let (old, issuer, cats) = own().await;
    let new = SigningKey::new("two");
    let [old_token, new_token] = [&old, &new].map(|key| key.sign(Some("at+jwt"), &issuer.claims(AUDIENCE)));
    cats.get(&old_token).await.expect(200);
    refused(cats.get(&new_token).await, 401, INVALID);
    issuer.publish(&[&new]);
    cats.gets(200, &new_token).await;
    refused(cats.get(&old_token).await, 401, INVALID);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_kept_no_longer_than_the_issuer_says() {
    let (key, issuer, cats) = own().await;
    let token = key.sign(Some("at+jwt"), &issuer.claims(AUDIENCE));
    issuer.answer(200, "cache-control: max-age=1\r\n", &json!({ "keys": [key.jwk()] }).to_string());
    cats.get(&token).await.expect(200);
    issuer.publish(&[]);
    cats.gets(401, &token).await;
    issuer.publish(&[&key]);
    cats.gets(200, &token).await;
    // For ever they are kept by nobody: a number that no clock can hold is no reason to fall.
    issuer.answer(
        200,
        &format!("cache-control: max-age={}\r\n", u64::MAX),
        &json!({ "keys": [key.jwk()] }).to_string(),
    );
    let (asked, unknown) = (issuer.asked(), SigningKey::new("two").sign(Some("at+jwt"), &issuer.claims(AUDIENCE)));
    eventually("they are asked for", || async {
        cats.get(&unknown).await.expect(401);
        (issuer.asked() > asked).then_some(())
    })
    .await;
    cats.get(&token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_cannot_say_its_keys_makes_no_token_bad() {
    let (key, issuer, cats) = own().await;
    let token = key.sign(Some("at+jwt"), &issuer.claims(AUDIENCE));
    issuer.answer(500, "", "");
    refused(cats.get(&token).await, 503, None);
    issuer.answer(200, "", "no keys");
    let asked = issuer.asked();
    eventually("it is asked again", || async {
        refused(cats.get(&token).await, 503, None);
        (issuer.asked() > asked).then_some(())
    })
    .await;
    // Beside keys of kinds that nobody here knows, and one that would be a secret.
    let strange = json!([{"kty": "XX", "kid": "x", "alg": "X1"}, {"kty": "oct", "kid": "y", "k": "c2VjcmV0", "alg": "HS256"}, {"kty": "EC"}, key.jwk()]);
    issuer.answer(200, "cache-control: max-age=300\r\n", &json!({ "keys": strange }).to_string());
    cats.gets(200, &token).await;
    let secret = EncodingKey::from_secret(b"secret");
    let header = Header { typ: Some("at+jwt".to_owned()), kid: Some("y".to_owned()), ..Header::new(Algorithm::HS256) };
    let by_secret = jsonwebtoken::encode(&header, &issuer.claims(AUDIENCE), &secret).expect("a token");
    refused(cats.get(&by_secret).await, 401, INVALID);
    // What is known holds while nothing new can be known.
    issuer.answer(500, "", "");
    let asked = issuer.asked();
    let made_up = SigningKey::new("made up").sign(Some("at+jwt"), &issuer.claims(AUDIENCE));
    eventually("it is asked for another key", || async {
        let _ = cats.get(&made_up).await;
        (issuer.asked() > asked).then_some(())
    })
    .await;
    refused(cats.get(&made_up).await, 503, None);
    cats.get(&token).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_never_answers_is_not_waited_for() {
    let silent = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let cats = Cats::start(&format!("http://{}", silent.local_addr().expect("its number")));
    let token = SigningKey::new("one").sign(Some("at+jwt"), &json!({}));
    refused(cats.get(&token).await, 503, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_request_leave_it_standing() {
    let (_data, _server, cats, bob) = cats().await;
    for bytes in [
        &b"\x00\xff\x16\r\n\r\n"[..],
        b"GET /cats HTTP/9\r\n\r\n",
        b"GET /cats HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \xff\xfe\r\n\r\n",
    ] {
        let mut connection = wire::Connection::open(cats.client.address()).await.expect("a connection");
        connection.send(bytes).await.expect("it is sent");
        let _ = connection.receive().await;
    }
    cats.get(&bob).await.expect(200);
    assert!(!cats.process.output().contains("panicked"), "{}", cats.process.output());
}
