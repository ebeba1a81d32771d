//! `/api/v1/admin/sessions`: every living session.

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
use crate::http::lists::{LIMIT, SessionAnswer};
use crate::http::me::Done;
use crate::model::client::is_client_id;
use crate::model::id::{SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::session::{LivingSession, SessionFilter};

/// The endpoints.
pub struct AdminSessionsApi;

/// A living session, as administrators see it.
#[derive(Debug, Object)]
pub struct AdminSession {
    #[oai(flatten)]
    session: SessionAnswer,
    /// Whose it is.
    #[oai(validator(pattern = "^usr_[0-9a-z]{26}$"))]
    user_id: String,
}

/// Living sessions, newest first.
#[derive(Debug, Object)]
pub struct AdminSessionList {
    /// The sessions.
    items: Vec<AdminSession>,
    /// What to ask for the next page with.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

impl AdminSession {
    fn new(living: LivingSession, current: &SessionId) -> Self {
        Self { user_id: living.session.user_id.to_string(), session: SessionAnswer::new(living, current) }
    }
}

#[OpenApi(prefix_path = "/api/v1/admin")]
impl AdminSessionsApi {
    /// All living sessions
    ///
    /// Newest first, a page at a time: `next_cursor` asks for the next.
    #[oai(path = "/sessions", method = "get", tag = "Tag::Administration", operation_id = "listSessions")]
    #[expect(clippy::too_many_arguments, reason = "one a parameter of the query")]
    async fn list(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// Only those of this user.
        user_id: Query<Option<String>>,
        /// Only those through this client.
        client_id: Query<Option<String>>,
        /// How many at most.
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<AdminSessionList>, ProblemRefused> {
        let (signed, _) = admit(&flows, request, &bearer).await?;
        let wanted = SessionFilter {
            id: None,
            user_id: filter(user_id.0, UserId::parse)?,
            client_id: filter(client_id.0, |id| is_client_id(id).then(|| id.to_owned()))?,
        };
        let page = flows.page_sessions(&wanted, limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page.map(|living| AdminSession::new(living, &signed.family.session_id));
        Ok(Json(AdminSessionList { items, next_cursor }))
    }

    /// A living session
    ///
    /// Whose it is, through which client and from where; one that has ended is not found.
    #[oai(path = "/sessions/:id", method = "get", tag = "Tag::Administration", operation_id = "getSession")]
    async fn show(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The session's id, which is the `sid` of its tokens.
        id: Path<String>,
    ) -> Result<Json<AdminSession>, ProblemRefused> {
        let (signed, _) = admit(&flows, request, &bearer).await?;
        let id = SessionId::parse(&id.0).ok_or_else(Refused::not_found)?;
        let living = flows.find_living_session(&id).await.map_err(Refused::from)?;
        let living = living.ok_or_else(Refused::not_found)?;
        Ok(Json(AdminSession::new(living, &signed.family.session_id)))
    }

    /// End a session
    ///
    /// Its tokens are refused from the next request on, with the reason `ended_by_admin`.
    #[oai(path = "/sessions/:id", method = "delete", tag = "Tag::Administration", operation_id = "endSession")]
    async fn end(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The session's id, which is the `sid` of its tokens.
        id: Path<String>,
    ) -> Result<Done, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        flows.revoke_session(&id.0, by).await?;
        Ok(Done::Done)
    }

    /// End all sessions of a user
    ///
    /// The user may sign in again; to prevent that, lock it.
    #[oai(path = "/sessions", method = "delete", tag = "Tag::Administration", operation_id = "endSessions")]
    async fn end_all(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The user's id. Everybody's sessions at once are for the command line to end.
        user_id: Query<Option<String>>,
    ) -> Result<Done, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        let user = user_id.0.ok_or_else(|| Refused::request(Reason::MissingParameter))?;
        flows.revoke_sessions_of(&super::user_id(&user)?, by).await?;
        Ok(Done::Done)
    }
}
