//! What does a sign-in leave, and what does it replace?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use grantd_tests::postgres::free_port;
use grantd_tests::wait_for;

use crate::machine::{Machine, PASSWORD, files};

#[test]
fn a_sign_in_keeps_its_tokens_in_a_file_that_its_owner_alone_can_read() {
    let machine = Machine::new();
    let output = machine.login(&[]).run().expect(0);
    assert_eq!(output.stdout, "");
    assert!(output.stderr.contains("account `ada`, tokens in the file store"), "{output}");
    let mode = |path: &std::path::Path| fs::metadata(path).expect("a file").permissions().mode() & 0o777;
    assert_eq!(mode(&machine.entry_file()), 0o600);
    assert_eq!(mode(&machine.state().join("tokens")), 0o700);
    let entry = machine.entry();
    assert_eq!(entry["v"], 1);
    assert_eq!(entry["sc"], "openid profile email account sessions admin");
    let (refresh, access) = (entry["rt"].as_str().expect("a token"), entry["at"].as_str().expect("a token"));
    for file in files(machine.home.path()).iter().filter(|file| **file != machine.entry_file()) {
        let text = fs::read_to_string(file).expect("text");
        assert!(!text.contains(refresh) && !text.contains(access) && !text.contains(PASSWORD), "{}", file.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_one_line_and_the_servers_own() {
    let machine = Machine::new().signed_in();
    let token = machine.token();
    machine.server.client().userinfo(&token).await.expect(200);
    let header = machine.run(&["token", "--format", "header"]).expect(0);
    assert_eq!(header.stdout, format!("Authorization: Bearer {token}\n"));
    let env = machine.run(&["token", "--format", "env"]).expect(0);
    assert_eq!(env.stdout, format!("GRANT_TOKEN={token}\n"));
    let json = machine.run(&["token", "--json"]).expect(0).json();
    assert_eq!(
        (&json["schema"], &json["access_token"], &json["token_type"]),
        (&1.into(), &token.into(), &"Bearer".into())
    );
    assert!(json["expires_at"].as_str().expect("a time").ends_with('Z'));
    assert!(json.get("refresh_token").is_none());
}

#[test]
fn the_status_says_who_where_and_until_when() {
    let machine = Machine::new().signed_in();
    let status = machine.run(&["status", "--json"]).expect(0).json();
    let account = &status["accounts"][0];
    assert_eq!(status["schema"], 1);
    for (name, value) in
        [("name", "ada"), ("username", "ada"), ("store", "file"), ("source", "store"), ("state", "valid")]
    {
        assert_eq!(account[name], value, "{name}");
    }
    assert_eq!(account["issuer"], machine.server.url());
    assert_eq!(account["session_id"], machine.entry()["sid"]);
    assert_eq!((&account["reason"], &account["active"]), (&serde_json::Value::Null, &true.into()));
    let offline = machine.run(&["status", "--offline", "--json"]).expect(0).json();
    assert_eq!(offline["accounts"][0]["state"], "valid");
    assert!(machine.run(&["status"]).expect(0).stdout.contains("ada  VALID"));
}

#[test]
fn nobody_signed_in_is_4() {
    let machine = Machine::new();
    for command in ["status", "token", "logout"] {
        let output = machine.run(&[command]).expect(4);
        assert_eq!((output.stdout.as_str(), output.stderr.lines().count()), ("", 2), "{output}");
        assert!(output.stderr.contains("grant login"), "{output}");
    }
    let output = machine.run(&["token", "--json"]).expect(4);
    let error: serde_json::Value = serde_json::from_str(&output.stderr).expect("JSON");
    assert_eq!((&error["schema"], &error["exit_code"]), (&1.into(), &4.into()));
}

#[test]
fn an_account_is_called_by_the_users_name_also_when_an_address_was_typed() {
    let machine = Machine::new();
    let url = machine.server.url();
    let args = ["login", &url, "--username", "ada@example.org", "--password-stdin", "--store", "file", "--json"];
    let output = machine.grant(&args).input(format!("{PASSWORD}\n")).run().expect(0);
    assert_eq!(output.json()["accounts"][0]["name"], "ada");
    assert_eq!(output.stderr, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_again_ends_the_session_that_it_replaces() {
    let machine = Machine::new().signed_in();
    let (token, session) = (machine.token(), machine.entry()["sid"].clone());
    // The store is remembered: nothing names it.
    let url = machine.server.url();
    machine.grant(&["login", &url, "--username", "ada", "--password-stdin"]).input(PASSWORD).run().expect(0);
    assert_ne!(machine.entry()["sid"], session);
    assert!(!machine.server.client().is_active(&token).await);
    assert!(machine.server.client().is_active(&machine.token()).await);
}

#[test]
fn a_server_of_this_machine_needs_no_certificates() {
    let machine = Machine::new();
    machine.login(&[]).env("SSL_CERT_FILE", "/nowhere").env("SSL_CERT_DIR", "/nowhere").run().expect(0);
    let https = ["login", "https://localhost:1", "--username", "a", "--password-stdin", "--store", "file"];
    let output =
        machine.grant(&https).input("b").env("SSL_CERT_FILE", "/nowhere").env("SSL_CERT_DIR", "/nowhere").run();
    assert!(output.expect(1).stderr.contains("SSL_CERT_FILE"));
}

#[test]
fn accounts_are_listed_chosen_renamed_and_removed() {
    let machine = Machine::new().signed_in();
    let url = machine.server.url();
    let bob = ["login", &url, "--username", "bob", "--password-stdin", "--store", "file"];
    machine.grant(&bob).input("bob-dev-password").run().expect(0);
    let active = || {
        let list = machine.run(&["accounts", "--json"]).expect(0).json();
        let accounts = list["accounts"].as_array().expect("a list").clone();
        accounts
            .iter()
            .filter(|account| account["active"] == true)
            .map(|account| account["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(active(), ["bob"]);
    machine.run(&["accounts", "use", "ada"]).expect(0);
    machine.run(&["accounts", "rename", "ada", "lovelace"]).expect(0);
    assert_eq!(active(), ["lovelace"]);
    machine.token();
    // The name that is free again names another sign-in, beside the renamed one.
    machine.login(&[]).run().expect(0);
    let sub =
        |args: &[&str]| machine.run(&[&["inspect", "--json"], args].concat()).expect(0).json()["claims"]["sid"].clone();
    assert_ne!(sub(&["--account", "ada"]), sub(&["--account", "lovelace"]));
    machine.run(&["accounts", "remove", "ada"]).expect(0);
    machine.grant(&["token"]).env("GRANT_ACCOUNT", "lovelace").run().expect(0);
    machine.run(&["token", "--account", "nobody"]).expect(2);
    machine.run(&["accounts", "rename", "lovelace", "bob"]).expect(2);
}

#[test]
fn a_program_gets_the_token_in_its_environment_and_its_exit_code_is_ours() {
    let machine = Machine::new().signed_in();
    let output = machine.run(&["exec", "--", "sh", "-c", "printf %s \"$GRANT_TOKEN\"; exit 9"]).expect(9);
    assert_eq!(output.stdout, machine.token());
    let output = machine.run(&["exec", "--env", "OTHER", "--", "sh", "-c", "printf %s \"$OTHER\""]).expect(0);
    assert_eq!(output.stdout, machine.token());
    machine.run(&["exec", "--", "/nonexistent"]).expect(127);
}

#[test]
fn the_api_is_called_with_the_token_and_its_noes_have_their_codes() {
    let machine = Machine::new().signed_in();
    assert_eq!(machine.run(&["api", "GET", "/api/v1/me"]).expect(0).json()["username"], "ada");
    let changed = machine.run(&["api", "patch", "/api/v1/me", "-f", "name=Ada L."]).expect(0).json();
    assert_eq!(changed["name"], "Ada L.");
    machine.run(&["api", "GET", "/api/v1/nothing"]).expect(6);
    machine.run(&["api", "PATCH", "/api/v1/me", "-f", "email=nonsense"]).expect(1);
    for path in ["https://example.org/", "//example.org/", "api"] {
        machine.run(&["api", "GET", path]).expect(2);
    }
}

#[test]
fn an_entry_has_room_for_the_largest_token_that_the_server_makes_unasked() {
    // The longest signature of the three.
    let machine = Machine::with(&[("GRANTD_TOKENS__SIGNING_ALG", "RS256")]).signed_in();
    let entry = fs::read(machine.entry_file()).expect("an entry");
    assert!(entry.len() <= 2300, "{} bytes", entry.len());
    assert_eq!(machine.entry()["at"].as_str().expect("a token"), machine.token());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_has_no_room_is_fetched_each_time_and_the_sign_in_succeeds() {
    let machine = Machine::new().signed_in();
    let roles = (0..31).map(|number| format!("{number:x>64}")).chain(["admin".to_owned()]);
    let flags: Vec<_> = roles.flat_map(|role| ["--role".to_owned(), role]).collect();
    let set = ["admin", "users", "set-roles", "ada"].into_iter().chain(flags.iter().map(String::as_str));
    machine.run(&set.collect::<Vec<_>>()).expect(0);
    machine.login(&[]).run().expect(0);
    assert!(fs::read(machine.entry_file()).expect("an entry").len() <= 2300);
    assert_eq!(machine.entry().get("at"), None);
    let first = machine.token();
    assert!(first.len() > 2300 && machine.server.client().is_active(&first).await);
    assert_ne!(machine.token(), first);
    machine.run(&["status"]).expect(0);
}

#[test]
fn sign_ins_side_by_side_at_two_servers_keep_both_and_leave_one_session_at_each() {
    let (machine, other) = (Machine::new(), Machine::new());
    let locks = machine.state().join("locks");
    fs::create_dir_all(&locks).expect("a folder");
    let list = fs::File::create(locks.join("accounts.lock")).expect("a file");
    thread::scope(|scope| {
        // Nobody can list an account before all of them are well under way.
        list.lock().expect("the lock");
        for number in 0..8 {
            let server = [&machine.server, &other.server][number % 2].url();
            let args = ["login", &server, "--username", "ada", "--password-stdin", "--store", "file"];
            let login = machine.grant(&args).input(PASSWORD);
            scope.spawn(|| login.run().expect(0));
        }
        wait_for("two further locks", || (files(&locks).len() > 2).then_some(()));
        list.unlock().expect("the lock");
    });
    let accounts = machine.run(&["accounts", "--json"]).expect(0).json()["accounts"].clone();
    let accounts = accounts.as_array().expect("a list");
    assert_eq!((accounts.len(), files(&machine.state().join("tokens")).len()), (2, 2), "{accounts:?}");
    let servers: Vec<_> = accounts.iter().map(|account| account["issuer"].clone()).collect();
    for server in [&machine.server, &other.server] {
        assert!(servers.contains(&server.url().into()), "{servers:?}");
    }
    for account in accounts {
        let name = account["name"].as_str().expect("a name");
        let sessions = machine.run(&["sessions", "--account", name, "--json"]).expect(0).json();
        assert_eq!(sessions["sessions"].as_array().map(Vec::len), Some(1), "{sessions}");
    }
}

#[test]
fn the_account_of_the_environment_is_the_one_that_is_signed_in_to() {
    let machine = Machine::new().signed_in();
    let other = Machine::new();
    let args = ["login", &other.server.url(), "--username", "ada", "--password-stdin", "--store", "file"];
    let work = |args: &[&str]| machine.grant(args).input(PASSWORD).env("GRANT_ACCOUNT", "work").run().expect(0);
    work(&args);
    machine.run(&["accounts", "use", "ada"]).expect(0);
    // Neither a server nor a store is named: those of `work`, which it replaces.
    let again = work(&["login", "--username", "ada", "--password-stdin", "--json"]).json();
    assert_eq!(
        (&again["accounts"][0]["name"], &again["accounts"][0]["issuer"], &again["accounts"][0]["store"]),
        (&"work".into(), &other.server.url().into(), &"file".into())
    );
    let accounts = machine.run(&["accounts", "--json"]).expect(0).json()["accounts"].clone();
    assert_eq!(accounts.as_array().map(Vec::len), Some(2), "{accounts}");
}

#[test]
fn a_name_that_no_resolver_knows_is_this_machines_where_it_ends_in_localhost() {
    let port = free_port();
    let machine = Machine::behind(port, &format!("http://id.localhost:{port}"));
    let issuer = format!("http://id.localhost:{port}");
    let args = ["login", &issuer, "--username", "ada", "--password-stdin", "--store", "file"];
    machine.grant(&args).input(PASSWORD).run().expect(0);
    assert_eq!(machine.run(&["status", "--json"]).expect(0).json()["accounts"][0]["issuer"], issuer.as_str());
}

#[test]
fn the_fields_of_a_question_are_its_query() {
    let machine = Machine::new().signed_in();
    let events = machine.run(&["api", "GET", "/api/v1/me/activity", "-f", "limit=1"]).expect(0).json();
    assert_eq!(events["items"].as_array().map(Vec::len), Some(1));
    let events = machine.run(&["api", "GET", "/api/v1/me/activity?limit=1", "-f", "cursor=a b"]).expect(1);
    assert!(events.stdout.contains("unknown_value"), "{events}");
}
