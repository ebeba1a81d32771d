//! How are access tokens written and read? As JWTs of RFC 9068, signed by a key pair that is kept parsed.

use std::sync::Arc;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

use super::keys::SigningKey;
use super::{Flows, chance};
use crate::model::client::is_client_id;
use crate::model::id::FamilyId;
use crate::model::signing_key::SigningAlg;
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;

/// Longer than any token of ours; nobody makes the server verify a book.
const LENGTH_LIMIT: usize = 16 * 1024;

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
    /// From when on it is good, in Unix seconds: we write none, but heed it (RFC 7519 §4.1.5).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nbf: Option<i64>,
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

/// An access token that has been read; whether its signature is good is for [`Flows::verify`].
pub(crate) struct Unverified {
    claims: Arc<Claims>,
    alg: String,
    kid: Arc<str>,
    /// Its hash, so that memory holds no token.
    name: [u8; 32],
    /// Whether these bytes are known to carry a good signature.
    known: bool,
}

/// A token whose signature is good.
#[derive(Clone)]
pub(crate) struct Verified {
    pub(crate) claims: Arc<Claims>,
    pub(crate) kid: Arc<str>,
    alg: SigningAlg,
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
fn read_jti(jti: &str) -> Option<Jti> {
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

impl Claims {
    /// Whether it is good at this moment, as far as it says itself. No leeway: this is the clock that wrote it.
    pub(crate) fn hold_at(&self, now: Timestamp) -> bool {
        now.0 < self.exp && self.nbf.is_none_or(|nbf| nbf <= now.0)
    }
}

impl Verified {
    /// What its `jti` names.
    pub(crate) fn jti(&self) -> Option<Jti> {
        read_jti(&self.claims.jti)
    }
}

impl Unverified {
    /// What its `jti` names: enough to ask the database what to judge it by.
    pub(crate) fn jti(&self) -> Option<Jti> {
        read_jti(&self.claims.jti)
    }

    /// The same, before anybody believes it.
    pub(crate) fn claims(&self) -> &Claims {
        &self.claims
    }

    /// Which key it says that it was signed with.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }
}

impl Flows {
    /// Takes an access token apart; `None` if it is none of ours. Costs no signature, so anybody may ask for it.
    pub(crate) fn read_access_token(&self, token: &str) -> Option<Unverified> {
        if token.len() > LENGTH_LIMIT {
            return None;
        }
        let mut name = [0; 32];
        name.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
        if let Some(Verified { claims, kid, alg }) = self.signing_keys.memo.get(&name) {
            return Some(Unverified { claims, alg: alg.as_str().to_owned(), kid, name, known: true });
        }
        let (header, claims) = parts(token)?;
        let claims = Arc::new(claims);
        (claims.iss == self.config.issuer.as_str()).then(|| Unverified {
            claims,
            alg: header.alg,
            kid: header.kid.unwrap_or_default().into(),
            name,
            known: false,
        })
    }

    /// The token, if its signature is good. Whether it is still good is for the one who asks.
    pub(crate) async fn verify(&self, token: &str, read: Unverified) -> Result<Option<Verified>, StoreError> {
        let Some(key) = self.find_verifying_key(&read.kid).await? else { return Ok(None) };
        if read.alg != key.alg.as_str() {
            return Ok(None);
        }
        let good = read.known || {
            let (message, signature) = token.rsplit_once('.').unwrap_or_default();
            let verified =
                jsonwebtoken::crypto::verify(signature, message.as_bytes(), &key.verifying, key.alg_of_jsonwebtoken());
            verified.unwrap_or(false)
        };
        if !good {
            return Ok(None);
        }
        let verified = Verified { claims: read.claims, kid: Arc::clone(&key.kid), alg: key.alg };
        if !read.known {
            self.signing_keys.memo.insert(read.name, verified.clone());
        }
        Ok(Some(verified))
    }
}

/// Header and claims, if they are those of an access token (RFC 9068 §2.1, §4).
fn parts(token: &str) -> Option<(Header, Claims)> {
    let mut parts = token.split('.');
    let (header, claims, _signature) = (parts.next()?, parts.next()?, parts.next()?);
    parts.next().is_none().then_some(())?;
    let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    let typ = header.typ.as_deref()?.to_ascii_lowercase();
    (matches!(typ.as_str(), "at+jwt" | "application/at+jwt") && header.crit.is_none()).then_some(())?;
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    // The database is asked about these before anybody has checked the signature: no text that it cannot hold.
    let plain = |name: &str| {
        (1..=64).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    (header.kid.as_deref().is_some_and(plain) && is_client_id(&claims.client_id)).then_some(())?;
    Some((header, claims))
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
