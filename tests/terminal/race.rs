//! What becomes of one refresh token that many processes share?

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::machine::Machine;

const PROCESSES: usize = 16;
const FOR: Duration = Duration::from_secs(12);

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_processes_share_tokens_of_two_seconds_and_nobody_is_signed_out() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "2s")]).signed_in();
    let session = machine.entry()["sid"].clone();
    let tokens = Mutex::new(BTreeSet::new());
    let failed = AtomicBool::new(false);
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..PROCESSES {
            scope.spawn(|| {
                while start.elapsed() < FOR && !failed.load(Ordering::Relaxed) {
                    let output = machine.run(&["token"]);
                    failed.fetch_or(output.code != 0, Ordering::Relaxed);
                    let output = output.expect(0);
                    assert_eq!(output.stderr, "");
                    tokens.lock().expect("the others live").insert(output.stdout);
                }
            });
        }
    });
    // A token lives for one or two seconds: as many renewals as that needs, and not one a process.
    let count = tokens.lock().expect("the others live").len();
    assert!((5..=30).contains(&count), "{count} tokens");
    assert_eq!(machine.entry()["sid"], session);
    let activity = machine.run(&["activity", "--json"]).expect(0).json();
    let types: Vec<_> =
        activity["events"].as_array().expect("a list").iter().map(|event| event["type"].clone()).collect();
    assert!(!types.iter().any(|kind| kind == "refresh_token_reused" || kind == "refresh_retried"), "{types:?}");
}
