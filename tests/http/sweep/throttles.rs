//! When are failures forgotten, and does a guesser gain by it?

use grantd_tests::client::Client;
use grantd_tests::eventually;
use grantd_tests::server::{BEGIN, TestServer};

use super::{DAY, HOUR, NOTHING, Swept, counts, expect_oauth, sweep};

/// One failure is counted for account and address together, for the account and for the address.
const KEYS: u64 = 3;

/// Guesses wrong; the seconds to wait, if it was not let through.
async fn guess(client: &Client) -> Option<i64> {
    let answer = expect_oauth(client.try_sign_in("ada", "wrong").await, 400, "invalid_grant", "sign_in_failed");
    answer.header("retry-after").map(|seconds| seconds.parse().expect("seconds"))
}

async fn guess_freely(client: &Client, times: usize) {
    for time in 1..=times {
        assert_eq!(guess(client).await, None, "guess {time}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_that_made_nobody_wait_are_forgotten_an_hour_after_the_last() {
    let server = TestServer::start().await;
    let client = server.client();
    guess_freely(&client, 3).await;
    server.clock().advance(HOUR - 1);
    guess_freely(&client, 1).await;
    server.clock().advance(HOUR - 1);
    assert_eq!(sweep(&server).await, NOTHING);
    server.clock().advance(1);
    assert_eq!(sweep(&server).await, Swept { throttles: KEYS, ..NOTHING });
    guess_freely(&client, 5).await;
    assert_eq!(guess(&client).await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_are_counted_on_until_they_are_forgotten() {
    let server = TestServer::start().await;
    let client = server.client();
    guess_freely(&client, 4).await;
    server.clock().advance(HOUR - 1);
    assert_eq!(sweep(&server).await, NOTHING);
    guess_freely(&client, 1).await;
    assert_eq!(guess(&client).await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_made_to_wait_is_remembered_for_a_day_after_the_wait() {
    let server = TestServer::start().await;
    let client = server.client();
    guess_freely(&client, 5).await;
    server.clock().advance(HOUR);
    assert_eq!(sweep(&server).await, Swept { throttles: KEYS - 1, ..NOTHING });
    // The one try that is let through, and then twice the wait.
    guess_freely(&client, 1).await;
    assert_eq!(guess(&client).await, Some(2));
    server.clock().advance(2 + DAY - 1);
    assert_eq!(sweep(&server).await, Swept { throttles: KEYS - 1, ..NOTHING });
    assert_eq!(counts(&server).await[3], 1);
    server.clock().advance(1);
    assert_eq!(sweep(&server).await, Swept { throttles: 1, ..NOTHING });
    guess_freely(&client, 5).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wait_that_is_not_over_is_never_forgotten() {
    let server = TestServer::start().await;
    let client = server.client();
    guess_freely(&client, 5).await;
    for wait in (0..12).map(|step| 900.min(1 << step)) {
        server.clock().advance(wait - 1);
        sweep(&server).await;
        assert_eq!(guess(&client).await, Some(1));
        server.clock().advance(1);
        sweep(&server).await;
        guess_freely(&client, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_secrets_are_forgotten_alike() {
    let server = TestServer::start().await;
    let client = server.client().as_confidential("demo-service", "wrong");
    for time in 1..=19 {
        assert_eq!(client.client_credentials().await.expect(401).header("retry-after"), None, "secret {time}");
    }
    server.clock().advance(HOUR);
    assert_eq!(sweep(&server).await, Swept { throttles: 1, ..NOTHING });
    for time in 1..=20 {
        assert_eq!(client.client_credentials().await.expect(401).header("retry-after"), None, "secret {time}");
    }
    server.clock().advance(HOUR);
    assert_eq!(sweep(&server).await, NOTHING);
    server.clock().advance(DAY);
    assert_eq!(sweep(&server).await, Swept { throttles: 1, ..NOTHING });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_gives_no_tries_for_free() {
    let server = TestServer::start().await;
    let client = server.client();
    guess_freely(&client, 4).await;
    server.clock().set(BEGIN - 7 * DAY);
    assert_eq!(sweep(&server).await, NOTHING);
    guess_freely(&client, 1).await;
    assert_eq!(guess(&client).await, Some(1));
    // Counted by the clock as it is now.
    server.clock().advance(HOUR);
    assert_eq!(sweep(&server).await, Swept { throttles: KEYS - 1, ..NOTHING });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_counts_on_failures_while_they_are_forgotten_succeeds() {
    let server = TestServer::start().await;
    let client = server.client();
    // Only PostgreSQL shows who waits.
    let Some(database) = server.home().postgres() else { return };
    guess_freely(&client, 5).await;
    server.clock().advance(2 * DAY);
    let pool = database.pool().await;
    let mut forgetting = pool.begin().await.expect("a transaction");
    sqlx::raw_sql("DELETE FROM throttles").execute(&mut *forgetting).await.expect("rows that are deleted");
    let sign_in = tokio::spawn(async move { client.try_sign_in("ada", "ada-dev-password").await });
    let waits = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    eventually("the sign-in reserves its try", async || {
        (server.home().rows().numbers(waits).await[0] > 0).then_some(())
    })
    .await;
    forgetting.commit().await.expect("an end of the transaction");
    sign_in.await.expect("a task").expect(200);
}
