//! `POST /oauth2/introspect` (RFC 7662).

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi, Union};

use super::error::{Named, OAuthRefused};
use super::form::Form;
use super::revoke::PresentedForm;
use super::{Tag, client_auth, origin};
use crate::flows::{Flows, Introspection};

/// The endpoint.
pub struct IntrospectApi;

/// What is said of a token. Of one that is no good, or not the caller's business, only that it is not active.
#[derive(Debug, Default, Object)]
#[oai(rename = "IntrospectionResponse", skip_serializing_if_is_none)]
pub struct IntrospectionAnswer {
    /// Whether the token is good here and now.
    active: bool,
    /// `Bearer` for an access token.
    token_type: Option<String>,
    /// The issuer.
    iss: Option<String>,
    /// The user's id; for a client alone, the client's.
    sub: Option<String>,
    /// For whom it is.
    aud: Option<Audience>,
    /// Which client it was issued to.
    client_id: Option<String>,
    /// The user's name.
    username: Option<String>,
    /// What it may be used for, separated by spaces.
    scope: Option<String>,
    /// When it was issued, in Unix seconds.
    iat: Option<i64>,
    /// From when on it is no good, in Unix seconds.
    exp: Option<i64>,
    /// Its name among all tokens.
    jti: Option<String>,
    /// The session.
    sid: Option<String>,
    /// When the user signed in, in Unix seconds.
    auth_time: Option<i64>,
    /// How the user signed in.
    amr: Option<Vec<String>>,
    /// The user's roles, as they are today.
    roles: Option<Vec<String>>,
}

/// For whom a token is (RFC 7519 §4.1.3).
#[derive(Debug, Union)]
pub enum Audience {
    /// One.
    One(String),
    /// More.
    More(Vec<String>),
}

impl From<Audience> for Vec<String> {
    fn from(audience: Audience) -> Self {
        match audience {
            Audience::One(one) => vec![one],
            Audience::More(more) => more,
        }
    }
}

impl From<Vec<String>> for Audience {
    fn from(mut aud: Vec<String>) -> Self {
        match (aud.len(), aud.pop()) {
            (1, Some(one)) => Self::One(one),
            (_, last) => {
                aud.extend(last);
                Self::More(aud)
            }
        }
    }
}

impl From<Introspection> for IntrospectionAnswer {
    fn from(introspection: Introspection) -> Self {
        match introspection {
            Introspection::Inactive => Self::default(),
            Introspection::Access { claims, username, roles } => Self {
                active: true,
                token_type: Some("Bearer".to_owned()),
                iss: Some(claims.iss.clone()),
                sub: Some(claims.sub.clone()),
                aud: Some(claims.aud.clone().into()),
                client_id: Some(claims.client_id.clone()),
                username,
                scope: Some(claims.scope.clone()),
                iat: Some(claims.iat),
                exp: Some(claims.exp),
                jti: Some(claims.jti.clone()),
                sid: claims.sid.clone(),
                auth_time: claims.auth_time,
                amr: claims.amr.clone(),
                roles,
            },
            Introspection::Refresh { sub, username, client_id, scope, aud, sid, iat, exp } => Self {
                active: true,
                sub: Some(sub),
                aud: Some(aud.into()),
                client_id: Some(client_id),
                username: Some(username),
                scope: Some(scope),
                iat: Some(iat),
                exp: Some(exp),
                sid: Some(sid),
                ..Self::default()
            },
        }
    }
}

#[OpenApi(prefix_path = "/oauth2")]
impl IntrospectApi {
    /// Ask about a token
    ///
    /// For resource servers, about access tokens that are meant for them, and for clients, about their own.
    #[oai(path = "/introspect", method = "post", tag = "Tag::Tokens", operation_id = "introspectToken")]
    async fn introspect(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        form: Form<PresentedForm>,
    ) -> Result<Json<IntrospectionAnswer>, OAuthRefused> {
        let Form(form) = form;
        let (credentials, _) = client_auth::read(request, form.client_id, form.client_secret)?;
        let origin = origin::read(request, &flows.config().server.trusted_proxies);
        let told = flows.introspect(&credentials, &origin, form.token.as_deref()).await;
        // RFC 7662 §2.3: 401 however the credentials came.
        let told = told.map_err(|failure| OAuthRefused::to(Named::ByHeader, failure))?;
        Ok(Json(told.into()))
    }
}
