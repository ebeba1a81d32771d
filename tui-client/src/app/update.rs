//! What does a message change, and what is to be done about it? Pure: it reads no clock and asks nobody.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEventKind};

use super::keys::{Action, GLOBAL, Key};
use super::message::{Ask, Change, Did, Got, Look, Message, Task};
use super::parts::layer::{self, Layer, Purpose, Taken};
use super::screens::{self, Screen};
use super::state::{App, Renewing, Time};
use crate::accounts::Account;
use crate::failure::{Code, Failure};
use crate::reason;
use crate::renewal::Warning;
use crate::token_store::StoreKind;

/// Takes in what happened at that time.
pub fn update(app: &mut App, message: Message, time: Time) -> Vec<Task> {
    let jumped = app.set_time(time);
    let mut tasks = match message {
        Message::Key(event) if event.kind != KeyEventKind::Release => key(app, event),
        Message::Mouse(event) => mouse(app, event.kind, event.column, event.row),
        Message::Paste(text) => paste(app, &text),
        Message::Resumed => vec![Task::Mouse(app.settled.mouse), Task::Redraw, Task::Accounts],
        Message::Tick => tick(app),
        Message::Done(turn, did) if turn == app.turn => done(app, *did),
        Message::Done(_, did) => done_late(app, *did),
        // A new size, since all is drawn anew after a message; a key that is let go.
        Message::Resize | Message::Key(_) => Vec::new(),
    };
    if jumped {
        // The machine has slept, or its clock was set: what others did meanwhile is looked at at once.
        tasks.push(Task::Accounts);
        if matches!(app.renewing, Renewing::Waiting { .. }) {
            app.renewing = Renewing::No;
        }
    }
    tasks.extend(renew_when_due(app));
    tasks
}

/// Renews by itself what is due.
fn renew_when_due(app: &mut App) -> Option<Task> {
    let due = match app.renewing {
        Renewing::No => {
            let left = app.entry.as_ref().map(|entry| entry.left(app.now()) - entry.due_for_all_at());
            app.ended().is_none() && left.is_some_and(|left| left <= 0)
        }
        Renewing::Since(_) => false,
        Renewing::Waiting { until, .. } => app.ended().is_none() && app.now() >= until,
    };
    due.then(|| start_renewal(app, false))
}

fn start_renewal(app: &mut App, new: bool) -> Task {
    app.renewing = Renewing::Since(app.now());
    Task::Renew { new }
}

fn tick(app: &mut App) -> Vec<Task> {
    let now = app.now();
    if app.notice.as_ref().and_then(|notice| notice.until).is_some_and(|until| until <= now) {
        app.notice = None;
    }
    screens::tick(app)
}

fn key(app: &mut App, event: KeyEvent) -> Vec<Task> {
    let pressed = Key::of(event);
    // Nothing takes this key from the one who wants to leave.
    if event.code == KeyCode::Char('c') && event.modifiers.contains(KeyModifiers::CONTROL) {
        return vec![Task::Quit];
    }
    // Nor these, from whoever types, unless they are letters by now.
    if let Some(action) =
        app.settled.keys.action(pressed, &[&[Action::Suspend, Action::Redraw]]).filter(|_| !pressed.is_text())
    {
        return act(app, action);
    }
    if app.notice.as_ref().is_some_and(|notice| notice.bad) {
        app.notice = None;
    }
    if let Some(mut layer) = app.layers.pop() {
        let action = app.settled.keys.action(pressed, &[GLOBAL]);
        let taken = layer::key(app, &mut layer, event, action);
        return take(app, layer, taken);
    }
    if let Some(tasks) = screens::types(app, event) {
        return tasks;
    }
    // What the server is asked for must find us here.
    if app.screen == Screen::SignIn && app.sign_in.is_busy() {
        return Vec::new();
    }
    app.settled.keys.action(pressed, &[app.screen.actions(), GLOBAL]).map(|action| act(app, action)).unwrap_or_default()
}

fn take(app: &mut App, layer: Layer, taken: Taken) -> Vec<Task> {
    match taken {
        Taken::Stay => app.layers.push(layer),
        Taken::Close => {}
        Taken::Do(tasks) => return tasks,
        Taken::Also(tasks) => {
            app.layers.push(layer);
            return tasks;
        }
        Taken::Act(action) => return act(app, action),
        Taken::Use(account) => return use_account(app, *account),
        Taken::Send(form) => return screens::send(app, form),
    }
    Vec::new()
}

fn use_account(app: &mut App, account: Account) -> Vec<Task> {
    // One that is kept nowhere stands in no list that others read.
    let listed = (account.store != StoreKind::Memory).then(|| Task::Use(account.clone()));
    listed.into_iter().chain(app.turn_to(account)).collect()
}

/// Does what was asked for: what is everywhere the same here, the rest on its screen.
pub fn act(app: &mut App, action: Action) -> Vec<Task> {
    let nobody = app.account.is_none();
    match action {
        Action::Quit => return vec![Task::Quit],
        Action::Suspend => return vec![Task::Suspend],
        Action::Redraw => return vec![Task::Redraw],
        Action::Help => app.layers.push(Layer::help()),
        Action::Commands => app.layers.push(Layer::commands()),
        Action::Mouse => {
            app.settled.mouse = !app.settled.mouse;
            app.tell(if app.settled.mouse {
                "the mouse is ours: hold Shift to select text"
            } else {
                "the mouse is the terminal's"
            });
            return vec![Task::Mouse(app.settled.mouse)];
        }
        Action::Switch if app.accounts.accounts.is_empty() => app.tell("no account is signed in here"),
        Action::Switch => {
            let active = app.account.as_ref().map(|account| account.name.clone());
            let accounts = app.accounts.accounts.clone();
            let selected = accounts.iter().position(|account| Some(&account.name) == active.as_ref()).unwrap_or(0);
            app.layers.push(Layer::Accounts { accounts, selected });
        }
        Action::SignIn => return screens::sign_in::enter(app),
        _ if Screen::of(action).is_some() && nobody => app.tell("sign in first"),
        _ => match Screen::of(action) {
            Some(screen) => return go(app, screen),
            None => return screens::act(app, action),
        },
    }
    Vec::new()
}

/// Goes to a screen, and fetches what it shows when that is not there yet.
pub fn go(app: &mut App, screen: Screen) -> Vec<Task> {
    app.screen = screen;
    screens::arrive(app)
}

fn mouse(app: &mut App, kind: MouseEventKind, column: u16, row: u16) -> Vec<Task> {
    match kind {
        MouseEventKind::ScrollUp => wheel(app, Action::Up),
        MouseEventKind::ScrollDown => wheel(app, Action::Down),
        MouseEventKind::Down(MouseButton::Left) if app.layers.is_empty() => {
            let tab = app.tabs.iter().find(|(area, _)| area.contains((column, row).into())).map(|(_, screen)| *screen);
            match tab {
                Some(screen) => go(app, screen),
                None => screens::click(app, column, row),
            }
        }
        _ => Vec::new(),
    }
}

fn wheel(app: &mut App, action: Action) -> Vec<Task> {
    let Some(mut layer) = app.layers.pop() else { return screens::act(app, action) };
    let code = if action == Action::Up { KeyCode::Up } else { KeyCode::Down };
    // A question is not closed by a wheel.
    if !matches!(layer, Layer::Confirm { .. } | Layer::TypeName { .. } | Layer::Once { .. } | Layer::Form(_)) {
        layer::key(app, &mut layer, KeyEvent::new(code, KeyModifiers::NONE), Some(action));
    }
    app.layers.push(layer);
    Vec::new()
}

fn paste(app: &mut App, text: &str) -> Vec<Task> {
    match app.layers.last_mut() {
        // A token may be in several lines, and longer than any field.
        Some(Layer::Form(form)) if form.purpose == Purpose::Token => {
            app.layers.pop();
            return screens::paste(app, text);
        }
        Some(Layer::Form(form)) if form.sent.is_none() => {
            if let Some(field) = form.fields.get_mut(form.focus) {
                field.paste(text);
            }
        }
        Some(Layer::TypeName { field, .. }) => field.paste(text),
        Some(Layer::Help { filter, .. } | Layer::Commands { filter, .. }) => filter.paste(text),
        Some(_) => {}
        None => return screens::paste(app, text),
    }
    Vec::new()
}

fn done(app: &mut App, did: Did) -> Vec<Task> {
    match did {
        Did::Accounts(Ok(accounts)) => return accounts_changed(app, accounts),
        Did::Looked(look) => return looked(app, look),
        Did::Renewed(renewed, look) => {
            let mut tasks = looked(app, look);
            tasks.extend(renewed_or_not(app, renewed));
            return tasks;
        }
        Did::Health(health) => app.health.come(health),
        Did::Got(ask, got) => return came(app, &ask, got),
        Did::Changed(change, answer) => return changed(app, change, answer),
        Did::Probed(store, probed) => screens::sign_in::probed(app, store, probed),
        Did::Checked(server, checked) => screens::sign_in::checked(app, &server, checked),
        Did::SignedIn(Ok((account, warning))) => {
            let tasks = app.turn_to(account.clone());
            app.list(account.clone());
            app.tell(warning.unwrap_or_else(|| format!("signed in to {} as {}", account.issuer, account.username)));
            return tasks;
        }
        Did::SignedIn(Err(failure)) => screens::sign_in::refused(app, failure),
        Did::SignedOut(account, Ok(warning)) => {
            app.unlist(&account);
            app.forget_account();
            let tasks = screens::sign_in::enter(app);
            app.tell(warning.unwrap_or_else(|| format!("{} is signed out", account.name)));
            return tasks;
        }
        Did::Accounts(Err(failure)) | Did::SignedOut(_, Err(failure)) => app.complain(&failure),
        Did::Verified(token, checks) => screens::token::verified(app, token, checks),
    }
    Vec::new()
}

/// What was asked for somebody else, or before they left: only what nobody could find out again is taken in.
fn done_late(app: &mut App, did: Did) -> Vec<Task> {
    match did {
        Did::SignedIn(_) => return done(app, did),
        Did::SignedOut(account, Ok(warning)) => {
            app.unlist(&account);
            app.tell(warning.unwrap_or_else(|| format!("{} is signed out", account.name)));
        }
        Did::SignedOut(_, Err(failure)) | Did::Changed(_, Err(failure)) => app.complain(&failure),
        Did::Changed(change, Ok(answer)) => {
            app.tell(change.done);
            screens::changed(app, answer.as_ref());
        }
        _ => {}
    }
    Vec::new()
}

fn looked(app: &mut App, look: Look) -> Vec<Task> {
    app.renewals = look.renewals;
    screens::activity::gather(app);
    match look.entry {
        Ok(entry) => {
            // Somebody has signed in again.
            if app.entry.as_ref().is_some_and(|before| before.session_id != entry.session_id) {
                app.told_end = None;
            }
            (app.entry, app.store_failure) = (Some(entry), None);
        }
        // A session that has ended may have no entry any more: that is said already.
        Err(failure) if app.ended().is_none() => {
            app.complain(&failure);
            app.store_failure = Some(failure);
        }
        Err(_) => {}
    }
    screens::token::looked(app)
}

/// Another process may have signed somebody in or out, or found that a session has ended.
fn accounts_changed(app: &mut App, accounts: crate::accounts::Accounts) -> Vec<Task> {
    let unlisted = app.accounts.accounts.iter().filter(|account| account.store == StoreKind::Memory).cloned();
    let unlisted: Vec<_> = unlisted.collect();
    app.accounts = accounts;
    app.accounts.accounts.extend(unlisted);
    let Some(shown) = &app.account else { return Vec::new() };
    let key = shown.key();
    let store = shown.store;
    let mut all = app.accounts.accounts.iter();
    let Some(now) = all.find(|account| account.key() == key && account.store == store).cloned() else {
        // It stays in view as ended: whoever is typing is not to find themselves elsewhere.
        app.told_end.get_or_insert_with(|| "signed_out".to_owned());
        app.tell("another program has taken this account from this machine");
        return Vec::new();
    };
    app.account = Some(now);
    vec![Task::Look]
}

fn renewed_or_not(app: &mut App, renewed: Result<Option<Warning>, Failure>) -> Vec<Task> {
    match renewed {
        Ok(None) => app.is_renewed(),
        Ok(Some(warning @ Warning::JustRenewed)) => {
            app.is_renewed();
            app.tell(warning.to_string());
        }
        Ok(Some(Warning::Away(..))) => app.wait_longer(true),
        Err(failure) if failure.code == Code::Away => app.wait_longer(true),
        Err(failure) if failure.code == Code::SignIn && failure.reason.is_some() => return ended(app, failure),
        Err(failure) => {
            app.complain(&failure);
            app.wait_longer(false);
        }
    }
    Vec::new()
}

/// The session has ended: what other processes know of it is read too.
fn ended(app: &mut App, failure: Failure) -> Vec<Task> {
    app.is_renewed();
    app.told_end = failure.reason;
    vec![Task::Accounts]
}

fn came(app: &mut App, ask: &Ask, got: Result<Got, Failure>) -> Vec<Task> {
    if let Err(failure) = &got {
        // A token may be refused for other reasons than that its session has ended.
        if failure.code == Code::SignIn && failure.reason.as_deref().is_some_and(reason::ends_session) {
            let tasks = ended(app, failure.clone());
            app.complain(failure);
            screens::came(app, ask, got);
            return tasks;
        }
        if *ask != Ask::Me || failure.code != Code::Away {
            app.complain(&failure.clone().hint(format!("{} try again", app.settled.keys.first(Action::Reload))));
        }
    }
    screens::came(app, ask, got);
    Vec::new()
}

fn changed(app: &mut App, change: Change, answer: Result<Option<serde_json::Value>, Failure>) -> Vec<Task> {
    let form =
        app.layers.iter().position(|layer| matches!(layer, Layer::Form(form) if form.sent.as_deref() == Some(&change)));
    match answer {
        Ok(answer) => {
            if let Some(at) = form {
                app.layers.remove(at);
            }
            app.tell(change.done.clone());
            screens::changed(app, answer.as_ref());
            change.then.into_iter().map(|ask| screens::ask(app, ask)).collect()
        }
        Err(failure) => {
            match form.and_then(|at| app.layers.get_mut(at)) {
                Some(Layer::Form(form)) => {
                    form.refused(&failure);
                    app.note(&failure);
                }
                _ => app.complain(&failure),
            }
            match failure.code {
                // Whether the session has ended stands in the list of accounts.
                Code::SignIn => vec![Task::Accounts],
                // What is gone should not be on a list, and a lost role shows nothing more to do.
                Code::NotFound => change.then.into_iter().map(|ask| screens::ask(app, ask)).collect(),
                Code::Refused => vec![app.ask_me()],
                _ => Vec::new(),
            }
        }
    }
}
