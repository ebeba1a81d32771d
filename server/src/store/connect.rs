//! How is the database opened, and is it one that this program understands?

use std::fs::File;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, Statement};
use sqlx::ConnectOptions;
use sqlx::pool::PoolOptions;
use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};

use super::{Read, Store, StoreError, Stored, Tx, Via, Write};
use crate::config::Database;

/// How long a request waits for a connection before it is told that the database is away.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long `grantd migrate` waits for others that migrate the same SQLite data.
const PATIENCE_TO_MIGRATE: Duration = Duration::from_mins(1);
/// Connections of one node to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 16;
/// Connections that read SQLite beside its one writer.
const SQLITE_READERS: u32 = 4;
/// The name of Grantd's migrations among PostgreSQL's advisory locks: "grantd" in ASCII.
const MIGRATION_LOCK: i64 = 0x6772_616e_7464;

/// Who opens the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The server: alone on its SQLite data, which it makes if it is not there.
    Serve,
    /// `grantd migrate`: beside a running server.
    Migrate,
    /// `grantd migrate --dry-run`: whatever is there, and nothing is made.
    Inspect,
    /// Any other command: data of this version, or nothing.
    Command,
}

/// An open database.
pub struct Opened {
    /// The database.
    pub store: Store,
    /// Held as long as the server runs; the operating system lets go of it with the process.
    pub lock: Option<File>,
    /// Names of the changes that its schema lacks, for [`Store::migrate`] to make.
    pub missing: Vec<String>,
    /// Whether it lacks them all: nobody has used it yet.
    pub new: bool,
}

/// Why a database cannot be used. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum OpenError {
    #[error("there is no data at {0}")]
    Missing(String),
    #[error("the data at {at} is of an older version ({count} changes to make): run `grantd migrate`")]
    Older { at: String, count: usize },
    #[error("the data at {0} was made by a newer grantd than this one: use that one, or a backup from before")]
    Newer(String),
    #[error("another grantd serves the data in {0}: stop it, or give this one another data_dir")]
    Busy(String),
    #[error("cannot use {at}: {cause}")]
    Unusable { at: String, cause: String },
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Store {
    /// Opens the database for `purpose`.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub async fn open(database: &Database, purpose: Purpose) -> std::result::Result<Opened, OpenError> {
        let at = describe(database);
        let unusable = |cause: String| OpenError::Unusable { at: at.clone(), cause };
        let (store, lock) = match database {
            Database::Sqlite { path } => open_sqlite(path, purpose, &at).await?,
            Database::Postgres(url) => {
                (open_postgres(url.expose()).await.map_err(|error| unusable(error.to_string()))?, None)
            }
        };
        let missing = names(&pending(&store, &at).await?);
        let new = missing.len() == Migrator::migrations().len();
        match purpose {
            Purpose::Command if new => Err(OpenError::Missing(at)),
            Purpose::Command if !missing.is_empty() => Err(OpenError::Older { at, count: missing.len() }),
            _ => Ok(Opened { store, lock, missing, new }),
        }
    }

    /// The changes that the database lacks; it is not made if it is not there.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn inspect(database: &Database) -> std::result::Result<Vec<String>, OpenError> {
        if matches!(database, Database::Sqlite { path } if !path.exists()) {
            return Ok(names(&Migrator::get_migration_files()));
        }
        let opened = Self::open(database, Purpose::Inspect).await?;
        opened.store.close().await;
        Ok(opened.missing)
    }

    /// Makes the missing changes, all or none, one server at a time.
    ///
    /// # Errors
    /// [`StoreError`]: then none was made.
    pub async fn migrate(&self) -> Stored<()> {
        let tx = self.begin().await?;
        tx.advisory_lock().await?;
        match &tx.0.0.0 {
            Via::Transaction(transaction) => Migrator::up(transaction, None).await?,
            Via::Pool(pool) => Migrator::up(pool, None).await?,
        }
        tx.commit().await
    }

    fn over(readers: DatabaseConnection, writer: DatabaseConnection) -> Self {
        Self { read: Arc::new(Read(Via::Pool(readers))), write: Arc::new(Write(Read(Via::Pool(writer)))) }
    }

    /// Erases a SQLite database that nobody serves.
    ///
    /// # Errors
    /// [`OpenError::Busy`], [`OpenError::Unusable`].
    pub fn erase(path: &Path) -> std::result::Result<(), OpenError> {
        let at = path.display().to_string();
        let _lock = lock_beside(path, &at)?;
        for suffix in ["", "-wal", "-shm"] {
            let mut name = path.as_os_str().to_owned();
            name.push(suffix);
            match std::fs::remove_file(&name) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(OpenError::Unusable { at, cause: error.to_string() });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Tx {
    /// One at a time among all nodes until the end of the transaction. SQLite's writer is alone anyway.
    async fn advisory_lock(&self) -> Stored<()> {
        let executor = self.executor();
        if executor.get_database_backend() == DbBackend::Postgres {
            let lock = Statement::from_sql_and_values(
                DbBackend::Postgres,
                "SELECT pg_advisory_xact_lock($1)",
                [MIGRATION_LOCK.into()],
            );
            executor.query_one_raw(lock).await?;
        }
        Ok(())
    }
}

fn describe(database: &Database) -> String {
    match database {
        Database::Sqlite { path } => path.display().to_string(),
        Database::Postgres(url) => PgConnectOptions::from_str(url.expose()).map_or_else(
            |_| "PostgreSQL".to_owned(),
            |options| {
                format!(
                    "PostgreSQL {}:{}/{}",
                    options.get_host(),
                    options.get_port(),
                    options.get_database().unwrap_or_default()
                )
            },
        ),
    }
}

async fn open_sqlite(path: &Path, purpose: Purpose, at: &str) -> std::result::Result<(Store, Option<File>), OpenError> {
    let unusable = |cause: std::io::Error| OpenError::Unusable { at: at.to_owned(), cause: cause.to_string() };
    let creates = matches!(purpose, Purpose::Serve | Purpose::Migrate);
    if !creates && !path.exists() {
        return Err(OpenError::Missing(at.to_owned()));
    }
    if creates && let Some(folder) = path.parent() {
        make_private_folder(folder).map_err(unusable)?;
    }
    if creates {
        make_private_file(path).map_err(unusable)?;
    }
    let lock = if purpose == Purpose::Serve { Some(lock_beside(path, at)?) } else { None };
    let store = sqlite_pools(path, purpose, creates)
        .await
        .map_err(|error| OpenError::Unusable { at: at.to_owned(), cause: error.to_string() })?;
    Ok((store, lock))
}

/// The data holds password hashes and keys: nobody else's business.
fn make_private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// SQLite gives the files beside the database its mode.
fn make_private_file(path: &Path) -> std::io::Result<()> {
    let mut options = File::options();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

/// A lock file beside the database: SQLite's own locks come and go, and a lock of the operating system dies with its process.
fn lock_beside(path: &Path, at: &str) -> std::result::Result<File, OpenError> {
    let name = path.with_extension("lock");
    let unusable =
        |cause: std::io::Error| OpenError::Unusable { at: name.display().to_string(), cause: cause.to_string() };
    make_private_file(&name).map_err(unusable)?;
    let file = File::options().append(true).open(&name).map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(std::fs::TryLockError::WouldBlock) => Err(OpenError::Busy(at.to_owned())),
        Err(std::fs::TryLockError::Error(cause)) => Err(unusable(cause)),
    }
}

async fn sqlite_pools(path: &Path, purpose: Purpose, create: bool) -> std::result::Result<Store, sqlx::Error> {
    let patience = if purpose == Purpose::Migrate { PATIENCE_TO_MIGRATE } else { PATIENCE };
    let options = SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(create)
        .journal_mode(SqliteJournalMode::Wal)
        // A sign-out that was answered must not come back after a power cut.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(patience)
        .statement_cache_capacity(200)
        .disable_statement_logging();
    let pool = |connections: u32| {
        PoolOptions::<sqlx::Sqlite>::new()
            .max_connections(connections)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .idle_timeout(None)
            .max_lifetime(None)
    };
    let writer: DatabaseConnection = pool(1).min_connections(1).connect_with(options.clone()).await?.into();
    let readers: DatabaseConnection = pool(SQLITE_READERS).connect_lazy_with(options.read_only(true)).into();
    Ok(Store::over(readers, writer))
}

async fn open_postgres(url: &str) -> std::result::Result<Store, sqlx::Error> {
    let options = PgConnectOptions::from_str(url)?.application_name("grantd").disable_statement_logging();
    let pool = PoolOptions::<sqlx::Postgres>::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .test_before_acquire(false)
        // A connection that lay idle may have died with its server; one in use has shown that it lives.
        .before_acquire(|connection, about| {
            Box::pin(async move {
                if about.idle_for > Duration::from_secs(30) {
                    return Ok(sqlx::Connection::ping(connection).await.is_ok());
                }
                Ok(true)
            })
        })
        .connect_with(options)
        .await?;
    let pool: DatabaseConnection = pool.into();
    Ok(Store::over(pool.clone(), pool))
}

/// The changes that this data has not seen yet.
async fn pending(store: &Store, at: &str) -> std::result::Result<Vec<migration::Migration>, OpenError> {
    let known = Migrator::get_migration_files();
    let applied = applied(store).await?;
    if applied.iter().any(|name| known.iter().all(|migration| migration.name() != name)) {
        return Err(OpenError::Newer(at.to_owned()));
    }
    Ok(known.into_iter().filter(|migration| !applied.iter().any(|name| name == migration.name())).collect())
}

/// Names of the changes that were made. Asked without making the table, since a look changes nothing.
async fn applied(store: &Store) -> Stored<Vec<String>> {
    let Via::Pool(pool) = &store.write.0.0 else { return Ok(Vec::new()) };
    let backend = pool.get_database_backend();
    let there = match backend {
        DbBackend::Postgres => {
            "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'seaql_migrations'"
        }
        _ => "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'seaql_migrations'",
    };
    if pool.query_one_raw(Statement::from_string(backend, there)).await?.is_none() {
        return Ok(Vec::new());
    }
    let rows = pool.query_all_raw(Statement::from_string(backend, "SELECT version FROM seaql_migrations")).await?;
    Ok(rows.iter().map(|row| row.try_get("", "version")).collect::<std::result::Result<_, _>>()?)
}

fn names(migrations: &[migration::Migration]) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().to_owned()).collect()
}
