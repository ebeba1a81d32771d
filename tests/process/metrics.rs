//! Where does `/metrics` stand? On a listener of its own, or, in dev alone, beside everything else.

use std::net::TcpListener;

use grantd_tests::client::{Answer, Client};
use grantd_tests::postgres::free_port;
use grantd_tests::process::{self, Call};
use grantd_tests::temp::TempDir;
use grantd_tests::wire::{self, Connection};
use reqwest::Method;
use serde_json::Value;

use crate::site::{self, Production, text};

/// The same call with `/metrics` at this address.
fn at(call: Call, address: &str) -> Call {
    call.env("GRANTD_SERVER__METRICS_LISTEN", address)
}

/// The same call with `/metrics` at a port of its own, and a client of that.
fn alone(call: Call) -> (Call, Client) {
    let port = free_port();
    (at(call, &format!("127.0.0.1:{port}")), Client::new(&format!("http://127.0.0.1:{port}")))
}

/// Fails the test when these are no metrics.
#[track_caller]
fn expect_metrics(answer: Answer) -> Answer {
    let answer = answer.expect(200);
    assert_eq!(answer.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    assert!(answer.body.ends_with("\n# EOF\n"), "{answer}");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_production_server_that_is_not_told_where_has_no_metrics() {
    let production = Production::new();
    let server = production.start();
    server.client().get("/metrics", "").await.expect(404).expect_reason("not_found");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_production_server_has_its_metrics_at_their_own_port_and_nothing_else_there() {
    let production = Production::new();
    let (call, metrics) = alone(production.serve());
    let server = call.start();
    let client = server.client();
    client.get("/metrics", "").await.expect(404).expect_reason("not_found");
    client.try_sign_in("nobody", "a password of nobody").await.expect(400);
    let seen = expect_metrics(metrics.get("/metrics", "").await);
    for sample in [
        "grantd_sign_ins_total{outcome=\"wrong\"} 1\n",
        "grantd_http_request_duration_seconds_count{method=\"POST\",route=\"/oauth2/token\",status=\"400\"} 1\n",
        "grantd_http_request_duration_seconds_count{method=\"GET\",route=\"-\",status=\"404\"} 1\n",
    ] {
        assert!(seen.body.contains(sample), "no {sample}{seen}");
    }
    let head = metrics.answer(metrics.request(Method::HEAD, "/metrics")).await.expect(200);
    assert_eq!((head.header("content-type"), head.body.as_str()), (seen.header("content-type"), ""));
    metrics.answer(metrics.request(Method::POST, "/metrics")).await.expect(405);
    for path in ["/", "/livez", "/readyz", "/oauth2/token", "/.well-known/jwks.json", "/metrics/", "/nothing"] {
        metrics.get(path, "").await.expect(404).expect_reason("not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_has_its_metrics_beside_everything_else_unless_it_is_told_where() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    expect_metrics(server.client().get("/metrics", "").await);
    server.stop().expect(0);
    let (call, metrics) = alone(site::dev(&data));
    let server = call.start();
    server.client().get("/metrics", "").await.expect(404);
    expect_metrics(metrics.get("/metrics", "").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_of_an_issuer_stands_before_the_metrics_of_dev_alone() {
    let (data, port) = (TempDir::new(), free_port());
    let dev = || {
        let call = process::grantd(&["dev", "--port", &port.to_string(), "--data", &text(data.path())]);
        site::cheap(call).env("GRANTD_ISSUER", format!("http://localhost:{port}/auth"))
    };
    let client = Client::new(&format!("http://localhost:{port}"));
    let server = dev().spawn_at(port);
    server.wait_for_output("ready: dev mode");
    expect_metrics(client.get("/auth/metrics", "").await);
    client.get("/metrics", "").await.expect(404);
    server.stop().expect(0);
    let (call, metrics) = alone(dev());
    let server = call.spawn_at(port);
    server.wait_for_output("ready: dev mode");
    expect_metrics(metrics.get("/metrics", "").await);
    metrics.get("/auth/metrics", "").await.expect(404);
}

#[test]
fn a_port_that_is_taken_is_told_in_one_line_that_names_its_setting() {
    let taken = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let address = taken.local_addr().expect("its number").to_string();
    let home = TempDir::new();
    let dev = process::grantd(&["dev", "--port", "0"]).directory(home.path());
    let serve = process::grantd(&["serve"]).directory(home.path());
    let serve = serve.env("GRANTD_SERVER__LISTEN", format!("127.0.0.1:{}", free_port()));
    for call in [dev, serve] {
        let refused = at(call, &address).try_start().expect_err("listens").expect(1);
        assert_eq!(refused.stderr.lines().count(), 1, "{refused}");
        assert!(refused.stderr.contains(&address) && refused.stderr.contains("server.metrics_listen"), "{refused}");
    }
    assert_eq!(std::fs::read_dir(home.path()).expect("a directory").count(), 0, "something was made");
    drop(taken);
}

#[test]
fn an_address_that_cannot_be_theirs_is_a_fault_of_the_settings() {
    let production = Production::new();
    let same = format!("127.0.0.1:{}", production.port);
    let served = at(production.serve(), &same).try_start().expect_err("listens").expect(2);
    let checked = at(production.command(&["config", "check"]), &same).run().expect(2);
    for refused in [served, checked] {
        let named = refused.stderr.contains("GRANTD_SERVER__METRICS_LISTEN: ");
        assert!(named && refused.stderr.contains("server.listen"), "{refused}");
    }
    // A command does not listen.
    at(production.command(&["migrate"]), &same).run().expect(0);
    let data = TempDir::new();
    let refused = at(site::dev(&data), "0.0.0.0:0").try_start().expect_err("listens").expect(2);
    let named = refused.stderr.contains("GRANTD_SERVER__METRICS_LISTEN: ");
    assert!(named && refused.stderr.contains("loopback"), "{refused}");
    assert!(site::kept(data.path()).is_empty(), "a refused start left something");
}

#[tokio::test(flavor = "multi_thread")]
async fn port_0_picks_one_that_the_first_line_names() {
    let production = Production::new();
    let server = at(production.serve(), "127.0.0.1:0").start();
    server.wait_for_output("\"ready\"");
    let said = server.output();
    let lines = said.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let ready = lines.into_iter().find(|line| line["message"] == "ready").expect("the first line");
    let address = ready["metrics"].as_str().unwrap_or_else(|| panic!("no address: {ready}"));
    expect_metrics(server.client().get(&format!("http://{address}/metrics"), "").await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dashboard_that_stays_connected_does_not_keep_a_server_alive() {
    let production = Production::new();
    let (call, metrics) = alone(production.serve());
    let server = call.start();
    let mut idle = Connection::open(metrics.address()).await.expect("a connection");
    assert_eq!(idle.exchange(&wire::get("/metrics", "")).await.expect("an answer").status, 200);
    // A look that has begun is answered before the end.
    let mut looking = Connection::open(metrics.address()).await.expect("a connection");
    looking.send(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n").await.expect("half a request");
    expect_metrics(metrics.get("/metrics", "").await);
    server.terminate();
    server.wait_for_output("asked to end");
    assert_eq!(looking.exchange(b"\r\n").await.expect("an answer").status, 200);
    server.wait().expect(0);
    assert!(idle.closed().await.unwrap_or(true), "something came");
}
