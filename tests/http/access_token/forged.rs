//! Is anything taken for an access token that is none? Each forgery meets every door.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::{BEGIN, TestServer};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use super::forge::{Key, message, with};
use super::jwks;

/// A living session, and doors to try.
struct Doors {
    server: TestServer,
    client: Client,
    real: Tokens,
    key: Key,
}

impl Doors {
    async fn open() -> Self {
        let server = TestServer::start().await;
        let client = server.client();
        let real = client.sign_in_ada().await;
        let key = Key::of(&server).await;
        Self { server, client, real, key }
    }

    /// Fails the test unless every door refuses the token, and the session of the real one lives on.
    async fn refuse(&self, what: &str, token: &str) {
        self.shut_out(what, token).await;
        // RFC 7009 §2.2: nothing to revoke.
        let revoked = self.client.revoke(token).await;
        assert_eq!(revoked.status, 200, "{what}{revoked}");
        let alive = self.client.userinfo(&self.real.access).await;
        assert_eq!(alive.status, 200, "{what}: it ended the session{alive}");
    }

    /// Fails the test unless the token opens no door.
    async fn shut_out(&self, what: &str, token: &str) {
        let client = &self.client;
        for path in ["/oauth2/userinfo", "/api/v1/me"] {
            let answer = client.get(path, token).await;
            assert_eq!(answer.status, 401, "{what}{answer}");
            let challenge = answer.header("www-authenticate").unwrap_or_default();
            assert!(challenge.contains("error=\"invalid_token\""), "{what}{answer}");
        }
        let told = client.as_demo_api().introspect(token).await.expect(200);
        assert_eq!(told.json, json!({"active": false}), "{what}{told}");
    }

    /// A token with the server's own signature over the real claims, with this header.
    fn with_header(&self, header: &Value) -> String {
        self.key.sign(header, &self.real.claims())
    }
}

// The ground on which the others stand: a token that is signed by the test and has nothing wrong is taken.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_test_signs_with_the_servers_key_is_good() {
    let doors = Doors::open().await;
    let token = doors.with_header(&doors.key.header());
    assert_ne!(token, doors.real.access);
    doors.client.userinfo(&token).await.expect(200);
    assert!(doors.client.is_active(&token).await);
}

// RFC 7519 §7.2, RFC 7662 §4: the signature covers header and claims.
#[tokio::test(flavor = "multi_thread")]
async fn swapped_and_damaged_signatures_are_refused() {
    let doors = Doors::open().await;
    let real = &doors.real.access;
    let (text, signature) = real.rsplit_once('.').expect("three parts");
    let other = doors.client.sign_in_bob().await.access;
    let others = other.rsplit_once('.').expect("three parts").1.to_owned();
    let bytes = URL_SAFE_NO_PAD.decode(signature).expect("base64url");
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let (r, s) = bytes.split_at(32);
    let mut flipped = bytes.clone();
    flipped[40] ^= 1;
    for (what, signature) in [
        ("another token's", others),
        ("none", String::new()),
        ("one bit changed", encode(&flipped)),
        ("cut short", encode(&bytes[..63])),
        ("too long", encode(&[&bytes[..], &[0]].concat())),
        ("halves swapped", encode(&[s, r].concat())),
        ("all zero", encode(&[0; 64])),
        ("padded", format!("{signature}==")),
        ("not base64url", "!".repeat(86)),
        ("a fourth part", format!("{signature}.{signature}")),
    ] {
        doors.refuse(what, &format!("{text}.{signature}")).await;
    }
    for (what, token) in [
        ("two parts", text.to_owned()),
        ("no header", real.split_once('.').expect("parts").1.to_owned()),
        ("a dot before", format!(".{real}")),
        ("a dot behind", format!("{real}.")),
    ] {
        doors.refuse(what, &token).await;
    }
}

// RFC 7519 §7.2: whatever is changed in the claims.
#[tokio::test(flavor = "multi_thread")]
async fn tampered_claims_are_refused() {
    let doors = Doors::open().await;
    let real = &doors.real.access;
    let parts: Vec<_> = real.split('.').collect();
    let bob = doors.client.sign_in_bob().await.claims();
    let claims = doors.real.claims();
    for (member, value) in [
        ("exp", json!(BEGIN + 1_000_000)),
        ("sub", bob["sub"].clone()),
        ("scope", json!("openid admin")),
        ("roles", json!([])),
        ("aud", json!("https://elsewhere.example")),
        ("client_id", json!("grant-cli")),
        ("jti", bob["jti"].clone()),
        ("sid", Value::Null),
    ] {
        let forged = URL_SAFE_NO_PAD.encode(with(&claims, member, value).to_string());
        doors.refuse(member, &format!("{}.{forged}.{}", parts[0], parts[2])).await;
    }
    let bobs = doors.client.sign_in_bob().await.access;
    let bobs: Vec<_> = bobs.split('.').collect();
    doors.refuse("claims of another token", &format!("{}.{}.{}", parts[0], bobs[1], parts[2])).await;
}

// RFC 8725 §3.1, §3.2, RFC 9068 §4
#[tokio::test(flavor = "multi_thread")]
async fn alg_none_is_refused() {
    let doors = Doors::open().await;
    let signature = doors.real.access.rsplit_once('.').expect("three parts").1.to_owned();
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let text = message(&with(&doors.key.header(), "alg", json!(alg)), &doors.real.claims());
        for signature in ["", &signature] {
            doors.refuse(alg, &format!("{text}.{signature}")).await;
        }
        doors.refuse(alg, &doors.with_header(&with(&doors.key.header(), "alg", json!(alg)))).await;
    }
}

// RFC 8725 §2.1, §3.1: the public key is no secret of an HMAC.
#[tokio::test(flavor = "multi_thread")]
async fn an_hmac_with_the_public_key_is_refused() {
    let doors = Doors::open().await;
    let keys = jwks(&doors.client).await;
    for key in keys["keys"].as_array().expect("keys") {
        let part = |name: &str| URL_SAFE_NO_PAD.decode(key[name].as_str().unwrap_or_default()).expect("base64url");
        let point = [&[4], &part("x")[..], &part("y")].concat();
        let secrets =
            [point, part("x"), part("n"), key.to_string().into_bytes(), keys.to_string().into_bytes(), Vec::new()];
        for secret in secrets.iter().filter(|secret| !secret.is_empty()) {
            for (name, alg) in [("HS256", Algorithm::HS256), ("HS384", Algorithm::HS384), ("HS512", Algorithm::HS512)] {
                let header = json!({"alg": name, "typ": "at+jwt", "kid": key["kid"]});
                let text = message(&header, &doors.real.claims());
                let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &EncodingKey::from_secret(secret), alg)
                    .expect("an HMAC");
                doors.refuse(name, &format!("{text}.{signature}")).await;
                let header = with(&header, "alg", key["alg"].clone());
                let text = message(&header, &doors.real.claims());
                let signature = jsonwebtoken::crypto::sign(text.as_bytes(), &EncodingKey::from_secret(secret), alg)
                    .expect("an HMAC");
                doors.refuse("an HMAC that says it is none", &format!("{text}.{signature}")).await;
            }
        }
    }
}

// RFC 8725 §3.1: a key is for one algorithm, and a token for one key.
#[tokio::test(flavor = "multi_thread")]
async fn a_kid_that_does_not_fit_the_token_is_refused() {
    let doors = Doors::open().await;
    let keys = jwks(&doors.client).await;
    let rsa = keys["keys"].as_array().expect("keys").iter().find(|key| key["alg"] == "RS256").expect("an RSA key");
    let own = doors.key.header();
    for (what, header) in [
        ("the RSA key's kid", with(&own, "kid", rsa["kid"].clone())),
        ("the RSA key's kid and algorithm", with(&with(&own, "kid", rsa["kid"].clone()), "alg", json!("RS256"))),
        ("another algorithm", with(&own, "alg", json!("RS256"))),
        ("another curve", with(&own, "alg", json!("ES384"))),
        ("no algorithm", with(&own, "alg", Value::Null)),
        ("no kid", with(&own, "kid", Value::Null)),
        ("an unknown kid", with(&own, "kid", json!("unknown"))),
        ("an empty kid", with(&own, "kid", json!(""))),
        ("a kid of another case", with(&own, "kid", json!(doors.key.kid.to_lowercase()))),
        ("a kid that is SQL", with(&own, "kid", json!("' OR '1'='1"))),
        ("a kid that is a path", with(&own, "kid", json!("../../dev/null"))),
        ("a kid with a zero byte", with(&own, "kid", json!("\u{0}"))),
        ("a kid that is a number", with(&own, "kid", json!(1))),
    ] {
        doors.refuse(what, &doors.with_header(&header)).await;
    }
}

// RFC 8725 §3.1, §3.8: a key that another server has, or that the token brings along.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_not_the_servers_is_refused() {
    let doors = Doors::open().await;
    let elsewhere = TestServer::start().await;
    let foreign = Key::of(&elsewhere).await;
    let claims = doors.real.claims();
    doors.refuse("another server's key", &foreign.sign(&foreign.header(), &claims)).await;
    doors.refuse("another server's key under our kid", &foreign.sign(&doors.key.header(), &claims)).await;
    let jwk = jwks(&elsewhere.client()).await["keys"][0].clone();
    let url = format!("{}/.well-known/jwks.json", elsewhere.url());
    for (member, value) in [("jwk", jwk), ("jku", json!(url)), ("x5u", json!(url)), ("x5c", json!(["MIIB"]))] {
        for header in [foreign.header(), doors.key.header()] {
            doors.refuse(member, &foreign.sign(&with(&header, member, value.clone()), &claims)).await;
        }
    }
    let theirs = elsewhere.client().sign_in_ada().await.access;
    doors.refuse("another server's token", &theirs).await;
}

// RFC 9068 §2.1, §4, RFC 8725 §3.11: an ID token or any other JWT is no access token, though the same key signed it.
#[tokio::test(flavor = "multi_thread")]
async fn a_jwt_of_another_type_is_refused() {
    let doors = Doors::open().await;
    for typ in [json!("JWT"), json!("jwt"), json!("at"), json!("logout+jwt"), json!(""), json!(1), Value::Null] {
        let header = with(&doors.key.header(), "typ", typ.clone());
        doors.refuse(&typ.to_string(), &doors.with_header(&header)).await;
    }
    let id_token = json!({
        "iss": doors.server.url(), "sub": doors.real.claims()["sub"], "aud": "web", "iat": BEGIN, "exp": BEGIN + 300,
        "auth_time": BEGIN, "sid": doors.real.claims()["sid"],
    });
    doors.refuse("an ID token", &doors.key.sign(&with(&doors.key.header(), "typ", json!("JWT")), &id_token)).await;
    doors.refuse("the claims of an ID token", &doors.key.sign(&doors.key.header(), &id_token)).await;
}

// RFC 7515 §4.1.11: an extension that must be understood and is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_critical_extension_is_refused() {
    let doors = Doors::open().await;
    for crit in [json!(["exp"]), json!(["b64"]), json!(["unheard-of"]), json!([]), json!("exp"), json!(1)] {
        let header = with(&with(&doors.key.header(), "crit", crit.clone()), "unheard-of", json!(true));
        doors.refuse(&crit.to_string(), &doors.with_header(&header)).await;
    }
}

// RFC 9068 §4, RFC 7662 §4: signed with the right key, but not what this server would say here and now.
#[tokio::test(flavor = "multi_thread")]
async fn claims_that_the_server_never_made_are_refused() {
    let doors = Doors::open().await;
    let claims = doors.real.claims();
    for (member, value) in [
        ("iss", json!("https://elsewhere.example")),
        ("iss", json!(format!("{}/", doors.server.url()))),
        ("iss", Value::Null),
        ("exp", json!(BEGIN)),
        ("exp", json!(BEGIN - 1)),
        ("exp", json!(-1)),
        ("exp", json!("never")),
        ("exp", Value::Null),
        ("aud", Value::Null),
        ("jti", json!("x")),
        ("jti", Value::Null),
        ("jti", json!(URL_SAFE_NO_PAD.encode([7; 28]))),
    ] {
        let what = format!("{member}: {value}");
        doors.refuse(&what, &doors.key.sign(&doors.key.header(), &with(&claims, member, value))).await;
    }
    // For nobody: no door takes it, but it may be given back.
    doors.shut_out("aud: []", &doors.key.sign(&doors.key.header(), &with(&claims, "aud", json!([])))).await;
}

// RFC 7662 §4, RFC 7519 §4.1.5: not before its time.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_no_good_before_its_nbf() {
    let doors = Doors::open().await;
    assert!(doors.real.claims().get("nbf").is_none(), "the server itself writes none");
    let token = doors.key.sign(&doors.key.header(), &with(&doors.real.claims(), "nbf", json!(BEGIN + 60)));
    doors.shut_out("nbf", &token).await;
    doors.server.clock().advance(60);
    doors.client.userinfo(&token).await.expect(200);
}

// RFC 7662 §2.2: however long it is, and whatever it is made of.
#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_characters_are_refused_like_any_others() {
    let doors = Doors::open().await;
    let parts: Vec<_> = doors.real.access.split('.').collect();
    let long = "a".repeat(10_000);
    for (what, token) in [
        ("no dots", long.clone()),
        ("dots", ".".repeat(10_000)),
        ("a long header", format!("{long}.{}.{}", parts[1], parts[2])),
        ("long claims", format!("{}.{long}.{}", parts[0], parts[2])),
        ("a long signature", format!("{}.{}.{long}", parts[0], parts[1])),
        ("deep JSON", format!("{}.a.a", URL_SAFE_NO_PAD.encode("[".repeat(7_000)))),
        ("a long refresh token", format!("grt_{long}")),
    ] {
        doors.refuse(what, &token).await;
    }
}
