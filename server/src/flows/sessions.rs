//! Which sessions does a user have, what happened in them, and how are they ended?

use std::sync::Arc;

use super::acting::hold;
use super::{By, Denied, Flows, ListRefusal, Origin, Page, Signed, event, page, to_its_end};
use crate::model::event::{Event, EventFilter, EventType};
use crate::model::id::{EventId, SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::session::{LivingSession, Session, SessionFilter};
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;

/// What cursors call the list of events.
const EVENTS: &str = "events";

/// Why a session was not ended.
#[derive(Debug)]
pub enum SessionRefusal {
    /// There is none of this id, or it is another's.
    NotFound,
    /// Who asks may not.
    Denied(Denied),
    /// The database failed.
    Store(StoreError),
}

impl From<Denied> for SessionRefusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Store(error) => Self::Store(error),
            denied => Self::Denied(denied),
        }
    }
}

impl From<StoreError> for SessionRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl Flows {
    /// Living sessions; `limit` at most, after `cursor`.
    ///
    /// # Errors
    /// [`ListRefusal`].
    pub async fn page_sessions(
        &self,
        filter: &SessionFilter,
        limit: u16,
        cursor: Option<&str>,
    ) -> Result<Page<LivingSession>, ListRefusal> {
        let now = self.clock.now();
        let after = page::read(cursor, SessionId::parse)?;
        let (idle_ttl, one_more) = (self.config.tokens.refresh_idle_ttl, i64::from(limit) + 1);
        let items =
            self.store.read().list_living_sessions(filter, now, idle_ttl, after.as_ref(), Some(one_more)).await?;
        Ok(Page::of(items, limit, |last| last.session.id.to_string()))
    }

    /// The living session of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_living_session(&self, id: &SessionId) -> Result<Option<LivingSession>, StoreError> {
        self.living_session(id, self.clock.now()).await
    }

    /// The session of this id, if it lives at `now`.
    pub(super) async fn living_session(
        &self,
        id: &SessionId,
        now: Timestamp,
    ) -> Result<Option<LivingSession>, StoreError> {
        let filter = SessionFilter { id: Some(id.clone()), ..SessionFilter::default() };
        let idle_ttl = self.config.tokens.refresh_idle_ttl;
        Ok(self.store.read().list_living_sessions(&filter, now, idle_ttl, None, None).await?.pop())
    }

    /// What happened; `limit` at most, after `cursor`.
    ///
    /// # Errors
    /// [`ListRefusal`].
    pub async fn page_events(
        &self,
        filter: &EventFilter,
        limit: u16,
        cursor: Option<&str>,
    ) -> Result<Page<Event>, ListRefusal> {
        let before = page::read(cursor, |cursor| page::read_place(EVENTS, cursor).map(|(place, _)| place))?;
        let items = self.store.read().page_events(filter, before, u64::from(limit) + 1).await?;
        Ok(Page::of(items, limit, |(place, _)| page::write_place(EVENTS, *place, "")).map(|(_, event)| event))
    }

    /// The event of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_event(&self, id: &EventId) -> Result<Option<Event>, StoreError> {
        self.store.read().find_event(id).await
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
        let id = SessionId::parse(id).ok_or(SessionRefusal::NotFound)?;
        let session = self.store.read().find_session(&id).await?;
        let session = session.filter(|session| session.user_id == signed.user.id).ok_or(SessionRefusal::NotFound)?;
        let (event_type, reason) = if id == signed.family.session_id {
            (EventType::SignedOut, Reason::SignedOut)
        } else {
            (EventType::SessionEnded, Reason::SessionEnded)
        };
        self.end_one(session, event_type, reason, signed.oneself(origin)).await
    }

    /// Ends a session by its `sid`: what an administrator does.
    ///
    /// # Errors
    /// [`SessionRefusal`].
    pub async fn revoke_session(self: &Arc<Self>, id: &str, by: By) -> Result<(), SessionRefusal> {
        let id = SessionId::parse(id).ok_or(SessionRefusal::NotFound)?;
        let session = self.store.read().find_session(&id).await?.ok_or(SessionRefusal::NotFound)?;
        self.end_one(session, EventType::SessionEnded, Reason::EndedByAdmin, by).await
    }

    async fn end_one(
        self: &Arc<Self>,
        session: Session,
        event_type: EventType,
        reason: Reason,
        by: By,
    ) -> Result<(), SessionRefusal> {
        let now = self.clock.now();
        let flows = Arc::clone(self);
        to_its_end(async move {
            let idle_ttl = flows.config.tokens.refresh_idle_ttl;
            let tx = flows.store.begin().await?;
            hold(&tx, &by, &[&session.user_id], false).await?;
            // One that has ended already keeps its reason.
            let alive = tx.revoke_families_of_session(&session.id, now, idle_ttl, reason).await?;
            if !alive || !tx.end_session(&session.id, now, reason).await? {
                return Err(SessionRefusal::NotFound);
            }
            tx.insert_event(&ended(&session, now, event_type, reason, &by)).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Signs the user out everywhere, or everywhere else.
    ///
    /// # Errors
    /// [`SessionRefusal`].
    pub async fn end_sessions(
        self: &Arc<Self>,
        signed: &Signed,
        keep_current: bool,
        origin: &Origin,
    ) -> Result<(), SessionRefusal> {
        let spared = keep_current.then(|| signed.family.session_id.clone());
        self.end_all_of(&signed.user.id, spared, Reason::SignedOutEverywhere, signed.oneself(origin)).await
    }

    /// Ends every session of a user: what an administrator does.
    ///
    /// # Errors
    /// [`SessionRefusal`].
    pub async fn revoke_sessions_of(self: &Arc<Self>, user: &UserId, by: By) -> Result<(), SessionRefusal> {
        self.end_all_of(user, None, Reason::EndedByAdmin, by).await
    }

    async fn end_all_of(
        self: &Arc<Self>,
        user: &UserId,
        spared: Option<SessionId>,
        reason: Reason,
        by: By,
    ) -> Result<(), SessionRefusal> {
        let now = self.clock.now();
        let (flows, user) = (Arc::clone(self), user.clone());
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            // The user's row first: a sign-in under way is waited for, and then ended with the others.
            let rows = hold(&tx, &by, &[&user], false).await?;
            if !rows.iter().any(|row| row.id == user) {
                return Err(SessionRefusal::NotFound);
            }
            flows.end_all(&tx, &user, spared.as_ref(), now, reason, &by).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Every living session, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_all_sessions(&self) -> Result<Vec<LivingSession>, StoreError> {
        let now = self.clock.now();
        let idle_ttl = self.config.tokens.refresh_idle_ttl;
        self.store.read().list_living_sessions(&SessionFilter::default(), now, idle_ttl, None, None).await
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
            let living = tx.list_living_sessions(&SessionFilter::default(), now, idle_ttl, None, None).await?;
            tx.end_every_session(now, Reason::EndedByAdmin).await?;
            tx.revoke_every_family(now, idle_ttl, Reason::EndedByAdmin).await?;
            let events: Vec<_> = living
                .iter()
                .map(|living| {
                    ended(&living.session, now, EventType::SessionEnded, Reason::EndedByAdmin, &By::CommandLine)
                })
                .collect();
            tx.insert_events(&events).await?;
            tx.commit().await?;
            Ok(living.len())
        })
        .await
    }
}

/// The event that tells of a session's end.
pub(super) fn ended(session: &Session, now: Timestamp, event_type: EventType, reason: Reason, by: &By) -> Event {
    let mut ended = event(now, event_type, Some(reason));
    ended.user_id = Some(session.user_id.clone());
    ended.client_id = Some(session.client_id.clone());
    ended.session_id = Some(session.id.clone());
    by.sign(&mut ended, None);
    ended
}
