//! Does the binary start, serve and stop?

use grantd_tests::process;
use grantd_tests::temp::TempDir;

#[tokio::test(flavor = "multi_thread")]
async fn dev_is_ready_to_sign_in_and_ends_with_0_when_asked_to() {
    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    let tokens = server.client().sign_in_ada().await;
    assert_eq!(tokens.claims()["iss"], server.url());
    server.stop().expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_outlives_kill_9() {
    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    let tokens = server.client().sign_in_ada().await;
    server.kill();
    let server = process::dev(data.path()).start();
    server.client().refresh(&tokens.refresh).await.expect(200);
}

#[test]
fn a_second_server_on_the_same_data_refuses_to_start() {
    let data = TempDir::new();
    let first = process::dev(data.path()).start();
    let second = process::dev(data.path()).try_start().expect_err("two servers on one SQLite").expect(1);
    assert!(!second.stderr.is_empty(), "no word about it");
    first.stop().expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_beside_a_running_server_is_seen_at_its_next_request() {
    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    let tokens = server.client().sign_in_bob().await;
    process::run(data.path(), &["user", "lock", "bob"]).expect(0);
    server.client().refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("user_locked");
}
