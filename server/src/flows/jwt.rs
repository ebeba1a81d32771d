//! How are access tokens written and read? As JWTs of RFC 9068, signed by a key pair that is kept parsed.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::keys::SigningKey;
use super::{Flows, chance};
use crate::model::id::FamilyId;
use crate::model::reason::Reason;
use crate::store::StoreError;

/// Longer than any token of ours; nobody makes the server verify a book.
const LENGTH_LIMIT: usize = 8 * 1024;

/// The claims of an access token (RFC 9068 §2.2).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    /// The issuer.
    pub iss: String,
    /// The user's id; for a client alone, the client's.
    pub sub: String,
    /// For whom it is: one or more.
    #[serde(with = "one_or_more")]
    pub aud: Vec<String>,
    /// Which client it was issued to.
    pub client_id: String,
    /// What it may be used for.
    pub scope: String,
    /// When it was issued, in Unix seconds.
    pub iat: i64,
    /// From when on it is no good, in Unix seconds.
    pub exp: i64,
    /// Its name among all tokens.
    pub jti: String,
    /// The session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// When the user signed in, in Unix seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<i64>,
    /// How (RFC 8176).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amr: Option<Vec<String>>,
    /// What the user may do beyond oneself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roles: Option<Vec<String>>,
}

/// A header, as far as it decides.
#[derive(Deserialize)]
struct Header {
    typ: Option<String>,
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood (RFC 7515 §4.1.11): we understand none.
    crit: Option<serde::de::IgnoredAny>,
}

/// A token whose signature is good.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) claims: Arc<Claims>,
    pub(crate) kid: Arc<str>,
}

/// What a `jti` names.
pub(crate) enum Jti {
    /// A generation of a family.
    Family(FamilyId, i64),
    /// A token of a client for itself.
    Client,
}

/// The `jti` of an access token of a family: no two are equal.
pub(crate) fn family_jti(family: &FamilyId, generation: i64) -> String {
    let generation = u32::try_from(generation).unwrap_or(u32::MAX);
    URL_SAFE_NO_PAD
        .encode([&family.bits().to_be_bytes()[..], &generation.to_be_bytes(), &chance::bytes::<8>()].concat())
}

/// The `jti` of a token of a client for itself: of another length.
pub(crate) fn client_jti() -> String {
    URL_SAFE_NO_PAD.encode(chance::bytes::<16>())
}

/// What a `jti` names; `None` if it is none of ours.
pub(crate) fn read_jti(jti: &str) -> Option<Jti> {
    let bytes = URL_SAFE_NO_PAD.decode(jti).ok()?;
    match bytes.len() {
        16 => Some(Jti::Client),
        28 => {
            let (family, rest) = bytes.split_first_chunk::<16>()?;
            let (generation, _) = rest.split_first_chunk::<4>()?;
            Some(Jti::Family(
                FamilyId::from_bits(u128::from_be_bytes(*family)),
                i64::from(u32::from_be_bytes(*generation)),
            ))
        }
        _ => None,
    }
}

/// Signs an access token.
pub(crate) fn sign(key: &SigningKey, claims: &Claims) -> Result<String, StoreError> {
    let broken = |what: &str| StoreError::Broken(format!("cannot sign: {what}"));
    let claims = serde_json::to_vec(claims).map_err(|error| broken(&error.to_string()))?;
    let mut token = String::with_capacity(key.header.len() + claims.len() * 4 / 3 + 360);
    token.push_str(&key.header);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(&claims, &mut token);
    let signature = key.sign(token.as_bytes()).ok_or_else(|| broken("the key pair refused"))?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(&signature, &mut token);
    Ok(token)
}

impl Flows {
    /// Reads an access token whose signature is good and whose issuer we are. Whether it is still good is for the one who asks.
    pub(crate) async fn verify(&self, token: &str) -> Result<Result<Verified, Reason>, StoreError> {
        let Some((header, kid)) = header(token) else { return Ok(Err(Reason::UnknownToken)) };
        let Some(key) = self.find_verifying_key(&kid).await? else { return Ok(Err(Reason::UnknownToken)) };
        if header.alg != key.alg.as_str() {
            return Ok(Err(Reason::UnknownToken));
        }
        let name = memo_key(token);
        if let Some(verified) = self.signing_keys.memo.get(&name) {
            return Ok(Ok(verified));
        }
        let Some(claims) = verified_claims(token, &key).filter(|claims| claims.iss == self.config.issuer.as_str())
        else {
            return Ok(Err(Reason::UnknownToken));
        };
        let verified = Verified { claims: Arc::new(claims), kid: Arc::clone(&key.kid) };
        self.signing_keys.memo.insert(name, verified.clone());
        Ok(Ok(verified))
    }
}

/// The header and its `kid`, if it is one of an access token (RFC 9068 §2.1, §4).
fn header(token: &str) -> Option<(Header, String)> {
    if token.len() > LENGTH_LIMIT {
        return None;
    }
    let (header, rest) = token.split_once('.')?;
    (rest.split('.').count() == 2).then_some(())?;
    let mut header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let typ = header.typ.take()?.to_ascii_lowercase();
    (matches!(typ.as_str(), "at+jwt" | "application/at+jwt") && header.crit.is_none()).then_some(())?;
    let kid = header.kid.take()?;
    Some((header, kid))
}

fn verified_claims(token: &str, key: &SigningKey) -> Option<Claims> {
    let (message, signature) = token.rsplit_once('.')?;
    let good =
        jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.verifying, key.alg_of_jsonwebtoken()).ok()?;
    let (_, claims) = message.split_once('.')?;
    good.then(|| serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()).flatten()
}

/// The one thing that may be remembered: that these bytes carry a good signature. By hash, so that memory holds no token.
fn memo_key(token: &str) -> [u8; 32] {
    let mut name = [0; 32];
    name.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    name
}

/// RFC 7519 §4.1.3: a single audience may stand by itself.
mod one_or_more {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMore {
        One(String),
        More(Vec<String>),
    }

    pub(super) fn serialize<S: Serializer>(aud: &[String], serializer: S) -> Result<S::Ok, S::Error> {
        match aud {
            [one] => one.serialize(serializer),
            more => more.serialize(serializer),
        }
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
        Ok(match OneOrMore::deserialize(deserializer)? {
            OneOrMore::One(one) => vec![one],
            OneOrMore::More(more) => more,
        })
    }
}
