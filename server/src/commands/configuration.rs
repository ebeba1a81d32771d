//! `grantd init` and `grantd config`: write, check and show the settings.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use grantd::config::{Database, Layers, Mode, template};
use grantd::flows::{SecretKeyError, SecretKeys, Seed};
use serde_json::json;

use super::{Done, Failed, environment, say, say_json, say_table, settings};

#[derive(Args)]
pub struct Init {
    /// The folder, made if it is not there
    #[arg(default_value = ".")]
    dir: PathBuf,
    /// Say it in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Subcommand)]
pub enum ConfigCommand {
    /// Find every fault of the settings, as `grantd serve` would
    #[command(after_help = "Example:\n  grantd config check -c /etc/grantd/grantd.toml")]
    Check {
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show every setting as it is written
    #[command(after_help = "Example:\n  grantd config show --origin")]
    Show {
        /// Say where each comes from
        #[arg(long)]
        origin: bool,
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
}

pub fn init(init: &Init) -> Done {
    let (toml, key) = (init.dir.join("grantd.toml"), init.dir.join("secret.key"));
    std::fs::create_dir_all(&init.dir)?;
    for path in [&toml, &key] {
        if path.exists() {
            return Err(Failed::because(format!("{} is there already; nothing was written", path.display())));
        }
    }
    let unwritable = |path: &Path, error: std::io::Error| Failed::because(format!("{}: {error}", path.display()));
    SecretKeys::write_new(&key, false).map_err(|error| unwritable(&key, error))?;
    // A database's password may come to stand in it.
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&toml).map_err(|error| unwritable(&toml, error))?;
    file.write_all(template("secret.key").as_bytes())?;
    if init.json {
        return say_json(
            &json!({ "config": toml.display().to_string(), "secret_key_file": key.display().to_string() }),
        );
    }
    say(&format!("wrote {} and {}", toml.display(), key.display()))?;
    say(&format!("next: set `issuer`, then: grantd serve -c {}", toml.display()))
}

pub fn config(file: Option<&Path>, command: &ConfigCommand) -> Done {
    match command {
        ConfigCommand::Check { json } => {
            let (config, _) = settings(Mode::Serve, file, &[])?;
            let keys = SecretKeys::of_server(&config.secret_key_file, Seed::FirstParty).map_err(Failed::usage)?;
            if keys.is_none() && matches!(config.database, Database::Postgres(_)) {
                return Err(Failed::usage(SecretKeyError::Missing(config.secret_key_file.display().to_string())));
            }
            if *json { say_json(&json!({ "ok": true })) } else { say("the settings are sound") }
        }
        ConfigCommand::Show { origin, json } => show(file, *origin, *json),
    }
}

fn show(file: Option<&Path>, origin: bool, json: bool) -> Done {
    let layers = Layers::read(file, environment(), &[])?;
    let origins = layers.origins(Mode::Serve);
    if json {
        let shown: serde_json::Map<_, _> = origins
            .shown()
            .iter()
            .map(|shown| {
                let value =
                    if origin { json!({ "value": shown.value, "origin": shown.origin }) } else { json!(shown.value) };
                (shown.key.clone(), value)
            })
            .collect();
        return say_json(&shown.into());
    }
    let heads: &[&str] = if origin { &["KEY", "VALUE", "ORIGIN"] } else { &["KEY", "VALUE"] };
    let rows: Vec<_> = origins
        .shown()
        .iter()
        .map(|shown| {
            [shown.key.clone(), shown.value.clone()].into_iter().chain(origin.then(|| shown.origin.clone())).collect()
        })
        .collect();
    say_table(heads, &rows)
}
