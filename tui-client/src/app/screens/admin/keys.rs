//! The signing keys: which of them sign, and which are only believed?

use ratatui::layout::Constraint;
use serde_json::json;

use super::{Told, confirm, lines};
use crate::api::Key;
use crate::app::keys::Action;
use crate::app::message::{Ask, Change};
use crate::app::parts::list::Row;
use crate::app::state::App;

pub const HEADS: &[&str] = &["State", "Alg", "Key"];
pub const BESIDE: &[Constraint] = &[Constraint::Length(9), Constraint::Length(5), Constraint::Fill(1)];
pub const ALONE: &[Constraint] = BESIDE;
pub const COMMAND: &str = "grant admin keys list";

impl Row for Key {
    fn id(&self) -> &str {
        &self.kid
    }

    fn cells(&self, _app: &App) -> Vec<String> {
        vec![self.state.clone(), self.alg.clone(), self.kid.clone()]
    }
}

impl Told for Key {
    fn name(&self) -> String {
        crate::app::parts::cut(&self.kid, 16)
    }

    fn lines(&self, _app: &App) -> Vec<String> {
        let means = match self.state.as_str() {
            "announced" => "announced: others can learn it, and it signs nothing yet",
            "active" => "active: it signs",
            "retired" => "retired: it signs no more, and what it signed is good",
            "gone" => "gone: what it signed is refused",
            other => other,
        };
        let moment = |at: &Option<String>| at.clone().unwrap_or_else(|| "not yet".to_owned());
        lines([
            ("state", means.to_owned()),
            ("alg", self.alg.clone()),
            ("made", self.created_at.clone()),
            ("signs", moment(&self.active_at)),
            ("until", moment(&self.retired_at)),
            ("kid", self.kid.clone()),
        ])
    }
}

/// A new key is what a rotation makes; nothing else can be done with them.
pub fn act(app: &mut App, action: Action) {
    if !matches!(action, Action::New | Action::RotateSecret) {
        return app.tell("keys can only be rotated");
    }
    let question = "Rotate the signing keys? The new ones are announced first, and what the present ones sign stays \
                    good until it expires. (After a leak: grant admin keys rotate --now)";
    let change = Change {
        method: "POST",
        path: "/api/v1/admin/keys".to_owned(),
        body: Some(json!({})),
        done: "the next signing keys are announced".to_owned(),
        then: vec![Ask::Keys, Ask::Events],
    };
    confirm(app, question.to_owned(), change);
}
