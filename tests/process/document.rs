//! Is the API document the same wherever one gets it, and does `grantd healthcheck` tell a healthy server from another?

use std::fs;

use grantd_tests::postgres::free_port;
use grantd_tests::process;
use grantd_tests::temp::TempDir;

use crate::site::{self, Production};

#[test]
fn the_document_in_the_repository_is_the_one_that_is_printed() {
    let printed = process::grantd(&["openapi"]).run().expect(0).stdout;
    let kept = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../openapi/grantd.yaml")).unwrap_or_default();
    let first = printed.lines().zip(kept.lines()).find(|(new, old)| new != old);
    assert!(
        kept == printed,
        "openapi/grantd.yaml is stale ({first:?}); renew it: cargo run --bin grantd -- openapi > openapi/grantd.yaml"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_that_is_printed_is_the_one_that_is_served() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let yaml = process::grantd(&["openapi"]).env("GRANTD_ISSUER", server.url()).run().expect(0);
    let json = process::grantd(&["openapi", "--json"]).env("GRANTD_ISSUER", server.url()).run().expect(0);
    let there = server.client().get("/openapi.yaml", "").await.expect(200);
    assert_eq!(there.body.trim_end(), yaml.stdout.trim_end());
    let there = server.client().get("/openapi.json", "").await.expect(200);
    assert_eq!(there.json, json.json());
    assert_eq!(json.json()["servers"][0]["url"], server.url());
    assert!(yaml.stdout.starts_with("openapi: 3."), "YAML unless asked for JSON{yaml}");
}

#[test]
fn the_document_needs_no_data() {
    let home = TempDir::new();
    process::grantd(&["openapi", "--json"]).directory(home.path()).run().expect(0).json();
    assert_eq!(fs::read_dir(home.path()).expect("a directory").count(), 0);
}

#[test]
fn a_health_check_asks_the_server_of_the_settings_or_the_one_that_it_is_told() {
    let production = Production::new();
    let down = production.command(&["healthcheck"]).run().expect(1);
    assert!(down.stderr.contains("does not answer") && down.stdout.is_empty(), "{down}");
    let server = production.start();
    assert_eq!(production.command(&["healthcheck"]).run().expect(0).stdout, "healthy\n");
    let url = format!("http://{}/readyz", server.address());
    process::grantd(&["healthcheck", &url]).run().expect(0);
    process::grantd(&["healthcheck", &format!("{}/livez", server.url())]).run().expect(0);
    let answered = process::grantd(&["healthcheck", &format!("{}/nowhere", server.url())]).run().expect(1);
    assert!(answered.stderr.contains("404"), "{answered}");
    let nobody = format!("http://127.0.0.1:{}/readyz", free_port());
    process::grantd(&["healthcheck", &nobody]).run().expect(1);
    server.stop().expect(0);
    process::grantd(&["healthcheck", &url]).run().expect(1);
}

#[test]
fn a_health_check_of_what_is_no_address_is_a_usage_error() {
    for url in ["nonsense", "ftp://localhost/", ""] {
        process::grantd(&["healthcheck", url]).run().expect(2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_finds_readiness_below_the_issuers_path() {
    let production = Production::new();
    let issuer = format!("http://localhost:{}/auth", production.port);
    let server = production.serve().env("GRANTD_ISSUER", &issuer).spawn();
    grantd_tests::wait_for("the server is healthy", || {
        assert!(!server.has_ended(), "{}", server.output());
        (production.command(&["healthcheck"]).env("GRANTD_ISSUER", &issuer).run().code == 0).then_some(())
    });
    server.stop().expect(0);
}
