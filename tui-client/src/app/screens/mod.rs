//! Which screens are there, and to which of them does a message go?

pub mod account;
pub mod activity;
pub mod admin;
pub mod overview;
pub mod sessions;
pub mod sign_in;
pub mod token;

use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::keys::Action;
use super::message::{Ask, Got, Task};
use super::parts::layer::{Form, Purpose};
use super::state::App;
use crate::failure::Failure;

/// A screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Screen {
    /// Nobody is signed in yet, or somebody else wants to.
    SignIn,
    /// How the tokens stand.
    Overview,
    /// The user's sessions.
    Sessions,
    /// What a token says.
    Token,
    /// What happened.
    Activity,
    /// The user.
    Account,
    /// What administrators do.
    Admin,
}

/// All of them, in their order.
pub const ALL: [Screen; 7] = [
    Screen::SignIn,
    Screen::Overview,
    Screen::Sessions,
    Screen::Token,
    Screen::Activity,
    Screen::Account,
    Screen::Admin,
];

impl Screen {
    /// Where an action leads to.
    #[must_use]
    pub const fn of(action: Action) -> Option<Self> {
        Some(match action {
            Action::Overview => Self::Overview,
            Action::Sessions => Self::Sessions,
            Action::Token => Self::Token,
            Action::Activity => Self::Activity,
            Action::Account => Self::Account,
            Action::Admin => Self::Admin,
            _ => return None,
        })
    }

    /// Its name.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::SignIn => "Sign in",
            Self::Overview => "Overview",
            Self::Sessions => "Sessions",
            Self::Token => "Token",
            Self::Activity => "Activity",
            Self::Account => "Account",
            Self::Admin => "Admin",
        }
    }

    /// What can be done on it besides what can be done everywhere.
    #[must_use]
    pub const fn actions(self) -> &'static [Action] {
        match self {
            Self::SignIn => sign_in::ACTIONS,
            Self::Overview => overview::ACTIONS,
            Self::Sessions => sessions::ACTIONS,
            Self::Token => token::ACTIONS,
            Self::Activity => activity::ACTIONS,
            Self::Account => account::ACTIONS,
            Self::Admin => admin::ACTIONS,
        }
    }

    /// Those with a tab; the last one only for administrators.
    #[must_use]
    pub fn tabs(app: &App) -> Vec<Self> {
        let count = if admin::is_possible(app) { ALL.len() } else { ALL.len() - 1 };
        ALL.iter().copied().take(count).skip(1).collect()
    }
}

/// Whether an action of the screen has something to do just now: only then the last line names it.
#[must_use]
pub fn takes(app: &App, action: Action) -> bool {
    app.screen != Screen::Admin || admin::takes(app, action)
}

/// Does what was asked for on the screen that is shown.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    match app.screen {
        Screen::SignIn => sign_in::act(app, action),
        Screen::Overview => overview::act(app, action),
        Screen::Sessions => sessions::act(app, action),
        Screen::Token => token::act(app, action),
        Screen::Activity => activity::act(app, action),
        Screen::Account => account::act(app, action),
        Screen::Admin => admin::act(app, action),
    }
}

/// Gives a key to the screen as text; none when it did not take it as such.
pub fn types(app: &mut App, event: KeyEvent) -> Option<Vec<Task>> {
    match app.screen {
        Screen::SignIn => sign_in::types(app, event),
        Screen::Sessions => app.sessions.list.types(event).then(Vec::new),
        Screen::Activity => app.activity.list.types(event).then(Vec::new),
        Screen::Admin => admin::types(app, event).then(Vec::new),
        _ => None,
    }
}

/// The screen is shown: what it needs is fetched, unless it is there.
pub fn arrive(app: &mut App) -> Vec<Task> {
    match app.screen {
        Screen::SignIn | Screen::Overview => Vec::new(),
        Screen::Sessions => sessions::arrive(app),
        Screen::Token => token::arrive(app),
        Screen::Activity => activity::arrive(app),
        Screen::Account => account::arrive(app),
        Screen::Admin => admin::arrive(app),
    }
}

/// A second has passed.
pub fn tick(app: &mut App) -> Vec<Task> {
    token::tick(app);
    activity::tick(app)
}

/// The mouse was pressed there.
pub fn click(app: &mut App, column: u16, row: u16) -> Vec<Task> {
    match app.screen {
        Screen::Sessions => {
            let rows = app.sessions.list.shown(app).len();
            app.sessions.list.click(column, row, rows);
        }
        Screen::Activity => {
            let rows = app.activity.list.shown(app).len();
            app.activity.list.click(column, row, rows);
        }
        Screen::Admin => return admin::click(app, column, row),
        _ => {}
    }
    Vec::new()
}

/// Text was pasted.
pub fn paste(app: &mut App, text: &str) -> Vec<Task> {
    match app.screen {
        Screen::SignIn => sign_in::paste(app, text),
        Screen::Token => return token::paste(app, text),
        _ => {}
    }
    Vec::new()
}

/// Asks for something.
pub fn ask(app: &mut App, ask: Ask) -> Task {
    let now = app.now();
    match ask {
        Ask::Me => app.me.ask(now),
        Ask::Sessions => app.sessions.list.loaded.ask(now),
        Ask::Activity => activity::asked(app),
        Ask::Users | Ask::Clients | Ask::Keys | Ask::Events => admin::asked(app, &ask),
    }
    Task::Get(ask)
}

/// Something was fetched, or not.
pub fn came(app: &mut App, ask: &Ask, got: Result<Got, Failure>) {
    match (ask, got) {
        (Ask::Me, Ok(Got::Me(me))) => {
            app.me.come(Ok(me));
            admin::judge(app);
        }
        (Ask::Me, Err(failure)) => app.me.come(Err(failure)),
        (Ask::Sessions, Ok(Got::Sessions(sessions))) => sessions::came(app, Ok(sessions)),
        (Ask::Sessions, Err(failure)) => sessions::came(app, Err(failure)),
        (Ask::Activity, Ok(Got::Events(events))) => activity::came(app, Ok(events)),
        (Ask::Activity, Err(failure)) => activity::came(app, Err(failure)),
        (_, got) => admin::came(app, ask, got),
    }
}

/// A form is filled in.
pub fn send(app: &mut App, form: Form) -> Vec<Task> {
    match form.purpose.clone() {
        Purpose::Password | Purpose::Name => account::send(app, form),
        Purpose::Token => token::send(app, form),
        Purpose::Admin(purpose) => admin::send(app, form, purpose),
    }
}

/// The server did as asked.
pub fn changed(app: &mut App, answer: Option<&serde_json::Value>) {
    admin::changed(app, answer);
}

/// Draws the screen.
pub fn draw(app: &mut App, frame: &mut Frame, area: Rect) {
    match app.screen {
        Screen::SignIn => sign_in::draw(app, frame, area),
        Screen::Overview => overview::draw(app, frame, area),
        Screen::Sessions => sessions::draw(app, frame, area),
        Screen::Token => token::draw(app, frame, area),
        Screen::Activity => activity::draw(app, frame, area),
        Screen::Account => account::draw(app, frame, area),
        Screen::Admin => admin::draw(app, frame, area),
    }
}
