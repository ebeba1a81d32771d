//! Do clients that others wrote get along with the server, and do the users of other programs move to it? Unpatched, as their users
//! have them.

use std::path::{Path, PathBuf};
use std::process::Command;

use grantd_tests::process::{self, grantd};
use grantd_tests::rows::Rows;
use grantd_tests::skip;
use grantd_tests::temp::TempDir;

#[test]
fn openid_client_of_npm_walks_through_everything() {
    let dir = here();
    if !dir.join("node_modules/openid-client").exists() {
        return skip("openid-client is not installed in tests/interop/node_modules: tests/run does it");
    }
    walk("node", &dir.join("openid-client.mjs"));
}

#[test]
fn authlib_of_pypi_walks_through_everything() {
    let Some(python) = python() else { return skip("Authlib is not installed in tests/.venv: tests/run does it") };
    walk(&python, &here().join("authlib_client.py"));
}

#[test]
fn the_parser_of_prometheus_reads_the_metrics() {
    let Some(python) = python() else {
        return skip("prometheus_client is not installed in tests/.venv: tests/run does it");
    };
    walk(&python, &here().join("prometheus_parser.py"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_of_django_bcrypt_passlib_and_argon2_cffi_move_and_sign_in() {
    let Some(python) = python() else { return skip("Django is not installed in tests/.venv: tests/run does it") };
    let made = Command::new(python).arg(here().join("hashes.py")).output().expect("Python");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let users: serde_json::Value = serde_json::from_slice(&made.stdout).expect("JSON");
    let users = users.as_array().expect("a list");
    let text = |user: &serde_json::Value, member: &str| user[member].as_str().expect("a text").to_owned();

    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    for user in users {
        let (name, hash) = (text(user, "name"), text(user, "hash"));
        let args = ["user", "create", &name, "--email", &format!("{name}@example.org"), "--password-hash-file", "-"];
        grantd(&args).env("GRANTD_DATA_DIR", data.path().display().to_string()).input(hash).run().expect(0);
    }
    let ours = "SELECT count(*) FROM users WHERE password_hash LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'";
    let rows = Rows::Sqlite(data.join("grantd.db"));
    // The two of dev.
    assert_eq!(rows.numbers(ours).await, [2]);
    for user in users {
        let (name, password) = (text(user, "name"), text(user, "password"));
        server.client().try_sign_in(&name, &format!("!{password}")).await.expect_error(400, "invalid_grant");
        server.client().sign_in(&name, &password).await;
    }
    assert_eq!(rows.numbers(ours).await, [2 + i64::try_from(users.len()).expect("a number")]);
    for user in users {
        server.client().sign_in(&text(user, "name"), &text(user, "password")).await;
    }
}

/// The interpreter of the environment that `tests/run` fills.
fn python() -> Option<String> {
    let python = here().join("../.venv/bin/python");
    python.exists().then(|| python.display().to_string())
}

/// Runs a client against a server of its own; it exits with 0 when all was as the standards say.
fn walk(interpreter: &str, program: &Path) {
    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    let mut command = Command::new(interpreter);
    command.arg(program).arg(server.url()).current_dir(here());
    // Both libraries would send what is meant for the loopback to a proxy that the environment names.
    for proxy in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    let Ok(output) = command.output() else { return skip(&format!("there is no {interpreter}")) };
    let told = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}\n{told}\n{complained}", output.status);
    assert!(told.trim_end().ends_with("all done"), "it did not come to its end:\n{told}\n{complained}");
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}
