//! What do the connections to the database do at this moment?

use sea_orm::{ConnectionTrait, DbBackend};
use sqlx::{Database, Pool};

use super::{Read, Store, Via};

/// How many connections there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Connections {
    /// Those that wait for a statement.
    pub idle: u64,
    /// Those that run one, or are being made.
    pub busy: u64,
}

impl Store {
    /// How many there are, on SQLite the writer's and the readers' together.
    pub(crate) fn connections(&self) -> Connections {
        let (read, write) = (self.read.connections(), self.write.connections());
        match self.write.executor().get_database_backend() {
            // Both are one pool.
            DbBackend::Postgres => write,
            _ => Connections { idle: read.idle + write.idle, busy: read.busy + write.busy },
        }
    }
}

impl Read {
    fn connections(&self) -> Connections {
        match &self.0 {
            Via::Pool(pool) if pool.get_database_backend() == DbBackend::Postgres => {
                look(pool.get_postgres_connection_pool())
            }
            Via::Pool(pool) => look(pool.get_sqlite_connection_pool()),
            Via::Transaction(_) => Connections::default(),
        }
    }
}

fn look<D: Database>(pool: &Pool<D>) -> Connections {
    let idle = u64::try_from(pool.num_idle()).unwrap_or(u64::MAX);
    // The two are not read at one moment.
    Connections { idle, busy: u64::from(pool.size()).saturating_sub(idle) }
}
