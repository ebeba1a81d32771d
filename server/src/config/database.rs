//! Which databases may be named, and how?

use std::fmt;
use std::path::{Path, PathBuf};

use url::Url;

/// Where things are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file on this machine.
    Sqlite {
        /// The file; its directory need not exist yet.
        path: PathBuf,
    },
    /// A `PostgreSQL` server.
    Postgres(DatabaseUrl),
}

/// The URL of a database with the password in it: it is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// The URL, password and all.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(…)")
    }
}

impl Database {
    /// Reads `sqlite`, `sqlite:PATH` or `postgres://…`. A relative path is relative to `base`.
    /// The errors quote nothing: a mistyped URL may still hold a password.
    pub(super) fn parse(text: &str, base: &Path, data_dir: &Path) -> Result<Self, String> {
        if text == "sqlite" {
            return Ok(Self::Sqlite { path: data_dir.join("grantd.db") });
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            let path = path.strip_prefix("//").unwrap_or(path);
            if path.is_empty() || path.contains(['?', '\0']) || path.starts_with(':') {
                return Err("sqlite takes the path of a file and no options (write sqlite:PATH)".to_owned());
            }
            return Ok(Self::Sqlite { path: base.join(path) });
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return match Url::parse(text) {
                Ok(_) => Ok(Self::Postgres(DatabaseUrl(text.to_owned()))),
                Err(error) => {
                    Err(format!("is not a URL: {error} (characters such as @ : / in a password are escaped: %40)"))
                }
            };
        }
        Err("must name SQLite (sqlite, sqlite:PATH) or PostgreSQL (postgres://USER:PASSWORD@HOST/NAME)".to_owned())
    }
}
