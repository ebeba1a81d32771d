//! The application: one loop in which a message changes the state, the state is drawn, and tasks go on beside it.
//!
//! `terminal → message → update → state → draw`, and from `update` the tasks to `work`, which come back as messages.

pub mod clipboard;
pub mod draw;
pub mod keys;
pub mod message;
pub mod parts;
pub mod screens;
pub mod state;
pub mod terminal;
pub mod theme;
pub mod update;
pub mod work;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream, MouseEventKind};
use futures_util::StreamExt;
use tokio::sync::mpsc;

use message::{Message, Task};
use state::{App, Settled, Time};
use work::Worker;

use crate::accounts::{Account, Accounts};
use crate::clock;
use crate::failure::{Code, Failure};
use crate::session::{self, Reach};
use crate::settings::Folders;
use crate::token_store::{self, StoreKind};
use clipboard::Clipboard;
use terminal::LateAnswer;

/// A countdown goes by seconds.
const SECOND: Duration = Duration::from_secs(1);
/// For so long a session may take to end before we leave.
const FAREWELL: Duration = Duration::from_secs(2);
/// While something turns.
const TURN: Duration = Duration::from_millis(125);

/// Runs until somebody leaves; the exit code then.
///
/// # Errors
/// A terminal that cannot be used.
pub async fn run(
    folders: Folders,
    settled: Settled,
    accounts: Accounts,
    account: Option<Account>,
) -> Result<u8, Failure> {
    let broken = |error: std::io::Error| Failure::new(Code::Other, format!("the terminal cannot be used: {error}"));
    let started = Instant::now();
    let time =
        || Time { wall: clock::now_millis(), steady: i64::try_from(started.elapsed().as_millis()).unwrap_or(i64::MAX) };
    let (sender, mut done) = mpsc::unbounded_channel();
    let mut worker = Worker::new(folders.clone(), sender);
    let (mut app, mut tasks) = App::new(settled, accounts, account, time());
    token_store::has_screen();
    let mut end = Signals::new().map_err(broken)?;
    let given_back = GiveBack;
    let mut screen = terminal::take(app.settled.mouse).map_err(broken)?;
    let mut clipboard = Clipboard::default();
    let mut keys = EventStream::new();
    let mut late_answer = LateAnswer::default();
    let mut next_tick = tokio::time::Instant::now() + SECOND;
    let code = loop {
        // What can be drawn is drawn before anything is waited for.
        screen.draw(|frame| draw::draw(&mut app, frame)).map_err(broken)?;
        worker.turn_to(app.account.as_ref());
        let mut leave = false;
        for task in std::mem::take(&mut tasks) {
            match task {
                Task::Quit => leave = true,
                Task::Redraw => screen.clear().map_err(broken)?,
                Task::Mouse(mouse) => terminal::capture_mouse(mouse).map_err(broken)?,
                Task::Suspend => {
                    terminal::stop(app.settled.mouse).map_err(broken)?;
                    screen.clear().map_err(broken)?;
                    tasks.extend(update::update(&mut app, Message::Resumed, time()));
                }
                Task::Copy(secret, name) => {
                    let told = clipboard.copy(&secret, name, Instant::now());
                    app.tell(told);
                    screen.draw(|frame| draw::draw(&mut app, frame)).map_err(broken)?;
                }
                task => worker.begin(app.turn, task),
            }
        }
        if leave {
            break 0;
        }
        if !tasks.is_empty() {
            continue;
        }
        let wait = if app.is_waiting() { TURN } else { SECOND };
        // Time passes whatever else happens.
        next_tick = next_tick.min(tokio::time::Instant::now() + wait);
        let message = tokio::select! {
            biased;
            code = end.next() => break code,
            () = tokio::time::sleep_until(next_tick) => {
                next_tick += wait;
                clipboard.clear_when_due(Instant::now());
                if let Some(task) = worker.look_around() {
                    worker.begin(app.turn, task);
                }
                Message::Tick
            }
            Some(message) = done.recv() => message,
            event = keys.next() => match event {
                Some(Ok(Event::Key(event))) if late_answer.takes(&event) => continue,
                Some(Ok(event)) => match message_of(event) {
                    Some(message) => message,
                    None => continue,
                },
                // The terminal has gone.
                Some(Err(_)) | None => break 1,
            },
        };
        tasks = update::update(&mut app, message, time());
    };
    drop(given_back);
    clipboard.clear();
    leave_nothing(&folders, &app).await;
    Ok(code)
}

/// Ends the sessions whose tokens are kept nowhere: nobody can use them any more.
async fn leave_nothing(folders: &Folders, app: &App) {
    for account in app.accounts.accounts.iter().filter(|account| account.store == StoreKind::Memory) {
        let _ = tokio::time::timeout(FAREWELL, session::end(folders, account, Reach::Session)).await;
    }
}

/// Gives the terminal back however the loop is left.
struct GiveBack;

impl Drop for GiveBack {
    fn drop(&mut self) {
        terminal::give_back();
    }
}

fn message_of(event: Event) -> Option<Message> {
    Some(match event {
        Event::Key(event) => Message::Key(event),
        // Where it is is of no interest, and comes a hundred times a second.
        Event::Mouse(event) if matches!(event.kind, MouseEventKind::Moved | MouseEventKind::Drag(_)) => return None,
        Event::Mouse(event) => Message::Mouse(event),
        Event::Paste(text) => Message::Paste(text),
        Event::Resize(..) => Message::Resize,
        Event::FocusGained | Event::FocusLost => return None,
    })
}

/// The signals that end us; the exit code is the shell's custom for each.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    hang_up: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> u8 {
        tokio::select! {
            _ = self.terminate.recv() => 143,
            _ = self.hang_up.recv() => 129,
            _ = self.interrupt.recv() => 130,
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) -> u8 {
        let _ = tokio::signal::ctrl_c().await;
        130
    }
}
