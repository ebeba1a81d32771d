//! What does a migration leave that was interrupted? The data of before, which the next one brings up to date.

use std::fs;

use grantd_tests::rows::Rows;
use grantd_tests::{eventually, skip, wait_for};
use sqlx::{Connection, PgConnection};

use crate::site::{PASSWORD, Site};

/// In the way of a change in the middle, after others have made their tables.
const IN_THE_WAY: &str = "CREATE TABLE events (id BIGINT)";
/// How many of the tables of before and after the one in the way there are.
fn others(site: &Site) -> &'static str {
    match site.rows() {
        Rows::Sqlite(_) => "SELECT count(*) FROM sqlite_master WHERE name IN ('users', 'clients', 'client_origins')",
        Rows::Postgres(_) => {
            "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema() \
             AND table_name IN ('users', 'clients', 'client_origins')"
        }
    }
}

/// Fails the test unless the data is brought up to date now, and works.
async fn mends(site: &Site) {
    let made = site.command(&["migrate", "--json"]).run().expect(0).json();
    assert!(made["changes"].as_array().is_some_and(|changes| changes.len() > 10), "{made}");
    assert_eq!(site.rows().numbers(others(site)).await, [3]);
    site.command(&["user", "create", "eve", "--email", "eve@example.org"]).input(PASSWORD).run().expect(0);
    site.dev().start().client().sign_in("eve", PASSWORD).await;
}

async fn a_statement_fails(site: Site) {
    if let Rows::Sqlite(path) = site.rows() {
        fs::write(path, "").expect("an empty database");
    }
    site.rows().execute(IN_THE_WAY).await;
    for args in [&["migrate"][..], &["migrate", "--json"]] {
        let failed = site.command(args).run().expect(1);
        assert!(failed.stderr.contains("events") && failed.stdout.is_empty(), "{failed}");
        assert_eq!(site.rows().numbers(others(&site)).await, [0], "half of it was made");
    }
    // It is no data yet, for commands either.
    let failed = site.command(&["user", "list"]).run().expect(1);
    assert!(failed.stderr.contains("grantd migrate"), "{failed}");
    site.rows().execute("DROP TABLE events").await;
    mends(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_whose_statement_fails_leaves_nothing_behind_on_sqlite() {
    a_statement_fails(Site::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_whose_statement_fails_leaves_nothing_behind_on_postgresql() {
    match Site::postgres().await {
        Ok(site) => a_statement_fails(site).await,
        Err(reason) => skip(&reason),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_is_killed_in_the_middle_leaves_nothing_behind_on_postgresql() {
    let site = match Site::postgres().await {
        Ok(site) => site,
        Err(reason) => return skip(&reason),
    };
    let Rows::Postgres(url) = site.rows() else { panic!("PostgreSQL was asked for") };
    let mut holder = PgConnection::connect(&url).await.expect("a connection");
    let mut unfinished = holder.begin().await.expect("a transaction");
    // A table that is not there yet, and may come to be: whoever makes it too has to wait.
    sqlx::raw_sql(IN_THE_WAY).execute(&mut *unfinished).await.expect("a table");
    let migrate = site.command(&["migrate"]).spawn();
    let waiting =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("it waits in the middle", || async {
        assert!(!migrate.has_ended(), "{}", migrate.output());
        (site.rows().numbers(waiting).await == [1]).then_some(())
    })
    .await;
    migrate.kill();
    unfinished.rollback().await.expect("the end of the transaction");
    eventually("PostgreSQL has seen that it is gone", || async {
        (site.rows().numbers(waiting).await == [0]).then_some(())
    })
    .await;
    assert_eq!(site.rows().numbers(others(&site)).await, [0], "half of it was made");
    mends(&site).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_migration_that_is_killed_at_any_moment_leaves_nothing_behind_on_sqlite() {
    let mut killed = 0;
    for round in 0..12 {
        let site = Site::sqlite();
        let migrate = site.command(&["migrate"]).spawn();
        let length = |name: &str| fs::metadata(site.data.join(name)).map(|file| file.len()).ok();
        wait_for("it has begun", || {
            let begun = match round % 3 {
                0 => length("grantd.db").is_some(),
                1 => length("grantd.db-wal").is_some(),
                _ => length("grantd.db-wal").is_some_and(|bytes| bytes > 0),
            };
            (begun || migrate.has_ended()).then_some(())
        });
        migrate.kill();
        killed += usize::from(migrate.wait_exit_code() == 128 + 9);
        site.command(&["migrate"]).run().expect(0);
        assert_eq!(site.rows().numbers(others(&site)).await, [3]);
        site.command(&["user", "list"]).run().expect(0);
    }
    assert!(killed > 0, "each had ended before it was killed: the test shows nothing");
}
