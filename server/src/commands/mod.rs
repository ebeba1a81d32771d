//! What do the commands share? Settings, data, what they print, and how they fail.

pub mod clients;
pub mod configuration;
pub mod keys;
pub mod run;
pub mod sessions;
pub mod upkeep;
pub mod users;

use std::fmt::Display;
use std::future::Future;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
use std::sync::Arc;

use grantd::clock::Clock;
use grantd::config::{Config, ConfigErrors, Mode, Origins};
use grantd::flows::{
    ClientFault, ClientRefusal, Flows, HashFault, KeyError, PasswordHasher, RotationRefusal, SecretKeys,
    SessionRefusal, UserRefusal,
};
use grantd::model::change::Change;
use grantd::model::reason::Reason;
use grantd::model::secret::Secret;
use grantd::server::BindError;
use grantd::store::{OpenError, Opened, Purpose, Store, StoreError};

/// A command that did not do as asked: 1 it failed, 2 it was called or configured wrongly.
pub struct Failed {
    /// The exit code.
    pub code: u8,
    /// What to say.
    pub message: String,
}

pub type Done = Result<(), Failed>;

impl Failed {
    pub fn because(message: impl Display) -> Self {
        Self { code: 1, message: message.to_string() }
    }

    pub fn usage(message: impl Display) -> Self {
        Self { code: 2, message: message.to_string() }
    }
}

impl From<ConfigErrors> for Failed {
    fn from(errors: ConfigErrors) -> Self {
        Self::usage(format!("the settings have faults\n{errors}"))
    }
}

impl From<OpenError> for Failed {
    fn from(error: OpenError) -> Self {
        let dev = Path::new("./.grantd-dev/grantd.db").exists();
        match error {
            OpenError::Missing(at) if dev => Self::because(format!(
                "there is no data at {at}; `grantd dev` keeps its own: set GRANTD_DATA_DIR=./.grantd-dev"
            )),
            OpenError::Missing(at) => Self::because(format!(
                "there is no data at {at}; `grantd migrate` makes it, and `grantd serve` does too"
            )),
            other => Self::because(other),
        }
    }
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::because(error)
    }
}

impl From<BindError> for Failed {
    fn from(error: BindError) -> Self {
        match error {
            BindError::Key(error) => error.into(),
            BindError::Password => Self::usage(error),
            BindError::Database(error) => error.into(),
            other => Self::because(other),
        }
    }
}

impl From<UserRefusal> for Failed {
    fn from(refusal: UserRefusal) -> Self {
        match refusal {
            UserRefusal::Invalid(faults) => Self::because(told(&faults, None)),
            UserRefusal::InvalidHash(faults, fault) => Self::because(told(&faults, Some(fault))),
            UserRefusal::Taken(field, reason) => Self::because(format!("{field}: {} ({reason})", reason.sentence())),
            UserRefusal::NotFound => Self::because("there is no such user; `grantd user list` shows them"),
            UserRefusal::LastAdministrator => {
                let reason = Reason::LastAdministrator;
                Self::because(format!("{} ({reason}) {}", reason.sentence(), reason.way_on()))
            }
            // Nobody is denied anything on the command line.
            UserRefusal::SignupClosed
            | UserRefusal::WrongPassword(_)
            | UserRefusal::Denied(_)
            | UserRefusal::Overloaded => Self::because("the password could not be hashed"),
            UserRefusal::Store(error) => error.into(),
        }
    }
}

/// The values that break a rule, a line each; of a hash, what is wrong with it.
fn told(faults: &[(&str, Reason)], hash_fault: Option<HashFault>) -> String {
    let lines = faults.iter().map(|(field, reason)| match hash_fault {
        Some(fault) if *field == "password_hash" => format!("{field}: {fault} ({reason})"),
        _ => format!("{field}: {} ({reason}) {}", reason.sentence(), reason.way_on()),
    });
    lines.collect::<Vec<_>>().join("\n  ")
}

impl From<ClientRefusal> for Failed {
    fn from(refusal: ClientRefusal) -> Self {
        match refusal {
            ClientRefusal::Invalid(faults) => {
                Self::usage(faults.iter().map(told_of_client).collect::<Vec<_>>().join("\n  "))
            }
            ClientRefusal::Taken(_) | ClientRefusal::NotFound | ClientRefusal::NoSecret | ClientRefusal::Denied(_) => {
                Self::because(refusal)
            }
            ClientRefusal::Store(error) => error.into(),
        }
    }
}

/// What is wrong with a value of a client, by the flag that sets it.
fn told_of_client(fault: &ClientFault) -> String {
    let flag = match fault.field {
        "id" => "ID".to_owned(),
        "client_secret" => "--secret-file".to_owned(),
        "grants" | "scopes" | "redirect_uris" | "origins" | "resources" | "audiences" => {
            format!("--{}", fault.field.trim_end_matches('s').replace('_', "-"))
        }
        field => format!("--{}", field.replace('_', "-")),
    };
    match &fault.value {
        Some(value) => format!("{flag} `{value}`: {}", fault.why),
        None => format!("{flag}: {}", fault.why),
    }
}

impl From<SessionRefusal> for Failed {
    fn from(refusal: SessionRefusal) -> Self {
        match refusal {
            SessionRefusal::Store(error) => error.into(),
            _ => Self::because("there is no such living session; `grantd session list` shows them"),
        }
    }
}

impl From<KeyError> for Failed {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::SecretKey(_) | KeyError::Sealed(_) | KeyError::Development => Self::usage(error),
            KeyError::Store(error) => error.into(),
            KeyError::Unmade => Self::because(error),
        }
    }
}

impl From<RotationRefusal> for Failed {
    fn from(refusal: RotationRefusal) -> Self {
        match refusal {
            RotationRefusal::Key(error) => error.into(),
            refusal => Self::because(refusal),
        }
    }
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::because(error)
    }
}

/// The settings, judged.
pub fn settings(
    mode: Mode,
    file: Option<&Path>,
    flags: &[(&'static str, String)],
) -> Result<(Config, Origins), Failed> {
    Ok(Config::load(mode, file, environment(), flags)?)
}

/// The environment, as far as it is text.
pub fn environment() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
}

/// Runs a command on the data, beside a running server or without one.
pub fn on_data<F: Future<Output = Done>>(file: Option<&Path>, command: impl FnOnce(Arc<Flows>) -> F) -> Done {
    let (config, _) = settings(Mode::Command, file, &[])?;
    on_data_with(config, |_| Ok(SecretKeys::none()), command)
}

/// The same for a command that seals keys.
pub fn on_data_with_keys<F: Future<Output = Done>>(file: Option<&Path>, command: impl FnOnce(Arc<Flows>) -> F) -> Done {
    let (config, _) = settings(Mode::Command, file, &[])?;
    on_data_with(config, |config| SecretKeys::read(&config.secret_key_file).map_err(Failed::usage), command)
}

fn on_data_with<F: Future<Output = Done>>(
    mut config: Config,
    keys: impl FnOnce(&Config) -> Result<SecretKeys, Failed>,
    command: impl FnOnce(Arc<Flows>) -> F,
) -> Done {
    // One hash at most.
    config.password.threads = 1;
    runtime()?.block_on(async {
        let Opened { store, .. } = Store::open(&config.database, Purpose::Command).await?;
        let keys = keys(&config)?;
        let passwords = PasswordHasher::start(&config.password).ok_or_else(|| Failed::usage(BindError::Password))?;
        let flows = Arc::new(Flows::new(Arc::new(config), Clock::system(), store, keys, passwords));
        let done = command(Arc::clone(&flows)).await;
        flows.close().await;
        done
    })
}

/// The runtime.
pub fn runtime() -> Result<tokio::runtime::Runtime, Failed> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

/// What a flag says of a value: an empty text takes it away.
pub fn said(text: Option<String>) -> Change<String> {
    match text {
        None => Change::Keep,
        Some(text) if text.is_empty() => Change::Clear,
        Some(text) => Change::Set(text),
    }
}

/// A line on standard output: what was asked for. A reader that has gone away is no fault of ours.
pub fn say(line: &str) -> Done {
    match writeln!(std::io::stdout().lock(), "{line}") {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// One JSON value on standard output, and nothing else.
pub fn say_json(value: &serde_json::Value) -> Done {
    say(&format!("{value:#}"))
}

/// A line on standard error: what is to be known besides.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// The members of a JSON object, a line each, but for those that say nothing.
pub fn say_members(value: &serde_json::Value) -> Done {
    use serde_json::Value;
    let Value::Object(members) = value else { return Ok(()) };
    for (name, value) in members {
        let text = match value {
            Value::Null => continue,
            Value::Array(words) => words.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" "),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        if !text.is_empty() {
            say(&format!("{name:<16}{text}"))?;
        }
    }
    Ok(())
}

/// A table with its columns aligned.
pub fn say_table(heads: &[&str], rows: &[Vec<String>]) -> Done {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count());
        cells.chain(heads.get(column).map(|head| head.len())).max().unwrap_or_default()
    };
    let line = |cells: Vec<&str>| {
        let padded: Vec<_> =
            cells.iter().enumerate().map(|(column, cell)| format!("{cell:<width$}", width = width(column))).collect();
        padded.join("  ").trim_end().to_owned()
    };
    say(&line(heads.to_vec()))?;
    rows.iter().try_for_each(|row| say(&line(row.iter().map(String::as_str).collect())))
}

/// A secret from a file, from standard input (`-`, or no file), or from a person at the terminal; as it is but for one line break.
pub fn secret(file: Option<&Path>, prompt: &str) -> Result<Secret<String>, Failed> {
    let from_file =
        |path: &Path| std::fs::read(path).map_err(|error| Failed::because(format!("{}: {error}", path.display())));
    let bytes = match file {
        Some(path) if path != Path::new("-") => from_file(path)?,
        None if std::io::stdin().is_terminal() => {
            let typed = rpassword::prompt_password(format!("{prompt}: "))?;
            let again = rpassword::prompt_password(format!("{prompt}, again: "))?;
            if typed != again {
                return Err(Failed::because("the two are not the same"));
            }
            typed.into_bytes()
        }
        _ => {
            let mut bytes = Vec::new();
            std::io::stdin().lock().read_to_end(&mut bytes)?;
            bytes
        }
    };
    let text = String::from_utf8(bytes).map_err(|_| Failed::because(format!("{prompt}: not UTF-8")))?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Secret::new(text.to_owned()))
}

/// `2026-01-31T12:00:00Z`.
pub fn time(at: grantd::model::timestamp::Timestamp) -> String {
    grantd::http::write_time(at)
}
