//! Is an access token good here and now? Signature, life, family, key: nothing of it from a cache but the signature.

use std::sync::Arc;

use super::Flows;
use super::jwt::{Claims, Jti, Verified};
use crate::model::reason::Reason;
use crate::model::scope;
use crate::model::timestamp::Timestamp;
use crate::model::token_family::TokenFamily;
use crate::model::user::User;
use crate::store::{Facts, StoreError, Wanted};

/// How old a sign-in may be for what cannot be taken back, in seconds.
pub const RECENT: i64 = 600;

/// A request at our own doors, with a good access token of a user.
pub struct Signed {
    /// What the token says.
    pub claims: Arc<Claims>,
    /// Whose it is, as the database has it now.
    pub user: User,
    /// Which family it belongs to.
    pub family: TokenFamily,
    /// When the user signed in.
    pub auth_time: Timestamp,
    /// What the token is signed with.
    pub(super) kid: Arc<str>,
    /// When the request was let in.
    pub(super) admitted_at: Timestamp,
}

/// A line that is alive.
pub(super) struct Living {
    pub(super) user: User,
    pub(super) family: TokenFamily,
    pub(super) auth_time: Timestamp,
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
    /// The user does not have the role that this needs.
    RoleMissing,
    /// The user signed in too long ago for this (RFC 9470 §3).
    RecentSignInNeeded,
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

impl Signed {
    /// Whether the user signed in lately enough for what cannot be taken back.
    pub(super) fn check_recent(&self, now: Timestamp) -> Result<(), Denied> {
        if now.since(self.auth_time) <= RECENT { Ok(()) } else { Err(Denied::RecentSignInNeeded) }
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
        let Some(Jti::Family(family, generation)) = verified.jti() else {
            return Err(Denied::InvalidToken(Reason::UserNeeded));
        };
        if !verified.claims.aud.iter().any(|aud| aud == self.config.issuer.as_str()) {
            return Err(UNKNOWN);
        }
        let wanted = Wanted { family: Some(&family), kid: Some(&verified.kid), ..Wanted::default() };
        let facts = self.store.read().find_facts(&wanted, now).await?;
        let Living { user, family, auth_time } =
            self.living_line(&verified, facts, now).map_err(Denied::InvalidToken)?;
        self.confirm(&family, generation, now).await;
        if !verified.claims.scope.split(' ').any(|own| own == scope) {
            // Who lacks the role would ask for the scope in vain.
            let in_vain = scope == scope::ADMIN && !user.is_administrator();
            return Err(if in_vain { Denied::RoleMissing } else { Denied::InsufficientScope(scope) });
        }
        Ok(Signed { claims: verified.claims, user, family, auth_time, kid: verified.kid, admitted_at: now })
    }

    /// Lets a request with an administrator's access token in: the token needs the scope, and the user the role, now.
    ///
    /// # Errors
    /// [`Denied`].
    pub async fn admit_administrator(&self, token: Option<&str>) -> Result<Signed, Denied> {
        let signed = self.admit(token, scope::ADMIN).await?;
        if signed.user.is_administrator() { Ok(signed) } else { Err(Denied::RoleMissing) }
    }

    /// The line of a user's token, if both are alive.
    pub(super) fn living_line(&self, verified: &Verified, facts: Facts, now: Timestamp) -> Result<Living, Reason> {
        // A key that is gone takes its tokens with it.
        let line = facts.line.filter(|_| facts.key_is_good).ok_or(Reason::UnknownToken)?;
        if let Some(reason) = line.family.ended(now, self.config.tokens.refresh_idle_ttl) {
            return Err(reason);
        }
        if !verified.claims.hold_at(now) {
            return Err(Reason::Expired);
        }
        // Who is deleted or locked has no living family, but for one that came back at the edge of its idle life.
        let user = line.user.ok_or(Reason::UserDeleted)?;
        if user.locked_at.is_some() {
            return Err(Reason::UserLocked);
        }
        Ok(Living { user, family: line.family, auth_time: line.auth_time })
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
