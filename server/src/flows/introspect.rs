//! What does a client learn about a token? (RFC 7662)

use std::sync::Arc;

use super::jwt::{Claims, Jti, Unverified, Verified};
use super::refusal::{Code, Failure, Refusal};
use super::token::RefreshToken;
use super::{Credentials, Flows, Origin};
use crate::model::client::{Client, ClientType};
use crate::model::reason::Reason;
use crate::model::timestamp::Timestamp;
use crate::store::{Facts, Wanted};

/// What is said of a token.
#[derive(Debug)]
pub enum Introspection {
    /// It is no good, or not the caller's business: nothing more.
    Inactive,
    /// An access token: its claims, the user's name and roles of today.
    Access {
        /// What it says.
        claims: Arc<Claims>,
        /// The user's name.
        username: Option<String>,
        /// The user's roles, as the database has them now.
        roles: Option<Vec<String>>,
    },
    /// A refresh token, told to the client that holds it.
    Refresh {
        /// Whose.
        sub: String,
        /// The user's name.
        username: String,
        /// Which client holds it.
        client_id: String,
        /// What it was granted for.
        scope: String,
        /// For whom.
        aud: Vec<String>,
        /// The session.
        sid: String,
        /// When this generation was made.
        iat: i64,
        /// When it ends if nobody uses it.
        exp: i64,
    },
}

/// What the token is, before anybody believes it.
enum Presented {
    Refresh(RefreshToken),
    Access(Unverified, Jti),
    Unknown,
}

impl Flows {
    /// Tells an authenticated confidential client about a token (RFC 7662 §2). `token_type_hint` needs no look: the forms differ.
    ///
    /// # Errors
    /// `invalid_client` before the token is looked at; `invalid_request` without a token.
    pub async fn introspect(
        &self,
        credentials: &Credentials,
        origin: &Origin,
        token: Option<&str>,
    ) -> Result<Introspection, Failure> {
        let now = self.clock.now();
        let presented = token.map_or(Presented::Unknown, |token| self.read_presented(token));
        let throttle = self.client_throttle_key(credentials, origin.ip);
        let mut wanted =
            Wanted { client: credentials.client_id.as_deref(), throttle: throttle.as_deref(), ..Wanted::default() };
        match &presented {
            Presented::Refresh(token) => wanted.family = Some(&token.family),
            Presented::Access(read, jti) => {
                wanted.kid = Some(read.kid());
                match jti {
                    Jti::Family(family, _) => wanted.family = Some(family),
                    Jti::Client => {
                        wanted.jti = Some(&read.claims().jti);
                        wanted.holder = Some((&read.claims().client_id, Timestamp(read.claims().iat)));
                    }
                }
            }
            Presented::Unknown => {}
        }
        let mut facts = self.store.read().find_facts(&wanted, now).await?;
        let counted = throttle.as_deref().map(|key| (key, facts.counted));
        let client = self.authenticate_client(credentials, facts.client.take(), counted, now).await?;
        if client.client_type == ClientType::Public {
            return Err(Refusal::new(Code::InvalidClient, Reason::ClientAuthenticationFailed).into());
        }
        let token = token.ok_or(Refusal::new(Code::InvalidRequest, Reason::MissingParameter))?;
        Ok(match presented {
            Presented::Refresh(token) => self.tell_of_refresh(&token, facts, &client, now),
            Presented::Access(read, jti) => match self.verify(token, read).await? {
                Some(verified) => self.tell_of_access(&verified, &jti, facts, &client, now).await,
                None => Introspection::Inactive,
            },
            Presented::Unknown => Introspection::Inactive,
        })
    }

    fn read_presented(&self, token: &str) -> Presented {
        if let Some(token) = RefreshToken::parse(token) {
            return Presented::Refresh(token);
        }
        let read = self.read_access_token(token).and_then(|read| Some((read.jti()?, read)));
        read.map_or(Presented::Unknown, |(jti, read)| Presented::Access(read, jti))
    }

    /// Only the newest generation is active, only its own client hears of it, and asking changes nothing.
    fn tell_of_refresh(&self, token: &RefreshToken, facts: Facts, client: &Client, now: Timestamp) -> Introspection {
        let idle_ttl = self.config.tokens.refresh_idle_ttl;
        let Some((user, family)) = facts.line.and_then(|line| Some((line.user?, line.family))) else {
            return Introspection::Inactive;
        };
        let active = family.client_id == client.id
            && token.is_of(&family, &self.secret_keys) == Some(true)
            && token.generation == family.generation
            && family.ended(now, idle_ttl).is_none();
        if !active {
            return Introspection::Inactive;
        }
        Introspection::Refresh {
            sub: user.id.to_string(),
            username: user.username,
            aud: family.audience(self.config.issuer.as_str()).map(str::to_owned).collect(),
            client_id: family.client_id,
            scope: family.scopes.to_string(),
            sid: family.session_id.to_string(),
            iat: family.rotated_at.0,
            exp: family.expires_at.min(family.answered_at.plus(idle_ttl)).0,
        }
    }

    async fn tell_of_access(
        &self,
        verified: &Verified,
        jti: &Jti,
        facts: Facts,
        client: &Client,
        now: Timestamp,
    ) -> Introspection {
        let claims = &verified.claims;
        if claims.client_id != client.id && !client.is_meant(&claims.aud, self.config.issuer.as_str()) {
            return Introspection::Inactive;
        }
        match jti {
            Jti::Client => {
                let active = facts.key_is_good && facts.holder_is_there && !facts.jti_is_revoked && claims.hold_at(now);
                if !active {
                    return Introspection::Inactive;
                }
                Introspection::Access { claims: Arc::clone(claims), username: None, roles: None }
            }
            Jti::Family(_, generation) => match self.living_line(verified, facts, now) {
                Err(_) => Introspection::Inactive,
                Ok(living) => {
                    self.confirm(&living.family, *generation, now).await;
                    Introspection::Access {
                        claims: Arc::clone(claims),
                        username: Some(living.user.username),
                        roles: Some(living.user.roles),
                    }
                }
            },
        }
    }
}
