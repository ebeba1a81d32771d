//! `grantd key`: show and rotate the keys that sign tokens.

use std::path::Path;

use clap::Subcommand;
use grantd::flows::By;
use grantd::model::signing_key::SealedKey;
use grantd::model::timestamp::Timestamp;
use serde_json::{Value, json};

use super::{Done, complain, on_data, on_data_with_keys, say_json, say_table, time};

#[derive(Subcommand)]
pub enum KeyCommand {
    /// Show every signing key
    #[command(after_help = "Example:\n  grantd key list --json")]
    List {
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a successor for each signing key in use: announced first, so that nobody meets a signature that cannot be checked
    #[command(
        after_help = "Examples:\n  grantd key rotate\n  grantd key rotate --now           a key has leaked: what the others signed is refused from now on"
    )]
    Rotate {
        /// The new keys sign at once, and what any other signed is refused
        #[arg(long)]
        now: bool,
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
}

pub fn key(file: Option<&Path>, command: &KeyCommand) -> Done {
    match *command {
        KeyCommand::List { json } => on_data(file, async |flows| {
            let (keys, now) = flows.list_keys().await?;
            tell(&keys, now, json)
        }),
        KeyCommand::Rotate { now: at_once, json } => on_data_with_keys(file, async |flows| {
            flows.check_keys_match().await?;
            let made = flows.rotate_keys(at_once, By::CommandLine).await?;
            let made_at = made.first().map_or(Timestamp(0), |key| key.created_at);
            tell(&made, made_at, json)?;
            if let Some(first) = made.first().filter(|_| !at_once) {
                complain(&format!("they sign from {} on; `grantd key list` shows the others", time(first.active_at)));
            }
            Ok(())
        }),
    }
}

fn tell(keys: &[SealedKey], now: Timestamp, json: bool) -> Done {
    let shown: Vec<_> = keys
        .iter()
        .map(|key| {
            json!({
                "kid": key.kid,
                "alg": key.alg.as_str(),
                "state": key.state(now).as_str(),
                "created_at": time(key.created_at),
                "active_at": time(key.active_at),
                "retired_at": key.retired_at.map(time),
            })
        })
        .collect();
    if json {
        return say_json(&shown.into());
    }
    let columns = ["kid", "alg", "state", "active_at", "retired_at"];
    let cell = |key: &Value, name: &str| key.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let rows: Vec<_> = shown.iter().map(|key| columns.iter().map(|name| cell(key, name)).collect()).collect();
    say_table(&["KID", "ALG", "STATE", "SIGNS FROM", "UNTIL"], &rows)
}
