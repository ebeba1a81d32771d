//! What is answered at the token endpoint? What every grant shares, in order: read, authenticate the client, check that it may use the grant,
//! then let the grant decide. A grant cannot forget a step that it does not own.

mod client_credentials;
mod issue;
mod password;
mod refresh;
mod refresh_token;

use std::sync::Arc;

pub(super) use refresh_token::RefreshToken;

use super::refusal::{Code, Failure, Refusal};
use super::{Credentials, Flows, Origin};
use crate::model::client::{Client, GrantType};
use crate::model::reason::Reason;
use crate::model::scope::Scopes;
use crate::model::secret::Secret;
use crate::store::Wanted;

/// A request to the token endpoint (RFC 6749 §3.2), parsed once. An empty parameter counts as absent.
#[derive(Clone, Debug)]
pub struct TokenRequest {
    /// Who asks.
    pub credentials: Credentials,
    /// From where.
    pub origin: Origin,
    /// `grant_type`.
    pub grant_type: Option<String>,
    /// `username`.
    pub username: Option<String>,
    /// `password`.
    pub password: Option<Secret<String>>,
    /// `refresh_token`.
    pub refresh_token: Option<Secret<String>>,
    /// `scope`.
    pub scope: Option<String>,
    /// `resource`, as often as it stands there (RFC 8707 §2).
    pub resources: Vec<String>,
    /// Whether tokens that cannot be refreshed are worth nothing to who asks.
    pub must_refresh: bool,
}

/// Tokens (RFC 6749 §5.1).
#[derive(Clone, Debug)]
pub struct Granted {
    /// The JWT.
    pub access_token: Secret<String>,
    /// Its life in seconds.
    pub expires_in: i64,
    /// What to ask for the next with.
    pub refresh_token: Option<Secret<String>>,
    /// Its life in seconds if nobody uses it; 0 where there is none.
    pub refresh_expires_in: i64,
    /// What it may be used for.
    pub scopes: Scopes,
}

impl TokenRequest {
    /// The scopes asked for, if any were.
    fn asked_scopes(&self) -> Result<Option<Scopes>, Refusal> {
        let refused = Refusal::new(Code::InvalidScope, Reason::ScopeNotAllowed);
        let asked = self.scope.as_deref().map(|scope| Scopes::parse(scope).ok_or(refused)).transpose()?;
        // Nothing but spaces asks for nothing.
        Ok(asked.filter(|scopes| !scopes.is_empty()))
    }
}

impl Flows {
    /// Answers a request for tokens (RFC 6749 §3.2).
    ///
    /// # Errors
    /// [`Failure`].
    pub async fn token(self: &Arc<Self>, request: TokenRequest) -> Result<Granted, Failure> {
        let now = self.clock.now();
        let grant = request.grant_type.as_deref().map(GrantType::parse);
        let presented = match grant {
            Some(Some(GrantType::RefreshToken)) => {
                request.refresh_token.as_ref().and_then(|token| RefreshToken::parse(token.expose()))
            }
            _ => None,
        };
        let throttle = self.client_throttle_key(&request.credentials, request.origin.ip);
        let wanted = Wanted {
            client: request.credentials.client_id.as_deref(),
            throttle: throttle.as_deref(),
            family: presented.as_ref().map(|token| &token.family),
            signing_alg: Some(self.config.tokens.signing_alg),
            ..Wanted::default()
        };
        let mut facts = self.store.read().find_facts(&wanted, now).await?;
        let counted = throttle.as_deref().map(|key| (key, facts.counted));
        let client = self.authenticate_client(&request.credentials, facts.client.take(), counted, now).await?;
        let grant = match grant {
            None => return Err(Refusal::new(Code::InvalidRequest, Reason::MissingParameter).into()),
            Some(None) => return Err(Refusal::new(Code::UnsupportedGrantType, Reason::UnsupportedGrantType).into()),
            Some(Some(grant)) => grant,
        };
        if !client.may_use(grant) || (request.must_refresh && !client.may_use(GrantType::RefreshToken)) {
            return Err(Refusal::new(Code::UnauthorizedClient, Reason::GrantNotAllowed).into());
        }
        match grant {
            GrantType::Password => self.password_grant(request, client, facts, now).await,
            GrantType::RefreshToken => {
                let answer = self.refresh_grant(request, client, presented, facts, now).await;
                if let Err(Failure::Refused(refusal)) = &answer {
                    self.tally.refused_refreshes.count(refusal.reason);
                }
                answer
            }
            GrantType::ClientCredentials => self.client_credentials_grant(&request, &client, &facts, now).await,
        }
    }

    /// What a new sign-in of the client may be for: the scopes and the audience that it asks for, or its default ones.
    fn grantable(&self, request: &TokenRequest, client: &Client) -> Result<(Scopes, Vec<String>), Refusal> {
        let asked = request.asked_scopes()?;
        let scopes = client.grant_scopes(asked.as_ref()).map_err(|reason| Refusal::new(Code::InvalidScope, reason))?;
        let audience = client
            .grant_audience(&request.resources, self.config.issuer.as_str())
            .map_err(|reason| Refusal::new(Code::InvalidTarget, reason))?;
        Ok((scopes, audience))
    }
}
