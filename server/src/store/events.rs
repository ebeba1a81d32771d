//! What happened? Table `events`: the audit log and the outbox.

use sea_orm::entity::prelude::*;
use sea_orm::{
    ActiveValue::{NotSet, Set},
    QueryOrder, QuerySelect,
};

use super::{Batch, Read, Store, StoreError, Stored, Write};
use crate::model::event::{Event, EventType};
use crate::model::id::{EventId, SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::timestamp::Timestamp;

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

impl Read {
    /// What happened to a user, newest first, before `before` where that is given; each with its place in the log.
    pub(crate) async fn list_events_of_user(
        &self,
        user: &UserId,
        before: Option<i64>,
        limit: u64,
    ) -> Stored<Vec<(i64, Event)>> {
        let mut query = Entity::find().filter(Column::UserId.eq(user.as_str())).order_by_desc(Column::Seq).limit(limit);
        if let Some(before) = before {
            query = query.filter(Column::Seq.lt(before));
        }
        let rows = query.all(&self.executor()).await?;
        rows.into_iter()
            .map(|row| {
                let event_type = EventType::parse(&row.event_type)
                    .ok_or_else(|| StoreError::Broken(format!("unknown event {}", row.event_type)))?;
                Ok((
                    row.seq,
                    Event {
                        id: EventId::stored(row.id),
                        at: Timestamp(row.at),
                        event_type,
                        reason: row.reason.as_deref().and_then(Reason::parse),
                        user_id: row.user_id.map(UserId::stored),
                        client_id: row.client_id,
                        session_id: row.session_id.map(SessionId::stored),
                        ip: row.ip,
                    },
                ))
            })
            .collect()
    }
}

impl Write {
    /// Adds an event, in the transaction of what it tells.
    pub(crate) async fn insert_event(&self, event: &Event) -> Stored<()> {
        let row = ActiveModel {
            seq: NotSet,
            id: Set(event.id.to_string()),
            at: Set(event.at.0),
            event_type: Set(event.event_type.as_str().to_owned()),
            reason: Set(event.reason.map(|reason| reason.as_str().to_owned())),
            user_id: Set(event.user_id.as_ref().map(ToString::to_string)),
            client_id: Set(event.client_id.clone()),
            session_id: Set(event.session_id.as_ref().map(ToString::to_string)),
            ip: Set(event.ip.clone()),
            detail: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.executor()).await?;
        Ok(())
    }
}

impl Store {
    /// Deletes some of the events of `by` and before.
    pub(crate) async fn delete_expired_events(&self, by: Timestamp) -> Stored<Batch> {
        self.delete_first::<Entity, i64>(Column::At, Column::Seq, Column::At.lte(by.0)).await
    }
}
