//! What is on the screen? Tabs above, the screen, what lies over it, and the keys below.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Color;
use ratatui::text::{Line, Span};
use ratatui::widgets::Paragraph;
use unicode_width::UnicodeWidthStr;

use super::keys::{Action, GLOBAL};
use super::parts::cut;
use super::parts::layer::{self, Layer};
use super::screens::{self, Screen};
use super::state::App;
use super::theme::{self, Role, Theme};
use crate::failure::plain;

/// The smallest terminal that is drawn on.
const SMALLEST: (u16, u16) = (60, 16);

/// Draws all of it.
pub fn draw(app: &mut App, frame: &mut Frame) {
    let area = frame.area();
    if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        let text = format!(
            "grant needs {} by {} characters, and this is {} by {}",
            SMALLEST.0, SMALLEST.1, area.width, area.height
        );
        frame.render_widget(Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }), area);
    } else {
        let [above, middle, below] =
            Layout::vertical([Constraint::Length(1), Constraint::Min(1), Constraint::Length(1)]).areas(area);
        draw_tabs(app, frame, above);
        screens::draw(app, frame, middle);
        draw_bar(app, frame, below);
        for mut layer in std::mem::take(&mut app.layers) {
            let most = layer::draw(app, &layer, frame);
            // What was scrolled too far comes back at the first key.
            if let Layer::Help { scroll, .. } | Layer::Text { scroll, .. } = &mut layer {
                *scroll = most.min(*scroll);
            }
            app.layers.push(layer);
        }
    }
    let buffer = frame.buffer_mut();
    if matches!(app.settled.theme, Theme::Mono | Theme::HighContrast) {
        for cell in &mut buffer.content {
            cell.set_fg(Color::Reset).set_bg(Color::Reset);
        }
    }
    if app.settled.ascii {
        theme::to_ascii(buffer);
    }
}

fn draw_tabs(app: &mut App, frame: &mut Frame, area: Rect) {
    app.tabs.clear();
    if app.screen == Screen::SignIn {
        let text = format!(" grant {}", env!("CARGO_PKG_VERSION"));
        frame.render_widget(Line::styled(text, app.settled.theme.style(Role::Strong)), area);
        return;
    }
    let account = app.account.as_ref().map(|account| plain(&account.name)).unwrap_or_default();
    let name = format!("{} ▾ ", cut(&account, 16));
    let name_width = u16::try_from(name.chars().count()).unwrap_or(0);
    let mut x = area.x + 1;
    let title = "grant";
    frame.render_widget(Line::styled(title, app.settled.theme.style(Role::Strong)), Rect { x, width: 5, ..area });
    x += 7;
    // In a narrow window the names give way, not the numbers.
    let tabs = Screen::tabs(app);
    let whole: usize = tabs.iter().map(|screen| screen.title().len() + 4).sum();
    let narrow = usize::from(area.width.saturating_sub(x + name_width)) < whole;
    for (at, screen) in tabs.into_iter().enumerate() {
        let selected = screen == app.screen;
        let title = if narrow && !selected { screen.title().get(..3).unwrap_or_default() } else { screen.title() };
        let text = format!("{} {title}", at + 1);
        let width = u16::try_from(text.len()).unwrap_or(0).min(area.right().saturating_sub(x));
        let place = Rect { x, width, ..area };
        let role = if selected { Role::Selected } else { Role::Plain };
        frame.render_widget(Line::styled(text, app.settled.theme.style(role)), place);
        app.tabs.push((place, screen));
        x += width + 2;
    }
    let x = area.right().saturating_sub(name_width);
    frame.render_widget(name, Rect { x, width: name_width, ..area });
}

/// What happened last, or what can be pressed.
fn draw_bar(app: &App, frame: &mut Frame, area: Rect) {
    if let Some(notice) = &app.notice {
        let role = if notice.bad { Role::Bad } else { Role::Strong };
        let mark = if notice.bad { "! " } else { "" };
        let text = shortened(&format!(" {mark}{}", notice.text), area.width.into());
        frame.render_widget(Line::styled(text, app.settled.theme.style(role)), area);
        return;
    }
    let mut spans = vec![Span::raw(" ")];
    for (key, title) in bar(app, area.width.into()) {
        spans.push(Span::styled(key, app.settled.theme.style(Role::Key)));
        spans.push(Span::raw(format!(" {title}   ")));
    }
    frame.render_widget(Line::from(spans), area);
}

/// What happened gives way to the way on, which stands behind the last dot.
fn shortened(text: &str, width: usize) -> String {
    match text.rsplit_once(" · ") {
        Some((what, way_on)) if way_on.width() + 3 <= width / 3 => {
            format!("{} · {way_on}", cut(what, width - way_on.width() - 3))
        }
        _ => cut(text, width),
    }
}

/// The keys of the last line: what the screen can do, as far as there is room, and always the way to all others.
fn bar(app: &App, width: usize) -> Vec<(String, String)> {
    if app.screen == Screen::SignIn {
        let keys = [("enter", "go on"), ("tab", "next field"), ("f1", "keys"), ("ctrl-c", "leave")];
        return keys.map(|(key, title)| (key.to_owned(), title.to_owned())).to_vec();
    }
    let own = app.screen.actions().iter().filter(|action| !GLOBAL.contains(action) && screens::takes(app, **action));
    let ways = [Action::Help, Action::Commands, Action::Quit];
    let short = |action: &Action| {
        let title = match action {
            Action::Help => "help",
            Action::Commands => "commands",
            action => action.row().name,
        };
        (app.settled.keys.first(*action), title.replace('-', " "))
    };
    let width_of = |(key, title): &(String, String)| key.chars().count() + title.len() + 4;
    let bound = |(key, _): &(String, String)| !key.is_empty();
    let ways: Vec<_> = ways.iter().map(short).filter(bound).collect();
    // The last one needs no gap behind it.
    let mut room = (width + 2).saturating_sub(ways.iter().map(width_of).sum());
    let fits = |entry: &(String, String)| {
        let fits = width_of(entry) <= room;
        room = if fits { room - width_of(entry) } else { 0 };
        fits
    };
    let own: Vec<_> = own.map(short).filter(bound).take_while(fits).collect();
    let mut keys = ways;
    let at = keys.len().min(1);
    keys.splice(at..at, own);
    keys
}
