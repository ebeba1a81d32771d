//! What time is it? The system's clock, or one that tests move.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::model::timestamp::Timestamp;

/// The one door to the wall clock. A flow reads it once.
#[derive(Clone, Debug)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// The system's clock.
    #[must_use]
    pub const fn system() -> Self {
        Self(None)
    }

    /// A clock that stands at these Unix seconds until it is moved; its clones move with it.
    #[must_use]
    pub fn manual(unix_seconds: i64) -> Self {
        Self(Some(Arc::new(AtomicI64::new(unix_seconds))))
    }

    /// Moves a manual clock to these Unix seconds; the system's stays as it is.
    pub fn set(&self, unix_seconds: i64) {
        if let Self(Some(seconds)) = self {
            seconds.store(unix_seconds, Ordering::SeqCst);
        }
    }

    /// Moves a manual clock by so many seconds; the system's stays as it is.
    pub fn advance(&self, seconds: i64) {
        if let Self(Some(now)) = self {
            now.fetch_add(seconds, Ordering::SeqCst);
        }
    }

    /// Now, in whole Unix seconds.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        let Self(Some(seconds)) = self else {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
            let elapsed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            return Timestamp(i64::try_from(elapsed.as_secs()).unwrap_or(i64::MAX));
        };
        Timestamp(seconds.load(Ordering::SeqCst))
    }
}
