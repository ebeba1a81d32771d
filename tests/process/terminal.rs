//! What does a person at a terminal see? `script` plays the terminal; its keyboard is a pipe.

use std::fs;
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use grantd_tests::process;
use grantd_tests::temp::TempDir;
use grantd_tests::{skip, wait_for};

use crate::site::{self, PASSWORD, text};

/// A terminal in which one command runs.
struct Terminal {
    script: Child,
    keyboard: Option<ChildStdin>,
    files: TempDir,
}

impl Terminal {
    /// Runs `grantd ARGS` in a terminal; `None` where there is no `script`.
    fn run(data: &TempDir, args: &str) -> Option<Self> {
        let files = TempDir::new();
        // It says first which terminal it is.
        let command = format!("tty; exec '{}' {args}", process::binary().display());
        let script = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", &command])
            .arg(files.join("screen"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH")?)
            .env("SHELL", "/bin/sh")
            .env("TERM", "dumb")
            .env("GRANTD_DATA_DIR", text(data.path()))
            .env("GRANTD_PASSWORD__MEMORY_KIB", "8")
            .current_dir(files.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut script = script.ok()?;
        Some(Self { keyboard: script.stdin.take(), script, files })
    }

    fn screen(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.files.join("screen")).unwrap_or_default()).into_owned()
    }

    fn wait_for(&self, words: &str) {
        wait_for(&format!("{words:?} on the screen"), || self.screen().contains(words).then_some(()));
    }

    fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().expect("a keyboard");
        keyboard.write_all(keys.as_bytes()).and_then(|()| keyboard.flush()).expect("a terminal that takes keys");
    }

    /// Types a secret once the terminal shows no letters any more.
    fn type_secretly(&mut self, prompt: &str, secret: &str) {
        self.wait_for(prompt);
        let screen = self.screen();
        let tty = screen.lines().find_map(|line| line.trim().strip_prefix("/dev/")).expect("a terminal").to_owned();
        wait_for("the terminal shows no letters", || {
            let settings = Command::new("stty").args(["-a", "-F", &format!("/dev/{tty}")]).output().ok()?;
            String::from_utf8_lossy(&settings.stdout).split_whitespace().any(|word| word == "-echo").then_some(())
        });
        self.press(&format!("{secret}\n"));
    }

    fn exit_code(&mut self) -> i32 {
        wait_for("it ends", || self.script.try_wait().expect("our own child")).code().expect("an exit code")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_tells_a_person_who_may_sign_in_and_every_address_that_it_names_answers() {
    let data = TempDir::new();
    let Some(mut terminal) = Terminal::run(&data, "dev --port 0") else { return skip("no `script`") };
    terminal.wait_for("ctrl-c stops");
    let screen = terminal.screen();
    for told in [
        "dev mode: seeded data, weak keys, loopback only",
        "ada / ada-dev-password",
        "bob / bob-dev-password",
        "demo-service / demo-service-dev-secret",
        "demo-api / demo-api-dev-secret",
        "--fresh starts over",
        &text(data.path()),
    ] {
        assert!(screen.contains(told), "no {told:?}:\n{screen}");
    }
    let addresses: Vec<_> =
        screen.split_whitespace().filter(|word| word.starts_with("http://")).map(str::to_owned).collect();
    assert!(addresses.len() >= 5, "{screen}");
    let base = addresses[0].trim_end_matches('/').to_owned();
    let client = grantd_tests::client::Client::new(&base);
    client.sign_in_ada().await;
    for address in addresses.iter().filter(|address| !address.ends_with("/oauth2/token")) {
        client.get(address, "").await.expect(200);
    }
    // A line a request, for people.
    terminal.wait_for("/oauth2/token");
    assert!(!terminal.screen().contains("{\""), "JSON for people:\n{}", terminal.screen());
    // Ctrl-C.
    terminal.press("\u{3}");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_twice_and_never_shown() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let Some(mut terminal) = Terminal::run(&data, "user create eve --email eve@example.org") else {
        return skip("no `script`");
    };
    terminal.type_secretly("Password: ", PASSWORD);
    terminal.type_secretly("Password, again: ", PASSWORD);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
    assert!(!terminal.screen().contains(PASSWORD), "{}", terminal.screen());
    server.client().sign_in("eve", PASSWORD).await;

    let mut terminal = Terminal::run(&data, "user set-password eve").expect("a terminal");
    terminal.type_secretly("New password: ", "one of these two");
    terminal.type_secretly("New password, again: ", "is not the other");
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.screen());
    server.client().sign_in("eve", PASSWORD).await;
}

#[test]
fn nobody_is_asked_for_a_password_of_a_user_who_is_not_there() {
    let data = site::migrated();
    let Some(mut terminal) = Terminal::run(&data, "user set-password nobody") else { return skip("no `script`") };
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.screen());
    assert!(!terminal.screen().contains("assword: "), "{}", terminal.screen());
}
