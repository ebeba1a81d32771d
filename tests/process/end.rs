//! How does a server end, and when does it not even begin? Signals, requests under way, ports and data that another uses.

use std::net::TcpListener;

use grantd_tests::process::{self, Grantd};
use grantd_tests::temp::TempDir;
use grantd_tests::wire::Connection;
use grantd_tests::{eventually, wait_for};

use crate::site::{self, Production, text};

/// A seeded server whose next sign-in takes long: the seeds were hashed cheaply, and a hash of another cost is made anew.
fn slow(data: &TempDir) -> Grantd {
    site::dev(data).start().stop().expect(0);
    let call = process::dev(data.path());
    call.env("GRANTD_PASSWORD__MEMORY_KIB", "65536").env("GRANTD_PASSWORD__ITERATIONS", "20").start()
}

async fn drains_at(signal: &str) {
    let data = TempDir::new();
    let server = slow(&data);
    // A request that has begun and is not complete. It is accepted before the sign-in is.
    let mut asking = Connection::open(server.address()).await.expect("a connection");
    asking.send(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\n").await.expect("half a request");
    let client = server.client();
    let before = server.cpu_seconds();
    let sign_in = tokio::spawn(async move { client.try_sign_in("ada", "ada-dev-password").await });
    let under_way = || async { (server.cpu_seconds() > before + 0.1).then_some(()) };
    eventually("the password is being hashed", under_way).await;

    process::signal(server.pid(), signal);
    server.wait_for_output("asked to end");
    assert!(!sign_in.is_finished(), "it was over before the signal: the test shows nothing");
    let readiness = asking.exchange(b"\r\n").await.expect("an answer to a request that had begun");
    assert_eq!(readiness.status, 503, "a server that drains is not ready: {}", readiness.head);
    let tokens = sign_in.await.expect("a task").tokens();
    let ended = server.wait().expect(0);
    assert!(!ended.stderr.contains("ERROR"), "{ended}");

    // What was answered is kept.
    let server = site::dev(&data).start();
    server.client().refresh(&tokens.refresh).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_answered_after_sigterm() {
    drains_at("TERM").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_under_way_is_answered_after_sigint() {
    drains_at("INT").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_new_is_answered_while_it_drains() {
    let data = TempDir::new();
    let server = slow(&data);
    let client = server.client();
    let before = server.cpu_seconds();
    let sign_in = tokio::spawn({
        let client = client.clone();
        async move { client.try_sign_in("ada", "ada-dev-password").await }
    });
    eventually("the password is being hashed", || async { (server.cpu_seconds() > before + 0.1).then_some(()) }).await;
    server.terminate();
    server.wait_for_output("asked to end");
    eventually("nobody listens", || async {
        let asked = client.apart();
        asked.try_answer(asked.request(reqwest::Method::GET, "/livez")).await.is_err().then_some(())
    })
    .await;
    sign_in.await.expect("a task").expect(200);
    server.wait().expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_does_not_wait() {
    let data = TempDir::new();
    let server = slow(&data);
    let client = server.client();
    let before = server.cpu_seconds();
    let sign_in = tokio::spawn(async move {
        let form =
            [("grant_type", "password"), ("client_id", "web"), ("username", "ada"), ("password", "ada-dev-password")];
        client.try_answer(client.request(reqwest::Method::POST, "/oauth2/token").form(&form)).await.is_ok()
    });
    eventually("the password is being hashed", || async { (server.cpu_seconds() > before + 0.1).then_some(()) }).await;
    server.terminate();
    server.wait_for_output("asked to end");
    server.terminate();
    server.wait().expect(0);
    assert!(!sign_in.await.expect("a task"), "it waited for the sign-in");
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_do_not_keep_a_server_alive() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let mut idle = Vec::new();
    for _ in 0..8 {
        let mut connection = Connection::open(server.address()).await.expect("a connection");
        let reply = connection.exchange(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n").await.expect("an answer");
        assert_eq!(reply.status, 200);
        idle.push(connection);
    }
    server.stop().expect(0);
    for mut connection in idle {
        assert!(connection.closed().await.unwrap_or(true), "something came");
    }
}

#[test]
fn a_signal_is_heard_from_the_moment_that_the_server_says_it_is_ready() {
    let data = TempDir::new();
    for _ in 0..10 {
        let server = site::dev(&data).spawn();
        server.wait_for_output("ready: dev mode");
        server.stop().expect(0);
    }
}

#[test]
fn a_server_that_nobody_asked_ends_at_sigterm_and_its_data_is_whole() {
    let production = Production::new();
    production.start().stop().expect(0);
    let data = production.dir.join("data");
    assert!(!data.join("grantd.db-wal").exists(), "the log of SQLite was left behind");
    production.command(&["user", "list"]).run().expect(0);
}

#[test]
fn a_port_that_is_taken_is_told_in_one_line() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = taken.local_addr().expect("its number").port();
    let home = TempDir::new();
    let dev = process::grantd(&["dev", "--port", &port.to_string()]).directory(home.path());
    let serve = process::grantd(&["serve"]).directory(home.path());
    let serve = serve.env("GRANTD_SERVER__LISTEN", format!("127.0.0.1:{port}"));
    for call in [dev, serve] {
        let refused = call.try_start().expect_err("listens").expect(1);
        assert_eq!(refused.stderr.lines().count(), 1, "{refused}");
        assert!(refused.stderr.contains(&format!("127.0.0.1:{port}")) && refused.stdout.is_empty(), "{refused}");
    }
    assert_eq!(std::fs::read_dir(home.path()).expect("a directory").count(), 0, "something was made");
    drop(taken);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_sqlite_data_refuses_and_the_first_goes_on() {
    let data = TempDir::new();
    let first = site::dev(&data).start();
    let tokens = first.client().sign_in_ada().await;
    let refused = site::dev(&data).try_start().expect_err("two servers on one SQLite").expect(1);
    assert!(
        refused.stderr.contains("another grantd serves") && refused.stderr.contains(&text(data.path())),
        "{refused}"
    );
    assert_eq!(refused.stderr.lines().count(), 1, "{refused}");
    first.client().refresh(&tokens.refresh).await.expect(200);
    // Commands do not take the lock.
    site::run(&data, &["user", "list"]).expect(0);
    site::run(&data, &["migrate"]).expect(0);
    // It is gone with the process, however that ended.
    first.kill();
    let next = wait_for("the lock is free", || site::dev(&data).try_start().ok());
    next.client().refresh(&tokens.refresh).await.expect(200);
}
