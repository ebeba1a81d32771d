//! What does somebody see who runs `grant` in a terminal? The real program in tmux, against a real server.

use std::process::Command;

use grantd_tests::process::{self, grant_binary};
use grantd_tests::skip;
use grantd_tests::tmux::Tmux;

use crate::machine::{Machine, PASSWORD};

/// Why a test of the application is skipped.
pub const NO_TMUX: &str = "no tmux";
const SIZE: (u16, u16) = (80, 24);

/// Opens the application in a terminal of its own; `None` where there is no tmux.
pub fn open(machine: &Machine, variables: &[(&str, &str)]) -> Option<Tmux> {
    run(machine, &format!("'{}'", grant_binary().display()), variables)
}

/// Runs a command in a terminal of its own, in the home of the machine's user.
pub fn run(machine: &Machine, command: &str, variables: &[(&str, &str)]) -> Option<Tmux> {
    let home = machine.home.path().display().to_string();
    let all = [("HOME", home.as_str()), ("LANG", "C.UTF-8"), ("GRANT_STORE", "file")];
    let all: Vec<_> = all.into_iter().filter(|(name, _)| variables.iter().all(|(other, _)| name != other)).collect();
    Tmux::run(command, SIZE, &[&all, variables].concat())
}

/// The terminal is as it was before: its own screen, its own mouse, letters that are shown.
#[track_caller]
fn assert_given_back(tmux: &Tmux) {
    assert_eq!((tmux.says("alternate_on").as_str(), tmux.says("mouse_any_flag").as_str()), ("0", "0"));
    let stty = Command::new("stty").args(["-a", "-F", &tmux.says("pane_tty")]).output().expect("stty");
    let stty = String::from_utf8_lossy(&stty.stdout).into_owned();
    // Where the last process has gone the terminal has too.
    for setting in ["echo", "icanon", "isig"].iter().filter(|_| !stty.is_empty()) {
        assert!(stty.split_whitespace().any(|word| word == *setting), "{stty}");
    }
}

#[test]
fn somebody_signs_in_watches_a_renewal_ends_another_session_and_signs_out() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "10s")]);
    let Some(tmux) = open(&machine, &[]) else { return skip(NO_TMUX) };
    tmux.wait_for("grant · sign in");
    tmux.wait_for("write test passed");
    tmux.write(&machine.server.url());
    tmux.press(&["Tab"]);
    tmux.wait_for(" ok ");
    tmux.write("ada");
    tmux.press(&["Tab"]);
    tmux.write(PASSWORD);
    tmux.press(&["Enter"]);
    tmux.wait_for("Signed in");
    tmux.wait_for("VALID");
    assert!(!tmux.screen().contains(PASSWORD) && !tmux.screen().contains("eyJ"), "{}", tmux.screen());
    // Which process it was that renewed.
    tmux.wait_for(&format!("renewed by pid {} (grant)", tmux.pid()));
    machine.login(&["--account", "other"]).run().expect(0);
    tmux.press(&["2", "R"]);
    tmux.wait_for("Sessions (2)");
    tmux.press(&["s", "s", "s", "s", "s", "G"]);
    tmux.press(&["D"]);
    tmux.wait_for("Sign out all 1 other sessions?");
    tmux.press(&["y"]);
    tmux.wait_for("Sessions (1)");
    machine.run(&["status", "--account", "other"]).expect(4);
    tmux.press(&["1"]);
    tmux.press(&["l"]);
    tmux.wait_for("Sign out ada at");
    tmux.press(&["y"]);
    tmux.wait_for("is signed out");
    tmux.press(&["C-c"]);
    assert_eq!(tmux.exit_code(), "0");
    assert_given_back(&tmux);
    assert!(machine.run(&["accounts"]).expect(0).stdout.lines().all(|line| !line.starts_with("* ada")));
}

#[test]
fn another_process_that_renews_is_named() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "1h")]).signed_in();
    let Some(tmux) = open(&machine, &[]) else { return skip(NO_TMUX) };
    tmux.wait_for("VALID");
    machine.end_in(5);
    machine.run(&["token"]).expect(0);
    tmux.wait_for("(grant token)");
    tmux.wait_for("VALID");
}

#[test]
fn a_session_that_is_ended_elsewhere_is_shown_as_ended_with_its_reason() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "1h")]).signed_in();
    let session = machine.entry()["sid"].as_str().expect("a session").to_owned();
    let Some(tmux) = open(&machine, &[]) else { return skip(NO_TMUX) };
    tmux.wait_for("VALID");
    machine.run(&["sessions", "revoke", &session]).expect(0);
    tmux.press(&["R"]);
    tmux.wait_for("ENDED");
    tmux.wait_for("The session was");
    tmux.press(&["Enter"]);
    tmux.wait_for("grant · sign in");
}

#[test]
fn the_first_frame_waits_for_no_server() {
    let machine = Machine::new().signed_in();
    // Its connections are taken, and none is answered.
    process::signal(machine.server.pid(), "STOP");
    let Some(tmux) = open(&machine, &[]) else { return skip(NO_TMUX) };
    tmux.wait_for("Signed in");
    tmux.wait_for("VALID");
    tmux.press(&["q"]);
    assert_eq!(tmux.exit_code(), "0");
}

#[test]
fn without_colours_none_is_sent_and_the_selected_row_is_reverse() {
    let machine = Machine::new().signed_in();
    let Some(tmux) = open(&machine, &[("NO_COLOR", "1")]) else { return skip(NO_TMUX) };
    tmux.press(&["2"]);
    tmux.wait_for("Sessions (1)");
    let screen = tmux.colours();
    // As it is with colours: this test would see them.
    let coloured = open(&machine, &[]).expect("tmux");
    // Keys that come while the terminal is asked for its background are lost.
    coloured.wait_for("VALID");
    coloured.press(&["2"]);
    coloured.wait_for("Sessions (1)");
    assert!(coloured.colours().contains("38;5;"), "{:?}", coloured.colours());
    for colour in ["3", "4", "9", "10"].iter().flat_map(|kind| (0..8).map(move |n| format!("{kind}{n}"))) {
        assert!(!screen.contains(&format!("[{colour}m")) && !screen.contains(&format!(";{colour}m")), "{screen:?}");
    }
    assert!(!screen.contains("38;") && !screen.contains("48;"), "{screen:?}");
    assert!(screen.contains("\u{1b}[7m") || screen.contains(";7m"), "{screen:?}");
}

#[test]
fn a_locale_without_unicode_gets_ascii_alone() {
    let machine = Machine::new().signed_in();
    let Some(tmux) = open(&machine, &[("LANG", "C")]) else { return skip(NO_TMUX) };
    tmux.wait_for("VALID");
    tmux.press(&["?"]);
    tmux.wait_for("Everywhere");
    assert!(tmux.screen().is_ascii(), "{}", tmux.screen());
}

#[test]
fn another_size_is_drawn_anew_and_one_that_is_too_small_says_so() {
    let machine = Machine::new().signed_in();
    let Some(tmux) = open(&machine, &[]) else { return skip(NO_TMUX) };
    tmux.wait_for("VALID");
    tmux.resize(120, 40);
    tmux.wait_until("a wide box", |screen| screen.lines().any(|line| line.trim_end().chars().count() == 120));
    tmux.resize(20, 5);
    tmux.wait_until("the size that it needs", |screen| {
        screen.split_whitespace().collect::<String>().contains("60by16")
    });
    tmux.resize(60, 16);
    tmux.wait_for("VALID");
}

#[test]
fn it_stops_and_goes_on_and_the_mouse_stays_as_it_was() {
    let machine = Machine::new().signed_in();
    let shell = "env PS1='shell> ' bash --norc --noprofile --noediting -i";
    for mouse in ["1", "0"] {
        let Some(tmux) = run(&machine, shell, &[]) else { return skip(NO_TMUX) };
        tmux.wait_for("shell>");
        tmux.write(&format!("'{}'", grant_binary().display()));
        tmux.press(&["Enter"]);
        tmux.wait_for("VALID");
        if mouse == "0" {
            tmux.press(&["M"]);
            tmux.wait_for("the mouse is the terminal's");
        }
        tmux.press(&["C-z"]);
        tmux.wait_for("Stopped");
        assert_given_back(&tmux);
        tmux.write("fg");
        tmux.press(&["Enter"]);
        tmux.wait_for("VALID");
        assert_eq!(tmux.says("mouse_any_flag"), mouse);
        tmux.press(&["q"]);
        tmux.wait_until("the shell", |screen| screen.trim_end().ends_with("shell>"));
        assert_given_back(&tmux);
    }
}

#[test]
fn a_signal_ends_it_and_gives_the_terminal_back() {
    let machine = Machine::new().signed_in();
    for (signal, code) in [("TERM", "143"), ("HUP", "129"), ("INT", "130")] {
        let command = format!("'{}'; echo ended with $?; exec sleep 600", grant_binary().display());
        let Some(tmux) = run(&machine, &command, &[]) else { return skip(NO_TMUX) };
        tmux.wait_for("VALID");
        process::signal(tmux.pid(), signal);
        tmux.wait_for(&format!("ended with {code}"));
        assert_given_back(&tmux);
    }
}

#[test]
fn a_terminal_that_cannot_be_drawn_on_gets_a_numbered_menu() {
    let machine = Machine::new().signed_in();
    for (before, after) in [("env TERM=dumb", ""), ("", "--plain")] {
        let command = format!("{before} '{}' {after}", grant_binary().display());
        let Some(tmux) = run(&machine, &command, &[]) else { return skip(NO_TMUX) };
        tmux.wait_for("Number:");
        tmux.write("1\n");
        tmux.wait_for("VALID");
        tmux.write("99\n");
        tmux.wait_for("`99` is none of the numbers");
        tmux.write("3\nses_nobody\n");
        tmux.wait_for("error: ");
        assert_eq!((tmux.says("alternate_on").as_str(), tmux.colours().contains('\u{1b}')), ("0", false));
        tmux.press(&["C-d"]);
        assert_eq!(tmux.exit_code(), "0");
    }
}

#[test]
fn a_panic_gives_the_terminal_back_and_is_told() {
    let machine = Machine::new();
    let command = format!("'{}'; echo ended with $?; exec sleep 600", process::example("panic").display());
    let Some(tmux) = run(&machine, &command, &[]) else { return skip(NO_TMUX) };
    tmux.wait_for("ended with 101");
    tmux.wait_for("on purpose");
    assert_given_back(&tmux);
}
