//! How often was each row of the refresh table answered? Counted since the start of this process.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::token_family::Judgement;

/// The counters.
#[derive(Debug, Default)]
pub struct Tally {
    rows: [AtomicU64; 7],
    guards_lost: AtomicU64,
}

/// What they stand at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TallyCounts {
    /// The newest generation: the next was made.
    pub step: u64,
    /// The one before, in time: the newest was handed out again.
    pub again: u64,
    /// The one before, but the window was open for too long.
    pub wait: u64,
    /// The one before, late: the answer had been lost.
    pub late: u64,
    /// The database had gone back.
    pub behind: u64,
    /// The family was ended.
    pub replay: u64,
    /// The newest of a client whose tokens do not rotate.
    pub kept: u64,
    /// Guards that another request was quicker at.
    pub guards_lost: u64,
}

impl Tally {
    pub(super) fn count(&self, judgement: Judgement) {
        let row = match judgement {
            Judgement::Step => 0,
            Judgement::Again => 1,
            Judgement::Wait { .. } => 2,
            Judgement::Late => 3,
            Judgement::Behind => 4,
            Judgement::Replay => 5,
            Judgement::Kept => 6,
        };
        if let Some(counter) = self.rows.get(row) {
            counter.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn count_lost_guard(&self) {
        self.guards_lost.fetch_add(1, Ordering::Relaxed);
    }

    /// What the counters stand at.
    #[must_use]
    pub fn counts(&self) -> TallyCounts {
        let [step, again, wait, late, behind, replay, kept] =
            self.rows.each_ref().map(|counter| counter.load(Ordering::Relaxed));
        TallyCounts {
            step,
            again,
            wait,
            late,
            behind,
            replay,
            kept,
            guards_lost: self.guards_lost.load(Ordering::Relaxed),
        }
    }
}
