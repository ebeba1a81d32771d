//! Does the database stay as small as what lives in it?

use grantd_tests::server::TestServer;

use super::{DAY, counts, sweep};

/// The size of the database, after the housekeeping that PostgreSQL does by itself from time to time.
async fn size(server: &TestServer) -> i64 {
    let rows = server.home().rows();
    if server.home().postgres().is_none() {
        return rows.numbers("PRAGMA page_count").await[0];
    }
    let tables = ["token_families", "sessions", "throttles", "events"];
    for table in tables {
        rows.execute(&format!("VACUUM {table}")).await;
    }
    let sizes = tables.map(|table| format!("pg_total_relation_size('{table}')")).join(" + ");
    rows.numbers(&format!("SELECT CAST({sizes} AS BIGINT)")).await[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_does_not_grow_with_sessions_that_come_and_go() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut sizes = Vec::new();
    for _ in 0..8 {
        for _ in 0..60 {
            client.try_sign_in("bob", "wrong").await.expect(400);
            let tokens = client.sign_in_bob().await;
            client.refresh(&tokens.refresh).await.tokens();
        }
        server.clock().advance(100 * DAY);
        sweep(&server).await;
        assert_eq!(counts(&server).await, [0, 0, 0, 0, 0]);
        sizes.push(size(&server).await);
    }
    assert!(sizes[2..].iter().all(|size| *size <= sizes[1]), "{sizes:?}");
}
