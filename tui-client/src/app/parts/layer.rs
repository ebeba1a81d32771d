//! What can lie over a screen? Help, the commands, a question, a text, a form. Esc closes each.

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::form::Field;
use super::{block, fold, middle, over, padded};
use crate::app::keys::{Action, GLOBAL, ROWS};
use crate::app::message::{Change, Task};
use crate::app::state::App;
use crate::app::theme::Role;
use crate::failure::{Code, Failure, plain};
use crate::secret::Secret;

/// Something that lies over a screen and has all keys.
#[derive(Clone, Debug)]
pub enum Layer {
    /// The keys of the screen.
    Help {
        /// What narrows it.
        filter: Field,
        /// Whether that is being typed.
        filtering: bool,
        /// Lines down.
        scroll: u16,
    },
    /// Everything that can be done, to choose from.
    Commands {
        /// What narrows it.
        filter: Field,
        /// Which.
        selected: usize,
    },
    /// A question that `y` says yes to; any other key closes it.
    Confirm {
        /// The question.
        question: String,
        /// What is done then.
        tasks: Vec<Task>,
    },
    /// A question that only the name of the thing says yes to.
    TypeName {
        /// What is going to be done.
        question: String,
        /// The name.
        name: String,
        /// What was typed.
        field: Field,
        /// What is done then.
        tasks: Vec<Task>,
    },
    /// A text.
    Text {
        /// What it is.
        title: String,
        /// Its lines.
        lines: Vec<String>,
        /// Lines down.
        scroll: u16,
    },
    /// A secret that the server shows this once: `y` copies it, and only esc closes it.
    Once {
        /// What it is.
        title: String,
        /// It.
        secret: Secret,
        /// What the clipboard is told that it is.
        name: &'static str,
    },
    /// A choice of accounts.
    Accounts {
        /// Which.
        selected: usize,
    },
    /// Something to fill in.
    Form(Form),
}

/// Something to fill in.
#[derive(Clone, Debug)]
pub struct Form {
    /// What it is.
    pub title: String,
    /// What is filled in.
    pub fields: Vec<Field>,
    /// Which field has the keys.
    pub focus: usize,
    /// What is wrong with it, and the way on below.
    pub fault: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// What the server was asked, while it has not answered.
    pub sent: Option<Box<Change>>,
}

impl Form {
    /// With these fields.
    #[must_use]
    pub fn new(title: &str, purpose: Purpose, fields: Vec<Field>) -> Self {
        Self { title: title.to_owned(), fields, focus: 0, fault: None, purpose, sent: None }
    }

    /// What was typed there.
    #[must_use]
    pub fn value(&self, at: usize) -> &str {
        self.fields.get(at).map(Field::value).unwrap_or_default()
    }

    /// The field gets the keys, with a word beside it and a sentence below.
    pub fn fault(&mut self, at: usize, word: &str, sentence: &str) {
        self.focus = at;
        self.fault = Some(sentence.to_owned());
        if let Some(field) = self.fields.get_mut(at) {
            field.note = Some(word.to_owned());
        }
    }

    /// The server said no. What was typed stays; what is secret only where nothing is wrong with it, or the same may be sent again.
    pub fn refused(&mut self, failure: &Failure) {
        self.sent = None;
        let names = |field: &Field| failure.faults.iter().any(|fault| fault.field == field.name);
        let about_secrets = failure.faults.is_empty() || self.fields.iter().any(|field| field.secret && names(field));
        for field in self.fields.iter_mut().filter(|field| field.secret) {
            if about_secrets && failure.code != Code::Away {
                field.input.reset();
            }
        }
        for fault in &failure.faults {
            if let Some(at) = self.fields.iter().position(|field| field.name == fault.field) {
                self.fault(at, &fault.word(), "");
            }
        }
        if let Some(empty) = self.fields.iter().position(|field| field.secret && field.value().is_empty()) {
            self.focus = empty;
        }
        let said = failure.faults.iter().map(|fault| fault.detail.as_str()).collect::<Vec<_>>().join(" ");
        let said = if said.is_empty() { failure.error.clone() } else { said };
        let more = failure.hint.as_ref().map(|hint| format!("\n{hint}")).unwrap_or_default();
        self.fault = Some(format!("{said}{more}"));
    }
}

/// What a form is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Another password: the old one, the new one, the new one again.
    Password,
    /// Another name.
    Name,
    /// A token from elsewhere.
    Token,
    /// Something of an administrator's: which, and what it is about.
    Admin(crate::app::screens::admin::Purpose),
}

impl Layer {
    /// The keys of the screen.
    #[must_use]
    pub fn help() -> Self {
        Self::Help { filter: Field::new("filter"), filtering: false, scroll: 0 }
    }

    /// Everything that can be done.
    #[must_use]
    pub fn commands() -> Self {
        Self::Commands { filter: Field::new("command"), selected: 0 }
    }
}

/// What a layer did with a key.
#[derive(Debug)]
pub enum Taken {
    /// It stays.
    Stay,
    /// It is closed.
    Close,
    /// It is closed, and this is done.
    Do(Vec<Task>),
    /// It stays, and this is done.
    Also(Vec<Task>),
    /// It is closed, and this is what was chosen.
    Act(Action),
    /// An account was chosen.
    Use(usize),
    /// The form is to be judged.
    Send(Form),
}

/// The lines of the help: the keys of the screen first, then those of everywhere.
#[must_use]
pub fn help_lines(app: &App, filter: &str) -> Vec<String> {
    let own = app.screen.actions();
    let line = |action: &Action| {
        let row = action.row();
        format!("{:<16} {}", app.settled.keys.shown(*action), row.title)
    };
    let wanted = filter.to_lowercase();
    let bound = |action: &&Action| !app.settled.keys.shown(**action).is_empty();
    let matching = |text: &String| text.to_lowercase().contains(&wanted);
    let mut lines: Vec<String> = own.iter().filter(bound).map(line).filter(matching).collect();
    if !lines.is_empty() {
        lines.insert(0, format!("On this screen: {}", app.screen.title()));
        lines.push(String::new());
    }
    let everywhere: Vec<String> =
        GLOBAL.iter().filter(|action| !own.contains(action)).filter(bound).map(line).filter(matching).collect();
    if !everywhere.is_empty() {
        lines.push("Everywhere".to_owned());
        lines.extend(everywhere);
    }
    if wanted.is_empty() {
        lines.extend(
            ["", "/ narrows this, esc closes it. Hold Shift to select text with the mouse."].map(str::to_owned),
        );
        lines.push(
            "For a screen reader: every action is a command too (`grant --help`), and `grant --plain`".to_owned(),
        );
        lines.push("asks with a numbered menu.".to_owned());
    }
    lines
}

/// The actions that a search finds, those of the screen first.
#[must_use]
pub fn commands(app: &App, filter: &str) -> Vec<Action> {
    let wanted = filter.to_lowercase();
    let own = app.screen.actions();
    let possible = own.iter().chain(GLOBAL.iter().filter(|action| !own.contains(action)));
    let moves = |action: &Action| action.row().line.is_none() && GLOBAL.contains(action);
    let found = possible.filter(|action| {
        let row = action.row();
        let text = format!("{} {} {}", row.name, row.title, row.line.unwrap_or_default()).to_lowercase();
        text.contains(&wanted)
    });
    found
        .filter(|action| !moves(action) || matches!(action, Action::Quit | Action::Mouse | Action::Reload))
        .copied()
        .collect()
}

/// Gives a key to a layer.
pub fn key(app: &App, layer: &mut Layer, event: KeyEvent, action: Option<Action>) -> Taken {
    let closes = event.code == KeyCode::Esc;
    match layer {
        Layer::Confirm { tasks, .. } => {
            if event.code == KeyCode::Char('y') {
                Taken::Do(tasks.clone())
            } else {
                Taken::Close
            }
        }
        Layer::TypeName { name, field, tasks, .. } => match event.code {
            KeyCode::Esc => Taken::Close,
            KeyCode::Enter if field.value() == name => Taken::Do(tasks.clone()),
            KeyCode::Enter => {
                field.note = Some("not that name".to_owned());
                Taken::Stay
            }
            _ => typed(field, event),
        },
        Layer::Help { filter, filtering, scroll } => {
            if *filtering {
                *filtering = !matches!(event.code, KeyCode::Esc | KeyCode::Enter);
                return typed(filter, event);
            }
            match action {
                Some(Action::Filter) => *filtering = true,
                _ if event.code == KeyCode::Char('/') => *filtering = true,
                Some(Action::Help | Action::Quit) => return Taken::Close,
                _ if closes => return Taken::Close,
                action => scrolled(scroll, action, help_lines(app, filter.value()).len()),
            }
            Taken::Stay
        }
        Layer::Commands { filter, selected } => {
            let found = commands(app, filter.value());
            match event.code {
                KeyCode::Esc => return Taken::Close,
                KeyCode::Up => *selected = selected.saturating_sub(1),
                KeyCode::Down => *selected = (*selected + 1).min(found.len().saturating_sub(1)),
                KeyCode::Enter => return found.get(*selected).map_or(Taken::Stay, |action| Taken::Act(*action)),
                _ => {
                    *selected = 0;
                    return typed(filter, event);
                }
            }
            Taken::Stay
        }
        Layer::Text { lines, scroll, .. } => {
            if closes || matches!(action, Some(Action::Open | Action::Quit)) {
                return Taken::Close;
            }
            scrolled(scroll, action, lines.len());
            Taken::Stay
        }
        Layer::Once { secret, name, .. } => match event.code {
            KeyCode::Esc => Taken::Close,
            KeyCode::Char('y') => Taken::Also(vec![Task::Copy(secret.clone(), name)]),
            _ => Taken::Stay,
        },
        Layer::Accounts { selected } => {
            let last = app.accounts.accounts.len().saturating_sub(1);
            match action {
                _ if closes => return Taken::Close,
                Some(Action::Up) => *selected = selected.saturating_sub(1),
                Some(Action::Down) => *selected = (*selected + 1).min(last),
                Some(Action::Open) => return Taken::Use(*selected),
                Some(Action::Quit) => return Taken::Close,
                _ => {}
            }
            Taken::Stay
        }
        Layer::Form(form) => form_key(form, event),
    }
}

fn typed(field: &mut Field, event: KeyEvent) -> Taken {
    field.note = None;
    field.key(event);
    Taken::Stay
}

/// Moves by lines or pages through so many lines.
pub fn scrolled(scroll: &mut u16, action: Option<Action>, lines: usize) {
    let last = u16::try_from(lines.saturating_sub(1)).unwrap_or(u16::MAX);
    *scroll = match action {
        Some(Action::Up) => scroll.saturating_sub(1),
        Some(Action::Down) => (*scroll + 1).min(last),
        Some(Action::PageUp) => scroll.saturating_sub(8),
        Some(Action::PageDown) => (*scroll + 8).min(last),
        Some(Action::Top) => 0,
        Some(Action::Bottom) => last,
        _ => *scroll,
    };
}

fn form_key(form: &mut Form, event: KeyEvent) -> Taken {
    let count = form.fields.len().max(1);
    match event.code {
        KeyCode::Esc => return Taken::Close,
        // What was sent is not changed any more.
        _ if form.sent.is_some() => {}
        KeyCode::Tab | KeyCode::Down => form.focus = (form.focus + 1) % count,
        KeyCode::BackTab | KeyCode::Up => form.focus = (form.focus + count - 1) % count,
        KeyCode::Enter if form.focus + 1 < count => form.focus += 1,
        KeyCode::Enter => return Taken::Send(form.clone()),
        _ => {
            form.fault = None;
            if let Some(field) = form.fields.get_mut(form.focus) {
                field.note = None;
                field.key(event);
            }
        }
    }
    Taken::Stay
}

/// Draws a layer; answers how far it can be scrolled.
pub fn draw(app: &App, layer: &Layer, frame: &mut Frame) -> u16 {
    let room = usize::from(frame.area().width.saturating_sub(6));
    let lines = |texts: &[String]| texts.iter().flat_map(|text| fold(text, room)).map(Line::from).collect::<Vec<_>>();
    match layer {
        Layer::Help { filter, filtering, scroll } => {
            let title = if *filtering || !filter.value().is_empty() {
                format!("keys · filter: {}", filter.value())
            } else {
                "keys".to_owned()
            };
            return over(frame, app.settled.theme, &title, lines(&help_lines(app, filter.value())), *scroll);
        }
        Layer::Commands { filter, selected } => draw_commands(app, filter, *selected, frame),
        Layer::Confirm { question, .. } => {
            let answer = Span::styled("[y/N]", app.settled.theme.style(Role::Strong));
            let mut told: Vec<_> = fold(question, room).into_iter().map(Line::from).collect();
            match told.last_mut() {
                Some(last) if last.width() + 7 <= room => last.extend([Span::raw("  "), answer]),
                _ => told.push(Line::from(answer)),
            }
            return over(frame, app.settled.theme, "sure?", told, 0);
        }
        Layer::TypeName { question, name, field, .. } => {
            let text = format!("{question} Type {} and press enter; esc leaves it as it is.", plain(name));
            let told = fold(&text, box_room(frame));
            let place = boxed(app, "sure?", told.len() + 2, frame);
            let below = u16::try_from(told.len() + 1).unwrap_or(u16::MAX);
            frame.render_widget(Paragraph::new(told.into_iter().map(Line::from).collect::<Vec<_>>()), place);
            field.draw(frame, app.settled.theme, row(place, below), 6, true);
        }
        Layer::Text { title, lines: texts, scroll } => {
            return over(frame, app.settled.theme, title, lines(texts), *scroll);
        }
        Layer::Once { title, secret, .. } => {
            let lines = vec![
                Line::styled(secret.expose().to_owned(), app.settled.theme.style(Role::Strong)),
                Line::raw(""),
                Line::raw("It is shown this once: the server keeps only its hash."),
                Line::raw("y copies it, esc closes this and forgets it"),
            ];
            return over(frame, app.settled.theme, title, lines, 0);
        }
        Layer::Accounts { selected } => {
            let active = app.account.as_ref().map(|account| account.name.as_str());
            let rows = app.accounts.accounts.iter().enumerate().map(|(at, account)| {
                let mark = if at == *selected { ">" } else { " " };
                let here = if active == Some(account.name.as_str()) { "  (this one)" } else { "" };
                let text = format!("{mark} {}  {}{here}", account.name, account.issuer);
                Line::styled(text, app.settled.theme.style(if at == *selected { Role::Selected } else { Role::Plain }))
            });
            return over(frame, app.settled.theme, "use which account?", rows.collect(), 0);
        }
        Layer::Form(form) => draw_form(app, form, frame),
    }
    0
}

fn draw_commands(app: &App, filter: &Field, selected: usize, frame: &mut Frame) {
    let found = commands(app, filter.value());
    let place = boxed(app, "commands", 18.min(ROWS.len()), frame);
    filter.draw(frame, app.settled.theme, row(place, 0), 8, true);
    let room = usize::from(place.height.saturating_sub(2));
    let from = (selected + 1).saturating_sub(room);
    for (at, action) in found.iter().enumerate().skip(from).take(room) {
        let (row_of, mark) = (action.row(), if at == selected { ">" } else { " " });
        let text = format!("{mark} {:<40} {}", row_of.title, row_of.line.unwrap_or_default());
        let style = app.settled.theme.style(if at == selected { Role::Selected } else { Role::Plain });
        let y = u16::try_from(at - from + 2).unwrap_or(u16::MAX);
        frame.render_widget(Line::styled(text, style), row(place, y));
    }
    if found.is_empty() {
        frame.render_widget("nothing is called that", row(place, 2));
    }
}

fn draw_form(app: &App, form: &Form, frame: &mut Frame) {
    let label = form.fields.iter().map(|field| field.label.chars().count()).max().unwrap_or_default() + 1;
    let (told, role) = match &form.fault {
        _ if form.sent.is_some() => (format!("{} sending", app.spinner()), Role::Plain),
        Some(fault) => (fault.clone(), Role::Bad),
        None if form.fields.len() > 1 => ("enter goes on, tab moves, esc closes".to_owned(), Role::Plain),
        None => ("enter goes on, esc closes".to_owned(), Role::Plain),
    };
    let told: Vec<_> = told.lines().flat_map(|line| fold(line, box_room(frame))).collect();
    let place = boxed(app, &form.title, form.fields.len() + 1 + told.len(), frame);
    for (at, field) in form.fields.iter().enumerate() {
        let y = u16::try_from(at).unwrap_or(u16::MAX);
        field.draw(frame, app.settled.theme, row(place, y), u16::try_from(label).unwrap_or(u16::MAX), at == form.focus);
    }
    for (at, text) in told.into_iter().enumerate() {
        let y = u16::try_from(form.fields.len() + 1 + at).unwrap_or(u16::MAX);
        frame.render_widget(Line::styled(text, app.settled.theme.style(role)), row(place, y));
    }
}

/// How wide a line in a box can be.
fn box_room(frame: &Frame) -> usize {
    usize::from(box_width(frame.area()).saturating_sub(4))
}

fn box_width(area: Rect) -> u16 {
    area.width.saturating_sub(6).min(84)
}

/// An empty box in the middle, for so many lines; its inside.
fn boxed(app: &App, title: &str, lines: usize, frame: &mut Frame) -> Rect {
    let height = u16::try_from(lines + 2).unwrap_or(u16::MAX);
    let place = middle(frame.area(), box_width(frame.area()), height);
    let outside = block(app.settled.theme, title, true);
    frame.render_widget(Clear, place);
    let inside = padded(outside.inner(place));
    frame.render_widget(outside, place);
    inside
}

/// One line of a box; an empty one below its end.
fn row(place: Rect, at: u16) -> Rect {
    let height = u16::from(at < place.height);
    Rect { y: place.y.saturating_add(at.min(place.height)), height, ..place }
}
