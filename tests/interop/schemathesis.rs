//! Does every answer keep what the document promises? schemathesis, as PyPI has it, asks what it makes up from `/openapi.json`, as nobody,
//! as a user and as an administrator, and runs all of its checks.

use std::process::Command;
use std::time::Duration;

use grantd_tests::process;
use grantd_tests::temp::TempDir;

use crate::{finish, here, is_installed, passes};

/// Some 20 s each where they have a processor to themselves.
const PATIENCE: Duration = Duration::from_mins(4);

const PROGRAM: &str = "../.venv/bin/schemathesis";

#[test]
fn what_nobody_is_answered_is_in_the_document() {
    let told = examine("nobody");
    assert!(told.is_none_or(|told| !never_seen_to_succeed(&told).contains("POST /api/v1/users")));
}

#[test]
fn what_a_user_is_answered_is_in_the_document() {
    let told = examine("user");
    let never = told.as_deref().map(never_seen_to_succeed).unwrap_or_default();
    let own = never.split(", ").filter(|operation| !operation.contains(" /api/v1/admin/"));
    assert_eq!(own.collect::<Vec<_>>().join(", "), "", "what a user may do was never done");
}

#[test]
fn what_an_administrator_is_answered_is_in_the_document() {
    let told = examine("administrator");
    // A visitor who is not let in would find nothing wrong.
    assert_eq!(told.as_deref().map(never_seen_to_succeed).unwrap_or_default(), "");
}

/// Which operations were refused each time.
fn never_seen_to_succeed(told: &str) -> &str {
    told.trim_end().rsplit_once("never seen to succeed: ").map(|(_, never)| never).unwrap_or_default()
}

/// Runs schemathesis on a server of its own, and gives what it said.
fn examine(visitor: &str) -> Option<String> {
    if !is_installed(PROGRAM) {
        return None;
    }
    let data = TempDir::new();
    // Cheap hashes, and tokens that outlive the run.
    let settings = [("PASSWORD__MEMORY_KIB", "8"), ("PASSWORD__ITERATIONS", "1"), ("TOKENS__ACCESS_TTL", "1h")];
    let settings = settings.map(|(key, value)| (format!("GRANTD_{key}"), value));
    let server = settings.iter().fold(process::dev(data.path()), |call, (key, value)| call.env(key, value)).start();

    let configured = here().join("schemathesis");
    let elsewhere = TempDir::new();
    let mut program = Command::new(here().join(PROGRAM));
    program.arg("--config-file").arg(configured.join("schemathesis.toml")).arg("--no-color");
    program.arg("run").arg(format!("{}/openapi.json", server.url()));
    program.envs(settings).env("GRANTD", process::binary()).env("GRANTD_DATA_DIR", data.path());
    program.env("SCHEMATHESIS_HOOKS", configured.join("hooks.py")).env("VISITOR", visitor);
    // It leaves its notes where it is.
    let told = finish(program.current_dir(elsewhere.path()), PATIENCE)?.expect(0).stdout;
    let version = told.lines().next().unwrap_or_default();
    passes(&format!("{version} as {visitor}: all done"));
    Some(told)
}
