//! What do we sign with, and what do others verify with? Keys made at first start, kept sealed in the database and parsed in memory.

mod rotation;

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair,
};
use aws_lc_rs::{digest, encoding};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jsonwebtoken::jwk::{Jwk, ThumbprintHash};
use jsonwebtoken::{Algorithm, DecodingKey};
use quick_cache::sync::Cache;
use serde_json::{Value, json};

use super::jwt::Verified;
use super::secret_keys::SecretKey;
use super::{Flows, SecretKeyError, Seed};
use crate::model::signing_key::{KeyState, Seal, SealedKey, SigningAlg};
use crate::model::timestamp::Timestamp;
use crate::store::{Signer, StoreError, Wanted};

pub use rotation::RotationRefusal;

/// How old the published keys may get, in seconds.
const FRESH_FOR: u64 = 5;
/// How many tokens we remember to carry a good signature.
const MEMO: usize = 10_000;

/// The keys, as this node knows them.
pub struct SigningKeys {
    loaded: RwLock<Arc<Loaded>>,
    pub(super) memo: Cache<[u8; 32], Verified>,
}

#[derive(Default)]
struct Loaded {
    keys: Vec<Arc<SigningKey>>,
    published: PublishedKeys,
    at: Option<(Instant, Timestamp)>,
}

/// The JWKS as it is sent.
#[derive(Clone, Default)]
pub struct PublishedKeys {
    /// The document.
    pub body: Bytes,
    /// Its entity tag.
    pub etag: Arc<str>,
}

/// A key, parsed.
pub(crate) struct SigningKey {
    pub(crate) kid: Arc<str>,
    pub(crate) alg: SigningAlg,
    /// The header of an access token signed with it, encoded.
    pub(crate) header: String,
    pub(crate) verifying: DecodingKey,
    pair: Pair,
    jwk: Value,
}

enum Pair {
    Es256(EcdsaKeyPair),
    EdDsa(Ed25519KeyPair),
    Rs256(RsaKeyPair),
}

/// Why there are no keys to sign with.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum KeyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    SecretKey(#[from] SecretKeyError),
    #[error("the signing key {0} cannot be opened with any key of secret_key_file")]
    Sealed(String),
    #[error(
        "the data was made by `grantd dev`, with users whose passwords are well known: give `grantd serve` data of its own"
    )]
    Development,
    #[error("cannot make a signing key")]
    Unmade,
}

impl Default for SigningKeys {
    fn default() -> Self {
        Self { loaded: RwLock::default(), memo: Cache::new(MEMO) }
    }
}

impl Flows {
    /// Makes sure that the secret keys are those of the data; changes nothing.
    ///
    /// # Errors
    /// [`SecretKeyError::Foreign`], [`KeyError::Sealed`]; [`KeyError::Development`] for a server that is none.
    pub async fn check_secret_keys(&self, seed: Seed) -> Result<(), KeyError> {
        if seed == Seed::FirstParty && self.store.read().is_for_development().await? {
            return Err(KeyError::Development);
        }
        self.check_keys_match().await
    }

    /// Makes sure that one of the secret keys was used with the data, and that each signing key can be opened; changes nothing.
    ///
    /// # Errors
    /// [`SecretKeyError::Foreign`], [`KeyError::Sealed`].
    pub async fn check_keys_match(&self) -> Result<(), KeyError> {
        let known = self.store.read().list_secret_keys().await?;
        if !known.is_empty() && !self.secret_keys.iter().any(|key| known.contains_key(&key.id)) {
            return Err(SecretKeyError::Foreign(self.config.secret_key_file.display().to_string()).into());
        }
        // This is asked of data that may be older than this program: of nothing but columns that were always there.
        for seal in self.store.read().list_seals().await? {
            self.open(&seal)?;
        }
        Ok(())
    }

    /// Makes sure that there are keys to sign with: at start, once among all nodes.
    ///
    /// # Errors
    /// [`KeyError`].
    pub async fn prepare_keys(&self, seed: Seed) -> Result<(), KeyError> {
        let now = self.clock.now();
        let sealed = self.store.read().list_signing_keys().await?;
        for alg in [self.config.tokens.signing_alg, SigningAlg::Rs256] {
            if !sealed.iter().any(|key| key.alg == alg && key.state(now) != KeyState::Gone) {
                let secret = self.secret_keys.newest().ok_or(KeyError::Unmade)?;
                let key = make_key(alg, secret, &sealed, now, now).ok_or(KeyError::Unmade)?;
                self.store.write().insert_signing_key(&key).await?;
            }
        }
        // Another node may have been quicker: with another secret key than ours, what it made is not for us to open.
        self.check_secret_keys(seed).await?;
        let known = self.store.read().list_secret_keys().await?;
        let unused = known.is_empty();
        for key in self.secret_keys.iter().filter(|key| !known.contains_key(&key.id)) {
            self.store.write().insert_secret_key(&key.id, unused && seed == Seed::Dev, now).await?;
        }
        self.reseal(&sealed).await?;
        self.load_keys().await?;
        Ok(())
    }

    /// Seals every key with the newest secret key, so that an older one can be taken out of the file.
    async fn reseal(&self, keys: &[SealedKey]) -> Result<(), KeyError> {
        let Some(newest) = self.secret_keys.newest() else { return Ok(()) };
        for key in keys.iter().filter(|key| key.secret_key_id != newest.id) {
            let plain = self.open(&key.seal())?;
            let sealed = newest.seal(&key.kid, &plain).ok_or(KeyError::Unmade)?;
            self.store.write().reseal_signing_key(&key.kid, &key.secret_key_id, sealed, &newest.id).await?;
        }
        Ok(())
    }

    fn open(&self, seal: &Seal) -> Result<Vec<u8>, KeyError> {
        let plain = self.secret_keys.find(&seal.secret_key_id).and_then(|secret| secret.open(&seal.kid, &seal.sealed));
        plain.ok_or_else(|| KeyError::Sealed(seal.kid.clone()))
    }

    /// The key pair of the one that signs: the database has just said that it does.
    pub(crate) async fn find_signing_key(&self, signer: Option<&Signer>) -> Result<Arc<SigningKey>, StoreError> {
        let Signer { kid, .. } = signer.ok_or_else(|| StoreError::Broken("no key signs".to_owned()))?;
        if let Some(key) = self.loaded().find(kid) {
            return Ok(key);
        }
        self.load_keys()
            .await?
            .find(kid)
            .ok_or_else(|| StoreError::Broken(format!("the signing key {kid} cannot be opened")))
    }

    /// The key that `kid` names, for verifying. Anybody may name anything.
    pub(crate) async fn find_verifying_key(&self, kid: &str) -> Result<Option<Arc<SigningKey>>, StoreError> {
        if let Some(key) = self.loaded().find(kid) {
            return Ok(Some(key));
        }
        // Another node may have made it a moment ago. Only what the database knows is worth reading all of them again.
        let wanted = Wanted { kid: Some(kid), ..Wanted::default() };
        if !self.store.read().find_facts(&wanted, self.clock.now()).await?.key_is_good {
            return Ok(None);
        }
        Ok(self.load_keys().await?.find(kid))
    }

    /// The JWKS (RFC 7517 §5), at most five seconds old. While the database is away, the last one that was read.
    pub async fn published_keys(&self) -> PublishedKeys {
        let (loaded, now) = (self.loaded(), self.clock.now());
        if loaded.is_fresh(now) {
            return loaded.published.clone();
        }
        match self.load_keys().await {
            Ok(loaded) => loaded.published.clone(),
            Err(error) => {
                tracing::warn!(%error, "the published keys could not be renewed");
                // Not every request needs to find out how long a database that is away takes to say so.
                self.keep_loaded(Loaded {
                    keys: loaded.keys.clone(),
                    published: loaded.published.clone(),
                    at: Some((Instant::now(), now)),
                });
                loaded.published.clone()
            }
        }
    }

    fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.signing_keys.loaded.read().unwrap_or_else(PoisonError::into_inner))
    }

    async fn load_keys(&self) -> Result<Arc<Loaded>, StoreError> {
        let before = self.loaded();
        let now = self.clock.now();
        let sealed = self.store.read().list_signing_keys().await?;
        let keys: Vec<_> = sealed
            .iter()
            .filter(|key| key.state(now) != KeyState::Gone)
            .filter_map(|key| {
                // Parsing is what costs: a key that is parsed stays parsed.
                before.find(&key.kid).or_else(|| match self.open(&key.seal()) {
                    Ok(pkcs8) => SigningKey::parse(key.alg, &pkcs8).map(Arc::new),
                    Err(error) => {
                        tracing::error!(%error);
                        None
                    }
                })
            })
            .collect();
        Ok(self.keep_loaded(Loaded { published: publish(&keys), keys, at: Some((Instant::now(), now)) }))
    }

    fn keep_loaded(&self, loaded: Loaded) -> Arc<Loaded> {
        let loaded = Arc::new(loaded);
        *self.signing_keys.loaded.write().unwrap_or_else(PoisonError::into_inner) = Arc::clone(&loaded);
        loaded
    }
}

impl Loaded {
    fn find(&self, kid: &str) -> Option<Arc<SigningKey>> {
        self.keys.iter().find(|key| *key.kid == *kid).cloned()
    }

    /// By both clocks: that of the process stands still while the machine sleeps, the other can be set.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.at.is_some_and(|(instant, at)| {
            instant.elapsed() < Duration::from_secs(FRESH_FOR) && now.0.abs_diff(at.0) < FRESH_FOR
        })
    }
}

fn publish(keys: &[Arc<SigningKey>]) -> PublishedKeys {
    let body = json!({ "keys": keys.iter().map(|key| &key.jwk).collect::<Vec<_>>() }).to_string();
    PublishedKeys { etag: etag(body.as_bytes()).into(), body: body.into() }
}

/// A strong entity tag (RFC 9110 §8.8.3).
pub(crate) fn etag(body: &[u8]) -> String {
    let hash = digest::digest(&digest::SHA256, body);
    format!("\"{}\"", URL_SAFE_NO_PAD.encode(hash.as_ref().get(..12).unwrap_or_default()))
}

/// A new key, the next of its algorithm among `others`, sealed with `secret`, which signs from `active_at` on.
fn make_key(
    alg: SigningAlg,
    secret: &SecretKey,
    others: &[SealedKey],
    now: Timestamp,
    active_at: Timestamp,
) -> Option<SealedKey> {
    let pkcs8 = generate(alg)?;
    let kid = SigningKey::parse(alg, &pkcs8)?.kid.to_string();
    Some(SealedKey {
        sealed: secret.seal(&kid, &pkcs8)?,
        kid,
        alg,
        secret_key_id: secret.id.clone(),
        created_at: now,
        active_at,
        retired_at: None,
        gone_at: None,
        ordinal: 1 + others.iter().filter(|key| key.alg == alg).map(|key| key.ordinal).max().unwrap_or_default(),
    })
}

/// A new private key, as PKCS #8.
fn generate(alg: SigningAlg) -> Option<Vec<u8>> {
    let random = SystemRandom::new();
    match alg {
        SigningAlg::Es256 => {
            Some(EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).ok()?.as_ref().to_vec())
        }
        SigningAlg::EdDsa => Some(Ed25519KeyPair::generate_pkcs8(&random).ok()?.as_ref().to_vec()),
        SigningAlg::Rs256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
            let der: encoding::Pkcs8V1Der<'_> = encoding::AsDer::as_der(&pair).ok()?;
            Some(der.as_ref().to_vec())
        }
    }
}

impl SigningKey {
    fn parse(alg: SigningAlg, pkcs8: &[u8]) -> Option<Self> {
        let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (pair, mut jwk) = match alg {
            SigningAlg::Es256 => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?;
                // An uncompressed point: 4, x, y (SEC 1 §2.3.3).
                let (x, y) = pair.public_key().as_ref().get(1..)?.split_at_checked(32)?;
                let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encode(x), "y": encode(y) });
                (Pair::Es256(pair), jwk)
            }
            SigningAlg::EdDsa => {
                let pair = Ed25519KeyPair::from_pkcs8(pkcs8).ok()?;
                let jwk = json!({ "kty": "OKP", "crv": "Ed25519", "x": encode(pair.public_key().as_ref()) });
                (Pair::EdDsa(pair), jwk)
            }
            SigningAlg::Rs256 => {
                let pair = RsaKeyPair::from_pkcs8(pkcs8).ok()?;
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                let jwk = json!({
                    "kty": "RSA",
                    "n": encode(n.big_endian_without_leading_zero()),
                    "e": encode(e.big_endian_without_leading_zero()),
                });
                (Pair::Rs256(pair), jwk)
            }
        };
        let public: Jwk = serde_json::from_value(jwk.clone()).ok()?;
        // RFC 7638: the same key has the same name, wherever it is read.
        let kid = public.thumbprint(ThumbprintHash::SHA256).ok()?;
        for (member, value) in [("kid", kid.as_str()), ("alg", alg.as_str()), ("use", "sig")] {
            jwk.as_object_mut()?.insert(member.to_owned(), value.into());
        }
        let header = json!({ "alg": alg.as_str(), "kid": kid, "typ": "at+jwt" }).to_string();
        Some(Self {
            header: encode(header.as_bytes()),
            verifying: DecodingKey::from_jwk(&public).ok()?,
            kid: kid.into(),
            alg,
            pair,
            jwk,
        })
    }

    /// The signature over `message` (RFC 7515 §5.1).
    pub(super) fn sign(&self, message: &[u8]) -> Option<Vec<u8>> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Es256(pair) => Some(pair.sign(&random, message).ok()?.as_ref().to_vec()),
            Pair::EdDsa(pair) => Some(pair.sign(message).as_ref().to_vec()),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).ok()?;
                Some(signature)
            }
        }
    }

    /// The same algorithm in the words of the library that verifies.
    pub(super) const fn alg_of_jsonwebtoken(&self) -> Algorithm {
        match self.alg {
            SigningAlg::Es256 => Algorithm::ES256,
            SigningAlg::EdDsa => Algorithm::EdDSA,
            SigningAlg::Rs256 => Algorithm::RS256,
        }
    }
}
