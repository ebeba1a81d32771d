//! What goes when it has expired? Ended families and their sessions, revoked tokens, failures, events: a little at a time, while the server works.

use std::convert::Infallible;
use std::time::{Duration, Instant};

use tokio::time::sleep;

use super::{Flows, chance};
use crate::model::token_family::ENDINGS_TOLD;
use crate::store::{Batch, StoreError, Stored};

/// From the start of the server to its first pass.
const FIRST_AFTER: Duration = Duration::from_secs(30);
/// Between two passes.
const EVERY: Duration = Duration::from_mins(10);
/// How much longer than a batch took the pause after it is. SQLite has one writer, and it is for requests; when they keep a batch
/// waiting, the next one comes later.
const REST: u32 = 4;
/// How long a revoked token is remembered after its expiry, in seconds: by another node's clock it may live a little longer.
const CLOCKS_DIFFER: i64 = 60 * 60;

/// How many rows a pass deleted, by table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Families that ended 30 days ago.
    pub token_families: u64,
    /// Sessions of which no family was left.
    pub sessions: u64,
    /// Revoked tokens that have expired since.
    pub revoked_tokens: u64,
    /// Failures that matter no more.
    pub throttles: u64,
    /// Events older than `events.retention`.
    pub events: u64,
}

impl Flows {
    /// Sweeps from time to time, for as long as it is awaited. It may be dropped at any moment: each of its statements stands by itself.
    pub async fn keep_swept(&self) -> Infallible {
        let mut wait = FIRST_AFTER;
        loop {
            sleep(about(wait)).await;
            wait = EVERY;
            match self.sweep().await {
                Ok(swept) if swept == Swept::default() => tracing::debug!("nothing had expired"),
                Ok(Swept { token_families, sessions, revoked_tokens, throttles, events }) => {
                    tracing::info!(
                        token_families,
                        sessions,
                        revoked_tokens,
                        throttles,
                        events,
                        "deleted what had expired"
                    );
                }
                Err(error) => {
                    tracing::warn!(%error, "could not delete all that had expired; the next pass will");
                }
            }
        }
    }

    /// Deletes what has expired by now, in one pass; another that is under way in this process is waited for.
    ///
    /// # Errors
    /// [`StoreError`]: then some of it was deleted.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let _alone = self.sweeping.lock().await;
        let now = self.clock.now();
        let (store, ended) = (&self.store, now.minus(ENDINGS_TOLD));
        let idle_ttl = self.config.tokens.refresh_idle_ttl;
        let (revoked, written) = (now.minus(CLOCKS_DIFFER), now.minus(self.config.events.retention));
        Ok(Swept {
            token_families: in_batches(|after| store.delete_expired_families(after, ended, idle_ttl)).await?,
            // A session begins with its first family, and has none left at the earliest when that is gone.
            sessions: in_batches(|after| store.delete_expired_sessions(after, ended)).await?,
            revoked_tokens: in_batches(|_| store.delete_expired_tokens(revoked)).await?,
            throttles: in_batches(|after| store.delete_expired_throttles(after, now)).await?,
            events: in_batches(|_| store.delete_expired_events(written)).await?,
        })
    }
}

/// Deletes batch by batch, from the beginning of a table to its end, and says how many rows went.
async fn in_batches<F: Future<Output = Stored<Batch>>>(mut batch: impl FnMut(String) -> F) -> Stored<u64> {
    let (mut deleted, mut next) = (0, Some(String::new()));
    while let Some(after) = next {
        let from = Instant::now();
        let done = batch(after).await?;
        deleted += done.deleted;
        next = done.next;
        sleep(from.elapsed() * REST).await;
    }
    Ok(deleted)
}

/// A tenth longer or shorter, by chance: nodes that were started together do not stay in step.
fn about(length: Duration) -> Duration {
    let chance = f64::from(u16::from_be_bytes(chance::bytes())) / f64::from(u16::MAX);
    length.mul_f64(0.9 + 0.2 * chance)
}
