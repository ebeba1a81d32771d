//! `POST /oauth2/revoke` (RFC 7009).

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::error::OAuthRefused;
use super::form::Form;
use super::{Tag, client_auth, origin};
use crate::flows::Flows;

/// The endpoint.
pub struct RevokeApi;

/// A token, for its client to give back or to ask about.
#[derive(Object)]
#[oai(rename = "PresentedToken")]
pub struct PresentedForm {
    /// The token.
    pub(super) token: Option<String>,
    /// `access_token` or `refresh_token`; not needed.
    token_type_hint: Option<String>,
    /// The client, unless it uses HTTP Basic.
    pub(super) client_id: Option<String>,
    /// Its secret, unless it uses HTTP Basic or has none.
    pub(super) client_secret: Option<String>,
}

/// What giving a token back brings.
#[derive(ApiResponse)]
pub enum Revoked {
    /// The token is good for nothing any more.
    #[oai(status = 200)]
    Done,
}

#[OpenApi(prefix_path = "/oauth2")]
impl RevokeApi {
    /// Give a token back
    ///
    /// Ends the session that the refresh token or access token belongs to. An unknown or expired token is no error.
    #[oai(path = "/revoke", method = "post", tag = "Tag::Tokens", operation_id = "revokeToken")]
    async fn revoke(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        form: Form<PresentedForm>,
    ) -> Result<Revoked, OAuthRefused> {
        let Form(form) = form;
        let (credentials, named) = client_auth::read(request, form.client_id, form.client_secret)?;
        let origin = origin::read(request, &flows.config().server.trusted_proxies);
        let revoked = flows.revoke(&credentials, &origin, form.token.as_deref()).await;
        revoked.map_err(|failure| OAuthRefused::to(named, failure))?;
        Ok(Revoked::Done)
    }
}
