//! What does an operator's dashboard read? Numbers that move with what happens, under labels that nobody can add to.

use std::collections::{BTreeMap, BTreeSet};

use grantd::flows::NewClient;
use grantd_tests::client::{Answer, Client};
use grantd_tests::rows::Rows;
use grantd_tests::server::{BEGIN, TestServer};
use grantd_tests::{eventually, wire};
use reqwest::Method;
use sqlx::postgres::PgConnection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{Connection, Executor};

use super::errors::expect_problem;
use super::new_client;

const TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const DURATIONS: &str = "grantd_http_request_duration_seconds";
const HASHES: &str = "grantd_password_hashes_total";

/// What a look at `/metrics` showed: each series, as it is written, and its number.
struct Seen(BTreeMap<String, String>);

async fn look(client: &Client) -> Seen {
    let answer = client.get("/metrics", "").await.expect(200);
    let mut seen = BTreeMap::new();
    for sample in answer.body.lines().filter(|line| !line.starts_with('#')) {
        let (series, number) = sample.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {sample}"));
        assert!(seen.insert(series.to_owned(), number.to_owned()).is_none(), "{series} is told twice{answer}");
    }
    Seen(seen)
}

impl Seen {
    /// The number of a series; 0 when it is not there.
    fn get(&self, series: &str) -> u64 {
        self.0.get(series).map_or(0, |number| number.parse().unwrap_or_else(|_| panic!("{series} is {number}")))
    }

    /// The values that a label has.
    fn values(&self, label: &str) -> BTreeSet<&str> {
        let name = format!("{label}=\"");
        let values = self.0.keys().filter_map(|series| series.split_once(&name)?.1.split('"').next());
        values.collect()
    }
}

/// Fails the test unless what happens moves these counters by one each, and none beside them but those of requests.
async fn moves(client: &Client, what: impl Future<Output = ()>, counters: &[&str]) {
    let before = look(client).await;
    what.await;
    let after = look(client).await;
    let totals = after.0.keys().filter(|series| series.split('{').next().is_some_and(|name| name.ends_with("_total")));
    let moved: Vec<_> = totals
        .filter(|series| after.get(series) != before.get(series))
        .map(|series| (series.as_str(), after.get(series) - before.get(series)))
        .collect();
    let wanted: Vec<_> = counters.iter().map(|counter| (*counter, 1)).collect();
    assert_eq!(moved, wanted);
}

/// A request that has to be answered with this status.
async fn ask(status: u16, answer: impl Future<Output = Answer>) {
    answer.await.expect(status);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_open_metrics_text_that_nobody_keeps() {
    let server = TestServer::start().await;
    let client = server.client();
    let document = client.get("/openapi.json", "").await.expect(200);
    assert!(!document.body.contains("/metrics"), "it is no part of the API");
    let answer = client.get("/metrics", "").await.expect(200);
    assert_eq!(answer.header("content-type"), Some(TYPE));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert!(answer.body.ends_with("\n# EOF\n"), "{answer}");
    let types: BTreeSet<_> = answer.body.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    let wanted = [
        "grantd_build info",
        "grantd_database_connections gauge",
        "grantd_http_request_duration_seconds histogram",
        "grantd_password_hashes counter",
        "grantd_password_queue_depth gauge",
        "grantd_refresh_guards_lost counter",
        "grantd_refreshes counter",
        "grantd_refreshes_refused counter",
        "grantd_sign_ins counter",
        "grantd_signing_key_age_seconds gauge",
        "grantd_throttled counter",
        "process_start_time_seconds gauge",
    ];
    assert_eq!(types, BTreeSet::from(wanted), "{answer}");
    let version = format!("grantd_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(answer.body.lines().any(|line| line == version), "no {version}{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_and_no_other_method() {
    let server = TestServer::start().await;
    let client = server.client();
    let head = client.answer(client.request(Method::HEAD, "/metrics")).await.expect(200);
    assert_eq!((head.header("content-type"), head.body.as_str()), (Some(TYPE), ""));
    for method in [Method::POST, Method::DELETE, Method::OPTIONS] {
        let answer = client.answer(client.request(method, "/metrics")).await;
        let answer = expect_problem(answer, 405, "method_not_allowed");
        assert_eq!(answer.header("allow"), Some("GET, HEAD"), "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_sign_in_is_counted_by_how_it_ended_and_so_is_each_password_that_was_compared() {
    let server = TestServer::start().await;
    let client = &server.client();
    server.set_locked("bob", true).await.expect("a user that is locked");
    let ok = [HASHES, "grantd_sign_ins_total{outcome=\"ok\"}"];
    moves(client, ask(200, client.try_sign_in("ada", "ada-dev-password")), &ok).await;
    let wrong = [HASHES, "grantd_sign_ins_total{outcome=\"wrong\"}"];
    for (username, password) in [("ada", "wrong"), ("nobody", "ada-dev-password"), ("ada", &"x".repeat(257))] {
        moves(client, ask(400, client.try_sign_in(username, password)), &wrong).await;
    }
    let locked = [HASHES, "grantd_sign_ins_total{outcome=\"locked\"}"];
    for password in ["wrong", "bob-dev-password"] {
        moves(client, ask(400, client.try_sign_in("bob", password)), &locked).await;
    }
    // With the two above, ada's five free failures.
    for _ in 0..3 {
        client.try_sign_in("ada", "wrong").await.expect(400);
    }
    let throttled = ["grantd_sign_ins_total{outcome=\"throttled\"}", "grantd_throttled_total{door=\"sign_in\"}"];
    moves(client, ask(400, client.try_sign_in("ada", "ada-dev-password")), &throttled).await;
    // Who asks for what it may not have has not tried yet.
    let form = [("grant_type", "password"), ("username", "bob"), ("password", "x"), ("scope", "no-such-scope")];
    moves(client, ask(400, client.token(&form)), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_finds_the_queue_full_is_overloaded_and_costs_no_hash() {
    let slow = [("password.memory_kib", "16384"), ("password.threads", "1"), ("password.queue", "1")];
    let server = TestServer::with(&slow).await;
    let client = server.client();
    let before = look(&client).await;
    let form = "grant_type=password&client_id=web&username=bob&password=bob-dev-password";
    let requests = (0..24).map(|_| (client.address(), wire::form("/oauth2/token", "", form))).collect();
    let replies = wire::at_once(requests).await;
    let answered = |status| replies.iter().filter(|reply| reply.status == status).count() as u64;
    assert!(answered(200) > 0 && answered(503) > 0, "{} done, {} refused", answered(200), answered(503));
    let after = look(&client).await;
    let by = |series| after.get(series) - before.get(series);
    assert_eq!(by("grantd_sign_ins_total{outcome=\"ok\"}"), answered(200));
    assert_eq!(by("grantd_sign_ins_total{outcome=\"overloaded\"}"), answered(503));
    assert_eq!(by(HASHES), answered(200));
    assert_eq!(after.get("grantd_password_queue_depth"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_that_wait_for_a_thread_are_told_while_they_do() {
    let slow = [("password.memory_kib", "16384"), ("password.iterations", "4"), ("password.threads", "1")];
    let server = TestServer::with(&slow).await;
    let client = server.client();
    let form = "grant_type=password&client_id=web&username=bob&password=bob-dev-password";
    let requests = (0..16).map(|_| (client.address(), wire::form("/oauth2/token", "", form))).collect();
    let flood = tokio::spawn(wire::at_once(requests));
    let waits = || async { (look(&client).await.get("grantd_password_queue_depth") > 1).then_some(()) };
    eventually("passwords wait", waits).await;
    assert!(flood.await.expect("the flood").iter().all(|reply| reply.status == 200));
    assert_eq!(look(&client).await.get("grantd_password_queue_depth"), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_costs_one_hash_and_one_that_clashes_none() {
    let server = TestServer::start().await;
    let client = server.client();
    let sign_up = || client.sign_up("grace", "grace@example.org", "a compiler of her own");
    moves(&client, ask(201, sign_up()), &[HASHES]).await;
    moves(&client, ask(409, sign_up()), &[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_refresh_is_counted_by_its_row_and_each_refusal_by_its_reason() {
    let server = TestServer::start().await;
    let client = &server.client();
    let row = |row: &str| format!("grantd_refreshes_total{{row=\"{row}\"}}");
    let reason = |reason: &str| format!("grantd_refreshes_refused_total{{reason=\"{reason}\"}}");
    let first = client.sign_in_ada().await.refresh;
    let second = client.refresh(&first).await.tokens().refresh;
    moves(client, ask(200, client.refresh(&second)), &[&row("step")]).await;
    moves(client, ask(200, client.refresh(&second)), &[&row("again")]).await;
    let (replay, reused) = (row("replay"), reason("refresh_token_reused"));
    moves(client, ask(400, client.refresh(&first)), &[&reused, &replay]).await;
    // The family has ended of it: the same answer, but no second replay.
    moves(client, ask(400, client.refresh(&first)), &[&reused]).await;
    moves(client, ask(400, client.refresh("grt_nonsense")), &[&reason("unknown_token")]).await;

    let first = client.sign_in_ada().await.refresh;
    client.refresh(&first).await.expect(200);
    server.clock().advance(46);
    moves(client, ask(200, client.refresh(&first)), &[&row("late")]).await;
    for _ in 0..4 {
        server.clock().advance(45);
        client.refresh(&first).await.expect(200);
    }
    server.clock().advance(1);
    moves(client, ask(503, client.refresh(&first)), &[&reason("wait_and_retry"), &row("wait")]).await;

    let first = client.sign_in_ada().await.refresh;
    let second = client.refresh(&first).await.tokens().refresh;
    server.home().rows().execute("UPDATE token_families SET generation = 1, previous_generation = 0").await;
    moves(client, ask(200, client.refresh(&second)), &[&row("behind")]).await;

    let keeper = new_client::make(&server, NewClient { rotation: false, ..new_client::portal("keeper") }).await;
    let kept = keeper.sign_in_ada().await.refresh;
    moves(client, ask(200, keeper.refresh(&kept)), &[&row("kept")]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_to_wait_is_counted_at_its_own_door() {
    let server = TestServer::start().await;
    let client = server.client();
    let wrong = client.as_confidential("demo-service", "a-secret-that-is-another");
    for _ in 0..20 {
        moves(&client, ask(401, wrong.client_credentials()), &[]).await;
    }
    let door = ["grantd_throttled_total{door=\"client_secret\"}"];
    moves(&client, ask(401, client.as_demo_service().client_credentials()), &door).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_buckets_of_a_route_add_up_to_its_requests() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..7 {
        client.get("/livez", "").await.expect(200);
    }
    client.delete("/api/v1/me/sessions/ses_00000000000000000000000000", "").await.expect(401);
    let seen = look(&client).await;
    let labels = "method=\"GET\",route=\"/livez\",status=\"200\"";
    let bucket = |series: &String| {
        let labelled = series.strip_prefix(DURATIONS)?.strip_prefix("_bucket{le=\"")?;
        let bound = labelled.strip_suffix(&format!("\",{labels}}}"))?;
        Some((bound.parse::<f64>().expect("a bound"), seen.get(series)))
    };
    let mut buckets: Vec<_> = seen.0.keys().filter_map(bucket).collect();
    buckets.sort_by(|one, other| one.0.total_cmp(&other.0));
    assert!(buckets.len() > 10 && buckets.is_sorted_by_key(|bucket| bucket.1), "{buckets:?}");
    assert!(buckets.last().is_some_and(|(bound, count)| bound.is_infinite() && *count == 7), "{buckets:?}");
    assert_eq!(seen.get(&format!("{DURATIONS}_count{{{labels}}}")), 7);
    let sum: f64 = seen.0[&format!("{DURATIONS}_sum{{{labels}}}")].parse().expect("seconds");
    assert!(sum > 0.0 && sum < 60.0, "{sum} seconds");
    // A route goes by its template.
    let session = "method=\"DELETE\",route=\"/api/v1/me/sessions/{id}\",status=\"401\"";
    assert_eq!(seen.get(&format!("{DURATIONS}_count{{{session}}}")), 1, "{:?}", seen.values("route"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_somebody_sends_becomes_a_label() {
    const MARK: &str = "Zq7Marker8kXw";
    let server = TestServer::start().await;
    let client = server.client();
    let hostile = async |number: u32| {
        let text = format!("{MARK}{number}");
        for path in [format!("/{text}"), format!("/api/v1/me/sessions/{text}"), "//".to_owned(), "/livez".to_owned()] {
            for method in ["GET", "get", "PROPFIND", "TRACE", &text] {
                let headers = format!("Host: {text}\r\nUser-Agent: {text}\r\nAccept: {text}");
                client.raw(format!("{method} {path}?{text}=%22%0a{{}} HTTP/1.1\r\n{headers}\r\n\r\n")).await;
            }
        }
        client.try_sign_in(&text, &text).await.expect(400);
        client.as_confidential(&text, &text).client_credentials().await.expect(401);
        client.refresh(&text).await.expect(400);
        client.token(&[("grant_type", &text)]).await.expect(400);
    };
    hostile(0).await;
    // Once more, since the look is a request too.
    look(&client).await;
    let before = look(&client).await;
    for number in 1..20 {
        hostile(number).await;
    }
    let answer = client.get("/metrics", "").await.expect(200);
    assert!(!answer.body.contains(MARK), "{answer}");
    let after = look(&client).await;
    assert!(before.0.keys().eq(after.0.keys()), "more of the same are no more series");
    assert_eq!(after.values("method"), BTreeSet::from(["GET", "POST", "TRACE", "other"]));
    let routes = ["-", "/api/v1/me/sessions/{id}", "/livez", "/metrics", "/oauth2/token"];
    assert_eq!(after.values("route"), BTreeSet::from(routes));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_the_keys_that_sign_goes_with_the_clock() {
    let ages = async |server: &TestServer, algs: [&'static str; 2]| {
        let seen = look(&server.client()).await;
        assert_eq!(seen.values("alg"), BTreeSet::from(algs));
        algs.map(|alg| seen.get(&format!("grantd_signing_key_age_seconds{{alg=\"{alg}\"}}")))
    };
    let server = TestServer::start().await;
    let began = async |server: &TestServer| look(&server.client()).await.get("process_start_time_seconds");
    assert_eq!(ages(&server, ["ES256", "RS256"]).await, [0, 0]);
    server.clock().advance(100);
    assert_eq!(ages(&server, ["ES256", "RS256"]).await, [100, 100]);
    assert_eq!(i64::try_from(began(&server).await), Ok(BEGIN));
    // What signed before does so no more.
    let server = server.restart(&[("tokens.signing_alg", "EdDSA")]).await;
    assert_eq!(ages(&server, ["EdDSA", "RS256"]).await, [0, 100]);
    assert_eq!(i64::try_from(began(&server).await), Ok(BEGIN + 100));
    server.clock().set(BEGIN - 100);
    assert_eq!(ages(&server, ["EdDSA", "RS256"]).await, [0, 0], "nothing is younger than new");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_is_busy_while_its_statement_has_to_wait() {
    let server = TestServer::start().await;
    let client = server.client();
    let has = async |state: &str| {
        let series = format!("grantd_database_connections{{state=\"{state}\"}}");
        look(&client).await.get(&series)
    };
    let rests = || async { (has("busy").await == 0).then_some(()) };
    client.sign_in_ada().await;
    eventually("all connections rest", rests).await;
    // SQLite has one for the writer and some for readers.
    let most = has("idle").await;
    assert!(most > u64::from(server.home().postgres().is_none()), "{most} connections");
    let sign_in = || {
        let client = client.clone();
        tokio::spawn(async move { client.sign_in_ada().await })
    };
    let works = || async { (has("busy").await > 0).then_some(()) };
    let waiting = match server.home().rows() {
        Rows::Sqlite(path) => {
            let options = SqliteConnectOptions::new().filename(path);
            let mut other = SqliteConnection::connect_with(&options).await.expect("a connection");
            other.execute("BEGIN IMMEDIATE").await.expect("the only writer");
            let waiting = sign_in();
            eventually("a connection is busy", works).await;
            other.execute("ROLLBACK").await.expect("its end");
            waiting
        }
        Rows::Postgres(url) => {
            let mut other = PgConnection::connect(&url).await.expect("a connection");
            other.execute("BEGIN; LOCK TABLE sessions").await.expect("a lock");
            let waiting = sign_in();
            eventually("a connection is busy", works).await;
            other.execute("ROLLBACK").await.expect("its end");
            waiting
        }
    };
    waiting.await.expect("a sign-in");
    eventually("all connections rest again", rests).await;
}
