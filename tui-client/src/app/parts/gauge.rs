//! How long does the access token live? A word, a time and a bar: each says it without the others.

use ratatui::text::{Line, Span};

use crate::app::state::{App, Renewing};
use crate::app::theme::Role;
use crate::clock;
use crate::reason;

/// How the token stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Nothing is known yet.
    Unknown,
    /// It lives.
    Valid,
    /// It ends soon.
    Soon,
    /// Another is being fetched.
    Renewing,
    /// It has ended.
    Expired,
    /// The server cannot be asked for another.
    Offline,
    /// Its session has ended, for this reason.
    Ended(String),
}

impl State {
    /// Of the account that is shown.
    #[must_use]
    pub fn of(app: &App) -> Self {
        if let Some(reason) = app.ended() {
            return Self::Ended(reason.to_owned());
        }
        let Some(entry) = &app.entry else { return Self::Unknown };
        match &app.renewing {
            Renewing::Since(_) => return Self::Renewing,
            Renewing::Waiting { away: true, .. } => return Self::Offline,
            Renewing::Waiting { .. } | Renewing::No => {}
        }
        match entry.left(app.now()) {
            0 => Self::Expired,
            left if left <= entry.due_at() => Self::Soon,
            _ => Self::Valid,
        }
    }

    /// Its word.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Unknown => "",
            Self::Valid => "VALID",
            Self::Soon => "SOON",
            Self::Renewing => "RENEWING",
            Self::Expired => "EXPIRED",
            Self::Offline => "OFFLINE",
            Self::Ended(_) => "ENDED",
        }
    }

    /// What it is to the eye.
    #[must_use]
    pub const fn role(&self) -> Role {
        match self {
            Self::Valid => Role::Good,
            Self::Soon | Self::Renewing => Role::Soon,
            Self::Expired | Self::Offline | Self::Ended(_) => Role::Bad,
            Self::Unknown => Role::Plain,
        }
    }
}

/// The bar in so many columns, with the time and the word.
#[must_use]
pub fn line(app: &App, width: u16) -> Line<'static> {
    let state = State::of(app);
    let Some(entry) = app.entry.as_ref().filter(|_| !matches!(state, State::Ended(_))) else {
        return Line::from(match &state {
            State::Ended(_) => Span::styled(state.word(), app.settled.theme.style(state.role())),
            _ => Span::raw("reading the store"),
        });
    };
    let life = entry.life().unwrap_or(0);
    let left = (entry.left(app.now()) + 999) / 1000;
    let time = if life > 0 {
        format!("{} of {} left", clock::face(left), clock::face(life))
    } else {
        format!("{} left", clock::face(left))
    };
    let room = usize::from(width).saturating_sub(time.len() + 2 + 10 + 4);
    let full = if life > 0 {
        usize::try_from(left.min(life)).unwrap_or(0) * room / usize::try_from(life).unwrap_or(1)
    } else {
        0
    };
    let bar = format!("[{}{}]  ", "█".repeat(full), "░".repeat(room.saturating_sub(full)));
    let style = app.settled.theme.style(state.role());
    Line::from(vec![
        Span::styled(bar, style),
        Span::raw(format!("{time}  ")),
        Span::styled(format!("{:>8}", state.word()), style),
    ])
}

/// What happens next, in a sentence.
#[must_use]
pub fn next(app: &App) -> String {
    let Some(entry) = &app.entry else { return app.ended().map(reason::told).unwrap_or_default() };
    match State::of(app) {
        State::Ended(reason) => reason::told(&reason),
        State::Offline => match &app.renewing {
            Renewing::Waiting { until, .. } => {
                format!(
                    "the server cannot be reached; tries again in {}",
                    clock::face(((until - app.now()).max(0) + 999) / 1000)
                )
            }
            _ => String::new(),
        },
        State::Renewing => "a new one is being fetched".to_owned(),
        State::Expired => "renews when it is needed".to_owned(),
        _ => format!(
            "renews by itself in {}",
            clock::face(((entry.left(app.now()) - entry.due_for_all_at()).max(0) + 999) / 1000)
        ),
    }
}
