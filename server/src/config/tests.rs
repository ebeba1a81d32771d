//! Do the settings keep what the documents promise of them?

use std::fs;
use std::path::{Path, PathBuf};

use super::*;

/// A directory of its own for a test's files, gone with it.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let dir = std::env::temp_dir().join(format!("grantd-config-{}-{name}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }

    fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

type Flags<'a> = &'a [(&'static str, &'a str)];

fn load(mode: Mode, file: Option<&Path>, env: &[(&str, &str)], flags: Flags) -> Result<(Config, Origins), String> {
    let env = env.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let flags: Vec<_> = flags.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
    Config::load(mode, file, env, &flags).map_err(|errors| errors.to_string())
}

fn with_env(mode: Mode, env: &[(&str, &str)]) -> Result<Config, String> {
    load(mode, None, env, &[]).map(|(config, _)| config)
}

/// The faults of this file, without its directory.
fn faults_of(name: &str, text: &str) -> String {
    let scratch = Scratch::new(name);
    let file = scratch.write("grantd.toml", text);
    let errors = load(Mode::Serve, Some(&file), &[], &[]).map(drop).unwrap_err();
    errors.replace(&format!("{}/", scratch.0.display()), "")
}

#[test]
fn the_defaults_are_those_of_the_mode() {
    let dev = with_env(Mode::Dev, &[]).unwrap();
    assert_eq!(
        (dev.signup, dev.data_dir.as_path(), dev.issuer.as_str()),
        (Signup::Open, Path::new("./.grantd-dev"), "http://localhost:8080")
    );
    let serve = with_env(Mode::Serve, &[]).unwrap();
    assert_eq!((serve.signup, serve.data_dir.as_path()), (Signup::Closed, Path::new("./grantd-data")));
    assert_eq!(serve.secret_key_file, Path::new("./grantd-data/secret.key"));
    assert_eq!(serve.database, Database::Sqlite { path: "./grantd-data/grantd.db".into() });
    assert_eq!((serve.tokens.access_ttl, serve.tokens.refresh_ttl), (300, 90 * 86_400));
    assert_eq!((serve.tokens.refresh_idle_ttl, serve.tokens.refresh_race_window), (30 * 86_400, 45));
    assert_eq!(serve.tokens.signing_alg, SigningAlg::Es256);
    assert_eq!((serve.password.min_length, serve.password.memory_kib, serve.password.queue), (8, 19_456, 256));
    assert!(serve.profile.gravatar && serve.docs.enabled && serve.server.trusted_proxies.is_empty());
    assert_eq!((dev.server.metrics_listen, serve.server.metrics_listen), (MetricsListen::Main, MetricsListen::Nowhere));
}

#[test]
fn a_later_layer_wins_in_every_mode() {
    let scratch = Scratch::new("layers");
    let file = scratch.write("grantd.toml", "[server]\nlisten = \"127.0.0.1:1\"\n[log]\nlevel = \"warn\"\n");
    let env = [("GRANTD_SERVER__LISTEN", "127.0.0.1:2"), ("PATH", "/bin"), ("GRANTD_TEST_CLOCK", "x")];
    for mode in [Mode::Dev, Mode::Serve, Mode::Command] {
        let port = |env, flags| load(mode, Some(&file), env, flags).unwrap().0.server.listen.port();
        assert_eq!(port(&[], &[]), 1);
        assert_eq!(port(&env, &[]), 2);
        assert_eq!(port(&env, &[("server.listen", "127.0.0.1:3")]), 3);
        let (config, origins) = load(mode, Some(&file), &env, &[("server.listen", "127.0.0.1:3")]).unwrap();
        assert_eq!(config.log.level, LogLevel::Warn);
        assert_eq!((origins.of("server.listen"), origins.of("data_dir")), ("--port", "default"));
        assert!(origins.of("log.level").ends_with("grantd.toml:4"));
    }
}

#[test]
fn the_issuer_of_dev_follows_the_port_unless_it_was_given() {
    let mut config = load(Mode::Dev, None, &[], &[("server.listen", "127.0.0.1:0")]).unwrap().0;
    config.follow_port(4321);
    assert_eq!((config.issuer.as_str(), config.issuer.origin()), ("http://localhost:4321", "http://localhost:4321"));
    let port = load(Mode::Dev, None, &[], &[("server.listen", "127.0.0.1:99")]).unwrap().0;
    assert_eq!(port.issuer.as_str(), "http://localhost:99");
    for (mode, env) in [(Mode::Dev, vec![("GRANTD_ISSUER", "http://localhost:8080")]), (Mode::Serve, vec![])] {
        let mut config = with_env(mode, &env).unwrap();
        config.follow_port(4321);
        assert_eq!(config.issuer.as_str(), "http://localhost:8080");
    }
}

#[test]
fn a_relative_path_is_relative_to_the_file_it_stands_in() {
    let scratch = Scratch::new("paths");
    let text = "data_dir = \"data\"\nsecret_key_file = \"secret.key\"\n[database]\nurl = \"sqlite:db/x.db\"\n";
    let file = scratch.write("grantd.toml", text);
    let config = load(Mode::Serve, Some(&file), &[], &[]).unwrap().0;
    assert_eq!((&config.data_dir, &config.secret_key_file), (&scratch.0.join("data"), &scratch.0.join("secret.key")));
    assert_eq!(config.database, Database::Sqlite { path: scratch.0.join("db/x.db") });
    let env = [("GRANTD_DATA_DIR", "elsewhere"), ("GRANTD_SECRET_KEY_FILE", "k"), ("GRANTD_DATABASE__URL", "sqlite")];
    let config = load(Mode::Serve, Some(&file), &env, &[]).unwrap().0;
    assert_eq!((config.data_dir.as_path(), config.secret_key_file.as_path()), (Path::new("elsewhere"), Path::new("k")));
    assert_eq!(config.database, Database::Sqlite { path: "elsewhere/grantd.db".into() });
    let config = load(Mode::Dev, None, &[], &[("data_dir", "d")]).unwrap().0;
    assert_eq!(config.secret_key_file, Path::new("d/secret.key"));
    // Without any, the data lie beside the file, wherever it is named from.
    let file = scratch.write("bare.toml", "signup = \"open\"\n");
    let config = load(Mode::Command, Some(&file), &[], &[]).unwrap().0;
    assert_eq!(config.data_dir, scratch.0.join("grantd-data"));
}

#[test]
fn a_duration_is_a_number_and_a_unit_from_a_second_to_ten_years() {
    for (text, seconds) in [("1s", 1), ("45s", 45), ("5m", 300), ("1h", 3_600), ("90d", 7_776_000)] {
        assert_eq!(parse_duration(text).unwrap(), seconds);
        assert_eq!(write_duration(seconds), text);
    }
    assert_eq!((write_duration(90), write_duration(0)), ("90s".to_owned(), "0s".to_owned()));
    assert!(parse_duration("3650d").is_ok());
    for text in [
        "",
        "m",
        "5",
        "0s",
        "5 m",
        " 5m",
        "5m ",
        "-5m",
        "+5m",
        "1.5h",
        "5minutes",
        "3651d",
        "99999999999999999999s",
        "5ü",
    ] {
        assert!(parse_duration(text).unwrap_err().contains("write 45s, 5m"), "{text}");
    }
}

#[test]
fn no_duration_is_refused_for_being_shorter_than_another() {
    let env = [("GRANTD_TOKENS__REFRESH_TTL", "1s"), ("GRANTD_TOKENS__REFRESH_RACE_WINDOW", "1h")];
    assert_eq!(with_env(Mode::Serve, &env).unwrap().tokens.refresh_ttl, 1);
}

#[test]
fn every_fault_is_told_at_once_with_its_line() {
    let text = r#"isuer = "https://a.example"
tokens.acces_ttl = "5m"
signup = true
[server]
listen = "localhost:8080"
metrics_listen = 9090
trusted_proxies = ["10.0.0.0/8", "nonsense"]
[token]
access_ttl = "5m"
[password]
min_length = 0
iterations = "2"
queue = 1.5
signup = "open"
deep.er = 1
[log]
level = "verbose"
[docs]
enabled = "yes"
[events]
retention = 90
"#;
    let expected = r#"grantd.toml:1: unknown key `isuer` (did you mean `issuer`?)
grantd.toml:2: unknown key `tokens.acces_ttl` (did you mean `tokens.access_ttl`?)
grantd.toml:3: signup: must be a string, not a boolean
grantd.toml:5: server.listen: "localhost:8080" is not IP:PORT (write 127.0.0.1:8080, [::1]:8080)
grantd.toml:6: server.metrics_listen: must be a string, not an integer
grantd.toml:7: server.trusted_proxies: "nonsense" is neither an IP address nor a network (write 10.0.0.0/8)
grantd.toml:8: unknown section `token` (did you mean `tokens`?)
grantd.toml:11: password.min_length: 0 is not a whole number from 1 to 256
grantd.toml:12: password.iterations: must be a number, not a string
grantd.toml:13: password.queue: must be a number, not a float
grantd.toml:14: unknown key `password.signup` (did you mean `signup`?)
grantd.toml:15: unknown key `password.deep` (did you mean `password.queue`?)
grantd.toml:17: log.level: "verbose" is not one of error, warn, info, debug, trace
grantd.toml:19: docs.enabled: must be true or false, not a string
grantd.toml:21: events.retention: 90 is not a duration (write 45s, 5m, 1h, 90d, in quotes)"#;
    assert_eq!(faults_of("faults", text), expected);
}

#[test]
fn a_file_that_is_not_toml_is_told_with_its_line_and_never_quoted() {
    let twice =
        faults_of("twice", "issuer = \"https://a.example\"\nsignup = \"open\"\nissuer = \"https://b.example\"\n");
    assert!(twice.starts_with("grantd.toml:3: not TOML: duplicate key"), "{twice}");
    let open = faults_of("open", "\n[database]\nurl = \"postgres://u:hunter2@h/n\n");
    assert!(open.starts_with("grantd.toml:3: not TOML: ") && !open.contains("hunter2"), "{open}");
    assert!(faults_of("list", "[[tokens]]\n").starts_with("grantd.toml:1: `tokens` is a section"));
    assert!(faults_of("scalar", "tokens = 5\n").starts_with("grantd.toml:1: `tokens` is a section"));
    assert!(faults_of("table", "[issuer]\n").starts_with("grantd.toml:1: issuer: must be a string, not a table"));
    assert!(faults_of("deep", "[log.level]\n").starts_with("grantd.toml:1: log.level: must be a string, not a table"));
    let missing = load(Mode::Serve, Some(Path::new("/nowhere/grantd.toml")), &[("GRANTD_X", "")], &[]).map(drop);
    let missing = missing.unwrap_err();
    assert!(missing.starts_with("/nowhere/grantd.toml: cannot be read: ") && missing.contains("\nGRANTD_X: "));
}

#[test]
fn the_environment_is_judged_as_the_file_is() {
    let env = [
        ("GRANTD_TOKENS__ACCESS_TTL", "5 minutes"),
        ("GRANTD_TOKENS_REFRESH_TTL", "90d"),
        ("GRANTD_ACCESS_TTL", "5m"),
        ("GRANTD_PASSWORD__QUEUE", "many"),
        ("GRANTD_DATA_DIR", ""),
    ];
    let expected = r#"GRANTD_ACCESS_TTL: unknown setting (did you mean `GRANTD_TOKENS__ACCESS_TTL`?)
GRANTD_DATA_DIR: is empty: name a path
GRANTD_PASSWORD__QUEUE: "many" is not a whole number from 1 to 65536
GRANTD_TOKENS_REFRESH_TTL: unknown setting (did you mean `GRANTD_TOKENS__REFRESH_TTL`?)
GRANTD_TOKENS__ACCESS_TTL: "5 minutes" is not a duration (write 45s, 5m, 1h, 90d)"#;
    assert_eq!(with_env(Mode::Serve, &env).map(drop).unwrap_err(), expected);
    let env = [
        ("GRANTD_SERVER__TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
        ("GRANTD_SERVER__METRICS_LISTEN", "[::1]:9090"),
        ("GRANTD_DOCS__ENABLED", "false"),
        ("GRANTD_PASSWORD__MIN_LENGTH", "15"),
    ];
    let config = with_env(Mode::Serve, &env).unwrap();
    let proxies: Vec<_> = config.server.trusted_proxies.iter().map(ToString::to_string).collect();
    assert_eq!(proxies, ["10.0.0.0/8", "::1/128"]);
    assert_eq!(config.server.metrics_listen, MetricsListen::Own("[::1]:9090".parse().unwrap()));
    assert!(!config.docs.enabled && config.password.min_length == 15);
}

#[test]
fn every_choice_that_is_listed_is_taken() {
    for setting in SETTINGS {
        if let settings::Kind::Choice(names) = setting.kind {
            for name in names {
                assert!(with_env(Mode::Serve, &[(settings::variable_of(setting.key).as_str(), name)]).is_ok());
            }
        }
    }
}

#[test]
fn an_issuer_is_https_or_http_on_loopback_and_nothing_more() {
    let issuer = Issuer::parse("https://Auth.example.org:443/a/b").unwrap();
    assert_eq!((issuer.as_str(), issuer.path()), ("https://Auth.example.org:443/a/b", "/a/b"));
    assert_eq!(issuer.origin(), "https://auth.example.org");
    assert!(issuer.is_https() && !issuer.is_loopback());
    for loopback in ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:1/x", "http://a.localhost"] {
        let issuer = Issuer::parse(loopback).unwrap();
        assert!(issuer.is_loopback() && !issuer.is_https() && issuer.as_str() == loopback);
    }
    for wrong in [
        "",
        "auth.example.org",
        "ftp://a",
        "http://a.example",
        "http://localhost.example",
        "https://a/",
        "https://a/p/",
        "https://a?x",
        "https://a?",
        "https://a#",
        "https://u@a",
        "https://u:p@a/x",
        "https:/a",
        "https:a",
        "https://",
        " https://a",
        "https://a\n",
        "https:\\\\a",
        "https://a/./b",
        "https://a//b",
        "https://a/%20",
        "https://a/:x",
    ] {
        assert!(Issuer::parse(wrong).is_err(), "{wrong}");
        for mode in [Mode::Dev, Mode::Serve, Mode::Command] {
            assert!(with_env(mode, &[("GRANTD_ISSUER", wrong)]).map(drop).unwrap_err().starts_with("GRANTD_ISSUER: "));
        }
    }
}

#[test]
fn a_database_is_sqlite_or_postgresql() {
    let database = |url| with_env(Mode::Command, &[("GRANTD_DATABASE__URL", url)]).map(|config| config.database);
    let sqlite = |path: &str| Ok(Database::Sqlite { path: path.into() });
    assert_eq!(database("sqlite"), sqlite("./grantd-data/grantd.db"));
    assert_eq!(database("sqlite:x.db"), sqlite("x.db"));
    assert_eq!(database("sqlite://x.db"), sqlite("x.db"));
    assert_eq!(database("sqlite:///var/x.db"), sqlite("/var/x.db"));
    for url in ["postgres://u:hunter2@h:5432/n", "postgresql://u:hunter2@h/n", "postgres:///n?host=/run/postgresql"] {
        let found = database(url).unwrap();
        assert!(matches!(&found, Database::Postgres(found) if found.expose() == url), "{url}");
        assert_eq!(format!("{found:?}"), "Postgres(DatabaseUrl(…))");
    }
    for url in
        ["", "mysql://u:hunter2@h/n", "sqlite:", "sqlite::memory:", "sqlite:x?mode=rwc", "postgres://u:hunter2@h:x/n"]
    {
        let error = database(url).unwrap_err();
        assert!(error.starts_with("GRANTD_DATABASE__URL: ") && !error.contains("hunter2"), "{error}");
    }
    let error = database("mysql://h/n").unwrap_err();
    assert!(error.contains("sqlite") && error.contains("postgres://"));
}

#[test]
fn a_secret_may_come_from_a_file() {
    let scratch = Scratch::new("secret");
    scratch.write("url", "postgres://u:hunter2@h/n\r\n");
    let file = scratch.write("grantd.toml", "secret_key_file = \"k\"\n[database]\nurl_file = \"url\"\n");
    let (config, origins) = load(Mode::Serve, Some(&file), &[], &[]).unwrap();
    assert!(matches!(&config.database, Database::Postgres(url) if url.expose() == "postgres://u:hunter2@h/n"));
    assert!(!format!("{config:?}{origins:?}").contains("hunter2"));
    assert!(origins.shown().iter().any(|shown| shown.key == "database.url_file" && shown.value == "url"));
    assert!(origins.of("database.url").ends_with("grantd.toml:3"));
    // A later layer wins over either form.
    let over = load(Mode::Serve, Some(&file), &[("GRANTD_DATABASE__URL", "sqlite:x")], &[]).unwrap().0;
    assert_eq!(over.database, Database::Sqlite { path: "x".into() });
    let both = [("GRANTD_DATABASE__URL", "sqlite"), ("GRANTD_DATABASE__URL_FILE", "/nowhere")];
    let errors = with_env(Mode::Serve, &both).map(drop).unwrap_err();
    assert!(errors.contains("GRANTD_DATABASE__URL_FILE: `database.url` and `database.url_file` are both given"));
    assert!(errors.contains("GRANTD_DATABASE__URL_FILE: /nowhere cannot be read"));
}

#[test]
fn the_rules_that_bind_several_settings_hold() {
    let postgres = ("GRANTD_DATABASE__URL", "postgres://u:p@h/n");
    let error = with_env(Mode::Serve, &[postgres]).map(drop).unwrap_err();
    assert!(error.starts_with("secret_key_file: must be given"), "{error}");
    assert!(with_env(Mode::Serve, &[postgres, ("GRANTD_SECRET_KEY_FILE", "k")]).is_ok());
    assert!(with_env(Mode::Command, &[postgres]).is_ok());
    let lanes = ("GRANTD_PASSWORD__PARALLELISM", "4");
    let memory = |kib| with_env(Mode::Serve, &[lanes, ("GRANTD_PASSWORD__MEMORY_KIB", kib)]);
    assert!(memory("32").is_ok() && memory("2097152").is_ok());
    assert!(memory("31").map(drop).unwrap_err().starts_with("GRANTD_PASSWORD__MEMORY_KIB: 4 lanes"));
    assert!(memory("2097153").map(drop).unwrap_err().starts_with("GRANTD_PASSWORD__MEMORY_KIB: memory_kib times"));
    let everywhere = [("GRANTD_SERVER__LISTEN", "0.0.0.0:8080")];
    assert!(with_env(Mode::Dev, &everywhere).map(drop).unwrap_err().contains("loopback"));
    assert!(with_env(Mode::Serve, &everywhere).is_ok());
}

#[test]
fn show_prints_what_was_written_and_judges_nothing() {
    let env = [
        ("GRANTD_TOKENS__ACCESS_TTL", "5 minutes"),
        ("GRANTD_DATABASE__URL", "mysql://u:hunter2@h/n"),
        ("GRANTD_X", ""),
    ];
    let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter();
    let scratch = Scratch::new("show");
    let file = scratch
        .write("grantd.toml", "nonsense = 1\npassword.queue = 7\nserver.trusted_proxies = [\"::1\", \"1.1.1.1\"]");
    let layers = Layers::read(Some(&file), env, &[]).map_err(|errors| errors.to_string()).unwrap();
    let origins = layers.origins(Mode::Serve);
    let value =
        |key: &str| origins.shown().iter().find(|shown| shown.key == key).map(|shown| shown.value.clone()).unwrap();
    assert_eq!(origins.shown().len(), SETTINGS.len());
    assert_eq!((value("tokens.access_ttl"), value("database.url")), ("5 minutes".to_owned(), "***".to_owned()));
    assert_eq!((value("password.queue"), value("signup")), ("7".to_owned(), "closed".to_owned()));
    assert_eq!(
        (value("server.trusted_proxies"), value("server.metrics_listen")),
        ("::1, 1.1.1.1".to_owned(), String::new())
    );
    assert_eq!(origins.of("tokens.access_ttl"), "GRANTD_TOKENS__ACCESS_TTL");
    assert_eq!(Config::from_layers(&layers, Mode::Serve).map(drop).unwrap_err().0.len(), 4);
}

#[test]
fn every_default_that_is_shown_can_be_written_back() {
    for mode in [Mode::Dev, Mode::Serve, Mode::Command] {
        let (_, origins) = load(mode, None, &[], &[]).unwrap();
        let env: Vec<_> =
            origins.shown().iter().map(|shown| (settings::variable_of(&shown.key), shown.value.clone())).collect();
        let env: Vec<_> = env.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert!(with_env(mode, &env).is_ok());
    }
}

#[test]
fn the_template_is_short_and_passes_as_it_is_and_with_every_line_taken_in() {
    let scratch = Scratch::new("template");
    let text = template("a \"key\".key");
    assert!(text.lines().count() < 60);
    let file = scratch.write("grantd.toml", &text);
    let config = load(Mode::Serve, Some(&file), &[], &[]).unwrap().0;
    assert_eq!(config.secret_key_file, scratch.0.join("a \"key\".key"));
    let all: String = text
        .lines()
        .map(|line| line.strip_prefix("# ").filter(|line| line.contains(" = ")).unwrap_or(line).to_owned() + "\n")
        .collect();
    let file = scratch.write("all.toml", &all);
    let (_, origins) = load(Mode::Serve, Some(&file), &[], &[]).unwrap();
    assert!(origins.shown().iter().all(|shown| shown.origin != "default"));
}
