//! Which sessions does a user have, what happened in them, and how are they ended?

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Flows, Origin, Signed, event, to_its_end};
use crate::model::event::{Event, EventType};
use crate::model::id::{SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::session::LivingSession;
use crate::store::StoreError;

/// A piece of a list, newest first.
#[derive(Debug)]
pub struct Page<T> {
    /// What stands on it.
    pub items: Vec<T>,
    /// What to ask for the next with.
    pub next_cursor: Option<String>,
}

/// Why a list was not shown or a session not ended.
#[derive(Debug)]
pub enum SessionRefusal {
    /// There is none of this id, or it is another's.
    NotFound,
    /// The cursor is none of ours.
    UnknownCursor,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for SessionRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Flows {
    /// The user's living sessions; `limit` at most, after `cursor`.
    ///
    /// # Errors
    /// [`SessionRefusal`].
    pub async fn list_sessions(
        &self,
        signed: &Signed,
        limit: u16,
        cursor: Option<&str>,
    ) -> Result<Page<LivingSession>, SessionRefusal> {
        let now = self.clock.now();
        let after = cursor.map(|cursor| SessionId::parse(cursor).ok_or(SessionRefusal::UnknownCursor)).transpose()?;
        let idle_ttl = self.config.tokens.refresh_idle_ttl;
        let user = &signed.line.user.id;
        let items = self
            .store
            .read()
            .page_living_sessions_of_user(user, now, idle_ttl, after.as_ref(), i64::from(limit) + 1)
            .await?;
        Ok(page(items, limit, |last| last.session.id.to_string()))
    }

    /// What happened to the user; `limit` at most, after `cursor`.
    ///
    /// # Errors
    /// [`SessionRefusal`].
    pub async fn list_activity(
        &self,
        signed: &Signed,
        limit: u16,
        cursor: Option<&str>,
    ) -> Result<Page<Event>, SessionRefusal> {
        let before = cursor.map(|cursor| read_cursor(cursor).ok_or(SessionRefusal::UnknownCursor)).transpose()?;
        let user = &signed.line.user.id;
        let items = self.store.read().list_events_of_user(user, before, u64::from(limit) + 1).await?;
        let Page { items, next_cursor } = page(items, limit, |(place, _)| URL_SAFE_NO_PAD.encode(place.to_be_bytes()));
        Ok(Page { items: items.into_iter().map(|(_, event)| event).collect(), next_cursor })
    }

    /// Ends one session of the user.
    ///
    /// # Errors
    /// [`SessionRefusal::NotFound`] for another's and for one that has ended.
    pub async fn end_session(
        self: &Arc<Self>,
        signed: &Signed,
        id: &str,
        origin: &Origin,
    ) -> Result<(), SessionRefusal> {
        let now = self.clock.now();
        let id = SessionId::parse(id).ok_or(SessionRefusal::NotFound)?;
        let session = self.store.read().find_session(&id).await?;
        let session =
            session.filter(|session| session.user_id == signed.line.user.id).ok_or(SessionRefusal::NotFound)?;
        let (event_type, reason) = if id == signed.line.family.session_id {
            (EventType::SignedOut, Reason::SignedOut)
        } else {
            (EventType::SessionEnded, Reason::SessionEnded)
        };
        let mut ended = event(now, event_type, Some(reason));
        ended.user_id = Some(session.user_id.clone());
        ended.client_id = Some(session.client_id);
        ended.session_id = Some(id);
        ended.ip = Some(origin.ip.to_string());
        self.end_with_event(session.user_id, ended, reason).await
    }

    /// Ends a session by its `sid`: what an operator does.
    ///
    /// # Errors
    /// [`SessionRefusal::NotFound`].
    pub async fn revoke_session(self: &Arc<Self>, id: &str) -> Result<(), SessionRefusal> {
        let now = self.clock.now();
        let id = SessionId::parse(id).ok_or(SessionRefusal::NotFound)?;
        let session = self.store.read().find_session(&id).await?.ok_or(SessionRefusal::NotFound)?;
        let mut ended = event(now, EventType::SessionEnded, Some(Reason::EndedByAdmin));
        ended.user_id = Some(session.user_id.clone());
        ended.client_id = Some(session.client_id);
        ended.session_id = Some(id);
        self.end_with_event(session.user_id, ended, Reason::EndedByAdmin).await
    }

    async fn end_with_event(
        self: &Arc<Self>,
        user: UserId,
        ended: Event,
        reason: Reason,
    ) -> Result<(), SessionRefusal> {
        let flows = Arc::clone(self);
        to_its_end(async move {
            let id = ended.session_id.clone().ok_or(SessionRefusal::NotFound)?;
            let idle_ttl = flows.config.tokens.refresh_idle_ttl;
            let tx = flows.store.begin().await?;
            tx.lock_user_row(&user).await?;
            // One that has ended already keeps its reason.
            let alive = tx.revoke_families_of_session(&id, ended.at, idle_ttl, reason).await?;
            if !alive || !tx.end_session(&id, ended.at, reason).await? {
                return Err(SessionRefusal::NotFound);
            }
            tx.insert_event(&ended).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Signs the user out everywhere, or everywhere else.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn end_sessions(
        self: &Arc<Self>,
        signed: &Signed,
        keep_current: bool,
        origin: &Origin,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let (flows, user, ip) = (Arc::clone(self), signed.line.user.id.clone(), origin.ip.to_string());
        let spared = keep_current.then(|| signed.line.family.session_id.clone());
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            // The user's row first: a sign-in under way is waited for, and then ended with the others.
            tx.lock_user_row(&user).await?;
            flows.end_all(&tx, &user, spared.as_ref(), now, Reason::SignedOutEverywhere, Some(&ip)).await?;
            tx.commit().await
        })
        .await
    }

    /// Every living session, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_all_sessions(&self) -> Result<Vec<LivingSession>, StoreError> {
        let now = self.clock.now();
        self.store.read().list_living_sessions(now, self.config.tokens.refresh_idle_ttl).await
    }

    /// Ends every session there is, and says how many were alive: what an operator does after a restored backup.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn revoke_all_sessions(self: &Arc<Self>) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let flows = Arc::clone(self);
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            let idle_ttl = flows.config.tokens.refresh_idle_ttl;
            tx.lock_every_user_row().await?;
            let living = tx.list_living_sessions(now, idle_ttl).await?;
            tx.end_every_session(now, Reason::EndedByAdmin).await?;
            tx.revoke_every_family(now, idle_ttl, Reason::EndedByAdmin).await?;
            for session in living.iter().map(|living| &living.session) {
                let mut ended = event(now, EventType::SessionEnded, Some(Reason::EndedByAdmin));
                ended.user_id = Some(session.user_id.clone());
                ended.client_id = Some(session.client_id.clone());
                ended.session_id = Some(session.id.clone());
                tx.insert_event(&ended).await?;
            }
            tx.commit().await?;
            Ok(living.len())
        })
        .await
    }
}

/// A page of what was read: one more than `limit` says that there is a next.
fn page<T>(mut items: Vec<T>, limit: u16, cursor: impl Fn(&T) -> String) -> Page<T> {
    let more = items.len() > usize::from(limit);
    items.truncate(usize::from(limit));
    let next_cursor = items.last().filter(|_| more).map(cursor);
    Page { items, next_cursor }
}

fn read_cursor(cursor: &str) -> Option<i64> {
    Some(i64::from_be_bytes(URL_SAFE_NO_PAD.decode(cursor).ok()?.try_into().ok()?))
}
