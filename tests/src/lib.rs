//! What does every test binary need? A server, a database, a client, and a way to wait.

pub mod client;
mod document;
pub mod issuer;
pub mod postgres;
pub mod process;
pub mod rows;
pub mod server;
pub mod temp;
pub mod terminal;
pub mod tmux;
pub mod wire;

use std::fs::OpenOptions;
use std::future::Future;
use std::io::{self, Write};
use std::thread;
use std::time::{Duration, Instant};

/// How long a condition may take before its test fails: generous, since nothing passes by waiting for it.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks at a condition.
const LOOK: Duration = Duration::from_millis(5);

/// Says loudly that a test cannot run here and is counted as skipped; a failure where skips are forbidden.
///
/// The test returns after it: `return skip("no node");`.
pub fn skip(reason: &str) {
    let name = thread::current().name().unwrap_or("a test").to_owned();
    assert!(
        std::env::var_os("GRANTD_TEST_NO_SKIP").is_none_or(|value| value != "1"),
        "SKIPPED, which GRANTD_TEST_NO_SKIP forbids: {reason}"
    );
    // Written by hand: the test runner would keep what `eprintln` says of a test that passes.
    let _ = writeln!(io::stderr(), "\nSKIPPED: {name}: {reason}");
    if let Some(file) = std::env::var_os("GRANTD_TEST_SKIPS") {
        let mut file =
            OpenOptions::new().create(true).append(true).open(file).expect("GRANTD_TEST_SKIPS can be written");
        writeln!(file, "{name}: {reason}").expect("GRANTD_TEST_SKIPS can be written");
    }
}

/// Waits until `condition` gives something, and fails the test when it does not within [`PATIENCE`].
pub fn wait_for<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition() {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        thread::sleep(LOOK);
    }
}

/// As [`wait_for`], for a condition that is asked for asynchronously.
pub async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut condition: impl FnMut() -> F) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = condition().await {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} in vain: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
