//! `/api/v1/me`: the signed-in user, the sessions, the activity.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::bearer::Bearer;
use super::error::{ProblemRefused, Refused};
use super::json::{JsonBody, Kind, Member, Members, MergePatch, patched};
use super::lists::{EventAnswer, EventList, LIMIT, SessionAnswer, SessionList};
use super::users::UserAnswer;
use super::{Tag, origin};
use crate::flows::{Flows, Page, UserChange};
use crate::model::event::EventFilter;
use crate::model::reason::Reason;
use crate::model::scope::{ACCOUNT, PROFILE, SESSIONS};
use crate::model::secret::Secret;
use crate::model::session::SessionFilter;

/// The endpoints.
pub struct MeApi;

/// What is to change of oneself. What is left out stays as it is; null takes a value away.
#[derive(Object)]
pub struct MyChange {
    /// What one wants to be called.
    #[oai(nullable)]
    name: MaybeUndefined<String>,
    /// The address of a picture; without one there may be a Gravatar's.
    #[oai(nullable)]
    picture: MaybeUndefined<String>,
    /// An e-mail address; wants a sign-in of the last ten minutes.
    email: MaybeUndefined<String>,
}

impl Members for MyChange {
    const MEMBERS: &'static [Member] = &[
        Member::new("name", Kind::Text).nullable(),
        Member::new("picture", Kind::Text).nullable(),
        Member::new("email", Kind::Text),
    ];
    const READ_ONLY: &'static [&'static str] =
        &["id", "username", "password", "roles", "created_at", "locked", "email_verified", "last_seen_at"];
}

/// Another password.
#[derive(Object)]
pub struct PasswordChange {
    /// The present one.
    current_password: String,
    /// At least as long as the server asks for, at most 256 characters, and none of the common ones.
    new_password: String,
}

impl Members for PasswordChange {
    const MEMBERS: &'static [Member] =
        &[Member::new("current_password", Kind::Text).required(), Member::new("new_password", Kind::Text).required()];
}

/// An answer without a body.
#[derive(ApiResponse)]
pub enum Done {
    /// Done.
    #[oai(status = 204)]
    Done,
}

#[OpenApi(prefix_path = "/api/v1")]
impl MeApi {
    /// Who am I
    ///
    /// The signed-in user, e-mail and roles included. Needs the scope `profile`.
    #[oai(path = "/me", method = "get", tag = "Tag::Account", operation_id = "getMe")]
    async fn me(&self, flows: Data<&Arc<Flows>>, bearer: Bearer) -> Result<Json<UserAnswer>, ProblemRefused> {
        let signed = flows.admit(bearer.token(), PROFILE).await?;
        Ok(Json(UserAnswer::new(&flows, signed.user)))
    }

    /// Change myself
    ///
    /// A merge patch (RFC 7396; `application/merge-patch+json` too) of name, picture and e-mail. Needs the scope `account`; another e-mail address needs a sign-in of the last ten minutes.
    #[oai(path = "/me", method = "patch", tag = "Tag::Account", operation_id = "changeMe")]
    async fn change(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        body: MergePatch<MyChange>,
    ) -> Result<Json<UserAnswer>, ProblemRefused> {
        let signed = flows.admit(bearer.token(), ACCOUNT).await?;
        let MyChange { name, picture, email } = body.read()?;
        let (name, picture) = (patched(name), patched(picture));
        let change = UserChange { email: email.take(), name, picture, ..UserChange::default() };
        let origin = origin::read(request, &flows.config().server.trusted_proxies);
        Ok(Json(UserAnswer::new(&flows, flows.change_oneself(&signed, change, &origin).await?)))
    }

    /// Delete myself
    ///
    /// The account goes, and with it every session. Needs the scope `account` and a sign-in of the last ten minutes.
    #[oai(path = "/me", method = "delete", tag = "Tag::Account", operation_id = "deleteMe")]
    async fn delete(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
    ) -> Result<Done, ProblemRefused> {
        let signed = flows.admit(bearer.token(), ACCOUNT).await?;
        let origin = origin::read(request, &flows.config().server.trusted_proxies);
        flows.delete_oneself(&signed, &origin).await?;
        Ok(Done::Done)
    }

    /// Change my password
    ///
    /// Ends every other session of the user. Needs the scope `account` and the present password.
    #[oai(path = "/me/password", method = "put", tag = "Tag::Account", operation_id = "changeMyPassword")]
    async fn change_password(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        body: JsonBody<PasswordChange>,
    ) -> Result<Done, ProblemRefused> {
        let signed = flows.admit(bearer.token(), ACCOUNT).await?;
        let PasswordChange { current_password, new_password } = body.read()?;
        let (current, new) = (Secret::new(current_password), Secret::new(new_password));
        let origin = origin::read(request, &flows.config().server.trusted_proxies);
        flows.change_password(&signed, &current, &new, &origin).await?;
        Ok(Done::Done)
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
        let mine = SessionFilter { user_id: Some(signed.user.id), ..SessionFilter::default() };
        let page = flows.page_sessions(&mine, limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page.map(|living| SessionAnswer::new(living, &signed.family.session_id));
        Ok(Json(SessionList { items, next_cursor }))
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
        let mine = EventFilter { user_id: Some(signed.user.id), ..EventFilter::default() };
        let page = flows.page_events(&mine, limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page.map(EventAnswer::from);
        Ok(Json(EventList { items, next_cursor }))
    }
}
