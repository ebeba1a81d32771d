//! Does the harness do what tests rely on? What would make them pass for nothing.

use std::sync::Arc;

use grantd_tests::postgres::Cluster;
use grantd_tests::{eventually, skip};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_that_was_stopped_comes_back_with_its_data() {
    let cluster = match Cluster::new() {
        Ok(cluster) => Arc::new(cluster),
        Err(reason) => return skip(&reason),
    };
    let database = cluster.fresh_database().await;
    let pool = database.pool().await;
    run(&pool, "CREATE TABLE kept (id BIGINT)").await.expect("a table");

    cluster.stop();
    assert!(PgConnection::connect(database.url()).await.is_err(), "it still answers");
    cluster.start();
    run(&pool, "INSERT INTO kept VALUES (2)").await.expect("a row after the stop");

    cluster.crash();
    cluster.start();
    let rows: i64 = eventually("the pool finds it again", || async {
        sqlx::query_scalar("SELECT count(*) FROM kept").fetch_one(&pool).await.ok()
    })
    .await;
    assert_eq!(rows, 1);
}

async fn run(pool: &PgPool, sql: &str) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(pool).await.map(drop)
}
