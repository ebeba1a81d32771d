//! What is in the help and in the list of commands? What the table of keys says, for the screen that is shown.

use crate::app::keys::{Action, GLOBAL};
use crate::app::screens::{Screen, admin};
use crate::app::state::App;

/// The lines of the help: the keys of the screen first, then those of everywhere.
#[must_use]
pub fn help_lines(app: &App, filter: &str) -> Vec<String> {
    let own = app.screen.actions();
    let typing = app.screen == Screen::SignIn;
    let keys = |action: Action| app.settled.keys.shown(action, &[own, GLOBAL], typing);
    let line = |action: &Action| format!("{:<16} {}", keys(*action), action.row().title);
    let wanted = filter.to_lowercase();
    let bound = |action: &&Action| !keys(**action).is_empty();
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
        let text = format!("{} {} {}", row.name, row.title, line_of(app, **action)).to_lowercase();
        text.contains(&wanted)
    });
    found
        .filter(|action| !moves(action) || matches!(action, Action::Quit | Action::Mouse | Action::Reload))
        .copied()
        .collect()
}

/// The command that does the same, as this screen means it.
#[must_use]
pub fn line_of(app: &App, action: Action) -> &'static str {
    match (app.screen, action) {
        (Screen::Admin, action) => admin::line_of(app, action),
        _ => None,
    }
    .or(action.row().line)
    .unwrap_or_default()
}
