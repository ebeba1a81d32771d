//! What was looked at, and is it well? One answer, as a token's verification and `grant doctor` give them.

use serde::Serialize;

use crate::failure::{Code, Failure};

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What, in a word that stays.
    pub name: &'static str,
    /// Whether it is well.
    pub ok: bool,
    /// What was seen.
    pub detail: String,
    /// The way on, when it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// What the command ends with when this is the first that is not well.
    #[serde(skip)]
    pub code: Option<Code>,
}

impl Check {
    /// It is well.
    pub fn good(name: &'static str, detail: impl Into<String>) -> Self {
        Self { name, ok: true, detail: detail.into(), hint: None, code: None }
    }

    /// It is not.
    pub fn bad(name: &'static str, detail: impl Into<String>) -> Self {
        Self { ok: false, code: Some(Code::Other), ..Self::good(name, detail) }
    }

    /// It is not, as this failure says.
    #[must_use]
    pub fn failed(name: &'static str, failure: &Failure) -> Self {
        let hint = failure.hint.clone();
        Self { code: Some(failure.code), hint, ..Self::bad(name, failure.error.clone()) }
    }

    /// It is, or it is not.
    pub fn whether(name: &'static str, ok: bool, detail: impl Into<String>) -> Self {
        if ok { Self::good(name, detail) } else { Self::bad(name, detail) }
    }

    /// Says the way on.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Says what the command ends with.
    #[must_use]
    pub fn code(mut self, code: Code) -> Self {
        self.code = Some(code);
        self
    }
}
