//! How are many runs made? By two workers, each with a server and a database of its own; one set of runs at a time.

use std::collections::hash_map::RandomState;
use std::fmt::Arguments;
use std::hash::BuildHasher;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use grantd::clock::Clock;
use grantd::flows::Refreshes;
use grantd_tests::server::{BEGIN, Home, TestServer};

use crate::world::{Ending, Plan, World};

const WORKERS: usize = 2;

/// What a set of runs gave.
#[derive(Debug, Default)]
pub struct Runs {
    /// How each ended.
    pub endings: Vec<Ending>,
    /// How often each row of the table was answered in all of them.
    pub rows: Refreshes<u64>,
    /// How long they took.
    pub took: Duration,
}

impl Runs {
    /// Makes the runs that `plan` gives for 0, 1, 2 and so on until it gives none, with a window of so many seconds.
    pub fn make(window: u32, plan: impl Fn(u64) -> Option<Plan> + Sync) -> Self {
        static ONE_SET_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _alone = ONE_SET_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let (next, start) = (AtomicU64::new(0), Instant::now());
        let mut runs = Self::default();
        thread::scope(|scope| {
            let work = || work(window, || plan(next.fetch_add(1, Ordering::Relaxed)));
            let workers: Vec<_> = (0..WORKERS).map(|_| scope.spawn(work)).collect();
            for worker in workers {
                let (endings, rows) = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                runs.endings.extend(endings);
                runs.rows = sum(runs.rows, rows);
            }
        });
        runs.took = start.elapsed();
        runs
    }
}

fn work(window: u32, mut next: impl FnMut() -> Option<Plan>) -> (Vec<Ending>, Refreshes<u64>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let home = Arc::new(Home::in_memory().await);
        let window = format!("{window}s");
        let node = TestServer::at(home, Clock::manual(BEGIN), &[("tokens.refresh_race_window", &window)]).await;
        let mut endings = Vec::new();
        while let Some(plan) = next() {
            endings.push(World::run(&node, plan).await);
        }
        let rows = node.flows().tally().refreshes.counts();
        node.stop().await;
        (endings, rows)
    })
}

/// Both together.
pub fn sum(one: Refreshes<u64>, other: Refreshes<u64>) -> Refreshes<u64> {
    Refreshes {
        step: one.step + other.step,
        again: one.again + other.again,
        wait: one.wait + other.wait,
        late: one.late + other.late,
        behind: one.behind + other.behind,
        replay: one.replay + other.replay,
        kept: one.kept + other.kept,
        guards_lost: one.guards_lost + other.guards_lost,
    }
}

/// The first seed: `GRANTD_SIM_SEED`, else another each time. Run n has the seed n further on.
pub fn first_seed() -> u64 {
    number("GRANTD_SIM_SEED").unwrap_or_else(|| RandomState::new().hash_one(std::process::id()) % 1_000_000_000)
}

/// A whole number from the environment.
pub fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is {text}, no whole number")))
}

/// Says something that the test runner does not keep to itself.
pub fn say(line: Arguments<'_>) {
    let _ = writeln!(std::io::stderr(), "simulation: {line}");
}
