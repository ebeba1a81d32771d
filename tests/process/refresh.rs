//! Does the line of refresh tokens hold where processes are many, and mortal? Two nodes on one database; `kill -9` under load.

use std::collections::BTreeSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_tests::client::{Answer, Client, Tokens};
use grantd_tests::postgres::{Database, free_port};
use grantd_tests::process::{self, Call, Grantd};
use grantd_tests::rows::Rows;
use grantd_tests::temp::TempDir;
use grantd_tests::{eventually, skip, wire};
use reqwest::Method;

const AT_ONCE: usize = 64;
const ROUNDS: u32 = 4;
const KILLS: u64 = 50;
const HOLDERS: u64 = 8;
/// Between two kills the holders together get so many answers at most.
const ANSWERS: u64 = 60;

/// What the server says at `debug` when a guard matched no row.
const GUARD_LOST: &str = "another request was quicker";

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_refreshes_at_two_nodes_make_one_step_a_round() {
    let database = match Database::fresh().await {
        Ok(database) => database,
        Err(reason) => return skip(&reason),
    };
    let dir = TempDir::new();
    process::grantd(&["init", &dir.path().display().to_string()]).run().expect(0);
    // One issuer for both, as behind a proxy.
    let ports = [free_port(), free_port()];
    let node = |port: u16| {
        let text = format!(
            "issuer = \"http://localhost:{}\"\nsecret_key_file = \"secret.key\"\n[server]\nlisten = \"127.0.0.1:{port}\"\n\
             [database]\nurl = \"{}\"\n[password]\nmemory_kib = 8\n[log]\nlevel = \"debug\"\n",
            ports[0],
            database.url()
        );
        let file = dir.write(&format!("node-{port}.toml"), text);
        (process::serve(&file, port).start(), file)
    };
    let ((one, file), (other, _)) = (node(ports[0]), node(ports[1]));
    let make_user = ["user", "create", "eve", "--email", "eve@example.org", "--password-file", "-", "-c"];
    process::grantd(&make_user).arg(file.display().to_string()).input("two-nodes-password").run().expect(0);

    let mut token = one.client().sign_in("eve", "two-nodes-password").await.refresh;
    for round in 1..=ROUNDS {
        let body = format!("grant_type=refresh_token&refresh_token={token}&client_id=web");
        let request = wire::form("/oauth2/token", "", &body);
        let nodes = [one.address(), other.address()];
        let requests = (0..AT_ONCE).map(|index| (nodes[index % 2], request.clone()));
        let replies = wire::at_once(requests.collect()).await;
        let refused = replies.iter().find(|reply| reply.status != 200);
        assert!(refused.is_none(), "{refused:?}");
        let refresh: BTreeSet<_> =
            replies.iter().map(|reply| reply.json()["refresh_token"].as_str().unwrap_or_default().to_owned()).collect();
        assert_eq!(refresh.len(), 1, "the same refresh token for all");
        token = refresh.into_iter().next().unwrap_or_default();
        assert_eq!(generation(&token), round + 1, "one step");
    }
    let lost: Vec<_> = [&one, &other].iter().map(|node| node.output().matches(GUARD_LOST).count()).collect();
    assert!(lost.iter().sum::<usize>() > 0, "no two of them met: the test shows nothing");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_kills_under_load_lose_no_session_and_fork_no_family_on_sqlite() {
    let data = TempDir::new();
    let port = free_port();
    let rows = Rows::Sqlite(data.join("grantd.db"));
    survive_kills(&rows, || dev(&data, port)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_kills_under_load_lose_no_session_and_fork_no_family_on_postgresql() {
    let database = match Database::fresh().await {
        Ok(database) => database,
        Err(reason) => return skip(&reason),
    };
    let data = TempDir::new();
    process::grantd(&["init", &data.path().display().to_string()]).run().expect(0);
    let port = free_port();
    let rows = Rows::Postgres(database.url().to_owned());
    survive_kills(&rows, || {
        let key = data.join("secret.key").display().to_string();
        dev(&data, port).env("GRANTD_DATABASE__URL", database.url()).env("GRANTD_SECRET_KEY_FILE", key)
    })
    .await;
}

/// `grantd dev` on a port that stays the same.
fn dev(data: &TempDir, port: u16) -> Call {
    process::grantd(&["dev", "--port", &port.to_string(), "--data", &data.path().display().to_string()])
        .env("GRANTD_PASSWORD__MEMORY_KIB", "8")
}

async fn survive_kills(rows: &Rows, call: impl Fn() -> Call) {
    let start = || tokio::task::block_in_place(|| call().start());
    let mut server = start();
    let load = Load::begin(&server).await;
    for kill in 0..KILLS {
        // The moment is one that chance picks among the answers; what is under way besides is anywhere.
        let goal = load.answers.load(Ordering::SeqCst) + RandomState::new().hash_one(kill) % ANSWERS;
        eventually("the holders get their answers", || async {
            let failed = load.holders.iter().any(tokio::task::JoinHandle::is_finished);
            (failed || load.answers.load(Ordering::SeqCst) >= goal).then_some(())
        })
        .await;
        server.kill();
        server = start();
    }
    let (lost, held) = load.end().await;
    assert!(lost >= KILLS, "{lost} lost answers: the kills met too few requests");

    for (client, tokens) in &held {
        let sid = tokens.claims()["sid"].as_str().expect("a session").to_owned();
        let sql = format!("SELECT generation, COALESCE(revoked_at, -1) FROM token_families WHERE session_id = '{sid}'");
        let (own, row) = (i64::from(generation(&tokens.refresh)), rows.numbers(&sql).await);
        assert!(row == [own, -1] || row == [own + 1, -1], "its holder has generation {own}, the database {row:?}");
        let next = client.refresh(&tokens.refresh).await.tokens();
        let newest = client.refresh(&next.refresh).await.tokens();
        assert_eq!(i64::from(generation(&newest.refresh)), own + 2);
        client.userinfo(&newest.access).await.expect(200);
        let sessions = client.get("/api/v1/me/sessions?limit=200", &newest.access).await.expect(200);
        assert!(sessions["items"].as_array().is_some_and(|all| all.iter().any(|own| own["id"] == sid)), "{sessions}");
    }
    let told =
        rows.numbers("SELECT COUNT(*) FROM events WHERE event_type <> 'signed_in' AND session_id IS NOT NULL").await;
    assert_eq!(told, [0], "a replay, a late retry or an end was told");
}

/// Holders of a session each, who refresh without a pause.
struct Load {
    holders: Vec<tokio::task::JoinHandle<(Client, Tokens)>>,
    answers: Arc<AtomicU64>,
    lost: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Load {
    async fn begin(server: &Grantd) -> Self {
        let (answers, lost, over) = (Arc::default(), Arc::default(), Arc::default());
        let mut load = Self { holders: Vec::new(), answers, lost, over };
        for _ in 0..HOLDERS {
            let client = server.client();
            let tokens = client.sign_in_ada().await;
            let (answers, lost, over) = (Arc::clone(&load.answers), Arc::clone(&load.lost), Arc::clone(&load.over));
            load.holders.push(tokio::spawn(async move {
                let mut tokens = tokens;
                while !over.load(Ordering::SeqCst) {
                    let before = generation(&tokens.refresh);
                    tokens = refresh(&client, &tokens.refresh, &lost).await.tokens();
                    assert_eq!(generation(&tokens.refresh), before + 1, "one step each time, whatever was lost");
                    answers.fetch_add(1, Ordering::SeqCst);
                }
                (client, tokens)
            }));
        }
        load
    }

    /// How many answers were lost, and what the holders have at the end.
    async fn end(self) -> (u64, Vec<(Client, Tokens)>) {
        self.over.store(true, Ordering::SeqCst);
        let mut held = Vec::new();
        for holder in self.holders {
            held.push(holder.await.unwrap_or_else(|failure| std::panic::resume_unwind(failure.into_panic())));
        }
        (self.lost.load(Ordering::SeqCst), held)
    }
}

/// Asks with the same token until there is an answer.
async fn refresh(client: &Client, refresh_token: &str, lost: &AtomicU64) -> Answer {
    let form = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), ("client_id", "web")];
    eventually("an answer to a refresh", || async {
        let answer = client.try_answer(client.request(Method::POST, "/oauth2/token").form(&form)).await;
        match answer {
            Ok(answer) => Some(answer),
            // Nobody listens: nothing was sent that could be lost.
            Err(error) if error.is_connect() => None,
            Err(_) => {
                lost.fetch_add(1, Ordering::SeqCst);
                None
            }
        }
    })
    .await
}

fn generation(refresh_token: &str) -> u32 {
    let encoded = refresh_token.strip_prefix("grt_").expect("a refresh token");
    let bytes = URL_SAFE_NO_PAD.decode(encoded).expect("base64url");
    u32::from_be_bytes(bytes[16..20].try_into().expect("four bytes"))
}
