//! What is a refresh token? The family, the generation, and a MAC that only the database and the secret key together can make.

use aws_lc_rs::constant_time;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::flows::refusal::{Code, Failure, Refusal};
use crate::flows::{Flows, SecretKeys};
use crate::model::id::FamilyId;
use crate::model::reason::Reason;
use crate::model::secret::Secret;
use crate::model::token_family::TokenFamily;

const PREFIX: &str = "grt_";
/// After how many seconds a token is worth another try whose key this node has yet to be given.
const ROLLOUT: i64 = 5;
/// Family id, generation, MAC.
const LENGTH: usize = 16 + 4 + 32;

/// A refresh token that has the right form; whether its MAC is right is for [`RefreshToken::is_of`].
pub(crate) struct RefreshToken {
    /// Which family it names.
    pub(crate) family: FamilyId,
    /// Which generation.
    pub(crate) generation: i64,
    mac: [u8; 32],
}

impl RefreshToken {
    /// Reads a token; `None` if it is none of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX)?;
        // Longer ones are not worth decoding; base64url of 52 bytes is 70 characters.
        if encoded.len() > LENGTH * 2 {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (family, rest) = bytes.split_first_chunk::<16>()?;
        let (generation, rest) = rest.split_first_chunk::<4>()?;
        Some(Self {
            family: FamilyId::from_bits(u128::from_be_bytes(*family)),
            generation: i64::from(u32::from_be_bytes(*generation)),
            mac: rest.try_into().ok()?,
        })
    }

    /// The token of a generation of a family; `None` if the family's secret key has been taken away.
    pub(crate) fn write(family: &TokenFamily, generation: i64, keys: &SecretKeys) -> Option<Secret<String>> {
        let number = u32::try_from(generation).ok()?.to_be_bytes();
        let id = family.id.bits().to_be_bytes();
        let mac = keys.find(&family.secret_key_id)?.refresh_mac(&[family.seed.expose(), &id, &number]);
        Some(Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode([&id[..], &number, mac.as_ref()].concat()))))
    }

    /// Whether the family made it; `None` if its secret key has been taken away.
    pub(crate) fn is_of(&self, family: &TokenFamily, keys: &SecretKeys) -> Option<bool> {
        let number = u32::try_from(self.generation).unwrap_or_default().to_be_bytes();
        let id = self.family.bits().to_be_bytes();
        let mac = keys.find(&family.secret_key_id)?.refresh_mac(&[family.seed.expose(), &id, &number]);
        Some(constant_time::verify_slices_are_equal(mac.as_ref(), &self.mac).is_ok())
    }
}

impl Flows {
    /// Whether the family made the token; `None` if its secret key has been taken away. Where it is one that other nodes were given and this
    /// one was not yet, nobody is refused for good: it is for another node, or for later.
    pub(in crate::flows) async fn judge_refresh_token(
        &self,
        token: &RefreshToken,
        family: &TokenFamily,
    ) -> Result<Option<bool>, Failure> {
        let is_of = token.is_of(family, &self.secret_keys);
        if is_of.is_none() {
            let known = self.store.read().list_secret_keys().await?;
            let newest_of_ours = self.secret_keys.iter().filter_map(|key| known.get(&key.id)).max();
            if known.get(&family.secret_key_id) > newest_of_ours {
                return Err(Refusal::new(Code::TemporarilyUnavailable, Reason::WaitAndRetry)
                    .retry_after(ROLLOUT)
                    .into());
            }
        }
        Ok(is_of)
    }
}
