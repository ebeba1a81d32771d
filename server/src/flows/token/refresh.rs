//! What does a refresh token bring? The confirmed handover: each row of its table, on the real database.
//!
//! An ordinary refresh is one SELECT (read by the caller), a signature and one guarded UPDATE. A row with an event is a transaction in a
//! task of its own. A guard that matches no row means that another request was quicker: read, judge and sign again.

use std::sync::Arc;

use super::issue::{Issue, with_role};
use super::refresh_token::RefreshToken;
use super::{Granted, TokenRequest};
use crate::flows::refusal::{Code, Failure, Refusal};
use crate::flows::{Flows, event, to_its_end};
use crate::model::client::{Client, narrowed};
use crate::model::event::{Event, EventType};
use crate::model::reason::Reason;
use crate::model::scope::Scopes;
use crate::model::timestamp::Timestamp;
use crate::model::token_family::{Judgement, TokenFamily};
use crate::model::user::User;
use crate::store::{Facts, Line, StoreError, Wanted};

/// How often a lost guard is looked into.
const TRIES: usize = 8;

impl Flows {
    pub(super) async fn refresh_grant(
        self: &Arc<Self>,
        request: TokenRequest,
        client: Client,
        presented: Option<RefreshToken>,
        mut facts: Facts,
        now: Timestamp,
    ) -> Result<Granted, Failure> {
        if request.refresh_token.is_none() {
            return Err(Refusal::new(Code::InvalidRequest, Reason::MissingParameter).into());
        }
        let Some(presented) = presented else { return Err(Refusal::invalid_grant(Reason::UnknownToken).into()) };
        for _ in 0..TRIES {
            let (family, auth_time, user) = self.check_line(&presented, facts.line.take(), &client.id, now).await?;
            let judgement =
                family.judge(presented.generation, client.rotation, now, self.config.tokens.refresh_race_window);
            // A replay is a replay whatever else is wrong with the request; any other refusal changes nothing.
            let answer = match judgement {
                Judgement::Replay => Err(Refusal::invalid_grant(Reason::RefreshTokenReused)),
                Judgement::Wait { retry_after } => {
                    Err(Refusal::new(Code::TemporarilyUnavailable, Reason::WaitAndRetry).retry_after(retry_after))
                }
                _ => {
                    let generation = answered_generation(judgement, &family, presented.generation);
                    let (scopes, audience) = self.regrantable(&request, &client, &family)?;
                    let issue = Issue {
                        scopes: with_role(&scopes, &user),
                        audience,
                        client: &client,
                        user: &user,
                        auth_time,
                        signer: facts.signer.as_ref(),
                        now,
                    };
                    Ok(self.issue(&issue, &family, generation, true).await?)
                }
            };
            if self.carry_out(judgement, &family, &presented, &request, now).await? {
                self.tally.refreshes.row(judgement).count();
                return answer.map_err(Failure::from);
            }
            self.tally.refreshes.guards_lost.count();
            tracing::debug!("another request was quicker with this refresh token; looking again");
            let wanted = Wanted {
                family: Some(&presented.family),
                signing_alg: Some(self.config.tokens.signing_alg),
                ..Wanted::default()
            };
            facts = self.store.read().find_facts(&wanted, now).await?;
        }
        Err(Refusal::overloaded().into())
    }

    /// The line of a token, if the token is the family's, of whichever generation, the family the client's, and both alive with the user.
    pub(in crate::flows) async fn check_line(
        &self,
        presented: &RefreshToken,
        line: Option<Line>,
        client_id: &str,
        now: Timestamp,
    ) -> Result<(TokenFamily, Timestamp, User), Failure> {
        let Line { family, auth_time, user } = line.ok_or(Refusal::invalid_grant(Reason::UnknownToken))?;
        let reason = match self.judge_refresh_token(presented, &family).await? {
            // Without the key nobody can tell whose token it is; only the family's own client learns why it ended.
            None if family.client_id == client_id => Some(Reason::KeyRemoved),
            None | Some(false) => Some(Reason::UnknownToken),
            Some(true) if family.client_id != client_id => Some(Reason::OtherClient),
            Some(true) => family.ended(now, self.config.tokens.refresh_idle_ttl),
        };
        // Who is deleted or locked has no living family, but for one that came back at the edge of its idle life.
        match (reason, user) {
            (Some(reason), _) => Err(Refusal::invalid_grant(reason).into()),
            (None, None) => Err(Refusal::invalid_grant(Reason::UserDeleted).into()),
            (None, Some(user)) if user.locked_at.is_some() => Err(Refusal::invalid_grant(Reason::UserLocked).into()),
            (None, Some(user)) => Ok((family, auth_time, user)),
        }
    }

    /// What the new access token is for: what was granted and is still the client's, or less if less is asked for (RFC 6749 §6,
    /// RFC 8707 §2.2).
    fn regrantable(
        &self,
        request: &TokenRequest,
        client: &Client,
        family: &TokenFamily,
    ) -> Result<(Scopes, Vec<String>), Refusal> {
        let granted = family.scopes.common(&client.scopes);
        let scopes = match request.asked_scopes()? {
            None => granted,
            Some(asked) if asked.within(&granted) => asked,
            Some(_) => return Err(Refusal::new(Code::InvalidScope, Reason::ScopeNotAllowed)),
        };
        let refused = |reason| Refusal::new(Code::InvalidTarget, reason);
        let issuer = self.config.issuer.as_str();
        let own: Vec<_> = family.audience(issuer).filter(|aud| client.may_ask_for(aud, issuer)).collect();
        if own.is_empty() {
            return Err(refused(Reason::ResourceNotAllowed));
        }
        let all = || own.iter().map(|aud| (*aud).to_owned()).collect();
        let audience = narrowed(&request.resources, all, |resource| own.contains(&resource));
        Ok((scopes, audience.map_err(refused)?))
    }

    /// Does what was judged, if it still holds; false if another request was quicker.
    async fn carry_out(
        self: &Arc<Self>,
        judgement: Judgement,
        family: &TokenFamily,
        presented: &RefreshToken,
        request: &TokenRequest,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let (g, window) = (presented.generation, self.config.tokens.refresh_race_window);
        let write = self.store.write();
        match judgement {
            Judgement::Wait { .. } => Ok(true),
            Judgement::Step => write.step_family(&family.id, family.generation, now).await,
            // Within one second there is nothing to move.
            Judgement::Again | Judgement::Kept if family.answered_at >= now => Ok(true),
            Judgement::Again => write.answer_family_again(&family.id, family.generation, g, now, window).await,
            Judgement::Kept => write.keep_family(&family.id, family.generation, now).await,
            Judgement::Late | Judgement::Behind | Judgement::Replay => {
                let event = told(judgement, family, &request.origin.ip.to_string(), now);
                let (flows, family) = (Arc::clone(self), family.clone());
                to_its_end(async move { flows.carry_out_with_event(judgement, &family, g, &event, now).await }).await
            }
        }
    }

    async fn carry_out_with_event(
        &self,
        judgement: Judgement,
        family: &TokenFamily,
        g: i64,
        event: &Event,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let window = self.config.tokens.refresh_race_window;
        let tx = self.store.begin().await?;
        let done = match judgement {
            Judgement::Late => tx.retry_family(&family.id, family.generation, g, now, window).await?,
            Judgement::Behind => tx.catch_family_up(&family.id, g, now).await?,
            _ => {
                // Whoever ends things takes the user's row first, so that no two wait for each other.
                tx.lock_user_row(&family.user_id).await?;
                let ended = tx.end_family_of_replay(&family.id, g, now, window).await?;
                if ended && !tx.has_open_family(&family.session_id).await? {
                    tx.end_session(&family.session_id, now, Reason::RefreshTokenReused).await?;
                }
                ended
            }
        };
        if done {
            tx.insert_event(event).await?;
            tx.commit().await?;
        }
        Ok(done)
    }
}

/// The generation that is handed out.
const fn answered_generation(judgement: Judgement, family: &TokenFamily, presented: i64) -> i64 {
    match judgement {
        Judgement::Step | Judgement::Late => family.generation + 1,
        Judgement::Behind => presented + 1,
        Judgement::Again | Judgement::Kept | Judgement::Wait { .. } | Judgement::Replay => family.generation,
    }
}

/// The event that tells of it.
fn told(judgement: Judgement, family: &TokenFamily, ip: &str, now: Timestamp) -> Event {
    let (event_type, reason) = match judgement {
        Judgement::Replay => (EventType::RefreshTokenReused, Some(Reason::RefreshTokenReused)),
        Judgement::Behind => (EventType::DatabaseBehind, None),
        _ => (EventType::RefreshRetried, None),
    };
    let mut told = event(now, event_type, reason);
    told.user_id = Some(family.user_id.clone());
    told.client_id = Some(family.client_id.clone());
    told.session_id = Some(family.session_id.clone());
    told.ip = Some(ip.to_owned());
    told
}
