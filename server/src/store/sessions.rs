//! Which sign-ins are there? Table `sessions`.

use std::fmt::Write as _;

use sea_orm::entity::prelude::*;
use sea_orm::{ActiveValue::Set, FromQueryResult, Statement, UpdateMany};

use super::token_families::sessions_of_client;
use super::{Batch, Read, Store, Stored, Write};
use crate::model::id::{SessionId, UserId};
use crate::model::reason::Reason;
use crate::model::session::{LivingSession, Session, SessionFilter};
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

/// Sessions with a living family. An absolute end and idleness end a family without a word.
const LIVING: &str = "SELECT s.id, s.user_id, s.client_id, c.name AS client_name, s.user_agent, s.ip, s.created_at, \
     MAX(f.answered_at) AS last_used_at, \
     MAX(CASE WHEN f.expires_at < f.answered_at + $2 THEN f.expires_at ELSE f.answered_at + $2 END) AS expires_at \
     FROM sessions s JOIN token_families f ON f.session_id = s.id LEFT JOIN clients c ON c.id = s.client_id \
     WHERE s.ended_at IS NULL AND f.revoked_at IS NULL AND f.expires_at > $1 AND f.answered_at + $2 > $1";
/// Newest first: ids sort by age.
const IN_ORDER: &str =
    " GROUP BY s.id, s.user_id, s.client_id, c.name, s.user_agent, s.ip, s.created_at ORDER BY s.id DESC";

impl Read {
    /// Living sessions, newest first: those older than `after`, `limit` at most.
    pub(crate) async fn list_living_sessions(
        &self,
        filter: &SessionFilter,
        now: Timestamp,
        idle_ttl: i64,
        after: Option<&SessionId>,
        limit: Option<i64>,
    ) -> Stored<Vec<LivingSession>> {
        let mut sql = LIVING.to_owned();
        let mut values: Vec<Value> = vec![now.0.into(), idle_ttl.into()];
        let mut narrow = |condition: &str, value: Option<Value>| {
            if let Some(value) = value {
                values.push(value);
                let _ = write!(sql, "{condition}${}", values.len());
            }
        };
        narrow(" AND s.id = ", filter.id.as_ref().map(|id| id.as_str().into()));
        narrow(" AND s.user_id = ", filter.user_id.as_ref().map(|id| id.as_str().into()));
        narrow(" AND f.client_id = ", filter.client_id.as_deref().map(Into::into));
        narrow(" AND s.id < ", after.map(|id| id.as_str().into()));
        sql.push_str(IN_ORDER);
        if let Some(limit) = limit {
            values.push(limit.into());
            let _ = write!(sql, " LIMIT ${}", values.len());
        }
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

    /// Ends the sessions through a client that have no open family left.
    pub(crate) async fn end_sessions_of_client(&self, client_id: &str, now: Timestamp, reason: Reason) -> Stored<()> {
        let none_open = Expr::cust(
            "NOT EXISTS (SELECT 1 FROM token_families f WHERE f.session_id = sessions.id AND f.revoked_at IS NULL)",
        );
        let update =
            ending(now, reason).filter(Column::Id.in_subquery(sessions_of_client(client_id))).filter(none_open);
        update.exec(&self.executor()).await?;
        Ok(())
    }

    /// Forgets from where and with what a user signed in: what remains of a deleted one is for telling why tokens ended.
    pub(crate) async fn strip_sessions_of_user(&self, user: &UserId) -> Stored<()> {
        Entity::update_many()
            .col_expr(Column::UserAgent, Expr::value(None::<String>))
            .col_expr(Column::Ip, Expr::value(None::<String>))
            .filter(Column::UserId.eq(user.as_str()))
            .exec(&self.executor())
            .await?;
        Ok(())
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
