//! How does a session end, and what is said of one that has?

use crate::machine::{Machine, files};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_ends_the_session_at_the_server_and_empties_the_store() {
    let machine = Machine::new().signed_in();
    let token = machine.token();
    let client = machine.server.client();
    assert!(client.is_active(&token).await);
    machine.run(&["logout"]).expect(0);
    assert!(!client.is_active(&token).await);
    assert!(files(&machine.state().join("tokens")).is_empty());
    machine.run(&["token"]).expect(4);
    machine.run(&["status"]).expect(4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_local_sign_out_leaves_the_session_and_one_everywhere_ends_all() {
    let machine = Machine::new().signed_in();
    let client = machine.server.client();
    let token = machine.token();
    machine.run(&["logout", "--local-only"]).expect(0);
    assert!(client.is_active(&token).await);
    assert!(files(&machine.state().join("tokens")).is_empty());
    let machine = machine.signed_in();
    machine.run(&["logout", "--everywhere"]).expect(0);
    assert!(!client.is_active(&token).await);
    assert!(files(&machine.state().join("tokens")).is_empty());
}

#[test]
fn a_session_that_was_ended_elsewhere_says_why_and_is_kept_until_it_is_forgotten() {
    let machine = Machine::new().signed_in();
    let other = Machine::new();
    let url = machine.server.url();
    let login = ["login", &url, "--username", "ada", "--password-stdin", "--store", "file"];
    other.grant(&login).input(crate::machine::PASSWORD).run().expect(0);
    other.run(&["sessions", "revoke", "--others"]).expect(2);
    other.run(&["sessions", "revoke", "--others", "--yes"]).expect(0);
    // As if the last renewal were two minutes old.
    machine.end_in(180);
    let status = machine.run(&["status", "--json"]).expect(4).json();
    assert_eq!(
        (&status["accounts"][0]["state"], &status["accounts"][0]["reason"]),
        (&"ended".into(), &"signed_out_everywhere".into())
    );
    let token = machine.run(&["token"]).expect(4);
    assert!(
        token.stderr.contains("All sessions were signed out at once.") && token.stderr.contains("grant login"),
        "{token}"
    );
    assert!(machine.entry()["rt"].is_string());
    machine.login(&[]).run().expect(0);
    machine.token();
}

#[test]
fn a_session_that_was_ended_a_moment_after_its_renewal_is_found_out_by_the_status() {
    let machine = Machine::new().signed_in();
    let id = machine.entry()["sid"].as_str().expect("an id").to_owned();
    let sessions = machine.run(&["sessions", "--json"]).expect(0).json();
    assert_eq!(
        (&sessions["sessions"][0]["id"], &sessions["sessions"][0]["current"]),
        (&id.as_str().into(), &true.into())
    );
    machine.run(&["sessions", "revoke", "ses_../../x"]).expect(2);
    machine.run(&["sessions", "revoke", &id]).expect(0);
    let status = machine.run(&["status", "--json"]).expect(4).json();
    let account = &status["accounts"][0];
    assert_eq!((&account["state"], &account["reason"]), (&"ended".into(), &"signed_out".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn ending_the_other_sessions_leaves_exactly_this_one() {
    let machine = Machine::new().signed_in();
    let client = machine.server.client();
    let others =
        [client.sign_in("ada", crate::machine::PASSWORD).await, client.sign_in("ada", crate::machine::PASSWORD).await];
    let bob = client.sign_in("bob", "bob-dev-password").await;
    machine.run(&["sessions", "revoke", "--others", "--yes"]).expect(0);
    let left = machine.run(&["sessions", "--json"]).expect(0).json()["sessions"].clone();
    assert_eq!((left.as_array().map(Vec::len), &left[0]["id"]), (Some(1), &machine.entry()["sid"]));
    for other in others {
        assert!(!client.is_active(&other.access).await);
    }
    assert!(client.is_active(&bob.access).await && client.is_active(&machine.token()).await);
}

#[test]
fn one_account_that_cannot_be_signed_out_keeps_none_of_the_others() {
    let machine = Machine::new().signed_in();
    let away = Machine::new();
    let url = away.server.url();
    let login = ["login", &url, "--username", "ada", "--password-stdin", "--store", "file", "--account", "away"];
    machine.grant(&login).input(crate::machine::PASSWORD).run().expect(0);
    machine.login(&["--account", "last"]).run().expect(0);
    away.server.kill();
    let output = machine.run(&["logout", "--all-accounts", "--everywhere"]).expect(3);
    assert!(output.stderr.contains("signed out: ada, last") && output.stderr.contains("cannot be reached"), "{output}");
    let accounts = machine.run(&["accounts", "--json"]).expect(0).json()["accounts"].clone();
    assert_eq!((accounts.as_array().map(Vec::len), &accounts[0]["name"]), (Some(1), &"away".into()));
    assert_eq!(files(&machine.state().join("tokens")).len(), 1);
}

#[test]
fn a_token_whose_key_is_gone_a_moment_after_its_renewal_ends_no_session() {
    let machine = Machine::new().signed_in();
    machine.run(&["admin", "keys", "rotate", "--now", "--yes"]).expect(0);
    for json in [&["status"][..], &["status", "--json"]] {
        let status = machine.run(json).expect(3);
        assert!(status.stdout.is_empty() && status.stderr.contains("try again in 10 seconds"), "{status}");
        assert!(!status.stderr.contains("ENDED") && status.stderr.contains("oken"), "{status}");
    }
    let doctor = machine.run(&["doctor"]).expect(3);
    assert!(!doctor.stdout.contains("signed out"), "{doctor}");
    // As if the renewal were two minutes old: then another follows at once.
    machine.end_in(180);
    let status = machine.run(&["status", "--json"]).expect(0).json();
    assert_eq!(status["accounts"][0]["state"], "valid");
}
