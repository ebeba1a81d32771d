//! What stands in a new access token?

use super::Granted;
use crate::flows::jwt::{Claims, client_jti, family_jti, sign};
use crate::flows::refusal::Failure;
use crate::flows::{Flows, chance};
use crate::model::client::Client;
use crate::model::id::SessionId;
use crate::model::scope::{self, Scopes};
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use crate::model::token_family::{TokenFamily, kept_audience};
use crate::model::user::User;
use crate::store::{Signer, StoreError};

use super::refresh_token::RefreshToken;

/// For whom and for what a token is.
pub(super) struct Issue<'a> {
    pub(super) client: &'a Client,
    pub(super) user: &'a User,
    pub(super) auth_time: Timestamp,
    pub(super) scopes: Scopes,
    pub(super) audience: Vec<String>,
    pub(super) signer: Option<&'a Signer>,
    pub(super) now: Timestamp,
}

/// The scopes without `admin` where the user does not have the role.
pub(super) fn with_role(scopes: &Scopes, user: &User) -> Scopes {
    if user.is_administrator() { scopes.clone() } else { scopes.without(&[scope::ADMIN]) }
}

impl Flows {
    /// Life of the client's access tokens, in seconds.
    pub(super) fn access_ttl(&self, client: &Client) -> i64 {
        client.access_ttl.unwrap_or(self.config.tokens.access_ttl)
    }

    /// From when on a new access token of the client is no good: a life that became longer since the keys were rotated ends with the key.
    fn access_exp(&self, client: &Client, signer: Option<&Signer>, now: Timestamp) -> Timestamp {
        let exp = now.plus(self.access_ttl(client));
        signer.and_then(|signer| signer.gone_at).map_or(exp, |gone_at| exp.min(gone_at))
    }

    /// A family for a new sign-in, in its first generation.
    pub(super) fn new_family(
        &self,
        issue: &Issue<'_>,
        session_id: SessionId,
        refreshes: bool,
    ) -> Result<TokenFamily, StoreError> {
        let secret_key = self.secret_keys.newest().ok_or_else(|| StoreError::Broken("no secret key".to_owned()))?;
        let now = issue.now;
        // Without a refresh token a family lives as long as its one access token.
        let life = if refreshes {
            issue.client.refresh_ttl.unwrap_or(self.config.tokens.refresh_ttl)
        } else {
            self.access_ttl(issue.client)
        };
        Ok(TokenFamily {
            id: chance::id(now),
            session_id,
            user_id: issue.user.id.clone(),
            client_id: issue.client.id.clone(),
            scopes: issue.scopes.clone(),
            audience: kept_audience(&issue.audience, self.config.issuer.as_str()),
            secret_key_id: secret_key.id.clone(),
            seed: Secret::new(chance::bytes::<32>().to_vec()),
            generation: 1,
            previous_generation: 0,
            rotated_at: now,
            answered_at: now,
            confirmed_at: None,
            created_at: now,
            expires_at: now.plus(life),
            revoked_at: None,
            revoked_reason: None,
        })
    }

    /// The tokens of a generation of a family: an access token, and a refresh token if `refreshes`.
    pub(super) async fn issue(
        &self,
        issue: &Issue<'_>,
        family: &TokenFamily,
        generation: i64,
        refreshes: bool,
    ) -> Result<Granted, Failure> {
        let key = self.find_signing_key(issue.signer).await?;
        let exp = self.access_exp(issue.client, issue.signer, issue.now).min(family.expires_at);
        let claims = Claims {
            iss: self.config.issuer.as_str().to_owned(),
            sub: issue.user.id.to_string(),
            aud: issue.audience.clone(),
            client_id: issue.client.id.clone(),
            scope: issue.scopes.to_string(),
            iat: issue.now.0,
            exp: exp.0,
            nbf: None,
            jti: family_jti(&family.id, generation),
            sid: Some(family.session_id.to_string()),
            auth_time: Some(issue.auth_time.0),
            amr: Some(vec!["pwd".to_owned()]),
            roles: Some(issue.user.roles.clone()),
        };
        let refresh_token = if refreshes {
            let token = RefreshToken::write(family, generation, &self.secret_keys);
            Some(token.ok_or_else(|| StoreError::Broken("the family's secret key has gone".to_owned()))?)
        } else {
            None
        };
        let life = self.config.tokens.refresh_idle_ttl.min(family.expires_at.0 - issue.now.0);
        Ok(Granted {
            access_token: Secret::new(sign(&key, &claims)?),
            expires_in: exp.0 - issue.now.0,
            refresh_token,
            refresh_expires_in: if refreshes { life } else { 0 },
            scopes: issue.scopes.clone(),
        })
    }

    /// An access token of a client for itself (RFC 9068 §2.2).
    pub(super) async fn issue_to_client(
        &self,
        client: &Client,
        scopes: Scopes,
        audience: Vec<String>,
        signer: Option<&Signer>,
        now: Timestamp,
    ) -> Result<Granted, Failure> {
        let key = self.find_signing_key(signer).await?;
        let exp = self.access_exp(client, signer, now);
        let claims = Claims {
            iss: self.config.issuer.as_str().to_owned(),
            sub: client.id.clone(),
            aud: audience,
            client_id: client.id.clone(),
            scope: scopes.to_string(),
            // Never before the client was made, by whosever clock: its tokens are told from those of an earlier one of its id by that.
            iat: now.0.max(client.created_at.0),
            exp: exp.0,
            nbf: None,
            jti: client_jti(),
            sid: None,
            auth_time: None,
            amr: None,
            roles: None,
        };
        let expires_in = exp.0 - now.0;
        Ok(Granted {
            access_token: Secret::new(sign(&key, &claims)?),
            expires_in,
            refresh_token: None,
            refresh_expires_in: 0,
            scopes,
        })
    }
}
