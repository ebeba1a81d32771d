//! How do sessions and events look in answers? The same to their user and to administrators, who see a little more.

use poem_openapi::Object;

use super::time;
use crate::model::event::Event;
use crate::model::id::SessionId;
use crate::model::session::LivingSession;

/// How many items a list has unless asked.
pub(super) const LIMIT: u16 = 50;

/// A living session.
#[derive(Debug, Object)]
#[oai(rename = "Session")]
pub struct SessionAnswer {
    /// The `sid` of its tokens.
    #[oai(validator(pattern = "^ses_[0-9a-z]{26}$"))]
    id: String,
    /// Through which client.
    client_id: String,
    /// What people call the client.
    #[oai(nullable)]
    client_name: Option<String>,
    /// What the client called itself.
    #[oai(nullable)]
    user_agent: Option<String>,
    /// From where.
    #[oai(nullable)]
    ip: Option<String>,
    /// When the user signed in.
    created_at: time::DateTime,
    /// When tokens were last handed out.
    last_used_at: time::DateTime,
    /// When it ends if nobody uses it.
    expires_at: time::DateTime,
    /// Whether it is the one that asks.
    current: bool,
}

/// Living sessions, newest first.
#[derive(Debug, Object)]
pub struct SessionList {
    /// The sessions.
    pub(super) items: Vec<SessionAnswer>,
    /// What to ask for the next page with.
    #[oai(nullable)]
    pub(super) next_cursor: Option<String>,
}

/// Something that happened.
#[derive(Debug, Object)]
#[oai(rename = "Event")]
pub struct EventAnswer {
    /// Its name.
    #[oai(validator(pattern = "^evt_[0-9a-z]{26}$"))]
    id: String,
    /// When.
    at: time::DateTime,
    /// What.
    #[oai(rename = "type")]
    type_: String,
    /// Why, where there is a why.
    #[oai(nullable)]
    reason: Option<String>,
    /// Through which client.
    #[oai(nullable)]
    client_id: Option<String>,
    /// In which session.
    #[oai(nullable, validator(pattern = "^ses_[0-9a-z]{26}$"))]
    session_id: Option<String>,
    /// From where.
    #[oai(nullable)]
    ip: Option<String>,
}

/// What happened, newest first.
#[derive(Debug, Object)]
pub struct EventList {
    /// The events.
    pub(super) items: Vec<EventAnswer>,
    /// What to ask for the next page with.
    #[oai(nullable)]
    pub(super) next_cursor: Option<String>,
}

impl SessionAnswer {
    pub(super) fn new(living: LivingSession, current: &SessionId) -> Self {
        let session = living.session;
        Self {
            current: session.id == *current,
            id: session.id.to_string(),
            client_id: session.client_id,
            client_name: living.client_name,
            user_agent: session.user_agent,
            ip: session.ip,
            created_at: time::at(session.created_at),
            last_used_at: time::at(living.last_used_at),
            expires_at: time::at(living.expires_at),
        }
    }
}

impl From<Event> for EventAnswer {
    fn from(event: Event) -> Self {
        Self {
            id: event.id.to_string(),
            at: time::at(event.at),
            type_: event.event_type.to_string(),
            reason: event.reason.map(|reason| reason.to_string()),
            client_id: event.client_id,
            session_id: event.session_id.map(|id| id.to_string()),
            ip: event.ip,
        }
    }
}
