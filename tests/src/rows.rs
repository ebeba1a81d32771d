//! What stands in the database, and what if somebody else had changed it? For tests that look behind the server's back.

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
        let sql = sqlx::raw_sql(AssertSqlSafe(sql.to_owned()));
        match self {
            Self::Sqlite(_) => sql.execute(&mut self.sqlite().await).await.map(drop),
            Self::Postgres(url) => {
                let mut connection = PgConnection::connect(url).await.expect("a connection");
                sql.execute(&mut connection).await.map(drop)
            }
        }
        .expect("the statement runs");
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
