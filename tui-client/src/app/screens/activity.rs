//! What happened to the account, and what did this machine do with its tokens? Both in one list, by their time.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use serde_json::{Value, json};

use crate::api::Event;
use crate::app::keys::Action;
use crate::app::message::{Ask, Task};
use crate::app::parts::layer::Layer;
use crate::app::parts::list::{self, List, Row, Words};
use crate::app::parts::loaded::Loaded;
use crate::app::state::{AGAIN_AT_MOST, AGAIN_MILLIS, App, Fault};
use crate::app::theme::Role;
use crate::clock;
use crate::event;
use crate::failure::{Code, Failure, plain};
use crate::journal::{Outcome, Renewal};
use crate::reason;

/// What can be done here.
pub const ACTIONS: &[Action] = &[Action::Follow, Action::Filter, Action::Open, Action::Json];

const HEADS: [&str; 4] = ["When", "What", "By", "Result"];

/// The list, and where its reader is.
#[derive(Debug, Default)]
pub struct Activity {
    /// All of it, the newest first.
    pub list: List<Item>,
    /// What the server said.
    events: Loaded<Vec<Event>>,
    /// Whether it is asked again and again.
    pub follow: Option<Follow>,
}

/// When the server is asked next, and how long was waited for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Follow {
    next: i64,
    wait: i64,
}

/// One thing that happened: at the server, to the tokens here, or to this program.
#[derive(Clone, Debug)]
pub struct Item {
    id: String,
    /// Unix seconds.
    at: i64,
    source: Source,
}

#[derive(Clone, Debug)]
enum Source {
    Server(Event),
    Renewal(Renewal),
    Fault(Fault),
}

impl Item {
    fn of_event(event: &Event) -> Self {
        let at = clock::moment(&event.at).unwrap_or_default();
        Self { id: event.id.clone(), at, source: Source::Server(event.clone()) }
    }

    fn of_renewal(renewal: &Renewal) -> Self {
        let id = format!("{} {}", renewal.at, renewal.pid);
        Self { id, at: renewal.at, source: Source::Renewal(renewal.clone()) }
    }

    fn of_fault(fault: &Fault) -> Self {
        Self { id: format!("{} {}", fault.at, fault.failure.error), at: fault.at, source: Source::Fault(fault.clone()) }
    }

    /// The name of its type.
    fn kind(&self) -> &str {
        match &self.source {
            Source::Server(event) => &event.kind,
            Source::Renewal(renewal) => match renewal.outcome {
                Outcome::Renewed => "token_renewed",
                Outcome::Failed => "renewal_failed",
                Outcome::Ended => "renewal_refused",
            },
            Source::Fault(_) => "error",
        }
    }

    fn what(&self) -> String {
        match &self.source {
            Source::Fault(fault) => fault.failure.error.clone(),
            _ => event::told(self.kind()).to_owned(),
        }
    }

    fn by(&self) -> String {
        match &self.source {
            Source::Server(event) => place(event),
            Source::Renewal(renewal) => format!("local: {}, pid {}", renewal.command, renewal.pid),
            Source::Fault(_) => "local: this application".to_owned(),
        }
    }

    fn result(&self) -> &'static str {
        if let Source::Fault(_) = &self.source { "error" } else { event::outcome(self.kind()) }
    }

    /// All that is known of it, a line each.
    fn lines(&self) -> Vec<String> {
        let mut told = match &self.source {
            Source::Server(event) => return event_lines(event, event.user_id.clone().unwrap_or_default()),
            Source::Renewal(_) => vec![("result", self.result().to_owned())],
            Source::Fault(Fault { failure, times, .. }) => vec![
                ("", failure.detail.clone().unwrap_or_default()),
                ("way on", failure.hint.clone().unwrap_or_default()),
                ("reason", failure.reason.clone().unwrap_or_default()),
                ("times", if *times > 1 { times.to_string() } else { String::new() }),
            ],
        };
        let when = clock::rfc3339(self.at).unwrap_or_default();
        told.splice(0..0, [("what", self.what()), ("when", when), ("by", self.by())]);
        lines(told)
    }

    /// As programs read it: what the server said, or an event of this machine in the same shape.
    fn json(&self) -> Value {
        let mut value = match &self.source {
            Source::Server(event) => return json!(event),
            Source::Renewal(renewal) => json!({ "command": renewal.command, "pid": renewal.pid }),
            Source::Fault(fault) => fault.failure.json(),
        };
        if let Some(members) = value.as_object_mut() {
            members.remove("schema");
            members.insert("at".to_owned(), json!(clock::rfc3339(self.at)));
            members.insert("type".to_owned(), json!(self.kind()));
            members.insert("local".to_owned(), json!(true));
        }
        value
    }
}

impl Row for Item {
    fn id(&self) -> &str {
        &self.id
    }

    fn cells(&self, app: &App) -> Vec<String> {
        let what = match &self.source {
            Source::Fault(fault) => app.brief(&fault.failure),
            _ => self.what(),
        };
        vec![app.when(self.at), what, self.by(), self.result().to_owned()]
    }

    fn role(&self) -> Role {
        role(self.result())
    }
}

/// Through which client and from where.
#[must_use]
pub fn place(event: &Event) -> String {
    let known = [&event.client_id, &event.ip].into_iter().flatten().filter(|text| !text.is_empty());
    known.cloned().collect::<Vec<_>>().join(" · ")
}

/// What an outcome is to the eye.
#[must_use]
pub fn role(outcome: &str) -> Role {
    match outcome {
        "REUSE" => Role::Alarm,
        "error" | "ended" => Role::Bad,
        "refused" | "failed" | "warning" => Role::Soon,
        _ => Role::Plain,
    }
}

/// All that is known of an event of the server, and to whom it happened, a line each.
#[must_use]
pub fn event_lines(event: &Event, user: String) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let sentence = event.reason.as_deref().and_then(reason::sentence).unwrap_or_default();
    let alarm = if event.kind == event::REUSED { "REUSE: " } else { "" };
    lines(vec![
        ("what", format!("{alarm}{}", event::told(&event.kind))),
        ("why", sentence.to_owned()),
        ("detail", text(&event.detail)),
        ("when", event.at.clone()),
        ("client", text(&event.client_id)),
        ("from", text(&event.ip)),
        ("session", text(&event.session_id)),
        ("user", user),
        ("type", event.kind.clone()),
        ("reason", text(&event.reason)),
        ("id", event.id.clone()),
    ])
}

/// Each with its name, but for those of which nothing is known.
fn lines(told: Vec<(&str, String)>) -> Vec<String> {
    let known = told.into_iter().filter(|(_, text)| !text.is_empty());
    known.map(|(name, text)| format!("{name:<9}{}", plain(&text))).collect()
}

/// Fetches it, unless that is under way.
pub fn arrive(app: &mut App) -> Vec<Task> {
    gather(app);
    if app.activity.events.since.is_some() { Vec::new() } else { vec![super::ask(app, Ask::Activity)] }
}

/// It is asked for.
pub fn asked(app: &mut App) {
    let now = app.now();
    app.activity.events.ask(now);
    app.activity.list.loaded.ask(now);
}

/// It was fetched, or not.
pub fn came(app: &mut App, events: Result<Vec<Event>, Failure>) {
    let now = app.now();
    app.activity.follow = match (&events, app.activity.follow) {
        (Ok(_), Some(_)) => Some(Follow { next: now + AGAIN_MILLIS, wait: AGAIN_MILLIS }),
        // Whoever is signed out stays so.
        (Err(failure), Some(_)) if failure.code == Code::SignIn => None,
        (Err(_), Some(follow)) => {
            let wait = (follow.wait * 2).min(AGAIN_AT_MOST);
            Some(Follow { next: now + wait, wait })
        }
        (_, None) => None,
    };
    app.activity.events.come(events);
    gather(app);
}

/// Puts the events, the renewals and the faults in one list.
pub fn gather(app: &mut App) {
    let known = &app.activity.events;
    let events = known.value.iter().flatten().map(Item::of_event);
    let local = app.renewals.iter().map(Item::of_renewal).chain(app.faults.iter().map(Item::of_fault));
    let mut items: Vec<_> = local.chain(events).collect();
    items.sort_by_key(|item| std::cmp::Reverse(item.at));
    let (since, is_known) = (known.since, known.value.is_some() || !items.is_empty());
    if is_known {
        list::come(app, |app| &mut app.activity.list, Ok(items));
    }
    app.activity.list.loaded.since = since;
    app.activity.list.loaded.failure = app.activity.events.failure.clone();
}

/// A second has passed: who follows asks again when it is time, and not while an answer is awaited or something else is shown.
pub fn tick(app: &mut App) -> Vec<Task> {
    let shown = app.screen == super::Screen::Activity && app.activity.events.since.is_none();
    let due = app.activity.follow.is_some_and(|follow| app.now() >= follow.next);
    if shown && due { vec![super::ask(app, Ask::Activity)] } else { Vec::new() }
}

/// Goes through the list.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    let rows = app.activity.list.shown(app).len();
    if app.activity.list.act(action, rows, HEADS.len()) {
        return Vec::new();
    }
    let current = app.activity.list.current(app);
    match action {
        Action::Follow => {
            let now = app.now();
            app.activity.follow = match app.activity.follow {
                Some(_) => None,
                None => Some(Follow { next: now, wait: AGAIN_MILLIS }),
            };
            return tick(app);
        }
        Action::Reload if app.activity.events.since.is_none() => return vec![super::ask(app, Ask::Activity)],
        Action::Open => {
            if let Some(lines) = current.map(Item::lines) {
                app.layers.push(Layer::Text { title: "event".to_owned(), lines, scroll: 0 });
            }
        }
        Action::Json => {
            if let Some(value) = current.map(Item::json) {
                let text = serde_json::to_string_pretty(&value).unwrap_or_default();
                let lines = text.lines().map(plain).collect();
                app.layers.push(Layer::Text { title: "event, as JSON".to_owned(), lines, scroll: 0 });
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Draws it.
pub fn draw(app: &mut App, frame: &mut Frame, area: Rect) {
    let title = match app.activity.follow {
        Some(follow) if follow.wait > AGAIN_MILLIS => {
            let left = ((follow.next - app.now()).max(0) + 999) / 1000;
            format!("Activity · following, no answer, again in {}", clock::face(left))
        }
        Some(_) => "Activity · following".to_owned(),
        None => "Activity".to_owned(),
    };
    // In a narrow window what happened is read before who did it.
    let (what, by) = if area.width < 80 {
        (Constraint::Length(20), Constraint::Fill(1))
    } else {
        (Constraint::Fill(1), Constraint::Length(30))
    };
    let words = Words {
        title: &title,
        heads: &HEADS,
        widths: &[Constraint::Length(11), what, by, Constraint::Length(7)],
        empty: "Nothing has happened yet. A sign-in or a renewed token appears here.",
        most: (usize::MAX, ""),
    };
    app.activity.list.drawn = list::draw(app, &app.activity.list, frame, area, &words, true);
}
