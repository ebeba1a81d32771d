//! `/api/v1/admin/events`: all that happened, and who did it.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::{admit, filter};
use crate::flows::{Flows, Page};
use crate::http::Tag;
use crate::http::bearer::Bearer;
use crate::http::error::{ProblemRefused, Refused};
use crate::http::lists::{EventAnswer, LIMIT};
use crate::model::client::is_client_id;
use crate::model::event::{Event, EventFilter, EventType};
use crate::model::id::{EventId, SessionId, UserId};
use crate::model::reason::Reason;

/// The endpoints.
pub struct AdminEventsApi;

/// Something that happened, as administrators see it.
#[derive(Debug, Object)]
pub struct AdminEvent {
    #[oai(flatten)]
    event: EventAnswer,
    /// Whom it happened to.
    #[oai(nullable, validator(pattern = "^usr_[0-9a-z]{26}$"))]
    user_id: Option<String>,
    /// What exactly, and who did it: an administrator's id, or the command line.
    #[oai(nullable)]
    detail: Option<String>,
}

/// What happened, newest first.
#[derive(Debug, Object)]
pub struct AdminEventList {
    /// The events.
    items: Vec<AdminEvent>,
    /// What to ask for the next page with.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

impl From<Event> for AdminEvent {
    fn from(mut event: Event) -> Self {
        let user_id = event.user_id.take().map(|id| id.to_string());
        Self { user_id, detail: event.detail.take(), event: event.into() }
    }
}

#[OpenApi(prefix_path = "/api/v1/admin")]
impl AdminEventsApi {
    /// All that happened
    ///
    /// Newest first, a page at a time: `next_cursor` asks for the next.
    #[oai(path = "/events", method = "get", tag = "Tag::Administration", operation_id = "listEvents")]
    #[expect(clippy::too_many_arguments, reason = "one a parameter of the query")]
    async fn list(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// Only those of this type.
        r#type: Query<Option<String>>,
        /// Only those with this reason.
        reason: Query<Option<String>>,
        /// Only those about this user.
        user_id: Query<Option<String>>,
        /// Only those through this client, or about it.
        client_id: Query<Option<String>>,
        /// Only those in this session.
        session_id: Query<Option<String>>,
        /// How many at most.
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<AdminEventList>, ProblemRefused> {
        admit(&flows, request, &bearer).await?;
        let wanted = EventFilter {
            event_type: filter(r#type.0, EventType::parse)?,
            reason: filter(reason.0, Reason::parse)?,
            user_id: filter(user_id.0, UserId::parse)?,
            client_id: filter(client_id.0, |id| is_client_id(id).then(|| id.to_owned()))?,
            session_id: filter(session_id.0, SessionId::parse)?,
        };
        let page = flows.page_events(&wanted, limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page.map(AdminEvent::from);
        Ok(Json(AdminEventList { items, next_cursor }))
    }

    /// Something that happened
    ///
    /// Until the log forgets it.
    #[oai(path = "/events/:id", method = "get", tag = "Tag::Administration", operation_id = "getEvent")]
    async fn show(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The event's id.
        id: Path<String>,
    ) -> Result<Json<AdminEvent>, ProblemRefused> {
        admit(&flows, request, &bearer).await?;
        let id = EventId::parse(&id.0).ok_or_else(Refused::not_found)?;
        let event = flows.find_event(&id).await.map_err(Refused::from)?.ok_or_else(Refused::not_found)?;
        Ok(Json(event.into()))
    }
}
