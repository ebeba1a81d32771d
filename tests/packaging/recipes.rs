//! Do the recipes of the guide move users over? Run as they stand, on what Django and Flask keep.

use std::path::Path;
use std::process::Command;

use grantd_tests::process;
use grantd_tests::skip;
use grantd_tests::temp::TempDir;
use serde_json::Value;

use crate::tools::{finish, program, shipped};

#[tokio::test(flavor = "multi_thread")]
async fn users_of_django_sign_in_as_before() {
    move_users("django").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_of_flask_sign_in_as_before() {
    move_users("flask").await;
}

async fn move_users(from: &str) {
    let Ok(python) = program("python") else { return skip("there is no Python: tests/run makes one") };
    let (data, old) = (TempDir::new(), TempDir::new());
    let server = process::dev(data.path()).start();
    let settings = old.write("grantd.toml", format!("data_dir = \"{}\"\n", data.path().display()));
    let path = |path: &Path| path.display().to_string();
    let mut recipes = Command::new(python);
    recipes.arg(shipped("tests/packaging/recipes.py")).arg(shipped("docs/operating.md"));
    recipes.args([path(&settings), path(old.path()), from.to_owned()]);
    // The recipe calls `grantd`.
    let programs = [process::binary().parent().expect("a folder").to_owned()];
    let others = std::env::var_os("PATH").unwrap_or_default();
    let programs = std::env::join_paths(programs.into_iter().chain(std::env::split_paths(&others))).expect("a PATH");
    let moved = finish(recipes.env("PATH", programs)).expect(0);
    let last = moved.stdout.lines().last().unwrap_or_default();
    let moved: Value = serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}{moved}"));
    let users = moved["users"].as_array().expect("users");
    assert!(users.len() >= 4, "{moved}");
    for user in users.iter().filter_map(Value::as_str) {
        server.client().sign_in(user, moved["password"].as_str().expect("a password")).await;
    }
}
