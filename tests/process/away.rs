//! What if the database goes away under load? Refusals that say so, a process that lives, and a recovery by itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use grantd_tests::client::{Answer, Client, Tokens};
use grantd_tests::postgres::Cluster;
use grantd_tests::{eventually, skip};

use crate::site::Site;

const HOLDERS: usize = 6;

/// What the holders of sessions saw.
#[derive(Default)]
struct Seen {
    good: AtomicU64,
    refused: AtomicU64,
    over: AtomicBool,
}

/// Refreshes without a pause; each answer is tokens, or the refusal that says that the database is away.
async fn hold(client: Client, mut tokens: Tokens, seen: Arc<Seen>) -> Tokens {
    while !seen.over.load(Ordering::SeqCst) {
        let answer = client.refresh(&tokens.refresh).await;
        if answer.status == 200 {
            tokens = answer.tokens();
            seen.good.fetch_add(1, Ordering::SeqCst);
        } else {
            away(answer);
            seen.refused.fetch_add(1, Ordering::SeqCst);
        }
    }
    tokens
}

/// The refusal of a protocol endpoint while the database is away. It tells nothing of what is behind it.
fn away(answer: Answer) {
    let answer = answer.expect_error(503, "temporarily_unavailable").expect_reason("database_unavailable");
    assert!(answer.header("retry-after").is_some(), "no Retry-After{answer}");
    assert!(!answer.body.contains("sql") && !answer.body.contains("127.0.0.1"), "a cause is told{answer}");
}

/// What each door answers while the database is away: all at once, since each waits a while for it.
async fn every_door_says_so(client: &Client, bystander: &Tokens) {
    let (api, service) = (client.as_demo_api(), client.as_demo_service());
    let refused = tokio::join!(
        client.try_sign_in("ada", "ada-dev-password"),
        client.userinfo(&bystander.access),
        client.revoke(&bystander.refresh),
        api.introspect(&bystander.access),
        service.client_credentials(),
    );
    for answer in [refused.0, refused.1, refused.2, refused.3, refused.4] {
        away(answer);
    }
    let (ready, me, alive, metadata, keys, metrics) = tokio::join!(
        client.get("/readyz", ""),
        client.get("/api/v1/me", &bystander.access),
        client.get("/livez", ""),
        client.get("/.well-known/openid-configuration", ""),
        client.get("/.well-known/jwks.json", ""),
        client.get("/metrics", ""),
    );
    ready.expect(503).expect_reason("database_unavailable");
    me.expect(503).expect_reason("database_unavailable");
    alive.expect(200);
    metadata.expect(200);
    assert_eq!(keys.expect(200)["keys"].as_array().map(Vec::len), Some(2), "the last keys that were read");
    let metrics = metrics.expect(200);
    assert!(
        metrics.body.ends_with("# EOF\n") && !metrics.body.contains("grantd_signing_key_age_seconds{"),
        "{metrics}"
    );
}

async fn grows(what: &str, count: &AtomicU64, by: u64) {
    let goal = count.load(Ordering::SeqCst) + by;
    eventually(what, || async { (count.load(Ordering::SeqCst) >= goal).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_database_that_goes_away_under_load_is_said_and_survived() {
    let cluster = match Cluster::new() {
        Ok(cluster) => Arc::new(cluster),
        Err(reason) => return skip(&reason),
    };
    let site = Site::on(cluster.fresh_database().await);
    let server = site.dev().start();
    let client = server.client();
    let bystander = client.sign_in_bob().await;
    let seen = Arc::new(Seen::default());
    let mut holders = Vec::new();
    for _ in 0..HOLDERS {
        let own = client.apart();
        let tokens = own.sign_in_ada().await;
        holders.push(tokio::spawn(hold(own, tokens, Arc::clone(&seen))));
    }
    for how in [Cluster::stop, Cluster::crash] {
        grows("refreshes before the database goes", &seen.good, 20).await;
        how(&cluster);
        grows("refusals while it is away", &seen.refused, HOLDERS as u64).await;

        every_door_says_so(&client, &bystander).await;
        let health =
            grantd_tests::process::grantd(&["healthcheck", &format!("{}/readyz", server.url())]).run().expect(1);
        assert!(health.stderr.contains("503"), "{health}");
        let command = site.command(&["user", "list"]).run().expect(1);
        assert!(!command.stderr.contains("cluster-test-password"), "{command}");

        cluster.start();
        eventually("it is ready again by itself", || async { server.is_ready().then_some(()) }).await;
        grows("refreshes after the database came back", &seen.good, 20).await;
        client.userinfo(&bystander.access).await.expect(200);
    }
    seen.over.store(true, Ordering::SeqCst);
    for holder in holders {
        let tokens = holder.await.unwrap_or_else(|failure| std::panic::resume_unwind(failure.into_panic()));
        client.refresh(&tokens.refresh).await.expect(200);
    }
    client.refresh(&bystander.refresh).await.expect(200);
    let ended = server.stop().expect(0);
    assert!(!ended.stderr.contains("cluster-test-password"), "the log tells the database's password");
    assert!(!ended.stderr.contains("panicked"), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_whose_database_is_away_at_its_start_says_so_and_ends() {
    let cluster = match Cluster::new() {
        Ok(cluster) => Arc::new(cluster),
        Err(reason) => return skip(&reason),
    };
    let site = Site::on(cluster.fresh_database().await);
    cluster.stop();
    let refused = site.dev().try_start().expect_err("served").expect(1);
    assert!(refused.stderr.contains("PostgreSQL 127.0.0.1:") && refused.stderr.lines().count() == 1, "{refused}");
    assert!(!refused.stderr.contains("cluster-test-password"), "{refused}");
}
