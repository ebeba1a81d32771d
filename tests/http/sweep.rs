//! What goes once it has expired, and does everything else stay? Each table at its edges, the clock moved by the test. (DESIGN.md §8)

mod beside;
mod families;
mod growth;
mod throttles;

use grantd::flows::Swept;
use grantd_tests::client::Client;
use grantd_tests::server::{BEGIN, TestServer};

use super::errors::expect_oauth;

const HOUR: i64 = 60 * 60;
const DAY: i64 = 24 * HOUR;

const NOTHING: Swept = Swept { token_families: 0, sessions: 0, revoked_tokens: 0, throttles: 0, events: 0 };

async fn sweep(server: &TestServer) -> Swept {
    server.flows().sweep().await.expect("a pass")
}

/// How many rows are in each table, in the order of [`Swept`].
async fn counts(server: &TestServer) -> Vec<i64> {
    let tables = ["token_families", "sessions", "revoked_tokens", "throttles", "events"];
    let counts = tables.map(|table| format!("(SELECT COUNT(*) FROM {table})")).join(", ");
    server.home().rows().numbers(&format!("SELECT {counts}")).await
}

/// The types of ada's events, newest first.
async fn activity(client: &Client, access: &str) -> Vec<String> {
    let log = client.get("/api/v1/me/activity?limit=200", access).await.expect(200);
    let items = log["items"].as_array().unwrap_or_else(|| panic!("no list{log}"));
    items.iter().map(|event| event["type"].as_str().expect("a type").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_kept_for_ninety_days() {
    let server = TestServer::start().await;
    let client = server.client();
    client.sign_in_ada().await;
    server.clock().advance(DAY);
    client.sign_in_ada().await;
    let kept = counts(&server).await[4];
    server.clock().set(BEGIN + 90 * DAY - 1);
    let access = client.sign_in_ada().await.access;
    assert_eq!(sweep(&server).await.events, 0);
    assert_eq!(activity(&client, &access).await, ["signed_in", "signed_in", "signed_in", "user_created"]);
    server.clock().advance(1);
    // What the seed tells of users and clients, and the first sign-in.
    assert_eq!(i64::try_from(sweep(&server).await.events), Ok(kept - 1));
    assert_eq!(activity(&client, &access).await, ["signed_in", "signed_in"]);
    server.clock().advance(DAY);
    assert_eq!(sweep(&server).await.events, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_kept_for_as_long_as_the_setting_says() {
    let server = TestServer::with(&[("events.retention", "10m")]).await;
    let client = server.client();
    let access = client.sign_in_ada().await.access;
    server.clock().advance(599);
    let first = sweep(&server).await;
    assert_eq!(first, NOTHING);
    server.clock().advance(1);
    let other = client.sign_in_ada().await.access;
    let second = sweep(&server).await;
    assert!(second.events > 1 && second == Swept { events: second.events, ..NOTHING }, "{second:?}");
    assert_eq!(activity(&client, &other).await, ["signed_in"]);
    // A session outlives what tells of it.
    assert_ne!(access, other);
    assert_eq!(counts(&server).await[..2], [2, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_is_remembered_beyond_its_expiry_by_any_nodes_clock() {
    let server = TestServer::start().await;
    let (service, api) = (server.client().as_demo_service(), server.client());
    let revoked = service.client_credentials().await.tokens();
    let other = service.client_credentials().await.tokens();
    assert!(api.is_active(&revoked.access).await && api.is_active(&other.access).await);
    service.revoke(&revoked.access).await.expect(200);
    server.clock().advance(299);
    assert_eq!(sweep(&server).await, NOTHING);
    assert!(!api.is_active(&revoked.access).await && api.is_active(&other.access).await);
    // This node's clock is ten minutes ahead of the one that is asked next.
    server.clock().advance(600);
    sweep(&server).await;
    server.clock().advance(-600);
    assert!(!api.is_active(&revoked.access).await && api.is_active(&other.access).await);
    server.clock().set(BEGIN + 300 + HOUR - 1);
    assert_eq!(sweep(&server).await.revoked_tokens, 0);
    server.clock().advance(1);
    assert_eq!(sweep(&server).await, Swept { revoked_tokens: 1, ..NOTHING });
    assert!(!api.is_active(&revoked.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_server_has_nothing_to_sweep() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_ada().await;
    let before = counts(&server).await;
    assert_eq!(sweep(&server).await, NOTHING);
    assert_eq!(counts(&server).await, before);
    client.refresh(&tokens.refresh).await.tokens();
}
