//! In whose name is something changed, and is that one still who it was when the request came in?

use std::sync::Arc;

use super::{Denied, Origin, Signed};
use crate::model::event::Event;
use crate::model::id::{FamilyId, SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::timestamp::Timestamp;
use crate::model::user::User;
use crate::store::Tx;

/// In whose name something is changed.
#[derive(Clone, Debug)]
pub enum By {
    /// A user's own.
    Oneself(Actor),
    /// An administrator's, at the API.
    Administrator(Actor),
    /// That of whoever runs commands on the data.
    CommandLine,
    /// The server's own: what it puts into a new database.
    Server,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Actor {
    pub(super) user: UserId,
    pub(super) family: FamilyId,
    pub(super) session: SessionId,
    client: String,
    ip: String,
    /// What the token was signed with, and when it was let in.
    kid: Arc<str>,
    admitted_at: Timestamp,
}

impl Signed {
    /// The user, about oneself.
    #[must_use]
    pub fn oneself(&self, origin: &Origin) -> By {
        By::Oneself(self.actor(origin))
    }

    /// The user, who was let in as an administrator.
    #[must_use]
    pub fn administrator(&self, origin: &Origin) -> By {
        By::Administrator(self.actor(origin))
    }

    fn actor(&self, origin: &Origin) -> Actor {
        Actor {
            user: self.user.id.clone(),
            family: self.family.id.clone(),
            session: self.family.session_id.clone(),
            client: self.family.client_id.clone(),
            ip: origin.ip.to_string(),
            kid: Arc::clone(&self.kid),
            admitted_at: self.admitted_at,
        }
    }
}

impl By {
    pub(super) fn actor(&self) -> Option<&Actor> {
        match self {
            Self::Oneself(actor) | Self::Administrator(actor) => Some(actor),
            Self::CommandLine | Self::Server => None,
        }
    }

    /// Writes into an event who did it, and `what` exactly. Where users were stands in their own events and goes with them; where an
    /// administrator is stands nowhere.
    pub(super) fn sign(&self, event: &mut Event, what: Option<&str>) {
        let who = match self {
            Self::Oneself(actor) => {
                event.ip = Some(actor.ip.clone());
                event.client_id.get_or_insert_with(|| actor.client.clone());
                event.session_id.get_or_insert_with(|| actor.session.clone());
                None
            }
            Self::Administrator(actor) => Some(format!("by {}", actor.user)),
            Self::CommandLine => Some("by the command line".to_owned()),
            Self::Server => Some("by the server".to_owned()),
        };
        let parts: Vec<_> = what.into_iter().chain(who.as_deref()).collect();
        event.detail = (!parts.is_empty()).then(|| parts.join(", "));
    }
}

/// Holds the rows of `users`, of who acts, and of all administrators if `administrators`, and makes sure that who acts may still do so:
/// whoever was signed out, locked or stripped of the role since the request came in does nothing any more, nor does a token whose key
/// was found to have leaked.
pub(super) async fn hold(tx: &Tx, by: &By, users: &[&UserId], administrators: bool) -> Result<Vec<User>, Denied> {
    let actor = by.actor();
    let wanted: Vec<_> = users.iter().copied().chain(actor.map(|actor| &actor.user)).collect();
    if wanted.is_empty() && !administrators {
        return Ok(Vec::new());
    }
    let rows = tx.lock_user_rows(&wanted, administrators).await?;
    if let Some(actor) = actor {
        let ended = |reason| Err(Denied::InvalidToken(reason));
        match rows.iter().find(|row| row.id == actor.user) {
            None => return ended(Reason::UserDeleted),
            Some(row) if row.locked_at.is_some() => return ended(Reason::UserLocked),
            Some(row) if matches!(by, By::Administrator(_)) && !row.is_administrator() => {
                return Err(Denied::RoleMissing);
            }
            Some(_) => {}
        }
        // Who was ended meanwhile learns why, as at the next request.
        match tx.find_family(&actor.family).await? {
            None => return ended(Reason::UnknownToken),
            Some(family) if family.revoked_at.is_some() => {
                return ended(family.revoked_reason.unwrap_or(Reason::SessionEnded));
            }
            Some(_) => {}
        }
        if !tx.hold_signing_key(&actor.kid, actor.admitted_at).await? {
            return ended(Reason::UnknownToken);
        }
    }
    Ok(rows)
}
