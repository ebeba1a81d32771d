//! Does a server sweep by itself? Half a minute after its start, with a line in its log; and it ends in peace while it is at it.

use grantd_tests::eventually;
use grantd_tests::rows::Rows;
use grantd_tests::temp::TempDir;
use serde_json::Value;

use crate::site;

async fn left(rows: &Rows, table: &str) -> i64 {
    // Ada signs in with today's clock.
    rows.numbers(&format!("SELECT COUNT(*) FROM {table} WHERE id LIKE '%0000000000%'")).await[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_sweeps_by_itself_and_says_what_went() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let tokens = server.client().sign_in_ada().await;
    site::rows(&data).add_ended(1..701).await;
    server.wait_for_output("deleted what had expired");
    server.client().refresh(&tokens.refresh).await.expect(200);
    let said = server.stop().expect(0).stderr;
    let line = said.lines().find(|line| line.contains("deleted what had expired")).expect("the line");
    let line: Value = serde_json::from_str(line).expect("JSON");
    let tables = ["token_families", "sessions", "revoked_tokens", "throttles", "events"];
    assert_eq!(tables.map(|table| line[table].as_u64()), [700, 700, 0, 0, 700].map(Some), "{line}");
    assert_eq!(line["level"], "INFO", "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_end_while_it_sweeps_ends_at_once() {
    let data = TempDir::new();
    site::dev(&data).start().stop().expect(0);
    let rows = site::rows(&data);
    rows.add_ended(1..30_001).await;
    let server = site::dev(&data).start();
    let tokens = server.client().sign_in_ada().await;
    eventually("it sweeps", async || (left(&rows, "token_families").await < 30_000).then_some(())).await;
    let ended = server.stop().expect(0);
    // But for what it says of its issuer at the start.
    let mut said = ended.stderr.lines().filter(|line| !line.contains("the issuer is http"));
    assert!(!said.any(|line| line.contains("WARN") || line.contains("ERROR")), "{ended}");
    let swept = 30_000 - left(&rows, "token_families").await;
    assert!((1..30_000).contains(&swept), "it was not at it: {swept}");
    // What it had not come to is as it was.
    assert!(left(&rows, "events").await == 30_000 && left(&rows, "sessions").await == 30_000);
    let server = site::dev(&data).start();
    server.client().refresh(&tokens.refresh).await.expect(200);
}
