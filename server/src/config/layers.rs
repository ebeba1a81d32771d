//! What was written in the file, the environment and the flags, and where?

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use toml_edit::{Document, Item, Key, TableLike, Value};

use super::Mode;
use super::error::{ConfigError, ConfigErrors, Origin};
use super::settings::{self, Form, Preset, SETTINGS, Setting};

/// What was written, unjudged; of each setting what the strongest layer says. Not `Debug`: it holds secrets.
pub struct Layers {
    given: BTreeMap<&'static str, Given>,
    mistakes: Vec<ConfigError>,
    /// The directory of a file that was named; empty is the working directory.
    pub(super) beside: PathBuf,
}

/// One setting as it was written.
pub(super) struct Given {
    pub(super) raw: Raw,
    pub(super) form: Form,
    pub(super) origin: Origin,
    /// What relative paths are relative to; empty is the working directory.
    pub(super) base: PathBuf,
}

/// A value, read but not understood. Outside of a file everything is text.
#[derive(Clone)]
pub(super) enum Raw {
    Text(String),
    Integer(i64),
    Boolean(bool),
    List(Vec<String>),
    /// What no setting takes: what it is, and how it was written.
    Other(&'static str, String),
}

/// A setting as `config show` prints it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The key it is written under.
    pub key: String,
    /// The value as written, without quotes; `***` for a secret; empty for none.
    pub value: String,
    /// Where it was written: `default`, `grantd.toml:7`, `GRANTD_ISSUER`, `--port`.
    pub origin: String,
}

/// Every setting that holds, with its origin, in the order of [`SETTINGS`].
#[derive(Clone, Debug)]
pub struct Origins(Vec<Shown>);

impl Origins {
    /// What `config show` prints, one setting a row.
    #[must_use]
    pub fn shown(&self) -> &[Shown] {
        &self.0
    }

    /// Where this key's value was written; `default` if nowhere.
    #[must_use]
    pub fn of(&self, key: &str) -> &str {
        let found = self.0.iter().find(|shown| shown.key == key || shown.key.strip_suffix("_file") == Some(key));
        found.map_or("default", |shown| &shown.origin)
    }
}

impl Layers {
    /// Reads every layer: `file`, or `./grantd.toml` if it is there; the environment's `GRANTD_…`; the flags.
    /// Unknown keys are kept for [`super::Config::from_layers`] to tell.
    ///
    /// # Errors
    /// A file that cannot be read, or is not TOML; with it whatever else was found.
    pub fn read(
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        flags: &[(&'static str, String)],
    ) -> Result<Self, ConfigErrors> {
        let beside = file.and_then(Path::parent).map(Path::to_owned).unwrap_or_default();
        let mut layers = Self { given: BTreeMap::new(), mistakes: Vec::new(), beside };
        let unread = layers.read_file(file).err();
        for (name, value) in env {
            layers.add_variable(name, value);
        }
        for (key, value) in flags {
            layers.add_flag(key, value);
        }
        if let Some(unread) = unread {
            layers.mistakes.push(unread);
            ConfigErrors::if_any(std::mem::take(&mut layers.mistakes))?;
        }
        Ok(layers)
    }

    /// Every setting with its value and origin. It judges nothing.
    #[must_use]
    pub fn origins(&self, mode: Mode) -> Origins {
        Origins(SETTINGS.iter().map(|setting| self.show(setting, mode)).collect())
    }

    pub(super) fn mistakes(&self) -> &[ConfigError] {
        &self.mistakes
    }

    pub(super) fn given(&self, key: &str) -> Option<&Given> {
        self.given.get(key)
    }

    /// The value of a setting as text: what was given, else the default.
    pub(super) fn text(&self, key: &str, mode: Mode) -> String {
        match (self.given.get(key), settings::find(key)) {
            (Some(given), _) => given.raw.written(),
            (None, Some((setting, _))) => self.preset(setting, mode),
            (None, None) => String::new(),
        }
    }

    pub(super) fn preset(&self, setting: &Setting, mode: Mode) -> String {
        match setting.preset {
            Preset::Is(text) => text.to_owned(),
            Preset::Found(find, _) => find(self, mode),
            Preset::Nothing(_) => String::new(),
        }
    }

    /// Where other settings' defaults lie.
    pub(super) fn data_dir(&self, mode: Mode) -> PathBuf {
        let written = self.text("data_dir", mode);
        self.given.get("data_dir").map_or_else(|| PathBuf::from(&written), |given| given.base.join(&written))
    }

    fn show(&self, setting: &Setting, mode: Mode) -> Shown {
        let (key, value, origin) = match self.given.get(setting.key) {
            Some(given) if given.form == Form::InFile => {
                (format!("{}_file", setting.key), given.raw.written(), &given.origin)
            }
            Some(given) if setting.secret => (setting.key.to_owned(), "***".to_owned(), &given.origin),
            Some(given) => (setting.key.to_owned(), given.raw.written(), &given.origin),
            None => (setting.key.to_owned(), self.preset(setting, mode), &Origin::Default),
        };
        Shown { key, value, origin: origin.to_string() }
    }

    fn add(&mut self, setting: &Setting, given: Given) {
        if let Some(before) = self.given.get(setting.key)
            && before.origin.same_layer(&given.origin)
        {
            let problem = format!("`{0}` and `{0}_file` are both given: keep one", setting.key);
            self.mistakes.push(ConfigError::at(given.origin.clone(), problem));
        }
        self.given.insert(setting.key, given);
    }

    fn add_variable(&mut self, name: String, value: String) {
        if !name.starts_with("GRANTD_") || name.starts_with("GRANTD_TEST_") {
            return;
        }
        let Some((setting, form)) = settings::find_variable(&name) else {
            let key = name.trim_start_matches("GRANTD_").replace("__", ".").to_ascii_lowercase();
            let nearest = settings::variable_of(&settings::nearest_key(&key));
            let problem = format!("unknown setting (did you mean `{nearest}`?)");
            self.mistakes.push(ConfigError::at(Origin::Env(name), problem));
            return;
        };
        self.add(setting, Given { raw: Raw::Text(value), form, origin: Origin::Env(name), base: PathBuf::new() });
    }

    fn add_flag(&mut self, key: &'static str, value: &str) {
        let Some((setting, form)) = settings::find(key) else {
            self.mistakes.push(ConfigError::at(Origin::Flag(key), "unknown setting".to_owned()));
            return;
        };
        let origin = Origin::Flag(setting.flag.unwrap_or(setting.key));
        self.add(setting, Given { raw: Raw::Text(value.to_owned()), form, origin, base: PathBuf::new() });
    }

    fn read_file(&mut self, named: Option<&Path>) -> Result<(), ConfigError> {
        let path = named.unwrap_or(Path::new("grantd.toml"));
        let name = path.display().to_string();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && named.is_none() => return Ok(()),
            Err(error) => {
                let origin = Origin::File { name, line: None };
                return Err(ConfigError::at(origin, format!("cannot be read: {error}")));
            }
        };
        let base = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let file = File { name, text: &text, base };
        let document = Document::parse(file.text).map_err(|error| {
            // Its own display quotes the line, which may hold a secret.
            let message = error.message().trim().replace('\n', ", ");
            ConfigError::at(file.origin(error.span()), format!("not TOML: {message}"))
        })?;
        let root = document.as_table();
        for (name, _) in root {
            if let Some((key, item)) = root.get_key_value(name) {
                self.add_root(&file, key, item);
            }
        }
        Ok(())
    }

    fn add_root(&mut self, file: &File<'_>, key: &Key, item: &Item) {
        let name = key.get();
        let origin = file.origin(key.span().or_else(|| item.span()));
        let is_section = settings::sections().any(|section| section == name);
        match item.as_table_like() {
            Some(section) if is_section => self.add_section(file, name, section),
            _ if is_section => {
                let problem = format!("`{name}` is a section: write `[{name}]`, once, and its keys below it");
                self.mistakes.push(ConfigError::at(origin, problem));
            }
            Some(_) if settings::find(name).is_none() => {
                let nearest = settings::nearest_section(name);
                let problem = format!("unknown section `{name}` (did you mean `{nearest}`?)");
                self.mistakes.push(ConfigError::at(origin, problem));
            }
            _ => self.add_item(file, name, origin, item),
        }
    }

    fn add_section(&mut self, file: &File<'_>, section: &str, table: &dyn TableLike) {
        for (name, _) in table.iter() {
            if let Some((key, item)) = table.get_key_value(name) {
                let origin = file.origin(key.span().or_else(|| item.span()));
                self.add_item(file, &format!("{section}.{name}"), origin, item);
            }
        }
    }

    fn add_item(&mut self, file: &File<'_>, key: &str, origin: Origin, item: &Item) {
        if let Some((setting, form)) = settings::find(key) {
            self.add(setting, Given { raw: Raw::from(item), form, origin, base: file.base.clone() });
        } else {
            let problem = format!("unknown key `{key}` (did you mean `{}`?)", settings::nearest_key(key));
            self.mistakes.push(ConfigError::at(origin, problem));
        }
    }
}

/// The file being read.
struct File<'a> {
    name: String,
    text: &'a str,
    base: PathBuf,
}

impl File<'_> {
    fn origin(&self, span: Option<std::ops::Range<usize>>) -> Origin {
        let before = span.and_then(|span| self.text.get(..span.start));
        let line = before.map(|before| 1 + before.matches('\n').count());
        Origin::File { name: self.name.clone(), line }
    }
}

impl From<&Item> for Raw {
    fn from(item: &Item) -> Self {
        let other = |what| Self::Other(what, item.to_string().trim().to_owned());
        match item {
            Item::Value(Value::String(text)) => Self::Text(text.value().clone()),
            Item::Value(Value::Integer(number)) => Self::Integer(*number.value()),
            Item::Value(Value::Boolean(on)) => Self::Boolean(*on.value()),
            Item::Value(Value::Array(array)) => {
                let texts: Option<Vec<_>> = array.iter().map(|value| value.as_str().map(str::to_owned)).collect();
                texts.map_or_else(|| other("an array with more than strings in it"), Self::List)
            }
            Item::Value(Value::Float(_)) => other("a float"),
            Item::Value(Value::Datetime(_)) => other("a date"),
            Item::Value(Value::InlineTable(_)) | Item::Table(_) | Item::ArrayOfTables(_) | Item::None => {
                other("a table")
            }
        }
    }
}

impl Raw {
    /// As it was written, without quotes and brackets: as the environment takes it.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Text(text) | Self::Other(_, text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Boolean(on) => on.to_string(),
            Self::List(texts) => texts.join(", "),
        }
    }

    /// What it is, for a message that asks for something else.
    pub(super) const fn what(&self) -> &'static str {
        match self {
            Self::Text(_) => "a string",
            Self::Integer(_) => "an integer",
            Self::Boolean(_) => "a boolean",
            Self::List(_) => "an array",
            Self::Other(what, _) => what,
        }
    }
}
