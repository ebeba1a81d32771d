//! What does the application do while nobody does anything? Little: a second is a few letters, and what was settled stays.

use std::fs;

use grantd_tests::process::grant_binary;
use grantd_tests::skip;

use crate::app::{NO_TMUX, open, run};
use crate::machine::Machine;

/// How often this process has written, and how much.
fn written(pid: u32) -> (u64, u64) {
    let text = fs::read_to_string(format!("/proc/{pid}/io")).expect("what a process of ours has done");
    let count = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.trim().parse().ok());
    (count("syscw:").expect("a count"), count("wchar:").expect("a count"))
}

/// The seconds that the gauge shows: `49:58 of 50:00 left`.
fn shown(screen: &str) -> Option<u64> {
    let (before, _) = screen.split_once(" of ")?;
    let (minutes, seconds) = before.rsplit(' ').next()?.split_once(':')?;
    Some(minutes.parse::<u64>().ok()? * 60 + seconds.parse::<u64>().ok()?)
}

#[test]
fn while_nobody_does_anything_a_second_is_one_drawing_of_what_is_different() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "50m")]).signed_in();
    let Some(tmux) = open(&machine, &[]) else { return skip(NO_TMUX) };
    tmux.wait_for("VALID");
    tmux.wait_until("all answers", |screen| screen.contains("ada@example.org") && screen.contains(" ms"));
    let pid = tmux.pid();
    let before = written(pid);
    let first = shown(&tmux.screen()).expect("a time");
    let mut seconds = 0;
    tmux.wait_until("five seconds", |screen| {
        seconds = shown(screen).map_or(0, |left| first - left);
        seconds >= 5
    });
    let after = written(pid);
    // Drawing is two calls and some fifty bytes; the first and the last second may be seen in part.
    assert!(after.0 - before.0 <= 3 * (seconds + 2), "{before:?} {after:?} in {seconds} s");
    assert!(after.1 - before.1 <= 150 * (seconds + 2), "{before:?} {after:?} in {seconds} s");
}

#[test]
fn a_mouse_that_is_settled_to_be_the_terminals_stays_so_after_a_stop() {
    let machine = Machine::new().signed_in();
    machine.run(&["config", "set", "mouse", "false"]).expect(0);
    let shell = "env PS1='shell> ' bash --norc --noprofile --noediting -i";
    let Some(tmux) = run(&machine, shell, &[]) else { return skip(NO_TMUX) };
    tmux.wait_for("shell>");
    tmux.write(&format!("'{}'\n", grant_binary().display()));
    tmux.wait_for("VALID");
    assert_eq!(tmux.says("mouse_any_flag"), "0");
    tmux.press(&["C-z"]);
    tmux.wait_for("Stopped");
    tmux.write("fg\n");
    tmux.wait_for("VALID");
    assert_eq!(tmux.says("mouse_any_flag"), "0");
}
