//! When is a token renewed, and what is said when it cannot be what was wished for?

use std::fs;

use grantd_tests::wait_for;

use crate::machine::Machine;

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_renewed_when_it_is_due_and_not_before() {
    let machine = Machine::new().signed_in();
    let (first, refresh) = (machine.token(), machine.entry()["rt"].clone());
    assert_eq!(machine.token(), first);
    machine.end_in(40);
    let second = machine.token();
    assert_ne!(second, first);
    assert_ne!(machine.entry()["rt"], refresh);
    assert!(machine.server.client().is_active(&second).await);
    assert_eq!(machine.token(), second);
}

#[test]
fn tokens_of_two_seconds_never_run_out() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "2s")]).signed_in();
    let first = machine.token();
    wait_for("the third token", || {
        let token = machine.token();
        (token != first).then_some(())?;
        (machine.token() != token).then_some(())
    });
}

#[test]
fn a_life_that_no_token_has_is_a_wrong_wish() {
    let machine = Machine::new().signed_in();
    let output = machine.run(&["token", "--min-ttl", "301s"]).expect(2);
    assert!(output.stderr.contains("300 s") && output.stdout.is_empty(), "{output}");
    machine.run(&["token", "--min-ttl", "4m"]).expect(0);
    machine.run(&["token", "--min-ttl", "soon"]).expect(2);
}

#[test]
fn a_renewal_that_nothing_calls_for_does_not_follow_another() {
    let machine = Machine::new().signed_in();
    let token = machine.token();
    let output = machine.run(&["token", "--force-refresh"]).expect(0);
    assert_eq!(output.stdout.trim_end(), token);
    assert!(output.stderr.contains("a moment ago"), "{output}");
    // As if it had been issued two minutes earlier.
    machine.end_in(180);
    let forced = machine.run(&["token", "--force-refresh"]).expect(0);
    assert_ne!(forced.stdout.trim_end(), token);
    assert_eq!(forced.stderr, "");
}

#[test]
fn a_token_of_the_environment_wins_over_the_store() {
    let machine = Machine::new();
    let token = Machine::new().signed_in().token();
    assert_eq!(machine.grant(&["token"]).env("GRANT_TOKEN", &token).run().expect(0).stdout.trim_end(), token);
    let machine = machine.signed_in();
    let own = machine.token();
    let status = machine.grant(&["status", "--json"]).env("GRANT_TOKEN", &own).run().expect(0).json();
    assert_eq!(
        (&status["accounts"][0]["source"], &status["accounts"][0]["state"]),
        (&"GRANT_TOKEN".into(), &"valid".into())
    );
    // Whoever names an account means its own.
    let named = machine.grant(&["token", "--account", "ada"]).env("GRANT_TOKEN", &token).run().expect(0);
    assert_eq!(named.stdout.trim_end(), own);
    let login = machine.login(&[]).env("GRANT_TOKEN", &token).run().expect(0);
    assert!(login.stderr.contains("warning: GRANT_TOKEN"), "{login}");
}

#[test]
fn a_damaged_entry_is_told_and_left_until_the_next_sign_in() {
    let machine = Machine::new().signed_in();
    let whole = fs::read_to_string(machine.entry_file()).expect("an entry");
    for damaged in ["", "{", "\u{0}", &whole[..whole.len() / 2], "{\"v\":2}"] {
        fs::write(machine.entry_file(), damaged).expect("the entry can be written");
        for command in ["token", "status"] {
            let output = machine.run(&[command]).expect(7);
            assert!(output.stderr.contains("damaged") && output.stderr.contains("grant login"), "{output}");
        }
        assert_eq!(fs::read_to_string(machine.entry_file()).expect("an entry"), damaged);
    }
    machine.login(&[]).run().expect(0);
    machine.token();
    fs::write(machine.entry_file(), b"\xff\xfe").expect("the entry can be written");
    machine.run(&["token"]).expect(7);
    machine.run(&["logout"]).expect(0);
}

#[test]
fn a_store_that_is_away_is_7_and_nobody_is_signed_out() {
    let machine = Machine::new().signed_in();
    let (tokens, aside) = (machine.state().join("tokens"), machine.state().join("aside"));
    fs::rename(&tokens, &aside).expect("a folder that can be renamed");
    fs::write(&tokens, "").expect("a file in its place");
    for command in ["token", "status", "logout"] {
        machine.run(&[command]).expect(7);
    }
    fs::remove_file(&tokens).expect("the file goes");
    fs::rename(&aside, &tokens).expect("the folder comes back");
    machine.token();
}
