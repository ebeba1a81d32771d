//! Which store keeps the tokens when the one that was meant cannot, and how much goes into it?

use std::fs;
use std::os::unix::fs::PermissionsExt;

use grantd_tests::process::{grant_binary, signal};
use grantd_tests::skip;
use grantd_tests::terminal::Terminal;

use crate::machine::{Machine, PASSWORD, files};

/// Runs `sh -c SCRIPT` in a terminal, `$GRANT` being the program.
fn in_terminal(machine: &Machine, script: &str) -> Option<Terminal> {
    let variables = [
        ("HOME", machine.home.path().display().to_string()),
        ("GRANT", grant_binary().display().to_string()),
        ("SERVER", machine.server.url()),
    ];
    Terminal::run(&format!("sh -c '{script}'"), &variables)
}

#[test]
fn where_no_keyring_can_be_used_a_person_is_asked_and_to_say_nothing_is_to_stop() {
    let machine = Machine::new();
    let login = "exec \"$GRANT\" login \"$SERVER\" --username ada";
    for no in ["\n", "chest\n"] {
        let Some(mut terminal) = in_terminal(&machine, login) else { return skip("no `script`") };
        terminal.wait_for("Keep them where? file, session, or nothing to stop: ");
        terminal.press(no);
        assert_eq!(terminal.exit_code(), 7, "{}", terminal.screen());
        assert!(terminal.screen().contains("nothing was sent"), "{}", terminal.screen());
    }
    assert!(files(machine.home.path()).is_empty());
    let mut terminal = in_terminal(&machine, login).expect("a terminal");
    terminal.wait_for("Keep them where? ");
    terminal.press("file\n");
    terminal.type_secretly("Password of ada at localhost:", PASSWORD);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
    assert_eq!(machine.run(&["status", "--json"]).expect(0).json()["accounts"][0]["store"], "file");
    let file = machine.entry_file();
    let mode = |path: &std::path::Path| fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(file.parent().expect("a folder"))), (0o600, 0o700));
    // A store that was named is meant: nobody is asked for another.
    let named = format!("{login} --store keyring");
    let mut terminal = in_terminal(&machine, &named).expect("a terminal");
    assert_eq!(terminal.exit_code(), 7, "{}", terminal.screen());
    assert!(!terminal.screen().contains("Keep them where?"), "{}", terminal.screen());
}

#[test]
fn the_memory_store_is_the_applications_and_a_store_that_nobody_knows_is_refused() {
    let machine = Machine::new();
    let url = machine.server.url();
    let login = |store: &str| {
        machine.grant(&["login", &url, "--username", "ada", "--password-stdin", "--store", store]).input(PASSWORD).run()
    };
    let memory = login("memory").expect(2);
    assert!(memory.stderr.contains("only the application") && memory.stderr.lines().count() == 3, "{memory}");
    let chest = login("chest").expect(2);
    assert!(chest.stderr.contains("auto, keyring, session, file, memory"), "{chest}");
    assert!(files(machine.home.path()).is_empty());
}

#[test]
fn ctrl_c_at_a_question_is_130_and_the_terminal_shows_letters_again() {
    let machine = Machine::new();
    let after = "\"$GRANT\" login \"$SERVER\" --store file ARGS; echo code=$?; stty -a";
    let asks_password = after.replace("ARGS", "--username ada");
    let Some(mut terminal) = in_terminal(&machine, &asks_password) else { return skip("no `script`") };
    terminal.type_secretly("Password of ada at localhost:", "half a password\u{15}\u{3}");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
    let screen = terminal.screen();
    assert!(screen.contains("error: cancelled") && screen.contains("code=130"), "{screen}");
    assert!(screen.split_whitespace().any(|word| word == "echo"), "{screen}");
    // The same at the questions of an administrator.
    let signed_in = Machine::new().signed_in();
    let asks_twice = "\"$GRANT\" admin users set-password bob; echo code=$?; stty -a";
    let mut terminal = in_terminal(&signed_in, asks_twice).expect("a terminal");
    terminal.type_secretly("New password of bob: ", "a new password");
    terminal.type_secretly("New password of bob, again: ", "half of it\u{15}\u{3}");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
    let screen = terminal.screen();
    assert!(screen.contains("error: cancelled") && screen.contains("code=130"), "{screen}");
    assert!(screen.split_whitespace().any(|word| word == "echo"), "{screen}");
    // A question whose answer is shown leaves Ctrl-C to the terminal, which ends all that runs in it.
    let asks_name = "exec \"$GRANT\" login \"$SERVER\" --store file";
    let mut terminal = in_terminal(&machine, asks_name).expect("a terminal");
    terminal.wait_for("Username: ");
    terminal.press("\u{3}");
    assert_eq!(terminal.exit_code(), 130, "{}", terminal.screen());
    assert!(files(&machine.state().join("tokens")).is_empty());
}

#[test]
fn ctrl_c_ends_a_sign_in_that_waits_for_its_server() {
    let machine = Machine::new();
    let login = "exec \"$GRANT\" login \"$SERVER\" --store file --username ada";
    let Some(mut terminal) = in_terminal(&machine, login) else { return skip("no `script`") };
    terminal.wait_for("Password of ada at localhost:");
    signal(machine.server.pid(), "STOP");
    terminal.type_secretly("Password of ada at localhost:", PASSWORD);
    terminal.wait_for_letters();
    terminal.press("\u{3}");
    let code = terminal.exit_code();
    signal(machine.server.pid(), "CONT");
    assert_eq!(code, 130, "{}", terminal.screen());
    assert!(files(&machine.state().join("tokens")).is_empty());
}

#[test]
fn the_entry_of_the_largest_token_of_a_server_as_it_comes_fits_the_smallest_keyring() {
    // Its signature is six times as long as that of the others.
    let machine = Machine::with(&[("GRANTD_TOKENS__SIGNING_ALG", "RS256")]).signed_in();
    let entry = fs::read(machine.entry_file()).expect("an entry");
    assert!(entry.len() <= 2300, "{} bytes", entry.len());
    assert!(machine.entry()["at"].is_string());
}

#[test]
fn an_entry_that_had_no_room_for_the_access_token_gets_one_when_it_is_wanted() {
    let machine = Machine::new().signed_in();
    let mut entry = machine.entry();
    entry.as_object_mut().expect("an object").remove("at");
    fs::write(machine.entry_file(), entry.to_string()).expect("the entry can be written");
    machine.run(&["status"]).expect(0);
    assert!(machine.token().starts_with("eyJ"));
    assert_ne!(machine.entry()["rt"], entry["rt"]);
}
