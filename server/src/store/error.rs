//! What went wrong with the database: is it away, or is a statement of ours wrong?

use sea_orm::{DbErr, RuntimeErr};

/// A failure of the store. Neither text leaves the program but for its log.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It cannot be reached or cannot take more just now; a later try may succeed.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// A statement failed that should not have, or a row holds what we never wrote.
    #[error("database: {0}")]
    Broken(String),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        let away = match &error {
            DbErr::ConnectionAcquire(_) | DbErr::Conn(_) => true,
            DbErr::Exec(RuntimeErr::SqlxError(cause)) | DbErr::Query(RuntimeErr::SqlxError(cause)) => is_away(cause),
            _ => false,
        };
        if away { Self::Unavailable(error.to_string()) } else { Self::Broken(error.to_string()) }
    }
}

/// PostgreSQL's classes of lost connections, missing resources, operators at work and serialization; SQLite's busy, locked, full, read-only and I/O codes.
fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(database) => database.code().is_some_and(|code| {
            let sqlite = code.parse::<u32>().ok().filter(|_| code.len() < 5).map(|code| code & 0xff);
            sqlite.map_or_else(
                || ["08", "25006", "40", "53", "57", "58"].iter().any(|class| code.starts_with(class)),
                |primary| matches!(primary, 5 | 6 | 8 | 10 | 13 | 14),
            )
        }),
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::Protocol(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        _ => false,
    }
}
