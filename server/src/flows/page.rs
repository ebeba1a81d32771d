//! How is a long list handed out? In pages, newest first, each with a cursor that asks for the next.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::store::StoreError;

/// A piece of a list, newest first.
#[derive(Debug)]
pub struct Page<T> {
    /// What stands on it.
    pub items: Vec<T>,
    /// What to ask for the next with.
    pub next_cursor: Option<String>,
}

/// Why a list is not shown.
#[derive(Debug)]
pub enum ListRefusal {
    /// The cursor is none of ours.
    UnknownCursor,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for ListRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl<T> Page<T> {
    /// A page of what was read: one more than `limit` says that there is a next.
    pub(super) fn of(mut items: Vec<T>, limit: u16, cursor: impl Fn(&T) -> String) -> Self {
        let more = items.len() > usize::from(limit);
        items.truncate(usize::from(limit));
        let next_cursor = items.last().filter(|_| more).map(cursor);
        Self { items, next_cursor }
    }

    /// The same with each item made into another.
    pub fn map<U>(self, into: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(into).collect(), next_cursor: self.next_cursor }
    }
}

/// Reads a cursor by `parse`, if there is one.
pub(super) fn read<T>(cursor: Option<&str>, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, ListRefusal> {
    cursor.map(|cursor| parse(cursor).ok_or(ListRefusal::UnknownCursor)).transpose()
}

/// A place in `list`, whose ids do not sort by age, as a cursor. It names its list: another would take it for a place of its own.
pub(super) fn write_place(list: &str, place: i64, name: &str) -> String {
    URL_SAFE_NO_PAD.encode([list.as_bytes(), &place.to_be_bytes()[..], name.as_bytes()].concat())
}

/// The same, read.
pub(super) fn read_place(list: &str, cursor: &str) -> Option<(i64, String)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (place, name) = bytes.strip_prefix(list.as_bytes())?.split_first_chunk::<8>()?;
    let name = String::from_utf8(name.to_vec()).ok().filter(|name| name.bytes().all(|byte| byte.is_ascii_graphic()))?;
    Some((i64::from_be_bytes(*place), name))
}
