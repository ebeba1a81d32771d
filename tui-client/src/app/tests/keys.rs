//! Is every key in the help, and every action somewhere?

use super::*;
use crate::app::keys::{Action, GLOBAL, Key, ROWS};
use crate::app::parts::layer::help_lines;
use crate::app::screens::{ALL, Screen};

#[test]
fn every_action_has_one_row_and_is_possible_somewhere() {
    for row in &ROWS {
        assert_eq!(ROWS.iter().filter(|other| other.action == row.action || other.name == row.name).count(), 1);
        assert_eq!(row.action.row().name, row.name);
        let possible = GLOBAL.contains(&row.action) || ALL.iter().any(|screen| screen.actions().contains(&row.action));
        assert!(possible, "{}", row.name);
    }
}

#[test]
fn the_help_lists_exactly_the_keys_of_the_screen() {
    for screen in ALL {
        let mut app = signed_in();
        app.screen = screen;
        let lines = help_lines(&app, "");
        let own = screen.actions();
        for row in &ROWS {
            for name in row.keys {
                let key = Key::parse(name).unwrap();
                let text = screen == Screen::SignIn && key.is_text();
                let does = app.settled.keys.action(key, &[own, GLOBAL]) == Some(row.action) && !text;
                let shown = name.replace("backtab", "shift-tab").replace("up", "↑").replace("page↑", "pageup");
                let shown =
                    shown.replace("down", "↓").replace("page↓", "pagedown").replace("left", "←").replace("right", "→");
                let listed = lines.iter().any(|line| {
                    let (keys, title) =
                        line.split_at_checked(line.char_indices().nth(16).map_or(0, |(at, _)| at)).unwrap();
                    title.trim() == row.title && keys.split_whitespace().any(|key| key == shown)
                });
                assert_eq!(listed, does, "{screen:?} {} {name}", row.name);
            }
        }
    }
}

#[test]
fn keys_can_be_settled_and_a_clash_is_told() {
    let settled = |pairs: &[(&str, &str)]| {
        let keys = pairs.iter().map(|(name, key)| ((*name).to_owned(), vec![(*key).to_owned()]));
        Keymap::new(&keys.collect())
    };
    let keys = settled(&[("renew", "f9")]).unwrap();
    assert_eq!((keys.first(Action::Renew), keys.first(Action::Copy)), ("f9".to_owned(), "y".to_owned()));
    for (pairs, told) in [
        (&[("renew", "y")][..], "`y` is both renew and copy"),
        (&[("renw", "y")][..], "there is no action `renw`"),
        (&[("renew", "ctrl-")][..], "`ctrl-` is no key"),
    ] {
        assert!(settled(pairs).unwrap_err().error.contains(told), "{told}");
    }
}

#[test]
fn everything_that_can_be_done_is_found_by_name_and_names_its_command() {
    let mut app = signed_in();
    assert_eq!(press(&mut app, ":sign out<enter>"), []);
    insta::assert_snapshot!("question-sign-out", screens(&mut app));
    press(&mut app, "<esc>:");
    insta::assert_snapshot!("commands", screens(&mut app));
    press(&mut app, "<esc>?");
    insta::assert_snapshot!("help", screens(&mut app));
    for row in ROWS.iter().filter(|row| !GLOBAL.contains(&row.action)) {
        let list = [Action::Mark, Action::Filter, Action::Sort].contains(&row.action);
        assert!(list || row.line.is_some(), "{} has no command", row.name);
    }
}

#[test]
fn a_text_that_was_scrolled_to_its_end_comes_back_at_the_first_key() {
    let mut app = signed_in();
    press(&mut app, "?");
    let above = screen(&mut app, (60, 16));
    press(&mut app, "G");
    let end = screen(&mut app, (60, 16));
    assert!(above.contains("more") && !end.contains("more") && end.contains("numbered menu"), "{end}");
    press(&mut app, "k");
    assert_ne!(screen(&mut app, (60, 16)), end);
}

#[test]
fn escape_closes_any_layer_and_ctrl_c_leaves_from_anywhere() {
    for keys in ["?", ":", "l", "2", "a", "?/x"] {
        let mut app = signed_in();
        press(&mut app, keys);
        press(&mut app, "<esc><esc>");
        assert!(app.layers.is_empty(), "{keys}");
        press(&mut app, keys);
        assert_eq!(press(&mut app, "<ctrl-c>").last(), Some(&Task::Quit), "{keys}");
    }
    let mut app = signed_out();
    assert_eq!(press(&mut app, "q"), []);
    assert_eq!(press(&mut app, "<ctrl-c>"), [Task::Quit]);
}

/// The keys as the reference shows them.
fn table() -> String {
    let rows = ROWS.iter().map(|row| {
        let screens = ALL.iter().filter(|screen| screen.actions().contains(&row.action)).map(|screen| screen.title());
        let place =
            if GLOBAL.contains(&row.action) { "everywhere".to_owned() } else { screens.collect::<Vec<_>>().join(", ") };
        let keys = row.keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" ");
        let line = row.line.map(|line| format!("`{line}` ")).unwrap_or_default();
        format!("| `{}` | {keys} | {} | {place} | {line}|", row.name, row.title)
    });
    rows.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_reference_has_the_table_of_the_keys() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/grant.md");
    let reference = std::fs::read_to_string(path).unwrap();
    let rows = reference.lines().skip_while(|line| !line.starts_with("| action |")).skip(2);
    let table = table();
    let same = rows.take_while(|line| line.starts_with('|')).eq(table.lines());
    assert!(same, "the table of {path} is to be\n{table}");
}
