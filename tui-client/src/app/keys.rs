//! Which key does what? One table, from which the keys are read, the help is written, and the settings may differ.

use std::collections::BTreeMap;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use crate::failure::Failure;

/// What can be asked for by a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// To the first screen.
    Overview,
    /// To the second.
    Sessions,
    /// To the third.
    Token,
    /// To the fourth.
    Activity,
    /// To the fifth.
    Account,
    /// To the sixth.
    Admin,
    /// To the next pane or field.
    Next,
    /// To the one before.
    Previous,
    /// A row up.
    Up,
    /// A row down.
    Down,
    /// To the first row.
    Top,
    /// To the last.
    Bottom,
    /// Half a page up.
    PageUp,
    /// Half a page down.
    PageDown,
    /// Open what is selected.
    Open,
    /// Close, or go back.
    Back,
    /// Mark a row.
    Mark,
    /// Narrow a list.
    Filter,
    /// Order a list otherwise.
    Sort,
    /// Keep a list up to date.
    Follow,
    /// Ask the server again.
    Reload,
    /// Have the token renewed.
    Renew,
    /// Copy what is shown.
    Copy,
    /// End what is selected or marked.
    Revoke,
    /// End all other sessions.
    RevokeOthers,
    /// Sign out.
    SignOut,
    /// End all sessions, this one too.
    SignOutEverywhere,
    /// Sign in with another account.
    SignIn,
    /// Use another account.
    Switch,
    /// Show a secret for a moment.
    Reveal,
    /// Show it as JSON.
    Json,
    /// Look at a token from elsewhere.
    Paste,
    /// Change the password.
    Password,
    /// Change the name.
    Rename,
    /// Make a new one.
    New,
    /// Change it.
    Edit,
    /// Give it another secret.
    RotateSecret,
    /// Lock or unlock it.
    Lock,
    /// Delete it.
    Delete,
    /// End all sessions of a user.
    EndSessions,
    /// Show all commands.
    Commands,
    /// Show the keys.
    Help,
    /// Give the mouse to the terminal or take it.
    Mouse,
    /// Stop for a while.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Quit,
}

/// What there is to know of an action.
#[derive(Debug)]
pub struct Row {
    /// Which.
    pub action: Action,
    /// Its name in `[keys]`.
    pub name: &'static str,
    /// What it does, in the help.
    pub title: &'static str,
    /// Its keys, unless the settings name others.
    pub keys: &'static [&'static str],
    /// The command that does the same, for those who cannot see a screen; none for moving about.
    pub line: Option<&'static str>,
}

const fn row(
    action: Action,
    name: &'static str,
    title: &'static str,
    keys: &'static [&'static str],
    line: Option<&'static str>,
) -> Row {
    Row { action, name, title, keys, line }
}

/// Every action, in the order of the help.
pub const ROWS: [Row; 46] = [
    row(Action::Open, "open", "open what is selected", &["enter"], None),
    row(Action::Up, "up", "a row up", &["up", "k", "N"], None),
    row(Action::Down, "down", "a row down", &["down", "j", "n"], None),
    row(Action::Top, "top", "to the first row", &["home", "g"], None),
    row(Action::Bottom, "bottom", "to the last row", &["end", "G"], None),
    row(Action::PageUp, "page-up", "half a page up", &["pageup", "ctrl-u"], None),
    row(Action::PageDown, "page-down", "half a page down", &["pagedown", "ctrl-d"], None),
    row(Action::Mark, "mark", "mark the row", &["space"], None),
    row(Action::Filter, "filter", "narrow the list", &["/"], None),
    row(Action::Sort, "sort", "order by another column", &["s"], None),
    row(Action::Follow, "follow", "keep the list up to date", &["f"], Some("grant activity --follow")),
    row(Action::Renew, "renew", "renew the token now", &["r"], Some("grant token --force-refresh")),
    row(Action::Copy, "copy", "copy", &["y"], Some("grant token")),
    row(Action::Revoke, "revoke", "end the session", &["d"], Some("grant sessions revoke ID")),
    row(
        Action::RevokeOthers,
        "revoke-others",
        "end all other sessions",
        &["D"],
        Some("grant sessions revoke --others"),
    ),
    row(Action::SignOut, "sign-out", "sign out", &["l"], Some("grant logout")),
    row(
        Action::SignOutEverywhere,
        "sign-out-everywhere",
        "sign out on every machine",
        &["E"],
        Some("grant logout --everywhere"),
    ),
    row(Action::SignIn, "sign-in", "sign in with another account", &["i"], Some("grant login")),
    row(Action::Switch, "switch", "use another account", &["a"], Some("grant accounts use NAME")),
    row(Action::Reveal, "reveal", "show the raw token for ten seconds", &["v"], Some("grant token")),
    row(Action::Json, "json", "show it as JSON", &["x"], Some("grant inspect --json")),
    row(Action::Paste, "paste", "look at a token from elsewhere", &["e"], Some("grant inspect -")),
    row(Action::Password, "password", "change the password", &["p"], Some("grant api PUT /api/v1/me/password")),
    row(Action::Rename, "rename", "change the name", &["e"], Some("grant api PATCH /api/v1/me -f name=NAME")),
    row(Action::New, "new", "make a user, a client or new keys", &["n"], Some("grant admin users create")),
    row(Action::Edit, "edit", "change the user or client", &["e"], Some("grant admin users update NAME")),
    row(
        Action::RotateSecret,
        "rotate",
        "give the client another secret, or rotate the keys",
        &["t"],
        Some("grant admin clients rotate-secret ID"),
    ),
    row(Action::Lock, "lock", "lock the user out, or let it in again", &["x"], Some("grant admin users lock NAME")),
    row(Action::Delete, "delete", "delete the user or client", &["d"], Some("grant admin users delete NAME")),
    row(
        Action::EndSessions,
        "end-sessions",
        "end all sessions of the user",
        &["D"],
        Some("grant admin sessions revoke --user NAME"),
    ),
    row(Action::Overview, "overview", "Overview", &["1"], Some("grant status")),
    row(Action::Sessions, "sessions", "Sessions", &["2"], Some("grant sessions")),
    row(Action::Token, "token", "Token", &["3"], Some("grant inspect")),
    row(Action::Activity, "activity", "Activity", &["4"], Some("grant activity")),
    row(Action::Account, "account", "Account", &["5"], Some("grant api GET /api/v1/me")),
    row(Action::Admin, "admin", "Admin", &["6"], Some("grant admin")),
    row(Action::Next, "next", "next pane or field", &["tab", "right", "l"], None),
    row(Action::Previous, "previous", "pane or field before", &["backtab", "left", "h"], None),
    row(Action::Back, "back", "close or go back", &["esc"], None),
    row(Action::Reload, "reload", "ask the server again", &["R", "f5"], None),
    row(Action::Commands, "commands", "all commands", &[":", "x"], None),
    row(Action::Help, "help", "these keys", &["?", "f1"], Some("grant --help")),
    row(Action::Mouse, "mouse", "give the mouse to the terminal, or take it", &["M"], None),
    row(Action::Redraw, "redraw", "draw everything anew", &["ctrl-l"], None),
    row(Action::Suspend, "suspend", "stop for a while", &["ctrl-z"], None),
    row(Action::Quit, "quit", "leave", &["q", "ctrl-c"], None),
];

/// What can be done everywhere. The keys of a screen go before them.
pub const GLOBAL: &[Action] = &[
    Action::Overview,
    Action::Sessions,
    Action::Token,
    Action::Activity,
    Action::Account,
    Action::Admin,
    Action::Next,
    Action::Previous,
    Action::Up,
    Action::Down,
    Action::Top,
    Action::Bottom,
    Action::PageUp,
    Action::PageDown,
    Action::Open,
    Action::Back,
    Action::Reload,
    Action::Switch,
    Action::SignIn,
    Action::Commands,
    Action::Help,
    Action::Mouse,
    Action::Redraw,
    Action::Suspend,
    Action::Quit,
];

impl Action {
    /// What there is to know of it.
    #[must_use]
    pub fn row(self) -> &'static Row {
        // Each has its row: a test goes through them.
        ROWS.iter().find(|row| row.action == self).unwrap_or(&ROWS[0])
    }
}

/// A key, with what is held down beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Key(KeyCode, KeyModifiers);

impl Key {
    /// The key of an event. What Shift makes of a letter is another letter already.
    #[must_use]
    pub fn of(event: KeyEvent) -> Self {
        let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT);
        let code = match event.code {
            KeyCode::Char(c) if modifiers.contains(KeyModifiers::CONTROL) => KeyCode::Char(c.to_ascii_lowercase()),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => KeyCode::BackTab,
            code => code,
        };
        if code == KeyCode::BackTab {
            modifiers = KeyModifiers::NONE;
        }
        Self(code, modifiers)
    }

    /// Whether it is a letter that somebody may be typing.
    #[must_use]
    pub const fn is_text(self) -> bool {
        matches!(self.0, KeyCode::Char(_)) && self.1.is_empty()
    }

    /// A key as the settings write it: `q`, `ctrl-c`, `f5`, `space`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (modifiers, name) = match text.split_once('-') {
            Some(("ctrl", name)) => (KeyModifiers::CONTROL, name),
            Some(("alt", name)) => (KeyModifiers::ALT, name),
            _ => (KeyModifiers::NONE, text),
        };
        let mut chars = name.chars();
        let code = match (name, chars.next(), chars.next()) {
            ("enter", ..) => KeyCode::Enter,
            ("esc", ..) => KeyCode::Esc,
            ("tab", ..) => KeyCode::Tab,
            ("backtab", ..) => KeyCode::BackTab,
            ("space", ..) => KeyCode::Char(' '),
            ("up", ..) => KeyCode::Up,
            ("down", ..) => KeyCode::Down,
            ("left", ..) => KeyCode::Left,
            ("right", ..) => KeyCode::Right,
            ("home", ..) => KeyCode::Home,
            ("end", ..) => KeyCode::End,
            ("pageup", ..) => KeyCode::PageUp,
            ("pagedown", ..) => KeyCode::PageDown,
            ("delete", ..) => KeyCode::Delete,
            ("backspace", ..) => KeyCode::Backspace,
            (_, Some(c), None) if !c.is_control() => KeyCode::Char(c),
            (_, Some('f'), Some(_)) => KeyCode::F(name.get(1..)?.parse().ok().filter(|n| (1..=12).contains(n))?),
            _ => return None,
        };
        Some(Self(code, modifiers))
    }
}

/// The keys that hold.
#[derive(Clone, Debug)]
pub struct Keymap(BTreeMap<Action, Vec<(Key, String)>>);

impl Keymap {
    /// Those of the table, but where the settings name others.
    ///
    /// # Errors
    /// An action or a key that nobody knows, or a key that is to do two things in one place.
    pub fn new(settled: &BTreeMap<String, Vec<String>>) -> Result<Self, Failure> {
        let wrong = |what: String| Failure::usage(format!("[keys]: {what}")).hint("grant config edit");
        if let Some(name) = settled.keys().find(|name| ROWS.iter().all(|row| row.name != name.as_str())) {
            return Err(wrong(format!("there is no action `{name}`")));
        }
        let mut keys = BTreeMap::new();
        for row in ROWS {
            let names = settled.get(row.name).cloned();
            let names = names.unwrap_or_else(|| row.keys.iter().map(|&key| key.to_owned()).collect());
            let mut read = Vec::new();
            for name in names {
                let key = Key::parse(&name).ok_or_else(|| wrong(format!("`{name}` is no key")))?;
                read.push((key, name));
            }
            keys.insert(row.action, read);
        }
        let keymap = Self(keys);
        keymap.judge().map_err(wrong)?;
        Ok(keymap)
    }

    /// Whether each key does one thing in each place, and one can always leave.
    fn judge(&self) -> Result<(), String> {
        for actions in super::screens::ALL.iter().map(|screen| screen.actions()).chain([GLOBAL]) {
            for (at, first) in actions.iter().enumerate() {
                for (key, name) in self.keys(*first) {
                    let second =
                        actions.iter().skip(at + 1).find(|other| self.keys(**other).iter().any(|(k, _)| k == key));
                    if let Some(second) = second {
                        return Err(format!("`{name}` is both {} and {}", first.row().name, second.row().name));
                    }
                }
            }
        }
        for action in [Action::Quit, Action::Back, Action::Help] {
            if self.keys(action).is_empty() {
                return Err(format!("{} needs a key", action.row().name));
            }
        }
        Ok(())
    }

    fn keys(&self, action: Action) -> &[(Key, String)] {
        self.0.get(&action).map_or(&[], Vec::as_slice)
    }

    /// What a key does where these actions are possible; the first that has it.
    #[must_use]
    pub fn action(&self, key: Key, possible: &[&[Action]]) -> Option<Action> {
        let mut actions = possible.iter().flat_map(|actions| actions.iter());
        actions.find(|action| self.keys(**action).iter().any(|(bound, _)| *bound == key)).copied()
    }

    /// The keys that do this where these actions are possible, as they are shown: `R f5`. None of another action is among them, nor a
    /// letter where letters are text.
    #[must_use]
    pub fn shown(&self, action: Action, possible: &[&[Action]], typing: bool) -> String {
        let does = |key: Key| self.action(key, possible) == Some(action) && !(typing && key.is_text());
        let keys = self.keys(action).iter().filter(|(key, _)| does(*key));
        keys.map(|(_, name)| arrow(name)).collect::<Vec<_>>().join(" ")
    }

    /// The first of them.
    #[must_use]
    pub fn first(&self, action: Action) -> String {
        self.keys(action).first().map(|(_, name)| arrow(name).to_owned()).unwrap_or_default()
    }
}

fn arrow(name: &str) -> &str {
    match name {
        "up" => "↑",
        "down" => "↓",
        "left" => "←",
        "right" => "→",
        "backtab" => "shift-tab",
        other => other,
    }
}
