//! What works while the server is away, and is anything lost?

use grantd_tests::process;

use crate::machine::{Machine, files};

#[test]
fn a_token_that_lives_is_given_with_a_warning_and_one_that_does_not_is_3() {
    let machine = Machine::new().signed_in();
    let token = machine.token();
    machine.end_in(40);
    machine.server.kill();
    let output = machine.run(&["token"]).expect(0);
    assert_eq!(output.stdout.trim_end(), token);
    assert!(output.stderr.starts_with("warning: ") && output.stderr.contains("still lives"), "{output}");
    for particular in [["token", "--min-ttl=200s"], ["token", "--force-refresh"]] {
        machine.run(&particular).expect(3);
    }
    let before = machine.entry();
    machine.end_in(-5);
    let output = machine.run(&["token"]).expect(3);
    assert!(output.stdout.is_empty() && output.stderr.contains("cannot be reached"), "{output}");
    assert_eq!(machine.entry()["rt"], before["rt"]);
}

#[test]
fn the_status_is_offline_also_while_the_token_lives() {
    let machine = Machine::new().signed_in();
    machine.server.kill();
    let status = machine.run(&["status", "--json"]).expect(3).json();
    assert_eq!(status["accounts"][0]["state"], "offline");
    assert_eq!(machine.run(&["status", "--offline", "--json"]).expect(0).json()["accounts"][0]["state"], "valid");
    machine.end_in(-5);
    assert_eq!(machine.run(&["status", "--json"]).expect(3).json()["accounts"][0]["state"], "offline");
    assert_eq!(machine.run(&["status", "--offline", "--json"]).expect(0).json()["accounts"][0]["state"], "expired");
}

#[test]
fn a_sign_out_forgets_and_warns_that_the_session_lives_on() {
    let machine = Machine::new().signed_in();
    machine.server.kill();
    machine.run(&["logout", "--everywhere"]).expect(3);
    let output = machine.run(&["logout"]).expect(0);
    assert!(output.stderr.contains("warning: ") && output.stderr.contains("lives on"), "{output}");
    assert!(files(&machine.state().join("tokens")).is_empty());
}

#[test]
fn whoever_was_signed_in_before_the_server_went_away_is_so_when_it_comes_back() {
    let machine = Machine::new().signed_in();
    let (token, port) = (machine.token(), machine.server.address().port().to_string());
    machine.server.kill();
    machine.end_in(-5);
    machine.run(&["token"]).expect(3);
    machine.run(&["status"]).expect(3);
    let data = machine.data.path().display().to_string();
    let back =
        process::grantd(&["dev", "--port", &port, "--data", &data]).env("GRANTD_PASSWORD__MEMORY_KIB", "8").start();
    assert_ne!(machine.token(), token);
    machine.run(&["status"]).expect(0);
    drop(back);
}
