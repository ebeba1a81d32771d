//! How does a command fail? With a documented exit code, and in three lines at most: what, what it means, and the way on.

use std::fmt::Display;

use serde_json::{Value, json};

/// What an exit code means. They are part of the public contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// Anything else.
    Other = 1,
    /// The command line or the settings are wrong.
    Usage = 2,
    /// The server is away or overloaded: try again.
    Away = 3,
    /// Somebody has to sign in.
    SignIn = 4,
    /// A scope or a role is missing.
    Refused = 5,
    /// There is no such thing.
    NotFound = 6,
    /// The token store cannot be used.
    Store = 7,
    /// Somebody was waited for, and did not come.
    TimedOut = 8,
    /// Whoever was asked wanted no more of it: Ctrl-C.
    Cancelled = 130,
}

/// A value that the server does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where it stands.
    pub field: String,
    /// The server's stable reason.
    pub reason: String,
    /// The same in a sentence.
    pub detail: String,
}

impl Fault {
    /// The reason in a word or two, for where there is no room for the sentence.
    #[must_use]
    pub fn word(&self) -> String {
        match self.reason.as_str() {
            "sign_in_failed" => "not taken".to_owned(),
            reason => reason.replace('_', " "),
        }
    }
}

/// A command that did not do as asked. It never quotes a secret.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The exit code.
    pub code: Code,
    /// What happened, in one line.
    pub error: String,
    /// The server's stable reason.
    pub reason: Option<String>,
    /// What that means, or where things stand now.
    pub detail: Option<String>,
    /// The way on.
    pub hint: Option<String>,
    /// Which of the values that were sent are wrong.
    pub faults: Box<[Fault]>,
}

impl Failure {
    /// A failure with this code.
    pub fn new(code: Code, error: impl Display) -> Self {
        let error = plain(&error.to_string());
        Self { code, error, reason: None, detail: None, hint: None, faults: Box::default() }
    }

    /// Wrong use.
    pub fn usage(error: impl Display) -> Self {
        Self::new(Code::Usage, error)
    }

    /// A terminal that could not be read; or that was, and Ctrl-C was all it had to say.
    #[must_use]
    pub fn unread(error: &std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::Interrupted {
            Self::new(Code::Cancelled, "cancelled")
        } else {
            Self::new(Code::Other, format!("the terminal cannot be read: {error}"))
        }
    }

    /// Says where things stand.
    #[must_use]
    pub fn detail(mut self, detail: impl Display) -> Self {
        self.detail = Some(plain(&detail.to_string()));
        self
    }

    /// Says the way on.
    #[must_use]
    pub fn hint(mut self, hint: impl Display) -> Self {
        self.hint = Some(plain(&hint.to_string()));
        self
    }

    /// Names the server's reason.
    #[must_use]
    pub fn reason(mut self, reason: Option<&str>) -> Self {
        self.reason = reason.map(plain);
        self
    }

    /// Names the values that are wrong.
    #[must_use]
    pub fn faults(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults.into();
        self
    }

    /// As people read it.
    #[must_use]
    pub fn text(&self) -> String {
        let more = [&self.detail, &self.hint].into_iter().flatten().map(|line| format!("\n  {line}"));
        format!("error: {}{}", self.error, more.collect::<String>())
    }

    /// As programs read it.
    #[must_use]
    pub fn json(&self) -> Value {
        json!({
            "schema": 1,
            "error": self.error,
            "reason": self.reason,
            "hint": self.hint.as_ref().or(self.detail.as_ref()),
            "exit_code": self.code as u8,
        })
    }
}

/// Text of others on one line, without what would command a terminal.
#[must_use]
pub fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || is_invisible(c) { ' ' } else { c }).collect()
}

/// What turns the direction of a line around, or ends it where nobody sees.
const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{e0000}'..='\u{e007f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// The innermost cause: what the system said.
#[must_use]
pub fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_three_lines_for_people_and_one_object_for_programs() {
        let failure = Failure::new(Code::Store, "it is\u{1b}[2J locked").detail("nothing was sent").hint("unlock it");
        assert_eq!(failure.text(), "error: it is [2J locked\n  nothing was sent\n  unlock it");
        assert_eq!(failure.json()["exit_code"], 7);
        assert_eq!(failure.json()["hint"], "unlock it");
    }
}
