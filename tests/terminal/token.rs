//! When is a token renewed, and what is said when it cannot be what was wished for?

use std::fs;
use std::os::unix::fs::PermissionsExt;

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
    let refresh = machine.entry()["rt"].clone();
    for wanted in ["301s", "300s", "5m", "1d"] {
        let output = machine.run(&["token", "--min-ttl", wanted]).expect(2);
        assert!(output.stderr.contains("300 s") && output.stdout.is_empty(), "{output}");
    }
    // Nor is anything renewed for it.
    assert_eq!(machine.entry()["rt"], refresh);
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

#[test]
fn a_token_has_the_life_left_that_was_asked_for_and_else_a_minute_or_a_fifth() {
    let machine = Machine::new().signed_in();
    let left = |args: &[&str]| {
        let token = machine.run(&[&["token"], args].concat()).expect(0).stdout;
        let entry = machine.entry();
        assert_eq!(entry["at"], token.trim_end());
        let iat = grantd_tests::client::claims(token.trim_end())["iat"].as_i64().expect("a time");
        entry["exp"].as_i64().expect("a time") - iat
    };
    let tokens_life = |seconds: i64, args: &[&str]| {
        machine.end_in(seconds);
        left(args)
    };
    assert_eq!(tokens_life(150, &["--min-ttl", "120s"]), 150);
    assert_eq!(tokens_life(115, &["--min-ttl", "120s"]), 300);
    // A minute, a tenth more or less.
    assert_eq!(tokens_life(75, &[]), 75);
    assert_eq!(tokens_life(50, &[]), 300);
    assert_eq!(tokens_life(50, &["--min-ttl", "10s"]), 50);
    let short = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "100s")]).signed_in();
    let first = short.token();
    short.end_in(30);
    assert_eq!(short.token(), first);
    short.end_in(15);
    assert_ne!(short.token(), first);
    assert!(short.run(&["token", "--min-ttl", "120s"]).expect(2).stderr.contains("100 s"));
}

#[test]
fn no_token_ever_opens_a_browser_and_who_is_signed_out_gets_4() {
    let machine = Machine::new();
    let opened = machine.home.join("opened");
    let browser = machine.home.write("browser", format!("#!/bin/sh\necho \"$@\" >>'{}'\n", opened.display()));
    fs::set_permissions(&browser, fs::Permissions::from_mode(0o755)).expect("a program");
    let folder = machine.home.join("bin");
    fs::create_dir(&folder).expect("a folder");
    for name in ["xdg-open", "sensible-browser", "x-www-browser", "www-browser", "wslview", "gio", "open"] {
        fs::copy(&browser, folder.join(name)).expect("a program");
    }
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"));
    let browser = browser.display().to_string();
    let ask = |args: &[&str]| {
        let call = machine.grant(args).env("PATH", &path).env("DISPLAY", ":0").env("WAYLAND_DISPLAY", "wayland-0");
        call.env("BROWSER", &browser).env("GRANT_BROWSER", &browser).run()
    };
    ask(&["token"]).expect(4);
    machine.login(&[]).run().expect(0);
    ask(&["token"]).expect(0);
    ask(&["sessions", "revoke", "--all", "--yes"]).expect(0);
    machine.end_in(-5);
    for command in ["token", "status"] {
        ask(&[command]).expect(4);
    }
    ask(&["exec", "--", "true"]).expect(4);
    assert!(!opened.exists());
}

#[test]
fn a_program_that_is_run_has_the_token_in_no_argument() {
    let machine = Machine::new().signed_in();
    let arguments =
        "for file in /proc/[0-9]*/cmdline; do tr '\\0' '\\n' <$file; done 2>/dev/null; printf '%s\\n' \"$GRANT_TOKEN\"";
    let output = machine.run(&["exec", "--", "sh", "-c", arguments]).expect(0);
    let token = machine.token();
    let lines: Vec<_> = output.stdout.lines().collect();
    let (last, arguments) = lines.split_last().expect("lines");
    assert_eq!(*last, token);
    assert!(arguments.contains(&"sh") && !arguments.iter().any(|line| line.contains(&token)));
}

#[test]
fn tokens_that_others_can_read_are_used_no_more() {
    use std::os::unix::fs::PermissionsExt;

    let machine = Machine::new().signed_in();
    let file = machine.entry_file();
    let mode = |mode| std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).expect("our own file");
    mode(0o644);
    for command in ["token", "status"] {
        let output = machine.run(&[command]).expect(7);
        assert!(output.stderr.contains("chmod 600"), "{output}");
    }
    mode(0o600);
    machine.token();
}

#[test]
fn a_token_of_the_environment_that_is_none_is_2() {
    let machine = Machine::new();
    for token in ["\u{1b}[31m", "a b", "a\nX: y", "\"x\""] {
        let output = machine
            .grant(&["api", "GET", "/livez"])
            .env("GRANT_TOKEN", token)
            .env("GRANT_ISSUER", machine.server.url());
        let output = output.run().expect(2);
        assert!(!output.stderr.contains('\u{1b}'), "{output}");
    }
}
