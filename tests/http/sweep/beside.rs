//! Does anybody notice the sweep? Requests beside it, two nodes that sweep at once, rows that come to life under its hands.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use grantd_tests::server::{BEGIN, TestServer};
use grantd_tests::{PATIENCE, eventually};
use sqlx::AssertSqlSafe;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use super::{NOTHING, Swept, counts, sweep};

const AT_ONCE: usize = 64;

/// Pass after pass, until it is told to stop.
struct Sweeping {
    stop: Arc<AtomicBool>,
    passes: JoinHandle<()>,
}

impl Sweeping {
    fn start(server: &TestServer) -> Self {
        let (stop, flows) = (Arc::new(AtomicBool::new(false)), Arc::clone(server.flows()));
        let stopped = Arc::clone(&stop);
        let passes = tokio::spawn(async move {
            while !stopped.load(Ordering::Relaxed) {
                flows.sweep().await.expect("a pass");
            }
        });
        Self { stop, passes }
    }

    async fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.passes.await.expect("passes that end");
    }
}

/// How many of the sessions that ended long ago are still there.
async fn left(server: &TestServer) -> i64 {
    server.home().rows().numbers(&format!("SELECT COUNT(*) FROM sessions WHERE created_at < {BEGIN}")).await[0]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ins_refreshes_and_sign_outs_beside_a_sweep_lose_nothing() {
    let server = TestServer::start().await;
    let before = counts(&server).await;
    server.home().rows().add_ended(1..3_000).await;
    let sweeping = Sweeping::start(&server);
    let mut holders = JoinSet::new();
    for number in 0..AT_ONCE {
        let client = server.client();
        holders.spawn(async move {
            let mut living = Vec::new();
            for round in 0..4 {
                let mut tokens = client.sign_in_ada().await;
                for _ in 0..3 {
                    tokens = client.refresh(&tokens.refresh).await.tokens();
                    client.get("/api/v1/me", &tokens.access).await.expect(200);
                }
                if (number + round) % 2 == 0 {
                    client.revoke(&tokens.refresh).await.expect(200);
                } else {
                    living.push(tokens);
                }
            }
            living
        });
    }
    let living: Vec<_> = holders.join_all().await.into_iter().flatten().collect();
    eventually("the old ones are gone", async || (left(&server).await == 0).then_some(())).await;
    sweeping.stop().await;
    sweep(&server).await;
    // Half of them have signed out, which leaves an event and is told for thirty days.
    let all = i64::try_from(AT_ONCE * 4).expect("a small number");
    let after = [all, all, 0, 0, before[4] + all + all / 2];
    assert_eq!(counts(&server).await, after);
    for tokens in living {
        server.client().refresh(&tokens.refresh).await.tokens();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn who_ends_the_sessions_that_are_swept_is_not_in_the_way() {
    let server = TestServer::start().await;
    let (client, rows) = (server.client(), server.home().rows());
    // Not in the order of their keys, so that others take them in another order than the sweep does.
    for first in (1..3_000).step_by(100).rev() {
        rows.add_ended(first..first + 100).await;
    }
    let sweeping = Sweeping::start(&server);
    while left(&server).await > 0 {
        let tokens = client.sign_in_ada().await;
        client.delete("/api/v1/me/sessions", &tokens.access).await.expect(204);
        // They had ended by themselves, so that ending everything writes their rows; and so it will again.
        let reopen = format!("UPDATE sessions SET ended_at = NULL WHERE created_at < {BEGIN}");
        rows.execute(&reopen).await;
        server.flows().revoke_all_sessions().await.expect("sessions that end");
        rows.execute(&reopen).await;
    }
    sweeping.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_somebody_holds_is_left_for_the_next_pass() {
    let server = TestServer::start().await;
    // SQLite has no locks on rows.
    let Some(database) = server.home().postgres() else { return };
    server.home().rows().add_ended(1..1_001).await;
    let pool = database.pool().await;
    let mut holder = pool.begin().await.expect("a transaction");
    for table in ["token_families", "sessions", "events"] {
        let hold = format!("SELECT 1 FROM {table} WHERE id LIKE '%7' FOR UPDATE");
        sqlx::raw_sql(AssertSqlSafe(hold)).execute(&mut *holder).await.expect("rows that are held");
    }
    // It waits for nobody, so it is part of no deadlock.
    let swept = timeout(PATIENCE, sweep(&server)).await.expect("a pass that does not wait for a row");
    assert_eq!(swept, Swept { token_families: 900, sessions: 900, events: 900, ..NOTHING });
    holder.rollback().await.expect("an end of the transaction");
    assert_eq!(sweep(&server).await, Swept { token_families: 100, sessions: 100, events: 100, ..NOTHING });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_that_sweep_at_once_delete_everything_once() {
    let server = TestServer::start().await;
    // On SQLite there is one node; there the second pass is of the same.
    let node = match server.home().postgres() {
        Some(_) => Some(TestServer::at(Arc::clone(server.home()), server.clock().clone(), &[]).await),
        None => None,
    };
    let other = node.as_ref().unwrap_or(&server);
    for round in 0..3 {
        server.home().rows().add_ended(1 + round * 5_000..1 + (round + 1) * 5_000).await;
        let (one, two) = tokio::join!(server.flows().sweep(), other.flows().sweep());
        let (one, two) = (one.expect("a pass"), two.expect("a pass"));
        assert!(one.token_families + two.token_families <= 5_000 && one.events + two.events <= 5_000);
        // What one left because the other held it, the other has deleted.
        assert_eq!((counts(&server).await[0], left(&server).await), (0, 0));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_comes_to_life_while_it_is_swept_lives() {
    let server = TestServer::start().await;
    let rows = server.home().rows();
    for round in 0..3 {
        rows.add_ended(1..5_001).await;
        let flows = Arc::clone(server.flows());
        let pass = tokio::spawn(async move { flows.sweep().await.expect("a pass") });
        // As a node would whose clock is far behind: some here and there, so that some are among those that have just been found dead.
        let (mut woken, mut number) = (0, 0);
        while !pass.is_finished() {
            let wake = format!("UPDATE token_families SET answered_at = {BEGIN}, expires_at = {BEGIN} + 9");
            let some = format!("answered_at < {BEGIN} AND id LIKE '%{:03}'", number * 7 % 1_000);
            woken += rows.change(&format!("{wake} WHERE {some}")).await;
            number += 1;
        }
        let swept = pass.await.expect("a task");
        assert!(woken > 0 && swept.token_families > 0, "they did not meet: {woken} woken, {swept:?}");
        assert_eq!(u64::try_from(counts(&server).await[0]), Ok(woken), "round {round}: {swept:?}");
        rows.execute("DELETE FROM token_families; DELETE FROM sessions").await;
    }
}
