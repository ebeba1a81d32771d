//! How is the terminal taken, and given back as it was? Whatever happens: at the end, on a panic, on a signal, and while we are stopped.

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::event::{
    DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture, KeyCode, KeyEvent,
    KeyModifiers,
};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// Whether the terminal is ours: it is given back once.
static OURS: AtomicBool = AtomicBool::new(false);

/// A terminal that is drawn on.
pub type Screen = Terminal<CrosstermBackend<io::Stdout>>;

/// What a terminal answers when it is asked for its colours comes as keys when it comes too late: none of them was pressed.
#[derive(Debug, Default)]
pub struct LateAnswer {
    /// How many of its keys have come; none before its first and after its last.
    keys: usize,
}

impl LateAnswer {
    /// An answer is no longer: `]11;rgb:ffff/ffff/ffff`.
    const MAX: usize = 32;

    /// Whether a key is part of one.
    pub fn takes(&mut self, event: &KeyEvent) -> bool {
        let alt = event.modifiers.contains(KeyModifiers::ALT);
        let last = match event.code {
            KeyCode::Char(']') if alt => {
                self.keys = 1;
                return true;
            }
            KeyCode::Char('\\') => alt,
            KeyCode::Char('g') => event.modifiers.contains(KeyModifiers::CONTROL),
            _ => false,
        };
        let part = (1..Self::MAX).contains(&self.keys);
        self.keys = if part && !last { self.keys + 1 } else { 0 };
        part
    }
}

/// Takes the terminal. A panic gives it back before it says why.
///
/// # Errors
/// What the system says.
pub fn take(mouse: bool) -> io::Result<Screen> {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        before(panic);
        // Whatever thread it was: what is left of the program would draw on, or wait for keys that nobody reads.
        std::process::exit(101);
    }));
    // Without this crossterm resets what is reversed or bold with each colour that it leaves out under NO_COLOR.
    crossterm::style::force_color_output(true);
    enter(mouse)?;
    Terminal::new(CrosstermBackend::new(stdout()))
}

/// Raw keys, a screen of our own, pasted text in one piece, and perhaps the mouse.
///
/// # Errors
/// What the system says.
pub fn enter(mouse: bool) -> io::Result<()> {
    enable_raw_mode()?;
    OURS.store(true, Ordering::SeqCst);
    execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
    capture_mouse(mouse)
}

/// Takes the mouse, or gives it to the terminal.
///
/// # Errors
/// What the system says.
pub fn capture_mouse(mouse: bool) -> io::Result<()> {
    if mouse { execute!(stdout(), EnableMouseCapture) } else { execute!(stdout(), DisableMouseCapture) }
}

/// Gives the terminal back, if it is ours.
pub fn give_back() {
    if OURS.swap(false, Ordering::SeqCst) {
        let _ = execute!(
            stdout(),
            DisableMouseCapture,
            DisableBracketedPaste,
            LeaveAlternateScreen,
            crossterm::cursor::Show
        );
        let _ = disable_raw_mode();
    }
}

/// Stops until the shell wants us back, and takes the terminal again.
///
/// # Errors
/// What the system says.
pub fn stop(mouse: bool) -> io::Result<()> {
    #[cfg(unix)]
    {
        give_back();
        // The whole job, as the terminal does it: a script that began us has to stop too.
        let _ = rustix::process::kill_current_process_group(rustix::process::Signal::TSTP);
        enter(mouse)?;
    }
    #[cfg(not(unix))]
    let _ = mouse;
    Ok(())
}

/// Puts text on the clipboard of whoever sits at the terminal, also through SSH (OSC 52).
///
/// # Errors
/// What the system says.
pub fn copy(text: &str) -> io::Result<()> {
    let mut out = stdout();
    write!(out, "\u{1b}]52;c;{}\u{7}", STANDARD.encode(text))?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_comes_late_presses_no_key() {
        let key = |c: char, modifiers| KeyEvent::new(KeyCode::Char(c), modifiers);
        let mut answer = LateAnswer::default();
        let mut late = vec![key(']', KeyModifiers::ALT)];
        late.extend("11;rgb:1e1e/1e1e/1e1e".chars().map(|c| key(c, KeyModifiers::NONE)));
        for end in [key('\\', KeyModifiers::ALT), key('g', KeyModifiers::CONTROL)] {
            assert!(late.iter().chain([&end]).all(|event| answer.takes(event)));
            assert!("q\\:".chars().all(|c| !answer.takes(&key(c, KeyModifiers::NONE))));
        }
        // Somebody who really presses that loses a few keys, not all.
        assert!(answer.takes(&key(']', KeyModifiers::ALT)));
        assert!((0..100).any(|_| !answer.takes(&key('q', KeyModifiers::NONE))));
    }
}
