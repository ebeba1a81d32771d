//! What becomes of one refresh token that many processes share?

use std::collections::BTreeSet;
use std::fs;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::machine::{Machine, files};

const PROCESSES: usize = 16;
/// How often each of them asks, unless `GRANT_TEST_CALLS` says otherwise.
const CALLS: usize = 200;
const FOR: Duration = Duration::from_secs(6);

fn calls() -> usize {
    std::env::var("GRANT_TEST_CALLS").map_or(CALLS, |calls| calls.parse().expect("GRANT_TEST_CALLS is a number"))
}

/// What `grantd` has to say of a session that was treated well.
fn assert_unharmed(machine: &Machine, session: &Value) {
    assert_eq!(machine.entry()["sid"], *session);
    let activity = machine.run(&["activity", "--all", "--json"]).expect(0).json();
    let events = activity["events"].as_array().expect("a list");
    let types: Vec<_> = events.iter().map(|event| event["type"].clone()).collect();
    assert!(!types.iter().any(|kind| kind == "refresh_token_reused"), "{types:?}");
}

#[test]
fn sixteen_processes_share_tokens_of_two_seconds_and_nobody_is_signed_out() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "2s")]).signed_in();
    let session = machine.entry()["sid"].clone();
    // Of which that of the sign-in is one, whether or not it was still good when it was asked for.
    let first = machine.entry()["at"].as_str().expect("a token").to_owned();
    let tokens = Mutex::new(BTreeSet::from([format!("{first}\n")]));
    let failed = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..PROCESSES {
            scope.spawn(|| {
                for _ in 0..calls() {
                    if failed.load(Ordering::Relaxed) {
                        break;
                    }
                    let output = machine.run(&["token"]);
                    failed.fetch_or(output.code != 0 || !output.stderr.is_empty(), Ordering::Relaxed);
                    let output = output.expect(0);
                    assert_eq!(output.stderr, "");
                    tokens.lock().expect("the others live").insert(output.stdout);
                }
            });
        }
    });
    let count = tokens.lock().expect("the others live").len();
    // Before anything else renews.
    let journal = fs::read_to_string(&files(&machine.state().join("renewals"))[0]).expect("a journal");
    let renewals: Vec<Value> = journal.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(renewals.iter().all(|renewal| renewal["outcome"] == "renewed"), "{renewals:?}");
    assert_eq!(count, renewals.len() + 1);
    // Each token served many: nobody renews what another has just renewed. Ends are counted in whole seconds, so that a token of two
    // is due after one on the average.
    let at = |renewal: Option<&Value>| renewal.and_then(|renewal| renewal["at"].as_i64()).expect("a renewal");
    let seconds = usize::try_from(at(renewals.last()) - at(renewals.first())).expect("the newest last");
    assert!(renewals.len() <= seconds + 2, "{} renewals in {seconds} s", renewals.len());
    let activity = machine.run(&["activity", "--all", "--json"]).expect(0).json();
    let events = activity["events"].as_array().expect("a list").iter();
    let types: Vec<_> = events.filter(|event| event["local"] == true).map(|event| event["type"].clone()).collect();
    assert!(types.len() >= renewals.len() && types.iter().all(|kind| kind == "token_renewed"), "{types:?}");
    assert_unharmed(&machine, &session);
}

#[test]
fn processes_that_are_killed_at_any_moment_leave_a_session_that_goes_on() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "2s")]).signed_in();
    let session = machine.entry()["sid"].clone();
    let start = Instant::now();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for moment in (0..40).cycle().take_while(|_| start.elapsed() < FOR) {
                    let process = machine.grant(&["token"]).spawn();
                    // Any moment of its life, so that some die while they renew.
                    thread::sleep(Duration::from_millis(moment));
                    process.kill();
                }
            });
        }
    });
    // A token that lives is given without a write, and what the last one killed has left lies there until the next.
    let tokens = files(&machine.state().join("tokens"));
    let entry = tokens.iter().find(|file| file.extension().is_some_and(|kind| kind == "json")).expect("an entry");
    let mut ended: Value = serde_json::from_slice(&fs::read(entry).expect("an entry")).expect("JSON");
    ended["exp"] = 0.into();
    fs::write(entry, ended.to_string()).expect("the entry can be written");
    machine.token();
    assert_unharmed(&machine, &session);
}

#[test]
fn what_a_killed_process_left_goes_with_the_next_write_and_with_the_sign_out() {
    let machine = Machine::new().signed_in();
    let leave = || {
        let left = machine.entry_file().with_extension("0123456789abcdef.new");
        fs::copy(machine.entry_file(), &left).expect("a copy");
        left
    };
    // Of another account, and none of ours.
    let others = ["x.0123456789abcdef.new", "x.json"].map(|name| machine.state().join("tokens").join(name));
    machine.end_in(-5);
    let left = leave();
    machine.token();
    assert!(!left.exists());
    leave();
    for other in &others {
        fs::write(other, "").expect("a file");
    }
    machine.run(&["logout"]).expect(0);
    let mut files = files(&machine.state().join("tokens"));
    files.sort();
    assert_eq!(files, others);
}
