//! Is an access token good here and now? Signature, life, family, key: nothing of it from a cache but the signature.

use super::Flows;
use super::jwt::{Claims, Jti, Verified};
use crate::model::reason::Reason;
use crate::model::timestamp::Timestamp;
use crate::model::token_family::TokenFamily;
use crate::store::{Facts, Line, StoreError, Wanted};

/// A request at our own doors, with a good access token of a user.
pub struct Signed {
    /// What the token says.
    pub claims: std::sync::Arc<Claims>,
    /// Whose it is, as the database has it now.
    pub line: Line,
}

/// Why a request at our own doors is turned away (RFC 6750 §3.1).
#[derive(Debug)]
pub enum Denied {
    /// No token: it is told how to come back, and nothing more.
    NoCredentials,
    /// The token is no good.
    InvalidToken(Reason),
    /// The token does not cover this.
    InsufficientScope(&'static str),
    /// The database failed.
    Store(StoreError),
}

/// A token that is none of ours, or not for us.
const UNKNOWN: Denied = Denied::InvalidToken(Reason::UnknownToken);

impl From<StoreError> for Denied {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Flows {
    /// Lets a request with a user's access token in, if it covers `scope` (RFC 6750).
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn admit(&self, token: Option<&str>, scope: &'static str) -> Result<Signed, Denied> {
        let now = self.clock.now();
        let token = token.ok_or(Denied::NoCredentials)?;
        let read = self.read_access_token(token).ok_or(UNKNOWN)?;
        let verified = self.verify(token, read).await?.ok_or(UNKNOWN)?;
        let Some(Jti::Family(family, generation)) = verified.jti() else { return Err(UNKNOWN) };
        if !verified.claims.aud.iter().any(|aud| aud == self.config.issuer.as_str()) {
            return Err(UNKNOWN);
        }
        let wanted = Wanted { family: Some(&family), kid: Some(&verified.kid), ..Wanted::default() };
        let facts = self.store.read().find_facts(&wanted, now).await?;
        let line = self.living_line(&verified, facts, now).map_err(Denied::InvalidToken)?;
        self.confirm(&line.family, generation, now).await;
        if !verified.claims.scope.split(' ').any(|own| own == scope) {
            return Err(Denied::InsufficientScope(scope));
        }
        Ok(Signed { claims: verified.claims, line })
    }

    /// The line of a user's token, if both are alive.
    pub(super) fn living_line(&self, verified: &Verified, facts: Facts, now: Timestamp) -> Result<Line, Reason> {
        // A key that is gone takes its tokens with it.
        let line = facts.line.filter(|_| facts.key_is_good).ok_or(Reason::UnknownToken)?;
        if let Some(reason) = line.family.ended(now, self.config.tokens.refresh_idle_ttl) {
            return Err(reason);
        }
        if !verified.claims.hold_at(now) {
            return Err(Reason::Expired);
        }
        Ok(line)
    }

    /// Notes that the newest generation has arrived, once a rotation. A failure is logged and the answer given: what is lost is only
    /// that a later retry is taken for a lost answer.
    pub(super) async fn confirm(&self, family: &TokenFamily, generation: i64, now: Timestamp) {
        if family.generation != generation || family.confirmed_at.is_some() {
            return;
        }
        if let Err(error) = self.store.write().confirm_family(&family.id, generation, now).await {
            tracing::warn!(%error, "a generation could not be confirmed");
        }
    }
}
