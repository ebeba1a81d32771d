//! How is a fault in the settings told, and where was a setting written?

use std::fmt;

/// Where a value was written. The order is that of the layers: the later wins.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// Nowhere: it is the default.
    Default,
    /// In a file.
    File {
        /// The file, as it was named.
        name: String,
        /// The line, from 1; none when the file as a whole is meant.
        line: Option<usize>,
    },
    /// In a variable of the environment, of this name.
    Env(String),
    /// In a flag of the command line, written so.
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { name, line: Some(line) } => write!(f, "{name}:{line}"),
            Self::File { name, line: None } | Self::Env(name) => f.write_str(name),
            Self::Flag(name) => f.write_str(name),
        }
    }
}

impl Origin {
    /// Whether one of two values in the same layer would have to win by chance.
    pub(super) fn same_layer(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }

    pub(super) const fn is_file(&self) -> bool {
        matches!(self, Self::File { .. })
    }
}

/// One fault: its place and what is wrong. It never quotes a secret.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{place}: {problem}")]
pub struct ConfigError {
    origin: Origin,
    place: String,
    problem: String,
}

impl ConfigError {
    /// A fault of a place as a whole, such as an unknown key.
    pub(super) fn at(origin: Origin, problem: String) -> Self {
        Self { place: origin.to_string(), origin, problem }
    }

    /// A fault of a setting's value. A variable or a flag names the setting by itself, a line does not.
    pub(super) fn of(key: &str, origin: &Origin, problem: String) -> Self {
        let place = match origin {
            Origin::Default => key.to_owned(),
            Origin::File { .. } => format!("{origin}: {key}"),
            Origin::Env(_) | Origin::Flag(_) => origin.to_string(),
        };
        Self { origin: origin.clone(), place, problem }
    }

    /// Where the fault was written.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }
}

/// All faults found, never none: one line each.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", lines(.0))]
pub struct ConfigErrors(pub Vec<ConfigError>);

impl ConfigErrors {
    /// Sorted by layer and line, so that they are read beside the file.
    pub(super) fn if_any(mut faults: Vec<ConfigError>) -> Result<(), Self> {
        if faults.is_empty() {
            return Ok(());
        }
        faults.sort_by(|a, b| a.origin.cmp(&b.origin));
        Err(Self(faults))
    }
}

fn lines(faults: &[ConfigError]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
