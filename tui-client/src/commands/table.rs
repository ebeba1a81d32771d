//! How is a table drawn? Its columns aligned whatever their letters, and on a terminal no wider than that.

use std::io::IsTerminal;

use grant::failure::{Failure, plain};
use grant::settings::variable;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::say;

/// What a column that is cut keeps at least.
const LEAST: usize = 8;
/// Between two columns.
const GAP: &str = "  ";

/// The widths of a table's columns.
pub struct Table {
    widths: Vec<usize>,
    /// Whether a cell that is wider is cut: where it would wrap.
    cuts: bool,
}

impl Table {
    /// For these rows, in so many columns of the terminal if it has an end. What is copied from a table, an id, is never cut.
    pub fn new(heads: &[&str], rows: &[Vec<String>], room: Option<usize>) -> Self {
        let widest = |column: usize| {
            let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| plain(cell).width());
            cells.chain(heads.get(column).map(|head| head.width())).max().unwrap_or_default()
        };
        let mut widths: Vec<_> = (0..heads.len()).map(widest).collect();
        let gaps = GAP.len() * widths.len().saturating_sub(1);
        let mut over = room.map_or(0, |room| (widths.iter().sum::<usize>() + gaps).saturating_sub(room));
        while over > 0 {
            let cuttable = widths.iter_mut().zip(heads).filter(|(_, head)| !head.ends_with("ID"));
            let wide = cuttable.filter(|(width, head)| **width > LEAST.max(head.width()));
            let Some((width, _)) = wide.max_by_key(|(width, _)| **width) else { break };
            *width -= 1;
            over -= 1;
        }
        Self { widths, cuts: room.is_some() }
    }

    /// A row, or the heads.
    pub fn line(&self, cells: &[impl AsRef<str>]) -> String {
        let padded = cells.iter().zip(&self.widths).map(|(cell, width)| {
            let cell = plain(cell.as_ref());
            let cell = if self.cuts { cut(&cell, *width) } else { cell };
            let blank = width.saturating_sub(cell.width());
            cell + &" ".repeat(blank)
        });
        padded.collect::<Vec<_>>().join(GAP).trim_end().to_owned()
    }
}

fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = |c: &char| {
        let rest = left.checked_sub(c.width().unwrap_or_default());
        left = rest.unwrap_or_default();
        rest.is_some()
    };
    text.chars().take_while(fits).chain(['…']).collect()
}

/// How wide the terminal is, when standard output is one.
pub fn room() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let named = variable("COLUMNS").and_then(|columns| columns.parse().ok());
    named.or_else(|| Some(usize::from(crossterm::terminal::size().ok()?.0))).filter(|columns| *columns > 0)
}

/// A table on standard output.
pub fn say_table(heads: &[&str], rows: &[Vec<String>]) -> Result<(), Failure> {
    let table = Table::new(heads, rows, room());
    say(table.line(heads))?;
    rows.iter().try_for_each(|row| say(table.line(row)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(heads: &[&str], rows: &[&[&str]], room: Option<usize>) -> Vec<String> {
        let rows: Vec<Vec<_>> = rows.iter().map(|row| row.iter().map(|cell| (*cell).to_owned()).collect()).collect();
        let table = Table::new(heads, &rows, room);
        rows.iter().map(|row| table.line(row)).collect()
    }

    #[test]
    fn columns_stay_aligned_whatever_the_letters_and_no_cell_commands_the_terminal() {
        let lines = drawn(&["WHO", "X"], &[&["猫猫", "1"], &["e\u{301}", "2"], &["\u{1b}[2J\n", "3"]], None);
        assert_eq!(lines, ["猫猫   1", "e\u{301}      2", " [2J   3"]);
    }

    #[test]
    fn a_table_that_is_too_wide_is_cut_where_it_is_widest_and_never_in_an_id() {
        let row = ["ses_0123456789", "a browser with a long name", "猫猫猫猫猫猫猫"];
        let lines = drawn(&["ID", "WITH", "BY"], &[&row], Some(40));
        assert_eq!(lines, ["ses_0123456789  a browser …  猫猫猫猫猫…"]);
        assert!(lines.iter().all(|line| line.width() <= 40));
        assert_eq!(drawn(&["ID", "WITH"], &[&row], Some(3)), ["ses_0123456789  a brows…"]);
        assert_eq!(drawn(&["ID", "WITH"], &[&row], Some(60)), ["ses_0123456789  a browser with a long name"]);
    }
}
