//! How does a client give a token back? (RFC 7009)

use std::sync::Arc;

use super::jwt::{Jti, Unverified, Verified};
use super::refusal::{Code, Failure, Refusal};
use super::token::RefreshToken;
use super::{Credentials, Flows, Origin, event, to_its_end};
use crate::model::client::Client;
use crate::model::event::EventType;
use crate::model::reason::Reason;
use crate::model::timestamp::Timestamp;
use crate::store::{Facts, Line, StoreError, Wanted};

impl Flows {
    /// Ends what the token stands for; unknown, malformed and expired tokens are well revoked already (RFC 7009 §2.2).
    ///
    /// # Errors
    /// `invalid_client`; `invalid_request` without a token; `invalid_grant` for another client's (RFC 7009 §2.1).
    pub async fn revoke(
        self: &Arc<Self>,
        credentials: &Credentials,
        origin: &Origin,
        token: Option<&str>,
    ) -> Result<(), Failure> {
        let now = self.clock.now();
        let refresh = token.and_then(RefreshToken::parse);
        let access = token.filter(|_| refresh.is_none()).and_then(|token| self.read_access_token(token));
        let jti = access.as_ref().and_then(Unverified::jti);
        let throttle = self.client_throttle_key(credentials, origin.ip);
        let wanted = Wanted {
            client: credentials.client_id.as_deref(),
            throttle: throttle.as_deref(),
            family: match (&refresh, &jti) {
                (Some(token), _) => Some(&token.family),
                (None, Some(Jti::Family(family, _))) => Some(family),
                _ => None,
            },
            kid: access.as_ref().map(Unverified::kid),
            ..Wanted::default()
        };
        let mut facts = self.store.read().find_facts(&wanted, now).await?;
        let counted = throttle.as_deref().map(|key| (key, facts.counted));
        let client = self.authenticate_client(credentials, facts.client.take(), counted, now).await?;
        let token = token.ok_or(Refusal::new(Code::InvalidRequest, Reason::MissingParameter))?;
        if let Some(refresh) = refresh {
            return self.revoke_refresh(&refresh, facts.line, &client.id, origin, now).await;
        }
        let Some(read) = access.filter(|_| facts.key_is_good) else { return Ok(()) };
        match (self.verify(token, read).await?, jti) {
            (Some(verified), Some(jti)) => self.revoke_access(&verified, &jti, facts, &client, origin, now).await,
            _ => Ok(()),
        }
    }

    /// Ends what a refresh token stands for, if it is the client's.
    pub(super) async fn revoke_refresh(
        self: &Arc<Self>,
        token: &RefreshToken,
        line: Option<Line>,
        client_id: &str,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), Failure> {
        // A forged one names somebody's family: without a right MAC it is nobody's token.
        let real = match &line {
            Some(line) => self.judge_refresh_token(token, &line.family).await? == Some(true),
            None => false,
        };
        if real { self.end_line(line, client_id, origin, now).await } else { Ok(()) }
    }

    async fn revoke_access(
        self: &Arc<Self>,
        verified: &Verified,
        jti: &Jti,
        facts: Facts,
        client: &Client,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let claims = &verified.claims;
        if claims.client_id != client.id {
            return Err(Refusal::invalid_grant(Reason::OtherClient).into());
        }
        if now.0 >= claims.exp {
            return Ok(());
        }
        match jti {
            Jti::Family(..) => self.end_line(facts.line, &client.id, origin, now).await,
            Jti::Client => Ok(self.store.write().revoke_token(&claims.jti, Timestamp(claims.exp)).await?),
        }
    }

    /// Ends a family, and with its last one the session: the client has signed out.
    async fn end_line(
        self: &Arc<Self>,
        line: Option<Line>,
        client_id: &str,
        origin: &Origin,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let Some(family) = line.map(|line| line.family) else { return Ok(()) };
        if family.client_id != client_id {
            return Err(Refusal::invalid_grant(Reason::OtherClient).into());
        }
        if family.ended(now, self.config.tokens.refresh_idle_ttl).is_some() {
            return Ok(());
        }
        let (flows, ip) = (Arc::clone(self), origin.ip.to_string());
        let ended: Result<(), StoreError> = to_its_end(async move {
            let tx = flows.store.begin().await?;
            tx.lock_user_row(&family.user_id).await?;
            if !tx.revoke_family(&family.id, now, Reason::SignedOut).await? {
                return Ok(());
            }
            if !tx.has_open_family(&family.session_id).await? {
                tx.end_session(&family.session_id, now, Reason::SignedOut).await?;
            }
            let mut signed_out = event(now, EventType::SignedOut, Some(Reason::SignedOut));
            signed_out.user_id = Some(family.user_id);
            signed_out.client_id = Some(family.client_id);
            signed_out.session_id = Some(family.session_id);
            signed_out.ip = Some(ip);
            tx.insert_event(&signed_out).await?;
            tx.commit().await
        })
        .await;
        Ok(ended?)
    }
}
