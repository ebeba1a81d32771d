//! How is a row measured? All workers at once, after a warm-up, for a while.

use std::cell::Cell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use grantd_tests::process::Grantd;
use tokio::task::LocalSet;

use crate::requests::Worker;

/// Before it counts: caches fill, threads start.
const WARM_UP: Duration = Duration::from_millis(300);

/// What a row gave.
#[derive(Clone, Copy, Debug)]
pub struct Figures {
    pub requests: u32,
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// The server's CPU seconds per 1,000 requests.
    pub cpu: f64,
}

/// Lets the workers ask for `length`.
pub async fn measure(workers: Vec<Worker>, server: &Grantd, length: Duration) -> anyhow::Result<Figures> {
    let (counting, over) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let tasks = LocalSet::new();
    let running: Vec<_> = workers
        .into_iter()
        .map(|mut worker| {
            let (counting, over) = (Rc::clone(&counting), Rc::clone(&over));
            tasks.spawn_local(async move {
                let mut times = Vec::new();
                while !over.get() {
                    let from = Instant::now();
                    worker.ask().await?;
                    if counting.get() {
                        times.push(from.elapsed());
                    }
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    tasks
        .run_until(async {
            tokio::time::sleep(WARM_UP).await;
            let (cpu, from) = (server.cpu_seconds(), Instant::now());
            counting.set(true);
            tokio::time::sleep(length).await;
            counting.set(false);
            let (cpu, took) = (server.cpu_seconds() - cpu, from.elapsed());
            over.set(true);
            let mut times = Vec::new();
            for worker in running {
                times.extend(worker.await??);
            }
            Ok(figures(times, cpu, took))
        })
        .await
}

fn figures(mut times: Vec<Duration>, cpu: f64, took: Duration) -> Figures {
    times.sort_unstable();
    let requests = u32::try_from(times.len()).unwrap_or(u32::MAX);
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or_default();
    let count = f64::from(requests);
    Figures {
        requests,
        per_second: count / took.as_secs_f64(),
        p50: at(50),
        p99: at(99),
        cpu: cpu / count.max(1.0) * 1000.0,
    }
}
