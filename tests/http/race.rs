//! What happens when many ask for the same thing at once? Run on both databases: SQLite hides what PostgreSQL shows.

use std::collections::BTreeSet;

use grantd_tests::server::TestServer;
use grantd_tests::wire::{self, Reply};

/// DESIGN.md §5: two tabs, two processes, a retry. Again and again until some have really met at the guard, which a
/// single round does not promise.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_refreshes_at_once_make_one_step() {
    let server = TestServer::start().await;
    let client = server.client();
    let mut token = client.sign_in_ada().await.refresh;
    for _ in 0..100 {
        let before = server.flows().tally().counts();
        let body = format!("grant_type=refresh_token&refresh_token={token}&client_id=web");
        let replies = wire::at_once(vec![(client.address(), wire::form("/oauth2/token", "", &body)); 64]).await;

        let member = |reply: &Reply, name: &str| reply.json()[name].as_str().unwrap_or_default().to_owned();
        assert!(
            replies.iter().all(|reply| reply.status == 200),
            "{:?}",
            replies.iter().find(|reply| reply.status != 200)
        );
        let refresh: BTreeSet<_> = replies.iter().map(|reply| member(reply, "refresh_token")).collect();
        let access: BTreeSet<_> = replies.iter().map(|reply| member(reply, "access_token")).collect();
        assert_eq!((refresh.len(), access.len()), (1, 64), "one refresh token for all, an access token for each");
        let after = server.flows().tally().counts();
        assert_eq!((after.step - before.step, after.again - before.again), (1, 63));
        if after.guards_lost > before.guards_lost {
            return;
        }
        token = refresh.into_iter().next().expect("one");
    }
    panic!("in no round two of them met: the test shows nothing");
}
