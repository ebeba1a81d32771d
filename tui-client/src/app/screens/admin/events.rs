//! What happened to anybody, as the server remembers it.

use ratatui::layout::Constraint;

use super::Told;
use crate::api::Event;
use crate::app::parts::list::Row;
use crate::app::screens::activity;
use crate::app::state::App;
use crate::app::theme::Role;
use crate::{clock, event};

pub const HEADS: &[&str] = &["When", "What", "Result", "User", "By"];
pub const BESIDE: &[Constraint] = &[Constraint::Length(11), Constraint::Fill(1), Constraint::Length(7)];
pub const ALONE: &[Constraint] =
    &[Constraint::Length(11), Constraint::Length(19), Constraint::Length(7), Constraint::Fill(1)];
pub const COMMAND: &str = "grant admin events list";

impl Row for Event {
    fn id(&self) -> &str {
        &self.id
    }

    fn cells(&self, app: &App) -> Vec<String> {
        vec![
            clock::moment(&self.at).map(|at| app.when(at)).unwrap_or_default(),
            event::told(&self.kind).to_owned(),
            event::outcome(&self.kind).to_owned(),
            user(self, app),
            activity::place(self),
            self.kind.clone(),
            self.detail.clone().unwrap_or_default(),
        ]
    }

    fn key(&self, app: &App, column: usize) -> Option<String> {
        (column == 0).then(|| app.age(Some(&self.at)))
    }

    fn role(&self) -> Role {
        activity::role(event::outcome(&self.kind))
    }
}

impl Told for Event {
    fn name(&self) -> String {
        event::told(&self.kind).to_owned()
    }

    fn lines(&self, app: &App) -> Vec<String> {
        let user = match (&self.user_id, user(self, app)) {
            (Some(id), name) if *id != name => format!("{name} ({id})"),
            (_, name) => name,
        };
        activity::event_lines(self, user)
    }
}

/// What the user is called, as far as that is known here.
fn user(event: &Event, app: &App) -> String {
    let Some(id) = &event.user_id else { return String::new() };
    let users = app.admin.users.loaded.value.iter().flatten();
    users.into_iter().find(|user| user.id == *id).map_or_else(|| id.clone(), |user| user.username.clone())
}
