//! The token inspector: what does a token say, and what is that worth?

mod worth;

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use serde_json::json;

use super::Screen;
use crate::app::keys::Action;
use crate::app::message::Task;
use crate::app::parts::facts::{self, Fact};
use crate::app::parts::form::{Field, MAX_CHARS};
use crate::app::parts::layer::{Form, Layer, Purpose, scrolled};
use crate::app::parts::{block, padded, with_more};
use crate::app::state::App;
use crate::app::theme::Role;
use crate::check::Check;
use crate::failure::{Failure, plain};
use crate::jwt;
use crate::secret::Secret;

/// What can be done here.
pub const ACTIONS: &[Action] = &[Action::Reveal, Action::Copy, Action::Json, Action::Paste];

/// For so many milliseconds a raw token is seen.
const REVEALED: i64 = 10_000;
/// In fewer columns what it means stands above what it says, not beside it.
const TWO_PANES: u16 = 76;

/// Which token is looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Shown {
    #[default]
    Access,
    Refresh,
    /// Of somebody else perhaps: it is looked at and used for nothing.
    Foreign(Secret),
}

/// Which token is looked at, and what is known of it.
#[derive(Debug, Default)]
pub struct Token {
    shown: Shown,
    /// When its raw value was uncovered.
    revealed_at: Option<i64>,
    /// Lines down, and how far that can go.
    scroll: u16,
    most: u16,
    /// The token whose signature was last asked about.
    asked: Option<Secret>,
    /// What was found about a token.
    checks: Option<(Secret, Result<Vec<Check>, Failure>)>,
}

impl Token {
    /// A clock that was put back uncovers nothing for longer.
    fn is_revealed(&self, now: i64) -> bool {
        self.revealed_at.is_some_and(|at| (0..REVEALED).contains(&(now - at)))
    }

    fn turn_to(&mut self, shown: Shown) {
        self.shown = shown;
        self.revealed_at = None;
        self.scroll = 0;
    }
}

/// The one that is looked at, when there is one.
fn token(app: &App) -> Option<&Secret> {
    match &app.token.shown {
        Shown::Access => app.entry.as_ref()?.access_token.as_ref(),
        Shown::Refresh => app.entry.as_ref().map(|entry| &entry.refresh_token),
        Shown::Foreign(token) => Some(token),
    }
}

/// The screen is shown: the raw value is hidden, wherever its reader was meanwhile.
pub fn arrive(app: &mut App) -> Vec<Task> {
    app.token.revealed_at = None;
    verify(app)
}

/// The store was read: there may be another token in it.
pub fn looked(app: &mut App) -> Vec<Task> {
    if app.screen == Screen::Token { verify(app) } else { Vec::new() }
}

/// Asks what the signature is worth, unless that was asked.
fn verify(app: &mut App) -> Vec<Task> {
    let token = token(app).filter(|token| jwt::decode(token.expose()).is_some()).cloned();
    if token.is_none() || token == app.token.asked {
        return Vec::new();
    }
    app.token.asked.clone_from(&token);
    token.map(Task::Verify).into_iter().collect()
}

/// What its signature and claims are worth, or why nobody can say.
pub fn verified(app: &mut App, token: Secret, checks: Result<Vec<Check>, Failure>) {
    app.token.checks = Some((token, checks));
}

/// A second has passed.
pub fn tick(app: &mut App) {
    if !app.token.is_revealed(app.now()) {
        app.token.revealed_at = None;
    }
}

/// Text was pasted: a token from elsewhere.
pub fn paste(app: &mut App, text: &str) -> Vec<Task> {
    // With what it is often copied with: a header's name, quotes, the ends of lines.
    let token = text.rsplit("Bearer ").next().unwrap_or_default();
    let token: String = token.chars().filter(|c| !c.is_whitespace() && !matches!(c, '"' | '\'')).collect();
    if token.is_empty() {
        return Vec::new();
    }
    app.token.turn_to(Shown::Foreign(Secret::new(token)));
    verify(app)
}

/// A token was typed.
pub fn send(app: &mut App, mut form: Form) -> Vec<Task> {
    let token = form.value(0).to_owned();
    if token.trim().is_empty() {
        form.fault(0, "is empty", "Paste a token.");
    } else if token.chars().count() >= MAX_CHARS {
        form.fault(0, "too long", "It was cut off; `grant inspect -` takes longer ones.");
    } else {
        return paste(app, &token);
    }
    app.layers.push(Layer::Form(form));
    Vec::new()
}

/// Shows, copies, goes from one token to another.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    match action {
        Action::Next | Action::Previous => {
            let other = if app.token.shown == Shown::Access { Shown::Refresh } else { Shown::Access };
            app.token.turn_to(other);
            return verify(app);
        }
        Action::Back if matches!(app.token.shown, Shown::Foreign(_)) => {
            app.token.turn_to(Shown::Access);
            return verify(app);
        }
        Action::Reload => {
            app.token.asked = None;
            return std::iter::once(Task::Look).chain(verify(app)).collect();
        }
        Action::Reveal if token(app).is_some() => {
            app.token.revealed_at = if app.token.is_revealed(app.now()) { None } else { Some(app.now()) };
            app.token.scroll = 0;
        }
        Action::Copy => return copy(app),
        Action::Json => show_json(app),
        Action::Paste => {
            let form = Form::new(
                "a token from elsewhere · not sent anywhere",
                Purpose::Token,
                vec![Field::new("Token").secret()],
            );
            app.layers.push(Layer::Form(form));
        }
        action => scrolled(&mut app.token.scroll, Some(action), usize::from(app.token.most) + 1),
    }
    Vec::new()
}

fn copy(app: &mut App) -> Vec<Task> {
    let Some(token) = token(app).cloned() else { return Vec::new() };
    let name = match app.token.shown {
        Shown::Access => "access token",
        Shown::Foreign(_) => "token",
        Shown::Refresh if app.token.is_revealed(app.now()) => "refresh token",
        Shown::Refresh => {
            let key = app.settled.keys.first(Action::Reveal);
            app.tell(format!(
                "used elsewhere it ends this session; to copy it none the less, show it with {key} first"
            ));
            return Vec::new();
        }
    };
    vec![Task::Copy(token, name)]
}

fn show_json(app: &mut App) {
    let Some((header, claims)) = token(app).and_then(|token| jwt::decode(token.expose())) else {
        return app.tell("there is nothing in it that could be shown as JSON");
    };
    let text = serde_json::to_string_pretty(&json!({ "header": header, "claims": claims })).unwrap_or_default();
    let lines = text.lines().map(plain).collect();
    app.layers.push(Layer::Text { title: "what it says".to_owned(), lines, scroll: 0 });
}

/// Draws it.
pub fn draw(app: &mut App, frame: &mut Frame, area: Rect) {
    let [above, below] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    frame.render_widget(choice(app), above);
    let (title, says, means) = contents(app);
    let most = if means.is_empty() {
        pane(app, frame, below, &title, true, &says)
    } else if area.width < TWO_PANES {
        // The token itself stays above, where it is seen when it is asked for.
        let (raw, rest) = says.split_at(1);
        let all = [raw, &[Fact::new("", "")], means.as_slice(), rest].concat();
        pane(app, frame, below, &title, true, &all)
    } else {
        let [left, right] = Layout::horizontal([Constraint::Fill(11), Constraint::Fill(10)]).areas(below);
        pane(app, frame, right, "What it means", false, &means).max(pane(app, frame, left, &title, true, &says))
    };
    app.token.most = most;
    app.token.scroll = app.token.scroll.min(most);
}

/// Which tokens there are to look at.
fn choice(app: &App) -> Line<'static> {
    let name = |name: &'static str, chosen: bool| {
        Span::styled(name, app.settled.theme.style(if chosen { Role::Selected } else { Role::Plain }))
    };
    let shown = &app.token.shown;
    let mut spans = vec![
        Span::raw(" "),
        name("access", *shown == Shown::Access),
        Span::raw("  "),
        name("refresh", *shown == Shown::Refresh),
    ];
    if matches!(shown, Shown::Foreign(_)) {
        spans.extend([Span::raw("  "), name("elsewhere", true)]);
        spans.push(Span::styled("   not sent anywhere", app.settled.theme.style(Role::Strong)));
        spans.push(Span::styled("   esc", app.settled.theme.style(Role::Key)));
        spans.push(Span::raw(" back"));
    } else {
        spans.push(Span::styled("   tab", app.settled.theme.style(Role::Key)));
        spans.push(Span::raw(" the other"));
    }
    Line::from(spans)
}

/// Draws facts in a box, scrolled; how far they can be.
fn pane(app: &App, frame: &mut Frame, area: Rect, title: &str, has_keys: bool, facts: &[Fact]) -> u16 {
    let outside = block(app.settled.theme, title, has_keys);
    let inside = padded(outside.inner(area));
    let lines = facts::lines(app.settled.theme, facts, inside.width.into());
    let most = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_sub(inside.height);
    let scroll = app.token.scroll.min(most);
    frame.render_widget(with_more(outside, scroll, most), area);
    frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), inside);
    most
}

/// What the token is called, what it says, and what that means; nothing of the last where it says nothing.
fn contents(app: &App) -> (String, Vec<Fact>, Vec<Fact>) {
    let title = match app.token.shown {
        Shown::Access => "Access token",
        Shown::Refresh => "Refresh token",
        Shown::Foreign(_) => "A token",
    };
    let Some(token) = token(app) else { return (title.to_owned(), missing(app), Vec::new()) };
    let mut facts = vec![raw(app, token)];
    if app.token.shown == Shown::Refresh {
        facts.extend(of_refresh_token(app, token));
        return (title.to_owned(), facts, Vec::new());
    }
    let Some((header, claims)) = jwt::decode(token.expose()) else {
        facts.push(Fact::new("fault", damage(token.expose())).role(Role::Bad));
        return (title.to_owned(), facts, Vec::new());
    };
    for (name, part) in [("header", &header), ("claims", &claims)] {
        facts.extend([Fact::new("", ""), Fact::new(name, "")]);
        let members = part.as_object().into_iter().flatten();
        facts.extend(members.map(|(name, value)| Fact::new(&format!("  {name}"), worth::told(app, name, value))));
    }
    let title = match worth::text(&header, "typ") {
        "" => title.to_owned(),
        kind => format!("{title} · {}", plain(kind)),
    };
    let means = worth::facts(app, token, &header, &claims);
    (title, facts, means)
}

fn missing(app: &App) -> Vec<Fact> {
    if let Some(reason) = app.ended() {
        return vec![Fact::new("", crate::reason::told(reason)).role(Role::Bad)];
    }
    if let Some(failure) = &app.store_failure {
        let hint = failure.hint.iter().map(|hint| Fact::new("", hint));
        return std::iter::once(Fact::new("", &failure.error).role(Role::Bad)).chain(hint).collect();
    }
    let told = match app.entry {
        Some(_) => "There is none just now. It had no room in the store; another is fetched when one is needed.",
        None => "reading the store",
    };
    vec![Fact::new("", told)]
}

/// The token itself, or as much of it as nobody can use.
fn raw(app: &App, token: &Secret) -> Fact {
    let revealed_at = app.token.revealed_at.filter(|_| app.token.is_revealed(app.now()));
    if let Some(at) = revealed_at {
        let left = (at + REVEALED - app.now() + 999) / 1000;
        return Fact::new(&format!("raw {left} s"), token.expose()).role(Role::Strong);
    }
    let (value, count) = (token.expose(), token.expose().chars().count());
    let hidden = if app.token.shown != Shown::Refresh && count >= 40 {
        let (start, end): (String, String) = (value.chars().take(4).collect(), value.chars().skip(count - 4).collect());
        format!("{start}…••••…{end}")
    } else if value.starts_with("grt_") {
        "grt_…••••…".to_owned()
    } else {
        "••••".to_owned()
    };
    Fact::new("raw", format!("{hidden}  {} bytes", value.len()))
}

fn of_refresh_token(app: &App, token: &Secret) -> Vec<Fact> {
    let prefix = token.expose().split_once('_').map_or("none", |(prefix, _)| prefix);
    let prefix = if prefix == "grt" { "grt_, so it is one of Grantd's" } else { "not that of Grantd's, grt_" };
    let kept = app.account.as_ref().map_or("memory alone", |account| account.store.told());
    let session = app.entry.as_ref().map(|entry| entry.session_id.as_str()).unwrap_or_default();
    let reveal = app.settled.keys.first(Action::Reveal);
    vec![
        Fact::new("", ""),
        Fact::new("prefix", prefix),
        Fact::new("says", "nothing: only the server can read it"),
        Fact::new("is for", "fetching the next access token, and with it the next of its own kind"),
        Fact::new("works", "once; a copy that is used besides ends the session"),
        Fact::new("session", session),
        Fact::new("kept in", kept),
        Fact::new("shown", format!("never, unless you ask with {reveal}")),
    ]
}

/// What is wrong with something that is no JWT.
fn damage(token: &str) -> String {
    let parts: Vec<_> = token.split('.').collect();
    match parts.as_slice() {
        [_] if token.starts_with("grt_") => {
            "This is a refresh token: it says nothing to anybody but the server.".to_owned()
        }
        [header, _, _] if jwt::part(header).is_none() => {
            "It is damaged: its header, the first part, cannot be read.".to_owned()
        }
        [_, _, _] => "It is damaged: its claims, the second part, cannot be read.".to_owned(),
        parts => format!("This is no JWT: it has {} where one has three with dots between them.", many(parts.len())),
    }
}

fn many(parts: usize) -> String {
    if parts == 1 { "one part".to_owned() } else { format!("{parts} parts") }
}
