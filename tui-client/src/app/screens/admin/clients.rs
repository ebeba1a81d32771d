//! The clients: which programs may ask for tokens, and how?

use ratatui::layout::Constraint;
use serde_json::json;

use super::forms::{self, Purpose};
use super::{Told, confirm, lines, path};
use crate::api::Client;
use crate::app::keys::Action;
use crate::app::message::{Ask, Change, Task};
use crate::app::parts::form::Field;
use crate::app::parts::layer::Layer;
use crate::app::parts::list::Row;
use crate::app::state::App;
use crate::clock;
use crate::failure::plain;

pub const HEADS: &[&str] = &["Client", "Type", "Name"];
pub const BESIDE: &[Constraint] = &[Constraint::Fill(1), Constraint::Length(12)];
pub const ALONE: &[Constraint] = &[Constraint::Fill(1), Constraint::Length(12), Constraint::Fill(1)];
pub const COMMAND: &str = "grant admin clients list";

impl Row for Client {
    fn id(&self) -> &str {
        &self.id
    }

    fn cells(&self, _app: &App) -> Vec<String> {
        vec![
            self.id.clone(),
            self.kind.clone(),
            self.name.clone().unwrap_or_default(),
            self.scopes.join(" "),
            self.grants.join(" "),
        ]
    }
}

impl Told for Client {
    fn name(&self) -> String {
        self.id.clone()
    }

    fn lines(&self, _app: &App) -> Vec<String> {
        let life = |seconds: Option<i64>| seconds.map_or_else(|| "as the server's".to_owned(), clock::rough);
        let rotation = if self.rotation { "each refresh token works once" } else { "the refresh token stays the same" };
        lines([
            ("name", self.name.clone().unwrap_or_default()),
            ("type", self.kind.clone()),
            ("grants", if self.grants.is_empty() { "none".to_owned() } else { self.grants.join(" ") }),
            ("scopes", if self.scopes.is_empty() { "none".to_owned() } else { self.scopes.join(" ") }),
            ("redirect", self.redirect_uris.join(" ")),
            ("origins", self.origins.join(" ")),
            ("audiences", self.audiences.join(" ")),
            ("access", life(self.access_ttl)),
            ("session", life(self.refresh_ttl)),
            ("renewal", rotation.to_owned()),
            ("made", self.created_at.clone()),
        ])
    }
}

/// Does what was asked for with the selected client, after a form or a question.
pub fn act(app: &mut App, action: Action) {
    if action == Action::New {
        return app.layers.push(Layer::Form(forms::form("a new client", Purpose::NewClient)));
    }
    let Some(client) = app.admin.clients.current(app).cloned() else { return app.tell("no client is selected") };
    let name = plain(&client.id);
    match action {
        Action::Edit => {
            let name_was = client.name.clone().unwrap_or_default();
            let lists = [&client.grants, &client.scopes, &client.redirect_uris].map(|words| words.join(" "));
            let was = std::iter::once(name_was).chain(lists).collect();
            let form = forms::form(&format!("change {name}"), Purpose::Client { id: client.id, was });
            app.layers.push(Layer::Form(form));
        }
        Action::RotateSecret if client.kind == "public" => app.tell(format!("{name} is public: it has no secret")),
        Action::RotateSecret => {
            let question = format!("Give \"{name}\" another secret? The one that it has works no longer, from now on.");
            let path = path("clients", &client.id) + "/secret";
            let change = Change { body: Some(json!({})), ..change("POST", path, format!("{name} has another secret")) };
            confirm(app, question, change);
        }
        Action::Delete => {
            let change = change("DELETE", path("clients", &client.id), format!("deleted {name}"));
            app.layers.push(Layer::TypeName {
                question: format!("Delete the client {name} and end every session that it holds?"),
                name: client.id,
                field: Field::new("name"),
                tasks: vec![Task::Change(change)],
            });
        }
        _ => app.tell("that is for users; a client can be deleted, or given another secret"),
    }
}

fn change(method: &'static str, path: String, done: String) -> Change {
    Change { method, path, body: None, done, then: vec![Ask::Clients, Ask::Events] }
}
