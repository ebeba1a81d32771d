//! What is one sign-in of a user, on one device?

use super::id::{SessionId, UserId};
use super::timestamp::Timestamp;

/// One sign-in. It ends with its last living family.
#[derive(Clone, Debug)]
pub struct Session {
    /// The `sid` of its tokens.
    pub id: SessionId,
    /// Who signed in.
    pub user_id: UserId,
    /// Through which client.
    pub client_id: String,
    /// What the client called itself.
    pub user_agent: Option<String>,
    /// From where.
    pub ip: Option<String>,
    /// When: the `auth_time` of its tokens.
    pub created_at: Timestamp,
}

/// A living session as its user sees it.
#[derive(Clone, Debug)]
pub struct LivingSession {
    /// The sign-in itself.
    pub session: Session,
    /// What people call the client; `None` if it has no name.
    pub client_name: Option<String>,
    /// When its youngest family last handed out tokens.
    pub last_used_at: Timestamp,
    /// When it ends if nobody uses it.
    pub expires_at: Timestamp,
}

/// Which sessions to list. What is `None` narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct SessionFilter {
    /// The one of this id.
    pub id: Option<SessionId>,
    /// Those of this user.
    pub user_id: Option<UserId>,
    /// Those through this client.
    pub client_id: Option<String>,
}
