//! What happened? Table `events`: the audit log and the outbox.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    QueryOrder, QuerySelect, QueryTrait,
};

use super::{Batch, Read, Store, StoreError, Stored, Write};
use crate::model::event::{Event, EventFilter, EventType};
use crate::model::id::{EventId, SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::timestamp::Timestamp;

/// How many go in one statement: databases bound the values of one.
const BATCH: usize = 500;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub struct Model {
    #[sea_orm(primary_key)]
    seq: i64,
    id: String,
    at: i64,
    event_type: String,
    reason: Option<String>,
    user_id: Option<String>,
    client_id: Option<String>,
    session_id: Option<String>,
    ip: Option<String>,
    detail: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Event {
    type Error = StoreError;

    fn try_from(row: Model) -> Stored<Self> {
        let event_type = EventType::parse(&row.event_type)
            .ok_or_else(|| StoreError::Broken(format!("unknown event {}", row.event_type)))?;
        Ok(Self {
            id: EventId::stored(row.id),
            at: Timestamp(row.at),
            event_type,
            reason: row.reason.as_deref().and_then(Reason::parse),
            user_id: row.user_id.map(UserId::stored),
            client_id: row.client_id,
            session_id: row.session_id.map(SessionId::stored),
            ip: row.ip,
            detail: row.detail,
        })
    }
}

impl Read {
    /// What happened, newest first, before `before` where that is given; each with its place in the log.
    pub(crate) async fn page_events(
        &self,
        filter: &EventFilter,
        before: Option<i64>,
        limit: u64,
    ) -> Stored<Vec<(i64, Event)>> {
        let EventFilter { event_type, reason, user_id, client_id, session_id } = filter;
        let query = Entity::find()
            .apply_if(before, |query, before| query.filter(Column::Seq.lt(before)))
            .apply_if(event_type.as_ref(), |query, kind| query.filter(Column::EventType.eq(kind.as_str())))
            .apply_if(reason.as_ref(), |query, reason| query.filter(Column::Reason.eq(reason.as_str())))
            .apply_if(user_id.as_ref(), |query, user| query.filter(Column::UserId.eq(user.as_str())))
            .apply_if(client_id.as_deref(), |query, client| query.filter(Column::ClientId.eq(client)))
            .apply_if(session_id.as_ref(), |query, session| query.filter(Column::SessionId.eq(session.as_str())));
        let rows = query.order_by_desc(Column::Seq).limit(limit).all(&self.executor()).await?;
        rows.into_iter().map(|row| Ok((row.seq, row.try_into()?))).collect()
    }

    /// The event of this id.
    pub(crate) async fn find_event(&self, id: &EventId) -> Stored<Option<Event>> {
        let row = Entity::find().filter(Column::Id.eq(id.as_str())).one(&self.executor()).await?;
        row.map(Event::try_from).transpose()
    }
}

impl Write {
    /// Adds an event, in the transaction of what it tells.
    pub(crate) async fn insert_event(&self, event: &Event) -> Stored<()> {
        self.insert_events(std::slice::from_ref(event)).await
    }

    /// Writes nothing, in about the time that adding an event takes.
    pub(crate) async fn insert_no_event(&self) -> Stored<()> {
        // No event has this place.
        Entity::delete_by_id(0).exec(&self.executor()).await?;
        Ok(())
    }

    /// Adds events, in the transaction of what they tell.
    pub(crate) async fn insert_events(&self, events: &[Event]) -> Stored<()> {
        for batch in events.chunks(BATCH) {
            Entity::insert_many(batch.iter().map(row_of)).exec_without_returning(&self.executor()).await?;
        }
        Ok(())
    }

    /// Forgets where the events of a user came from: what remains of a deleted one is its id.
    pub(crate) async fn strip_events_of_user(&self, user: &UserId) -> Stored<()> {
        Entity::update_many()
            .col_expr(Column::Ip, Expr::value(None::<String>))
            .filter(Column::UserId.eq(user.as_str()))
            .exec(&self.executor())
            .await?;
        Ok(())
    }
}

impl Store {
    /// Deletes some of the events of `by` and before.
    pub(crate) async fn delete_expired_events(&self, by: Timestamp) -> Stored<Batch> {
        self.delete_first::<Entity, i64>(Column::At, Column::Seq, Column::At.lte(by.0)).await
    }
}

fn row_of(event: &Event) -> ActiveModel {
    ActiveModel {
        seq: NotSet,
        id: Set(event.id.to_string()),
        at: Set(event.at.0),
        event_type: Set(event.event_type.as_str().to_owned()),
        reason: Set(event.reason.map(|reason| reason.as_str().to_owned())),
        user_id: Set(event.user_id.as_ref().map(ToString::to_string)),
        client_id: Set(event.client_id.clone()),
        session_id: Set(event.session_id.as_ref().map(ToString::to_string)),
        ip: Set(event.ip.clone()),
        detail: Set(event.detail.clone()),
    }
}
