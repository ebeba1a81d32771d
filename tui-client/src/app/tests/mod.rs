//! What is the application tested with? A fixed time, an account with tokens, a terminal that is a buffer; no server and no clock.

mod account;
mod activity;
mod admin;
mod gauge;
mod keys;
mod looks;
mod sessions;
mod sign_in;
mod token;

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::draw;
use super::keys::Keymap;
use super::message::{Ask, Did, Got, Health, Look, Message, Task};
use super::state::{App, Settled, Time};
use super::theme::Theme;
use super::update::update;
use crate::accounts::{Account, Accounts};
use crate::api::{Session, User};
use crate::secret::Secret;
use crate::token_store::{Entry, StoreKind};

/// 2026-11-21T14:02:11Z.
pub const NOW: i64 = 1_795_269_731;
/// The sizes in which everything is looked at.
pub const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (60, 16)];

pub fn time(seconds: i64) -> Time {
    Time { wall: (NOW + seconds) * 1000, steady: seconds * 1000 }
}

pub fn settled() -> Settled {
    Settled {
        theme: Theme::Dark,
        ascii: false,
        still: true,
        keys: Keymap::new(&BTreeMap::new()).unwrap(),
        mouse: true,
        zone: 0,
        issuer: None,
        store: StoreKind::File,
    }
}

pub fn account() -> Account {
    Account {
        name: "ada".to_owned(),
        id: "ada".to_owned(),
        issuer: "https://id.example.org".to_owned(),
        client_id: "grant-cli".to_owned(),
        username: "ada".to_owned(),
        store: StoreKind::Keyring,
        ended: None,
    }
}

/// A token of five minutes that was issued so many seconds ago.
pub fn access_token(age: i64) -> Secret {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let claims = format!(
        r#"{{"iss":"https://id.example.org","sub":"usr_01jq","aud":"https://api.example.org","client_id":"grant-cli","sid":"ses_01jq","scope":"openid profile sessions admin","iat":{},"exp":{}}}"#,
        NOW - age,
        NOW - age + 300
    );
    let header = r#"{"alg":"EdDSA","typ":"at+jwt","kid":"2026-11"}"#;
    Secret::new(format!("{}.{}.{}", part(header), part(&claims), part("a signature of sixty-four bytes")))
}

pub fn entry(age: i64) -> Entry {
    Entry {
        refresh_token: Secret::new("grt_refresh".to_owned()),
        access_token: Some(access_token(age)),
        expires_at: NOW - age + 300,
        scope: "openid profile sessions admin".to_owned(),
        session_id: "ses_01jq".to_owned(),
    }
}

pub fn ada() -> User {
    User {
        id: "usr_01jq".to_owned(),
        username: "ada".to_owned(),
        email: "ada@example.org".to_owned(),
        name: Some("Ada Lovelace".to_owned()),
        roles: vec!["admin".to_owned()],
        created_at: "2026-01-02T03:04:05Z".to_owned(),
        ..User::default()
    }
}

pub fn session(id: &str, agent: &str, last_used_at: &str) -> Session {
    Session {
        id: id.to_owned(),
        client_id: "grant-cli".to_owned(),
        client_name: Some("grant, in the terminal".to_owned()),
        user_agent: Some(agent.to_owned()),
        ip: Some("203.0.113.7".to_owned()),
        created_at: "2026-11-20T12:01:00Z".to_owned(),
        last_used_at: last_used_at.to_owned(),
        expires_at: "2026-12-20T14:02:00Z".to_owned(),
        current: id == "ses_01jq",
        user_id: None,
    }
}

/// The application with ada's tokens, issued 108 s ago, and all that the overview asks for.
pub fn signed_in() -> App {
    let accounts = Accounts { active: Some("ada".to_owned()), accounts: vec![account()] };
    let (mut app, _) = App::new(settled(), accounts, Some(account()), time(0));
    tell(&mut app, Did::Looked(Look { entry: Ok(entry(108)), renewals: Vec::new() }));
    tell(&mut app, Did::Health(Ok(Health { millis: 12, keys: 2, clock_skew: Some(0) })));
    tell(&mut app, Did::Got(Ask::Me, Ok(Got::Me(ada()))));
    app
}

/// The application before anybody has signed in.
pub fn signed_out() -> App {
    App::new(settled(), Accounts::default(), None, time(0)).0
}

/// Something is done.
pub fn tell(app: &mut App, did: Did) -> Vec<Task> {
    let turn = app.turn;
    let now = app.time;
    update(app, Message::Done(turn, Box::new(did)), now)
}

/// Keys are pressed: letters, or names in `<>` as the settings write them: `2d<enter>`.
pub fn press(app: &mut App, keys: &str) -> Vec<Task> {
    let mut tasks = Vec::new();
    let mut rest = keys;
    while let Some(first) = rest.chars().next() {
        let named = rest.strip_prefix('<').and_then(|rest| rest.split_once('>'));
        let (name, after) = named.unwrap_or_else(|| rest.split_at(first.len_utf8()));
        rest = after;
        let now = app.time;
        tasks.extend(update(app, Message::Key(event(name)), now));
    }
    tasks
}

fn event(name: &str) -> KeyEvent {
    let (name, modifiers) = match name.split_once('-') {
        Some(("ctrl", name)) => (name, KeyModifiers::CONTROL),
        _ => (name, KeyModifiers::NONE),
    };
    let code = match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "space" => KeyCode::Char(' '),
        "up" => KeyCode::Up,
        "down" => KeyCode::Down,
        "left" => KeyCode::Left,
        "right" => KeyCode::Right,
        "f1" => KeyCode::F(1),
        "f5" => KeyCode::F(5),
        "backspace" => KeyCode::Backspace,
        letter => KeyCode::Char(letter.chars().next().unwrap()),
    };
    KeyEvent::new(code, modifiers)
}

/// So many seconds pass, one by one.
pub fn pass(app: &mut App, seconds: i64) -> Vec<Task> {
    let mut tasks = Vec::new();
    for _ in 0..seconds {
        let time = Time { wall: app.time.wall + 1000, steady: app.time.steady + 1000 };
        tasks.extend(update(app, Message::Tick, time));
    }
    tasks
}

/// What is on a screen of this size.
pub fn screen(app: &mut App, (width, height): (u16, u16)) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw::draw(app, frame)).unwrap();
    terminal.backend().to_string()
}

/// What is on the screens of all sizes: for a snapshot.
pub fn screens(app: &mut App) -> String {
    SIZES.map(|size| format!("{} x {}\n{}", size.0, size.1, screen(app, size))).join("\n")
}
