//! What administrators see: users, clients, keys, events. A list on the left, what is selected on the right.

mod clients;
mod events;
mod forms;
mod keys;
mod users;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;

use crate::api::{Client, Event, Key, User};
use crate::app::keys::Action;
use crate::app::message::{Ask, Change, Got, Task};
use crate::app::parts::layer::{Form, Layer};
use crate::app::parts::list::{self, List, MOST, PAGE, Row, Words};
use crate::app::parts::{block, fold, padded};
use crate::app::screens::Screen;
use crate::app::state::App;
use crate::app::theme::Role;
use crate::failure::{Failure, plain};
use crate::secret::Secret;

pub use forms::Purpose;

/// What can be done here.
pub const ACTIONS: &[Action] = &[
    Action::New,
    Action::Edit,
    Action::RotateSecret,
    Action::Lock,
    Action::Delete,
    Action::Password,
    Action::EndSessions,
    Action::Filter,
    Action::Sort,
    Action::Open,
];

/// A narrower window shows the list alone.
const BESIDE_FROM: u16 = 80;

/// What is looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pane {
    #[default]
    Users,
    Clients,
    Keys,
    Events,
}

impl Pane {
    const ALL: [Self; 4] = [Self::Users, Self::Clients, Self::Keys, Self::Events];

    const fn title(self) -> &'static str {
        match self {
            Self::Users => "Users",
            Self::Clients => "Clients",
            Self::Keys => "Keys",
            Self::Events => "Events",
        }
    }

    const fn ask(self) -> Ask {
        match self {
            Self::Users => Ask::Users,
            Self::Clients => Ask::Clients,
            Self::Keys => Ask::Keys,
            Self::Events => Ask::Events,
        }
    }

    /// Whether there is something to do for an action.
    const fn takes(self, action: Action) -> bool {
        match action {
            Action::RotateSecret => matches!(self, Self::Clients | Self::Keys),
            Action::New | Action::Edit | Action::Delete => matches!(self, Self::Users | Self::Clients),
            Action::Lock | Action::Password | Action::EndSessions => matches!(self, Self::Users),
            _ => true,
        }
    }

    const fn words(self, beside: bool) -> Words<'static> {
        let (heads, alone, narrow, empty, most) = match self {
            Self::Users => {
                (users::HEADS, users::ALONE, users::BESIDE, "No users. n makes one.", (MOST, users::COMMAND))
            }
            Self::Clients => {
                (clients::HEADS, clients::ALONE, clients::BESIDE, "No clients. n makes one.", (MOST, clients::COMMAND))
            }
            Self::Keys => (keys::HEADS, keys::ALONE, keys::BESIDE, "No keys. t makes some.", (PAGE, keys::COMMAND)),
            Self::Events => {
                (events::HEADS, events::ALONE, events::BESIDE, "Nothing has happened yet.", (PAGE, events::COMMAND))
            }
        };
        Words { title: self.title(), heads, widths: if beside { narrow } else { alone }, empty, most }
    }
}

/// What is told of a row besides its cells.
trait Told: Row {
    /// What it is called.
    fn name(&self) -> String;
    /// All that is known of it, a line each: its name in ten columns, and it.
    fn lines(&self, app: &App) -> Vec<String>;
}

/// Where its reader is.
#[derive(Debug, Default)]
pub struct Admin {
    pane: Pane,
    users: List<User>,
    clients: List<Client>,
    keys: List<Key>,
    events: List<Event>,
    /// Where the names of the panes were drawn.
    tabs: Vec<(Rect, Pane)>,
}

impl Admin {
    /// Whether something is being fetched.
    #[must_use]
    pub const fn is_waiting(&self) -> bool {
        self.users.loaded.since.is_some()
            || self.clients.loaded.since.is_some()
            || self.keys.loaded.since.is_some()
            || self.events.loaded.since.is_some()
    }

    /// How many there are, once that is known.
    fn count(&self, pane: Pane) -> Option<usize> {
        match pane {
            Pane::Users => self.users.loaded.value.as_ref().map(Vec::len),
            Pane::Clients => self.clients.loaded.value.as_ref().map(Vec::len),
            Pane::Keys => self.keys.loaded.value.as_ref().map(Vec::len),
            Pane::Events => self.events.loaded.value.as_ref().map(Vec::len),
        }
    }
}

/// Does the same with the list of the pane that is shown, whatever it lists.
macro_rules! with_list {
    ($app:ident, [$($borrow:tt)+] $list:ident => $does:expr) => {
        match $app.admin.pane {
            Pane::Users => { let $list = $($borrow)+ $app.admin.users; $does }
            Pane::Clients => { let $list = $($borrow)+ $app.admin.clients; $does }
            Pane::Keys => { let $list = $($borrow)+ $app.admin.keys; $does }
            Pane::Events => { let $list = $($borrow)+ $app.admin.events; $does }
        }
    };
}

/// Whether there is something to do for an action in the pane that is shown.
#[must_use]
pub const fn takes(app: &App, action: Action) -> bool {
    app.admin.pane.takes(action)
}

/// Whether the user is an administrator, with a token that may act as one.
#[must_use]
pub fn is_possible(app: &App) -> bool {
    let role = app.me.value.as_ref().is_some_and(|me| me.roles.iter().any(|role| role == "admin"));
    role && app.entry.as_ref().is_some_and(|entry| entry.scope.split(' ').any(|scope| scope == "admin"))
}

/// It is known again who is signed in: whoever has lost the role sees nothing here any more.
pub fn judge(app: &mut App) {
    if app.screen == Screen::Admin && !is_possible(app) {
        app.admin = Admin::default();
        app.screen = Screen::Overview;
        app.close_layers();
        app.tell("you are no administrator any more");
    }
}

/// Fetches all lists that are not there yet: their counts are shown.
pub fn arrive(app: &mut App) -> Vec<Task> {
    if !is_possible(app) {
        return Vec::new();
    }
    let missing = |pane: &Pane| app.admin.count(*pane).is_none();
    let missing: Vec<_> = Pane::ALL.into_iter().filter(missing).collect();
    missing.into_iter().map(|pane| super::ask(app, pane.ask())).collect()
}

/// Something is asked for.
pub fn asked(app: &mut App, ask: &Ask) {
    let now = app.now();
    match ask {
        Ask::Users => app.admin.users.loaded.ask(now),
        Ask::Clients => app.admin.clients.loaded.ask(now),
        Ask::Keys => app.admin.keys.loaded.ask(now),
        Ask::Events => app.admin.events.loaded.ask(now),
        Ask::Me | Ask::Sessions | Ask::Activity => {}
    }
}

/// It was fetched, or not.
pub fn came(app: &mut App, ask: &Ask, got: Result<Got, Failure>) {
    match (ask, got) {
        (Ask::Users, Ok(Got::Users(users))) => list::come(app, |app| &mut app.admin.users, Ok(users)),
        (Ask::Users, Err(failure)) => list::come(app, |app| &mut app.admin.users, Err(failure)),
        (Ask::Clients, Ok(Got::Clients(clients))) => list::come(app, |app| &mut app.admin.clients, Ok(clients)),
        (Ask::Clients, Err(failure)) => list::come(app, |app| &mut app.admin.clients, Err(failure)),
        (Ask::Keys, Ok(Got::Keys(keys))) => list::come(app, |app| &mut app.admin.keys, Ok(keys)),
        (Ask::Keys, Err(failure)) => list::come(app, |app| &mut app.admin.keys, Err(failure)),
        (Ask::Events, Ok(Got::Events(events))) => list::come(app, |app| &mut app.admin.events, Ok(events)),
        (Ask::Events, Err(failure)) => list::come(app, |app| &mut app.admin.events, Err(failure)),
        _ => {}
    }
}

/// Takes a key as text.
pub fn types(app: &mut App, event: KeyEvent) -> bool {
    with_list!(app, [&mut] list => list.types(event))
}

/// The mouse was pressed there.
pub fn click(app: &mut App, column: u16, row: u16) -> Vec<Task> {
    if let Some((_, pane)) = app.admin.tabs.iter().find(|(area, _)| area.contains((column, row).into())) {
        app.admin.pane = *pane;
        return Vec::new();
    }
    let rows = with_list!(app, [&] list => list.shown(app).len());
    with_list!(app, [&mut] list => list.click(column, row, rows));
    Vec::new()
}

/// A form is filled in: it stays until the server has answered.
pub fn send(app: &mut App, mut form: Form, purpose: Purpose) -> Vec<Task> {
    let body = match forms::body(&form, &purpose) {
        Ok(body) => body,
        Err((at, word, sentence)) => {
            form.fault(at, word, &sentence);
            app.layers.push(Layer::Form(form));
            return Vec::new();
        }
    };
    if body.as_object().is_some_and(serde_json::Map::is_empty) {
        app.tell("nothing is different, so nothing was sent");
        return Vec::new();
    }
    app.send(form, forms::change(purpose, body))
}

/// The server did as asked. A secret that it shows this once is shown until it is closed.
pub fn changed(app: &mut App, answer: Option<&serde_json::Value>) {
    let text = |name: &str| Some(answer?.get(name)?.as_str()?.to_owned());
    if let Some(secret) = text("client_secret") {
        let title = format!("the secret of {}", plain(&text("id").unwrap_or_default()));
        app.layers.push(Layer::Once { title, secret: Secret::new(secret), name: "client secret" });
    }
}

/// Does what was asked for.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    let pane = app.admin.pane;
    let rows = with_list!(app, [&] list => list.shown(app).len());
    let columns = pane.words(false).heads.len();
    if with_list!(app, [&mut] list => list.act(action, rows, columns)) {
        return Vec::new();
    }
    match action {
        Action::Next => step(app, 1),
        Action::Previous => step(app, Pane::ALL.len() - 1),
        Action::Reload => return vec![super::ask(app, pane.ask())],
        Action::Open => {
            let told = with_list!(app, [&] list => list.current(app).map(|row| (row.name(), row.lines(app))));
            if let Some((title, lines)) = told {
                app.layers.push(Layer::Text { title: plain(&title), lines, scroll: 0 });
            }
        }
        _ if !ACTIONS.contains(&action) => {}
        _ => match pane {
            Pane::Users => users::act(app, action),
            Pane::Clients => clients::act(app, action),
            Pane::Keys => keys::act(app, action),
            Pane::Events => app.tell("what happened can only be read"),
        },
    }
    Vec::new()
}

fn step(app: &mut App, by: usize) {
    let at = Pane::ALL.iter().position(|pane| *pane == app.admin.pane).unwrap_or(0);
    app.admin.pane = Pane::ALL.get((at + by) % Pane::ALL.len()).copied().unwrap_or_default();
}

/// A question whose yes changes something.
fn confirm(app: &mut App, question: String, change: Change) {
    app.layers.push(Layer::Confirm { question, tasks: vec![Task::Change(change)] });
}

/// Where something is at the server.
fn path(list: &str, id: &str) -> String {
    let id: String = url::form_urlencoded::byte_serialize(id.as_bytes()).collect();
    format!("/api/v1/admin/{list}/{id}")
}

/// Each line with its name, but for those of which nothing is known.
fn lines<const N: usize>(told: [(&str, String); N]) -> Vec<String> {
    let known = told.into_iter().filter(|(_, text)| !text.is_empty());
    known.map(|(name, text)| format!("{name:<10}{}", plain(&text))).collect()
}

/// Draws it.
pub fn draw(app: &mut App, frame: &mut Frame, area: Rect) {
    if !is_possible(app) {
        return draw_impossible(app, frame, area);
    }
    let [above, below] = Layout::vertical([Constraint::Length(1), Constraint::Min(1)]).areas(area);
    draw_panes(app, frame, above);
    let pane = app.admin.pane;
    let beside = area.width >= BESIDE_FROM;
    let share = match (beside, pane) {
        (false, _) => 100,
        // What happened needs more words than a name.
        (true, Pane::Events) => 58,
        (true, _) => 40,
    };
    let [left, right] = Layout::horizontal([Constraint::Percentage(share), Constraint::Fill(1)]).areas(below);
    let words = pane.words(beside);
    let drawn = with_list!(app, [&] list => list::draw(app, list, frame, left, &words, true));
    with_list!(app, [&mut] list => list.drawn = drawn);
    if beside {
        let told = with_list!(app, [&] list => list.current(app).map(|row| (row.name(), row.lines(app))));
        let (title, lines) = told.unwrap_or_default();
        let outside = block(app.settled.theme, plain(&title), false);
        let inside = padded(outside.inner(right));
        frame.render_widget(outside, right);
        let lines = lines.iter().flat_map(|line| fold(line, inside.width.into())).map(Line::from);
        frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inside);
    }
}

fn draw_panes(app: &mut App, frame: &mut Frame, area: Rect) {
    app.admin.tabs.clear();
    let mut x = area.x + 1;
    for pane in Pane::ALL {
        let most = pane.words(false).most.0;
        let text = match app.admin.count(pane) {
            Some(count) if count >= most => format!(" {} {count}+ ", pane.title()),
            Some(count) => format!(" {} {count} ", pane.title()),
            None => format!(" {} ", pane.title()),
        };
        let width = u16::try_from(text.len()).unwrap_or(0);
        let place = Rect { x, width, ..area }.intersection(area);
        let role = if pane == app.admin.pane { Role::Selected } else { Role::Plain };
        frame.render_widget(Span::styled(text, app.settled.theme.style(role)), place);
        app.admin.tabs.push((place, pane));
        x += width;
        if pane != Pane::Events {
            frame.render_widget("│", Rect { x, width: 1, ..area }.intersection(area));
            x += 1;
        }
    }
}

fn draw_impossible(app: &App, frame: &mut Frame, area: Rect) {
    let outside = block(app.settled.theme, "Admin", true);
    let inside = padded(outside.inner(area));
    frame.render_widget(outside, area);
    let text = if app.me.value.is_none() {
        "Not known yet who you are. 1 shows how things stand."
    } else {
        "This is for administrators: it needs the role admin, and a sign-in whose tokens may act for one."
    };
    let lines = fold(text, inside.width.into()).into_iter().map(Line::from);
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()), inside);
}

/// The command that does on this pane what an action does.
#[must_use]
pub fn line_of(app: &App, action: Action) -> Option<&'static str> {
    Some(match (app.admin.pane, action) {
        (Pane::Clients, Action::New) => "grant admin clients create ID",
        (Pane::Clients, Action::Edit) => "grant admin clients update ID",
        (Pane::Clients, Action::Delete) => "grant admin clients delete ID",
        (Pane::Keys, Action::New | Action::RotateSecret) => "grant admin keys rotate",
        (_, Action::Password) => "grant admin users set-password NAME",
        (_, Action::Follow) => "grant admin events list --follow",
        _ => return None,
    })
}
