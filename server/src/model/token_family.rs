//! What does a refresh token of generation g mean to a family in generation n? The confirmed handover, pure.
//!
//! Each row of the table is one variant of [`Judgement`]; the same condition stands in the guard of its statement, so that
//! what was judged on a row that has changed since does not happen.

use super::id::{FamilyId, SessionId, UserId};
use super::reason::Reason;
use super::scope::Scopes;
use super::secret::Secret;
use super::timestamp::Timestamp;

/// How many race windows after a rotation the same answer may still be asked for.
pub const WINDOWS_OPEN: i64 = 4;

/// How long an ended family tells why it ended, in seconds.
pub const ENDINGS_TOLD: i64 = 30 * 24 * 60 * 60;
/// The issuer among the resources of a family, which outlives another address of the server. No resource is called so: they are absolute.
pub const ITSELF: &str = "self";

/// The line of refresh tokens that one client holds in a session.
#[derive(Clone, Debug)]
pub struct TokenFamily {
    /// Part of each of its tokens.
    pub id: FamilyId,
    /// The sign-in that it belongs to.
    pub session_id: SessionId,
    /// Whose tokens they are.
    pub user_id: UserId,
    /// Which client holds them.
    pub client_id: String,
    /// What the user granted; an access token may have less.
    pub scopes: Scopes,
    /// Which resources the user granted; an access token may have fewer. The issuer stands there as [`ITSELF`].
    pub audience: Vec<String>,
    /// Which secret key its tokens are made with, for life.
    pub secret_key_id: String,
    /// 32 random bytes that only this family has.
    pub seed: Secret<Vec<u8>>,
    /// The newest generation; the first is 1.
    pub generation: i64,
    /// The one that was redeemed for it; 0 at first.
    pub previous_generation: i64,
    /// When the newest generation was made.
    pub rotated_at: Timestamp,
    /// When it was last handed out.
    pub answered_at: Timestamp,
    /// When it was known to have arrived.
    pub confirmed_at: Option<Timestamp>,
    /// When the family was made.
    pub created_at: Timestamp,
    /// The end of its absolute life.
    pub expires_at: Timestamp,
    /// When it was ended by decision.
    pub revoked_at: Option<Timestamp>,
    /// Why.
    pub revoked_reason: Option<Reason>,
}

/// What is to be done with a presented generation: a row of the table each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Judgement {
    /// The newest: make the next.
    Step,
    /// The one before, in time: hand the newest out again.
    Again,
    /// The one before, in time, but for too long: it may come back in so many seconds.
    Wait {
        /// Seconds until the window has closed.
        retry_after: i64,
    },
    /// The one before, late, and the newest never arrived: abandon the newest.
    Late,
    /// One that this database has not made yet: it went back.
    Behind,
    /// Anything else.
    Replay,
    /// The newest of a client whose tokens do not rotate: the same again.
    Kept,
}

/// The resources of a sign-in as a family keeps them.
#[must_use]
pub fn kept_audience(audience: &[String], issuer: &str) -> Vec<String> {
    audience.iter().map(|aud| if aud == issuer { ITSELF.to_owned() } else { aud.clone() }).collect()
}

impl TokenFamily {
    /// Which resources the user granted, by their names of today.
    pub fn audience<'a>(&'a self, issuer: &'a str) -> impl Iterator<Item = &'a str> {
        self.audience.iter().map(move |aud| if aud == ITSELF { issuer } else { aud })
    }

    /// Judges generation `g`, presented at `now` with a right MAC by its own client; `window` in seconds.
    #[must_use]
    pub fn judge(&self, g: i64, rotation: bool, now: Timestamp, window: i64) -> Judgement {
        if g == self.generation {
            return if rotation { Judgement::Step } else { Judgement::Kept };
        }
        if g > self.generation {
            return Judgement::Behind;
        }
        if g != self.previous_generation {
            return Judgement::Replay;
        }
        let since_answer = now.since(self.answered_at);
        if since_answer <= window {
            if now.since(self.rotated_at) <= WINDOWS_OPEN.saturating_mul(window) {
                return Judgement::Again;
            }
            return Judgement::Wait { retry_after: window - since_answer + 1 };
        }
        if self.confirmed_at.is_none() { Judgement::Late } else { Judgement::Replay }
    }

    /// Why nothing of this family is good any more at `now`, if so; `idle_ttl` in seconds.
    #[must_use]
    pub fn ended(&self, now: Timestamp, idle_ttl: i64) -> Option<Reason> {
        if self.revoked_at.is_some() {
            return Some(self.revoked_reason.unwrap_or(Reason::SessionEnded));
        }
        // Whichever came first ended it: a family keeps its first reason.
        let idle_at = self.answered_at.plus(idle_ttl);
        if now < self.expires_at.min(idle_at) {
            None
        } else if self.expires_at <= idle_at {
            Some(Reason::Expired)
        } else {
            Some(Reason::Idle)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WINDOW: i64 = 45;

    /// A family in generation 5 after 4, rotated at 1,000, last handed out at 1,100.
    fn family(confirmed: bool) -> TokenFamily {
        TokenFamily {
            id: FamilyId::from_bits(1),
            session_id: SessionId::from_bits(2),
            user_id: UserId::from_bits(3),
            client_id: "web".to_owned(),
            scopes: Scopes::default(),
            audience: Vec::new(),
            secret_key_id: String::new(),
            seed: Secret::new(Vec::new()),
            generation: 5,
            previous_generation: 4,
            rotated_at: Timestamp(1000),
            answered_at: Timestamp(1100),
            confirmed_at: confirmed.then_some(Timestamp(1100)),
            created_at: Timestamp(0),
            expires_at: Timestamp(100_000),
            revoked_at: None,
            revoked_reason: None,
        }
    }

    fn judged(g: i64, confirmed: bool, now: i64) -> Judgement {
        family(confirmed).judge(g, true, Timestamp(now), WINDOW)
    }

    #[test]
    fn each_row_of_the_table() {
        assert_eq!(judged(5, false, 1200), Judgement::Step);
        assert_eq!(judged(4, true, 1145), Judgement::Again);
        assert_eq!(judged(4, true, 1180), Judgement::Replay);
        assert_eq!(judged(4, false, 1146), Judgement::Late);
        assert_eq!(judged(4, true, 1146), Judgement::Replay);
        assert_eq!(judged(6, true, 1100), Judgement::Behind);
        assert_eq!(judged(3, false, 1100), Judgement::Replay);
    }

    #[test]
    fn beyond_four_windows_it_waits() {
        let mut family = family(false);
        family.answered_at = Timestamp(1180);
        assert_eq!(family.judge(4, true, Timestamp(1180), WINDOW), Judgement::Again);
        assert_eq!(family.judge(4, true, Timestamp(1181), WINDOW), Judgement::Wait { retry_after: 45 });
        assert_eq!(family.judge(4, true, Timestamp(1225), WINDOW), Judgement::Wait { retry_after: 1 });
        assert_eq!(family.judge(4, true, Timestamp(1226), WINDOW), Judgement::Late);
    }

    #[test]
    fn a_clock_that_jumps_back_is_no_time_passed() {
        assert_eq!(judged(4, true, 0), Judgement::Again);
    }

    #[test]
    fn without_rotation_the_newest_is_kept() {
        assert_eq!(family(true).judge(5, false, Timestamp(1200), WINDOW), Judgement::Kept);
    }

    #[test]
    fn a_family_keeps_its_first_reason() {
        let mut family = family(true);
        assert_eq!(family.ended(Timestamp(1100), 600), None);
        assert_eq!(family.ended(Timestamp(1700), 600), Some(Reason::Idle));
        assert_eq!(family.ended(Timestamp(100_000), 600), Some(Reason::Idle));
        assert_eq!(family.ended(Timestamp(100_000), 100_000), Some(Reason::Expired));
        family.revoked_at = Some(Timestamp(1));
        family.revoked_reason = Some(Reason::SignedOut);
        assert_eq!(family.ended(Timestamp(100_000), 600), Some(Reason::SignedOut));
    }
}
