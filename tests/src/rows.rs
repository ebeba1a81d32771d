//! What stands in the database, and what if somebody else had changed it? For tests that look behind the server's back.

use std::ops::Range;
use std::path::PathBuf;

use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Column, Connection, Row};

use crate::server::Home;

/// A database, by where it is.
#[derive(Clone, Debug)]
pub enum Rows {
    /// The file of a SQLite database.
    Sqlite(PathBuf),
    /// The URL of a PostgreSQL database.
    Postgres(String),
}

impl Home {
    /// The rows of its database.
    pub fn rows(&self) -> Rows {
        match self.postgres() {
            Some(database) => Rows::Postgres(database.url().to_owned()),
            None => Rows::Sqlite(self.dir().join("grantd.db")),
        }
    }
}

impl Rows {
    /// Runs statements over a connection of their own.
    pub async fn execute(&self, sql: &str) {
        self.change(sql).await;
    }

    /// The same, and says how many rows they changed.
    pub async fn change(&self, sql: &str) -> u64 {
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(_) => sql.execute(&mut self.sqlite().await).await.map(|done| done.rows_affected()),
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.expect("a connection");
                sql.execute(&mut connection).await.map(|done| done.rows_affected())
            }
        }
        .expect("the statement runs")
    }

    /// Adds sessions of ada that ended by themselves in 1970, each with its family, and as many events of that year.
    pub async fn add_ended(&self, numbers: Range<u32>) {
        let seed = match self {
            Self::Sqlite(_) => "x'00'",
            Self::Postgres(_) => "'\\x00'::bytea",
        };
        let (first, last) = (numbers.start, numbers.end - 1);
        // Eight digits after eighteen zeros: ids of the first second.
        let all = format!("WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})");
        let id = |prefix: &str| format!("'{prefix}_{:018}' || substr(CAST(100000000 + i AS TEXT), 2)", 0);
        let (session, family, event) = (id("ses"), id("fam"), id("evt"));
        self.execute(&format!(
            "INSERT INTO sessions (id, user_id, client_id, created_at) \
                 {all} SELECT {session}, users.id, 'web', i FROM n, users WHERE username = 'ada'; \
             INSERT INTO token_families (id, session_id, user_id, client_id, scopes, audience, secret_key_id, seed, generation, \
                 previous_generation, rotated_at, answered_at, created_at, expires_at) \
                 {all} SELECT {family}, {session}, users.id, 'web', 'openid', '', '', {seed}, 1, 0, i, i, i, i + 300 \
                 FROM n, users WHERE username = 'ada'; \
             INSERT INTO events (id, at, event_type, user_id) \
                 {all} SELECT {event}, i, 'signed_in', users.id FROM n, users WHERE username = 'ada'"
        ))
        .await;
    }

    /// The whole numbers in the one row that a query finds.
    pub async fn numbers(&self, sql: &str) -> Vec<i64> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(_) => {
                let row = sqlx::query(sql).fetch_one(&mut self.sqlite().await).await.expect("one row");
                row.columns().iter().map(|column| row.get(column.ordinal())).collect()
            }
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.expect("a connection");
                let row = sqlx::query(sql).fetch_one(&mut connection).await.expect("one row");
                row.columns().iter().map(|column| row.get(column.ordinal())).collect()
            }
        }
    }

    async fn sqlite(&self) -> SqliteConnection {
        let Self::Sqlite(path) = self else { panic!("no SQLite: {self:?}") };
        let options = SqliteConnectOptions::new().filename(path);
        SqliteConnection::connect_with(&options).await.expect("a connection")
    }
}
