//! The screen that signs in: to which server, as whom, and where are the tokens kept?

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Paragraph, Wrap};

use crate::app::keys::Action;
use crate::app::message::{SignIn as Wanted, Task};
use crate::app::parts::form::Field;
use crate::app::parts::{block, padded};
use crate::app::state::App;
use crate::app::theme::Role;
use crate::failure::Failure;
use crate::secret::Secret;
use crate::token_store::StoreKind;

/// What can be done here; text takes all other keys.
pub const ACTIONS: &[Action] = &[];

const SERVER: usize = 0;
const USERNAME: usize = 1;
const PASSWORD: usize = 2;
const STORE: usize = 3;
/// The width of the labels.
const LABEL: u16 = 10;

/// What is typed, and what became of it.
#[derive(Debug)]
pub struct SignIn {
    fields: [Field; 3],
    /// Where the tokens are going to be.
    store: StoreKind,
    /// Whether that store works; none while it is tried.
    probed: Option<Result<(), Failure>>,
    focus: usize,
    /// The server that was last asked whether it is one.
    asked: Option<String>,
    /// Since when the server is asked to sign somebody in.
    busy: Option<i64>,
    fault: Option<Failure>,
}

impl SignIn {
    /// Empty, but for what the settings say.
    #[must_use]
    pub fn new(server: &str, store: StoreKind) -> Self {
        let fields = [Field::new("Server").with(server), Field::new("Username"), Field::new("Password").secret()];
        Self { fields, store, probed: None, focus: SERVER, asked: None, busy: None, fault: None }
    }

    /// The same screen, with nothing typed.
    #[must_use]
    pub fn cleared(&self) -> Self {
        Self::new("", self.store)
    }

    /// Whether the server is asked.
    #[must_use]
    pub const fn is_busy(&self) -> bool {
        self.busy.is_some()
    }

    fn field(&mut self) -> Option<&mut Field> {
        self.fields.get_mut(self.focus)
    }

    fn value(&self, at: usize) -> &str {
        self.fields.get(at).map(Field::value).unwrap_or_default()
    }
}

/// Shows this screen. An account whose session has ended is signed in again with what is known of it.
pub fn enter(app: &mut App) -> Vec<Task> {
    let known = app.account.clone().map(|account| (account.issuer, account.username, account.store));
    let issuer = known.as_ref().map(|(issuer, ..)| issuer.clone());
    let server = issuer.unwrap_or_else(|| app.sign_in.value(SERVER).to_owned());
    let store = known.as_ref().map_or(app.sign_in.store, |(.., store)| *store);
    app.sign_in = SignIn::new(&server, store);
    if let Some((_, username, _)) = known.filter(|_| app.ended().is_some()) {
        app.sign_in.fields[USERNAME] = Field::new("Username").with(&username);
    }
    app.screen = super::Screen::SignIn;
    app.close_layers();
    let first_empty = (SERVER..=PASSWORD).find(|at| app.sign_in.value(*at).is_empty());
    app.sign_in.focus = first_empty.unwrap_or(PASSWORD);
    let mut tasks = vec![Task::Probe(store)];
    tasks.extend(check(app));
    tasks
}

/// Asks whether what is typed is a server, unless that was asked.
fn check(app: &mut App) -> Option<Task> {
    let server = app.sign_in.value(SERVER).trim().to_owned();
    if server.is_empty() || app.sign_in.asked.as_deref() == Some(&server) {
        return None;
    }
    app.sign_in.asked = Some(server.clone());
    app.sign_in.fields[SERVER].note = Some("asking".to_owned());
    Some(Task::Check(server))
}

/// Takes a key as text, or moves between the fields.
pub fn types(app: &mut App, event: KeyEvent) -> Option<Vec<Task>> {
    if app.sign_in.is_busy() {
        return None;
    }
    if app.sign_in.focus == STORE {
        return match event.code {
            KeyCode::Left => Some(choose(app, StoreKind::ALL.len() - 1)),
            KeyCode::Right | KeyCode::Char(' ') => Some(choose(app, 1)),
            _ => None,
        };
    }
    let took = app.sign_in.field().is_some_and(|field| field.key(event));
    if took {
        app.sign_in.fault = None;
        if app.sign_in.focus == SERVER {
            app.sign_in.fields[SERVER].note = None;
        }
    }
    // A letter is never a command here, whether there was room for it or not.
    let letter = matches!(event.code, KeyCode::Char(_)) && event.modifiers.difference(KeyModifiers::SHIFT).is_empty();
    (took || letter).then(Vec::new)
}

/// Moves, chooses, or signs in.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    if app.sign_in.is_busy() {
        return Vec::new();
    }
    match action {
        Action::Next | Action::Down => return focus(app, (app.sign_in.focus + 1) % (STORE + 1)),
        Action::Previous | Action::Up => return focus(app, (app.sign_in.focus + STORE) % (STORE + 1)),
        Action::Open if app.sign_in.focus < PASSWORD => return focus(app, app.sign_in.focus + 1),
        Action::Open => return send(app),
        // Whoever came from an account goes back to it.
        Action::Back if app.account.is_some() => app.screen = super::Screen::Overview,
        _ => {}
    }
    Vec::new()
}

fn focus(app: &mut App, at: usize) -> Vec<Task> {
    app.sign_in.focus = at;
    check(app).into_iter().collect()
}

/// Goes to another store, so many further.
fn choose(app: &mut App, step: usize) -> Vec<Task> {
    let all = StoreKind::ALL;
    let at = all.iter().position(|kind| *kind == app.sign_in.store).unwrap_or(0);
    let Some(store) = all.get((at + step) % all.len()) else { return Vec::new() };
    app.sign_in.store = *store;
    app.sign_in.probed = None;
    vec![Task::Probe(*store)]
}

fn send(app: &mut App) -> Vec<Task> {
    // A password may be of spaces alone.
    let given = |at: usize| if at == PASSWORD { app.sign_in.value(at) } else { app.sign_in.value(at).trim() };
    if let Some(empty) = (SERVER..=PASSWORD).find(|at| given(*at).is_empty()) {
        let tasks = focus(app, empty);
        if let Some(field) = app.sign_in.field() {
            field.note = Some("is empty".to_owned());
        }
        return tasks;
    }
    if let Some(Err(failure)) = &app.sign_in.probed {
        // What cannot be kept is not fetched.
        app.sign_in.fault = Some(failure.clone());
        app.sign_in.focus = STORE;
        return Vec::new();
    }
    app.sign_in.fault = None;
    app.sign_in.busy = Some(app.now());
    let server = app.sign_in.value(SERVER).trim().to_owned();
    let known = app.account.as_ref().filter(|account| account.issuer == server.trim_end_matches('/'));
    let ended = app.ended().is_some();
    let again = known.filter(|account| ended && account.username == app.sign_in.value(USERNAME).trim());
    vec![Task::SignIn(Wanted {
        label: again.map(|account| account.name.clone()),
        username: app.sign_in.value(USERNAME).trim().to_owned(),
        password: Secret::new(app.sign_in.value(PASSWORD).to_owned()),
        store: app.sign_in.store,
        server,
    })]
}

/// Text was pasted.
pub fn paste(app: &mut App, text: &str) {
    if app.sign_in.is_busy() {
        return;
    }
    if let Some(field) = app.sign_in.field() {
        field.paste(text);
    }
}

/// The store works, or not.
pub fn probed(app: &mut App, store: StoreKind, probed: Result<(), Failure>) {
    if store == app.sign_in.store {
        app.sign_in.probed = Some(probed);
    }
}

/// It is a server, or not.
pub fn checked(app: &mut App, server: &str, checked: Result<u128, Failure>) {
    if app.sign_in.asked.as_deref() != Some(server) || server != app.sign_in.value(SERVER).trim() {
        return;
    }
    match checked {
        Ok(millis) => app.sign_in.fields[SERVER].note = Some(format!("ok  {millis} ms")),
        Err(failure) => {
            app.sign_in.fields[SERVER].note = Some("not usable".to_owned());
            app.sign_in.asked = None;
            app.sign_in.fault = Some(failure);
        }
    }
}

/// Nobody was signed in. What was typed stays, but for the password.
pub fn refused(app: &mut App, failure: Failure) {
    app.sign_in.busy = None;
    app.sign_in.fault = Some(failure);
    app.sign_in.fields[PASSWORD].clear();
    app.sign_in.focus = PASSWORD;
}

/// Draws it.
pub fn draw(app: &mut App, frame: &mut Frame, area: Rect) {
    let theme = app.settled.theme;
    let outside = block(theme, "grant · sign in", true);
    let inside = padded(outside.inner(area));
    frame.render_widget(outside, area);
    let row = |at: u16| Rect { y: inside.y + at.min(inside.height), height: u16::from(at < inside.height), ..inside };
    for (at, field) in app.sign_in.fields.iter().enumerate() {
        field.draw(frame, theme, row(1 + u16::try_from(at).unwrap_or(0)), LABEL, app.sign_in.focus == at);
    }
    let has_keys = app.sign_in.focus == STORE;
    let mark = if has_keys { "> " } else { "  " };
    let (note, role) = match &app.sign_in.probed {
        None => ("being tried", Role::Plain),
        Some(Ok(())) => ("ok, write test passed", Role::Good),
        Some(Err(_)) => ("cannot be used", Role::Bad),
    };
    let style = theme.style(if has_keys { Role::Strong } else { Role::Plain });
    frame.render_widget(
        Line::from(vec![
            Span::styled(format!("{mark}{:<width$}", "Keep in", width = usize::from(LABEL)), style),
            Span::raw(format!("< {} >   ", app.sign_in.store.told())),
            Span::styled(note, theme.style(role)),
        ]),
        row(4),
    );
    // The other ways in come with their flows, each a line more.
    frame.render_widget(
        Line::raw(format!("  {:<width$}> Name and password", "How", width = usize::from(LABEL))),
        row(6),
    );
    let below = Rect { y: inside.y + 8.min(inside.height), height: inside.height.saturating_sub(8), ..inside };
    let told = if let Some(failure) = &app.sign_in.fault {
        let mut lines = vec![Line::styled(failure.error.clone(), theme.style(Role::Bad))];
        lines.extend([&failure.detail, &failure.hint].into_iter().flatten().map(|line| Line::raw(line.clone())));
        Paragraph::new(lines)
    } else if app.sign_in.is_busy() {
        Paragraph::new(format!("{} signing in", app.spinner()))
    } else {
        Paragraph::new("")
    };
    frame.render_widget(told.wrap(Wrap { trim: true }), below);
}
