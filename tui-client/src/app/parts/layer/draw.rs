//! How does a layer look?

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Paragraph};

use super::{Form, Layer, commands, help_lines, line_of};
use crate::app::keys::ROWS;
use crate::app::parts::form::Field;
use crate::app::parts::{block, cut, fold, middle, over, padded};
use crate::app::state::App;
use crate::app::theme::Role;
use crate::failure::plain;

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
        Layer::Accounts { accounts, selected } => {
            let active = app.account.as_ref().map(|account| (account.name.as_str(), account.store));
            let rows = accounts.iter().enumerate().map(|(at, account)| {
                let mark = if at == *selected { ">" } else { " " };
                let here = if active == Some((account.name.as_str(), account.store)) { "  (this one)" } else { "" };
                let text =
                    plain(&format!("{mark} {}  {}  {}{here}", account.name, account.issuer, account.store.as_str()));
                // A line each, so that what is selected can be scrolled to.
                let text = cut(&text, room);
                Line::styled(text, app.settled.theme.style(if at == *selected { Role::Selected } else { Role::Plain }))
            });
            let fits = frame.area().height.saturating_sub(4);
            let scroll = u16::try_from(*selected + 1).unwrap_or(u16::MAX).saturating_sub(fits);
            return over(frame, app.settled.theme, "use which account?", rows.collect(), scroll);
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
        let text = format!("{mark} {:<40} {}", row_of.title, line_of(app, *action));
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
