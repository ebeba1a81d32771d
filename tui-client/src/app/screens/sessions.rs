//! The sessions of the user: which are there, and which of them are to end?

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};

use crate::api::Session;
use crate::app::keys::Action;
use crate::app::message::{Ask, Change, Task};
use crate::app::parts::layer::Layer;
use crate::app::parts::list::{self, List, Row, Words};
use crate::app::state::App;
use crate::clock;
use crate::device;
use crate::failure::Failure;

/// What can be done here.
pub const ACTIONS: &[Action] =
    &[Action::Revoke, Action::RevokeOthers, Action::Mark, Action::Filter, Action::Sort, Action::Open];

const HEADS: [&str; 5] = ["Where", "Client", "Last seen", "From", ""];

/// The list, and where its reader is.
#[derive(Debug, Default)]
pub struct Sessions {
    /// They.
    pub list: List<Session>,
}

impl Row for Session {
    fn id(&self) -> &str {
        &self.id
    }

    fn cells(&self, app: &App) -> Vec<String> {
        vec![
            device::told(self.user_agent.as_deref()),
            self.client_id.clone(),
            app.ago(&self.last_used_at),
            self.ip.clone().unwrap_or_default(),
            if self.current { "this".to_owned() } else { String::new() },
        ]
    }

    fn key(&self, app: &App, column: usize) -> Option<String> {
        (column == 2).then(|| app.age(Some(&self.last_used_at)))
    }
}

/// Fetches them, unless they are there.
pub fn arrive(app: &mut App) -> Vec<Task> {
    if app.sessions.list.loaded.value.is_some() { Vec::new() } else { vec![super::ask(app, Ask::Sessions)] }
}

/// They were fetched, or not.
pub fn came(app: &mut App, sessions: Result<Vec<Session>, Failure>) {
    list::come(app, |app| &mut app.sessions.list, sessions);
}

/// Goes through the list, ends sessions.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    let rows = app.sessions.list.shown(app).len();
    if app.sessions.list.act(action, rows, HEADS.len() - 1) {
        return Vec::new();
    }
    match action {
        Action::Reload => return vec![super::ask(app, Ask::Sessions)],
        Action::Mark => {
            if let Some(id) = app.sessions.list.current(app).map(|session| session.id.clone()) {
                app.sessions.list.mark(&id);
            }
        }
        Action::Open => open(app),
        Action::Revoke => revoke(app),
        Action::RevokeOthers => revoke_others(app),
        _ => {}
    }
    Vec::new()
}

fn open(app: &mut App) {
    let Some(session) = app.sessions.list.current(app).cloned() else { return };
    let line = |name: &str, value: &str| format!("{name:<12}{}", crate::failure::plain(value));
    let lines = vec![
        line("id", &session.id),
        line("where", &device::told(session.user_agent.as_deref())),
        line("client", &format!("{} ({})", session.client_name.clone().unwrap_or_default(), session.client_id)),
        line("from", session.ip.as_deref().unwrap_or("unknown")),
        line("began", &session.created_at),
        line("last seen", &session.last_used_at),
        line("ends", &format!("{}, unless it is used before", session.expires_at)),
        line("", if session.current { "this is the session that you are using" } else { "" }),
    ];
    app.layers.push(Layer::Text { title: "session".to_owned(), lines, scroll: 0 });
}

fn revoke(app: &mut App) {
    let meant: Vec<Session> = app.sessions.list.meant(app).into_iter().cloned().collect();
    let Some(first) = meant.first() else { return };
    let what = match meant.len() {
        1 if first.current => "this session, which signs you out here".to_owned(),
        1 => format!("\"{}\"", device::told(first.user_agent.as_deref())),
        count => format!("{count} sessions"),
    };
    let question = format!("Sign out {what}? APIs that verify offline accept its token for up to {}.", life(app));
    let tasks = meant.iter().map(|session| {
        Task::Change(Change {
            method: "DELETE",
            path: format!("/api/v1/me/sessions/{}", session.id),
            body: None,
            done: format!("ended {what}"),
            then: vec![Ask::Sessions],
        })
    });
    let tasks = tasks.collect();
    app.layers.push(Layer::Confirm { question, tasks });
}

fn revoke_others(app: &mut App) {
    let others = app.sessions.list.loaded.value.iter().flatten().filter(|session| !session.current).count();
    if others == 0 {
        return app.tell("there are no others");
    }
    let question = format!(
        "Sign out all {others} other sessions? APIs that verify offline accept their tokens for up to {}.",
        life(app)
    );
    let change = Change {
        method: "DELETE",
        path: "/api/v1/me/sessions?keep=current".to_owned(),
        body: None,
        done: "all other sessions have ended".to_owned(),
        then: vec![Ask::Sessions],
    };
    app.layers.push(Layer::Confirm { question, tasks: vec![Task::Change(change)] });
}

/// How long an access token outlives its session where nobody asks the server.
#[must_use]
pub fn life(app: &App) -> String {
    app.entry.as_ref().and_then(crate::token_store::Entry::life).map_or_else(|| "its life".to_owned(), clock::rough)
}

/// Draws it.
pub fn draw(app: &mut App, frame: &mut Frame, area: Rect) {
    let words = Words {
        title: "Sessions",
        heads: &HEADS,
        widths: &[
            Constraint::Fill(1),
            Constraint::Length(12),
            Constraint::Length(10),
            Constraint::Length(15),
            Constraint::Length(4),
        ],
        empty: "No other sessions. Sign in elsewhere and it appears here.",
        most: (list::MOST, "grant sessions list"),
    };
    app.sessions.list.drawn = list::draw(app, &app.sessions.list, frame, area, &words, true);
    // One's own session is always there.
    let alone = app.sessions.list.loaded.value.as_ref().is_some_and(|sessions| sessions.len() == 1);
    if let Some((rows, _)) = app.sessions.list.drawn.filter(|_| alone) {
        let below = Rect { x: rows.x + 3, y: rows.y + 2, width: rows.width.saturating_sub(3), height: 1 };
        frame.render_widget(words.empty, below);
    }
}
