//! Is what `--json` prints what the schemas and the reference say it is?

use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use grantd_tests::skip;
use serde_json::{Value, json};

use crate::machine::{Machine, PASSWORD};

const SCHEMA: &str = "tui-client/schemas/grant.json";
const REFERENCE: &str = "docs/grant.md";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// What is wrong with values by the definitions of these names; none where there is nobody to say.
fn faults(values: &[(String, Value)]) -> Option<String> {
    let python = root().join("tests/.venv/bin/python");
    let mut child = Command::new(python)
        .arg(root().join("tests/terminal/schemas.py"))
        .arg(root().join(SCHEMA))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .ok()?;
    let text = json!(values).to_string();
    child.stdin.take().expect("a pipe").write_all(text.as_bytes()).expect("Python reads");
    let output = child.wait_with_output().expect("an end");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(output.status.success(), said.is_empty(), "{said}");
    Some(said)
}

/// What a command prints, and which definition that has to meet.
struct Printed<'a> {
    machine: &'a Machine,
    values: Vec<(String, Value)>,
}

impl Printed<'_> {
    #[track_caller]
    fn add(&mut self, definition: &str, args: &[&str]) -> Value {
        self.add_with(definition, args, "")
    }

    #[track_caller]
    fn add_with(&mut self, definition: &str, args: &[&str], input: &str) -> Value {
        self.add_ending(definition, args, input, 0)
    }

    #[track_caller]
    fn add_ending(&mut self, definition: &str, args: &[&str], input: &str, code: i32) -> Value {
        let output = self.machine.grant(&[&["--json"], args].concat()).input(input).run().expect(code);
        let value = output.json();
        self.values.push((definition.to_owned(), value.clone()));
        value
    }

    #[track_caller]
    fn add_error(&mut self, args: &[&str], code: i32) {
        let output = self.machine.run(&[args, &["--json"]].concat()).expect(code);
        assert_eq!(output.stdout, "");
        self.values.push(("error".to_owned(), serde_json::from_str(&output.stderr).expect("JSON")));
    }

    /// The first line of a command that goes on.
    fn add_line(&mut self, definition: &str, args: &[&str]) {
        let follower = self.machine.grant(&[args, &["--follow", "--json"]].concat()).spawn();
        follower.wait_for_output("}\n");
        let line = follower.output().lines().next().expect("a line").to_owned();
        self.values.push((definition.to_owned(), serde_json::from_str(&line).expect("an object a line")));
    }
}

#[test]
fn what_each_command_prints_in_json_meets_its_schema() {
    let machine = Machine::new();
    let url = machine.server.url();
    let mut printed = Printed { machine: &machine, values: Vec::new() };
    printed.add_error(&["status"], 4);
    printed.add_error(&["tokn"], 2);
    // With a hint: there is no keyring.
    printed.add_ending("doctor", &["doctor"], "", 7);
    printed.add_error(&["config", "get", "issuer"], 6);
    machine.run(&["config", "set", "keys.reload", "R", "f5"]).expect(0);
    printed.add("config_get", &["config", "get", "keys"]);
    printed.add("config_get", &["config", "get", "keys.reload"]);
    let login = |name| ["login", &url, "--username", name, "--password-stdin", "--store", "file"].map(str::to_owned);
    let bob = login("bob");
    printed.add_with("login", &bob.each_ref().map(String::as_str), "bob-dev-password");
    printed.add_error(&["admin", "users", "list"], 5);
    printed.add("logout", &["logout"]);
    let ada = login("ada");
    printed.add_with("login", &ada.each_ref().map(String::as_str), PASSWORD);
    machine.end_in(40);
    for (definition, args) in [
        ("token", &["token"][..]),
        ("status", &["status"]),
        ("status", &["status", "--offline"]),
        ("inspect", &["inspect"]),
        ("inspect", &["inspect", "--verify"]),
        ("accounts", &["accounts", "list"]),
        ("accounts", &["accounts", "use", "ada"]),
        ("accounts", &["accounts", "rename", "ada", "work"]),
        ("accounts", &["accounts", "rename", "work", "ada"]),
        ("activity", &["activity"]),
        ("config_list", &["config", "list"]),
        ("config_get", &["config", "get", "theme"]),
        ("config_get", &["config", "get", "mouse"]),
        ("config_path", &["config", "path"]),
        ("doctor", &["doctor"]),
        ("version", &["version"]),
        ("admin_users_list", &["admin", "users", "list"]),
        ("admin_users_show", &["admin", "users", "lock", "bob"]),
        ("admin_users_show", &["admin", "users", "unlock", "bob"]),
        ("admin_users_show", &["admin", "users", "set-roles", "bob", "--role", "x"]),
        ("admin_users_show", &["admin", "users", "update", "bob", "--name", "Bob"]),
        ("admin_users_show", &["admin", "users", "show", "bob"]),
        ("admin_clients_create", &["admin", "clients", "create", "billing", "--show-secrets"]),
        ("admin_clients_create", &["admin", "clients", "rotate-secret", "billing", "--show-secrets"]),
        ("admin_clients_create", &["admin", "clients", "create", "app", "--type", "public", "--grant", "password"]),
        ("admin_clients_show", &["admin", "clients", "update", "billing", "--access-ttl", "60"]),
        ("admin_clients_show", &["admin", "clients", "show", "billing"]),
        ("admin_clients_list", &["admin", "clients", "list"]),
        ("admin_clients_delete", &["admin", "clients", "delete", "billing", "--yes"]),
        ("admin_sessions_revoke", &["admin", "sessions", "revoke", "--user", "bob", "--yes"]),
        ("admin_keys_list", &["admin", "keys", "rotate"]),
    ] {
        printed.add(definition, args);
    }
    let id = |list: &Value, name: &str, member: &str| list[name][0][member].as_str().expect("an id").to_owned();
    let session = id(&printed.add("sessions", &["sessions"]), "sessions", "id");
    printed.add("session", &["sessions", "show", &session]);
    printed.add("admin_sessions_list", &["admin", "sessions", "list"]);
    printed.add("admin_sessions_show", &["admin", "sessions", "show", &session]);
    let kid = id(&printed.add("admin_keys_list", &["admin", "keys", "list"]), "keys", "kid");
    printed.add("admin_keys_show", &["admin", "keys", "show", "--", &kid]);
    let event = id(&printed.add("admin_events_list", &["admin", "events", "list"]), "events", "id");
    printed.add("admin_events_show", &["admin", "events", "show", &event]);
    printed.add_with(
        "admin_users_set_password",
        &["admin", "users", "set-password", "bob", "--password-stdin"],
        "a-long-enough-word",
    );
    printed.add("admin_users_delete", &["admin", "users", "delete", "bob", "--yes"]);
    printed.add_line("activity_line", &["activity", "--limit", "1"]);
    printed.add_line("admin_events_show", &["admin", "events", "list", "--limit", "1"]);
    printed.add_error(&["sessions", "show", &session.replace("ses_0", "ses_1")], 6);
    printed.add("sessions_revoke", &["sessions", "revoke", "--others", "--yes"]);
    printed.add("logout", &["logout"]);
    printed.add_with("login", &ada.each_ref().map(String::as_str), PASSWORD);
    printed.add("accounts", &["accounts", "remove", "ada"]);
    let Some(faults) = faults(&printed.values) else { return skip("no tests/.venv") };
    assert_eq!(faults, "");
}

/// The examples of the reference, by the definition that each names: "```json status".
fn examples() -> Vec<(String, Value)> {
    let reference = fs::read_to_string(root().join(REFERENCE)).expect("the reference");
    let blocks = reference.split("```json ").skip(1).map(|block| {
        let (name, rest) = block.split_once('\n').expect("a name");
        let (text, _) = rest.split_once("\n```").expect("an end");
        (name.to_owned(), serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}")))
    });
    blocks.collect()
}

#[test]
fn each_answer_has_an_example_in_the_reference_that_meets_its_schema() {
    let examples = examples();
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join(SCHEMA)).expect("the schema")).expect("JSON");
    let answers = schema["$defs"].as_object().expect("definitions").iter();
    let answers = answers.filter(|(_, definition)| definition["properties"].get("schema").is_some());
    let named: BTreeSet<_> = examples.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(answers.map(|(name, _)| name.as_str()).collect::<BTreeSet<_>>(), named);
    let Some(faults) = faults(&examples) else { return skip("no tests/.venv") };
    assert_eq!(faults, "");
}
