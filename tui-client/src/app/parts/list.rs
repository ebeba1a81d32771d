//! How is a list shown and gone through? Narrowed, ordered, marked and scrolled, the same on every screen.

use std::collections::BTreeSet;

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::text::Line;
use ratatui::widgets::{Cell, Row as TableRow, Table, TableState};
use unicode_width::UnicodeWidthStr;

use super::form::Field;
use super::loaded::Loaded;
use super::{block, cut, padded};
use crate::app::keys::Action;
use crate::app::state::App;
use crate::app::theme::Role;
use crate::failure::{Failure, plain};

/// As many rows as the server gives at once, and as are shown of what happened.
pub const PAGE: usize = 200;
/// As many rows as are shown of anything else.
pub const MOST: usize = 10 * PAGE;

/// What can be a row.
pub trait Row {
    /// What tells it from the others.
    fn id(&self) -> &str;
    /// What is shown of it, a text a column.
    fn cells(&self, app: &App) -> Vec<String>;
    /// By what it is ordered in that column, where that is not what is shown: a time that is told in words.
    fn key(&self, _app: &App, _column: usize) -> Option<String> {
        None
    }
    /// What of it matters most to the eye.
    fn role(&self) -> Role {
        Role::Plain
    }
}

/// A list and where its reader is in it.
#[derive(Clone, Debug)]
pub struct List<T> {
    /// Its rows.
    pub loaded: Loaded<Vec<T>>,
    /// Which of the rows that are shown is selected.
    pub selected: usize,
    /// What narrows it.
    pub filter: Field,
    /// Whether that is being typed.
    pub filtering: bool,
    /// The ids of those that are marked.
    pub marks: BTreeSet<String>,
    /// By which column it is ordered; none for the server's order.
    pub sort: Option<usize>,
    /// Where it was drawn last, and from which row on: what a click needs.
    pub drawn: Option<(Rect, usize)>,
}

impl<T> Default for List<T> {
    fn default() -> Self {
        Self {
            loaded: Loaded::default(),
            selected: 0,
            filter: Field::new("filter"),
            filtering: false,
            marks: BTreeSet::new(),
            sort: None,
            drawn: None,
        }
    }
}

/// How a list is told.
#[derive(Debug)]
pub struct Words<'a> {
    /// What it is called.
    pub title: &'a str,
    /// The heads of its columns.
    pub heads: &'a [&'a str],
    /// How wide they are.
    pub widths: &'a [Constraint],
    /// What is said when there is nothing.
    pub empty: &'a str,
    /// As many rows as are fetched, and the command that shows the others.
    pub most: (usize, &'a str),
}

impl<T: Row> List<T> {
    /// The rows that are shown, in their order.
    #[must_use]
    pub fn shown(&self, app: &App) -> Vec<&T> {
        let wanted = self.filter.value().to_lowercase();
        let rows = self.loaded.value.iter().flatten();
        let mut rows: Vec<_> =
            rows.filter(|row| wanted.is_empty() || row.cells(app).join(" ").to_lowercase().contains(&wanted)).collect();
        if let Some(column) = self.sort {
            rows.sort_by_cached_key(|row| {
                row.key(app, column).or_else(|| row.cells(app).get(column).map(|cell| cell.to_lowercase()))
            });
        }
        rows
    }

    /// The row that is selected.
    #[must_use]
    pub fn current(&self, app: &App) -> Option<&T> {
        self.shown(app).get(self.selected).copied()
    }

    /// Those that are marked, or else the selected one.
    #[must_use]
    pub fn meant(&self, app: &App) -> Vec<&T> {
        let marked: Vec<_> = self.shown(app).into_iter().filter(|row| self.marks.contains(row.id())).collect();
        if marked.is_empty() { self.current(app).into_iter().collect() } else { marked }
    }

    fn come(&mut self, app: &App, answer: Result<Vec<T>, Failure>) {
        let chosen = self.current(app).map(|row| row.id().to_owned());
        self.loaded.come(answer);
        let (count, at) = {
            let shown = self.shown(app);
            (shown.len(), shown.iter().position(|row| Some(row.id()) == chosen.as_deref()))
        };
        // Whoever is at the top wants to see what is new.
        if self.selected > 0 {
            self.selected = at.unwrap_or(self.selected).min(count.saturating_sub(1));
        }
        let known: BTreeSet<_> = self.loaded.value.iter().flatten().map(|row| row.id().to_owned()).collect();
        self.marks.retain(|id| known.contains(id));
    }

    /// Does what goes on inside a list; tells whether it was that.
    pub fn act(&mut self, action: Action, rows: usize, columns: usize) -> bool {
        let last = rows.saturating_sub(1);
        let half = self.drawn.map_or(5, |(area, _)| usize::from(area.height / 2).max(1));
        match action {
            Action::Up => self.selected = self.selected.saturating_sub(1),
            Action::Down => self.selected = (self.selected + 1).min(last),
            Action::Top => self.selected = 0,
            Action::Bottom => self.selected = last,
            Action::PageUp => self.selected = self.selected.saturating_sub(half),
            Action::PageDown => self.selected = (self.selected + half).min(last),
            Action::Filter => self.filtering = true,
            Action::Sort => {
                let next = self.sort.map_or(0, |column| column + 1);
                self.sort = (next < columns).then_some(next);
            }
            Action::Back if !self.filter.value().is_empty() => {
                self.filter.input.reset();
                self.selected = 0;
            }
            _ => return false,
        }
        true
    }

    /// Takes a key as text of the filter, when that is being typed.
    pub fn types(&mut self, event: KeyEvent) -> bool {
        if !self.filtering {
            return false;
        }
        match event.code {
            KeyCode::Enter => self.filtering = false,
            KeyCode::Esc => {
                self.filtering = false;
                self.filter.input.reset();
            }
            _ => {
                self.filter.key(event);
            }
        }
        self.selected = 0;
        true
    }

    /// Marks the selected row or takes its mark away.
    pub fn mark(&mut self, id: &str) {
        if !self.marks.remove(id) {
            self.marks.insert(id.to_owned());
        }
    }

    /// Selects the row that was clicked; tells whether there is one.
    pub fn click(&mut self, column: u16, row: u16, rows: usize) -> bool {
        let Some((area, from)) = self.drawn else { return false };
        if !area.contains((column, row).into()) {
            return false;
        }
        let at = from + usize::from(row - area.y);
        if at < rows {
            self.selected = at;
        }
        at < rows
    }
}

/// New rows for a list of the application, or why there are none; the selection stays with its row.
pub fn come<T: Row>(app: &mut App, list: fn(&mut App) -> &mut List<T>, answer: Result<Vec<T>, Failure>) {
    let mut taken = std::mem::take(list(app));
    taken.come(app, answer);
    *list(app) = taken;
}

/// Draws a list in a box, with what is to be said of it in the title.
pub fn draw<T: Row>(
    app: &App,
    list: &List<T>,
    frame: &mut Frame,
    area: Rect,
    words: &Words,
    has_keys: bool,
) -> Option<(Rect, usize)> {
    let rows = list.shown(app);
    let all = list.loaded.value.as_ref().map_or(0, Vec::len);
    let mut title = match &list.loaded.value {
        Some(_) if rows.len() == all => format!("{} ({all})", words.title),
        Some(_) => format!("{} ({} of {all})", words.title, rows.len()),
        None => words.title.to_owned(),
    };
    if let Some(column) = list.sort.and_then(|column| words.heads.get(column)) {
        title = format!("{title} by {}", column.to_lowercase());
    }
    if list.loaded.is_slow(app.now()) && list.loaded.value.is_some() {
        title = format!("{title} updating");
    }
    let room = usize::from(area.width.saturating_sub(2));
    let used = title.width() + 2;
    let mut outside = block(app.settled.theme, title, has_keys);
    if list.filtering || !list.filter.value().is_empty() {
        let filter = format!(" filter: {} ", plain(list.filter.value()));
        let fits = used + filter.width() <= room;
        let filter = Line::from(filter).right_aligned();
        outside = if fits { outside.title_top(filter) } else { outside.title_bottom(filter) };
    } else if all >= words.most.0 {
        let command = words.most.1;
        let told = [format!(" first {all}; more: {command} "), format!(" more: {command} "), format!(" first {all} ")];
        outside = outside.title_bottom(told.into_iter().find(|text| text.len() <= room).unwrap_or_default());
    }
    let inside = padded(outside.inner(area));
    frame.render_widget(outside, area);
    if rows.is_empty() {
        let text = match &list.loaded.value {
            Some(_) if all > 0 => "Nothing like that. Esc shows all again.".to_owned(),
            Some(_) => words.empty.to_owned(),
            None if list.loaded.failure.is_some() => "Nothing could be fetched.".to_owned(),
            None if list.loaded.is_slow(app.now()) => format!("{} loading", app.spinner()),
            None => String::new(),
        };
        frame.render_widget(ratatui::widgets::Paragraph::new(text).wrap(ratatui::widgets::Wrap { trim: true }), inside);
        return None;
    }
    let selected = list.selected.min(rows.len() - 1);
    let widths: Vec<_> = std::iter::once(Constraint::Length(2)).chain(words.widths.iter().copied()).collect();
    let columns = Layout::horizontal(widths.clone()).spacing(1).split(inside);
    let table_rows = rows.iter().enumerate().map(|(at, row)| {
        let mark = match (at == selected, list.marks.contains(row.id())) {
            (true, true) => ">*",
            (true, false) => "> ",
            (false, true) => " *",
            (false, false) => "  ",
        };
        let cells = row.cells(app).into_iter().zip(columns.iter().skip(1));
        let cells = cells.map(|(cell, column)| Cell::from(cut(&plain(&cell), column.width.into())));
        let style = app.settled.theme.style(if at == selected { Role::Selected } else { row.role() });
        TableRow::new(std::iter::once(Cell::from(mark)).chain(cells)).style(style)
    });
    let heads = std::iter::once("").chain(words.heads.iter().copied());
    let table = Table::new(table_rows, widths)
        .column_spacing(1)
        .header(TableRow::new(heads.map(Cell::from)).style(app.settled.theme.style(Role::Strong)));
    let from = list.drawn.map_or(0, |(_, from)| from);
    let mut state = TableState::new().with_offset(from).with_selected(Some(selected));
    frame.render_stateful_widget(table, inside, &mut state);
    let rows_area = Rect { y: inside.y + 1, height: inside.height.saturating_sub(1), ..inside };
    Some((rows_area, state.offset()))
}
