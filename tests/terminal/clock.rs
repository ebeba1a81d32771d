//! What if this machine's clock is off? `faketime` sets it for one process.

use grantd_tests::process::{self, Call, grant_binary};
use grantd_tests::skip;

use crate::machine::Machine;

const NO_FAKETIME: &str = "no faketime";

/// A command on a machine whose clock is ahead by so many seconds; `None` where that cannot be.
fn grant_at(machine: &Machine, ahead: i64, args: &[&str]) -> Option<Call> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let faketime = std::env::split_paths(&path).map(|folder| folder.join("faketime")).find(|file| file.exists())?;
    let ahead = format!("{ahead:+}s");
    let before = ["-f", &ahead, grant_binary().to_str().expect("a path")];
    let home = machine.home.path().display().to_string();
    Some(process::call(&faketime, &[&before, args].concat()).env("HOME", home))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_off_is_told_and_keeps_nobody_from_a_token() {
    for ahead in [3600, -3600] {
        let machine = Machine::new().signed_in();
        let Some(status) = grant_at(&machine, ahead, &["status", "--json"]) else { return skip(NO_FAKETIME) };
        let status = status.run().expect(0).json();
        let skew = status["accounts"][0]["clock_skew_seconds"].as_i64().expect("a number");
        assert!((skew + ahead).abs() < 30, "{status}");
        let token = grant_at(&machine, ahead, &["token"]).expect("faketime").run().expect(0);
        assert!(machine.server.client().is_active(token.stdout.trim_end()).await);
        let doctor = grant_at(&machine, ahead, &["doctor"]).expect("faketime").run().expect(1);
        assert!(doctor.stdout.contains("this machine's clock is off by"), "{doctor}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_was_put_right_makes_no_token_older_than_it_is() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "5m")]).signed_in();
    // The clock is an hour ahead when the tokens come, and is put back then.
    let Some(renewal) = grant_at(&machine, 3600, &["token"]) else { return skip(NO_FAKETIME) };
    let ahead = renewal.run().expect(0).stdout;
    let after = machine.token();
    assert_ne!(ahead.trim_end(), after);
    assert!(machine.server.client().is_active(&after).await);
    assert_eq!(machine.token(), after);
}
