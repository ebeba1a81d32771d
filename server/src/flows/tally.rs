//! How often did what happen? Counted since the start of this process, for an operator to watch and for tests.

use std::array;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::model::reason::Reason;
use crate::model::token_family::Judgement;

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU64);

/// The counters.
#[derive(Debug, Default)]
pub struct Tally {
    /// Sign-ins that were let through, by how they ended.
    pub sign_ins: SignIns,
    /// Refreshes that the table judged.
    pub refreshes: Refreshes<Counter>,
    /// Why refreshes were refused, the table's own refusals among them.
    pub refused_refreshes: Reasons,
    /// Tries that were told to wait.
    pub throttled: Throttled,
}

/// How sign-ins ended.
#[derive(Debug, Default)]
pub struct SignIns {
    /// With tokens.
    pub ok: Counter,
    /// Name and password do not fit together, whichever is wrong.
    pub wrong: Counter,
    /// The user is locked, whatever the password.
    pub locked: Counter,
    /// The hashing queue was full, or the user changed under it too often.
    pub overloaded: Counter,
}

/// How often each row of the refresh table was answered: the counters, or what they stood at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Refreshes<N> {
    /// The newest generation: the next was made.
    pub step: N,
    /// The one before, in time: the newest was handed out again.
    pub again: N,
    /// The one before, but the window was open for too long.
    pub wait: N,
    /// The one before, late: the answer had been lost.
    pub late: N,
    /// The database had gone back.
    pub behind: N,
    /// The family was ended.
    pub replay: N,
    /// The newest of a client whose tokens do not rotate.
    pub kept: N,
    /// Guards that another request was quicker at.
    pub guards_lost: N,
}

/// How often each reason was given, in the order of [`Reason::ALL`], which is that of the reasons themselves.
#[derive(Debug)]
pub struct Reasons([Counter; Reason::ALL.len()]);

/// The doors at which guessers are told to wait.
#[derive(Debug, Default)]
pub struct Throttled {
    /// A sign-in.
    pub sign_in: Counter,
    /// A client's secret.
    pub client_secret: Counter,
    /// The present password, where it is to be changed.
    pub password_change: Counter,
}

impl Counter {
    /// One more.
    pub(super) fn count(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    /// What it stands at.
    #[must_use]
    pub fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Refreshes<Counter> {
    /// The counter of a row.
    pub(super) const fn row(&self, judgement: Judgement) -> &Counter {
        match judgement {
            Judgement::Step => &self.step,
            Judgement::Again => &self.again,
            Judgement::Wait { .. } => &self.wait,
            Judgement::Late => &self.late,
            Judgement::Behind => &self.behind,
            Judgement::Replay => &self.replay,
            Judgement::Kept => &self.kept,
        }
    }

    /// What the counters stand at.
    #[must_use]
    pub fn counts(&self) -> Refreshes<u64> {
        Refreshes {
            step: self.step.get(),
            again: self.again.get(),
            wait: self.wait.get(),
            late: self.late.get(),
            behind: self.behind.get(),
            replay: self.replay.get(),
            kept: self.kept.get(),
            guards_lost: self.guards_lost.get(),
        }
    }
}

impl Default for Reasons {
    fn default() -> Self {
        Self(array::from_fn(|_| Counter::default()))
    }
}

impl Reasons {
    /// One more for this reason.
    pub(super) fn count(&self, reason: Reason) {
        if let Some(counter) = self.0.get(reason as usize) {
            counter.count();
        }
    }

    /// The reasons that were given, and how often.
    pub fn given(&self) -> impl Iterator<Item = (Reason, u64)> {
        let counts = self.0.iter().map(Counter::get);
        Reason::ALL.iter().copied().zip(counts).filter(|(_, count)| *count > 0)
    }
}
