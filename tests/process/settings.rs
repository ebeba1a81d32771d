//! Does an operator get the settings written, checked and explained? `grantd init`, `config check`, `config show`.

use std::fs;

use grantd_tests::process::{self, Output};
use grantd_tests::temp::TempDir;

use crate::site::{self, Production, text};

fn init(dir: &str, home: &TempDir) -> Output {
    process::grantd(&["init", dir]).directory(home.path()).run()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_init_writes_passes_the_check_and_serves() {
    let production = Production::new();
    let file = production.dir.join("grantd.toml");
    // As it is, without a word in the environment.
    let checked = process::grantd(&["config", "check", "-c", &text(&file)]).run().expect(0);
    assert_eq!(checked.stderr, "");
    let server = production.start();
    let metadata = server.client().get("/.well-known/openid-configuration", "").await.expect(200);
    assert_eq!(metadata["issuer"], server.url());
    // The key is the one that was written, no other was made.
    assert!(!production.dir.join("data/secret.key").exists());
    server.stop().expect(0);
}

#[test]
fn init_writes_two_files_that_nobody_else_can_read() {
    let home = TempDir::new();
    let written = init("etc/grantd", &home).expect(0);
    let (toml, key) = (home.join("etc/grantd/grantd.toml"), home.join("etc/grantd/secret.key"));
    assert_eq!((site::mode(&toml), site::mode(&key)), (0o600, 0o600));
    for said in ["grantd.toml", "secret.key", "grantd serve -c"] {
        assert!(written.stdout.contains(said), "no {said}{written}");
    }
    let (toml, key) = (fs::read_to_string(toml).expect("settings"), fs::read_to_string(key).expect("a key"));
    assert!(toml.contains("\nsecret_key_file = \"secret.key\""), "{toml}");
    assert!(toml.lines().filter(|line| line.contains('#')).count() > 10, "no comments:\n{toml}");
    let keys: Vec<_> = key.lines().filter(|line| line.starts_with("grantd-key:")).collect();
    assert!(keys.len() == 1 && !key.contains("grantd-dev-key:"));
    assert!(!written.to_string().contains(keys[0]), "the key is nobody's business{written}");
}

#[test]
fn init_goes_by_the_working_directory_and_takes_one_that_is_there() {
    let home = TempDir::new();
    home.write("README", "mine");
    process::grantd(&["init"]).directory(home.path()).run().expect(0);
    assert!(home.join("grantd.toml").exists() && home.join("secret.key").exists());
    assert_eq!(fs::read_to_string(home.join("README")).expect("a file"), "mine");
    // Without -c it is ./grantd.toml that is read.
    let shown =
        process::grantd(&["config", "show", "--origin", "--json"]).directory(home.path()).run().expect(0).json();
    assert!(shown["issuer"]["origin"].as_str().is_some_and(|origin| origin.starts_with("grantd.toml:")), "{shown}");
}

#[test]
fn init_never_overwrites() {
    for (mine, other) in [("grantd.toml", "secret.key"), ("secret.key", "grantd.toml")] {
        let home = TempDir::new();
        home.write(mine, "mine");
        let refused = init(".", &home).expect(1);
        assert!(refused.stderr.contains(mine), "{refused}");
        assert_eq!(fs::read_to_string(home.join(mine)).expect("a file"), "mine");
        assert!(!home.join(other).exists(), "half of it was written");
    }
    let home = TempDir::new();
    init(".", &home).expect(0);
    let before = site::kept(home.path());
    init(".", &home).expect(1);
    assert_eq!(site::kept(home.path()), before);
}

#[test]
fn two_inits_make_two_keys() {
    assert_ne!(site::new_key(), site::new_key());
}

const FAULTY: &str = "isuer = \"https://auth.example.org\"\n\
                      signup = \"sometimes\"\n\
                      [server]\n\
                      listen = \"everywhere\"\n\
                      [tokens]\n\
                      acces_ttl = \"5m\"\n\
                      refresh_ttl = \"90 days\"\n\
                      [database]\n\
                      url = \"mysql://grantd:hunter2@db.example.org/grantd\"\n";

#[test]
fn a_check_tells_every_fault_at_once_with_its_line_and_the_nearest_key_and_so_does_serve() {
    let home = TempDir::new();
    let file = home.write("grantd.toml", FAULTY);
    let checked = process::grantd(&["config", "check"])
        .directory(home.path())
        .env("GRANTD_PASSWORD__ITERATION", "2")
        .run()
        .expect(2);
    assert_eq!(checked.stdout, "");
    for told in [
        "grantd.toml:1: unknown key `isuer` (did you mean `issuer`?)",
        "grantd.toml:2: signup: \"sometimes\" is not one of open, closed",
        "grantd.toml:4: server.listen: ",
        "grantd.toml:6: unknown key `tokens.acces_ttl` (did you mean `tokens.access_ttl`?)",
        "grantd.toml:7: tokens.refresh_ttl: ",
        "grantd.toml:9: database.url: ",
        "GRANTD_PASSWORD__ITERATION: unknown setting (did you mean `GRANTD_PASSWORD__ITERATIONS`?)",
    ] {
        assert!(checked.stderr.lines().any(|line| line.starts_with(told)), "no {told}{checked}");
    }
    assert!(!checked.stderr.contains("hunter2"), "a password is repeated{checked}");
    let served = process::grantd(&["serve"]).directory(home.path()).env("GRANTD_PASSWORD__ITERATION", "2").run();
    assert_eq!(served.expect(2).stderr, checked.stderr);
    // Commands and dev read the same file, and stop at the same faults.
    for args in [&["user", "list"][..], &["migrate"], &["dev", "--port", "0"]] {
        let refused = process::grantd(args).arg("-c").arg(text(&file)).run().expect(2);
        assert!(refused.stderr.contains("did you mean `issuer`?"), "{args:?}{refused}");
    }
    assert_eq!(fs::read_dir(home.path()).expect("a directory").count(), 1, "something was opened");
}

#[test]
fn a_file_that_is_not_there_or_no_toml_is_told() {
    let home = TempDir::new();
    let missing = process::grantd(&["config", "check", "-c", "no/grantd.toml"]).directory(home.path()).run().expect(2);
    assert!(missing.stderr.contains("no/grantd.toml: cannot be read"), "{missing}");
    home.write("grantd.toml", "issuer = \"https://auth.example.org\"\nsignup = open\n");
    let odd = process::grantd(&["config", "check"]).directory(home.path()).run().expect(2);
    assert!(odd.stderr.contains("grantd.toml:2: not TOML"), "{odd}");
}

#[test]
fn the_settings_are_shown_as_written_and_nothing_is_judged() {
    let home = TempDir::new();
    home.write("grantd.toml", FAULTY);
    let shown = process::grantd(&["config", "show"])
        .directory(home.path())
        .env("GRANTD_TOKENS__ACCESS_TTL", "five minutes")
        .run()
        .expect(0);
    let value = |key: &str| {
        let line = shown.stdout.lines().find(|line| line.split_whitespace().next() == Some(key));
        line.unwrap_or_else(|| panic!("no {key}{shown}"))[key.len()..].trim().to_owned()
    };
    assert_eq!(value("signup"), "sometimes");
    assert_eq!(value("server.listen"), "everywhere");
    assert_eq!(value("tokens.access_ttl"), "five minutes");
    assert_eq!(value("tokens.refresh_ttl"), "90 days");
    assert_eq!(value("database.url"), "***");
    assert!(!shown.to_string().contains("hunter2"), "{shown}");
}

#[test]
fn the_environment_is_stronger_than_the_file_and_the_file_than_the_default() {
    let home = TempDir::new();
    let text = "issuer = \"https://auth.example.org\"\n[tokens]\naccess_ttl = \"7m\"\nrefresh_ttl = \"8d\"\n[log]\nlevel = \"warn\"\n";
    home.write("grantd.toml", text);
    let call = || {
        process::grantd(&["config", "show"])
            .directory(home.path())
            .env("GRANTD_TOKENS__ACCESS_TTL", "10m")
            .env("GRANTD_DATABASE__URL", "postgres://grantd:hunter2@db.example.org/grantd")
    };
    let shown = call().arg("--origin").arg("--json").run().expect(0);
    assert!(!shown.to_string().contains("hunter2"), "{shown}");
    let shown = shown.json();
    for (key, value, origin) in [
        ("issuer", "https://auth.example.org", "grantd.toml:1"),
        ("tokens.access_ttl", "10m", "GRANTD_TOKENS__ACCESS_TTL"),
        ("tokens.refresh_ttl", "8d", "grantd.toml:4"),
        ("tokens.refresh_race_window", "45s", "default"),
        ("log.level", "warn", "grantd.toml:6"),
        ("database.url", "***", "GRANTD_DATABASE__URL"),
        ("signup", "closed", "default"),
    ] {
        assert_eq!(shown[key], serde_json::json!({"value": value, "origin": origin}), "{key}");
    }
    let plain = call().arg("--json").run().expect(0).json();
    assert_eq!(plain["tokens.access_ttl"], "10m");
    let table = call().arg("--origin").run().expect(0);
    let line = table.stdout.lines().find(|line| line.starts_with("tokens.access_ttl")).expect("the key");
    assert_eq!(line.split_whitespace().collect::<Vec<_>>(), ["tokens.access_ttl", "10m", "GRANTD_TOKENS__ACCESS_TTL"]);
}

#[test]
fn a_flag_is_stronger_than_the_environment_and_the_environment_than_the_file() {
    let home = TempDir::new();
    let file = home.write("grantd.toml", "data_dir = \"from-the-file\"\n");
    let call = |flags: &[&str]| {
        let config = text(&file);
        let args = [&["dev", "--port", "0", "-c", &config][..], flags].concat();
        site::cheap(process::grantd(&args)).directory(home.path())
    };
    call(&[]).start().stop().expect(0);
    assert!(home.join("from-the-file/grantd.db").exists());
    call(&[]).env("GRANTD_DATA_DIR", "from-the-environment").start().stop().expect(0);
    assert!(home.join("from-the-environment/grantd.db").exists());
    call(&["--data", "from-the-flag"]).env("GRANTD_DATA_DIR", "not-from-here").start().stop().expect(0);
    assert!(home.join("from-the-flag/grantd.db").exists() && !home.join("not-from-here").exists());
}

#[test]
fn a_path_in_a_file_is_relative_to_the_file_and_elsewhere_to_the_working_directory() {
    let (home, elsewhere) = (TempDir::new(), TempDir::new());
    let file = home.write("grantd.toml", "data_dir = \"kept\"\n");
    let migrate = || process::grantd(&["migrate", "-c", &text(&file)]).directory(elsewhere.path());
    migrate().run().expect(0);
    assert!(home.join("kept/grantd.db").exists());
    migrate().env("GRANTD_DATA_DIR", "kept").run().expect(0);
    assert!(elsewhere.join("kept/grantd.db").exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_of_the_environment_is_what_the_server_goes_by() {
    let data = TempDir::new();
    let server = site::dev(&data).env("GRANTD_TOKENS__ACCESS_TTL", "77s").env("GRANTD_SIGNUP", "closed").start();
    assert_eq!(server.client().sign_in_ada().await.expires_in, 77);
    server.client().sign_up("eve", "eve@example.org", site::PASSWORD).await.expect(403).expect_reason("signup_closed");
}
