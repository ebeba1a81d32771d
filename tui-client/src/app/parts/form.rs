//! How is text typed? In fields, one of which has the keys.

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;
use unicode_width::UnicodeWidthStr;

use crate::app::theme::{Role, Theme};
use crate::failure::plain;

/// More than anything that is typed needs, and less than would make drawing slow.
pub const MAX_CHARS: usize = 4096;

/// A note that is not wider is always seen.
const SHORT_NOTE: u16 = 18;

/// A line that is typed.
#[derive(Clone, Default)]
pub struct Field {
    /// What it is for.
    pub label: String,
    /// What the server calls it.
    pub name: &'static str,
    /// What was typed.
    pub input: Input,
    /// Whether it is never shown.
    pub secret: bool,
    /// What is to be said beside it.
    pub note: Option<String>,
}

impl std::fmt::Debug for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Field({})", self.label)
    }
}

impl Field {
    /// An empty one.
    #[must_use]
    pub fn new(label: &str) -> Self {
        Self { label: label.to_owned(), ..Self::default() }
    }

    /// With something in it.
    #[must_use]
    pub fn with(mut self, value: &str) -> Self {
        self.input = Input::new(value.to_owned());
        self
    }

    /// So called by the server.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Never shown.
    #[must_use]
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Empties it, of what was cut too.
    pub fn clear(&mut self) {
        self.input = Input::default();
    }

    /// What was typed.
    #[must_use]
    pub fn value(&self) -> &str {
        self.input.value()
    }

    /// Takes a key, if it is one that changes text.
    pub fn key(&mut self, event: KeyEvent) -> bool {
        let types = match event.code {
            KeyCode::Char(c) => {
                let control = event.modifiers.contains(KeyModifiers::CONTROL);
                (!control && !c.is_control()) || (control && matches!(c, 'a' | 'e' | 'k' | 'u' | 'w'))
            }
            KeyCode::Backspace | KeyCode::Delete | KeyCode::Left | KeyCode::Right | KeyCode::Home | KeyCode::End => {
                true
            }
            _ => false,
        };
        if types && (self.value().chars().count() < MAX_CHARS || !matches!(event.code, KeyCode::Char(_))) {
            self.input.handle_event(&Event::Key(event));
        }
        types
    }

    /// Takes pasted text: its first line.
    pub fn paste(&mut self, text: &str) {
        let line = text.lines().next().unwrap_or_default();
        // A password is taken as it is.
        let line = if self.secret { line.to_owned() } else { plain(line) };
        let room = MAX_CHARS.saturating_sub(self.value().chars().count());
        for c in line.chars().take(room) {
            self.input.handle(tui_input::InputRequest::InsertChar(c));
        }
    }

    /// Draws it on one line, its label in so many columns; the cursor stands in it when it has the keys.
    pub fn draw(&self, frame: &mut Frame, theme: Theme, area: Rect, label: u16, has_keys: bool) {
        let mark = if has_keys { "> " } else { "  " };
        let width = area.width.saturating_sub(label + 2);
        // A long note gives way to what is typed.
        let typed = u16::try_from(self.value().width() + 1).unwrap_or(u16::MAX);
        let columns = |note: &str| u16::try_from(note.width() + 2).unwrap_or(u16::MAX);
        let fits = |note: &&str| columns(note) <= SHORT_NOTE || typed.saturating_add(columns(note)) <= width;
        let note = self.note.as_deref().filter(fits).unwrap_or_default();
        let room = if note.is_empty() { width } else { width.saturating_sub(columns(note)) }.max(1);
        // What is not being typed is shown from its beginning.
        let scroll = if has_keys { self.input.visual_scroll(usize::from(room.saturating_sub(1))) } else { 0 };
        let shown = if self.secret { "•".repeat(self.value().chars().count()) } else { plain(self.value()) };
        let visible: String = shown.chars().skip(scroll).take(usize::from(room)).collect();
        let label_text = format!("{mark}{:<width$}", self.label, width = usize::from(label));
        let role = if has_keys { Role::Strong } else { Role::Plain };
        let line = Line::from(vec![
            Span::styled(label_text, theme.style(role)),
            Span::raw(format!("{visible:<room$}", room = usize::from(room))),
            Span::raw(format!("  {note}")),
        ]);
        frame.render_widget(line, area);
        if has_keys && area.height > 0 {
            let cursor = if self.secret { self.input.cursor() } else { self.input.visual_cursor() };
            let x = u16::try_from(cursor.saturating_sub(scroll)).unwrap_or(0).min(room.saturating_sub(1));
            frame.set_cursor_position((area.x + label + 2 + x, area.y));
        }
    }
}
