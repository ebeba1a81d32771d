//! What does a person at a terminal see, and what is never shown?

use grantd_tests::process::grant_binary;
use grantd_tests::skip;
use grantd_tests::terminal::Terminal;

use crate::machine::{Machine, PASSWORD};

/// Runs `grant ARGS` in a terminal; `None` where there is no `script`.
fn grant_in_terminal(machine: &Machine, args: &str) -> Option<Terminal> {
    let home = [("HOME", machine.home.path().display().to_string())];
    Terminal::run(&format!("'{}' {args}", grant_binary().display()), &home)
}

#[test]
fn a_person_is_asked_for_a_name_and_a_password_that_is_never_shown() {
    let machine = Machine::new();
    let login = format!("login {} --store file", machine.server.url());
    let Some(mut terminal) = grant_in_terminal(&machine, &login) else { return skip("no `script`") };
    terminal.wait_for("Username: ");
    terminal.press("ada\n");
    terminal.type_secretly("Password of ada at localhost:", PASSWORD);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
    assert!(
        terminal.screen().contains("signed in to") && !terminal.screen().contains(PASSWORD),
        "{}",
        terminal.screen()
    );
    machine.token();
}

#[test]
fn a_person_is_asked_before_sessions_end_and_anything_but_yes_is_no() {
    let machine = Machine::new().signed_in();
    let session = machine.entry()["sid"].clone();
    let Some(mut terminal) = grant_in_terminal(&machine, "sessions revoke --all") else { return skip("no `script`") };
    terminal.wait_for("End all sessions, this one too? [y/N] ");
    terminal.press("\n");
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.screen());
    assert_eq!(machine.run(&["status", "--json"]).expect(0).json()["accounts"][0]["session_id"], session);
    let mut terminal = grant_in_terminal(&machine, "sessions revoke --all").expect("a terminal");
    terminal.wait_for("[y/N] ");
    terminal.press("y\n");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
    machine.run(&["status"]).expect(4);
}

#[test]
fn whoever_wants_to_be_asked_nothing_is_not() {
    let machine = Machine::new();
    let home = [("HOME", machine.home.path().display().to_string()), ("GRANT_NO_INPUT", "1".to_owned())];
    let command = format!("'{}' login {} --store file", grant_binary().display(), machine.server.url());
    let Some(mut terminal) = Terminal::run(&command, &home) else { return skip("no `script`") };
    assert_eq!(terminal.exit_code(), 2, "{}", terminal.screen());
}

#[test]
fn without_a_terminal_on_standard_input_nothing_ever_asks() {
    let machine = Machine::new().signed_in();
    let home = [("HOME", machine.home.path().display().to_string())];
    let url = machine.server.url();
    for args in [
        &format!("login {url} --store file"),
        &format!("login {url} --username ada --store file"),
        "sessions revoke --all",
        "sessions revoke --others",
        "admin users create eve --email eve@example.org",
        "admin users set-password bob",
        "admin users delete bob",
        "admin clients delete web",
        "admin sessions revoke --user bob",
        "admin keys rotate --now",
    ] {
        let command = format!("sh -c \"'{}' {args} </dev/null\"", grant_binary().display());
        let Some(mut terminal) = Terminal::run(&command, &home) else { return skip("no `script`") };
        assert_eq!(terminal.exit_code(), 2, "{args}: {}", terminal.screen());
        let screen = terminal.screen();
        assert!(
            !screen.contains("[y/N]") && !screen.contains("to go on: ") && !screen.contains("Username: "),
            "{screen}"
        );
    }
    machine.run(&["admin", "users", "show", "bob"]).expect(0);
    machine.run(&["status"]).expect(0);
}
