//! What may an operator set, and is what was set sound?
//!
//! [`Layers`] collects what was written and where, and judges nothing; [`Config`] is what comes of it once every
//! fault has been looked for. A new setting is a row in [`SETTINGS`] and a field here.

mod database;
mod duration;
mod error;
mod issuer;
mod layers;
mod settings;
mod template;
mod values;

#[cfg(test)]
mod tests;

pub use database::{Database, DatabaseUrl};
pub use duration::{LONGEST_DURATION, parse_duration, write_duration};
pub use error::{ConfigError, ConfigErrors, Origin};
pub use issuer::Issuer;
pub use layers::{Layers, Origins, Shown};
pub use settings::{SETTINGS, Setting};
pub use template::template;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use ipnet::IpNet;

use crate::model::signing_key::SigningAlg;
use values::Values;

/// What an argon2id hash may cost: its memory in KiB times its passes, some seconds' work.
pub const ARGON2ID_LIMIT: u64 = 4 * 1024 * 1024;

/// For whom the settings are read: it decides a few defaults and rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// `grantd dev`: sign-up open, data in `./.grantd-dev`, the issuer follows the port, loopback only.
    Dev,
    /// `grantd serve` and `grantd config check`: production.
    Serve,
    /// Every other command: the defaults of `serve`, without the rules that only a server must keep.
    Command,
}

/// All that an operator may set, judged. The fields are named and grouped as the keys are.
#[derive(Clone, Debug)]
pub struct Config {
    /// For whom they were read.
    pub mode: Mode,
    /// What every `iss` says, and where every URL begins.
    pub issuer: Issuer,
    /// Whether the issuer is the default of `dev`, which follows the port listened on ([`Config::follow_port`]).
    pub issuer_follows_port: bool,
    /// The directory that holds what the server keeps.
    pub data_dir: PathBuf,
    /// The file with the server's secret keys.
    pub secret_key_file: PathBuf,
    /// Whether anybody may make an account.
    pub signup: Signup,
    /// Where to listen, and whom to believe.
    pub server: Server,
    /// Where things are kept.
    pub database: Database,
    /// How long tokens live, and what signs them.
    pub tokens: Tokens,
    /// How passwords are judged and hashed.
    pub password: Password,
    /// How long events are kept.
    pub events: Events,
    /// What a profile shows.
    pub profile: Profile,
    /// The documentation that the server carries.
    pub docs: Docs,
    /// What is logged, and how.
    pub log: Log,
}

/// Where to listen, and whom to believe.
#[derive(Clone, Debug)]
pub struct Server {
    /// The address and port listened on; port 0 lets the system choose.
    pub listen: SocketAddr,
    /// The networks whose forwarded headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Where `/metrics` is served.
    pub metrics_listen: MetricsListen,
}

/// Where `/metrics` is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricsListen {
    /// Nowhere.
    Nowhere,
    /// Among everything else: `dev`, unless it is told where.
    Main,
    /// Alone, on a listener of its own.
    Own(SocketAddr),
}

/// How long tokens live, and what signs them.
#[derive(Clone, Debug)]
pub struct Tokens {
    /// Life of an access token, in seconds.
    pub access_ttl: i64,
    /// Life of a token family from its first token on, in seconds.
    pub refresh_ttl: i64,
    /// Longest time between two refreshes, in seconds.
    pub refresh_idle_ttl: i64,
    /// How long a superseded refresh token is answered as a retry, in seconds.
    pub refresh_race_window: i64,
    /// What signs access tokens.
    pub signing_alg: SigningAlg,
}

/// How passwords are judged and hashed.
#[derive(Clone, Debug)]
pub struct Password {
    /// Shortest password, in characters.
    pub min_length: usize,
    /// Memory of one argon2id hash, in KiB; at least 8 for each lane.
    pub memory_kib: u32,
    /// Passes of argon2id.
    pub iterations: u32,
    /// Lanes of argon2id.
    pub parallelism: u32,
    /// Threads that hash, each holding its own memory.
    pub threads: usize,
    /// Hashes that may wait for a thread; beyond it requests are refused.
    pub queue: usize,
}

/// How long events are kept.
#[derive(Clone, Debug)]
pub struct Events {
    /// Age at which an event is deleted, in seconds.
    pub retention: i64,
}

/// What a profile shows.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Whether a user without a picture gets the address of a Gravatar.
    pub gravatar: bool,
}

/// The documentation that the server carries.
#[derive(Clone, Debug)]
pub struct Docs {
    /// Whether `/docs` is served.
    pub enabled: bool,
}

/// What is logged, and how.
#[derive(Clone, Debug)]
pub struct Log {
    /// The least important lines that are written.
    pub level: LogLevel,
    /// How a line looks.
    pub format: LogFormat,
}

/// Whether anybody may make an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signup {
    /// Anybody may.
    Open,
    /// Only an administrator may.
    Closed,
}

/// The least important lines that are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogLevel {
    /// Failures only.
    Error,
    /// And what an operator should look at.
    Warn,
    /// And one line a request.
    Info,
    /// And what a developer of Grantd wants.
    Debug,
    /// And everything.
    Trace,
}

/// How a line of the log looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

impl Signup {
    fn named(name: &str) -> Option<Self> {
        match name {
            "open" => Some(Self::Open),
            "closed" => Some(Self::Closed),
            _ => None,
        }
    }
}

impl LogLevel {
    /// Its name as written, which is also the one that `tracing` knows.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Debug => "debug",
            Self::Trace => "trace",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Self::Error, Self::Warn, Self::Info, Self::Debug, Self::Trace].into_iter().find(|level| level.as_str() == name)
    }
}

impl LogFormat {
    fn named(name: &str) -> Option<Self> {
        match name {
            "text" => Some(Self::Text),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl Config {
    /// Reads every layer (default < file < environment < flags) and judges the outcome.
    ///
    /// Without a `file`, `./grantd.toml` is read if it is there. `env` may hold the whole environment. A flag is the
    /// key of a setting and its value, such as `("server.listen", "127.0.0.1:8080")` for `--port 8080`.
    ///
    /// # Errors
    /// All faults found, the file's first, in the order of its lines.
    pub fn load(
        mode: Mode,
        file: Option<&Path>,
        env: impl Iterator<Item = (String, String)>,
        flags: &[(&'static str, String)],
    ) -> Result<(Self, Origins), ConfigErrors> {
        let layers = Layers::read(file, env, flags)?;
        let config = Self::from_layers(&layers, mode)?;
        Ok((config, layers.origins(mode)))
    }

    /// Judges what was written.
    ///
    /// # Errors
    /// All faults found, the file's first, in the order of its lines.
    pub fn from_layers(layers: &Layers, mode: Mode) -> Result<Self, ConfigErrors> {
        let (values, mut faults) = Values::resolve(layers, mode);
        faults.extend(layers.mistakes().iter().cloned());
        faults.extend(values.faults());
        faults.extend(broken_rules(&values, mode));
        ConfigErrors::if_any(faults)?;
        // Nothing fails from here on: `faults` has read each value in the same way.
        Self::build(&values, mode).map_err(|fault| ConfigErrors(vec![fault]))
    }

    /// Puts the real port into the issuer when the system chose it and no issuer was given in `dev`.
    pub fn follow_port(&mut self, port: u16) {
        if self.issuer_follows_port {
            self.issuer = Issuer::on_localhost(port);
        }
    }

    fn build(values: &Values, mode: Mode) -> Result<Self, ConfigError> {
        Ok(Self {
            mode,
            issuer: values.issuer("issuer")?,
            issuer_follows_port: mode == Mode::Dev && !values.is_given("issuer"),
            data_dir: values.path("data_dir")?,
            secret_key_file: values.path("secret_key_file")?,
            signup: values.choice("signup", Signup::named)?,
            server: Server {
                listen: values.address("server.listen")?,
                trusted_proxies: values.networks("server.trusted_proxies")?,
                metrics_listen: match (values.optional_address("server.metrics_listen")?, mode) {
                    (Some(address), _) => MetricsListen::Own(address),
                    (None, Mode::Dev) => MetricsListen::Main,
                    (None, Mode::Serve | Mode::Command) => MetricsListen::Nowhere,
                },
            },
            database: values.database("database.url")?,
            tokens: Tokens {
                access_ttl: values.seconds("tokens.access_ttl")?,
                refresh_ttl: values.seconds("tokens.refresh_ttl")?,
                refresh_idle_ttl: values.seconds("tokens.refresh_idle_ttl")?,
                refresh_race_window: values.seconds("tokens.refresh_race_window")?,
                signing_alg: values.choice("tokens.signing_alg", SigningAlg::parse)?,
            },
            password: Password {
                min_length: values.count("password.min_length")?,
                memory_kib: values.whole("password.memory_kib")?,
                iterations: values.whole("password.iterations")?,
                parallelism: values.whole("password.parallelism")?,
                threads: values.count("password.threads")?,
                queue: values.count("password.queue")?,
            },
            events: Events { retention: values.seconds("events.retention")? },
            profile: Profile { gravatar: values.switch("profile.gravatar")? },
            docs: Docs { enabled: values.switch("docs.enabled")? },
            log: Log {
                level: values.choice("log.level", LogLevel::named)?,
                format: values.choice("log.format", LogFormat::named)?,
            },
        })
    }
}

/// The rules that bind several settings, or a setting and the mode. A value that is itself at fault breaks none.
fn broken_rules(values: &Values, mode: Mode) -> Vec<ConfigError> {
    let mut broken = Vec::new();
    if let (Ok(memory), Ok(lanes)) = (values.whole("password.memory_kib"), values.whole("password.parallelism"))
        && memory < 8 * lanes
    {
        let key = if values.is_given("password.memory_kib") { "password.memory_kib" } else { "password.parallelism" };
        let least = 8 * lanes;
        let problem = format!("{lanes} lanes need 8 KiB each: memory_kib must be at least {least}, and is {memory}");
        broken.push(values.fault(key, &problem));
    }
    if let (Ok(memory), Ok(passes)) = (values.whole("password.memory_kib"), values.whole("password.iterations"))
        && u64::from(memory) * u64::from(passes) > ARGON2ID_LIMIT
    {
        // A hash that costs more is never computed, so nobody could sign in.
        let key = if values.is_given("password.memory_kib") { "password.memory_kib" } else { "password.iterations" };
        let problem =
            format!("memory_kib times iterations may be {ARGON2ID_LIMIT} at most: a sign-in would take too long");
        broken.push(values.fault(key, &problem));
    }
    if mode == Mode::Serve
        && let Ok(Database::Postgres(_)) = values.database("database.url")
        && !values.is_given("secret_key_file")
    {
        // A key made by one node would be foreign to the others.
        let problem =
            "must be given when the database is PostgreSQL, the same key for every node (`grantd init` makes one)";
        broken.push(values.fault("secret_key_file", problem));
    }
    let listen = values.address("server.listen").ok();
    let metrics_listen = values.optional_address("server.metrics_listen").ok().flatten();
    for (key, address) in [("server.listen", listen), ("server.metrics_listen", metrics_listen)] {
        if mode == Mode::Dev
            && let Some(address) = address
            && !address.ip().is_loopback()
        {
            // Its passwords are in the documentation.
            let ip = address.ip();
            let problem = format!("`grantd dev` listens on loopback only, not on {ip} (use `grantd serve`)");
            broken.push(values.fault(key, &problem));
        }
    }
    if mode != Mode::Command && metrics_listen.is_some_and(|own| Some(own) == listen && own.port() != 0) {
        let problem = "must be another address than server.listen: /metrics has a listener of its own";
        broken.push(values.fault("server.metrics_listen", problem));
    }
    broken
}
