//! Do clients that others wrote get along with the server? Unpatched, as their users have them.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use grantd_tests::process;
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
    walk_in_python("authlib", "authlib_client.py");
}

#[test]
fn the_parser_of_prometheus_reads_the_metrics() {
    walk_in_python("prometheus_client", "prometheus_parser.py");
}

/// As [`walk`], for a program that needs a package of PyPI.
fn walk_in_python(package: &str, program: &str) {
    let python = here().join("../.venv/bin/python");
    let has_it = Command::new(&python).args(["-c", &format!("import {package}")]).stderr(Stdio::null()).status();
    if !has_it.is_ok_and(|status| status.success()) {
        return skip(&format!("{package} is not installed in tests/.venv: tests/run does it"));
    }
    walk(&python.display().to_string(), &here().join(program));
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
