//! The account: who is it, and how does it change its password?

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};
use serde_json::json;

use crate::app::keys::Action;
use crate::app::message::{Ask, Change, Task};
use crate::app::parts::facts::{self, Fact};
use crate::app::parts::form::Field;
use crate::app::parts::layer::{Form, Layer, Purpose};
use crate::app::parts::{block, padded};
use crate::app::state::App;
use crate::app::theme::Role;
use crate::session::Reach;

/// What can be done here.
pub const ACTIONS: &[Action] = &[Action::Password, Action::Rename, Action::SignOut, Action::SignOutEverywhere];

const CURRENT: usize = 0;
const NEW: usize = 1;
const AGAIN: usize = 2;

/// Asks who it is, unless that is known.
pub fn arrive(app: &mut App) -> Vec<Task> {
    if app.me.value.is_some() { Vec::new() } else { vec![app.ask_me()] }
}

/// Changes it, or signs out.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    match action {
        Action::Reload => return vec![app.ask_me()],
        Action::Open if app.ended().is_some() => return super::sign_in::enter(app),
        Action::SignOut => sign_out(app, Reach::Session),
        Action::SignOutEverywhere => sign_out(app, Reach::Everywhere),
        Action::Password | Action::Rename if app.ended().is_some() => app.tell("the session has ended: sign in first"),
        Action::Password => {
            let fields = vec![
                Field::new("Current").named("current_password").secret(),
                Field::new("New").named("new_password").secret(),
                Field::new("New again").secret(),
            ];
            app.layers.push(Layer::Form(Form::new("another password", Purpose::Password, fields)));
        }
        Action::Rename => {
            // A name that is not known would be taken away by mistake.
            let Some(me) = &app.me.value else {
                app.tell("your name has not been fetched yet");
                return Vec::new();
            };
            let fields = vec![Field::new("Name").named("name").with(me.name.as_deref().unwrap_or_default())];
            app.layers.push(Layer::Form(Form::new("another name", Purpose::Name, fields)));
        }
        _ => {}
    }
    Vec::new()
}

/// Asks whether to sign out, so far.
pub fn sign_out(app: &mut App, reach: Reach) {
    let Some(account) = app.account.clone() else { return };
    let question = match reach {
        Reach::Everywhere => format!(
            "Sign out {} at {} on every machine and in every browser, here too?",
            account.username, account.issuer
        ),
        _ => format!("Sign out {} at {}?", account.username, account.issuer),
    };
    app.layers.push(Layer::Confirm { question, tasks: vec![Task::SignOut(account, reach)] });
}

/// A form is filled in.
pub fn send(app: &mut App, form: Form) -> Vec<Task> {
    match form.purpose {
        Purpose::Password => send_password(app, form),
        _ => send_name(app, form),
    }
}

fn send_password(app: &mut App, mut form: Form) -> Vec<Task> {
    if let Some(empty) = (CURRENT..=AGAIN).find(|at| form.value(*at).is_empty()) {
        form.fault(empty, "is empty", "All three are needed.");
    } else if form.value(NEW) != form.value(AGAIN) {
        form.fault(AGAIN, "differs", "The new password was not typed the same twice.");
    } else {
        let change = Change {
            method: "PUT",
            path: "/api/v1/me/password".to_owned(),
            body: Some(json!({ "current_password": form.value(CURRENT), "new_password": form.value(NEW) })),
            done: "the password is changed, and all other sessions have ended".to_owned(),
            then: vec![Ask::Sessions],
        };
        return app.send(form, change);
    }
    app.layers.push(Layer::Form(form));
    Vec::new()
}

fn send_name(app: &mut App, form: Form) -> Vec<Task> {
    let name = form.value(0).trim();
    let known = app.me.value.as_ref().and_then(|me| me.name.as_deref()).unwrap_or_default();
    if name == known {
        return Vec::new();
    }
    let (value, done) = match name {
        "" => (serde_json::Value::Null, "the name is taken away".to_owned()),
        name => (json!(name), format!("the name is now {name}")),
    };
    let change = Change {
        method: "PATCH",
        path: "/api/v1/me".to_owned(),
        body: Some(json!({ "name": value })),
        done,
        then: vec![Ask::Me],
    };
    app.send(form, change)
}

/// Draws it.
pub fn draw(app: &App, frame: &mut Frame, area: Rect) {
    let mut lines = facts::lines(app.settled.theme, &facts(app), area.width.saturating_sub(4).into());
    lines.extend(state(app));
    // A long fault may be wrapped once.
    let height = u16::try_from(lines.len() + 3).unwrap_or(u16::MAX);
    let below = u16::try_from(ACTIONS.len() + 2).unwrap_or(u16::MAX);
    let mut title = "Account".to_owned();
    if app.me.is_slow(app.now()) && app.me.value.is_some() {
        title.push_str(" updating");
    }
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    // Where there is no room for the keys, the last line and the help have them.
    if area.height < height + below {
        return boxed(app, frame, area, title, true, text);
    }
    let [who, what] = Layout::vertical([Constraint::Length(height), Constraint::Length(below)]).areas(area);
    boxed(app, frame, who, title, true, text);
    boxed(app, frame, what, "What can be done".to_owned(), false, Paragraph::new(actions(app)));
}

fn boxed(app: &App, frame: &mut Frame, area: Rect, title: String, has_keys: bool, text: Paragraph) {
    let outside = block(app.settled.theme, title, has_keys);
    let inside = padded(outside.inner(area));
    frame.render_widget(outside, area);
    frame.render_widget(text, inside);
}

/// What the server says of it, and what is known here without asking.
fn facts(app: &App) -> Vec<Fact> {
    let Some(account) = &app.account else { return Vec::new() };
    let mut facts = Vec::new();
    if let Some(me) = &app.me.value {
        let since = app.day(&me.created_at);
        let since = format!("{since}, {}", app.ago(&me.created_at));
        let roles = if me.roles.is_empty() { "none".to_owned() } else { me.roles.join(" ") };
        facts.extend([
            Fact::new("name", me.name.as_deref().unwrap_or("none")).role(Role::Strong),
            Fact::new("e-mail", &me.email),
            Fact::new("username", &me.username),
            Fact::new("roles", roles),
            Fact::new("id", &me.id),
            Fact::new("since", since),
        ]);
    } else {
        facts.push(Fact::new("username", &account.username).role(Role::Strong));
    }
    facts.extend([Fact::new("server", &account.issuer), Fact::new("kept in", account.store.told())]);
    facts
}

/// What is to be said of the facts themselves.
fn state(app: &App) -> Vec<Line<'static>> {
    if let Some(reason) = app.ended() {
        let style = app.settled.theme.style(Role::Bad);
        let way = vec![Span::styled("enter", app.settled.theme.style(Role::Key)), Span::raw(" signs in again")];
        return vec![Line::raw(""), Line::styled(crate::reason::told(reason), style), Line::from(way)];
    }
    if let Some(failure) = &app.me.failure {
        let told = Line::styled(failure.error.clone(), app.settled.theme.style(Role::Bad));
        let way = Span::styled(app.settled.keys.first(Action::Reload), app.settled.theme.style(Role::Key));
        return vec![Line::raw(""), told, Line::from(vec![way, Span::raw(" try again")])];
    }
    if app.me.value.is_none() && app.me.is_slow(app.now()) {
        return vec![Line::raw(""), Line::raw(format!("{} loading", app.spinner()))];
    }
    Vec::new()
}

fn actions(app: &App) -> Vec<Line<'static>> {
    let line = |action: &Action| {
        let more = match action {
            Action::Password => "ends all other sessions",
            Action::SignOut => "ends this session",
            Action::SignOutEverywhere => "ends this and all others",
            _ => "",
        };
        Line::from(vec![
            Span::styled(format!("{:<4}", app.settled.keys.first(*action)), app.settled.theme.style(Role::Key)),
            Span::raw(format!("{:<28}{more}", action.row().title)),
        ])
    };
    ACTIONS.iter().map(line).collect()
}
