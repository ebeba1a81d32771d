//! What does the server say of itself? Its metadata and its keys (RFC 8414, OpenID Connect Discovery 1.0, RFC 7517).

use std::sync::Arc;

use poem::{Endpoint, Request, Response, Result};
use serde_json::json;

use super::prepared::Prepared;
use crate::config::Config;
use crate::flows::{Flows, PublishedKeys};
use crate::model::client::GrantType;
use crate::model::scope;
use crate::model::signing_key::{JWKS_MAX_AGE, SigningAlg};

/// How long others may keep it: [`JWKS_MAX_AGE`], for which key rotation waits.
const CACHE_CONTROL: &str = "public, max-age=300";
const _: () = assert!(JWKS_MAX_AGE == 300);

/// The metadata of an authorization server and OpenID provider (RFC 8414 §2, Discovery §3): the same at both addresses, since a client of
/// either kind finds what it looks for. Until there is an authorization endpoint, none is named, nor a response type.
#[must_use]
pub fn metadata(config: &Config) -> Prepared {
    let issuer = config.issuer.as_str();
    let algs = match config.tokens.signing_alg {
        SigningAlg::Rs256 => vec!["RS256"],
        other => vec!["RS256", other.as_str()],
    };
    let document = json!({
        "issuer": issuer,
        "token_endpoint": format!("{issuer}/oauth2/token"),
        "revocation_endpoint": format!("{issuer}/oauth2/revoke"),
        "introspection_endpoint": format!("{issuer}/oauth2/introspect"),
        "userinfo_endpoint": format!("{issuer}/oauth2/userinfo"),
        "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
        "scopes_supported": scope::KNOWN,
        "response_types_supported": [],
        "grant_types_supported": GrantType::ALL.map(GrantType::as_str),
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "revocation_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post", "none"],
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algs,
        "claims_supported": ["sub", "name", "preferred_username", "picture", "email", "email_verified"],
        "claims_parameter_supported": false,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    Prepared::new(document.to_string(), "application/json", CACHE_CONTROL)
}

/// The JWKS.
pub struct Jwks(pub(super) Arc<Flows>);

impl Endpoint for Jwks {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        let PublishedKeys { body, etag } = self.0.published_keys().await;
        let content_type = "application/jwk-set+json";
        let document = Prepared { body, etag, content_type, cache_control: CACHE_CONTROL, compressed: false };
        Ok(document.answer(request.headers()))
    }
}
