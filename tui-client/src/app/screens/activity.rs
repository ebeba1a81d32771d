//! What happened to the account, and what this machine did with its tokens?

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::api::Event;
use crate::app::keys::Action;
use crate::app::message::{Ask, Task};
use crate::app::parts::list::{List, Row};
use crate::app::state::App;
use crate::failure::Failure;

/// What can be done here.
pub const ACTIONS: &[Action] = &[Action::Follow, Action::Filter, Action::Open];

/// The list, and where its reader is.
#[derive(Debug, Default)]
pub struct Activity {
    /// What happened.
    pub list: List<Event>,
}

impl Row for Event {
    fn id(&self) -> &str {
        &self.id
    }

    fn cells(&self, _app: &App) -> Vec<String> {
        vec![self.at.clone(), self.kind.clone()]
    }
}

/// Fetches it, unless it is there.
pub fn arrive(app: &mut App) -> Vec<Task> {
    vec![super::ask(app, Ask::Activity)]
}

/// It was fetched, or not.
pub fn came(app: &mut App, events: Result<Vec<Event>, Failure>) {
    app.activity.list.come(events);
}

/// A second has passed.
pub fn tick(_app: &mut App) -> Vec<Task> {
    Vec::new()
}

/// Goes through the list.
pub fn act(_app: &mut App, _action: Action) -> Vec<Task> {
    Vec::new()
}

/// Draws it.
pub fn draw(_app: &mut App, _frame: &mut Frame, _area: Rect) {}
