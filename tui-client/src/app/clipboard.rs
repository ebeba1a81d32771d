//! Where does copied text go? Onto the desktop's clipboard where there is one, else to the terminal, which may put it on its own.

use std::time::{Duration, Instant};

use super::terminal;
use crate::secret::Secret;
use crate::settings::variable;

/// A token does not lie about for longer.
const KEPT: Duration = Duration::from_secs(45);

/// What was copied, and until when it stays.
#[derive(Default)]
pub struct Clipboard {
    desktop: Option<arboard::Clipboard>,
    kept: Option<(Secret, Instant)>,
}

impl Clipboard {
    /// Copies a secret; says in a sentence where it went and for how long.
    pub fn copy(&mut self, secret: &Secret, name: &str, now: Instant) -> String {
        // Over SSH the desktop is on the other side.
        let remote = variable("SSH_CONNECTION").is_some() || variable("SSH_TTY").is_some();
        if !remote && self.put_on_desktop(secret.expose()) {
            self.kept = Some((secret.clone(), now + KEPT));
            return format!("{name} copied to the clipboard, which is cleared in 45 s");
        }
        match terminal::copy(secret.expose()) {
            Ok(()) => format!("{name} copied through the terminal (OSC 52), which does not clear it"),
            Err(error) => format!("{name} was not copied: {error}"),
        }
    }

    fn put_on_desktop(&mut self, text: &str) -> bool {
        if self.desktop.is_none() {
            self.desktop = arboard::Clipboard::new().ok();
        }
        self.desktop.as_mut().is_some_and(|desktop| fleeting(desktop.set()).text(text).is_ok())
    }

    /// Takes the secret back once it has been there for long enough, unless something else was copied meanwhile.
    pub fn clear_when_due(&mut self, now: Instant) {
        if self.kept.as_ref().is_some_and(|(_, until)| *until <= now) {
            self.clear();
        }
    }

    /// Takes the secret back.
    pub fn clear(&mut self) {
        let (Some((secret, _)), Some(desktop)) = (self.kept.take(), &mut self.desktop) else { return };
        if desktop.get_text().is_ok_and(|text| text == secret.expose()) {
            let _ = desktop.clear();
        }
    }
}

/// What is copied so is kept by no clipboard manager, as far as those listen.
#[cfg(any(target_os = "linux", target_os = "macos"))]
fn fleeting(set: arboard::Set<'_>) -> arboard::Set<'_> {
    #[cfg(target_os = "macos")]
    use arboard::SetExtApple as _;
    #[cfg(target_os = "linux")]
    use arboard::SetExtLinux as _;
    set.exclude_from_history()
}

#[cfg(windows)]
fn fleeting(set: arboard::Set<'_>) -> arboard::Set<'_> {
    use arboard::SetExtWindows as _;
    set.exclude_from_monitoring().exclude_from_cloud().exclude_from_history()
}

#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
fn fleeting(set: arboard::Set<'_>) -> arboard::Set<'_> {
    set
}
