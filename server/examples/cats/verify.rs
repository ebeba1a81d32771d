//! Is this access token good here? Verified offline (RFC 9068 §4), by public keys that the issuer publishes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Context;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use poem::http::header;
use reqwest::Client;
use serde::Deserialize;
use tokio::sync::OnceCell;

/// Of key pairs only: with HS256 among them, whoever has the public key could sign.
const ALGORITHMS: [Algorithm; 3] = [Algorithm::ES256, Algorithm::EdDSA, Algorithm::RS256];
/// Between two requests for the keys: who makes up names of keys must not make us ask for each of them.
const PAUSE: Duration = Duration::from_secs(5);
/// How long keys are kept at most, whatever the issuer says.
const DAY: Duration = Duration::from_hours(24);

/// Why there are no claims.
#[derive(Debug)]
pub enum Refusal {
    /// The token is to blame: 401.
    Invalid(&'static str),
    /// The issuer's keys could not be had, so nothing is known of the token: 503.
    Unavailable,
}

/// What we want to know of a good token.
#[derive(Debug, Deserialize)]
pub struct Claims {
    /// Separated by spaces.
    #[serde(default)]
    pub scope: String,
}

/// Judges tokens of one issuer for one audience.
pub struct Verifier {
    http: Client,
    issuer: String,
    audience: &'static str,
    keys: Mutex<Keys>,
}

type KeySet = HashMap<String, (Algorithm, DecodingKey)>;

#[derive(Default)]
struct Keys {
    /// Those that we have, and until when.
    known: Option<(Arc<KeySet>, Instant)>,
    /// The last request for them.
    asked: Option<Arc<Asked>>,
}

/// A request for the keys; whoever needs its answer waits for this one.
struct Asked {
    begun: Instant,
    answer: OnceCell<Option<Arc<KeySet>>>,
}

impl Verifier {
    pub fn new(http: Client, issuer: String, audience: &'static str) -> Self {
        Self { http, issuer, audience, keys: Mutex::default() }
    }

    /// The claims of a token that is good here and now.
    pub async fn verify(&self, token: &str) -> Result<Claims, Refusal> {
        let header = decode_header(token).map_err(|_| Refusal::Invalid("It is no JWT."))?;
        let media_type = header.typ.unwrap_or_default().to_ascii_lowercase();
        // Else any JWT of the issuer would do, one that tells a client who signed in too.
        if !matches!(media_type.as_str(), "at+jwt" | "application/at+jwt") {
            return Err(Refusal::Invalid("It is no access token."));
        }
        let kid = header.kid.ok_or(Refusal::Invalid("It names no key."))?;
        let keys = self.keys_with(&kid).await?;
        let (algorithm, key) = keys.get(&kid).ok_or(Refusal::Invalid("It is signed with a key that is not known."))?;
        // The algorithm that the issuer says of its key, not the one that the token says of itself.
        let mut rules = Validation::new(*algorithm);
        rules.set_required_spec_claims(&["exp", "iss", "aud"]);
        rules.set_issuer(&[&self.issuer]);
        rules.set_audience(&[self.audience]);
        rules.leeway = 0;
        // In the second that `exp` names it is too late (RFC 7519 §4.1.4).
        rules.reject_tokens_expiring_in_less_than = 1;
        let verified = decode::<Claims>(token, key, &rules);
        verified.map(|token| token.claims).map_err(|error| {
            Refusal::Invalid(match error.kind() {
                ErrorKind::ExpiredSignature => "It has expired.",
                ErrorKind::InvalidAudience => "It is for another audience.",
                ErrorKind::InvalidIssuer => "It is of another issuer.",
                _ => "It does not hold.",
            })
        })
    }

    /// The issuer's keys: those that we have while they are fresh and have this one, else those that it has now.
    async fn keys_with(&self, kid: &str) -> Result<Arc<KeySet>, Refusal> {
        let asked = {
            let mut keys = self.lock();
            match (&keys.known, &keys.asked) {
                (Some((set, until)), _) if Instant::now() < *until && set.contains_key(kid) => {
                    return Ok(Arc::clone(set));
                }
                (_, Some(asked)) if asked.begun.elapsed() < PAUSE => Arc::clone(asked),
                _ => {
                    let asked = Arc::new(Asked { begun: Instant::now(), answer: OnceCell::new() });
                    Arc::clone(keys.asked.insert(asked))
                }
            }
        };
        let answer = asked.answer.get_or_init(|| async {
            let (set, max_age) = self.fetch().await.inspect_err(|error| eprintln!("no keys: {error:#}")).ok()?;
            let set = Arc::new(set);
            self.lock().known = Some((Arc::clone(&set), asked.begun + max_age.min(DAY)));
            Some(set)
        });
        answer.await.clone().ok_or(Refusal::Unavailable)
    }

    /// The issuer's keys, and how long they may be kept.
    async fn fetch(&self) -> anyhow::Result<(KeySet, Duration)> {
        let answer =
            self.http.get(format!("{}/.well-known/jwks.json", self.issuer)).send().await?.error_for_status()?;
        let cache = answer.headers().get(header::CACHE_CONTROL).and_then(|value| value.to_str().ok());
        let max_age = cache.unwrap_or_default().split(',').find_map(|word| word.trim().strip_prefix("max-age="));
        let max_age = Duration::from_secs(max_age.and_then(|seconds| seconds.parse().ok()).unwrap_or(0));
        let set: JwkSet = answer.json().await.context("no set of keys")?;
        let usable = |key: &Jwk| {
            let algorithm = Algorithm::try_from(key.common.key_algorithm?).ok().filter(|it| ALGORITHMS.contains(it))?;
            Some((key.common.key_id.clone()?, (algorithm, DecodingKey::from_jwk(key).ok()?)))
        };
        Ok((set.keys.iter().filter_map(usable).collect(), max_age))
    }

    /// Never held across an await.
    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
