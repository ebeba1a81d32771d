//! Where does something stand that the server was asked for? Old data stay while new are fetched, and a fault hides nothing.

use crate::failure::Failure;

/// A wait that is shorter is not worth a word.
const SHOWN_AFTER: i64 = 150;

/// Something that is fetched.
#[derive(Clone, Debug)]
pub struct Loaded<T> {
    /// The newest that came.
    pub value: Option<T>,
    /// Since when it is asked for again, in milliseconds.
    pub since: Option<i64>,
    /// Why the last try came to nothing.
    pub failure: Option<Failure>,
}

impl<T> Default for Loaded<T> {
    fn default() -> Self {
        Self { value: None, since: None, failure: None }
    }
}

impl<T> Loaded<T> {
    /// It is asked for.
    pub fn ask(&mut self, now: i64) {
        self.since.get_or_insert(now);
    }

    /// It came, or did not.
    pub fn come(&mut self, answer: Result<T, Failure>) {
        self.since = None;
        match answer {
            Ok(value) => (self.value, self.failure) = (Some(value), None),
            Err(failure) => self.failure = Some(failure),
        }
    }

    /// Whether it is asked for, and has been for so long that it should be said.
    #[must_use]
    pub fn is_slow(&self, now: i64) -> bool {
        self.since.is_some_and(|since| now - since >= SHOWN_AFTER)
    }
}
