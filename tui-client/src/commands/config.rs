//! `grant config`: which settings hold, where are they written, and how are they changed?

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::{Args, Subcommand};
use grant::app::keys::Keymap;
use grant::failure::{Code, Failure};
use grant::files;
use grant::settings::{self, KEYS, Key, Kind, Value as Setting, variable};
use serde_json::{Map, Value, json};
use toml_edit::{Array, DocumentMut, Item, Table};

use super::{Context, Done, complain, say, say_json, say_table};

#[derive(Args)]
pub struct Config {
    #[command(subcommand)]
    command: Option<ConfigCommand>,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Show each setting, its value and where that is from
    #[command(after_help = "Example:\n  grant config list --json")]
    List {
        /// Shown in any case
        #[arg(long, hide = true)]
        origin: bool,
    },
    /// Print what one setting is
    #[command(after_help = "Example:\n  grant config get theme")]
    Get {
        /// Its name; `keys.ACTION` for one action's keys
        key: String,
    },
    /// Change one setting in the file; comments stay
    #[command(
        after_help = "Example:\n  grant config set issuer https://id.example.org\n  grant config set keys.reload R f5"
    )]
    Set {
        /// Its name; `keys.ACTION` for one action's keys
        key: String,
        /// What it is to be; an action may have several keys
        #[arg(required = true, value_name = "VALUE")]
        values: Vec<String>,
    },
    /// Say which file they are read from
    #[command(after_help = "Example:\n  grant config path")]
    Path,
    /// Open the file in $VISUAL or $EDITOR; it is replaced once the text is found to be right
    #[command(after_help = "Example:\n  EDITOR=vi grant config edit")]
    Edit,
}

pub fn config(context: &Context, config: &Config) -> Done {
    let path = context.settings.folders.config_file();
    match &config.command {
        Some(ConfigCommand::Path) if context.json => {
            say_json(&json!({ "schema": 1, "path": path.display().to_string() }))?;
        }
        Some(ConfigCommand::Path) => say(path.display())?,
        None | Some(ConfigCommand::List { .. }) => list(context, &path)?,
        Some(ConfigCommand::Get { key }) => get(context, key)?,
        Some(ConfigCommand::Set { key, values }) => set(&path, key, values)?,
        Some(ConfigCommand::Edit) => edit(&path)?,
    }
    Ok(0)
}

/// What a setting is, whoever says so, and who does.
fn holds(context: &Context, key: &Key, path: &Path) -> (Value, String) {
    if let Some((name, value)) = key.variable.and_then(|name| Some((name, variable(name)?))) {
        return (json!(value), name.to_owned());
    }
    if let Some(written) = context.settings.written.get(key.name) {
        let value = match written {
            Setting::Text(text) => json!(text),
            Setting::Flag(flag) => json!(flag),
            Setting::Bindings(keys) => json!(keys),
        };
        return (value, path.display().to_string());
    }
    let default = match key.kind {
        Kind::Flag => json!(key.default == Some("true")),
        Kind::Bindings => json!({}),
        Kind::Text | Kind::Choice(_) => json!(key.default),
    };
    (default, "default".to_owned())
}

/// As a person reads it.
fn told(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(keys) => keys.iter().map(told).collect::<Vec<_>>().join(" "),
        Value::Object(members) => {
            members.iter().map(|(name, value)| format!("{name}={}", told(value))).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}

fn list(context: &Context, path: &Path) -> Result<(), Failure> {
    let rows = KEYS.iter().map(|key| (key.name, holds(context, key, path)));
    if !context.json {
        let rows: Vec<_> = rows.map(|(name, (value, from))| vec![name.to_owned(), told(&value), from]).collect();
        return say_table(&["KEY", "VALUE", "FROM"], &rows);
    }
    let settings: Map<_, _> =
        rows.map(|(name, (value, from))| (name.to_owned(), json!({ "value": value, "from": from }))).collect();
    say_json(&json!({ "schema": 1, "settings": settings }))
}

fn get(context: &Context, name: &str) -> Result<(), Failure> {
    let (top, action) = name.split_once('.').map_or((name, None), |(top, action)| (top, Some(action)));
    let known = KEYS.iter().find(|key| key.name == top && (action.is_none() || key.kind == Kind::Bindings));
    let key = known.ok_or_else(|| unknown(name))?;
    let (value, from) = holds(context, key, &context.settings.folders.config_file());
    let value = action.map_or(Some(&value), |action| value.get(action)).cloned().unwrap_or_default();
    if value.is_null() {
        return Err(Failure::new(Code::NotFound, format!("{name} is not set"))
            .hint(format!("to set it: grant config set {name} VALUE")));
    }
    if context.json { say_json(&json!({ "schema": 1, "value": value, "from": from })) } else { say(told(&value)) }
}

fn unknown(name: &str) -> Failure {
    Failure::usage(format!("unknown key {name}")).hint(format!("known are {}", KEYS.map(|key| key.name).join(", ")))
}

fn read(path: &Path) -> Result<String, Failure> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(Failure::usage(format!("{}: {error}", path.display()))),
    }
}

/// Replaces the file, or what its name leads to: settings are often kept elsewhere and linked to.
fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let target = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    files::replace(&target, text.as_bytes()).map_err(|error| {
        Failure::new(Code::Other, format!("{} cannot be written: {error}", target.display()))
            .hint("make its folder writable")
    })
}

fn set(path: &Path, name: &str, values: &[String]) -> Result<(), Failure> {
    let file = path.display().to_string();
    let mut document: DocumentMut =
        read(path)?.parse().map_err(|error| Failure::usage(format!("{file}: not TOML: {error}")))?;
    let (top, action) = name.split_once('.').map_or((name, None), |(top, action)| (top, Some(action)));
    let kind = KEYS.iter().find(|key| key.name == top).map(|key| key.kind);
    let item = match (kind, action, values) {
        (Some(Kind::Bindings), Some(_), [key]) => toml_edit::value(key),
        (Some(Kind::Bindings), Some(_), keys) => toml_edit::value(keys.iter().collect::<Array>()),
        (Some(Kind::Bindings), None, _) => {
            return Err(Failure::usage("keys is a table").hint("name the action too: grant config set keys.ACTION KEY"));
        }
        (Some(Kind::Flag), None, [flag]) if flag.parse::<bool>().is_ok() => toml_edit::value(flag == "true"),
        (Some(_), None, [text]) => toml_edit::value(text),
        (Some(_), None, _) => return Err(Failure::usage(format!("{name} takes one value"))),
        (None, ..) | (_, Some(_), _) => toml_edit::value(values.join(" ")),
    };
    match action {
        Some(action) if kind == Some(Kind::Bindings) => {
            let keys = document.entry(top).or_insert_with(|| Item::Table(Table::new()));
            put(keys.as_table_like_mut(), action, item);
        }
        _ => put(Some(document.as_table_mut()), name, item),
    }
    let text = document.to_string();
    judge(&text, &file)?;
    replace(path, &text)
}

/// Whether a file would be taken, by the application too, whose keys these are.
fn judge(text: &str, file: &str) -> Result<(), Failure> {
    match settings::parse(text, file)?.get("keys") {
        Some(Setting::Bindings(keys)) => Keymap::new(keys).map(|_| ()),
        _ => Ok(()),
    }
}

/// In the place of what was there, with the comments around it.
fn put(table: Option<&mut dyn toml_edit::TableLike>, name: &str, mut item: Item) {
    let Some(table) = table else { return };
    match table.get_mut(name) {
        Some(old) => {
            if let (Some(old), Some(new)) = (old.as_value(), item.as_value_mut()) {
                *new.decor_mut() = old.decor().clone();
            }
            *old = item;
        }
        None => {
            table.insert(name, item);
        }
    }
}

fn edit(path: &Path) -> Result<(), Failure> {
    // Beside the file, so that what was typed is not lost when there is something wrong with it.
    let draft: PathBuf = path.with_extension("draft.toml");
    if !draft.exists() {
        let text = Some(read(path)?).filter(|text| !text.is_empty()).unwrap_or_else(template);
        files::replace(&draft, text.as_bytes()).map_err(|error| {
            Failure::new(Code::Other, format!("{} cannot be written: {error}", draft.display()))
                .hint("make its folder writable")
        })?;
    }
    let default = if cfg!(windows) { "notepad" } else { "vi" };
    let editor = variable("VISUAL").or_else(|| variable("EDITOR")).unwrap_or_else(|| default.to_owned());
    // An editor may come with arguments, and with a path that has spaces in it: the shell knows which is which.
    let mut command = if cfg!(windows) {
        let mut command = Command::new("cmd");
        command.arg("/C").arg(format!("{editor} \"{}\"", draft.display()));
        command
    } else {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!("{editor} \"$1\"")).arg("sh").arg(&draft);
        command
    };
    let failed = |why: String| {
        Failure::new(Code::Other, format!("the editor `{editor}` {why}"))
            .detail(format!("{} is as it was", path.display()))
            .hint("set VISUAL or EDITOR to one that works here")
    };
    let status = command.status().map_err(|error| failed(format!("cannot be run: {error}")))?;
    if !status.success() {
        let _ = std::fs::remove_file(&draft);
        return Err(failed(format!("ended with {status}")));
    }
    let text = read(&draft)?;
    judge(&text, &draft.display().to_string()).map_err(|failure| {
        failure.detail(format!("{} is as it was", path.display())).hint("mend the draft: grant config edit")
    })?;
    replace(path, &text)?;
    let _ = std::fs::remove_file(&draft);
    complain(&format!("{} is written", path.display()));
    Ok(())
}

/// What somebody finds who has settled nothing yet: every key, none of them set.
fn template() -> String {
    let lines = KEYS.iter().map(|key| {
        let takes = match key.kind {
            Kind::Choice(words) => format!(" ({})", words.join(", ")),
            _ => String::new(),
        };
        let example = match key.kind {
            Kind::Bindings => format!("[{}]\n# reload = [\"R\", \"f5\"]", key.name),
            Kind::Flag => format!("{} = {}", key.name, key.default.unwrap_or("false")),
            Kind::Text | Kind::Choice(_) => format!("{} = \"{}\"", key.name, key.default.unwrap_or_default()),
        };
        format!("# {}{takes}\n# {example}\n", key.about)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use grant::app::keys::Keymap;

    use super::*;

    #[test]
    fn what_the_template_shows_holds_once_it_is_no_comment() {
        let lines = template().replace("= \"\"", "= \"auto\"");
        let lines = lines
            .lines()
            .filter_map(|line| line.strip_prefix("# "))
            .filter(|line| line.contains(" = ") || line.starts_with('['));
        let written = settings::parse(&lines.collect::<Vec<_>>().join("\n"), "c.toml").unwrap();
        assert_eq!(written.keys().copied().collect::<Vec<_>>(), ["issuer", "keys", "mouse", "store", "theme"]);
        let Some(Setting::Bindings(keys)) = written.get("keys") else { unreachable!() };
        Keymap::new(keys).unwrap();
    }
}
