//! What administrators see: users, clients, keys, events. A list on the left, what is selected on the right.

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::keys::Action;
use crate::app::message::{Ask, Change, Got, Task};
use crate::app::parts::layer::Form;
use crate::app::state::App;
use crate::failure::Failure;

/// What can be done here.
pub const ACTIONS: &[Action] =
    &[Action::New, Action::Edit, Action::RotateSecret, Action::Lock, Action::Delete, Action::Filter, Action::Open];

/// What a form of this screen is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new user.
    NewUser,
}

/// Where its reader is.
#[derive(Debug, Default)]
pub struct Admin {}

impl Admin {
    /// Whether something is being fetched.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        false
    }
}

/// Whether the user is an administrator, with a token that may act as one.
#[must_use]
pub fn is_possible(app: &App) -> bool {
    let role = app.me.value.as_ref().is_some_and(|me| me.roles.iter().any(|role| role == "admin"));
    role && app.entry.as_ref().is_some_and(|entry| entry.scope.split(' ').any(|scope| scope == "admin"))
}

/// The screen is shown.
pub fn arrive(_app: &mut App) -> Vec<Task> {
    Vec::new()
}

/// Something is asked for.
pub fn asked(_app: &mut App, _ask: &Ask) {}

/// It was fetched, or not.
pub fn came(_app: &mut App, _ask: &Ask, _got: Result<Got, Failure>) {}

/// Takes a key as text.
pub fn types(_app: &mut App, _event: KeyEvent) -> bool {
    false
}

/// The mouse was pressed there.
pub fn click(_app: &mut App, _column: u16, _row: u16) -> Vec<Task> {
    Vec::new()
}

/// A form is filled in.
pub fn send(_app: &mut App, _form: Form, _purpose: Purpose) -> Vec<Task> {
    Vec::new()
}

/// The server did as asked.
pub fn changed(_app: &mut App, _change: &Change, _answer: Option<serde_json::Value>) {}

/// Does what was asked for.
pub fn act(_app: &mut App, _action: Action) -> Vec<Task> {
    Vec::new()
}

/// Draws it.
pub fn draw(_app: &mut App, _frame: &mut Frame, _area: Rect) {}
