//! What does `grantd dev` give a developer? Seeded data on this machine, kept until told otherwise.

use std::fs;

use grantd_tests::postgres::free_port;
use grantd_tests::process;
use grantd_tests::temp::TempDir;

use crate::site::{self, Production, create_eve, text};

#[tokio::test(flavor = "multi_thread")]
async fn dev_seeds_public_clients_that_may_have_every_scope() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let every = "openid profile email account sessions admin offline_access";
    for id in ["web", "grant-cli", "swagger-ui"] {
        let client = server.client().as_public(id);
        let tokens = client.sign_in_for("ada", "ada-dev-password", every).await;
        let mut scopes: Vec<_> = tokens.scope.split(' ').collect();
        let mut wanted: Vec<_> = every.split(' ').collect();
        scopes.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(scopes, wanted);
        assert_eq!(tokens.claims()["roles"], serde_json::json!(["admin"]));
        client.refresh(&tokens.refresh).await.expect(200);
        client.client_credentials().await.expect_error(400, "unauthorized_client");
    }
    let bob = server.client().sign_in_for("bob", "bob-dev-password", "openid admin").await;
    assert_eq!((bob.scope.as_str(), &bob.claims()["roles"]), ("openid", &serde_json::json!([])));
    for (name, password) in [("ada@example.org", "ada-dev-password"), ("BOB@EXAMPLE.ORG", "bob-dev-password")] {
        server.client().sign_in(name, password).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_seeds_a_service_and_an_api_with_the_secrets_that_the_documents_name() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let tokens = server.client().sign_in_ada().await;
    assert!(server.client().is_active(&tokens.access).await);
    let service = server.client().as_demo_service();
    let own = service.client_credentials().await.expect(200);
    assert_eq!(own["refresh_token"], serde_json::Value::Null);
    assert_eq!(service.introspect(&own.text("access_token")).await.expect(200)["active"], true);
    assert_eq!(service.introspect(&tokens.access).await.expect(200)["active"], false);
    service.try_sign_in("ada", "ada-dev-password").await.expect_error(400, "unauthorized_client");
    server.client().as_demo_api().client_credentials().await.expect_error(400, "unauthorized_client");
    let wrong = server.client().as_confidential("demo-service", "demo-api-dev-secret");
    wrong.client_credentials().await.expect_error(401, "invalid_client");
}

#[test]
fn the_commands_see_what_dev_made_through_its_data_directory() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let users = process::run(data.path(), &["user", "list", "--json"]).expect(0).json();
    let user = |index: usize, member: &str| users[index][member].clone();
    assert_eq!(users.as_array().map(Vec::len), Some(2));
    assert_eq!((user(0, "username"), user(0, "email")), ("ada".into(), "ada@example.org".into()));
    assert_eq!((user(1, "username"), user(1, "email")), ("bob".into(), "bob@example.org".into()));
    assert_eq!((user(0, "roles"), user(1, "roles")), (serde_json::json!(["admin"]), serde_json::json!([])));
    let clients = process::run(data.path(), &["client", "list", "--json"]).expect(0).json();
    let mut shown: Vec<_> = clients
        .as_array()
        .expect("a list")
        .iter()
        .map(|client| format!("{} {} {}", client["id"], client["type"], client["grants"]).replace('"', ""))
        .collect();
    shown.sort();
    let wanted = [
        "demo-api confidential []",
        "demo-service confidential [client_credentials]",
        "grant-cli public [password,refresh_token]",
        "swagger-ui public [password,refresh_token]",
        "web public [password,refresh_token]",
    ];
    assert_eq!(shown, wanted);
    let people = process::run(data.path(), &["user", "list"]).expect(0);
    assert!(people.stdout.starts_with("USERNAME") && people.stdout.contains("ada@example.org"), "{people}");
    assert_eq!(people.stderr, "");
    server.stop().expect(0);
}

#[test]
fn dev_keeps_its_data_below_the_working_directory_and_a_command_there_is_told_how_to_find_it() {
    let home = TempDir::new();
    let server = site::cheap(process::grantd(&["dev", "--port", "0"])).directory(home.path()).start();
    assert!(home.join(".grantd-dev/grantd.db").exists());
    let lost = process::grantd(&["user", "list"]).directory(home.path()).run().expect(1);
    assert!(lost.stderr.contains("GRANTD_DATA_DIR=./.grantd-dev"), "{lost}");
    assert_eq!(lost.stdout, "");
    assert!(!home.join("grantd-data").exists(), "the command made something");
    let found = process::grantd(&["user", "list"]).directory(home.path()).env("GRANTD_DATA_DIR", "./.grantd-dev");
    assert!(found.run().expect(0).stdout.contains("bob"));
    server.stop().expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_start_keeps_the_data() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    server.client().sign_up("grace", "grace@example.org", site::PASSWORD).await.expect(201);
    let tokens = server.client().sign_in("grace", site::PASSWORD).await;
    let keys = server.client().get("/.well-known/jwks.json", "").await.expect(200).body;
    server.stop().expect(0);
    let server = site::dev(&data).start();
    assert_eq!(server.client().get("/.well-known/jwks.json", "").await.expect(200).body, keys);
    server.client().refresh(&tokens.refresh).await.expect(200);
    server.client().sign_in("grace", site::PASSWORD).await;
    server.client().sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_or_changed_is_not_seeded_again() {
    let data = TempDir::new();
    site::dev(&data).start().stop().expect(0);
    site::command(&data, &["user", "set-password", "ada"]).input(site::PASSWORD).run().expect(0);
    site::rows(&data).execute("DELETE FROM clients WHERE id = 'grant-cli'").await;
    let server = site::dev(&data).start();
    server.client().try_sign_in("ada", "ada-dev-password").await.expect_error(400, "invalid_grant");
    server.client().sign_in("ada", site::PASSWORD).await;
    server.client().as_public("grant-cli").try_sign_in("ada", site::PASSWORD).await.expect_error(400, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_starts_over() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    create_eve(&data);
    let tokens = server.client().sign_in("eve", site::PASSWORD).await;
    let key = fs::read(data.join("secret.key")).expect("a key");
    server.stop().expect(0);
    let server = site::dev(&data).arg("--fresh").start();
    server.client().try_sign_in("eve", site::PASSWORD).await.expect_error(400, "invalid_grant");
    server.client().refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("unknown_token");
    server.client().userinfo(&tokens.access).await.expect(401);
    server.client().sign_in_ada().await;
    assert_ne!(fs::read(data.join("secret.key")).expect("a key"), key);
}

#[test]
fn fresh_is_fine_where_nothing_is() {
    let data = TempDir::new();
    site::dev(&data).arg("--fresh").start().stop().expect(0);
}

#[test]
fn fresh_leaves_data_alone_that_dev_did_not_make() {
    let production = Production::new();
    production.start().stop().expect(0);
    let data = production.dir.join("data");
    // The key lies elsewhere, as `grantd init` has it: nothing says whose data it is.
    let before = site::kept(&data);
    let fresh = || site::cheap(process::dev(&data)).arg("--fresh");
    let refused = fresh().try_start().expect_err("erased").expect(1);
    assert!(refused.stderr.contains("grantd dev") && refused.stderr.contains("--fresh"), "{refused}");
    assert_eq!(site::kept(&data), before);
    // With it beside the data, too.
    fs::copy(production.dir.join("secret.key"), data.join("secret.key")).expect("a copy");
    let before = site::kept(&data);
    let refused = fresh().try_start().expect_err("erased").expect(1);
    assert!(refused.stderr.contains("not a development key"), "{refused}");
    assert_eq!(site::kept(&data), before);
}

#[test]
fn data_with_well_known_passwords_is_refused_in_production_whatever_its_key() {
    let production = Production::new();
    let data = production.dir.join("data");
    fs::create_dir_all(&data).expect("a directory");
    fs::copy(production.dir.join("secret.key"), data.join("secret.key")).expect("a copy");
    site::cheap(process::dev(&data)).start().stop().expect(0);
    let refused = production.serve().try_start().expect_err("served").expect(2);
    assert!(refused.stderr.contains("made by `grantd dev`"), "{refused}");
}

#[test]
fn fresh_forgets_nothing_when_the_port_is_taken() {
    let data = TempDir::new();
    site::dev(&data).start().stop().expect(0);
    let before = site::kept(data.path());
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("its number").port().to_string();
    let fresh = process::grantd(&["dev", "--fresh", "--port", &port, "--data", &text(data.path())]);
    fresh.try_start().expect_err("listens").expect(1);
    assert_eq!(site::kept(data.path()), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn fresh_leaves_data_alone_that_a_server_uses() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let tokens = server.client().sign_in_ada().await;
    let key = fs::read(data.join("secret.key")).expect("a key");
    let refused = site::dev(&data).arg("--fresh").try_start().expect_err("erased").expect(1);
    assert!(refused.stderr.contains("another grantd serves the data"), "{refused}");
    assert_eq!(fs::read(data.join("secret.key")).expect("a key"), key);
    server.client().refresh(&tokens.refresh).await.expect(200);
    server.client().sign_in_bob().await;
    server.stop().expect(0);
}

#[test]
fn dev_listens_on_loopback_only() {
    let data = TempDir::new();
    for everywhere in ["0.0.0.0:0", "[::]:0", "192.0.2.1:8080"] {
        let call = process::grantd(&["dev", "--data", &text(data.path())]).env("GRANTD_SERVER__LISTEN", everywhere);
        let refused = call.try_start().expect_err("listens").expect(2);
        assert!(refused.stderr.contains("GRANTD_SERVER__LISTEN") && refused.stderr.contains("loopback"), "{refused}");
    }
    assert!(site::kept(data.path()).is_empty(), "a refused start left something");
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_listens_where_port_says_and_its_issuer_follows() {
    let (data, port) = (TempDir::new(), free_port());
    let call = process::grantd(&["dev", "--port", &port.to_string(), "--data", &text(data.path())]);
    // A flag is stronger than the environment.
    let server =
        site::cheap(call).env("GRANTD_SERVER__LISTEN", "127.0.0.1:1").env("GRANTD_DATA_DIR", "/nowhere").start();
    assert_eq!(server.address().port(), port);
    let metadata = server.client().get("/.well-known/openid-configuration", "").await.expect(200);
    assert_eq!(metadata["issuer"], format!("http://localhost:{port}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn port_0_picks_one_that_the_issuer_and_the_first_line_name() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let said = server.output();
    let ready: serde_json::Value = said
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .find(|line: &serde_json::Value| line["message"].as_str().is_some_and(|message| message.starts_with("ready")))
        .unwrap_or_else(|| panic!("no line says that it is ready:\n{said}"));
    assert_eq!(ready["issuer"], server.url());
    assert_eq!(ready["data"], text(data.path()));
    for name in ["start", "docs", "document", "discovery"] {
        let url = ready[name].as_str().unwrap_or_else(|| panic!("no {name} in {ready}"));
        server.client().get(url, "").await.expect(200);
    }
    assert!(!said.contains("dev-password") && !said.contains("dev-secret"), "a log is no place for passwords:\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn anybody_may_sign_up_in_dev() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    server.client().sign_up("grace", "grace@example.org", site::PASSWORD).await.expect(201);
    server.client().sign_in("grace@example.org", site::PASSWORD).await;
}
