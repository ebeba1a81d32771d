//! Who wins when a sign-in meets a command? Nothing lives after the command has answered, whoever came first.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use grantd_tests::client::{Client, Tokens};
use grantd_tests::{eventually, skip, wire};

use crate::site::Site;

const ROUNDS: usize = 15;
/// At most as many as may fail before the throttle asks for patience.
const WORKERS: usize = 4;
/// All that a session consists of: none of it may be alive.
const ALIVE: &str = "SELECT (SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.username = 'bob' AND s.ended_at IS NULL), \
                     (SELECT count(*) FROM token_families f JOIN users u ON u.id = f.user_id WHERE u.username = 'bob' AND f.revoked_at IS NULL)";

/// Signs in without a pause until it is refused, and says what it got.
async fn sign_in_until_refused(
    client: Client,
    password: String,
    answered: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
) -> Vec<Tokens> {
    let mut got = Vec::new();
    loop {
        let was_over = over.load(Ordering::SeqCst);
        let answer = client.try_sign_in("bob", &password).await;
        answered.fetch_add(1, Ordering::SeqCst);
        if answer.status != 200 {
            answer.expect_error(400, "invalid_grant").expect_reason("sign_in_failed");
            return got;
        }
        assert!(!was_over, "a sign-in that began after the command had answered got in");
        got.push(answer.tokens());
    }
}

/// Runs a command while bob signs in without a pause, many times; what he got is dead when the command has answered.
async fn race(site: Site, command: impl Fn(usize) -> Vec<&'static str>, reason: &str, mends: &[&'static str]) {
    let call = |call: grantd_tests::process::Call| site.at(call);
    let server = site.dev().start();
    let client = server.client();
    let mut password = "bob-dev-password".to_owned();
    let mut in_time = 0;
    for round in 0..ROUNDS {
        let (answered, over) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let workers: Vec<_> = (0..WORKERS)
            .map(|_| {
                let own =
                    sign_in_until_refused(client.apart(), password.clone(), Arc::clone(&answered), Arc::clone(&over));
                tokio::spawn(own)
            })
            .collect();
        eventually("sign-ins are under way", || async {
            (answered.load(Ordering::SeqCst) >= WORKERS as u64).then_some(())
        })
        .await;
        let (args, next) = (command(round), format!("the password of round {round}"));
        let ran = tokio::task::block_in_place(|| {
            // Each its own cost, so that in some rounds the first sign-ins make the hash anew.
            let memory = if round % 2 == 0 { "8" } else { "16" };
            let command = call(crate::site::command(&site.data, &args)).env("GRANTD_PASSWORD__MEMORY_KIB", memory);
            command.input(&next).run()
        });
        over.store(true, Ordering::SeqCst);
        ran.expect(0);
        let mut got = Vec::new();
        for worker in workers {
            got.extend(worker.await.unwrap_or_else(|failure| std::panic::resume_unwind(failure.into_panic())));
        }
        in_time += got.len();
        assert_eq!(site.rows().numbers(ALIVE).await, [0, 0], "something lives after round {round}");
        for tokens in got.iter().rev().take(6) {
            assert!(!client.is_active(&tokens.access).await);
            client.userinfo(&tokens.access).await.expect(401).expect_reason(reason);
            client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason(reason);
        }
        if mends.is_empty() {
            password = next;
        } else {
            site.command(mends).run().expect(0);
        }
        // A right one clears the failures that the command has caused.
        let tokens = client.sign_in("bob", &password).await;
        client.userinfo(&tokens.access).await.expect(200);
    }
    assert!(in_time > ROUNDS, "{in_time} sign-ins got in before a command: the test shows little");
}

async fn against_set_password(site: Site) {
    race(site, |_| vec!["user", "set-password", "bob"], "password_changed", &[]).await;
}

async fn against_lock(site: Site) {
    race(site, |_| vec!["user", "lock", "bob"], "user_locked", &["user", "unlock", "bob"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sign_in_outlives_a_password_that_is_set_beside_it_on_sqlite() {
    against_set_password(Site::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sign_in_outlives_a_password_that_is_set_beside_it_on_postgresql() {
    match Site::postgres().await {
        Ok(site) => against_set_password(site).await,
        Err(reason) => skip(&reason),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sign_in_outlives_a_lock_that_is_set_beside_it_on_sqlite() {
    against_lock(Site::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_sign_in_outlives_a_lock_that_is_set_beside_it_on_postgresql() {
    match Site::postgres().await {
        Ok(site) => against_lock(site).await,
        Err(reason) => skip(&reason),
    }
}

/// Right sign-ins at once, as the first ones after the costs were changed.
async fn twins(site: Site) {
    let mut server = site.dev().start();
    for round in 2..8_u32 {
        server.stop().expect(0);
        server = site.dev().env("GRANTD_PASSWORD__ITERATIONS", round.to_string()).start();
        for (name, count) in [("ada", 2), ("bob", 12)] {
            let body = format!("grant_type=password&client_id=web&username={name}&password={name}-dev-password");
            let request = wire::form("/oauth2/token", "", &body);
            let replies = wire::at_once(vec![(server.address(), request); count]).await;
            for reply in &replies {
                assert_eq!(reply.status, 200, "a right password was refused: {}", reply.text());
            }
            for reply in &replies {
                let token = reply.json()["access_token"].as_str().expect("a token").to_owned();
                server.client().userinfo(&token).await.expect(200);
            }
        }
        let due = format!("SELECT count(*) FROM users WHERE password_hash NOT LIKE '%m=8,t={round},p=1%'");
        assert_eq!(site.rows().numbers(&due).await, [0], "a hash of the old cost is left");
    }
    // A wrong one is still wrong.
    server.client().try_sign_in("ada", "bob-dev-password").await.expect_error(400, "invalid_grant");
    server.client().sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn right_sign_ins_at_once_all_succeed_when_a_rehash_is_due_on_sqlite() {
    twins(Site::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn right_sign_ins_at_once_all_succeed_when_a_rehash_is_due_on_postgresql() {
    match Site::postgres().await {
        Ok(site) => twins(site).await,
        Err(reason) => skip(&reason),
    }
}
