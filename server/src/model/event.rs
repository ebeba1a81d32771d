//! What happened, to whom, and why? The audit log's rows, which are the outbox too.

use std::fmt;

use super::id::{EventId, SessionId, UserId};
use super::reason::Reason;
use super::timestamp::Timestamp;

macro_rules! types {
    ($($variant:ident $name:literal)*) => {
        /// The kind of thing that happened; its name is part of the public contract.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "the names say it")]
        pub enum EventType {
            $($variant,)*
        }

        impl EventType {
            /// Each type once.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as answers show it.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The type of this name.
            #[must_use]
            pub fn parse(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

types! {
    UserCreated "user_created"
    SignedIn "signed_in"
    SignInFailed "sign_in_failed"
    SignedOut "signed_out"
    SessionEnded "session_ended"
    PasswordChanged "password_changed"
    RefreshTokenReused "refresh_token_reused"
    RefreshRetried "refresh_retried"
    DatabaseBehind "database_behind"
    UserLocked "user_locked"
    UserUnlocked "user_unlocked"
    UserChanged "user_changed"
    RolesChanged "roles_changed"
    UserDeleted "user_deleted"
    ClientCreated "client_created"
    ClientChanged "client_changed"
    ClientSecretRotated "client_secret_rotated"
    ClientDeleted "client_deleted"
    KeyRotated "key_rotated"
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One thing that happened. What does not apply is `None`.
#[derive(Clone, Debug)]
pub struct Event {
    /// Its name among all events.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
    /// What.
    pub event_type: EventType,
    /// Why, where there is a why.
    pub reason: Option<Reason>,
    /// Whom it happened to.
    pub user_id: Option<UserId>,
    /// Through which client.
    pub client_id: Option<String>,
    /// In which session.
    pub session_id: Option<SessionId>,
    /// From where.
    pub ip: Option<String>,
    /// What administrators want to know besides: who did it, and what exactly.
    pub detail: Option<String>,
}

/// Which events to list. What is `None` narrows nothing.
#[derive(Clone, Debug, Default)]
pub struct EventFilter {
    /// Of this type.
    pub event_type: Option<EventType>,
    /// With this reason.
    pub reason: Option<Reason>,
    /// About this user.
    pub user_id: Option<UserId>,
    /// Through this client, or about it.
    pub client_id: Option<String>,
    /// In this session.
    pub session_id: Option<SessionId>,
}
