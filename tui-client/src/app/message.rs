//! What can happen to the application, and what can it ask to be done? Everything goes through these two.

use std::fmt;

use crossterm::event::{KeyEvent, MouseEvent};

use crate::accounts::{Account, Accounts};
use crate::api::{Client, Event, Key, Session, User};
use crate::check::Check;
use crate::failure::Failure;
use crate::journal::Renewal;
use crate::renewal::Warning;
use crate::secret::Secret;
use crate::session::Reach;
use crate::token_store::{Entry, StoreKind};

/// Something that happened. It may hold a password or a secret, so nobody prints it.
pub enum Message {
    /// A key was pressed.
    Key(KeyEvent),
    /// The mouse was used.
    Mouse(MouseEvent),
    /// Text was pasted.
    Paste(String),
    /// The terminal has another size.
    Resize,
    /// Time has passed.
    Tick,
    /// The terminal is ours again after a stop.
    Resumed,
    /// Something is done that was asked for the account of that turn; an answer for an earlier one is late.
    Done(u32, Box<Did>),
}

/// What came of a task.
pub enum Did {
    /// The list of accounts was read.
    Accounts(Result<Accounts, Failure>),
    /// The store and the journal were read.
    Looked(Look),
    /// The tokens were renewed, or those that there are will do, perhaps with a warning; and what is in the store now.
    Renewed(Result<Option<Warning>, Failure>, Look),
    /// The server said how it is.
    Health(Result<Health, Failure>),
    /// Something was fetched.
    Got(Ask, Result<Got, Failure>),
    /// Something was changed; with what the server answered.
    Changed(Change, Result<Option<serde_json::Value>, Failure>),
    /// The store can be used, or not.
    Probed(StoreKind, Result<(), Failure>),
    /// This server is one, or not; with the milliseconds that it took to say so.
    Checked(String, Result<u128, Failure>),
    /// Somebody signed in.
    SignedIn(Result<(Account, Option<String>), Failure>),
    /// Somebody signed out; with what they should know.
    SignedOut(Account, Result<Option<String>, Failure>),
    /// What that token's signature and claims are worth, or why nobody can say.
    Verified(Secret, Result<Vec<Check>, Failure>),
}

/// What is in the store and in the journal.
#[derive(Clone, Debug)]
pub struct Look {
    /// The tokens, or why they cannot be read.
    pub entry: Result<Entry, Failure>,
    /// The renewals that are remembered, the newest first.
    pub renewals: Vec<Renewal>,
}

/// How the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// How long it took to answer.
    pub millis: u128,
    /// How many keys it publishes.
    pub keys: usize,
    /// How far its clock is ahead of ours.
    pub clock_skew: Option<i64>,
}

/// Something that can be fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// Who is signed in.
    Me,
    /// Their sessions.
    Sessions,
    /// What happened to them.
    Activity,
    /// All users.
    Users,
    /// All clients.
    Clients,
    /// All signing keys.
    Keys,
    /// What happened to anybody.
    Events,
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Got {
    /// For [`Ask::Me`].
    Me(User),
    /// For [`Ask::Sessions`].
    Sessions(Vec<Session>),
    /// For [`Ask::Activity`] and [`Ask::Events`].
    Events(Vec<Event>),
    /// For [`Ask::Users`].
    Users(Vec<User>),
    /// For [`Ask::Clients`].
    Clients(Vec<Client>),
    /// For [`Ask::Keys`].
    Keys(Vec<Key>),
}

/// One request that changes something at the server, and how it is told.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The method: `DELETE`.
    pub method: &'static str,
    /// The path below the issuer, with its query.
    pub path: String,
    /// A JSON object, which may hold a password.
    pub body: Option<serde_json::Value>,
    /// What is told when it is done: `ended "Firefox on Windows"`.
    pub done: String,
    /// What is fetched again after it.
    pub then: Vec<Ask>,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// Something to be done beside the screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Task {
    /// Read the list of accounts.
    Accounts,
    /// Read the store and the journal.
    Look,
    /// Have a token that will do; or a new one.
    Renew {
        /// Whether a new one is wanted in any case.
        new: bool,
    },
    /// Ask the server how it is.
    Health,
    /// Fetch something.
    Get(Ask),
    /// Change something.
    Change(Change),
    /// Try a store.
    Probe(StoreKind),
    /// Ask whether this is a server.
    Check(String),
    /// Sign in.
    SignIn(SignIn),
    /// Sign out.
    SignOut(Account, Reach),
    /// Make an account the active one.
    Use(Account),
    /// Check a token against its server's keys; nothing is sent.
    Verify(Secret),
    /// Put this on the clipboard, so called.
    Copy(Secret, &'static str),
    /// Give the mouse to the terminal or take it.
    Mouse(bool),
    /// Stop until the shell wants us back.
    Suspend,
    /// Draw everything anew.
    Redraw,
    /// Leave.
    Quit,
}

/// What a sign-in needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn {
    /// The server, as typed.
    pub server: String,
    /// Who.
    pub username: String,
    /// Their password.
    pub password: Secret,
    /// Where the tokens are to be kept.
    pub store: StoreKind,
    /// What the account is to be called, when it has a name already.
    pub label: Option<String>,
}
