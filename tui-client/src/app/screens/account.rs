//! The account: who is it, and how does it change its password?

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::keys::Action;
use crate::app::message::{Change, Task};
use crate::app::parts::layer::Form;
use crate::app::state::App;
use crate::failure::Failure;

/// What can be done here.
pub const ACTIONS: &[Action] = &[Action::Password, Action::Rename, Action::SignOut];

/// Where its reader is.
#[derive(Debug, Default)]
pub struct Profile {}

/// The screen is shown.
pub fn arrive(_app: &mut App) -> Vec<Task> {
    Vec::new()
}

/// A form is filled in.
pub fn send(_app: &mut App, _form: Form) -> Vec<Task> {
    Vec::new()
}

/// The server did not do as asked.
pub fn refused(_app: &mut App, _change: &Change, _failure: &Failure) {}

/// Changes it.
pub fn act(_app: &mut App, _action: Action) -> Vec<Task> {
    Vec::new()
}

/// Draws it.
pub fn draw(_app: &mut App, _frame: &mut Frame, _area: Rect) {}
