//! Which sign-ins are there? Table `sessions`.

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, FromQueryResult, Statement, UpdateMany};

use super::{Batch, Read, Store, Stored, Write};
use crate::model::id::{SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::session::{LivingSession, Session};
use crate::model::timestamp::Timestamp;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    user_id: String,
    client_id: String,
    user_agent: Option<String>,
    ip: Option<String>,
    created_at: i64,
    ended_at: Option<i64>,
    ended_reason: Option<String>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for Session {
    fn from(row: Model) -> Self {
        Self {
            id: SessionId::stored(row.id),
            user_id: UserId::stored(row.user_id),
            client_id: row.client_id,
            user_agent: row.user_agent,
            ip: row.ip,
            created_at: Timestamp(row.created_at),
        }
    }
}

#[derive(FromQueryResult)]
struct LivingRow {
    id: String,
    user_id: String,
    client_id: String,
    client_name: Option<String>,
    user_agent: Option<String>,
    ip: Option<String>,
    created_at: i64,
    last_used_at: i64,
    expires_at: i64,
}

/// Sessions with a living family, newest first: ids sort by age. An absolute end and idleness end a family without a word. What narrows them stands between.
macro_rules! living {
    ($narrower:literal) => {
        concat!(
            "SELECT s.id, s.user_id, s.client_id, c.name AS client_name, s.user_agent, s.ip, s.created_at, \
             MAX(f.answered_at) AS last_used_at, \
             MAX(CASE WHEN f.expires_at < f.answered_at + $2 THEN f.expires_at ELSE f.answered_at + $2 END) AS expires_at \
             FROM sessions s JOIN token_families f ON f.session_id = s.id LEFT JOIN clients c ON c.id = s.client_id \
             WHERE s.ended_at IS NULL AND f.revoked_at IS NULL AND f.expires_at > $1 AND f.answered_at + $2 > $1",
            $narrower,
            " GROUP BY s.id, s.user_id, s.client_id, c.name, s.user_agent, s.ip, s.created_at ORDER BY s.id DESC"
        )
    };
}
const LIVING: &str = living!("");
const LIVING_OF_USER: &str = living!(" AND s.user_id = $3");
const PAGE_OF_USER: &str = concat!(living!(" AND s.user_id = $3"), " LIMIT $4");
const NEXT_PAGE_OF_USER: &str = concat!(living!(" AND s.user_id = $3 AND s.id < $5"), " LIMIT $4");

impl Read {
    /// Every living session, newest first.
    pub(crate) async fn list_living_sessions(&self, now: Timestamp, idle_ttl: i64) -> Stored<Vec<LivingSession>> {
        self.list_living(LIVING, vec![now.0.into(), idle_ttl.into()]).await
    }

    /// The living sessions of a user, newest first.
    pub(crate) async fn list_living_sessions_of_user(
        &self,
        user: &UserId,
        now: Timestamp,
        idle_ttl: i64,
    ) -> Stored<Vec<LivingSession>> {
        self.list_living(LIVING_OF_USER, vec![now.0.into(), idle_ttl.into(), user.as_str().into()]).await
    }

    /// A page of them: `limit` at most, those older than `after`.
    pub(crate) async fn page_living_sessions_of_user(
        &self,
        user: &UserId,
        now: Timestamp,
        idle_ttl: i64,
        after: Option<&SessionId>,
        limit: i64,
    ) -> Stored<Vec<LivingSession>> {
        let mut values = vec![now.0.into(), idle_ttl.into(), user.as_str().into(), limit.into()];
        match after {
            None => self.list_living(PAGE_OF_USER, values).await,
            Some(after) => {
                values.push(after.as_str().into());
                self.list_living(NEXT_PAGE_OF_USER, values).await
            }
        }
    }

    async fn list_living(&self, sql: &str, values: Vec<Value>) -> Stored<Vec<LivingSession>> {
        let executor = self.executor();
        let statement = Statement::from_sql_and_values(executor.get_database_backend(), sql, values);
        let rows = LivingRow::find_by_statement(statement).all(&executor).await?;
        Ok(rows
            .into_iter()
            .map(|row| LivingSession {
                session: Session {
                    id: SessionId::stored(row.id),
                    user_id: UserId::stored(row.user_id),
                    client_id: row.client_id,
                    user_agent: row.user_agent,
                    ip: row.ip,
                    created_at: Timestamp(row.created_at),
                },
                client_name: row.client_name,
                last_used_at: Timestamp(row.last_used_at),
                expires_at: Timestamp(row.expires_at),
            })
            .collect())
    }

    /// The session of this id, living or not.
    pub(crate) async fn find_session(&self, id: &SessionId) -> Stored<Option<Session>> {
        Ok(Entity::find_by_id(id.as_str()).one(&self.executor()).await?.map(Session::from))
    }
}

impl Write {
    /// Adds a sign-in.
    pub(crate) async fn insert_session(&self, session: &Session) -> Stored<()> {
        let row = ActiveModel {
            id: Set(session.id.to_string()),
            user_id: Set(session.user_id.to_string()),
            client_id: Set(session.client_id.clone()),
            user_agent: Set(session.user_agent.clone()),
            ip: Set(session.ip.clone()),
            created_at: Set(session.created_at.0),
            ended_at: Set(None),
            ended_reason: Set(None),
        };
        Entity::insert(row).exec_without_returning(&self.executor()).await?;
        Ok(())
    }

    /// Ends a session; false if it was ended already. Its families are ended by a statement of their own.
    pub(crate) async fn end_session(&self, id: &SessionId, now: Timestamp, reason: Reason) -> Stored<bool> {
        let update = ending(now, reason).filter(Column::Id.eq(id.as_str()));
        Ok(update.exec(&self.executor()).await?.rows_affected == 1)
    }

    /// Ends the sessions of a user, but for `spared`.
    pub(crate) async fn end_sessions_of_user(
        &self,
        user: &UserId,
        spared: Option<&SessionId>,
        now: Timestamp,
        reason: Reason,
    ) -> Stored<()> {
        let mut update = ending(now, reason).filter(Column::UserId.eq(user.as_str()));
        if let Some(spared) = spared {
            update = update.filter(Column::Id.ne(spared.as_str()));
        }
        update.exec(&self.executor()).await?;
        Ok(())
    }

    /// Ends every session there is.
    pub(crate) async fn end_every_session(&self, now: Timestamp, reason: Reason) -> Stored<()> {
        ending(now, reason).exec(&self.executor()).await?;
        Ok(())
    }
}

/// Ends what has not been ended.
fn ending(now: Timestamp, reason: Reason) -> UpdateMany<Entity> {
    Entity::update_many()
        .col_expr(Column::EndedAt, Expr::value(now.0))
        .col_expr(Column::EndedReason, Expr::value(reason.as_str()))
        .filter(Column::EndedAt.is_null())
}

impl Store {
    /// Deletes sessions of which no family is left, if they began at `by` or before: among the next after the key `after`.
    pub(crate) async fn delete_expired_sessions(&self, after: String, by: Timestamp) -> Stored<Batch> {
        let bare = Expr::cust("NOT EXISTS (SELECT 1 FROM token_families f WHERE f.session_id = sessions.id)");
        let old = Entity::find().filter(Column::Id.lt(SessionId::first_after(by).as_str()));
        self.delete_along(old, Column::Id, after, bare).await
    }
}
