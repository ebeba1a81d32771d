//! Where does chance come from? From the operating system, through one door.

use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::model::id::{Id, Kind};
use crate::model::timestamp::Timestamp;

/// Counts the ids of this process, so that those of one second sort by age.
static COUNT: AtomicU32 = AtomicU32::new(0);

/// So many random bytes.
///
/// Without them nothing here is secure: the process ends rather than go on.
pub(crate) fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    if rand::fill(&mut bytes).is_err() {
        tracing::error!("the operating system gives no random bytes");
        std::process::abort();
    }
    bytes
}

/// A new id.
pub(crate) fn id<K: Kind>(now: Timestamp) -> Id<K> {
    Id::new(now, COUNT.fetch_add(1, Ordering::Relaxed), bytes())
}

/// A new secret of 256 bits, with a prefix that secret scanners can know.
pub(crate) fn secret(prefix: &str) -> String {
    format!("{prefix}{}", URL_SAFE_NO_PAD.encode(bytes::<32>()))
}

/// A name for a request, to find it in the log by.
#[must_use]
pub fn request_id() -> String {
    URL_SAFE_NO_PAD.encode(bytes::<12>())
}
