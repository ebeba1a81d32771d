//! How are lists shown, to people and to programs, and are those that go on told once and whole?

use std::collections::BTreeSet;
use std::process::{Command, Stdio};

use grantd_tests::process::{self, grant_binary};
use grantd_tests::skip;
use grantd_tests::terminal::Terminal;
use serde_json::Value;

use crate::machine::Machine;

#[tokio::test(flavor = "multi_thread")]
async fn all_sessions_are_listed_and_one_is_shown() {
    let machine = Machine::new().signed_in();
    let client = machine.server.client();
    // More than the server gives at once.
    for _ in 0..205 {
        client.sign_in("ada", crate::machine::PASSWORD).await;
    }
    let sessions = machine.run(&["sessions", "list", "--json"]).expect(0).json()["sessions"].clone();
    let sessions = sessions.as_array().expect("a list");
    let ids: BTreeSet<_> = sessions.iter().map(|session| session["id"].as_str().expect("an id")).collect();
    assert_eq!((sessions.len(), ids.len()), (206, 206));
    let oldest = sessions.last().expect("one");
    assert_eq!(oldest["id"], machine.entry()["sid"]);
    let id = oldest["id"].as_str().expect("an id");
    let shown = machine.run(&["sessions", "show", id, "--json"]).expect(0).json();
    assert_eq!((&shown["schema"], &shown["session"]["current"]), (&1.into(), &true.into()));
    assert!(machine.run(&["sessions", "show", id]).expect(0).stdout.contains(id));
    // The same but for its last letter.
    let other = format!("{}{}", &id[..id.len() - 1], if id.ends_with('0') { '1' } else { '0' });
    machine.run(&["sessions", "show", &other]).expect(6);
    machine.run(&["sessions", "show", "../sessions"]).expect(2);
}

#[test]
fn a_list_is_a_table_json_or_tsv() {
    let machine = Machine::new().signed_in();
    let session = machine.entry()["sid"].as_str().expect("an id").to_owned();
    let tsv = machine.run(&["sessions", "--format", "tsv"]).expect(0).stdout;
    let lines: Vec<Vec<_>> = tsv.lines().map(|line| line.split('\t').collect()).collect();
    assert_eq!(lines[0], ["id", "client_id", "user_agent", "ip", "last_used_at", "current"]);
    assert_eq!((lines.len(), lines[1].len(), lines[1][0], lines[1][5]), (2, 6, session.as_str(), "true"));
    // Words are for people, what the server says for programs.
    let sessions = machine.run(&["sessions"]).expect(0).stdout;
    assert!(lines[1][2].starts_with("grant/") && sessions.contains(", grant on "), "{tsv}{sessions}");
    let activity = |args: &[&str]| machine.run(&[&["activity"], args].concat()).expect(0).stdout;
    let (table, tsv) = (activity(&[]), activity(&["--format", "tsv"]));
    assert!(
        table.contains("  signed in  ") && !table.contains("signed_in") && tsv.contains("\tsigned_in\t"),
        "{table}{tsv}"
    );
    // Except where the word is what the list is filtered by.
    assert!(machine.run(&["admin", "events", "list"]).expect(0).stdout.contains("signed_in"));
    let json = |args: &[&str]| machine.run(&[&["accounts", "list"], args].concat()).expect(0).json();
    assert_eq!(json(&["--format", "json"]), json(&["--json"]));
    let table = machine.run(&["accounts", "--format", "table"]).expect(0).stdout;
    assert!(table.starts_with("NAME  USER  SERVER ") && table.contains("\nada   ada   http"), "{table}");
    for wrong in [&["sessions", "--format", "csv"][..], &["sessions", "--format", "tsv", "--json"]] {
        machine.run(wrong).expect(2);
    }
    // What JSON was asked for fails in JSON.
    let error = Machine::new().run(&["sessions", "list", "--format", "json"]).expect(4);
    assert_eq!(serde_json::from_str::<Value>(&error.stderr).expect("JSON")["exit_code"], 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_call_themselves_moves_no_column_and_commands_no_terminal() {
    let machine = Machine::new().signed_in();
    let client = machine.server.client();
    let form = [
        ("grant_type", "password"),
        ("client_id", "web"),
        ("username", "ada"),
        ("password", crate::machine::PASSWORD),
        ("scope", "openid"),
    ];
    let request = client.request(reqwest::Method::POST, "/oauth2/token").form(&form);
    client.answer(request.header("user-agent", "a\tb \u{732b}\u{202e}".as_bytes())).await.expect(200);
    let tsv = machine.run(&["sessions", "--format", "tsv"]).expect(0).stdout;
    assert!(tsv.lines().all(|line| line.split('\t').count() == 6), "{tsv}");
    for args in [&["sessions"][..], &["admin", "sessions", "list"], &["sessions", "--json"]] {
        let shown = machine.run(args).expect(0).stdout;
        assert!(!shown.contains('\u{1b}'), "{shown:?}");
    }
    let table = machine.run(&["sessions"]).expect(0).stdout;
    assert!(table.contains('\u{732b}') && !table.contains(['\t', '\u{202e}']), "{table:?}");
}

#[test]
fn a_table_is_no_wider_than_the_terminal_and_its_ids_are_whole() {
    let machine = Machine::new().signed_in();
    let id = machine.entry()["sid"].as_str().expect("an id").to_owned();
    let variables = [("HOME", machine.home.path().display().to_string()), ("COLUMNS", "80".to_owned())];
    let command = format!("'{}' sessions", grant_binary().display());
    let Some(mut terminal) = Terminal::run(&command, &variables) else { return skip("no `script`") };
    assert_eq!(terminal.exit_code(), 0);
    let screen = terminal.screen();
    let line = screen.lines().find(|line| line.starts_with(&id)).expect("the session");
    assert!(line.trim_end().chars().count() <= 80 && line.contains('…'), "{screen}");
    // Not a terminal: nothing is cut.
    assert!(!machine.grant(&["sessions"]).env("COLUMNS", "80").run().expect(0).stdout.contains('…'));
}

#[test]
fn the_activity_holds_this_machines_renewals_in_their_place() {
    let machine = Machine::new().signed_in();
    machine.end_in(40);
    machine.token();
    let activity = machine.run(&["activity", "--since", "1h", "--json"]).expect(0).json();
    let events = activity["events"].as_array().expect("a list");
    let renewal = &events[0];
    assert_eq!(
        (&renewal["type"], &renewal["local"], &renewal["command"]),
        (&"token_renewed".into(), &true.into(), &"grant token".into())
    );
    assert!(renewal["pid"].is_u64() && events[1..].iter().all(|event| event["local"] == false), "{activity}");
    let times: Vec<_> = events.iter().map(|event| event["at"].as_str().expect("a time")).collect();
    assert!(times.is_sorted_by(|newer, older| newer >= older), "{times:?}");
    assert!(machine.run(&["activity"]).expect(0).stdout.contains("local: grant token, pid "));
    let one = machine.run(&["activity", "--limit", "1", "--json"]).expect(0).json();
    assert_eq!(
        (one["events"].as_array().map(Vec::len), &one["more"], &one["events"][0]),
        (Some(1), &true.into(), renewal)
    );
    assert_eq!(
        machine.run(&["activity", "--since", "2100-01-01T00:00:00Z", "--json"]).expect(0).json()["events"],
        serde_json::json!([])
    );
    machine.run(&["activity", "--since", "never"]).expect(2);
}

/// The types of the events in the lines of a follower, and that each is there once.
fn told(output: &str) -> Vec<String> {
    let lines = output.lines().filter(|line| line.starts_with('{'));
    let events: Vec<Value> = lines.map(|line| serde_json::from_str(line).expect("an object a line")).collect();
    assert!(events.iter().all(|line| line["schema"] == 1), "{output}");
    let distinct: BTreeSet<_> = events.iter().map(|line| line["event"].to_string()).collect();
    assert_eq!(distinct.len(), events.len(), "{output}");
    events.iter().map(|line| line["event"]["type"].as_str().expect("a type").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_follows_is_told_each_event_once_in_its_order_until_ctrl_c() {
    let machine = Machine::new().signed_in();
    let client = machine.server.client();
    let own = machine.grant(&["activity", "--follow", "--limit", "1", "--json"]).spawn();
    let all = machine.grant(&["admin", "events", "list", "--follow", "--json", "--type", "signed_in"]).spawn();
    own.wait_for_output("signed_in");
    all.wait_for_output("signed_in");
    // More than are looked at again.
    for _ in 0..25 {
        client.sign_in("ada", crate::machine::PASSWORD).await;
    }
    machine.end_in(40);
    machine.token();
    own.wait_for_output("token_renewed");
    client.try_sign_in("ada", "wrong").await.expect_error(400, "invalid_grant");
    own.wait_for_output("sign_in_failed");
    grantd_tests::wait_for("each sign-in", || (all.output().lines().count() >= 26).then_some(()));
    let types = told(&own.output());
    assert_eq!(types.iter().filter(|kind| *kind == "signed_in").count(), 26, "{types:?}");
    assert!(!types.contains(&"user_created".to_owned()), "{types:?}");
    assert_eq!(told(&all.output()), vec!["signed_in"; 26]);
    for follower in [own, all] {
        process::signal(follower.pid(), "INT");
        assert_eq!(follower.wait().code, 130);
    }
}

#[test]
fn who_follows_waits_for_a_server_that_is_away() {
    let machine = Machine::new().signed_in();
    let follower = machine.grant(&["activity", "--follow"]).spawn();
    follower.wait_for_output("signed in");
    machine.server.kill();
    follower.wait_for_output("asking again");
    assert!(!follower.has_ended());
    process::signal(follower.pid(), "INT");
    assert_eq!(follower.wait().code, 130);
}

#[test]
fn who_follows_ends_when_nobody_reads_on() {
    let machine = Machine::new().signed_in();
    let script = format!("'{}' admin events list --follow --json | head -n 1", grant_binary().display());
    let mut shell = Command::new("sh");
    let shell = shell.args(["-c", &script]).env("HOME", machine.home.path()).stdout(Stdio::null());
    let mut shell = shell.spawn().expect("sh");
    let mut roles = ["one", "two"].iter().cycle();
    grantd_tests::wait_for("the follower ends", || {
        machine.run(&["admin", "users", "set-roles", "bob", "--role", roles.next()?]).expect(0);
        shell.try_wait().expect("our own child")
    });
}
