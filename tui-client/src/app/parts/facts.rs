//! How are facts told? A name, and beside it what there is to say, on as many lines as that takes.

use ratatui::text::{Line, Span};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::cut;
use crate::app::theme::{Role, Theme};
use crate::failure::plain;

/// A name that is longer gives way.
const MAX_NAME: usize = 14;

/// One of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// What it is about; nothing when it goes on with the one above.
    pub name: String,
    /// What there is to say.
    pub text: String,
    /// What that is to the eye.
    pub role: Role,
}

impl Fact {
    /// As others have said it: nothing in it commands a terminal.
    #[must_use]
    pub fn new(name: &str, text: impl AsRef<str>) -> Self {
        Self { name: plain(name), text: plain(text.as_ref()), role: Role::Plain }
    }

    /// Seen so.
    #[must_use]
    pub const fn role(mut self, role: Role) -> Self {
        self.role = role;
        self
    }
}

/// The lines of them in so many columns.
#[must_use]
pub fn lines(theme: Theme, facts: &[Fact], width: usize) -> Vec<Line<'static>> {
    let name_width = facts.iter().map(|fact| fact.name.width()).max().unwrap_or_default().min(MAX_NAME);
    let beside = if name_width == 0 { 0 } else { name_width + 2 };
    let room = width.saturating_sub(beside);
    let mut lines = Vec::new();
    for fact in facts {
        let name = cut(&fact.name, name_width);
        let mut head = format!("{name}{}", " ".repeat(beside.saturating_sub(name.width())));
        for text in wrapped(&fact.text, room) {
            lines.push(Line::from(vec![Span::raw(head), Span::styled(text, theme.style(fact.role))]));
            head = " ".repeat(beside);
        }
    }
    lines
}

/// Text in lines that are no longer than that: between words where it can be, else within one.
#[must_use]
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        if line.width() + 1 + word.width() <= width && !line.is_empty() {
            line.push(' ');
        } else if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if line.width() + c.width().unwrap_or_default() > width.max(2) {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_between_words_and_a_long_word_within() {
        assert_eq!(wrapped("openid profile sessions", 15), ["openid profile", "sessions"]);
        assert_eq!(wrapped("abcdefgh ij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrapped("日本語", 4), ["日本", "語"]);
        assert_eq!(wrapped("", 4), [""]);
        assert_eq!(wrapped("ab", 0), ["ab"]);
    }
}
