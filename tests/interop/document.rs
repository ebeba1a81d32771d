//! Can others work with the API document? Those who look for faults in it, and those who make clients of it.

use std::process::Command;

use grantd_tests::PATIENCE;
use grantd_tests::process::{self, Output, grantd};
use grantd_tests::temp::TempDir;
use serde_json::Value;

use super::{finish, here, is_installed, passes};

/// The clients of the document that progenitor makes.
mod generated {
    progenitor::generate_api!(spec = "../openapi/grantd.yaml");
}

/// The document of a server with a public address, in a file.
fn document(directory: &TempDir) -> String {
    let printed = grantd(&["openapi"]).env("GRANTD_ISSUER", "https://auth.example.org").run().expect(0);
    directory.write("grantd.yaml", printed.stdout).display().to_string()
}

/// Runs a command of a package of npm; none when it is not installed.
pub(super) fn npm(name: &str, args: &[&str]) -> Option<Output> {
    let program = format!("node_modules/.bin/{name}");
    if !is_installed(&program) {
        return None;
    }
    let mut command = Command::new(here().join(program));
    // They would ask at home for a newer version.
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    finish(command.args(args).current_dir(here()), PATIENCE)
}

#[test]
fn spectral_finds_nothing_to_say() {
    let directory = TempDir::new();
    let args = ["lint", "--ruleset", "document/spectral.yaml", "--fail-severity", "hint", &document(&directory)];
    let Some(output) = npm("spectral", &args) else { return };
    let said = output.expect(0).stdout;
    assert!(said.starts_with("No results"), "{said}");
}

#[test]
fn redocly_finds_nothing_to_say() {
    let directory = TempDir::new();
    let args = ["lint", "--extends", "recommended", "--format", "json", &document(&directory)];
    let Some(output) = npm("redocly", &args) else { return };
    let output = output.expect(0);
    let report: Value = serde_json::from_str(&output.stdout).unwrap_or_else(|error| panic!("{error}{output}"));
    assert_eq!((&report["totals"]["errors"], &report["totals"]["warnings"]), (&0.into(), &0.into()), "{output}");
}

#[test]
fn the_types_of_openapi_typescript_compile_and_say_what_may_be_null() {
    let directory = TempDir::new();
    let made = directory.join("api.d.ts").display().to_string();
    let Some(output) = npm("openapi-typescript", &[&document(&directory), "--output", &made]) else { return };
    output.expect(0);
    let client = std::fs::read_to_string(here().join("document/client.ts")).expect("a client");
    let client = directory.write("client.ts", client).display().to_string();
    if let Some(output) = npm("tsc", &["--noEmit", "--strict", "--target", "es2022", "--module", "preserve", &client]) {
        output.expect(0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_that_progenitor_makes_signs_up_signs_in_and_is_told_why_not() {
    use generated::{Client, Error, types};

    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    let http = |token: &str| {
        let bearer = format!("Bearer {token}").parse().expect("a header");
        let headers = [(reqwest::header::AUTHORIZATION, bearer)].into_iter().collect();
        let builder = reqwest::Client::builder().no_proxy();
        if token.is_empty() { builder } else { builder.default_headers(headers) }.build().expect("a client")
    };
    let signed_in = |token: &str| Client::new_with_client(&server.url(), http(token));
    let nobody = signed_in("");
    let new = types::NewUser {
        username: "grace".parse().expect("a name"),
        email: "grace@example.org".parse().expect("an address"),
        password: "a compiler of her own".parse().expect("a password"),
    };
    let made = nobody.sign_up(&new).await.expect("a user").into_inner();
    assert_eq!((made.username.as_str(), made.name.clone()), ("grace", None));
    match nobody.sign_up(&new).await {
        // It hands over the body of a problem unread.
        Err(Error::ErrorResponse(refused)) => assert_eq!(refused.status().as_u16(), 409),
        other => panic!("{other:?}"),
    }
    let request: types::TokenRequest = serde_json::from_value(serde_json::json!({
        "grant_type": "password", "client_id": "web", "username": "grace", "password": "a compiler of her own",
    }))
    .expect("a request");
    let tokens = nobody.get_token(&request).await.expect("tokens").into_inner();
    let grace = signed_in(&tokens.access_token);
    let me = grace.get_me().await.expect("a user").into_inner();
    assert_eq!((me.id.as_str(), me.created_at), (made.id.as_str(), made.created_at));
    let sessions = grace.list_my_sessions(None, None).await.expect("sessions").into_inner();
    assert_eq!(sessions.items.len(), 1);
    grace.end_my_sessions(None).await.expect("an end");
    assert_eq!(grace.get_me().await.expect_err("an ended session").status().map(|status| status.as_u16()), Some(401));
    let locked = include_str!("../../Cargo.lock").split_once("name = \"progenitor\"\nversion = \"");
    let version = locked.and_then(|(_, rest)| rest.split('"').next()).expect("its version");
    passes(&format!("progenitor {version}: all done"));
}
