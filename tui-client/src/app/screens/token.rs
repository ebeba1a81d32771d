//! The token inspector: what does a token say, and what is that worth?

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::app::keys::Action;
use crate::app::message::Task;
use crate::app::parts::layer::Form;
use crate::app::state::App;
use crate::check::Check;

/// What can be done here.
pub const ACTIONS: &[Action] = &[Action::Reveal, Action::Copy, Action::Json, Action::Paste];

/// Which token is looked at.
#[derive(Debug, Default)]
pub struct Token {
    /// What was found about it.
    pub checks: Option<Vec<Check>>,
}

/// The screen is shown.
pub fn arrive(_app: &mut App) -> Vec<Task> {
    Vec::new()
}

/// The store was read.
pub fn looked(_app: &mut App) -> Vec<Task> {
    Vec::new()
}

/// A second has passed.
pub fn tick(_app: &mut App) {}

/// Text was pasted.
pub fn paste(_app: &mut App, _text: &str) {}

/// A token from elsewhere.
pub fn send(_app: &mut App, _form: &Form) -> Vec<Task> {
    Vec::new()
}

/// Shows, copies.
pub fn act(_app: &mut App, _action: Action) -> Vec<Task> {
    Vec::new()
}

/// Draws it.
pub fn draw(_app: &mut App, _frame: &mut Frame, _area: Rect) {}
