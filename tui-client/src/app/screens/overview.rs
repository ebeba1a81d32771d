//! The first screen: who is signed in, how long does the token live, and how is the server?

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use crate::app::keys::Action;
use crate::app::message::Task;
use crate::app::parts::gauge::{self, State};
use crate::app::parts::{block, cut, padded};
use crate::app::state::{App, Renewing};
use crate::app::theme::Role;
use crate::clock;
use crate::failure::plain;
use crate::journal::Outcome;
use crate::jwt;
use crate::session::Reach;

/// What can be done here.
pub const ACTIONS: &[Action] = &[Action::Renew, Action::Copy, Action::SignOut];

/// Renews, copies, signs out.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    match action {
        Action::Renew => {
            if app.ended().is_some() || app.entry.is_none() {
                app.tell("there is no session to renew: enter signs in again");
                return Vec::new();
            }
            if matches!(app.renewing, Renewing::Since(_)) {
                return Vec::new();
            }
            app.renewing = Renewing::Since(app.now());
            return vec![Task::Renew { new: true }];
        }
        Action::Copy => {
            let token = app.entry.as_ref().and_then(|entry| entry.access_token.clone());
            return token.map(|token| Task::Copy(token, "access token")).into_iter().collect();
        }
        Action::SignOut => super::account::sign_out(app, Reach::Session),
        Action::Open if app.ended().is_some() => return super::sign_in::enter(app),
        Action::Reload => return vec![Task::Accounts, app.ask_health(), app.ask_me()],
        _ => {}
    }
    Vec::new()
}

/// Draws it.
pub fn draw(app: &mut App, frame: &mut Frame, area: Rect) {
    let [who, token, below, log] =
        Layout::vertical([Constraint::Length(4), Constraint::Length(6), Constraint::Length(4), Constraint::Min(1)])
            .areas(area);
    let [refresh, health] = Layout::horizontal([Constraint::Percentage(50), Constraint::Percentage(50)]).areas(below);
    draw_who(app, frame, who);
    draw_token(app, frame, token);
    boxed(app, frame, refresh, "Refresh token", false, refresh_lines(app));
    boxed(app, frame, health, "Health", false, health_lines(app));
    draw_log(app, frame, log);
}

fn boxed(app: &App, frame: &mut Frame, area: Rect, title: &str, has_keys: bool, lines: Vec<Line>) {
    let outside = block(app.settled.theme, title, has_keys);
    let inside = padded(outside.inner(area));
    frame.render_widget(outside, area);
    frame.render_widget(Paragraph::new(lines), inside);
}

/// Two texts at both ends of a line; where there is no room for both, the second gives way.
fn ends(left: &str, right: &str, width: u16) -> String {
    let width = usize::from(width);
    let left = cut(left, width);
    let right = cut(right, width.saturating_sub(left.width() + 2));
    // A few letters say nothing.
    let right = if right.width() < 12 && right.ends_with('…') { String::new() } else { right };
    let gap = width.saturating_sub(left.width() + right.width());
    format!("{left}{}{right}", " ".repeat(gap))
}

fn draw_who(app: &App, frame: &mut Frame, area: Rect) {
    let width = area.width.saturating_sub(4);
    let Some(account) = &app.account else { return };
    let name = match &app.me.value {
        Some(me) => format!("{}  {}", me.name.as_deref().unwrap_or(&me.username), me.email),
        None => account.username.clone(),
    };
    let session = app.entry.as_ref().map(|entry| entry.session_id.clone()).unwrap_or_default();
    let own = app.sessions.list.loaded.value.iter().flatten().find(|session| session.current);
    let since = own.and_then(|session| clock::moment(&session.created_at)).map(|at| format!("since {}", app.hour(at)));
    let title = if app.ended().is_some() { "Signed out" } else { "Signed in" };
    let lines = vec![
        Line::styled(ends(&plain(&name), &account.issuer, width), app.settled.theme.style(Role::Strong)),
        Line::raw(ends(&format!("this session  {session}"), &since.unwrap_or_default(), width)),
    ];
    boxed(app, frame, area, title, false, lines);
}

fn draw_token(app: &App, frame: &mut Frame, area: Rect) {
    let width = area.width.saturating_sub(4);
    let mut lines = vec![gauge::line(app, width)];
    if let State::Ended(_) = State::of(app) {
        lines.push(Line::raw(gauge::next(app)));
        lines.push(Line::from(vec![
            Span::styled("enter", app.settled.theme.style(Role::Key)),
            Span::raw(" signs in again"),
        ]));
    } else if let Some(failure) = &app.store_failure {
        lines = vec![Line::styled(failure.error.clone(), app.settled.theme.style(Role::Bad))];
        lines.extend(failure.hint.iter().map(|hint| Line::raw(hint.clone())));
    } else if let Some(token) = app.entry.as_ref().and_then(|entry| entry.access_token.as_ref()) {
        let (header, claims) = jwt::decode(token.expose()).unwrap_or_default();
        let text = |value: &serde_json::Value, name: &str| match value.get(name) {
            Some(serde_json::Value::String(text)) => plain(text),
            Some(serde_json::Value::Array(many)) => {
                many.iter().filter_map(|one| one.as_str()).map(plain).collect::<Vec<_>>().join(" ")
            }
            _ => "-".to_owned(),
        };
        let kid = cut(&text(&header, "kid"), 12);
        let made = format!("{}  kid {kid}  {} bytes", text(&header, "alg"), token.expose().len());
        lines.push(Line::raw(ends(&gauge::next(app), &made, width)));
        lines.push(Line::raw(cut(
            &format!("scopes    {}", app.entry.as_ref().map(|entry| plain(&entry.scope)).unwrap_or_default()),
            width.into(),
        )));
        lines.push(Line::raw(cut(&format!("audience  {}", text(&claims, "aud")), width.into())));
    } else {
        lines.push(Line::raw(gauge::next(app)));
    }
    boxed(app, frame, area, "Access token", true, lines);
}

fn refresh_lines(app: &App) -> Vec<Line<'static>> {
    let renewals = app.renewals.iter().filter(|renewal| renewal.outcome == Outcome::Renewed);
    let (count, last) = (renewals.clone().count(), renewals.clone().next());
    let first = match last {
        Some(last) => {
            let ago = app.now() / 1000 - last.at;
            let times = if count == 1 { "once".to_owned() } else { format!("{count} times") };
            format!("renewed {times}, last {} ago", clock::rough(ago.max(0)))
        }
        None => "not renewed here yet".to_owned(),
    };
    let own = app.sessions.list.loaded.value.iter().flatten().find(|session| session.current);
    let end = own.and_then(|session| clock::moment(&session.expires_at)).map(|at| at - app.now() / 1000);
    let second = end.map_or_else(
        || "each one works once".to_owned(),
        |left| format!("unused for {} it ends", clock::rough(left.max(0))),
    );
    vec![Line::raw(first), Line::raw(second)]
}

fn health_lines(app: &App) -> Vec<Line<'static>> {
    let store = app.account.as_ref().map(|account| account.store.as_str()).unwrap_or_default();
    let offline = matches!(app.renewing, Renewing::Waiting { away: true, .. });
    let (server, keys, skew) = match (&app.health.value, &app.health.failure) {
        _ if offline => ("no answer".to_owned(), "-".to_owned(), "-".to_owned()),
        (_, Some(_)) => ("no answer".to_owned(), "-".to_owned(), "-".to_owned()),
        (Some(health), None) => (
            format!("ok {} ms", health.millis),
            format!("ok {}", health.keys),
            health.clock_skew.map_or_else(|| "-".to_owned(), |skew| format!("{skew:+} s")),
        ),
        (None, None) => ("asking".to_owned(), "-".to_owned(), "-".to_owned()),
    };
    vec![Line::raw(format!("server {server:<11}clock {skew}")), Line::raw(format!("keys   {keys:<11}store {store}"))]
}

fn draw_log(app: &App, frame: &mut Frame, area: Rect) {
    let lines = app.renewals.iter().take(area.height.into()).map(|renewal| {
        let (what, role) = match renewal.outcome {
            Outcome::Renewed => ("renewed", Role::Plain),
            Outcome::Failed => ("could not be renewed", Role::Soon),
            Outcome::Ended => ("found ended", Role::Bad),
        };
        let text = format!(" {} {what} by pid {} ({})", app.hour(renewal.at), renewal.pid, plain(&renewal.command));
        Line::styled(text, app.settled.theme.style(role))
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), area);
}
