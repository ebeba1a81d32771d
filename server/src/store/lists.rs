//! How is a list kept in one column, and how is a column searched? A list's words are separated by spaces: none of what we list has a space in it.

use sea_orm::sea_query::{BinOper, Expr, ExprTrait, Func, IntoIden, LikeExpr, SimpleExpr};

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

/// Whether the column contains this text: as it stands there, or in lower case as far as the database knows that of other letters than ours.
pub(super) fn contains(column: impl IntoIden, part: &str) -> SimpleExpr {
    let column = column.into_iden();
    let around = |part: &str| LikeExpr::new(format!("%{}%", escape(part))).escape('\\');
    let lower = Expr::expr(Func::lower(Expr::col(column.clone())));
    lower.like(around(&part.to_lowercase())).or(Expr::col(column).like(around(part)))
}

/// Whether the list in the column has this word. LIKE would not do: to SQLite two cases of a letter are one.
pub(super) fn has_word(column: impl IntoIden, word: &str) -> SimpleExpr {
    const JOINED: BinOper = BinOper::Custom("||");
    let words = Expr::val(" ").binary(JOINED, Expr::col(column.into_iden())).binary(JOINED, " ");
    let without = Func::cust("REPLACE").arg(words.clone()).arg(format!(" {word} ")).arg("");
    words.ne(without)
}
