//! How does this node stand at this moment? What need not be counted, since it can be looked at.

use std::time::Duration;

use tokio::time::timeout;

use super::Flows;
use crate::model::signing_key::SigningAlg;
use crate::model::timestamp::Timestamp;
use crate::store::{Connections, StoreError, Wanted};

/// How long a look may wait for the database: it is looked at most closely when that is away.
const PATIENCE: Duration = Duration::from_secs(1);

/// What was seen.
#[derive(Debug)]
pub struct Measures {
    /// When this process began.
    pub started_at: Timestamp,
    /// Passwords that wait for a thread.
    pub passwords_waiting: u64,
    /// Password hashes that were computed since then, to compare with one or to keep.
    pub passwords_hashed: u64,
    /// What the connections to the database do.
    pub connections: Connections,
    /// The algorithms that keys sign with now, and the age of each key in seconds; none while the database is away.
    pub key_ages: Vec<(SigningAlg, i64)>,
}

impl Flows {
    /// Looks.
    pub async fn measure(&self) -> Measures {
        let now = self.clock.now();
        // Before the look at the keys, which takes a connection itself.
        let connections = self.store.connections();
        let silent = |_| Err(StoreError::Unavailable("it did not answer within a second".to_owned()));
        let key_ages = timeout(PATIENCE, self.key_ages(now)).await.unwrap_or_else(silent).unwrap_or_else(|error| {
            tracing::warn!(%error, "the age of the signing keys could not be read");
            Vec::new()
        });
        Measures {
            started_at: self.started_at,
            passwords_waiting: self.passwords.waiting(),
            passwords_hashed: self.passwords.hashed(),
            connections,
            key_ages,
        }
    }

    async fn key_ages(&self, now: Timestamp) -> Result<Vec<(SigningAlg, i64)>, StoreError> {
        let mut ages = Vec::new();
        // An RS256 key is at hand for ID tokens, whatever signs access tokens.
        let algs = [self.config.tokens.signing_alg, SigningAlg::Rs256];
        let keys = self.store.read().list_signing_keys().await?;
        for alg in SigningAlg::ALL.into_iter().filter(|alg| algs.contains(alg)) {
            // The one place that says which key signs is asked, not repeated.
            let wanted = Wanted { signing_alg: Some(alg), ..Wanted::default() };
            let signer = self.store.read().find_facts(&wanted, now).await?.signer;
            let key = signer.and_then(|signer| keys.iter().find(|key| key.kid == signer.kid));
            ages.extend(key.map(|key| (alg, now.since(key.created_at))));
        }
        Ok(ages)
    }
}
