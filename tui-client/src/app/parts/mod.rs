//! What are the screens made of?

pub mod form;
pub mod gauge;
pub mod layer;
pub mod list;
pub mod loaded;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph, Wrap};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::theme::{Role, Theme};

/// A box with a title; a heavier one when it has the keys.
#[must_use]
pub fn block<'a>(theme: Theme, title: impl Into<String>, has_keys: bool) -> Block<'a> {
    let role = if has_keys { Role::Strong } else { Role::Plain };
    let outside = Block::bordered().border_style(theme.style(role));
    let title = title.into();
    if title.is_empty() {
        return outside;
    }
    outside.title(Span::styled(format!(" {title} "), theme.style(Role::Strong)))
}

/// Lines in a box in the middle, over what is there; scrolled down by so many.
pub fn over(frame: &mut Frame, theme: Theme, title: &str, lines: Vec<Line>, scroll: u16) {
    let area = frame.area();
    let width = lines.iter().map(Line::width).max().unwrap_or_default().max(title.len() + 4).max(24);
    let width = u16::try_from(width + 4).unwrap_or(u16::MAX).min(area.width.saturating_sub(2));
    let room = usize::from(width.saturating_sub(4)).max(1);
    // A line that is wrapped between words may need one more than its length says.
    let height =
        lines.iter().map(|line| line.width().div_ceil(room).max(1) + usize::from(line.width() > room)).sum::<usize>();
    let needed = u16::try_from(height).unwrap_or(u16::MAX);
    let height = needed.saturating_add(2).min(area.height.saturating_sub(2));
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    let place = middle(area, width, height);
    frame.render_widget(Clear, place);
    // The last line stays in sight.
    let scroll = scroll.min(needed.saturating_sub(height.saturating_sub(2)));
    let inner = block(theme, title, true);
    let inside = padded(inner.inner(place));
    frame.render_widget(inner, place);
    frame.render_widget(text.scroll((scroll, 0)), inside);
}

/// A rectangle of this size in the middle of another.
#[must_use]
pub fn middle(area: Rect, width: u16, height: u16) -> Rect {
    let (width, height) = (width.min(area.width), height.min(area.height));
    Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height }
}

/// One column less on either side.
#[must_use]
pub const fn padded(area: Rect) -> Rect {
    Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area }
}

/// A line in lines that are not wider than that, broken between words; below a name and its value the value goes on.
#[must_use]
pub fn fold(line: &str, width: usize) -> Vec<String> {
    let value = line.find("  ").and_then(|gap| Some(gap + line.get(gap..)?.find(|c| c != ' ')?));
    let indent = value.filter(|at| *at < width / 2).unwrap_or(0);
    let mut folded: Vec<String> = Vec::new();
    let mut rest = line;
    loop {
        let lead = if folded.is_empty() { 0 } else { indent };
        let mut used = lead;
        let ends = rest.char_indices().find(|(at, c)| {
            used += c.width().unwrap_or_default();
            used > width && *at > 0
        });
        let Some((end, _)) = ends else { break folded.push(format!("{}{rest}", " ".repeat(lead))) };
        // The gap before the value is no place to break.
        let least = if folded.is_empty() { indent } else { 0 };
        let space = rest.get(..=end).and_then(|part| part.rfind(' ')).filter(|at| *at > least);
        let (now, later) = rest.split_at(space.unwrap_or(end));
        folded.push(format!("{}{now}", " ".repeat(lead)));
        rest = later.trim_start();
    }
    folded
}

/// Text that is not longer than that, with … where it was cut.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for c in text.chars() {
        used += c.width().unwrap_or_default();
        if used > width {
            break;
        }
        kept.push(c);
    }
    if width > 0 {
        kept.push('…');
    }
    kept
}
