//! What does `grant` say of its work when `GRANT_LOG` asks for all of it, and what does it never say?

use std::collections::BTreeSet;
use std::fs;

use grantd_tests::process::Output;

use crate::machine::{Machine, PASSWORD, files};

#[test]
fn no_command_writes_a_secret_to_its_log_at_the_most_verbose_level() {
    let machine = Machine::new();
    let url = machine.server.url();
    let host = format!("protocol=http\nhost={}\n", url.trim_start_matches("http://"));
    let mut log = String::new();
    let mut secrets = vec![PASSWORD.to_owned()];
    let mut run = BTreeSet::new();
    let mut trace = |args: &[&str], input: &str, code: i32| -> Output {
        run.insert(args[0].to_owned());
        let output = machine.grant(args).env("GRANT_LOG", "trace").input(input).run().expect(code);
        log.push_str(&output.stderr);
        output
    };
    let mut learn = || {
        let entry = machine.entry();
        secrets.extend(["rt", "at"].map(|name| entry[name].as_str().expect("a token").to_owned()));
    };
    trace(&["login", &url, "--username", "ada", "--password-stdin", "--store", "file"], "wrong", 4);
    trace(&["login", &url, "--username", "ada", "--password-stdin", "--store", "file"], PASSWORD, 0);
    learn();
    machine.end_in(-5);
    trace(&["token"], "", 0);
    learn();
    let token = machine.token();
    trace(&["status"], "", 0);
    trace(&["exec", "--", "true"], "", 0);
    trace(&["api", "GET", "/api/v1/me"], "", 0);
    trace(&["inspect", "--verify"], "", 0);
    trace(&["inspect", "-", "--verify"], &token, 0);
    trace(&["sessions"], "", 0);
    trace(&["activity"], "", 0);
    trace(&["accounts"], "", 0);
    trace(&["credential", "git", "get"], &host, 0);
    trace(&["credential", "docker", "get"], &url, 0);
    trace(&["credential", "cargo"], "{\"v\":1,\"kind\":\"get\"}\n", 0);
    trace(&["credential", "kubernetes"], "", 0);
    trace(&["config", "list"], "", 0);
    trace(&["doctor"], "", 0);
    trace(&["completion", "bash"], "", 0);
    trace(&["man"], "", 0);
    trace(&["version"], "", 0);
    trace(&["logout"], "", 0);
    trace(&["token"], "", 4);
    for words in
        ["method=POST path=\"/oauth2/token\" status=200", "request_id=", "what=\"write\"", "lock=", "outcome=Renewed"]
    {
        assert!(log.contains(words), "{words}: {log}");
    }
    for file in files(&machine.state()).iter().filter(|file| !file.starts_with(machine.state().join("tokens"))) {
        log.push_str(&fs::read_to_string(file).unwrap_or_default());
    }
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "a secret is in the log");
    }
    assert!(!log.contains("eyJ") && !log.contains("grt_"), "a token is in the log: {log}");
    let help = machine.run(&["--help"]).expect(0).stdout;
    let (_, commands) = help.split_once("Commands:\n").expect("a list of commands");
    let (commands, _) = commands.split_once("\n\n").expect("its end");
    let names = commands.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    for name in names.filter(|name| !name.is_empty() && *name != "help") {
        assert!(run.contains(name), "this test does not run `grant {name}`");
    }
}

#[test]
fn a_process_reads_its_entry_once_and_nothing_is_said_unasked() {
    let machine = Machine::new().signed_in();
    let commands: [&[&str]; 6] =
        [&["token"], &["exec", "--", "true"], &["api", "GET", "/api/v1/me"], &["inspect"], &["status"], &["sessions"]];
    for args in commands {
        let output = machine.grant(args).env("GRANT_LOG", "debug").run().expect(0);
        assert_eq!(output.stderr.matches("what=\"read\"").count(), 1, "{output}");
        assert_eq!(machine.run(args).expect(0).stderr, "");
    }
    let error = machine.grant(&["token"]).env("GRANT_LOG", "error").run().expect(0);
    assert_eq!(error.stderr, "");
    let wrong = machine.grant(&["token"]).env("GRANT_LOG", "everything").run().expect(2);
    assert!(wrong.stderr.contains("GRANT_LOG is none of error, warn, info, debug and trace"), "{wrong}");
}
