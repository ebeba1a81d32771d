//! How often may somebody guess? Counted failures, and when the next try is let through.

use super::timestamp::Timestamp;

/// The longest that a throttled guesser waits, in seconds.
const LONGEST_WAIT: i64 = 15 * 60;

/// How long failures are remembered that have made nobody wait, in seconds after the last of them; every window is over by then.
///
/// A slow guesser gains nothing by it. Four wrong passwords an hour, always forgotten in time, are as many as the longest wait lets through;
/// and of a client's secret, which nobody guesses, nineteen are nothing.
pub const FAILURES_KEPT: i64 = 60 * 60;
/// How long somebody is remembered who was made to wait, in seconds after the wait: to begin anew each day would give a dozen quick tries
/// and then a day of none, where going on waiting gives four an hour.
pub const WAITS_KEPT: i64 = 24 * 60 * 60;

/// A bound on failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// So many failures in a row are free; then one try at a time, after a wait that doubles from a second to 15 minutes.
    InARow {
        /// The free failures.
        free: i64,
    },
    /// So many failures within `seconds` are let through, then none until they are over.
    Within {
        /// The failures let through.
        failures: i64,
        /// The length of the window.
        seconds: i64,
    },
}

/// Wrong passwords of one account from one address.
pub const ACCOUNT_AND_ADDRESS: Bound = Bound::InARow { free: 5 };
/// Wrong passwords of one account, or from one address.
pub const ACCOUNT_OR_ADDRESS: Bound = Bound::Within { failures: 200, seconds: 60 };
/// Wrong secrets of one client from one address.
pub const CLIENT_AND_ADDRESS: Bound = Bound::InARow { free: 20 };

/// What has been counted under one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Failures in a row, or in the present window.
    pub failures: i64,
    /// When the first of them was.
    pub since: Timestamp,
    /// No try before this.
    pub retry_at: Timestamp,
}

/// What the next try has to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Go ahead, beside any others.
    Open,
    /// Reserve the one try that is let through, then go ahead.
    OneAtATime,
    /// Wait so many seconds.
    Shut {
        /// Seconds, at least one.
        retry_after: i64,
    },
}

impl Bound {
    /// What a try at `now` has to do, after what was counted.
    #[must_use]
    pub fn gate(self, counted: Counted, now: Timestamp) -> Gate {
        match self {
            Self::InARow { free } if counted.failures < free => Gate::Open,
            // A wait longer than any was counted by a clock that has gone back since.
            Self::InARow { .. } if now >= counted.retry_at || counted.retry_at > now.plus(LONGEST_WAIT) => {
                Gate::OneAtATime
            }
            Self::InARow { .. } => Gate::Shut { retry_after: (counted.retry_at.0 - now.0).clamp(1, LONGEST_WAIT) },
            Self::Within { failures, seconds } => {
                let elapsed = now.since(counted.since);
                if counted.failures < failures || elapsed >= seconds || counted.since > now {
                    Gate::Open
                } else {
                    Gate::Shut { retry_after: seconds - elapsed }
                }
            }
        }
    }

    /// Seconds to wait after so many failures.
    #[must_use]
    pub fn wait_after(self, failures: i64) -> i64 {
        match self {
            Self::InARow { free } if failures < free => 0,
            Self::InARow { free } => 1_i64
                .checked_shl(u32::try_from(failures - free).unwrap_or(u32::MAX))
                .filter(|wait| (1..LONGEST_WAIT).contains(wait))
                .unwrap_or(LONGEST_WAIT),
            Self::Within { .. } => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(failures: i64, retry_at: i64) -> Counted {
        Counted { failures, since: Timestamp(0), retry_at: Timestamp(retry_at) }
    }

    #[test]
    fn five_failures_are_free_then_the_wait_doubles() {
        assert_eq!(
            [4, 5, 6, 7, 14, 15, 99, 1_000_000].map(|n| ACCOUNT_AND_ADDRESS.wait_after(n)),
            [0, 1, 2, 4, 512, 900, 900, 900]
        );
        assert_eq!(ACCOUNT_AND_ADDRESS.gate(counted(4, 99), Timestamp(1)), Gate::Open);
        assert_eq!(ACCOUNT_AND_ADDRESS.gate(counted(5, 9), Timestamp(9)), Gate::OneAtATime);
        assert_eq!(ACCOUNT_AND_ADDRESS.gate(counted(5, 9), Timestamp(7)), Gate::Shut { retry_after: 2 });
    }

    #[test]
    fn a_clock_that_jumps_back_shuts_nobody_out_for_long() {
        assert_eq!(ACCOUNT_AND_ADDRESS.gate(counted(5, 1_000_000), Timestamp(7)), Gate::OneAtATime);
        let ahead = Counted { failures: 200, since: Timestamp(1_000_000), retry_at: Timestamp(0) };
        assert_eq!(ACCOUNT_OR_ADDRESS.gate(ahead, Timestamp(7)), Gate::Open);
    }

    #[test]
    fn many_failures_in_a_minute_shut_the_rest_of_it_out() {
        assert_eq!(ACCOUNT_OR_ADDRESS.gate(counted(199, 0), Timestamp(30)), Gate::Open);
        assert_eq!(ACCOUNT_OR_ADDRESS.gate(counted(200, 0), Timestamp(30)), Gate::Shut { retry_after: 30 });
        assert_eq!(ACCOUNT_OR_ADDRESS.gate(counted(200, 0), Timestamp(60)), Gate::Open);
    }
}
