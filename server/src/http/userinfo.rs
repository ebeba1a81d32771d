//! `GET` and `POST /oauth2/userinfo` (OpenID Connect Core §5.3).

use std::sync::Arc;

use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::bearer::Bearer;
use super::error::OAuthRefused;
use crate::flows::{Flows, UserInfo};

/// The endpoint.
pub struct UserInfoApi;

/// Claims about the user.
#[derive(Debug, Object)]
#[oai(rename = "UserInfo", skip_serializing_if_is_none)]
pub struct UserInfoAnswer {
    /// The user's id.
    sub: String,
    /// With `profile`: what the person wants to be called.
    name: Option<String>,
    /// With `profile`: the username.
    preferred_username: Option<String>,
    /// With `profile`: an address of a picture.
    picture: Option<String>,
    /// With `email`.
    email: Option<String>,
    /// With `email`.
    email_verified: Option<bool>,
}

impl From<UserInfo> for UserInfoAnswer {
    fn from(info: UserInfo) -> Self {
        let UserInfo { sub, name, preferred_username, picture, email, email_verified } = info;
        Self { sub, name, preferred_username, picture, email, email_verified }
    }
}

#[OpenApi(prefix_path = "/oauth2")]
impl UserInfoApi {
    /// Who is signed in
    ///
    /// Claims about the user of an access token with the scope `openid`.
    #[oai(path = "/userinfo", method = "get", tag = "Tag::Tokens", operation_id = "getUserInfo")]
    async fn get(&self, flows: Data<&Arc<Flows>>, bearer: Bearer) -> Result<Json<UserInfoAnswer>, OAuthRefused> {
        Ok(Json(flows.userinfo(bearer.token()).await?.into()))
    }

    /// Who is signed in, by POST
    ///
    /// The same, for clients that post.
    #[oai(path = "/userinfo", method = "post", tag = "Tag::Tokens", operation_id = "postUserInfo")]
    async fn post(&self, flows: Data<&Arc<Flows>>, bearer: Bearer) -> Result<Json<UserInfoAnswer>, OAuthRefused> {
        Ok(Json(flows.userinfo(bearer.token()).await?.into()))
    }
}
