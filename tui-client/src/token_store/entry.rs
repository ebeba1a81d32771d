//! What is kept of one account's tokens? One compact entry, small enough for the smallest keyring there is.

use serde::{Deserialize, Serialize};

use crate::jwt;
use crate::secret::Secret;

/// Windows takes 2,560 bytes; a little is left for what a store adds.
const BUDGET: usize = 2300;
/// A token is due this long before its end, unless its whole life is short.
const DUE_MILLIS: i64 = 60_000;

/// A clock that is set right by so much was right enough.
const CLOCK_MILLIS: i64 = 5000;

/// The tokens of one account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The refresh token.
    pub refresh_token: Secret,
    /// The access token; none when it had no room.
    pub access_token: Option<Secret>,
    /// When that ends, in Unix seconds of this machine's clock.
    pub expires_at: i64,
    /// What it covers.
    pub scope: String,
    /// The session that both belong to.
    pub session_id: String,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    v: u32,
    rt: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    at: Option<String>,
    exp: i64,
    sc: String,
    sid: String,
}

impl Entry {
    /// As it is written: without the access token when it would be too long, since another can be had.
    #[must_use]
    pub fn write(&self) -> Secret {
        let text = |at: Option<&Secret>| {
            let written = Written {
                v: 1,
                rt: self.refresh_token.expose().to_owned(),
                at: at.map(|at| at.expose().to_owned()),
                exp: self.expires_at,
                sc: self.scope.clone(),
                sid: self.session_id.clone(),
            };
            serde_json::to_string(&written).unwrap_or_default()
        };
        let whole = text(self.access_token.as_ref());
        Secret::new(if whole.len() > BUDGET { text(None) } else { whole })
    }

    /// Reads what [`Self::write`] wrote.
    #[must_use]
    pub fn read(text: &Secret) -> Option<Self> {
        let written: Written = serde_json::from_str(text.expose()).ok().filter(|written: &Written| written.v == 1)?;
        Some(Self {
            refresh_token: Secret::new(written.rt),
            access_token: written.at.map(Secret::new),
            expires_at: written.exp,
            scope: written.sc,
            session_id: written.sid,
        })
    }

    /// How many milliseconds the access token still has, by this machine's clock; none without one.
    #[must_use]
    pub fn left(&self, now_millis: i64) -> i64 {
        if self.access_token.is_none() {
            return 0;
        }
        let left = self.expires_at.saturating_mul(1000).saturating_sub(now_millis).max(0);
        // More than it was given: the clock was put back since, and nobody can say how much is left.
        let most = self.life().map_or(i64::MAX, |life| life.saturating_mul(1000).saturating_add(CLOCK_MILLIS));
        if left > most { 0 } else { left }
    }

    /// For how many seconds the access token was issued.
    #[must_use]
    pub fn life(&self) -> Option<i64> {
        jwt::life(self.access_token.as_ref()?.expose())
    }

    /// With how many milliseconds left it is due for all, whatever chance has added to or taken from that of others.
    #[must_use]
    pub fn due_for_all_at(&self) -> i64 {
        self.due_at() * 9 / 10
    }

    /// With how many milliseconds left it is due: the smaller of a minute and a fifth of its life.
    #[must_use]
    pub fn due_at(&self) -> i64 {
        self.life().map_or(DUE_MILLIS, |life| DUE_MILLIS.min(life.saturating_mul(200)))
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;

    fn entry(access_token: &str) -> Entry {
        Entry {
            refresh_token: Secret::new("grt_x".to_owned()),
            access_token: Some(Secret::new(access_token.to_owned())),
            expires_at: 100,
            scope: "openid".to_owned(),
            session_id: "ses_1".to_owned(),
        }
    }

    fn token(life: i64) -> String {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.", part("{}"), part(&format!(r#"{{"iat":0,"exp":{life}}}"#)))
    }

    #[test]
    fn an_entry_survives_being_written_and_drops_what_has_no_room() {
        assert_eq!(Entry::read(&entry("short").write()), Some(entry("short")));
        let long = Entry::read(&entry(&"x".repeat(2400)).write()).unwrap();
        assert_eq!((long.access_token.as_ref(), long.left(0)), (None, 0));
        assert_eq!(long.refresh_token, entry("").refresh_token);
        for corrupt in ["", "{}", "null", r#"{"v":2,"rt":"a","exp":1,"sc":"","sid":""}"#, "{\"v\":1"] {
            assert!(Entry::read(&Secret::new(corrupt.to_owned())).is_none(), "{corrupt}");
        }
        assert!(!format!("{:?}", entry("short")).contains("short"));
    }

    #[test]
    fn a_token_is_due_a_minute_before_its_end_or_a_fifth_of_its_life() {
        let due = [3600, 900, 300, 100, 2].map(|life| entry(&token(life)).due_at());
        assert_eq!(due, [60_000, 60_000, 60_000, 20_000, 400]);
        assert_eq!(entry("opaque").due_at(), 60_000);
        assert_eq!((entry("x").left(99_000), entry("x").left(100_001)), (1000, 0));
        // Its end is at 100: a token of ten seconds cannot have more, whatever the clock says.
        assert_eq!([89_000, 80_000, i64::MIN].map(|now| entry(&token(10)).left(now)), [11_000, 0, 0]);
    }
}
