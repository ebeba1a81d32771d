//! `POST /oauth2/token` (RFC 6749 §3.2).

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::error::OAuthRefused;
use super::form::Form;
use super::{Tag, client_auth, origin};
use crate::flows::{Flows, Granted, TokenRequest};
use crate::model::secret::Secret;

/// The endpoint.
pub struct TokenApi;

/// A request for tokens. Which fields it needs depends on `grant_type`.
#[derive(Object)]
#[oai(rename = "TokenRequest")]
pub struct TokenForm {
    /// `password`, `refresh_token` or `client_credentials`.
    grant_type: Option<String>,
    /// Username or e-mail, for `password`.
    username: Option<String>,
    /// For `password`.
    password: Option<String>,
    /// For `refresh_token`.
    refresh_token: Option<String>,
    /// What the token is to be used for, separated by spaces.
    scope: Option<String>,
    /// For which resources; may repeat.
    resource: Option<Vec<String>>,
    /// The client, unless it uses HTTP Basic.
    client_id: Option<String>,
    /// Its secret, unless it uses HTTP Basic or has none.
    client_secret: Option<String>,
}

/// Tokens.
#[derive(Object)]
#[oai(rename = "TokenResponse", skip_serializing_if_is_none)]
pub struct TokenAnswer {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// `Bearer`.
    token_type: String,
    /// Life of the access token in seconds.
    expires_in: i64,
    /// What to ask for the next access token with.
    refresh_token: Option<String>,
    /// What the access token may be used for, separated by spaces.
    scope: String,
}

impl From<Granted> for TokenAnswer {
    fn from(granted: Granted) -> Self {
        Self {
            access_token: granted.access_token.expose().clone(),
            token_type: "Bearer".to_owned(),
            expires_in: granted.expires_in,
            refresh_token: granted.refresh_token.map(|token| token.expose().clone()),
            scope: granted.scopes.to_string(),
        }
    }
}

#[OpenApi(prefix_path = "/oauth2")]
impl TokenApi {
    /// Get tokens
    ///
    /// Sign in with name and password, refresh, or get a token for a service.
    #[oai(path = "/token", method = "post", tag = "Tag::Tokens", operation_id = "getToken")]
    async fn token(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        form: Form<TokenForm>,
    ) -> Result<Json<TokenAnswer>, OAuthRefused> {
        let Form(form) = form;
        let (credentials, named) = client_auth::read(request, form.client_id, form.client_secret)?;
        let asked = TokenRequest {
            credentials,
            origin: origin::read(request, &flows.config().server.trusted_proxies),
            grant_type: form.grant_type,
            username: form.username,
            password: form.password.map(Secret::new),
            refresh_token: form.refresh_token.map(Secret::new),
            scope: form.scope,
            resources: form.resource.unwrap_or_default(),
            must_refresh: false,
        };
        let granted = flows.token(asked).await.map_err(|failure| OAuthRefused::to(named, failure))?;
        Ok(Json(granted.into()))
    }
}
