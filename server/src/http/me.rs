//! `/api/v1/me`: the signed-in user, the sessions, the activity.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::bearer::Bearer;
use super::error::{ProblemRefused, Refused};
use super::users::UserAnswer;
use super::{Tag, origin, time};
use crate::flows::{Flows, Page};
use crate::model::event::Event;
use crate::model::reason::Reason;
use crate::model::scope::{PROFILE, SESSIONS};
use crate::model::session::LivingSession;

/// How many items a list has unless asked.
const LIMIT: u16 = 50;

/// The endpoints.
pub struct MeApi;

/// A living session.
#[derive(Debug, Object)]
#[oai(rename = "Session")]
pub struct SessionAnswer {
    /// The `sid` of its tokens.
    id: String,
    /// Through which client.
    client_id: String,
    /// What people call the client.
    client_name: Option<String>,
    /// What the client called itself.
    user_agent: Option<String>,
    /// From where.
    ip: Option<String>,
    /// When the user signed in.
    created_at: String,
    /// When tokens were last handed out.
    last_used_at: String,
    /// When it ends if nobody uses it.
    expires_at: String,
    /// Whether it is the one that asks.
    current: bool,
}

/// Living sessions, newest first.
#[derive(Debug, Object)]
pub struct SessionList {
    /// The sessions.
    items: Vec<SessionAnswer>,
    /// What to ask for the next page with.
    next_cursor: Option<String>,
}

/// Something that happened to the user.
#[derive(Debug, Object)]
#[oai(rename = "Event")]
pub struct EventAnswer {
    /// Its name.
    id: String,
    /// When.
    at: String,
    /// What.
    #[oai(rename = "type")]
    type_: String,
    /// Why, where there is a why.
    reason: Option<String>,
    /// Through which client.
    client_id: Option<String>,
    /// In which session.
    session_id: Option<String>,
    /// From where.
    ip: Option<String>,
}

/// What happened, newest first.
#[derive(Debug, Object)]
pub struct EventList {
    /// The events.
    items: Vec<EventAnswer>,
    /// What to ask for the next page with.
    next_cursor: Option<String>,
}

/// An answer without a body.
#[derive(ApiResponse)]
pub enum Done {
    /// Done.
    #[oai(status = 204)]
    Done,
}

impl SessionAnswer {
    fn new(living: LivingSession, current: &str) -> Self {
        let session = living.session;
        Self {
            current: session.id.as_str() == current,
            id: session.id.to_string(),
            client_id: session.client_id,
            client_name: living.client_name,
            user_agent: session.user_agent,
            ip: session.ip,
            created_at: time::write(session.created_at),
            last_used_at: time::write(living.last_used_at),
            expires_at: time::write(living.expires_at),
        }
    }
}

impl From<Event> for EventAnswer {
    fn from(event: Event) -> Self {
        Self {
            id: event.id.to_string(),
            at: time::write(event.at),
            type_: event.event_type.to_string(),
            reason: event.reason.map(|reason| reason.to_string()),
            client_id: event.client_id,
            session_id: event.session_id.map(|id| id.to_string()),
            ip: event.ip,
        }
    }
}

#[OpenApi(prefix_path = "/api/v1")]
impl MeApi {
    /// Who am I
    ///
    /// The signed-in user, e-mail and roles included. Needs the scope `profile`.
    #[oai(path = "/me", method = "get", tag = "Tag::Account", operation_id = "getMe")]
    async fn me(&self, flows: Data<&Arc<Flows>>, bearer: Bearer) -> Result<Json<UserAnswer>, ProblemRefused> {
        let signed = flows.admit(bearer.token(), PROFILE).await?;
        Ok(Json(signed.line.user.into()))
    }

    /// My sessions
    ///
    /// Where the user is signed in, newest first. Needs the scope `sessions`.
    #[oai(path = "/me/sessions", method = "get", tag = "Tag::Sessions", operation_id = "listMySessions")]
    async fn sessions(
        &self,
        flows: Data<&Arc<Flows>>,
        bearer: Bearer,
        /// How many at most.
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<SessionList>, ProblemRefused> {
        let signed = flows.admit(bearer.token(), SESSIONS).await?;
        let page = flows.list_sessions(&signed, limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page;
        let current = signed.line.family.session_id.as_str();
        Ok(Json(SessionList {
            items: items.into_iter().map(|living| SessionAnswer::new(living, current)).collect(),
            next_cursor,
        }))
    }

    /// Sign out there
    ///
    /// Ends one session of the user, whichever. Needs the scope `sessions`.
    #[oai(path = "/me/sessions/:id", method = "delete", tag = "Tag::Sessions", operation_id = "endMySession")]
    async fn end_session(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The session's id.
        id: Path<String>,
    ) -> Result<Done, ProblemRefused> {
        let signed = flows.admit(bearer.token(), SESSIONS).await?;
        let origin = origin::read(request, &flows.config().server.trusted_proxies);
        flows.end_session(&signed, &id.0, &origin).await?;
        Ok(Done::Done)
    }

    /// Sign out everywhere
    ///
    /// Ends all sessions of the user; with `keep=current`, all but this one. Needs the scope `sessions`.
    #[oai(path = "/me/sessions", method = "delete", tag = "Tag::Sessions", operation_id = "endMySessions")]
    async fn end_sessions(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// `current` spares this session.
        keep: Query<Option<String>>,
    ) -> Result<Done, ProblemRefused> {
        let signed = flows.admit(bearer.token(), SESSIONS).await?;
        let keep_current = match keep.0.as_deref() {
            None => false,
            Some("current") => true,
            Some(_) => return Err(Refused::request(Reason::UnknownValue).into()),
        };
        let origin = origin::read(request, &flows.config().server.trusted_proxies);
        flows.end_sessions(&signed, keep_current, &origin).await?;
        Ok(Done::Done)
    }

    /// My activity
    ///
    /// What happened to the account, newest first. Needs the scope `sessions`.
    #[oai(path = "/me/activity", method = "get", tag = "Tag::Sessions", operation_id = "listMyActivity")]
    async fn activity(
        &self,
        flows: Data<&Arc<Flows>>,
        bearer: Bearer,
        /// How many at most.
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<EventList>, ProblemRefused> {
        let signed = flows.admit(bearer.token(), SESSIONS).await?;
        let page = flows.list_activity(&signed, limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page;
        Ok(Json(EventList { items: items.into_iter().map(EventAnswer::from).collect(), next_cursor }))
    }
}
