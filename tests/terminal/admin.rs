//! Can an administrator do everything from a terminal that the API lets administrators do?

use grantd_tests::process::grant_binary;
use grantd_tests::skip;
use grantd_tests::terminal::Terminal;
use serde_json::Value;

use crate::machine::{Machine, PASSWORD};

fn texts(list: &Value, member: &str) -> Vec<String> {
    let items = list.as_array().expect("a list").iter();
    items.map(|item| item[member].as_str().expect("a text").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_made_shown_changed_locked_and_deleted() {
    let machine = Machine::new().signed_in();
    let client = machine.server.client();
    let create = ["admin", "users", "create", "eve", "--email", "eve@example.org", "--role", "editor"];
    machine.run(&create).expect(2);
    let file = machine.home.write("password", "eve-first-password\n").display().to_string();
    let made = machine.run(&[&create[..], &["--password-file", &file, "--json"]].concat()).expect(0).json();
    assert_eq!((&made["user"]["username"], &made["user"]["roles"]), (&"eve".into(), &serde_json::json!(["editor"])));
    let id = made["user"]["id"].as_str().expect("an id");
    client.sign_in("eve", "eve-first-password").await;
    for who in ["eve", "EVE@example.org", id] {
        assert_eq!(machine.run(&["admin", "users", "show", who, "--json"]).expect(0).json()["user"]["id"], *id);
    }
    let user = |args: &[&str]| {
        machine.run(&[&["admin", "users"], args, &["--json"]].concat()).expect(0).json()["user"].clone()
    };
    assert_eq!(user(&["update", "eve", "--name", "Eve E", "--email", "eve@example.net"])["name"], "Eve E");
    assert_eq!(user(&["update", "eve", "--name", ""])["name"], Value::Null);
    assert_eq!(user(&["set-roles", "eve", "--role", "a", "--role", "b"])["roles"], serde_json::json!(["a", "b"]));
    assert_eq!(user(&["set-roles", "eve"])["roles"], serde_json::json!([]));
    assert_eq!(user(&["lock", "eve"])["locked"], true);
    client.try_sign_in("eve", "eve-first-password").await.expect_error(400, "invalid_grant");
    assert_eq!(user(&["unlock", "eve"])["locked"], false);
    let password = ["admin", "users", "set-password", "eve", "--password-stdin"];
    machine.grant(&password).input("eve-second-password\n").run().expect(0);
    client.sign_in("eve", "eve-second-password").await;
    machine.run(&["admin", "users", "delete", "eve"]).expect(2);
    assert_eq!(user(&["show", "eve"])["username"], "eve");
    assert_eq!(machine.run(&["admin", "users", "delete", "eve", "--yes", "--json"]).expect(0).json()["deleted"], *id);
    machine.run(&["admin", "users", "show", "eve"]).expect(6);
    machine.run(&["admin", "users", "show", id]).expect(6);
}

#[test]
fn a_list_is_cut_where_it_was_asked_to_be_filtered_and_read_to_its_end() {
    let machine = Machine::new().signed_in();
    for number in 0..12 {
        let (name, email) = (format!("u{number}"), format!("u{number}@example.org"));
        let create = ["admin", "users", "create", &name, "--email", &email, "--password-stdin"];
        machine.grant(&create).input("a-long-enough-word").run().expect(0);
    }
    let list = |args: &[&str]| machine.run(&[&["admin", "users", "list", "--json"], args].concat()).expect(0).json();
    let cut = list(&["--limit", "3"]);
    assert_eq!(
        (texts(&cut["users"], "username"), &cut["more"]),
        (vec!["u11".into(), "u10".into(), "u9".into()], &true.into())
    );
    let all = list(&["--all"]);
    assert_eq!((all["users"].as_array().expect("a list").len(), &all["more"]), (14, &false.into()));
    assert_eq!(texts(&list(&["--role", "admin"])["users"], "username"), ["ada"]);
    assert_eq!(texts(&list(&["--search", "U1"])["users"], "username"), ["u11", "u10", "u1"]);
    machine.run(&["admin", "users", "lock", "u5"]).expect(0);
    assert_eq!(texts(&list(&["--locked"])["users"], "username"), ["u5"]);
    assert_eq!(list(&["--locked", "false"])["users"].as_array().expect("a list").len(), 13);
    let told = machine.run(&["admin", "users", "list", "--limit", "1"]).expect(0);
    assert_eq!((told.stdout.lines().count(), told.stderr.as_str()), (2, "there are more: --limit N or --all\n"));
    for wrong in [&["--limit", "0"][..], &["--limit", "3", "--all"], &["--format", "xml"], &["--format", "tsv"]] {
        machine.run(&[&["admin", "users", "list", "--json"], wrong].concat()).expect(2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_registered_changed_given_another_secret_and_deleted() {
    let machine = Machine::new().signed_in();
    let secret_of = |output: &str| {
        let line = output.lines().find_map(|line| line.strip_prefix("client_secret"));
        line.map(|secret| secret.trim().to_owned())
    };
    let made = machine.run(&["admin", "clients", "create", "billing", "--scope", "openid"]).expect(0);
    let first = secret_of(&made.stdout).expect("a secret that is shown");
    assert!(made.stderr.contains("this once"), "{made}");
    let with = |secret: &str| machine.server.client().as_confidential("billing", secret);
    with(&first).client_credentials().await.expect(200);
    let rotated = machine.run(&["admin", "clients", "rotate-secret", "billing"]).expect(0);
    let second = secret_of(&rotated.stdout).expect("a secret that is shown");
    with(&first).client_credentials().await.expect_error(401, "invalid_client");
    with(&second).client_credentials().await.expect(200);
    let shown = machine.run(&["admin", "clients", "show", "billing"]).expect(0);
    assert_eq!(secret_of(&shown.stdout), None);
    let update =
        ["admin", "clients", "update", "billing", "--access-ttl", "2m", "--name", "Bills", "--scope", "", "--json"];
    let changed = machine.run(&update).expect(0).json();
    assert_eq!(
        (&changed["client"]["access_ttl"], &changed["client"]["name"], &changed["client"]["scopes"]),
        (&120.into(), &"Bills".into(), &serde_json::json!([]))
    );
    let default =
        machine.run(&["admin", "clients", "update", "billing", "--access-ttl", "default", "--json"]).expect(0);
    assert_eq!(default.json()["client"]["access_ttl"], Value::Null);
    machine.run(&["admin", "clients", "update", "billing"]).expect(2);
    machine.run(&["admin", "clients", "delete", "billing"]).expect(2);
    machine.run(&["admin", "clients", "delete", "billing", "--yes"]).expect(0);
    machine.run(&["admin", "clients", "show", "billing"]).expect(6);
    machine.run(&["admin", "clients", "delete", "billing", "--yes"]).expect(6);
}

#[test]
fn a_secret_that_is_shown_once_is_not_made_where_nobody_would_see_it() {
    let machine = Machine::new().signed_in();
    let create = ["admin", "clients", "create", "billing", "--json"];
    let refused = machine.run(&create).expect(2);
    assert!(refused.stdout.is_empty() && refused.stderr.contains("--show-secrets"), "{refused}");
    machine.run(&["admin", "clients", "show", "billing"]).expect(6);
    let made = machine.run(&[&create[..], &["--show-secrets"]].concat()).expect(0).json();
    assert!(made["client_secret"].as_str().expect("a secret").len() >= 24, "{made}");
    assert!(made["client"].get("client_secret").is_none());
    machine.run(&["admin", "clients", "rotate-secret", "billing", "--json"]).expect(2);
    let rotate = ["admin", "clients", "rotate-secret", "billing", "--json", "--show-secrets"];
    assert_ne!(machine.run(&rotate).expect(0).json()["client_secret"], made["client_secret"]);
    // One that its maker knows, and a client that has none, need nothing to be shown.
    let known = ["admin", "clients", "create", "known", "--secret-file", "-", "--json"];
    let known = machine.grant(&known).input("a-secret-of-their-own-making\n").run().expect(0);
    assert!(known.json().get("client_secret").is_none() && !known.stdout.contains("their-own"), "{known}");
    let public = ["admin", "clients", "create", "app", "--type", "public", "--grant", "password", "--json"];
    assert!(machine.run(&public).expect(0).json().get("client_secret").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_of_others_are_shown_and_ended() {
    let machine = Machine::new().signed_in();
    let client = machine.server.client();
    let tokens = [client.sign_in("bob", "bob-dev-password").await, client.sign_in("bob", "bob-dev-password").await];
    let list = ["admin", "sessions", "list", "--user", "bob", "--client", "web", "--json"];
    let sessions = machine.run(&list).expect(0).json()["sessions"].clone();
    let ids = texts(&sessions, "id");
    assert_eq!(ids.len(), 2);
    let shown = machine.run(&["admin", "sessions", "show", &ids[1], "--json"]).expect(0).json();
    assert_eq!(shown["session"], sessions[1]);
    machine.run(&["admin", "sessions", "revoke", &ids[1], "../users"]).expect(2);
    machine.run(&["admin", "sessions", "show", &ids[1]]).expect(0);
    machine.run(&["admin", "sessions", "revoke", &ids[1]]).expect(0);
    machine.run(&["admin", "sessions", "show", &ids[1]]).expect(6);
    assert!(!client.is_active(&tokens[0].access).await && client.is_active(&tokens[1].access).await);
    machine.run(&["admin", "sessions", "revoke", "--user", "bob"]).expect(2);
    machine.run(&["admin", "sessions", "revoke", "--user", "bob", "--yes"]).expect(0);
    assert!(!client.is_active(&tokens[1].access).await);
    machine.token();
}

#[test]
fn keys_are_shown_and_rotated() {
    let machine = Machine::new().signed_in();
    let list = || machine.run(&["admin", "keys", "list", "--json"]).expect(0).json()["keys"].clone();
    let before = list();
    let kid = before[0]["kid"].as_str().expect("a kid");
    assert_eq!(machine.run(&["admin", "keys", "show", "--json", "--", kid]).expect(0).json()["key"], before[0]);
    let made = machine.run(&["admin", "keys", "rotate", "--json"]).expect(0).json();
    assert_eq!(made["keys"][0]["state"], "announced");
    assert_eq!(list().as_array().expect("a list").len(), 2 * before.as_array().expect("a list").len());
    machine.run(&["admin", "keys", "rotate", "--now"]).expect(2);
    machine.run(&["admin", "keys", "rotate", "--now", "--yes"]).expect(0);
    // What the old keys signed is refused; whoever's token is more than a moment old gets another.
    machine.end_in(180);
    machine.run(&["admin", "keys", "show", "nothing"]).expect(6);
}

#[test]
fn events_tell_who_did_what_and_are_filtered() {
    let machine = Machine::new().signed_in();
    machine.run(&["admin", "users", "lock", "bob"]).expect(0);
    let list = |args: &[&str]| {
        machine.run(&[&["admin", "events", "list", "--json"], args].concat()).expect(0).json()["events"].clone()
    };
    let bob = list(&["--user", "bob", "--since", "1h"]);
    assert_eq!(texts(&bob, "type"), ["user_locked", "user_created"]);
    let id = bob[0]["id"].as_str().expect("an id");
    assert_eq!(machine.run(&["admin", "events", "show", id, "--json"]).expect(0).json()["event"], bob[0]);
    assert_eq!(texts(&list(&["--type", "user_locked"]), "id"), [id]);
    assert_eq!(list(&["--since", "2100-01-01T00:00:00Z"]), serde_json::json!([]));
    let session = machine.entry()["sid"].clone();
    assert_eq!(texts(&list(&["--session", session.as_str().expect("an id")]), "type"), ["signed_in"]);
    machine.run(&["admin", "events", "list", "--type", "nothing"]).expect(1);
    machine.run(&["admin", "events", "list", "--since", "tomorrow"]).expect(2);
}

#[test]
fn a_role_or_a_scope_that_is_missing_is_5_with_a_way_on() {
    let machine = Machine::new();
    let url = machine.server.url();
    let bob = ["login", &url, "--username", "bob", "--password-stdin", "--store", "file"];
    machine.grant(&bob).input("bob-dev-password").run().expect(0);
    for args in
        [&["users", "list"][..], &["keys", "rotate"], &["events", "list"], &["clients", "delete", "web", "--yes"]]
    {
        let output = machine.run(&[&["admin"], args].concat()).expect(5);
        assert!(output.stdout.is_empty() && output.stderr.contains("ask an administrator"), "{output}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_without_the_scope_is_5() {
    let machine = Machine::new();
    let narrow = [("grant_type", "password"), ("username", "ada"), ("password", PASSWORD), ("scope", "openid")];
    let token = machine.server.client().token(&narrow).await.expect(200);
    let token = token["access_token"].as_str().expect("a token").to_owned();
    let output = machine.grant(&["admin", "users", "list", "--json"]).env("GRANT_TOKEN", token).run().expect(5);
    let error: Value = serde_json::from_str(&output.stderr).expect("JSON");
    assert_eq!(error["reason"], "insufficient_scope");
    assert!(error["hint"].as_str().expect("a way on").contains("grant login"), "{error}");
}

#[test]
fn what_is_wrong_with_which_value_is_told() {
    let machine = Machine::new().signed_in();
    let create = ["admin", "users", "create", "eve", "--email", "nonsense", "--password-stdin"];
    let output = machine.grant(&create).input("short").run().expect(1);
    assert!(output.stderr.contains("email: ") && output.stderr.contains("password: "), "{output}");
    assert!(!output.stderr.contains("short:"), "{output}");
    machine.grant(&create).input("").run().expect(2);
    machine.grant(&create).input(b"\xff\xfe").run().expect(2);
    machine.run(&["admin", "users", "show", ""]).expect(6);
    machine.run(&["admin", "users", "show", "a\u{7}b"]).expect(6);
    machine.run(&["admin", "users", "show", &"x".repeat(5000)]).expect(6);
    machine.run(&["admin", "users", "update", "bob"]).expect(2);
}

#[test]
fn a_person_types_the_name_of_what_is_deleted_and_another_name_deletes_nothing() {
    let machine = Machine::new().signed_in();
    let home = [("HOME", machine.home.path().display().to_string())];
    let command = format!("'{}' admin users delete bob", grant_binary().display());
    let Some(mut terminal) = Terminal::run(&command, &home) else { return skip("no `script`") };
    terminal.wait_for("Type bob to go on: ");
    terminal.press("y\n");
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.screen());
    machine.run(&["admin", "users", "show", "bob"]).expect(0);
    let mut terminal = Terminal::run(&command, &home).expect("a terminal");
    terminal.wait_for("Type bob to go on: ");
    terminal.press("bob\n");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
    machine.run(&["admin", "users", "show", "bob"]).expect(6);
}

#[test]
fn the_administrators_commands_are_named_at_the_end_of_the_help_and_not_in_its_list() {
    let machine = Machine::new();
    let help = machine.run(&["--help"]).expect(0).stdout;
    let (_, commands) = help.split_once("Commands:\n").expect("a list of commands");
    let (commands, rest) = commands.split_once("\n\n").expect("its end");
    assert!(!commands.contains("admin") && rest.contains("grant admin --help"), "{help}");
    machine.run(&["admin", "--help"]).expect(0);
}
