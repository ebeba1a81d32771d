//! What does a resource server meet that keeps the JWKS for as long as it may? A whole rotation, every few seconds of it.

use std::collections::{BTreeSet, VecDeque};

use grantd::flows::NewClient;
use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::{BEGIN, TestServer};
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{DecodingKey, Validation};
use serde_json::Value;

use super::{ANNOUNCED, ISSUER, kid, published, rotate};
use crate::new_client::{confidential, make, public};

/// Between two looks, in seconds.
const STEP: i64 = 5;
/// Life of the access tokens of the client that asks for long ones.
const LONG: i64 = 1_200;

/// Somebody who verifies tokens by the JWKS alone, and looks at it again only when it is stale (RFC 9111 §4.2).
struct Verifier {
    set: JwkSet,
    stale_at: i64,
    fetched: usize,
}

impl Verifier {
    async fn new(client: &Client, now: i64) -> Self {
        let (set, max_age) = fetch(client).await;
        Self { set, stale_at: now + max_age, fetched: 1 }
    }

    async fn look(&mut self, client: &Client, now: i64) {
        if now >= self.stale_at {
            let (set, max_age) = fetch(client).await;
            *self = Self { set, stale_at: now + max_age, fetched: self.fetched + 1 };
        }
    }

    /// Fails the test when the signature cannot be checked, or is wrong.
    fn verify(&self, token: &str, now: i64) {
        let header = jsonwebtoken::decode_header(token).expect("a header");
        let kid = header.kid.expect("a kid");
        let Some(key) = self.set.find(&kid) else {
            panic!("{} s after the beginning nobody knows {kid}: {:?}", now - BEGIN, self.set);
        };
        let mut validation = Validation::new(header.alg);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[ISSUER]);
        // The test's clock is not the system's.
        validation.validate_exp = false;
        let key = DecodingKey::from_jwk(key).expect("a public key");
        jsonwebtoken::decode::<Value>(token, &key, &validation).expect("a good signature");
    }
}

/// The JWKS, and for how many seconds it may be kept.
async fn fetch(client: &Client) -> (JwkSet, i64) {
    let answer = client.get("/.well-known/jwks.json", "").await.expect(200);
    let directives = answer.header("cache-control").unwrap_or_else(|| panic!("nothing says how long{answer}"));
    let max_age = directives.split(',').find_map(|directive| directive.trim().strip_prefix("max-age="));
    let max_age = max_age.and_then(|age| age.parse().ok()).unwrap_or_else(|| panic!("no max-age{answer}"));
    (serde_json::from_value(answer.json).expect("a JWKS"), max_age)
}

/// A client's line of tokens: the newest, and those before it that have not expired.
struct Holder {
    client: Client,
    newest: Tokens,
    living: VecDeque<(String, i64)>,
    kids: BTreeSet<String>,
}

impl Holder {
    async fn new(client: Client) -> Self {
        let newest = client.sign_in_bob().await;
        Self { client, newest, living: VecDeque::new(), kids: BTreeSet::new() }
    }

    async fn refresh(&mut self) {
        self.newest = self.client.refresh(&self.newest.refresh).await.tokens();
        let exp = self.newest.claims()["exp"].as_i64().expect("a number");
        self.kids.insert(kid(&self.newest.access));
        self.living.push_back((self.newest.access.clone(), exp));
    }

    /// The oldest token that is still good, and the newest.
    fn ends(&mut self, now: i64) -> [&str; 2] {
        self.living.retain(|(_, exp)| now < *exp);
        let [(oldest, _), .., (newest, _)] = self.living.make_contiguous() else {
            return [self.newest.access.as_str(); 2];
        };
        [oldest, newest]
    }
}

async fn whole_rotation(alg: &str) {
    let server = TestServer::with(&[("issuer", ISSUER), ("tokens.signing_alg", alg)]).await;
    let (client, clock) = (server.client(), server.clock());
    let long = make(&server, NewClient { access_ttl: Some(LONG), ..public("long") }).await;
    let service = make(&server, NewClient { access_ttl: Some(LONG / 2), ..confidential("service") }).await;
    let mut holders = [Holder::new(client.clone()).await, Holder::new(long).await];
    let mut services = VecDeque::new();
    let old = published(&client).await;
    // One who looks at each moment of the max-age.
    let mut verifiers = Vec::new();
    let rotated_at = BEGIN + 300;
    let mut new = None;
    let end = rotated_at + ANNOUNCED + LONG + 60;
    let mut now = BEGIN;
    while now < end + 300 {
        now += STEP;
        clock.set(now);
        if now == rotated_at {
            new = Some(rotate(&server, false).await);
        }
        if now <= rotated_at && now % 15 == 0 {
            verifiers.push(Verifier::new(&client, now).await);
        }
        for holder in &mut holders {
            holder.refresh().await;
        }
        services.push_back((service.client_credentials().await.text("access_token"), now + LONG / 2));
        services.retain(|(_, exp)| now < *exp);
        for verifier in &mut verifiers {
            verifier.look(&client, now).await;
            let own = services.front().map(|(token, _)| token.as_str());
            for token in holders.iter_mut().flat_map(|holder| holder.ends(now)).chain(own) {
                verifier.verify(token, now);
            }
        }
        // What is good for others is good for us, to its last second.
        for holder in &mut holders {
            let [oldest, _] = holder.ends(now);
            assert!(client.is_active(oldest).await, "{} s after the beginning: {oldest}", now - BEGIN);
        }
    }
    let new = new.expect("a rotation");
    for holder in &holders {
        assert_eq!(holder.kids.len(), 2, "one of the two keys signed nothing: {:?}", holder.kids);
        assert_eq!(kid(&holder.newest.access), new[alg]);
    }
    assert_eq!(verifiers.len(), 20);
    let fetches = usize::try_from((end + 300 - BEGIN) / 300).expect("a small number");
    for verifier in &verifiers {
        assert!((fetches - 1..=fetches + 1).contains(&verifier.fetched), "{} looks, about {fetches}", verifier.fetched);
    }
    let left = published(&client).await;
    assert!(left.len() == 2 && old.iter().all(|kid| !left.contains(kid)), "{left:?} after {old:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_the_jwks_as_long_as_allowed_meets_no_es256_signature_that_cannot_be_checked() {
    whole_rotation("ES256").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_keeps_the_jwks_as_long_as_allowed_meets_no_eddsa_signature_that_cannot_be_checked() {
    whole_rotation("EdDSA").await;
}
