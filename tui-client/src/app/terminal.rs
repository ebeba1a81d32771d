//! How is the terminal taken, and given back as it was? Whatever happens: at the end, on a panic, on a signal, and while we are stopped.

use std::io::{self, Write, stdout};
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste, EnableMouseCapture};
use crossterm::execute;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

/// Whether the terminal is ours: it is given back once.
static OURS: AtomicBool = AtomicBool::new(false);

/// A terminal that is drawn on.
pub type Screen = Terminal<CrosstermBackend<io::Stdout>>;

/// Takes the terminal. A panic gives it back before it says why.
///
/// # Errors
/// What the system says.
pub fn take(mouse: bool) -> io::Result<Screen> {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        give_back();
        before(panic);
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
        let _ = rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TSTP);
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
