//! What is to become of a value that may be there or not?

/// What a change says of such a value (RFC 7396 §1).
#[derive(Clone, Debug, Default)]
pub enum Change<T> {
    /// Nothing: it stays as it is.
    #[default]
    Keep,
    /// It is taken away.
    Clear,
    /// It is another one.
    Set(T),
}

impl<T> Change<T> {
    /// The same with its value judged, if it has one.
    ///
    /// # Errors
    /// Those of `judge`.
    pub fn try_map<U, E>(self, judge: impl FnOnce(T) -> Result<U, E>) -> Result<Change<U>, E> {
        Ok(match self {
            Self::Keep => Change::Keep,
            Self::Clear => Change::Clear,
            Self::Set(value) => Change::Set(judge(value)?),
        })
    }

    /// The value that is there afterwards, where there was `before`.
    pub fn after(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}
