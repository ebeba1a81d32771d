//! What did the user settle beforehand, where, and in which folders is what?

use std::env;
use std::io::ErrorKind;
use std::path::PathBuf;

use toml_edit::Document;

use crate::failure::Failure;

/// The keys of config.toml, with what they say.
pub const KEYS: [(&str, &str); 2] = [
    ("issuer", "the server that `grant login` means when it is told none"),
    ("store", "where new accounts keep their tokens: auto, keyring, session or file"),
];

/// Where things lie.
#[derive(Clone, Debug)]
pub struct Folders {
    /// config.toml.
    pub config: PathBuf,
    /// Accounts, locks, and the tokens of those who asked for a file.
    pub state: PathBuf,
}

/// The settings, environment before file. Tokens aside: those are asked for where they are used.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where things lie.
    pub folders: Folders,
    /// `GRANT_ISSUER`, `issuer`.
    pub issuer: Option<String>,
    /// `GRANT_STORE`, `store`.
    pub store: Option<String>,
    /// `GRANT_ACCOUNT`.
    pub account: Option<String>,
    /// `GRANT_NO_INPUT`: nobody is to be asked anything.
    pub no_input: bool,
}

/// A variable of the environment; an empty one is none.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

impl Folders {
    fn find() -> Result<Self, Failure> {
        let home = env::home_dir().filter(|home| home.is_absolute());
        let below = |variable_name: &str, default: &str| {
            let named = variable(variable_name).map(PathBuf::from).filter(|path| path.is_absolute());
            named.or_else(|| Some(home.as_ref()?.join(default))).map(|base| base.join("grant")).ok_or_else(|| {
                Failure::usage(format!("no folder for {variable_name}: HOME is not set")).hint("set HOME")
            })
        };
        let config = match variable("GRANT_CONFIG_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => below("XDG_CONFIG_HOME", ".config")?,
        };
        Ok(Self { config, state: below("XDG_STATE_HOME", ".local/state")? })
    }
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// A file that cannot be read or has a key that nobody knows.
    pub fn read() -> Result<Self, Failure> {
        let folders = Folders::find()?;
        let path = folders.config.join("config.toml");
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::usage(format!("{}: {error}", path.display()))),
        };
        let (issuer, store) = parse(&text, &path.display().to_string())?;
        Ok(Self {
            folders,
            issuer: variable("GRANT_ISSUER").or(issuer),
            store: variable("GRANT_STORE").or(store),
            account: variable("GRANT_ACCOUNT"),
            no_input: variable("GRANT_NO_INPUT").is_some(),
        })
    }
}

fn parse(text: &str, file: &str) -> Result<(Option<String>, Option<String>), Failure> {
    let line = |span: Option<std::ops::Range<usize>>| {
        let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
        1 + before.matches('\n').count()
    };
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().trim().replace('\n', ", ");
        Failure::usage(format!("{file}:{}: not TOML: {message}", line(error.span())))
    })?;
    let table = document.as_table();
    let (mut issuer, mut store) = (None, None);
    for (name, _) in table {
        let Some((key, item)) = table.get_key_value(name) else { continue };
        let place = format!("{file}:{}", line(key.span().or_else(|| item.span())));
        let value = item.as_str().map(str::to_owned);
        let slot = match name {
            "issuer" => &mut issuer,
            "store" => &mut store,
            _ => {
                let known = KEYS.map(|(key, _)| key).join(", ");
                return Err(Failure::usage(format!("{place}: unknown key {name}")).hint(format!("known are {known}")));
            }
        };
        let Some(value) = value else {
            return Err(Failure::usage(format!("{place}: {name} takes a string")));
        };
        *slot = Some(value);
    }
    Ok((issuer, store))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_nobody_knows_is_named_with_its_line() {
        let (issuer, store) = parse("issuer = \"https://id.example\"\n", "c.toml").unwrap();
        assert_eq!((issuer.as_deref(), store), (Some("https://id.example"), None));
        let wrong = |text| parse(text, "c.toml").unwrap_err().error;
        assert_eq!(wrong("\nstor = \"file\""), "c.toml:2: unknown key stor");
        assert_eq!(wrong("store = 1"), "c.toml:1: store takes a string");
        assert!(wrong("\n\nstore = ").starts_with("c.toml:3: not TOML"));
    }
}
