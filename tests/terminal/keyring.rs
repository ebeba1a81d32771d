//! Does the keyring of a desktop hold the tokens, and nothing else of the machine? A real Secret Service on a bus of its own.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use grantd_tests::process::grant_binary;
use grantd_tests::skip;

use crate::machine::{Machine, PASSWORD, files};

/// What a script left that ran beside a Secret Service, unlocked or not; none where there is no such thing.
fn beside_a_keyring(machine: &Machine, unlocked: bool, script: &str) -> Option<(i32, String, String)> {
    let there = |program: &str| {
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).any(|folder| folder.join(program).exists())
    };
    if !there("dbus-run-session") || !there("gnome-keyring-daemon") {
        return None;
    }
    let unlock = if unlocked {
        "printf %s a-keyring-password | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1"
    } else {
        "gnome-keyring-daemon --start --components=secrets >/dev/null 2>&1"
    };
    let grant = grant_binary().display();
    let script = format!("{unlock}\nalias grant='{grant}'\n{script}\n");
    let script = machine.home.write("script", script);
    let run = machine.home.join("run");
    fs::create_dir_all(&run).expect("a folder");
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh"]).arg(&script).env_clear().current_dir(machine.home.path());
    command.env("PATH", std::env::var_os("PATH")?).env("HOME", machine.home.path()).env("XDG_RUNTIME_DIR", &run);
    command.env("SERVER", machine.server.url()).env("PASSWORD", PASSWORD);
    let output = command.output().expect("dbus-run-session");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Some((output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr)))
}

const NO_KEYRING: &str = "no gnome-keyring-daemon or no dbus-run-session";
const LOGIN: &str = "printf %s \"$PASSWORD\" | grant login \"$SERVER\" --username ada --password-stdin";

#[tokio::test(flavor = "multi_thread")]
async fn the_keyring_holds_the_tokens_and_no_file_does() {
    let machine = Machine::new();
    let script = format!(
        "set -e
        {LOGIN}
        grant status --json >status
        grant token >first
        grant token --format header >second"
    );
    let Some((code, stdout, stderr)) = beside_a_keyring(&machine, true, &script) else { return skip(NO_KEYRING) };
    assert_eq!(code, 0, "{stdout}{stderr}");
    let read = |name: &str| fs::read_to_string(machine.home.join(name)).expect("what the script wrote");
    let token = read("first").trim_end().to_owned();
    assert!(machine.server.client().is_active(&token).await);
    assert_eq!(read("second"), format!("Authorization: Bearer {token}\n"));
    let status: serde_json::Value = serde_json::from_str(&read("status")).expect("JSON");
    assert_eq!(
        (&status["accounts"][0]["store"], &status["accounts"][0]["state"]),
        (&"keyring".into(), &"valid".into())
    );
    for file in files(machine.home.path()).iter().filter(|file| !file.ends_with("first") && !file.ends_with("second")) {
        let Ok(bytes) = fs::read(file) else { continue };
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("grt_") && !text.contains("eyJ") && !text.contains(PASSWORD), "{}", file.display());
    }
    assert!(files(&machine.state().join("tokens")).is_empty());
}

#[test]
fn a_session_in_the_keyring_is_renewed_and_signed_out() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "2s")]);
    let script = format!(
        "set -e
        {LOGIN}
        grant token >first
        sleep 2
        grant token >second
        ! cmp -s first second
        grant logout
        set +e
        grant token; [ $? = 4 ] || exit 9
        {LOGIN} --account again && grant logout --account again"
    );
    let Some((code, stdout, stderr)) = beside_a_keyring(&machine, true, &script) else { return skip(NO_KEYRING) };
    assert_eq!(code, 0, "{stdout}{stderr}");
}

// Four, since gnome-keyring-daemon itself gives up under sixteen that come and go for long; files bear those (race.rs).
#[test]
fn processes_share_the_keyrings_tokens_of_two_seconds_and_nobody_is_signed_out() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "2s")]);
    let script = format!(
        "set -e
        {LOGIN}
        grant status --json >before
        for process in $(seq 4); do
            (for call in $(seq 60); do grant token >>tokens.$process 2>>complaints || echo $? >>failures; done) &
        done
        wait
        grant status --json >after
        grant activity --all --json >activity"
    );
    let Some((code, stdout, stderr)) = beside_a_keyring(&machine, true, &script) else { return skip(NO_KEYRING) };
    let read = |name: &str| fs::read_to_string(machine.home.join(name)).unwrap_or_default();
    let (complaints, failures) = (read("complaints"), read("failures"));
    assert_eq!((code, failures.as_str(), complaints.as_str()), (0, "", ""), "{stdout}{stderr}");
    let tokens: Vec<_> = (1..=4).map(|process| read(&format!("tokens.{process}"))).collect();
    assert!(tokens.iter().all(|tokens| tokens.lines().count() == 60));
    let distinct: BTreeSet<_> = tokens.iter().flat_map(|tokens| tokens.lines()).collect();
    let json = |name: &str| serde_json::from_str::<serde_json::Value>(&read(name)).expect("JSON");
    let types = json("activity")["events"].to_string();
    assert!(distinct.len() > 1 && !types.contains("refresh_token_reused"), "{types}");
    let session = |name: &str| json(name)["accounts"][0]["session_id"].clone();
    assert_eq!(session("after"), session("before"));
}

#[test]
fn a_locked_keyring_is_7_and_nothing_is_sent() {
    let machine = Machine::new();
    let Some((code, stdout, stderr)) = beside_a_keyring(&machine, false, LOGIN) else { return skip(NO_KEYRING) };
    assert_eq!(code, 7, "{stdout}{stderr}");
    assert!(stderr.contains("nothing was sent") && stderr.contains("grant login --store file"), "{stderr}");
}

#[test]
fn a_keyring_that_does_not_answer_is_7_where_nobody_can_unlock_it() {
    let machine = Machine::new();
    // Its process is held still: whoever calls it waits for ever.
    let script = format!(
        "ask() {{ dbus-send --print-reply --dest=org.freedesktop.DBus / \"org.freedesktop.DBus.$@\"; }}
        until ask NameHasOwner string:org.freedesktop.secrets | grep -q true; do :; done
        keyring=$(ask GetConnectionUnixProcessID string:org.freedesktop.secrets | sed -n 's/.*uint32 //p')
        trap 'kill -CONT $keyring; kill $keyring' EXIT
        kill -STOP $keyring
        {LOGIN}"
    );
    let Some((code, stdout, stderr)) = beside_a_keyring(&machine, true, &script) else { return skip(NO_KEYRING) };
    assert_eq!(code, 7, "{stdout}{stderr}");
    assert!(stderr.contains("does not answer") && stderr.contains("grant login --store file"), "{stderr}");
}

#[test]
fn a_process_opens_the_keyring_once() {
    let machine = Machine::new();
    let script = format!(
        "set -e
        {LOGIN}
        {LOGIN} --account second
        dbus-monitor --session \"interface='org.freedesktop.Secret.Service',member='OpenSession'\" >calls &
        monitor=$!
        trap 'kill $monitor' EXIT
        opened() {{ grep -c member=OpenSession calls || true; }}
        # Until the monitor listens.
        until [ $(opened) -gt 0 ]; do grant token >/dev/null; done
        before=$(opened)
        # A sign-in that replaces another and ends it; the state of two accounts; a sign-out.
        {LOGIN} --account second
        grant status
        grant sessions
        grant logout --account second
        until [ $(opened) -ge $((before + 4)) ]; do :; done
        # What is asked last is seen last.
        grant token >/dev/null
        until [ $(opened) -ge $((before + 5)) ]; do :; done
        echo $(($(opened) - before)) >opened"
    );
    let Some((code, stdout, stderr)) = beside_a_keyring(&machine, true, &script) else { return skip(NO_KEYRING) };
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert_eq!(fs::read_to_string(machine.home.join("opened")).expect("a count"), "5\n");
}
