//! How is what has expired deleted while requests are served? In batches: found beside the writer, then deleted by key under a guard that
//! says again what has expired.
//!
//! Nothing here waits for a row: one that somebody holds, another node's sweep too, is left for the next pass. So it is never part of a
//! deadlock, whatever it deletes in which order.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{LockBehavior, LockType, SimpleExpr};
use sea_orm::{QueryOrder, QuerySelect, QueryTrait, Select, TryGetable};

use super::{Store, Stored};

/// How many rows are looked at, and at most deleted, at once.
const BATCH: u64 = 500;

/// What one batch did.
pub(crate) struct Batch {
    /// Rows deleted.
    pub(crate) deleted: u64,
    /// After which key the next batch begins, unless this was the last.
    pub(crate) next: Option<String>,
}

impl Store {
    /// Looks at the next of these rows by their key, and deletes those that have expired: for a table where no index tells which.
    pub(super) async fn delete_along<E: EntityTrait>(
        &self,
        rows: Select<E>,
        key: E::Column,
        after: String,
        expired: SimpleExpr,
    ) -> Stored<Batch> {
        let rows = rows.filter(key.gt(after)).order_by_asc(key).limit(BATCH);
        let seen = rows.select_only().column(key).expr_as(expired.clone(), "expired");
        // As in WHERE, what is NULL is not true.
        let seen: Vec<(String, Option<bool>)> = seen.into_tuple().all(&self.read.executor()).await?;
        let next = seen.last().filter(|_| is_full(seen.len())).map(|(key, _)| key.clone());
        let dead = seen.into_iter().filter(|(_, expired)| *expired == Some(true)).map(|(key, _)| key).collect();
        Ok(Batch { deleted: self.delete_keys::<E, String>(key, dead, expired).await?, next })
    }

    /// Deletes the first of those that have expired, in the order of the index that tells which.
    pub(super) async fn delete_first<E: EntityTrait, K: Into<Value> + TryGetable>(
        &self,
        order: E::Column,
        key: E::Column,
        expired: SimpleExpr,
    ) -> Stored<Batch> {
        let first = E::find().filter(expired.clone()).order_by_asc(order).limit(BATCH);
        let dead: Vec<K> = first.select_only().column(key).into_tuple().all(&self.read.executor()).await?;
        let full = is_full(dead.len());
        let deleted = self.delete_keys::<E, K>(key, dead, expired).await?;
        // What was found and not deleted is in the hands of another node.
        Ok(Batch { deleted, next: (full && deleted > 0).then(String::new) })
    }

    async fn delete_keys<E: EntityTrait, K: Into<Value>>(
        &self,
        key: E::Column,
        keys: Vec<K>,
        expired: SimpleExpr,
    ) -> Stored<u64> {
        if keys.is_empty() {
            return Ok(0);
        }
        let still = E::find().select_only().column(key).filter(key.is_in(keys)).filter(expired).order_by_asc(key);
        let still = still.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).into_query();
        let delete = E::delete_many().filter(key.in_subquery(still));
        Ok(delete.exec(&self.write.executor()).await?.rows_affected)
    }
}

/// Whether there may be more after so many rows.
fn is_full(rows: usize) -> bool {
    u64::try_from(rows).is_ok_and(|rows| rows >= BATCH)
}
