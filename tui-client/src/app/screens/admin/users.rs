//! The users: who is there, and what can be done with them?

use ratatui::layout::Constraint;
use serde_json::json;

use super::forms::{self, Purpose};
use super::{Told, confirm, lines, path};
use crate::api::User;
use crate::app::keys::Action;
use crate::app::message::{Ask, Change, Task};
use crate::app::parts::form::Field;
use crate::app::parts::layer::Layer;
use crate::app::parts::list::Row;
use crate::app::screens::sessions;
use crate::app::state::App;
use crate::app::theme::Role;
use crate::failure::plain;

pub const HEADS: &[&str] = &["Username", "State", "E-mail", "Last seen"];
pub const BESIDE: &[Constraint] = &[Constraint::Fill(1), Constraint::Length(6)];
pub const ALONE: &[Constraint] =
    &[Constraint::Fill(2), Constraint::Length(6), Constraint::Fill(3), Constraint::Length(10)];
pub const COMMAND: &str = "grant admin users list";

impl Row for User {
    fn id(&self) -> &str {
        &self.id
    }

    /// The last ones are found by a filter, and seen in the detail.
    fn cells(&self, app: &App) -> Vec<String> {
        let admin = self.roles.iter().any(|role| role == "admin");
        let state = match (self.locked, admin) {
            (true, _) => "locked",
            (false, true) => "admin",
            (false, false) => "",
        };
        vec![
            self.username.clone(),
            state.to_owned(),
            self.email.clone(),
            self.last_seen_at.as_deref().map_or_else(|| "never".to_owned(), |at| app.ago(at)),
            self.name.clone().unwrap_or_default(),
            self.roles.join(" "),
            self.id.clone(),
        ]
    }

    fn key(&self, app: &App, column: usize) -> Option<String> {
        (column == 3).then(|| app.age(self.last_seen_at.as_deref()))
    }

    fn role(&self) -> Role {
        if self.locked { Role::Soon } else { Role::Plain }
    }
}

impl Told for User {
    fn name(&self) -> String {
        self.username.clone()
    }

    fn lines(&self, app: &App) -> Vec<String> {
        let seen = self.last_seen_at.as_ref().map(|at| format!("{at} ({})", app.ago(at)));
        let state = if self.locked { "locked out" } else { "may sign in" };
        lines([
            ("name", self.name.clone().unwrap_or_default()),
            ("e-mail", self.email.clone()),
            ("roles", if self.roles.is_empty() { "none".to_owned() } else { self.roles.join(" ") }),
            ("state", state.to_owned()),
            ("made", self.created_at.clone()),
            ("last seen", seen.unwrap_or_else(|| "never".to_owned())),
            ("id", self.id.clone()),
        ])
    }
}

/// Does what was asked for with the selected user, after a form or a question.
pub fn act(app: &mut App, action: Action) {
    if action == Action::New {
        return app.layers.push(Layer::Form(forms::form("a new user", Purpose::NewUser)));
    }
    let Some(user) = app.admin.users.current(app).cloned() else { return app.tell("no user is selected") };
    let name = plain(&user.username);
    match action {
        Action::Edit => {
            let was = vec![user.name.clone().unwrap_or_default(), user.email.clone(), user.roles.join(" ")];
            let form = forms::form(&format!("change {name}"), Purpose::User { id: user.id, was });
            app.layers.push(Layer::Form(form));
        }
        Action::Password => {
            let purpose = Purpose::Password { id: user.id, username: name.clone() };
            let form = forms::form(&format!("another password for {name}"), purpose);
            app.layers.push(Layer::Form(form));
        }
        Action::Lock => {
            let (question, done) = if user.locked {
                (format!("Let \"{name}\" in again?"), format!("{name} may sign in again"))
            } else {
                let question = format!("Lock \"{name}\" out and end all sessions of this user?");
                (question, format!("{name} is locked out"))
            };
            let body = json!({ "locked": !user.locked });
            let change = Change { body: Some(body), ..change("PATCH", path("users", &user.id), done) };
            confirm(app, question, change);
        }
        Action::EndSessions => {
            let question = format!(
                "Sign \"{name}\" out everywhere? APIs that verify offline accept the tokens for up to {}.",
                sessions::life(app)
            );
            let id: String = url::form_urlencoded::byte_serialize(user.id.as_bytes()).collect();
            let path = format!("/api/v1/admin/sessions?user_id={id}");
            confirm(app, question, change("DELETE", path, format!("{name} is signed out everywhere")));
        }
        Action::Delete => {
            let change = change("DELETE", path("users", &user.id), format!("deleted {name}"));
            app.layers.push(Layer::TypeName {
                question: format!("Delete the user {name} and end all its sessions?"),
                name: user.username,
                field: Field::new("name"),
                tasks: vec![Task::Change(change)],
            });
        }
        _ => app.tell("a user has no secret: p gives another password"),
    }
}

fn change(method: &'static str, path: String, done: String) -> Change {
    Change { method, path, body: None, done, then: vec![Ask::Users, Ask::Events] }
}
