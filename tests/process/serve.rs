//! Is `grantd serve` fit for production? What it refuses, what it makes, and what it tells an operator first.

use std::fs;

use grantd_tests::postgres::free_port;
use grantd_tests::process;
use grantd_tests::temp::TempDir;

use crate::site::{self, PASSWORD, Production, text};

const MAKE_ONE: &str = "grantd user create";

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_an_administrator_names_the_command_that_makes_one() {
    let production = Production::new();
    let server = production.start();
    server.wait_for_output(MAKE_ONE);
    let said = server.output();
    let line = said.lines().find(|line| line.contains(MAKE_ONE)).expect("the command");
    assert!(line.contains("--email") && line.contains("--role admin"), "{line}");
    // As it says, beside the server.
    let args = ["user", "create", "root", "--email", "root@example.org", "--role", "admin"];
    production.command(&args).input(PASSWORD).run().expect(0);
    let tokens = server.client().sign_in_for("root", PASSWORD, "openid admin").await;
    assert_eq!(tokens.scope, "openid admin");
    server.stop().expect(0);
    let server = production.start();
    assert!(!server.output().contains(MAKE_ONE), "there is one:\n{}", server.output());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_is_no_administrator_is_none() {
    let production = Production::new();
    production.command(&["migrate"]).run().expect(0);
    let args = ["user", "create", "eve", "--email", "eve@example.org", "--role", "administrator-of-cats"];
    production.command(&args).input(PASSWORD).run().expect(0);
    production.start().wait_for_output(MAKE_ONE);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_production_database_has_the_first_party_clients_and_nobody() {
    let production = Production::new();
    let server = production.start();
    let clients = production.command(&["client", "list", "--json"]).run().expect(0).json();
    let ids: Vec<_> = clients.as_array().expect("a list").iter().map(|client| client["id"].clone()).collect();
    assert_eq!(ids.len(), 3, "{clients}");
    for id in ["swagger-ui", "grant-cli", "web"] {
        assert!(ids.contains(&id.into()), "no {id} in {clients}");
    }
    assert_eq!(production.command(&["user", "list", "--json"]).run().expect(0).json(), serde_json::json!([]));
    server.client().try_sign_in("ada", "ada-dev-password").await.expect_error(400, "invalid_grant");
    server.client().as_demo_service().client_credentials().await.expect_error(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_signs_up_unless_the_operator_opens_the_door() {
    let production = Production::new();
    let server = production.start();
    let refused = server.client().sign_up("eve", "eve@example.org", PASSWORD).await.expect(403);
    refused.expect_reason("signup_closed");
    server.stop().expect(0);
    let server = production.serve().env("GRANTD_SIGNUP", "open").start();
    server.client().sign_up("eve", "eve@example.org", PASSWORD).await.expect(201);
    server.client().sign_in("eve", PASSWORD).await;
}

#[test]
fn a_new_server_on_sqlite_makes_its_own_key_and_keeps_its_data_to_itself() {
    let (home, port) = (TempDir::new(), free_port());
    let file = home.write("grantd.toml", format!("data_dir = \"data\"\n[server]\nlisten = \"127.0.0.1:{port}\"\n"));
    let server = site::cheap(process::serve(&file, port)).start();
    let key = home.join("data/secret.key");
    assert_eq!((site::mode(&home.join("data")), site::mode(&key)), (0o700, 0o600));
    let text = fs::read_to_string(&key).expect("a key");
    assert!(text.lines().any(|line| line.starts_with("grantd-key:")) && !text.contains("grantd-dev-key:"), "{text}");
    server.stop().expect(0);
    site::cheap(process::serve(&file, port)).start().stop().expect(0);
    assert_eq!(fs::read_to_string(&key).expect("a key"), text, "one key, whatever happens");
}

#[test]
fn a_development_key_is_refused() {
    let data = TempDir::new();
    site::dev(&data).start().stop().expect(0);
    let before = site::kept(data.path());
    let port = free_port();
    let serve = || process::grantd(&["serve"]).env("GRANTD_SERVER__LISTEN", format!("127.0.0.1:{port}"));
    let refused = serve().env("GRANTD_DATA_DIR", text(data.path())).try_start().expect_err("served").expect(2);
    assert!(refused.stderr.contains("secret_key_file") && refused.stderr.contains("grantd init"), "{refused}");
    assert_eq!(site::kept(data.path()), before);
    // On data of its own too, and behind a good key.
    let (other, file) = (TempDir::new(), data.join("mixed.key"));
    let key = fs::read_to_string(data.join("secret.key")).expect("a key");
    site::write_private(&file, &format!("{}\n{key}", site::new_key()));
    let call = serve().env("GRANTD_DATA_DIR", text(other.path())).env("GRANTD_SECRET_KEY_FILE", text(&file));
    call.try_start().expect_err("served").expect(2);
}

#[test]
fn an_issuer_that_is_not_https_is_refused_off_loopback() {
    let data = TempDir::new();
    for issuer in ["http://auth.example.org", "http://192.0.2.1:8080", "ftp://auth.example.org", "auth.example.org"] {
        let call = process::grantd(&["serve"]).env("GRANTD_DATA_DIR", text(data.path())).env("GRANTD_ISSUER", issuer);
        let refused = call.try_start().expect_err("served").expect(2);
        assert!(refused.stderr.contains("GRANTD_ISSUER: "), "{refused}");
    }
    let file = data.write("grantd.toml", "issuer = \"http://auth.example.org\"\n");
    let refused = process::grantd(&["serve", "-c", &text(&file)]).try_start().expect_err("served").expect(2);
    assert!(refused.stderr.contains("grantd.toml:1: issuer: "), "{refused}");
    assert!(!data.join("grantd.db").exists(), "something was opened");
}

#[test]
fn a_server_on_postgresql_has_to_be_given_its_key() {
    let home = TempDir::new();
    let url = "postgres://grantd:hunter2@127.0.0.1:1/grantd";
    let serve = || process::grantd(&["serve"]).directory(home.path()).env("GRANTD_DATABASE__URL", url);
    let refused = serve().try_start().expect_err("served").expect(2);
    assert!(refused.stderr.contains("secret_key_file") && refused.stderr.contains("PostgreSQL"), "{refused}");
    let checked = process::grantd(&["config", "check"]).env("GRANTD_DATABASE__URL", url).run().expect(2);
    assert_eq!(checked.stderr, refused.stderr);
    assert_eq!(fs::read_dir(home.path()).expect("a directory").count(), 0, "something was made");
    // One that is named and not there is not made: every node would make its own.
    let listen = format!("127.0.0.1:{}", free_port());
    let named = serve().env("GRANTD_SECRET_KEY_FILE", "nowhere.key").env("GRANTD_SERVER__LISTEN", listen);
    let refused = named.try_start().expect_err("served");
    assert!(refused.code != 0 && !refused.stderr.contains("hunter2"), "{refused}");
    assert_eq!(fs::read_dir(home.path()).expect("a directory").count(), 0, "a key was made");
}

#[test]
fn two_faults_of_a_production_server_are_told_together() {
    let call = process::grantd(&["serve"])
        .env("GRANTD_ISSUER", "http://auth.example.org")
        .env("GRANTD_DATABASE__URL", "postgres://grantd:hunter2@127.0.0.1:1/grantd");
    let refused = call.try_start().expect_err("served").expect(2);
    assert!(refused.stderr.contains("GRANTD_ISSUER: ") && refused.stderr.contains("secret_key_file: "), "{refused}");
}
