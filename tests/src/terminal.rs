//! What does a person at a terminal see? `script` plays the terminal; its keyboard is a pipe.

use std::fs;
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::temp::TempDir;
use crate::wait_for;

/// A terminal in which one command runs.
#[derive(Debug)]
pub struct Terminal {
    script: Child,
    keyboard: Option<ChildStdin>,
    files: TempDir,
}

impl Terminal {
    /// Runs a command in a terminal, with these variables; `None` where there is no `script`.
    pub fn run(command: &str, variables: &[(&str, String)]) -> Option<Self> {
        let files = TempDir::new();
        // It says first which terminal it is.
        let command = format!("tty; exec env --default-signal=INT {command}");
        let script = Command::new("script")
            .args(["--quiet", "--flush", "--return", "--command", &command])
            .arg(files.join("screen"))
            .env_clear()
            .env("PATH", std::env::var_os("PATH")?)
            .env("SHELL", "/bin/sh")
            .env("TERM", "dumb")
            .envs(variables.iter().map(|(name, value)| (name, value)))
            .current_dir(files.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let mut script = script.ok()?;
        Some(Self { keyboard: script.stdin.take(), script, files })
    }

    /// All that it has shown until now.
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&fs::read(self.files.join("screen")).unwrap_or_default()).into_owned()
    }

    /// Waits until it shows this.
    pub fn wait_for(&self, words: &str) {
        wait_for(&format!("{words:?} on the screen"), || self.screen().contains(words).then_some(()));
    }

    /// Types this.
    pub fn press(&mut self, keys: &str) {
        let keyboard = self.keyboard.as_mut().expect("a keyboard");
        keyboard.write_all(keys.as_bytes()).and_then(|()| keyboard.flush()).expect("a terminal that takes keys");
    }

    /// Types a secret once the terminal shows no letters any more.
    pub fn type_secretly(&mut self, prompt: &str, secret: &str) {
        self.wait_for(prompt);
        self.wait_for_setting("-echo");
        self.press(&format!("{secret}\n"));
    }

    /// Waits until the terminal shows letters again.
    pub fn wait_for_letters(&self) {
        self.wait_for_setting("echo");
    }

    fn wait_for_setting(&self, setting: &str) {
        let screen = self.screen();
        let tty = screen.lines().find_map(|line| line.trim().strip_prefix("/dev/")).expect("a terminal").to_owned();
        wait_for(&format!("a terminal with {setting}"), || {
            let settings = Command::new("stty").args(["-a", "-F", &format!("/dev/{tty}")]).output().ok()?;
            String::from_utf8_lossy(&settings.stdout).split_whitespace().any(|word| word == setting).then_some(())
        });
    }

    /// Waits for the command's end.
    pub fn exit_code(&mut self) -> i32 {
        wait_for("it ends", || self.script.try_wait().expect("our own child")).code().expect("an exit code")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.script.kill();
        let _ = self.script.wait();
    }
}
