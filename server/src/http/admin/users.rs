//! `/api/v1/admin/users`: every user there is.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{admit, filter, searchable, user_id};
use crate::flows::{Flows, NewPassword, NewUser, Page, UserChange, UserRefusal};
use crate::http::bearer::Bearer;
use crate::http::error::{ProblemRefused, Refused};
use crate::http::json::{JsonBody, Kind, Member, Members, MergePatch, patched};
use crate::http::lists::LIMIT;
use crate::http::me::Done;
use crate::http::users::UserAnswer;
use crate::http::{Tag, time};
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use crate::model::user::{User, UserFilter, parse_roles};

/// The endpoints.
pub struct AdminUsersApi;

/// A user, as administrators see it.
#[derive(Debug, Object)]
pub struct AdminUser {
    #[oai(flatten)]
    user: UserAnswer,
    /// Whether the user is locked out.
    locked: bool,
    /// Whether the e-mail address was verified: none is, until there is mail.
    email_verified: bool,
    /// When the user last got tokens.
    #[oai(nullable)]
    last_seen_at: Option<time::DateTime>,
}

/// Users, newest first.
#[derive(Debug, Object)]
pub struct AdminUserList {
    /// The users.
    items: Vec<AdminUser>,
    /// What to ask for the next page with.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// A user to be.
#[derive(Object)]
pub struct AdminNewUser {
    /// 1 to 64 letters, digits, dots, hyphens, underscores.
    username: String,
    /// An e-mail address; either one signs in.
    email: String,
    /// At least as long as the server asks for, at most 256 characters, and none of the common ones.
    password: String,
    /// What the user may do beyond oneself: words without spaces. `admin` administers.
    roles: Option<Vec<String>>,
}

impl Members for AdminNewUser {
    const MEMBERS: &'static [Member] = &[
        Member::new("username", Kind::Text).required(),
        Member::new("email", Kind::Text).required(),
        Member::new("password", Kind::Text).required(),
        Member::new("roles", Kind::Texts),
    ];
    const READ_ONLY: &'static [&'static str] = &["id", "created_at", "email_verified", "last_seen_at"];
}

/// What is to change of a user. What is left out stays as it is; null takes a value away.
#[derive(Object)]
pub struct AdminUserChange {
    /// Another username.
    username: MaybeUndefined<String>,
    /// Another e-mail address.
    email: MaybeUndefined<String>,
    /// What the person wants to be called.
    #[oai(nullable)]
    name: MaybeUndefined<String>,
    /// The address of a picture.
    #[oai(nullable)]
    picture: MaybeUndefined<String>,
    /// What the user may do beyond oneself, all of it.
    roles: MaybeUndefined<Vec<String>>,
    /// Locks the user out and ends all its sessions, or lets it in again.
    locked: MaybeUndefined<bool>,
}

impl Members for AdminUserChange {
    const MEMBERS: &'static [Member] = &[
        Member::new("username", Kind::Text),
        Member::new("email", Kind::Text),
        Member::new("name", Kind::Text).nullable(),
        Member::new("picture", Kind::Text).nullable(),
        Member::new("roles", Kind::Texts),
        Member::new("locked", Kind::Flag),
    ];
    const READ_ONLY: &'static [&'static str] = &["id", "password", "created_at", "email_verified", "last_seen_at"];
}

/// Another password for a user.
#[derive(Object)]
pub struct AdminPassword {
    /// At least as long as the server asks for, at most 256 characters, and none of the common ones.
    password: String,
}

impl Members for AdminPassword {
    const MEMBERS: &'static [Member] = &[Member::new("password", Kind::Text).required()];
}

/// What making a user brings.
#[derive(ApiResponse)]
pub enum AdminUserMade {
    /// The user.
    #[oai(status = 201, content_type = "application/json")]
    Created(Json<AdminUser>),
}

impl AdminUser {
    fn new(flows: &Flows, user: User, seen: Option<Timestamp>) -> Self {
        Self {
            locked: user.locked_at.is_some(),
            email_verified: false,
            last_seen_at: seen.map(time::at),
            user: UserAnswer::new(flows, user),
        }
    }
}

#[OpenApi(prefix_path = "/api/v1/admin")]
impl AdminUsersApi {
    /// All users
    ///
    /// Newest first, a page at a time: `next_cursor` asks for the next.
    #[oai(path = "/users", method = "get", tag = "Tag::Administration", operation_id = "listUsers")]
    #[expect(clippy::too_many_arguments, reason = "one a parameter of the query")]
    async fn list(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// Only those whose username, e-mail or name contains this.
        q: Query<Option<String>>,
        /// Only those with this role.
        role: Query<Option<String>>,
        /// Only those who are locked, or who are not.
        locked: Query<Option<bool>>,
        /// How many at most.
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<AdminUserList>, ProblemRefused> {
        admit(&flows, request, &bearer).await?;
        let role = filter(role.0, |role| parse_roles(&[role.to_owned()]).ok()?.pop())?;
        let wanted = UserFilter { part: filter(q.0, searchable)?, role, locked: locked.0 };
        let page = flows.page_users(&wanted, limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page.map(|(user, seen)| AdminUser::new(&flows, user, seen));
        Ok(Json(AdminUserList { items, next_cursor }))
    }

    /// Make a user
    ///
    /// Whether or not people may sign up by themselves.
    #[oai(path = "/users", method = "post", tag = "Tag::Administration", operation_id = "createUser")]
    async fn create(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        body: JsonBody<AdminNewUser>,
    ) -> Result<AdminUserMade, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        let AdminNewUser { username, email, password, roles } = body.read()?;
        let new = NewUser {
            username,
            email,
            password: NewPassword::Typed(Secret::new(password)),
            roles: roles.unwrap_or_default(),
        };
        let user = flows.create_user(new, by).await?;
        Ok(AdminUserMade::Created(Json(AdminUser::new(&flows, user, None))))
    }

    /// A user
    ///
    /// With its roles, whether it is locked, and when it last got tokens.
    #[oai(path = "/users/:id", method = "get", tag = "Tag::Administration", operation_id = "getUser")]
    async fn show(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The user's id.
        id: Path<String>,
    ) -> Result<Json<AdminUser>, ProblemRefused> {
        admit(&flows, request, &bearer).await?;
        let user = flows.find_user_by_id(&user_id(&id.0)?).await.map_err(Refused::from)?;
        let user = user.ok_or(UserRefusal::NotFound)?;
        let seen = flows.last_seen(&user.id).await.map_err(Refused::from)?;
        Ok(Json(AdminUser::new(&flows, user, seen)))
    }

    /// Change a user
    ///
    /// A merge patch (RFC 7396; `application/merge-patch+json` too). Locking ends every session; the last administrator keeps the role and stays unlocked.
    #[oai(path = "/users/:id", method = "patch", tag = "Tag::Administration", operation_id = "changeUser")]
    async fn change(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The user's id.
        id: Path<String>,
        body: MergePatch<AdminUserChange>,
    ) -> Result<Json<AdminUser>, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        let change = body.read()?;
        let change = UserChange {
            username: change.username.take(),
            email: change.email.take(),
            name: patched(change.name),
            picture: patched(change.picture),
            roles: change.roles.take(),
            locked: change.locked.take(),
        };
        let id = user_id(&id.0)?;
        // Read first: once the change is made nothing may fail any more.
        let seen = flows.last_seen(&id).await.map_err(Refused::from)?;
        let (user, _) = flows.change_user(&id, change, by).await?;
        Ok(Json(AdminUser::new(&flows, user, seen)))
    }

    /// Give a user another password
    ///
    /// Ends every session of the user.
    #[oai(path = "/users/:id/password", method = "put", tag = "Tag::Administration", operation_id = "setPassword")]
    async fn set_password(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The user's id.
        id: Path<String>,
        body: JsonBody<AdminPassword>,
    ) -> Result<Done, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        let AdminPassword { password } = body.read()?;
        flows.set_password(&user_id(&id.0)?, &Secret::new(password), by).await?;
        Ok(Done::Done)
    }

    /// Delete a user
    ///
    /// And with it every session. The last administrator stays.
    #[oai(path = "/users/:id", method = "delete", tag = "Tag::Administration", operation_id = "deleteUser")]
    async fn delete(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The user's id.
        id: Path<String>,
    ) -> Result<Done, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        flows.delete_user(&user_id(&id.0)?, by).await?;
        Ok(Done::Done)
    }
}
