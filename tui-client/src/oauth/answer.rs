//! What has a server answered? Whatever it says: what that means is for the one who asked.

use std::fmt;

use reqwest::StatusCode;
use serde_json::Value;

use crate::failure::{Fault, plain};

/// An answer, whatever it says.
pub struct Answer {
    /// Its status.
    pub status: StatusCode,
    /// Its body.
    pub body: Vec<u8>,
    /// How many seconds to wait, when it says.
    pub retry_after: Option<u64>,
    /// How far the server's clock is ahead of ours, when it says.
    pub clock_skew: Option<i64>,
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // There may be tokens in the body.
        write!(f, "Answer({}, {} bytes)", self.status.as_u16(), self.body.len())
    }
}

impl Answer {
    /// Its body, when that is JSON.
    #[must_use]
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The stable reason that it names.
    #[must_use]
    pub fn reason(&self) -> Option<String> {
        Some(plain(self.json()?.get("reason")?.as_str()?))
    }

    /// The values that it says are wrong.
    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        let body = self.json().unwrap_or_default();
        let faults = body.get("errors").and_then(Value::as_array);
        let fault = |fault: &Value| {
            let text = |name: &str| fault.get(name).and_then(Value::as_str).map(plain).unwrap_or_default();
            // The server says the same of a wrong password and of too many; whoever is signed in may know which it is.
            let detail = match (text("reason").as_str(), self.retry_after) {
                ("sign_in_failed", None) => "That is not the current password.".to_owned(),
                ("sign_in_failed", Some(_)) => "Too many tries with a wrong password.".to_owned(),
                _ => text("detail"),
            };
            Fault { field: text("field"), reason: text("reason"), detail }
        };
        faults.into_iter().flatten().map(fault).collect()
    }
}
