//! Can it be read: without colours, without Unicode, on any background, in any size?

use ratatui::style::{Color, Modifier};

use super::*;
use crate::app::theme::Role;

fn buffer(app: &mut App) -> ratatui::buffer::Buffer {
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw::draw(app, frame)).unwrap();
    terminal.backend().buffer().clone()
}

#[test]
fn a_terminal_that_is_too_small_is_told_the_size_that_is_needed() {
    let mut app = signed_in();
    for size in [(20, 5), (1, 1), (59, 16), (60, 15), (200, 3)] {
        let shown = screen(&mut app, size);
        assert!(size == (1, 1) || shown.replace(['\n', '"', ' '], "").contains("grantneeds60"), "{shown}");
    }
}

#[test]
fn without_colours_the_selected_row_is_still_reverse() {
    let mut app = signed_in();
    app.settled.theme = Theme::Mono;
    press(&mut app, "2");
    let sessions = vec![session("ses_01jq", "grant/0.1.0", "2026-11-21T14:02:09Z")];
    tell(&mut app, Did::Got(Ask::Sessions, Ok(Got::Sessions(sessions))));
    let buffer = buffer(&mut app);
    assert!(buffer.content.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    let reversed = buffer.content.iter().filter(|cell| cell.modifier.contains(Modifier::REVERSED));
    let text: String = reversed.map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains("grant/0.1.0"), "{text}");
}

#[test]
fn with_ascii_alone_nothing_else_is_drawn() {
    for keys in ["", "2", "3", "4", "5", "6", "?", ":", "l"] {
        let mut app = signed_in();
        app.settled.ascii = true;
        press(&mut app, keys);
        assert!(screen(&mut app, (80, 24)).is_ascii(), "{keys}");
    }
    let mut app = signed_in();
    app.settled.ascii = true;
    insta::assert_snapshot!("ascii", screens(&mut app));
}

/// Of one of xterm's sixteen colours.
fn luminance(color: Color) -> f64 {
    let (r, g, b) = match color {
        Color::Green => (0, 205, 0),
        Color::Yellow => (205, 205, 0),
        Color::Cyan => (0, 205, 205),
        Color::LightRed => (255, 0, 0),
        Color::Blue => (0, 0, 238),
        Color::Magenta => (205, 0, 205),
        Color::Red => (205, 0, 0),
        Color::LightMagenta => (255, 0, 255),
        other => panic!("{other} was not measured"),
    };
    let part = |value: i32| {
        let value = f64::from(value) / 255.0;
        if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b)
}

#[test]
fn every_colour_can_be_read_on_its_background() {
    for (theme, background) in [(Theme::Light, 1.0), (Theme::Dark, 0.0)] {
        for role in
            [Role::Plain, Role::Strong, Role::Good, Role::Soon, Role::Bad, Role::Alarm, Role::Key, Role::Selected]
        {
            let Some(color) = theme.color(role) else { continue };
            let (a, b) = (luminance(color) + 0.05, background + 0.05);
            let contrast = f64::max(a / b, b / a);
            assert!(contrast >= 4.5, "{theme:?} {role:?} {color}: {contrast:.2}");
        }
    }
}

#[test]
fn text_of_others_commands_no_terminal() {
    let mut app = signed_in();
    press(&mut app, "2");
    let hostile = session("ses_02", "a\u{1b}[31mred\u{202e}evil\u{7}", "2026-11-21T14:02:09Z");
    tell(&mut app, Did::Got(Ask::Sessions, Ok(Got::Sessions(vec![hostile]))));
    let shown = screen(&mut app, (80, 24));
    assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{shown:?}");
}

#[test]
fn a_long_line_is_folded_between_words_below_its_value() {
    use crate::app::parts::fold;
    assert_eq!(fold("why   it was ended by somebody", 16), ["why   it was", "      ended by", "      somebody"]);
    assert_eq!(fold("one two three", 7), ["one two", "three"]);
    assert_eq!(fold("abcdefghij", 4), ["abcd", "efgh", "ij"]);
    assert_eq!(fold("id    abcdefghijklmnopqrstuvwx", 16), ["id    abcdefghij", "      klmnopqrst", "      uvwx"]);
    assert_eq!(fold("", 4), [""]);
    assert_eq!(fold("界界界界", 4), ["界界", "界界"]);
}
