//! Do two processes on one PostgreSQL act as one server?

use std::collections::BTreeSet;

use grantd_tests::postgres::Database;
use grantd_tests::temp::TempDir;
use grantd_tests::{process, skip, wire};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn refreshes_at_once_at_two_nodes_make_one_step() {
    let database = match Database::fresh().await {
        Ok(database) => database,
        Err(reason) => return skip(&reason),
    };
    let data = TempDir::new();
    process::grantd(&["init", &data.path().display().to_string()]).run().expect(0);
    let node = |issuer: Option<String>| {
        let call = process::dev(data.path()).env("GRANTD_DATABASE__URL", database.url());
        let call = call.env("GRANTD_SECRET_KEY_FILE", data.join("secret.key").display().to_string());
        match issuer {
            Some(issuer) => call.env("GRANTD_ISSUER", issuer).start(),
            None => call.start(),
        }
    };
    let one = node(None);
    let other = node(Some(one.url()));
    let tokens = one.client().sign_in_ada().await;
    let body = format!("grant_type=refresh_token&refresh_token={}&client_id=web", tokens.refresh);
    let request = wire::form("/oauth2/token", "", &body);
    let requests = (0..64).map(|index| (if index % 2 == 0 { one.address() } else { other.address() }, request.clone()));
    let replies = wire::at_once(requests.collect()).await;
    assert!(replies.iter().all(|reply| reply.status == 200), "{:?}", replies.iter().find(|reply| reply.status != 200));
    let refresh: BTreeSet<_> = replies.iter().map(|reply| reply.json()["refresh_token"].to_string()).collect();
    assert_eq!(refresh.len(), 1);
}
