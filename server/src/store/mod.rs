//! Where are things kept? In SQLite or PostgreSQL, behind four types: [`Store`] begins, [`Read`] asks, [`Write`] writes, [`Tx`] writes
//! together or not at all.
//!
//! A single guarded statement needs no transaction: [`Store::write`] sends it by itself. [`Tx`] can do all that [`Write`] can,
//! and [`Write`] can read all that [`Read`] can.

mod client_origins;
mod clients;
mod connect;
mod connections;
mod error;
mod events;
mod facts;
mod lists;
mod revoked_tokens;
mod secret_keys;
mod sessions;
mod signing_keys;
mod sweep;
mod throttles;
mod token_families;
mod users;

use std::ops::Deref;
use std::sync::Arc;

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseExecutor, DatabaseTransaction, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};

pub use connect::{OpenError, Opened, Purpose};
pub use connections::Connections;
pub use error::StoreError;
pub use facts::{Facts, Line, Signer, Wanted};
pub(crate) use sweep::Batch;

/// What a store method answers.
pub type Stored<T> = std::result::Result<T, StoreError>;

/// The database. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    read: Arc<Read>,
    write: Arc<Write>,
}

/// What can be asked.
pub struct Read(Via);

/// What can be written, each statement by itself.
pub struct Write(Read);

/// Statements that happen together or not at all. Dropped without [`Tx::commit`], none of them happens.
pub struct Tx(Write);

enum Via {
    Pool(DatabaseConnection),
    Transaction(DatabaseTransaction),
}

impl Store {
    /// For reading: on SQLite beside the writer.
    #[must_use]
    pub fn read(&self) -> &Read {
        &self.read
    }

    /// For a write that is one guarded statement.
    #[must_use]
    pub fn write(&self) -> &Write {
        &self.write
    }

    /// Begins a transaction: `IMMEDIATE` on SQLite, READ COMMITTED on PostgreSQL. Await it in a task of its own, or a client that hangs up
    /// leaves it open.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn begin(&self) -> Stored<Tx> {
        let Via::Pool(pool) = &self.write.0.0 else {
            return Err(StoreError::Unavailable("nested transaction".to_owned()));
        };
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let transaction = pool.begin_with_options(options).await?;
        Ok(Tx(Write(Read(Via::Transaction(transaction)))))
    }

    /// Closes the pools after what is under way.
    pub async fn close(&self) {
        for read in [&*self.read, &self.write.0] {
            if let Via::Pool(pool) = &read.0
                && let Err(error) = pool.close_by_ref().await
            {
                tracing::warn!(%error, "the database did not close cleanly");
            }
        }
    }
}

impl Read {
    /// Whether the database answers.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn ping(&self) -> Stored<()> {
        Ok(self.executor().execute_unprepared("SELECT 1").await.map(drop)?)
    }

    fn executor(&self) -> DatabaseExecutor<'_> {
        match &self.0 {
            Via::Pool(pool) => DatabaseExecutor::Connection(pool),
            Via::Transaction(transaction) => DatabaseExecutor::Transaction(transaction),
        }
    }
}

impl Tx {
    /// Makes all of it happen.
    ///
    /// # Errors
    /// [`StoreError`]: then nothing of it happened.
    pub async fn commit(self) -> Stored<()> {
        match self.0.0.0 {
            Via::Transaction(transaction) => Ok(transaction.commit().await?),
            Via::Pool(_) => Ok(()),
        }
    }
}

impl Deref for Write {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.0
    }
}

impl Deref for Tx {
    type Target = Write;

    fn deref(&self) -> &Write {
        &self.0
    }
}
