//! How is a list kept in one column, and how is a column searched? A list's words are separated by spaces: none of what we list has a space in it.

use sea_orm::sea_query::{Expr, ExprTrait, Func, IntoIden, LikeExpr, SimpleExpr};

/// The words as one text.
pub(super) fn join<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> String {
    words.into_iter().fold(String::new(), |mut text, word| {
        if !text.is_empty() {
            text.push(' ');
        }
        text.push_str(word.as_ref());
        text
    })
}

/// The text as words.
pub(super) fn split(text: &str) -> Vec<String> {
    text.split_ascii_whitespace().map(str::to_owned).collect()
}

/// The text for a LIKE in which `%`, `_` and `\` stand for themselves.
pub(super) fn escape(text: &str) -> String {
    text.chars().flat_map(|c| matches!(c, '%' | '_' | '\\').then_some('\\').into_iter().chain([c])).collect()
}

/// Whether the column contains this text, in lower case as far as the database knows it.
pub(super) fn contains(column: impl IntoIden, part: &str) -> SimpleExpr {
    let lower = Expr::expr(Func::lower(Expr::col(column.into_iden())));
    lower.like(LikeExpr::new(format!("%{}%", escape(&part.to_lowercase()))).escape('\\'))
}
