//! What is on a real terminal's screen? tmux plays the terminal: it answers what a program asks of one, and can be looked at.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use crate::temp::TempDir;
use crate::{PATIENCE, wait_for};

/// A terminal in which one command runs. It stays as it was when the command ends.
#[derive(Debug)]
pub struct Tmux {
    folder: TempDir,
}

impl Tmux {
    /// Runs a shell command in a terminal of this size, with these variables; `None` where there is no tmux.
    pub fn run(command: &str, (width, height): (u16, u16), variables: &[(&str, &str)]) -> Option<Self> {
        let folder = TempDir::new();
        folder.write("tmux.conf", "set -g remain-on-exit on\nset -g escape-time 0\nset -g default-shell /bin/sh\n");
        let mut tmux = Self::tmux(folder.path())?;
        tmux.args(["-f", "tmux.conf", "-u", "new-session", "-d"]).env("PATH", std::env::var_os("PATH")?);
        tmux.args(["-x", &width.to_string(), "-y", &height.to_string()]);
        for (name, value) in variables {
            tmux.args(["-e", &format!("{name}={value}")]);
        }
        // tmux itself may lose how a command ended.
        let command = format!("{command}\necho $? >'{}'", folder.join("exit").display());
        let started = tmux.arg(command).output().ok()?;
        assert!(started.status.success(), "{started:?}");
        Some(Self { folder })
    }

    /// Its own tmux: a socket in its own folder, and nothing of our environment.
    fn tmux(folder: &Path) -> Option<Command> {
        let mut tmux = Command::new("tmux");
        tmux.args(["-S", "socket"]).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH")?);
        tmux.env("SHELL", "/bin/sh").env("LANG", "C.UTF-8");
        Some(tmux)
    }

    #[track_caller]
    fn ask(&self, args: &[&str]) -> Output {
        let output = Self::tmux(self.folder.path()).expect("a PATH").args(args).output().expect("tmux");
        assert!(output.status.success(), "tmux {args:?}: {output:?}");
        output
    }

    /// What is on the screen.
    #[track_caller]
    pub fn screen(&self) -> String {
        String::from_utf8_lossy(&self.ask(&["capture-pane", "-p"]).stdout).into_owned()
    }

    /// What is on the screen, with its colours as escape sequences.
    #[track_caller]
    pub fn colours(&self) -> String {
        String::from_utf8_lossy(&self.ask(&["capture-pane", "-p", "-e"]).stdout).into_owned()
    }

    /// What tmux knows of the terminal: `alternate_on`, `mouse_any_flag`, `pane_dead_status`.
    #[track_caller]
    pub fn says(&self, name: &str) -> String {
        let told = self.ask(&["display-message", "-p", &format!("#{{{name}}}")]);
        String::from_utf8_lossy(&told.stdout).trim_end().to_owned()
    }

    /// Waits until the screen shows this.
    #[track_caller]
    pub fn wait_for(&self, words: &str) {
        self.wait_until(words, |screen| screen.contains(words));
    }

    /// Waits until the screen is like this, and shows it when it never is.
    #[track_caller]
    pub fn wait_until(&self, what: &str, mut is: impl FnMut(&str) -> bool) {
        let start = Instant::now();
        loop {
            let screen = self.screen();
            if is(&screen) {
                return;
            }
            assert!(start.elapsed() < PATIENCE, "waited {PATIENCE:?} for {what:?}, and the screen is\n{screen}");
            // Each look is a process.
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Presses keys, by tmux's names: `Enter`, `C-z`, `Escape`.
    #[track_caller]
    pub fn press(&self, keys: &[&str]) {
        self.ask(&[&["send-keys"], keys].concat());
    }

    /// Types text.
    #[track_caller]
    pub fn write(&self, text: &str) {
        self.ask(&["send-keys", "-l", "--", text]);
    }

    /// Makes the window of another size.
    #[track_caller]
    pub fn resize(&self, width: u16, height: u16) {
        self.ask(&["resize-window", "-x", &width.to_string(), "-y", &height.to_string()]);
    }

    /// The id of the command's process.
    #[track_caller]
    pub fn pid(&self) -> u32 {
        let children = format!("/proc/{0}/task/{0}/children", self.says("pane_pid"));
        wait_for("the command's process", || {
            fs::read_to_string(&children).ok()?.split_whitespace().next()?.parse().ok()
        })
    }

    /// Waits for the command's end: its exit code.
    #[track_caller]
    pub fn exit_code(&self) -> String {
        let file = self.folder.join("exit");
        let mut code = String::new();
        self.wait_until("its end", |_| {
            fs::read_to_string(&file).unwrap_or_default().trim_end().clone_into(&mut code);
            !code.is_empty()
        });
        code
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        let kill = Self::tmux(self.folder.path()).map(|mut tmux| tmux.arg("kill-server").output());
        drop(kill);
    }
}
