//! Who has guessed too often? One way to ask and to count, shared by every door.

use std::net::IpAddr;

use super::Flows;
use crate::model::throttle::{ACCOUNT_AND_ADDRESS, ACCOUNT_OR_ADDRESS, Bound, Counted, Gate};
use crate::model::timestamp::Timestamp;
use crate::store::{Stored, Write};

/// The throttles of one sign-in.
pub(crate) struct SignInThrottle {
    keys: [String; 3],
    /// What was counted before the one try that is let through was reserved for this sign-in.
    reserved: Option<Counted>,
    /// Whether there is a count that a good sign-in clears.
    counted: bool,
}

/// The bound of each of a sign-in's keys.
const BOUNDS: [Bound; 3] = [ACCOUNT_AND_ADDRESS, ACCOUNT_OR_ADDRESS, ACCOUNT_OR_ADDRESS];

impl Flows {
    /// Lets a sign-in to `account` from `ip` through, or says for how many seconds to wait.
    pub(crate) async fn pass_throttle(
        &self,
        account: &str,
        ip: IpAddr,
        now: Timestamp,
    ) -> Stored<Result<SignInThrottle, i64>> {
        let address = address(ip);
        let keys = [&["account and address", account, &address][..], &["account", account], &["address", &address]]
            .map(|parts| self.throttle_key(parts));
        let counted = self.store.read().list_counted(&keys).await?;
        let counted: Vec<_> = counted.into_iter().map(|counted| counted.unwrap_or(NOTHING)).collect();
        let mut throttle =
            SignInThrottle { reserved: None, counted: counted.first().is_some_and(|first| *first != NOTHING), keys };
        // The wider bounds first: a try that they refuse must not use up the one that the narrow one lets through.
        for ((key, bound), counted) in throttle.keys.iter().zip(BOUNDS).zip(counted).rev() {
            match bound.gate(counted, now) {
                Gate::Open => {}
                Gate::Shut { retry_after } => return Ok(Err(retry_after)),
                Gate::OneAtATime => {
                    if !self.store.write().consume_try(key, bound, counted, now).await? {
                        return Ok(Err(bound.wait_after(counted.failures + 1).max(1)));
                    }
                    throttle.reserved = Some(counted);
                }
            }
        }
        Ok(Ok(throttle))
    }

    /// The key under which failures of `parts` are counted.
    pub(crate) fn throttle_key(&self, parts: &[&str]) -> String {
        self.secret_keys.newest().map(|key| key.throttle_key(parts)).unwrap_or_default()
    }
}

impl SignInThrottle {
    /// Counts a wrong password.
    pub(crate) async fn failed(&self, write: &Write, now: Timestamp) -> Stored<()> {
        for (place, (key, bound)) in self.keys.iter().zip(BOUNDS).enumerate() {
            // The reserved try was counted when it was reserved.
            if place > 0 || self.reserved.is_none() {
                write.count_failure(key, bound, now).await?;
            }
        }
        Ok(())
    }

    /// Gives the reserved try back: nobody came to compare the password.
    pub(crate) async fn not_tried(&self, write: &Write) -> Stored<()> {
        match (self.keys.first(), self.reserved) {
            (Some(key), Some(seen)) => write.return_try(key, seen).await,
            _ => Ok(()),
        }
    }

    /// Forgets the failures in a row after a right password.
    pub(crate) async fn succeeded(&self, write: &Write) -> Stored<()> {
        match self.keys.first() {
            Some(key) if self.counted => write.clear_failures(key).await,
            _ => Ok(()),
        }
    }
}

const NOTHING: Counted = Counted { failures: 0, since: Timestamp(0), retry_at: Timestamp(0) };

/// An address as it is counted: IPv6 by the /64 that one customer has.
pub(crate) fn address(ip: IpAddr) -> String {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.to_string(),
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
