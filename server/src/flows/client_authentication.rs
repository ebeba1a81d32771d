//! Which client asks, and is it really that one? (RFC 6749 §2.3)

use std::fmt::Write as _;
use std::net::IpAddr;

use aws_lc_rs::{constant_time, digest};

use super::refusal::{Code, Failure, Refusal};
use super::{Flows, throttle};
use crate::model::client::{Client, ClientType};
use crate::model::reason::Reason;
use crate::model::secret::Secret;
use crate::model::throttle::{CLIENT_AND_ADDRESS, Counted, Gate};
use crate::model::timestamp::Timestamp;

/// What a client says of itself, by HTTP Basic or in the body.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    /// `client_id`.
    pub client_id: Option<String>,
    /// Its secret; a public client has none, or an empty one.
    pub client_secret: Option<Secret<String>>,
}

const FAILED: Refusal = Refusal::new(Code::InvalidClient, Reason::ClientAuthenticationFailed);

/// The form in which a client secret is kept: SHA-256 in hexadecimal. Enough, since it is beyond guessing.
pub(crate) fn secret_hash(secret: &Secret<String>) -> Secret<String> {
    let hash = digest::digest(&digest::SHA256, secret.expose().as_bytes());
    Secret::new(hash.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

impl Flows {
    /// The key under which wrong secrets are counted; only who sends one is counted.
    pub(crate) fn client_throttle_key(&self, credentials: &Credentials, ip: IpAddr) -> Option<String> {
        credentials.client_secret.as_ref()?;
        let client = credentials.client_id.as_deref()?;
        Some(self.throttle_key(&["client and address", client, &throttle::address(ip)]))
    }

    /// The client, if it is who it says: `client` and `counted` are what was read of it.
    pub(crate) async fn authenticate_client(
        &self,
        credentials: &Credentials,
        client: Option<Client>,
        throttle: Option<(&str, Option<Counted>)>,
        now: Timestamp,
    ) -> Result<Client, Failure> {
        let client = client.ok_or(FAILED)?;
        let secret = credentials.client_secret.as_ref().filter(|secret| !secret.expose().is_empty());
        match (client.client_type, secret) {
            (ClientType::Public, None) => Ok(client),
            (ClientType::Confidential, Some(secret)) => {
                let reserved = self.pass_client_throttle(throttle, now).await?;
                let presented = secret_hash(secret);
                let is_presented = |hash: &Secret<String>| {
                    constant_time::verify_slices_are_equal(presented.expose().as_bytes(), hash.expose().as_bytes())
                        .is_ok()
                };
                if client.secret_hashes(now).any(is_presented) {
                    if let Some((key, Some(_))) = throttle {
                        self.store.write().clear_failures(key).await?;
                    }
                    return Ok(client);
                }
                if let Some((key, _)) = throttle
                    && !reserved
                {
                    self.store.write().count_failure(key, CLIENT_AND_ADDRESS, now).await?;
                }
                Err(FAILED.into())
            }
            _ => Err(FAILED.into()),
        }
    }

    /// Lets a secret through to be compared; true if it is the one try that is let through.
    async fn pass_client_throttle(
        &self,
        throttle: Option<(&str, Option<Counted>)>,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let Some((key, Some(counted))) = throttle else { return Ok(false) };
        let seconds = match CLIENT_AND_ADDRESS.gate(counted, now) {
            Gate::Open => return Ok(false),
            Gate::Shut { retry_after } => retry_after,
            Gate::OneAtATime if self.store.write().consume_try(key, CLIENT_AND_ADDRESS, counted, now).await? => {
                return Ok(true);
            }
            Gate::OneAtATime => CLIENT_AND_ADDRESS.wait_after(counted.failures + 1),
        };
        self.tally.throttled.client_secret.count();
        Err(FAILED.retry_after(seconds).into())
    }
}
