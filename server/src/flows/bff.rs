//! What does a browser's cookie stand for, and how is it given back? Its value is a refresh token of the client that our own pages are.

use std::sync::Arc;

use super::refusal::{Failure, Refusal};
use super::token::RefreshToken;
use super::{Flows, Origin};
use crate::model::client::WEB;
use crate::model::reason::Reason;
use crate::model::session::LivingSession;
use crate::model::user::User;
use crate::store::Wanted;

/// How often a session that ends while it is read is looked at again.
const TRIES: usize = 2;

/// Who signed in, and where.
#[derive(Debug)]
pub struct SignedIn {
    /// The user, as the database has it now.
    pub user: User,
    /// The sign-in.
    pub session: LivingSession,
}

impl Flows {
    /// Who holds this refresh token. Any generation of a living family will do; nothing is rotated, confirmed or ended.
    ///
    /// # Errors
    /// `invalid_grant` with its reason.
    pub async fn signed_in_with(&self, token: &str) -> Result<SignedIn, Failure> {
        let now = self.clock.now();
        let token = RefreshToken::parse(token).ok_or(Refusal::invalid_grant(Reason::UnknownToken))?;
        for _ in 0..TRIES {
            let wanted = Wanted { family: Some(&token.family), ..Wanted::default() };
            let line = self.store.read().find_facts(&wanted, now).await?.line;
            let (family, _, user) = self.check_line(&token, line, WEB, now).await?;
            // One that has just ended is looked at once more: its family then says why.
            if let Some(session) = self.living_session(&family.session_id, now).await? {
                return Ok(SignedIn { user, session });
            }
        }
        Err(Refusal::overloaded().into())
    }

    /// Ends the family of this refresh token, as its client may; one that is unknown or has ended is well signed out already.
    ///
    /// Nobody asks what the client is registered for: a person can always sign out.
    ///
    /// # Errors
    /// `invalid_grant` for another client's.
    pub async fn sign_out_with(self: &Arc<Self>, token: &str, origin: &Origin) -> Result<(), Failure> {
        let now = self.clock.now();
        let Some(token) = RefreshToken::parse(token) else { return Ok(()) };
        let wanted = Wanted { family: Some(&token.family), ..Wanted::default() };
        let line = self.store.read().find_facts(&wanted, now).await?.line;
        self.revoke_refresh(&token, line, WEB, origin, now).await
    }
}
