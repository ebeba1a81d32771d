//! What did the user settle beforehand, where, and in which folders is what?

use std::collections::BTreeMap;
use std::env;
use std::io::ErrorKind;
use std::path::PathBuf;

use toml_edit::{Document, Item};

use crate::failure::Failure;

/// What a setting may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text.
    Text,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A table: the name of an action, and the key that does it, or an array of them.
    Bindings,
}

/// One key of config.toml.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub about: &'static str,
    /// What it may be.
    pub kind: Kind,
    /// What holds without it.
    pub default: Option<&'static str>,
    /// The variable of the environment that wins over it.
    pub variable: Option<&'static str>,
}

/// The stores that a token may be kept in.
pub const STORES: &[&str] = &["auto", "keyring", "session", "file", "memory"];
/// The colours of the application.
pub const THEMES: &[&str] = &["auto", "dark", "light", "mono", "high-contrast"];

/// All keys. Another one is a line here, and a field of [`Settings`].
pub const KEYS: [Key; 5] = [
    Key {
        name: "issuer",
        about: "the server that `grant login` means when it is told none",
        kind: Kind::Text,
        default: None,
        variable: Some("GRANT_ISSUER"),
    },
    Key {
        name: "store",
        about: "where new accounts keep their tokens",
        kind: Kind::Choice(STORES),
        default: None,
        variable: Some("GRANT_STORE"),
    },
    Key {
        name: "theme",
        about: "the colours of the application",
        kind: Kind::Choice(THEMES),
        default: Some("auto"),
        variable: None,
    },
    Key {
        name: "mouse",
        about: "whether the application listens to the mouse",
        kind: Kind::Flag,
        default: Some("true"),
        variable: None,
    },
    Key {
        name: "keys",
        about: "which keys do what in the application: a table of actions",
        kind: Kind::Bindings,
        default: None,
        variable: None,
    },
];

/// What a key of config.toml says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text, or one of a choice.
    Text(String),
    /// Yes or no.
    Flag(bool),
    /// The keys of each action.
    Bindings(BTreeMap<String, Vec<String>>),
}

/// Where things lie.
#[derive(Clone, Debug)]
pub struct Folders {
    /// config.toml.
    pub config: PathBuf,
    /// Accounts, locks, and the tokens of those who asked for a file.
    pub state: PathBuf,
    /// What can be had again: the servers' public keys.
    pub cache: PathBuf,
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
    /// `theme`: one of [`THEMES`].
    pub theme: String,
    /// `mouse`.
    pub mouse: bool,
    /// `[keys]`: the keys of each action, as they are written.
    pub keys: BTreeMap<String, Vec<String>>,
    /// `GRANT_ACCOUNT`.
    pub account: Option<String>,
    /// `GRANT_NO_INPUT`: nobody is to be asked anything.
    pub no_input: bool,
    /// What the file itself says.
    pub written: Written,
}

/// What a config.toml says, key by key.
pub type Written = BTreeMap<&'static str, Value>;

/// A variable of the environment; an empty one is none.
#[must_use]
pub fn variable(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

impl Folders {
    fn find() -> Result<Self, Failure> {
        let home = env::home_dir().filter(|home| home.is_absolute());
        // Where the system has places of its own for such things, and else where the XDG specification puts them.
        let below = |variable_name: &str, default: &str, own: Option<(&str, &str)>| {
            let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
            let own = || own.and_then(|(name, folder)| Some(absolute(name)?.join("grant").join(folder)));
            let named = absolute(variable_name).map(|base| base.join("grant")).or_else(own);
            named.or_else(|| Some(home.as_ref()?.join(default).join("grant"))).ok_or_else(|| {
                Failure::usage(format!("no folder for {variable_name}: HOME is not set")).hint("set HOME")
            })
        };
        let windows = |name, folder| cfg!(windows).then_some((name, folder));
        let config = match variable("GRANT_CONFIG_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => below("XDG_CONFIG_HOME", ".config", windows("APPDATA", ""))?,
        };
        // What belongs to this machine does not travel with the user's profile.
        let state = below("XDG_STATE_HOME", ".local/state", windows("LOCALAPPDATA", "state"))?;
        let cache = below("XDG_CACHE_HOME", ".cache", windows("LOCALAPPDATA", "cache"))?;
        Ok(Self { config, state, cache })
    }

    /// The file of the settings.
    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("config.toml")
    }
}

impl Settings {
    /// Reads them.
    ///
    /// # Errors
    /// A file that cannot be read or has a key that nobody knows.
    pub fn read() -> Result<Self, Failure> {
        let folders = Folders::find()?;
        let path = folders.config_file();
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => return Err(Failure::usage(format!("{}: {error}", path.display()))),
        };
        let written = parse(&text, &path.display().to_string())?;
        let text = |name| match written.get(name) {
            Some(Value::Text(text)) => Some(text.clone()),
            _ => None,
        };
        Ok(Self {
            issuer: variable("GRANT_ISSUER").or_else(|| text("issuer")),
            store: variable("GRANT_STORE").or_else(|| text("store")),
            theme: text("theme").unwrap_or_else(|| "auto".to_owned()),
            mouse: written.get("mouse") != Some(&Value::Flag(false)),
            keys: match written.get("keys") {
                Some(Value::Bindings(keys)) => keys.clone(),
                _ => BTreeMap::new(),
            },
            account: variable("GRANT_ACCOUNT"),
            no_input: variable("GRANT_NO_INPUT").is_some(),
            folders,
            written,
        })
    }
}

/// Reads what a config.toml says; `file` is what it is called when something is wrong with it.
///
/// # Errors
/// What is no TOML, a key that nobody knows, or a value that is none of its key's: each with its line.
pub fn parse(text: &str, file: &str) -> Result<Written, Failure> {
    let line = |span: Option<std::ops::Range<usize>>| {
        let before = span.and_then(|span| text.get(..span.start)).unwrap_or_default();
        1 + before.matches('\n').count()
    };
    let document = Document::parse(text).map_err(|error| {
        let message = error.message().trim().replace('\n', ", ");
        Failure::usage(format!("{file}:{}: not TOML: {message}", line(error.span())))
    })?;
    let table = document.as_table();
    let mut written = Written::new();
    for (name, _) in table {
        let Some((written_key, item)) = table.get_key_value(name) else { continue };
        let place = format!("{file}:{}", line(written_key.span().or_else(|| item.span())));
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            let known = KEYS.map(|key| key.name).join(", ");
            return Err(Failure::usage(format!("{place}: unknown key {name}")).hint(format!("known are {known}")));
        };
        let value = value(item, key.kind).map_err(|wrong| {
            let place = wrong.span.map_or(place, |span| format!("{file}:{}", line(Some(span))));
            Failure::usage(format!("{place}: {name} takes {}", wrong.takes))
        })?;
        written.insert(key.name, value);
    }
    Ok(written)
}

/// A value that is none of its key's.
struct Wrong {
    /// What the key takes.
    takes: String,
    /// Where it stands, when that is not where the key does.
    span: Option<std::ops::Range<usize>>,
}

impl Wrong {
    fn takes(takes: impl Into<String>) -> Self {
        Self { takes: takes.into(), span: None }
    }
}

/// What an item says when it is of this kind.
fn value(item: &Item, kind: Kind) -> Result<Value, Wrong> {
    let text = item.as_str().map(str::to_owned);
    match kind {
        Kind::Text => text.map(Value::Text).ok_or_else(|| Wrong::takes("a string")),
        Kind::Choice(words) => text
            .filter(|text| words.contains(&text.as_str()))
            .map(Value::Text)
            .ok_or_else(|| Wrong::takes(format!("one of {}", words.join(", ")))),
        Kind::Flag => item.as_bool().map(Value::Flag).ok_or_else(|| Wrong::takes("true or false")),
        Kind::Bindings => bindings(item).map(Value::Bindings),
    }
}

fn bindings(item: &Item) -> Result<BTreeMap<String, Vec<String>>, Wrong> {
    let wrong = || {
        Wrong::takes("a table of actions, each with a key or an array of keys, as strings: reload = [\"R\", \"f5\"]")
    };
    let keys = |item: &Item| match (item.as_str(), item.as_array()) {
        (Some(key), _) => Some(vec![key.to_owned()]),
        (None, Some(keys)) => keys.iter().map(|key| key.as_str().map(str::to_owned)).collect(),
        (None, None) => None,
    };
    let actions = item.as_table_like().ok_or_else(wrong)?.iter();
    let read = actions.map(|(action, item)| match keys(item) {
        Some(keys) => Ok((action.to_owned(), keys)),
        None => Err(Wrong { span: item.span(), ..wrong() }),
    });
    read.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_nobody_knows_is_named_with_its_line() {
        let written = parse("issuer = \"https://id.example\"\n", "c.toml").unwrap();
        assert_eq!(written, Written::from([("issuer", Value::Text("https://id.example".to_owned()))]));
        let wrong = |text| parse(text, "c.toml").unwrap_err().error;
        assert_eq!(wrong("\nstor = \"file\""), "c.toml:2: unknown key stor");
        assert_eq!(wrong("issuer = 1"), "c.toml:1: issuer takes a string");
        assert!(wrong("\n\nstore = ").starts_with("c.toml:3: not TOML"));
    }

    #[test]
    fn a_value_is_of_its_keys_kind_or_is_refused_with_its_line() {
        let text = "mouse = false\ntheme = \"mono\"\n[keys]\nquit = \"q\"\nrefresh = [\"r\", \"F5\"]\n";
        let written = parse(text, "c.toml").unwrap();
        let keys = |keys: &[&str]| keys.iter().map(|key| (*key).to_owned()).collect::<Vec<_>>();
        let bindings = BTreeMap::from([("quit".to_owned(), keys(&["q"])), ("refresh".to_owned(), keys(&["r", "F5"]))]);
        assert_eq!(written.get("mouse"), Some(&Value::Flag(false)));
        assert_eq!(written.get("theme"), Some(&Value::Text("mono".to_owned())));
        assert_eq!(written.get("keys"), Some(&Value::Bindings(bindings)));
        let wrong = |text| parse(text, "c.toml").unwrap_err().error;
        assert_eq!(wrong("\nmouse = \"no\""), "c.toml:2: mouse takes true or false");
        assert_eq!(wrong("store = \"chest\""), "c.toml:1: store takes one of auto, keyring, session, file, memory");
        assert!(wrong("\n[keys]\nquit = 3").starts_with("c.toml:3: keys takes a table"));
        assert!(wrong("keys = \"q\"").starts_with("c.toml:1: keys takes a table"));
    }
}
