//! What are the screens made of?

pub mod facts;
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

/// With a word at its lower edge while it can be scrolled further down than this.
#[must_use]
pub fn with_more(outside: Block<'_>, scroll: u16, most: u16) -> Block<'_> {
    if scroll < most { outside.title_bottom(Line::from(" ↓ more ").right_aligned()) } else { outside }
}

/// Lines in a box in the middle, over what is there; scrolled down by so many. Answers how far that can go.
pub fn over(frame: &mut Frame, theme: Theme, title: &str, lines: Vec<Line>, scroll: u16) -> u16 {
    let area = frame.area();
    let width = lines.iter().map(Line::width).max().unwrap_or_default().max(title.len() + 4).max(24);
    let width = u16::try_from(width + 4).unwrap_or(u16::MAX).min(area.width.saturating_sub(2));
    let room = usize::from(width.saturating_sub(4)).max(1);
    // A line that is wrapped between words may need one more than its length says.
    let height =
        lines.iter().map(|line| line.width().div_ceil(room).max(1) + usize::from(line.width() > room)).sum::<usize>();
    let height = u16::try_from(height + 2).unwrap_or(u16::MAX).min(area.height.saturating_sub(2));
    let rows = lines.iter().map(|line| facts::wrapped(&line.to_string(), room).len()).sum::<usize>();
    let text = Paragraph::new(lines).wrap(Wrap { trim: false });
    let place = middle(area, width, height);
    frame.render_widget(Clear, place);
    let outside = block(theme, title, true);
    let inside = padded(outside.inner(place));
    let most = u16::try_from(rows).unwrap_or(u16::MAX).saturating_sub(inside.height);
    frame.render_widget(with_more(outside, scroll, most), place);
    frame.render_widget(text.scroll((scroll.min(most), 0)), inside);
    most
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
    let (name, value) = line.split_at(indent);
    let beside = " ".repeat(name.width());
    let folded = facts::wrapped(value, width.saturating_sub(name.width())).into_iter();
    folded.enumerate().map(|(at, text)| format!("{}{text}", if at == 0 { name } else { &beside })).collect()
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
