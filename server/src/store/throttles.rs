//! How many failures were there? Table `throttles`, one row a key, updated in place.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::{ConnectionTrait, Statement};

use super::{Batch, Read, Store, Stored, Write};
use crate::model::throttle::{Bound, Counted, FAILURES_KEPT, WAITS_KEPT};
use crate::model::timestamp::Timestamp;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "throttles")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    key: String,
    failures: i64,
    since: i64,
    retry_at: i64,
    last_failed_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// One more failure in a row.
const COUNT_IN_A_ROW: &str = "INSERT INTO throttles (key, failures, since, retry_at, last_failed_at) VALUES ($1, 1, $2, 0, $2) \
     ON CONFLICT (key) DO UPDATE SET failures = throttles.failures + 1, last_failed_at = $2 RETURNING failures";

/// One more failure in the window that began at most `$3` seconds ago, or the first of a new one.
const COUNT_WITHIN: &str = "INSERT INTO throttles (key, failures, since, retry_at, last_failed_at) VALUES ($1, 1, $2, 0, $2) \
     ON CONFLICT (key) DO UPDATE SET failures = CASE WHEN throttles.since <= $2 - $3 OR throttles.since > $2 THEN 1 ELSE throttles.failures + 1 END, \
     since = CASE WHEN throttles.since <= $2 - $3 OR throttles.since > $2 THEN $2 ELSE throttles.since END, \
     last_failed_at = $2 RETURNING failures";

/// Failure `$2`, if none was counted since `$5` and `$6` were seen. A row that has been forgotten since then is made again, as it was.
const CONSUME_TRY: &str = "INSERT INTO throttles (key, failures, since, retry_at, last_failed_at) VALUES ($1, $2, $3, $4, $7) \
     ON CONFLICT (key) DO UPDATE SET failures = $2, retry_at = $4, last_failed_at = $7 \
     WHERE throttles.failures = $5 AND throttles.retry_at = $6";

impl Read {
    /// What was counted under each of these keys, in their order.
    pub(crate) async fn list_counted(&self, keys: &[String]) -> Stored<Vec<Option<Counted>>> {
        let rows = Entity::find().filter(Column::Key.is_in(keys)).all(&self.executor()).await?;
        Ok(keys
            .iter()
            .map(|key| {
                rows.iter().find(|row| row.key == *key).map(|row| Counted {
                    failures: row.failures,
                    since: Timestamp(row.since),
                    retry_at: Timestamp(row.retry_at),
                })
            })
            .collect())
    }
}

impl Write {
    /// Reserves the one try that is let through: counts it as failed beforehand and puts the next off. False if another took it.
    pub(crate) async fn consume_try(&self, key: &str, bound: Bound, seen: Counted, now: Timestamp) -> Stored<bool> {
        let executor = self.executor();
        let failures = seen.failures + 1;
        let values = [
            key.into(),
            failures.into(),
            seen.since.0.into(),
            now.plus(bound.wait_after(failures)).0.into(),
            seen.failures.into(),
            seen.retry_at.0.into(),
            now.0.into(),
        ];
        let upsert = Statement::from_sql_and_values(executor.get_database_backend(), CONSUME_TRY, values);
        Ok(executor.execute_raw(upsert).await?.rows_affected() == 1)
    }

    /// Gives a reserved try back that nobody came to make, if none was counted since.
    pub(crate) async fn return_try(&self, key: &str, seen: Counted) -> Stored<()> {
        let update = Entity::update_many()
            .col_expr(Column::Failures, Expr::value(seen.failures))
            .col_expr(Column::RetryAt, Expr::value(seen.retry_at.0))
            .filter(Column::Key.eq(key))
            .filter(Column::Failures.eq(seen.failures + 1));
        update.exec(&self.executor()).await?;
        Ok(())
    }

    /// Counts a failure.
    pub(crate) async fn count_failure(&self, key: &str, bound: Bound, now: Timestamp) -> Stored<()> {
        let executor = self.executor();
        let backend = executor.get_database_backend();
        let statement = match bound {
            Bound::InARow { .. } => Statement::from_sql_and_values(backend, COUNT_IN_A_ROW, [key.into(), now.0.into()]),
            Bound::Within { seconds, .. } => {
                Statement::from_sql_and_values(backend, COUNT_WITHIN, [key.into(), now.0.into(), seconds.into()])
            }
        };
        let failures = match executor.query_one_raw(statement).await? {
            Some(row) => row.try_get::<i64>("", "failures")?,
            None => 0,
        };
        let wait = bound.wait_after(failures);
        if wait > 0 {
            let update = Entity::update_many()
                .col_expr(Column::RetryAt, Expr::value(now.plus(wait).0))
                .filter(Column::Key.eq(key))
                .filter(Column::Failures.eq(failures));
            update.exec(&executor).await?;
        }
        Ok(())
    }

    /// Forgets what was counted: a good sign-in.
    pub(crate) async fn clear_failures(&self, key: &str) -> Stored<()> {
        Entity::delete_by_id(key).exec(&self.executor()).await?;
        Ok(())
    }
}

impl Store {
    /// Deletes the rows that matter to nobody at `now`: among the next after the key `after`.
    pub(crate) async fn delete_expired_throttles(&self, after: String, now: Timestamp) -> Stored<Batch> {
        let failed_long_ago = Column::LastFailedAt.lte(now.minus(FAILURES_KEPT).0);
        let forgotten = failed_long_ago.and(Column::RetryAt.lte(now.minus(WAITS_KEPT).0));
        self.delete_along(Entity::find(), Column::Key, after, forgotten).await
    }
}
