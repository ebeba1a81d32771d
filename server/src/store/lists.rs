//! How is a list kept in one column? Its words separated by spaces: none of what we list has a space in it.

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
