//! What does the sweep cost those who ask meanwhile? The same requests on a new database, and on one with much to delete.

use std::time::Duration;

use anyhow::Context;
use grantd_tests::eventually;
use grantd_tests::postgres::Database;
use grantd_tests::process::Grantd;

use crate::report::{Beside, Sweep};
use crate::requests::Row;
use crate::{Args, Place, measure_row, stop};

/// Sessions and families that ended long ago, and events as old.
const DEAD: u32 = 200_000;
/// One that writes and one that reads.
const ROWS: [Row; 2] = [Row::Refresh, Row::Introspection];

/// Both on one database.
pub async fn measure(name: &'static str, database: Option<&Database>, args: &Args) -> anyhow::Result<Sweep> {
    let place = Place::new(database)?;
    let server = place.launch(0).start();
    let before = measure_rows(&server, args).await?;
    let port = stop(server)?;

    place.rows().add_ended(1..DEAD + 1).await;
    let server = place.launch(port).start();
    let first = "SELECT COUNT(*) FROM token_families WHERE id = 'fam_00000000000000000000000001'";
    eventually("the sweep begins by itself", async || (place.rows().numbers(first).await == [0]).then_some(())).await;
    let beside = measure_rows(&server, args).await?;
    // Events are the last to go.
    let left = format!("SELECT COUNT(*) FROM (SELECT 1 FROM events WHERE at <= {DEAD} LIMIT 1) AS left_over");
    let in_time = place.rows().numbers(&left).await == [1];
    stop(server)?;
    let rows = before.into_iter().zip(beside).map(|((row, without), (_, with))| Beside { row, without, with });
    Ok(Sweep { database: name, in_time, rows: rows.collect() })
}

/// The 99th percentile of each.
async fn measure_rows(server: &Grantd, args: &Args) -> anyhow::Result<Vec<(Row, Duration)>> {
    let mut rows = Vec::new();
    for row in ROWS.into_iter().filter(|row| args.wants(*row)) {
        rows.push((row, measure_row(row, server, args).await.with_context(|| row.name())?.p99));
    }
    Ok(rows)
}
