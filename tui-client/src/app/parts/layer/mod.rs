//! What can lie over a screen? Help, the commands, a question, a text, a form. Esc closes each.

mod draw;
mod help;

use crossterm::event::{KeyCode, KeyEvent};
pub use draw::draw;
pub use help::{commands, help_lines, line_of};

use super::form::Field;
use crate::accounts::Account;
use crate::app::keys::Action;
use crate::app::message::{Change, Task};
use crate::app::state::App;
use crate::failure::{Code, Failure};
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
        /// Those that there were when it was asked for.
        accounts: Vec<Account>,
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
    Use(Box<Account>),
    /// The form is to be judged.
    Send(Form),
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
        Layer::Accounts { accounts, selected } => {
            let last = accounts.len().saturating_sub(1);
            match action {
                _ if closes => return Taken::Close,
                Some(Action::Up) => *selected = selected.saturating_sub(1),
                Some(Action::Down) => *selected = (*selected + 1).min(last),
                Some(Action::Open) => {
                    let chosen = accounts.get(*selected).cloned();
                    return chosen.map_or(Taken::Close, |account| Taken::Use(Box::new(account)));
                }
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
