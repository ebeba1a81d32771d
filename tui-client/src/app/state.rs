//! What does the application know? All of it is here; it changes in `update` alone.

use std::collections::VecDeque;

use ratatui::layout::Rect;

use super::keys::Keymap;
use super::message::{Change, Health, Task};
use super::parts::layer::{Form, Layer};
use super::parts::loaded::Loaded;
use super::screens::{Screen, activity, admin, sessions, sign_in, token};
use super::theme::Theme;
use crate::accounts::{Account, Accounts};
use crate::api::User;
use crate::failure::Failure;
use crate::journal::Renewal;
use crate::token_store::{Entry, StoreKind};

/// A step of the wall clock, or a sleep of the machine, that is longer than this is one.
const JUMP_MILLIS: i64 = 2000;
/// After a try that the server did not answer the next one comes so much later, and later still after each.
pub const AGAIN_MILLIS: i64 = 5000;
/// But never later than that.
pub const AGAIN_AT_MOST: i64 = 60_000;
/// And one that it did answer, where that changed nothing.
const APART_MILLIS: i64 = 10_000;
/// So many faults are remembered.
const FAULTS: usize = 50;

/// The time: of the wall, and of a clock that nobody sets but that stands still while the machine sleeps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Time {
    /// Unix milliseconds.
    pub wall: i64,
    /// Milliseconds since some moment.
    pub steady: i64,
}

/// Whether tokens are being renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Renewing {
    /// No.
    No,
    /// Since then.
    Since(i64),
    /// The last try came to nothing, or to a token that is due again already: not before then.
    Waiting {
        /// When it is asked again.
        until: i64,
        /// Whether the server could not be asked.
        away: bool,
    },
}

/// A line at the bottom that says what happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// What.
    pub text: String,
    /// Whether it is a fault.
    pub bad: bool,
    /// When it goes by itself; a fault stays until a key is pressed.
    pub until: Option<i64>,
}

/// What went wrong.
#[derive(Clone, Debug)]
pub struct Fault {
    /// When last, in Unix seconds.
    pub at: i64,
    /// How often on end.
    pub times: usize,
    /// What.
    pub failure: Failure,
}

/// All that is known.
#[derive(Debug)]
pub struct App {
    /// When that is.
    pub time: Time,
    /// How far the wall clock is ahead of the steady one.
    offset: i64,
    /// What was settled before it began; the mouse may change hands.
    pub settled: Settled,
    /// The screen that is shown.
    pub screen: Screen,
    /// What lies over it, the topmost last.
    pub layers: Vec<Layer>,
    /// What went wrong, the newest last.
    pub faults: VecDeque<Fault>,
    /// What happened last.
    pub notice: Option<Notice>,
    /// Where the tabs were drawn.
    pub tabs: Vec<(Rect, Screen)>,

    /// The accounts of this machine.
    pub accounts: Accounts,
    /// The one that is shown.
    pub account: Option<Account>,
    /// Which turn it is: an answer that was asked for in an earlier one is of another account.
    pub turn: u32,
    /// Why its session ended, as the server said to us; the list of accounts may not know yet.
    pub told_end: Option<String>,
    /// Its tokens.
    pub entry: Option<Entry>,
    /// Why they cannot be read.
    pub store_failure: Option<Failure>,
    /// Whether they are being renewed.
    pub renewing: Renewing,
    /// How long was waited before the server was asked again; zero once it answers.
    wait: i64,
    /// What is remembered of renewals, the newest first.
    pub renewals: Vec<Renewal>,
    /// Who that is.
    pub me: Loaded<User>,
    /// How the server is.
    pub health: Loaded<Health>,

    /// The screen that signs in.
    pub sign_in: sign_in::SignIn,
    /// The sessions.
    pub sessions: sessions::Sessions,
    /// The token.
    pub token: token::Token,
    /// What happened.
    pub activity: activity::Activity,
    /// What administrators see.
    pub admin: admin::Admin,
}

/// What is settled before it begins.
#[derive(Debug)]
pub struct Settled {
    /// How it looks.
    pub theme: Theme,
    /// Whether the terminal knows ASCII alone.
    pub ascii: bool,
    /// Whether nothing moves.
    pub still: bool,
    /// Which key does what.
    pub keys: Keymap,
    /// Whether the mouse is ours.
    pub mouse: bool,
    /// How many seconds local time is ahead of UTC.
    pub zone: i64,
    /// The server that a sign-in means.
    pub issuer: Option<String>,
    /// The store that a sign-in uses.
    pub store: StoreKind,
}

impl App {
    /// As it begins: on the sign-in screen, or with the tokens of an account.
    #[must_use]
    pub fn new(settled: Settled, accounts: Accounts, account: Option<Account>, time: Time) -> (Self, Vec<Task>) {
        let mut app = Self {
            time,
            offset: time.wall - time.steady,
            screen: Screen::SignIn,
            layers: Vec::new(),
            faults: VecDeque::new(),
            notice: None,
            tabs: Vec::new(),
            accounts,
            account: None,
            turn: 0,
            told_end: None,
            entry: None,
            store_failure: None,
            renewing: Renewing::No,
            wait: 0,
            renewals: Vec::new(),
            me: Loaded::default(),
            health: Loaded::default(),
            sign_in: sign_in::SignIn::new(settled.issuer.as_deref().unwrap_or_default(), settled.store),
            sessions: sessions::Sessions::default(),
            token: token::Token::default(),
            activity: activity::Activity::default(),
            admin: admin::Admin::default(),
            settled,
        };
        let tasks = match account {
            Some(account) => app.turn_to(account),
            None => sign_in::enter(&mut app),
        };
        (app, tasks)
    }

    /// Shows another account, from nothing.
    pub fn turn_to(&mut self, account: Account) -> Vec<Task> {
        self.forget_account();
        // What was typed there has served.
        self.sign_in = self.sign_in.cleared();
        self.account = Some(account);
        self.screen = Screen::Overview;
        let sessions = super::screens::ask(self, super::message::Ask::Sessions);
        vec![Task::Look, self.ask_health(), self.ask_me(), sessions]
    }

    /// An account that somebody has signed in to is one to choose from. One that is kept nowhere hides none of the same name.
    pub fn list(&mut self, account: Account) {
        if account.store == StoreKind::Memory {
            self.unlist(&account);
            self.accounts.accounts.push(account);
        } else {
            self.accounts.put(account);
        }
    }

    /// An account that was signed out is none any more.
    pub fn unlist(&mut self, gone: &Account) {
        self.accounts.accounts.retain(|account| account.key() != gone.key() || account.store != gone.store);
    }

    /// Nobody is shown any more, and nothing that was of them.
    pub fn forget_account(&mut self) {
        self.turn += 1;
        self.account = None;
        self.told_end = None;
        self.entry = None;
        self.store_failure = None;
        self.wait = 0;
        self.renewing = Renewing::No;
        self.renewals.clear();
        self.faults.clear();
        self.close_layers();
        self.me = Loaded::default();
        self.health = Loaded::default();
        self.sessions = sessions::Sessions::default();
        self.token = token::Token::default();
        self.activity = activity::Activity::default();
        self.admin = admin::Admin::default();
    }

    /// Closes what lies over the screen, but for a secret that nobody can have again.
    pub fn close_layers(&mut self) {
        self.layers.retain(|layer| matches!(layer, Layer::Once { .. }));
    }

    /// Asks the server how it is.
    pub fn ask_health(&mut self) -> Task {
        self.health.ask(self.now());
        Task::Health
    }

    /// Asks who is signed in.
    pub fn ask_me(&mut self) -> Task {
        self.me.ask(self.now());
        Task::Get(super::message::Ask::Me)
    }

    /// Unix milliseconds: by the steady clock, so that a step of the other one does not make a countdown jump.
    #[must_use]
    pub const fn now(&self) -> i64 {
        self.time.steady + self.offset
    }

    /// Sets the time. After a sleep of the machine, or when the clock was set, the wall is right: then true.
    pub const fn set_time(&mut self, time: Time) -> bool {
        self.time = time;
        let jumped = (time.wall - time.steady - self.offset).abs() > JUMP_MILLIS;
        if jumped {
            self.offset = time.wall - time.steady;
        }
        jumped
    }

    /// Why the session of the account ended, when it did.
    #[must_use]
    pub fn ended(&self) -> Option<&str> {
        self.account.as_ref()?.ended.as_deref().or(self.told_end.as_deref())
    }

    /// There are no new tokens, perhaps because the server is away: when it is asked again.
    pub fn wait_longer(&mut self, away: bool) {
        self.wait = (self.wait * 2).clamp(AGAIN_MILLIS, AGAIN_AT_MOST);
        self.renewing = Renewing::Waiting { until: self.now() + self.wait, away };
    }

    /// The server has answered: the tokens are good, or not to be had. Those that are due again at once are left alone for a while.
    pub fn is_renewed(&mut self) {
        self.wait = 0;
        let due = self.entry.as_ref().is_some_and(|entry| entry.left(self.now()) <= entry.due_for_all_at());
        self.renewing =
            if due { Renewing::Waiting { until: self.now() + APART_MILLIS, away: false } } else { Renewing::No };
    }

    /// Sends what a form says. It stays until the answer comes, and when that is a no it can be sent again.
    pub fn send(&mut self, mut form: Form, change: Change) -> Vec<Task> {
        form.sent = Some(Box::new(change.clone()));
        self.layers.push(Layer::Form(form));
        vec![Task::Change(change)]
    }

    /// Says something for a while.
    pub fn tell(&mut self, text: impl Into<String>) {
        let text = crate::failure::plain(&text.into());
        self.notice = Some(Notice { text, bad: false, until: Some(self.now() + 6000) });
    }

    /// Says what went wrong, and the way on.
    pub fn complain(&mut self, failure: &Failure) {
        let more =
            failure.hint.as_ref().or(failure.detail.as_ref()).map(|hint| format!(" · {hint}")).unwrap_or_default();
        self.notice = Some(Notice { text: format!("{}{more}", failure.error), bad: true, until: None });
        self.note(failure);
    }

    /// Remembers what went wrong; the same thing on end but once.
    pub fn note(&mut self, failure: &Failure) {
        let at = self.now() / 1000;
        match self.faults.back_mut() {
            Some(last) if last.failure.error == failure.error => (last.at, last.times) = (at, last.times + 1),
            _ => self.faults.push_back(Fault { at, times: 1, failure: failure.clone() }),
        }
        if self.faults.len() > FAULTS {
            self.faults.pop_front();
        }
        activity::gather(self);
    }

    /// What went wrong, where it is plain that the account's server is meant.
    #[must_use]
    pub fn brief(&self, failure: &Failure) -> String {
        let issuer = self.account.as_ref().map(|account| account.issuer.as_str()).filter(|issuer| !issuer.is_empty());
        match issuer.and_then(|issuer| failure.error.strip_prefix(issuer)) {
            Some(rest) => rest.strip_prefix(": ").map_or_else(|| format!("the server{rest}"), str::to_owned),
            None => failure.error.clone(),
        }
    }

    /// What turns while something is waited for.
    #[must_use]
    pub fn spinner(&self) -> char {
        if self.settled.still {
            return '-';
        }
        let at = usize::try_from(self.time.steady / 125 % 4).unwrap_or(0);
        ['|', '/', '-', '\\'].get(at).copied().unwrap_or('-')
    }

    /// Whether something that turns is shown.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        let since =
            [self.me.since, self.health.since, self.sessions.list.loaded.since, self.activity.list.loaded.since];
        since.iter().any(Option::is_some)
            || self.admin.is_waiting()
            || matches!(self.renewing, Renewing::Since(_))
            || self.sign_in.is_busy()
            || self.layers.iter().any(|layer| matches!(layer, Layer::Form(form) if form.sent.is_some()))
    }

    /// An hour of the day here: `14:02:11`; the date besides when that is another day.
    #[must_use]
    pub fn hour(&self, seconds: i64) -> String {
        let text = |at: i64| crate::clock::rfc3339(at + self.settled.zone).unwrap_or_default();
        let (then, now) = (text(seconds), text(self.now() / 1000));
        let day = |text: &str| text.get(..10).unwrap_or_default().to_owned();
        let hour = then.get(11..19).unwrap_or_default().to_owned();
        if day(&then) == day(&now) { hour } else { format!("{} {hour}", day(&then)) }
    }

    /// The day of a moment here: `2026-01-31`.
    #[must_use]
    pub fn day(&self, moment: &str) -> String {
        let local = crate::clock::moment(moment).and_then(|at| crate::clock::rfc3339(at + self.settled.zone));
        local.and_then(|text| text.get(..10).map(str::to_owned)).unwrap_or_default()
    }

    /// The same in eleven columns, for a list: of another day without the seconds, of another year without the hour.
    #[must_use]
    pub fn when(&self, seconds: i64) -> String {
        let text = |at: i64| crate::clock::rfc3339(at + self.settled.zone).unwrap_or_default();
        let (then, now) = (text(seconds), text(self.now() / 1000));
        let part = |from: usize, to: usize| then.get(from..to).unwrap_or_default();
        if then.get(..10) == now.get(..10) {
            part(11, 19).to_owned()
        } else if then.get(..4) == now.get(..4) {
            format!("{} {}", part(5, 10), part(11, 16))
        } else {
            part(0, 10).to_owned()
        }
    }

    /// What orders moments as they are told, the newest first.
    #[must_use]
    pub fn age(&self, moment: Option<&str>) -> String {
        let at = moment.and_then(crate::clock::moment).unwrap_or_default();
        format!("{:020}", (self.now() / 1000 - at).max(0))
    }

    /// How long ago that was, roughly; `now` for the last seconds.
    #[must_use]
    pub fn ago(&self, moment: &str) -> String {
        let Some(at) = crate::clock::moment(moment) else { return String::new() };
        match self.now() / 1000 - at {
            ..10 => "now".to_owned(),
            seconds => format!("{} ago", crate::clock::rough(seconds)),
        }
    }
}
