//! Do clients that others wrote get along with the server, and do the users of other programs move to it? Unpatched, as their users
//! have them.

mod document;
mod oauth2_crate;
mod protect;
mod schemathesis;
mod web_client;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use grantd_tests::process::{self, Output, grantd};
use grantd_tests::rows::Rows;
use grantd_tests::temp::TempDir;
use grantd_tests::{PATIENCE, skip};

/// The interpreter of the environment that `tests/run` fills, from here.
const PYTHON: &str = "../.venv/bin/python";

#[test]
fn openid_client_of_npm_walks_through_everything() {
    node("openid-client");
}

#[test]
fn oauth4webapi_of_npm_walks_through_everything() {
    node("oauth4webapi");
}

#[test]
fn authlib_of_pypi_walks_through_everything() {
    python("authlib_client.py");
}

#[test]
fn requests_oauthlib_of_pypi_walks_through_everything() {
    python("requests_oauthlib_client.py");
}

#[test]
fn x_oauth2_and_go_oidc_of_go_walk_through_everything() {
    let program = "../.go/interop";
    walk(program, Command::new(here().join(program)));
}

#[test]
fn nimbus_of_maven_walks_through_everything() {
    let mut java = Command::new("java");
    java.arg("-cp").arg(here().join("../.java/*")).arg(here().join("java/Nimbus.java"));
    walk("../.java/.installed", java);
}

#[test]
fn the_parser_of_prometheus_reads_the_metrics() {
    python("prometheus_parser.py");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_users_of_django_bcrypt_passlib_and_argon2_cffi_move_and_sign_in() {
    if !is_installed(PYTHON) {
        return;
    }
    let made = Command::new(here().join(PYTHON)).arg(here().join("hashes.py")).output().expect("Python");
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

/// A walk in JavaScript, named as the package that takes it.
fn node(package: &str) {
    let mut node = Command::new("node");
    node.arg(here().join(package).with_extension("mjs"));
    walk(&format!("node_modules/{package}"), node);
}

/// A walk in Python.
fn python(program: &str) {
    let mut python = Command::new(here().join(PYTHON));
    python.arg(here().join(program));
    walk(PYTHON, python);
}

/// Runs a client against a server of its own; it exits with 0 when all was as the standards say, and names itself at the end.
/// What `tests/run` installs for it is the sign that it can be run.
fn walk(installed: &str, mut client: Command) {
    if !is_installed(installed) {
        return;
    }
    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    client.arg(server.url()).current_dir(here());
    let Some(output) = finish(&mut client, PATIENCE) else { return };
    let output = output.expect(0);
    let last = output.stdout.lines().last().unwrap_or_default();
    assert!(last.ends_with(": all done"), "it did not come to its end{output}");
    passes(last);
}

/// Whether `tests/run` has installed this; else the test is skipped.
fn is_installed(path: &str) -> bool {
    let found = here().join(path).exists();
    if !found {
        skip(&format!("tests/interop/{path} is not there: tests/run installs it"));
    }
    found
}

/// Runs a program to its end, which is brought about when it takes too long. None when there is no such program, and the test is skipped.
fn finish(program: &mut Command, patience: Duration) -> Option<Output> {
    let Ok(started) =
        process::without_proxies(program).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()
    else {
        skip(&format!("there is no {}", program.get_program().display()));
        return None;
    };
    let (pid, (done, ended)) = (started.id(), mpsc::channel());
    thread::spawn(move || done.send(started.wait_with_output()));
    let output = ended.recv_timeout(patience).or_else(|_| {
        process::signal(pid, "KILL");
        ended.recv()
    });
    let output = output.expect("a thread that waits").expect("its output");
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    // No code: a signal ended it, ours most likely.
    let code = output.status.code().unwrap_or(-1);
    Some(Output { code, stdout: text(&output.stdout), stderr: text(&output.stderr) })
}

/// Tells whoever runs the tests which clients pass, in which versions.
fn passes(client: &str) {
    // Written by hand: the test runner would keep what `eprintln` says of a test that passes.
    let _ = writeln!(std::io::stderr(), "\n{client}");
}

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("interop")
}
