//! `grant config`: which settings hold, and where are they written?

use clap::Subcommand;
use grant::settings::{KEYS, variable};
use serde_json::{Map, Value, json};

use super::{Context, Done, say, say_json, say_table};

#[derive(Subcommand)]
pub enum Config {
    /// Show each setting, its value and where that is from
    #[command(after_help = "Example:\n  grant config list --json")]
    List,
    /// Say which file they are read from
    #[command(after_help = "Example:\n  grant config path")]
    Path,
}

pub fn config(context: &Context, config: &Config) -> Done {
    let path = context.settings.folders.config.join("config.toml").display().to_string();
    match config {
        Config::Path if context.json => say_json(&json!({ "schema": 1, "path": path }))?,
        Config::Path => say(path)?,
        Config::List => list(context, &path)?,
    }
    Ok(0)
}

fn list(context: &Context, path: &str) -> Result<(), grant::failure::Failure> {
    let rows = KEYS.map(|(key, _)| {
        let value = match key {
            "issuer" => &context.settings.issuer,
            _ => &context.settings.store,
        };
        let name = format!("GRANT_{}", key.to_uppercase());
        let origin = match value {
            None => "default".to_owned(),
            Some(_) if variable(&name).is_some() => name,
            Some(_) => path.to_owned(),
        };
        (key, value.clone(), origin)
    });
    if !context.json {
        let rows = rows.map(|(key, value, origin)| vec![key.to_owned(), value.unwrap_or_default(), origin]);
        return say_table(&["KEY", "VALUE", "FROM"], &rows);
    }
    let settings: Map<_, _> = rows
        .into_iter()
        .map(|(key, value, origin)| (key.to_owned(), json!({ "value": value, "from": origin })))
        .collect();
    say_json(&json!({ "schema": 1, "settings": Value::Object(settings) }))
}
