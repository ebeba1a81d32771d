//! Which settings are there, what are they for, and what holds when nobody sets them?

use std::io::IsTerminal;
use std::net::SocketAddr;

use super::{Issuer, Layers, Mode};

/// One setting: unknown keys, the nearest key, `config show` and the file that `init` writes all come from its row.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// Its name: the section and the key, joined by a dot, or the key alone.
    pub key: &'static str,
    /// One line that says what it does.
    pub about: &'static str,
    /// Whether its value is never printed, and may be read from a file (the key with `_file`).
    pub secret: bool,
    /// The flag of the command line that sets it, if one does.
    pub flag: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) preset: Preset,
}

/// How a value is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Issuer,
    Address,
    /// Empty for none.
    OptionalAddress,
    Networks,
    Database,
    Path,
    Duration,
    /// From and up to.
    Whole(u32, u32),
    Switch,
    Choice(&'static [&'static str]),
}

/// What holds when nobody sets it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Preset {
    Is(&'static str),
    /// Worked out from the mode and the other settings; the text is what the template shows.
    Found(fn(&Layers, Mode) -> String, &'static str),
    /// Nothing; the text is the template's example.
    Nothing(&'static str),
}

use Kind::{Address, Choice, Database, Duration, Networks, OptionalAddress, Path, Switch, Whole};
use Preset::{Found, Is, Nothing};

/// Every setting: first the keys without a section, as TOML wants it.
pub const SETTINGS: &[Setting] = &[
    row(
        "issuer",
        Kind::Issuer,
        Found(issuer, "http://localhost:8080"),
        "the URL that clients know; https, or http on loopback",
    ),
    row("data_dir", Path, Found(data_dir, "./grantd-data"), "where the server keeps what it must remember")
        .flag("--data"),
    row(
        "secret_key_file",
        Path,
        Found(secret_key_file, "./grantd-data/secret.key"),
        "the server's secret keys, newest first; leave it out of backups of the data",
    ),
    row(
        "signup",
        Choice(&["open", "closed"]),
        Found(signup, "closed"),
        "open lets anybody make an account; closed leaves it to administrators",
    ),
    row("server.listen", Address, Is("127.0.0.1:8080"), "IP:PORT").flag("--port"),
    row(
        "server.trusted_proxies",
        Networks,
        Nothing("10.0.0.0/8"),
        "networks whose forwarded headers are believed; none unless set",
    ),
    row(
        "server.metrics_listen",
        OptionalAddress,
        Nothing("127.0.0.1:9090"),
        "IP:PORT of /metrics, on its own listener; none unless set",
    ),
    row(
        "database.url",
        Database,
        Is("sqlite"),
        "a file in data_dir; or sqlite:PATH, postgres://…; url_file names a file that holds it",
    )
    .secret(),
    row("tokens.access_ttl", Duration, Is("5m"), "life of an access token"),
    row("tokens.refresh_ttl", Duration, Is("90d"), "a sign-in ends this long after it was made"),
    row("tokens.refresh_idle_ttl", Duration, Is("30d"), "or this long after it was last used"),
    row(
        "tokens.refresh_race_window",
        Duration,
        Is("45s"),
        "how long a refresh may be retried; longer than clients wait and clocks differ",
    ),
    row("tokens.signing_alg", Choice(&["ES256", "EdDSA", "RS256"]), Is("ES256"), "or EdDSA, RS256"),
    row(
        "password.min_length",
        Whole(1, 256),
        Is("8"),
        "NIST SP 800-63B-4 asks for 15 where the password is the only factor",
    ),
    row(
        "password.memory_kib",
        Whole(8, 4_194_304),
        Is("19456"),
        "argon2id: KiB for each hash; a change re-hashes at the next sign-in",
    ),
    row("password.iterations", Whole(1, 100), Is("2"), "argon2id: passes"),
    row("password.parallelism", Whole(1, 64), Is("1"), "argon2id: lanes"),
    row("password.threads", Whole(1, 256), Found(threads, "4"), "threads that hash; one a core unless set"),
    row("password.queue", Whole(1, 65_536), Is("256"), "sign-ins that may wait for a thread; more are refused at once"),
    row("events.retention", Duration, Is("90d"), "how long the audit log is kept"),
    row("profile.gravatar", Switch, Is("true"), "a user without a picture gets a Gravatar's address"),
    row("docs.enabled", Switch, Is("true"), "whether /docs is served"),
    row(
        "log.level",
        Choice(&["error", "warn", "info", "debug", "trace"]),
        Is("info"),
        "error, warn, info (one line a request), debug, trace",
    ),
    row(
        "log.format",
        Choice(&["text", "json"]),
        Found(log_format, "json"),
        "text or json; text on a terminal, else json, unless set",
    ),
];

const fn row(key: &'static str, kind: Kind, preset: Preset, about: &'static str) -> Setting {
    Setting { key, about, secret: false, flag: None, kind, preset }
}

impl Setting {
    const fn secret(self) -> Self {
        Self { secret: true, ..self }
    }

    const fn flag(self, flag: &'static str) -> Self {
        Self { flag: Some(flag), ..self }
    }

    /// The section it stands in, if any, and its name there.
    pub(super) fn section_and_name(&self) -> (Option<&'static str>, &'static str) {
        match self.key.split_once('.') {
            Some((section, name)) => (Some(section), name),
            None => (None, self.key),
        }
    }

    /// The keys it may be written under.
    fn forms(&self) -> impl Iterator<Item = (String, Form)> {
        let from_file = self.secret.then(|| (format!("{}_file", self.key), Form::InFile));
        std::iter::once((self.key.to_owned(), Form::Plain)).chain(from_file)
    }
}

/// Whether a key holds a value or the path of a file that does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    InFile,
}

/// The setting of this key.
pub(super) fn find(key: &str) -> Option<(&'static Setting, Form)> {
    SETTINGS.iter().find_map(|setting| {
        let (_, form) = setting.forms().find(|(name, _)| name == key)?;
        Some((setting, form))
    })
}

/// The setting that this variable of the environment sets.
pub(super) fn find_variable(variable: &str) -> Option<(&'static Setting, Form)> {
    SETTINGS.iter().find_map(|setting| {
        let (_, form) = setting.forms().find(|(name, _)| variable_of(name) == variable)?;
        Some((setting, form))
    })
}

/// `GRANTD_TOKENS__ACCESS_TTL` of `tokens.access_ttl`.
pub(super) fn variable_of(key: &str) -> String {
    format!("GRANTD_{}", key.replace('.', "__").to_ascii_uppercase())
}

/// The key that an unknown one was most likely meant to be.
pub(super) fn nearest_key(unknown: &str) -> String {
    let name = |key: &str| key.rsplit('.').next().map(str::to_owned);
    let known_section =
        unknown.split_once('.').map(|(section, _)| section).filter(|it| sections().any(|one| one == *it));
    SETTINGS
        .iter()
        .flat_map(|setting| setting.forms().map(|(key, _)| (setting.section_and_name().0, key)))
        .min_by_key(|(section, key)| {
            // The right name in the wrong section is nearer than any name that is misspelt; then its own section.
            let elsewhere = known_section.is_some() && known_section != *section;
            (name(key) != name(unknown), elsewhere, strsim::damerau_levenshtein(key, unknown))
        })
        .map(|(_, key)| key)
        .unwrap_or_default()
}

/// The section that an unknown one was most likely meant to be.
pub(super) fn nearest_section(unknown: &str) -> &'static str {
    sections().min_by_key(|section| strsim::damerau_levenshtein(section, unknown)).unwrap_or_default()
}

/// Every section, once for each of its settings.
pub(super) fn sections() -> impl Iterator<Item = &'static str> {
    SETTINGS.iter().filter_map(|setting| setting.section_and_name().0)
}

fn issuer(layers: &Layers, mode: Mode) -> String {
    let listen = layers.text("server.listen", mode).parse::<SocketAddr>();
    let port = match (mode, listen) {
        (Mode::Dev, Ok(listen)) => listen.port(),
        _ => 8080,
    };
    Issuer::on_localhost(port).as_str().to_owned()
}

/// Beside the file that was named, so that every command finds the same data wherever it is called.
fn data_dir(layers: &Layers, mode: Mode) -> String {
    let name = if mode == Mode::Dev { ".grantd-dev" } else { "grantd-data" };
    if layers.beside.as_os_str().is_empty() {
        format!("./{name}")
    } else {
        layers.beside.join(name).display().to_string()
    }
}

fn secret_key_file(layers: &Layers, mode: Mode) -> String {
    layers.data_dir(mode).join("secret.key").display().to_string()
}

fn signup(_: &Layers, mode: Mode) -> String {
    let signup = if mode == Mode::Dev { "open" } else { "closed" };
    signup.to_owned()
}

fn threads(_: &Layers, _: Mode) -> String {
    std::thread::available_parallelism().map_or(1, |cores| cores.get().min(256)).to_string()
}

fn log_format(_: &Layers, _: Mode) -> String {
    let format = if std::io::stderr().is_terminal() { "text" } else { "json" };
    format.to_owned()
}
