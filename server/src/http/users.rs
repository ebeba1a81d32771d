//! `POST /api/v1/users`: signing up.

use std::sync::Arc;

use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::error::ProblemRefused;
use super::json::{JsonBody, Kind, Member, Members};
use super::{Tag, time};
use crate::flows::{Flows, NewPassword, NewUser};
use crate::model::secret::Secret;
use crate::model::user::User;

/// The endpoint.
pub struct UsersApi;

/// A person who wants an account.
#[derive(Object)]
#[oai(rename = "NewUser")]
pub struct NewUserBody {
    /// 1 to 64 letters, digits, dots, hyphens, underscores.
    username: String,
    /// An e-mail address; either one signs in.
    email: String,
    /// At least as long as the server asks for, at most 256 characters, and none of the common ones.
    password: String,
}

impl Members for NewUserBody {
    const MEMBERS: &'static [Member] = &[
        Member::new("username", Kind::Text).required(),
        Member::new("email", Kind::Text).required(),
        Member::new("password", Kind::Text).required(),
    ];
    const LENIENT: bool = true;
}

/// A user.
#[derive(Debug, Object)]
#[oai(rename = "User")]
pub struct UserAnswer {
    /// The `sub` of tokens.
    #[oai(validator(pattern = "^usr_[0-9a-z]{26}$"))]
    id: String,
    /// As the person writes it.
    username: String,
    /// As the person writes it.
    email: String,
    /// What the person wants to be called.
    #[oai(nullable)]
    name: Option<String>,
    /// The address of a picture: the one that was set, or that of a Gravatar.
    #[oai(nullable)]
    picture: Option<String>,
    /// What the person may do beyond oneself.
    roles: Vec<String>,
    /// When the user was made.
    created_at: time::DateTime,
}

impl UserAnswer {
    pub(super) fn new(flows: &Flows, user: User) -> Self {
        Self {
            id: user.id.to_string(),
            picture: flows.picture_of(&user),
            username: user.username,
            email: user.email,
            name: user.name,
            roles: user.roles,
            created_at: time::at(user.created_at),
        }
    }
}

/// What signing up brings.
#[derive(ApiResponse)]
pub enum SignedUp {
    /// The user, who may sign in at once.
    #[oai(status = 201, content_type = "application/json")]
    Created(Json<UserAnswer>),
}

#[OpenApi(prefix_path = "/api/v1")]
impl UsersApi {
    /// Sign up
    ///
    /// Makes an account, where the server lets people do so. Sign in with it at the token endpoint.
    #[oai(path = "/users", method = "post", tag = "Tag::Account", operation_id = "signUp")]
    async fn sign_up(&self, flows: Data<&Arc<Flows>>, body: JsonBody<NewUserBody>) -> Result<SignedUp, ProblemRefused> {
        let new = body.read()?;
        let new = NewUser {
            username: new.username,
            email: new.email,
            password: NewPassword::Typed(Secret::new(new.password)),
            roles: Vec::new(),
        };
        Ok(SignedUp::Created(Json(UserAnswer::new(&flows, flows.sign_up(new).await?))))
    }
}
