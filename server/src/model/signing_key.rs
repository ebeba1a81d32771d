//! What are tokens signed with?

use super::timestamp::Timestamp;

/// How long others may keep the published keys, in seconds.
pub const JWKS_MAX_AGE: i64 = 300;
/// How far the clocks of two nodes, and what each of them has prepared, may be apart, in seconds.
pub const CLOCKS_APART: i64 = 60;

/// A signature algorithm (RFC 7518 §3.1, RFC 8037 §3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SigningAlg {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS #1 v1.5 with SHA-256, 2048 bits.
    Rs256,
}

impl SigningAlg {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Es256, Self::EdDsa, Self::Rs256];

    /// The name that JOSE headers carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
        }
    }

    /// The algorithm of this name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|alg| alg.as_str() == name)
    }
}

/// A signing key as it is kept: sealed with a secret key of the key file.
#[derive(Clone, Debug)]
pub struct SealedKey {
    /// The `kid` of JOSE headers and JWKS.
    pub kid: String,
    /// What it signs with.
    pub alg: SigningAlg,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// Which secret key it is sealed with.
    pub secret_key_id: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub active_at: Timestamp,
    /// From when on it signs no more.
    pub retired_at: Option<Timestamp>,
    /// From when on nothing that it signed is good any more.
    pub gone_at: Option<Timestamp>,
    /// The how manieth of its algorithm it is.
    pub ordinal: i64,
}

/// What it takes to open a key.
#[derive(Clone, Debug)]
pub struct Seal {
    /// The `kid`, which the seal is bound to.
    pub kid: String,
    /// The private key, sealed.
    pub sealed: Vec<u8>,
    /// Which secret key it is sealed with.
    pub secret_key_id: String,
}

/// What a key is good for at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Others can learn it, and it signs nothing yet.
    Announced,
    /// It signs.
    Active,
    /// It signs no more; what it signed is good.
    Retired,
    /// What it signed is no good any more.
    Gone,
}

impl KeyState {
    /// Each state once, in the order of a key's life.
    pub const ALL: [Self; 4] = [Self::Announced, Self::Active, Self::Retired, Self::Gone];

    /// The name that answers carry.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Active => "active",
            Self::Retired => "retired",
            Self::Gone => "gone",
        }
    }
}

impl SealedKey {
    /// What it takes to open it.
    #[must_use]
    pub fn seal(&self) -> Seal {
        Seal { kid: self.kid.clone(), sealed: self.sealed.clone(), secret_key_id: self.secret_key_id.clone() }
    }

    /// What it is good for at `now`.
    #[must_use]
    pub fn state(&self, now: Timestamp) -> KeyState {
        let reached = |at: Option<Timestamp>| at.is_some_and(|at| at <= now);
        if reached(self.gone_at) {
            KeyState::Gone
        } else if reached(self.retired_at) {
            KeyState::Retired
        } else if self.active_at <= now {
            KeyState::Active
        } else {
            KeyState::Announced
        }
    }

    /// A successor follows, which signs from `active_at` on; the longest token that this one signs lives for `longest` seconds.
    /// False if it was over by then anyway.
    pub fn retire(&mut self, active_at: Timestamp, longest: i64) -> bool {
        let over = self.retired_at.is_some_and(|at| at <= active_at);
        if !over {
            self.retired_at = Some(active_at);
            self.gone_at = Some(active_at.plus(longest + CLOCKS_APART));
        }
        !over
    }

    /// Nothing that it ever signed is good any more, by no clock: not by that of a node that is behind, and not by one that goes back.
    pub fn end(&mut self, now: Timestamp) {
        self.retired_at = Some(self.retired_at.map_or(now, |at| at.min(now)));
        self.gone_at = Some(Timestamp(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(active_at: i64) -> SealedKey {
        SealedKey {
            kid: String::new(),
            alg: SigningAlg::Es256,
            sealed: Vec::new(),
            secret_key_id: String::new(),
            created_at: Timestamp(0),
            active_at: Timestamp(active_at),
            retired_at: None,
            gone_at: None,
            ordinal: 1,
        }
    }

    #[test]
    fn a_key_is_announced_active_retired_and_gone() {
        let mut key = key(100);
        assert!(key.retire(Timestamp(200), 300));
        let states = [99, 100, 199, 200, 559, 560].map(|now| key.state(Timestamp(now)));
        let wanted = [
            KeyState::Announced,
            KeyState::Active,
            KeyState::Active,
            KeyState::Retired,
            KeyState::Retired,
            KeyState::Gone,
        ];
        assert_eq!(states, wanted);
    }

    #[test]
    fn a_key_that_retires_sooner_keeps_its_end() {
        let mut key = key(0);
        assert!(key.retire(Timestamp(200), 300));
        assert!(!key.retire(Timestamp(400), 300));
        assert_eq!(key.retired_at, Some(Timestamp(200)));
    }

    #[test]
    fn a_leaked_key_is_gone_at_once_even_before_it_signed_and_by_every_clock() {
        let mut key = key(100);
        key.end(Timestamp(50));
        assert_eq!([0, 50, 100].map(|now| key.state(Timestamp(now))), [KeyState::Gone; 3]);
        assert_eq!(key.retired_at, Some(Timestamp(50)));
    }
}
