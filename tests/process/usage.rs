//! Is the command line one that people and scripts can rely on? Help, exit codes, and what goes where.

use std::collections::BTreeSet;

use grantd_tests::process::{self, Output};
use grantd_tests::temp::TempDir;

use crate::site::{self, PASSWORD, Production, run};

/// The commands that a help text lists, without `help` itself.
fn commands(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    listed
        .filter(|line| line.starts_with("  ") && !line.starts_with("    "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

/// Every command with its help, found by asking.
fn every_command() -> Vec<(Vec<String>, String)> {
    let mut found = Vec::new();
    let mut open = vec![Vec::new()];
    while let Some(command) = open.pop() {
        let args: Vec<String> = command.iter().cloned().chain(["--help".to_owned()]).collect();
        let help = process::grantd(&args).run().expect(0);
        assert_eq!(help.stderr, "", "help that was asked for is no error");
        for name in commands(&help.stdout) {
            open.push(command.iter().cloned().chain([name]).collect());
        }
        found.push((command, help.stdout));
    }
    found
}

#[test]
fn every_command_has_a_help_with_an_example() {
    let all = every_command();
    let names: BTreeSet<_> = all.iter().map(|(command, _)| command.join(" ")).collect();
    let wanted = "dev|serve|init|config|config check|config show|user|user create|user list|user show|user lock|user unlock|\
                  user set-password|client|client create|client list|client show|session|session list|session revoke|\
                  migrate|openapi|healthcheck";
    for name in wanted.split('|') {
        assert!(names.contains(name), "no `{name}` in {names:?}");
    }
    for (command, help) in &all {
        let name = command.join(" ");
        let example = help.split_once("Example").map(|(_, examples)| examples).unwrap_or_default();
        assert!(example.contains(format!("grantd {name}").trim()), "no example of `{name}`:\n{help}");
    }
}

#[test]
fn what_a_help_gives_as_an_example_is_understood() {
    for (command, help) in every_command() {
        let examples = help.split_once("Example").map(|(_, examples)| examples).unwrap_or_default();
        for line in examples.lines().filter_map(|line| line.trim().strip_prefix("grantd ")) {
            // What stands behind two spaces is said to people; a redirection is the shell's.
            let line = line.split("  ").next().unwrap_or_default().split(" >").next().unwrap_or_default();
            if line.contains("COMMAND") {
                continue;
            }
            let words: Vec<_> = line.split(' ').collect();
            assert!(words.starts_with(&command.iter().map(String::as_str).collect::<Vec<_>>()), "{line}");
            // Asked for its help, it has read all its arguments but runs nothing.
            let parsed = process::grantd(&words).arg("--help").run();
            assert_eq!(parsed.code, 0, "grantd {line}{parsed}");
            for flag in words.iter().filter(|word| word.starts_with("--")) {
                assert!(parsed.stdout.contains(flag), "grantd {line}: its help knows no {flag}");
            }
        }
    }
}

#[test]
fn no_command_at_all_is_a_usage_error_that_shows_the_help() {
    for args in [&[][..], &["user"], &["client"], &["session"], &["config"]] {
        let called = process::grantd(args).run().expect(2);
        assert_eq!(called.stdout, "");
        assert!(called.stderr.contains("Usage: grantd") && called.stderr.contains("Commands:"), "{called}");
    }
}

#[test]
fn an_unknown_command_or_flag_is_a_usage_error_with_a_hint() {
    for (args, hint) in [
        (&["sevre"][..], "serve"),
        (&["usr", "list"], "user"),
        (&["user", "creat"], "create"),
        (&["user", "list", "--jsn"], "--json"),
        (&["client", "create", "x", "--redirect-url", "https://a.example"], "--redirect-uri"),
        (&["dev", "--dta", "x"], "--data"),
        (&["client", "create", "x", "--type", "publc"], "public"),
        (&["client", "create", "x", "--grant", "passwrd"], "password"),
    ] {
        let called = process::grantd(args).run().expect(2);
        assert!(called.stdout.is_empty() && called.stderr.contains(hint), "no hint at {hint}{called}");
    }
}

#[test]
fn an_argument_that_is_missing_or_too_much_is_a_usage_error() {
    for args in [
        &["user", "create", "eve"][..],
        &["user", "create", "--email", "eve@example.org"],
        &["user", "show"],
        &["user", "show", "ada", "bob"],
        &["client", "create"],
        &["session", "revoke"],
        &["session", "revoke", "ses_1", "--all"],
        &["config", "check", "grantd.toml"],
        &["dev", "--port", "70000"],
        &["dev", "--port", "-1"],
        &["dev", "--port"],
    ] {
        let called = process::grantd(args).run().expect(2);
        assert!(called.stdout.is_empty() && called.stderr.contains("--help"), "{called}");
    }
}

#[test]
fn a_secret_is_never_an_argument() {
    let data = site::migrated();
    for args in [
        &["user", "create", "eve", "--email", "eve@example.org", "--password", PASSWORD][..],
        &["user", "set-password", "eve", PASSWORD],
        &["user", "set-password", "eve", "--password", PASSWORD],
        &["client", "create", "app", "--secret", "a secret of some length, by far"],
        &["client", "create", "app", "--client-secret", "a secret of some length, by far"],
    ] {
        run(&data, args).expect(2);
    }
    for (command, help) in every_command() {
        for flag in ["--password ", "--secret ", "--client-secret ", "--password-hash "] {
            assert!(!help.contains(flag), "{command:?} takes {flag}");
        }
    }
}

/// What a command said when asked for JSON: one value on standard output, nothing else there.
#[track_caller]
fn one_value(output: Output) -> serde_json::Value {
    let output = output.expect(0);
    let value = output.json();
    assert!(value.is_object() || value.is_array(), "{output}");
    value
}

#[test]
fn json_is_one_value_on_standard_output_and_nothing_else() {
    let data = TempDir::new();
    let missing = one_value(run(&data, &["migrate", "--dry-run", "--json"]));
    let made = one_value(run(&data, &["migrate", "--json"]));
    assert!(made["changes"].as_array().is_some_and(|changes| !changes.is_empty()), "{made}");
    assert_eq!(made["changes"], missing["changes"]);
    assert_eq!(one_value(run(&data, &["migrate", "--dry-run", "--json"]))["changes"], serde_json::json!([]));

    let create = ["user", "create", "eve", "--email", "eve@example.org", "--json"];
    let user = one_value(site::command(&data, &create).input(PASSWORD).run());
    assert_eq!(user["username"], "eve");
    let again = site::command(&data, &create).arg("--if-absent").run();
    assert!(!again.stderr.is_empty(), "nothing said that it was there already");
    assert_eq!(one_value(again)["id"], user["id"]);
    assert_eq!(one_value(run(&data, &["user", "list", "--json"]))[0]["id"], user["id"]);
    assert_eq!(one_value(run(&data, &["user", "show", "eve", "--json"]))["id"], user["id"]);
    assert_eq!(one_value(run(&data, &["user", "lock", "eve", "--json"]))["locked"], true);
    assert_eq!(one_value(run(&data, &["user", "lock", "eve", "--json"]))["locked"], true);
    assert_eq!(one_value(run(&data, &["user", "unlock", "eve", "--json"]))["locked"], false);
    let set = site::command(&data, &["user", "set-password", "eve", "--json"]).input("another of that kind").run();
    assert_eq!(one_value(set)["id"], user["id"]);

    let client = one_value(run(&data, &["client", "create", "app", "--json"]));
    assert!(client["client_secret"].is_string());
    assert_eq!(one_value(run(&data, &["client", "create", "app", "--if-absent", "--json"]))["id"], "app");
    assert_eq!(one_value(run(&data, &["client", "list", "--json"]))[0]["id"], "app");
    assert_eq!(one_value(run(&data, &["client", "show", "app", "--json"]))["id"], "app");
    assert_eq!(one_value(run(&data, &["session", "list", "--json"])), serde_json::json!([]));
    assert_eq!(one_value(run(&data, &["session", "revoke", "--all", "--json"]))["ended"], 0);
    assert_eq!(one_value(run(&data, &["config", "check", "--json"]))["ok"], true);
    assert!(one_value(run(&data, &["config", "show", "--json"]))["issuer"].is_string());
    assert!(one_value(run(&data, &["config", "show", "--origin", "--json"]))["issuer"]["origin"].is_string());
    assert!(one_value(run(&data, &["openapi", "--json"]))["paths"].is_object());
    let dir = TempDir::new();
    let init = one_value(process::grantd(&["init", "--json"]).directory(dir.path()).run());
    assert!(init["config"].as_str().is_some_and(|path| dir.join(path).exists()), "{init}");
    assert!(init["secret_key_file"].as_str().is_some_and(|path| dir.join(path).exists()), "{init}");
    let production = Production::new();
    let server = production.start();
    assert_eq!(one_value(production.command(&["healthcheck", "--json"]).run())["healthy"], true);
    server.stop().expect(0);
}

#[test]
fn a_failure_says_so_on_standard_error_and_leaves_standard_output_empty() {
    let data = site::migrated();
    for (args, code) in [
        (&["user", "show", "nobody", "--json"][..], 1),
        (&["user", "lock", "nobody", "--json"], 1),
        (&["user", "unlock", "nobody"], 1),
        (&["user", "set-password", "nobody"], 1),
        (&["client", "show", "nobody", "--json"], 1),
        (&["session", "revoke", "ses_00000000000000000000000000", "--json"], 1),
        (&["client", "create", "usr_x", "--json"], 2),
        (&["user", "list", "-c", "/nowhere/grantd.toml"], 2),
        (&["config", "check", "--json", "-c", "/nowhere/grantd.toml"], 2),
        (&["healthcheck", "http://127.0.0.1:1/readyz", "--json"], 1),
    ] {
        let failed = run(&data, args).expect(code);
        assert!(failed.stdout.is_empty() && failed.stderr.starts_with("grantd: "), "{args:?}{failed}");
    }
}

#[test]
fn what_people_asked_for_goes_to_standard_output_and_what_they_are_told_besides_does_not() {
    let data = site::migrated();
    let client = run(&data, &["client", "create", "app"]).expect(0);
    assert!(client.stdout.contains("gcs_") && !client.stderr.contains("gcs_"), "{client}");
    assert!(client.stderr.contains("once"), "{client}");
    site::create_eve(&data);
    for (args, asked) in [
        (&["user", "list"][..], "eve@example.org"),
        (&["user", "show", "eve"], "eve@example.org"),
        (&["client", "list"], "app"),
        (&["client", "show", "app"], "client_credentials"),
        (&["session", "list"], "LAST USED"),
        (&["config", "show"], "tokens.access_ttl"),
        (&["config", "check"], "sound"),
        (&["migrate"], "nothing to do"),
        (&["--version"], "grantd "),
    ] {
        let told = run(&data, args).expect(0);
        assert!(told.stdout.contains(asked) && told.stderr.is_empty(), "{args:?}{told}");
    }
}

#[test]
fn a_reader_that_went_away_is_no_failure() {
    let data = site::migrated();
    let script = format!("'{}' openapi | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}", process::binary().display());
    let shell = std::process::Command::new("bash")
        .args(["-c", &script])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .current_dir(data.path())
        .output();
    let Ok(shell) = shell else { return grantd_tests::skip("no bash") };
    assert_eq!((String::from_utf8_lossy(&shell.stdout).trim(), shell.stderr.as_slice()), ("0", &b""[..]));
}
