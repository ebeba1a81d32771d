//! What happens when many present the same token at once? One of them moves the line on, and nobody notices which.

use std::collections::BTreeSet;

use grantd_tests::wire::{self, Reply};

use super::{Holder, W, generation};

const AT_ONCE: usize = 64;
const ROUNDS: u32 = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_with_the_newest_make_one_step() {
    let holder = Holder::sign_in().await;
    let mut token = holder.first.refresh.clone();
    for round in 1..=ROUNDS {
        let before = holder.tally();
        token = one_refresh_token(&at_once(&holder, &token).await);
        assert_eq!(generation(&token), round + 1);
        let after = holder.tally();
        assert_eq!((after.step - before.step, after.again - before.again), (1, 63));
    }
    assert_guards_were_lost(&holder).await;
    assert_eq!(holder.row().await[0], i64::from(ROUNDS) + 1);
    assert_eq!(holder.told().await, ["signed_in"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_late_ones_end_in_one_late_step() {
    let holder = Holder::sign_in().await;
    holder.get(&holder.first.refresh, 2).await;
    for round in 1..=ROUNDS {
        holder.pass(W + 1);
        let before = holder.tally();
        let token = one_refresh_token(&at_once(&holder, &holder.first.refresh).await);
        assert_eq!(generation(&token), round + 2);
        let after = holder.tally();
        assert_eq!((after.late - before.late, after.again - before.again), (1, 63));
    }
    assert_guards_were_lost(&holder).await;
    let told = holder.told().await;
    assert_eq!(told.iter().filter(|event| *event == "refresh_retried").count(), 4, "one a round: {told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_late_ones_at_once_end_in_one_late_step() {
    let holder = Holder::sign_in().await;
    holder.get(&holder.first.refresh, 2).await;
    for round in 1..=16 {
        holder.pass(W + 1);
        let one = holder.client.apart();
        let (one, other) =
            tokio::join!(one.refresh(&holder.first.refresh), holder.client.refresh(&holder.first.refresh));
        let (one, other) = (one.tokens(), other.tokens());
        assert_eq!((generation(&one.refresh), &one.refresh), (round + 2, &other.refresh));
    }
    assert_eq!((holder.tally().late, holder.tally().again), (16, 16));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_replays_end_the_family_once() {
    let mut holder = Holder::sign_in().await;
    for round in 1..=u64::from(ROUNDS) {
        let second = holder.get(&holder.first.refresh, 2).await;
        holder.get(&second.refresh, 3).await;
        for reply in at_once(&holder, &holder.first.refresh).await {
            let body = reply.json();
            let refusal = (reply.status, body["error"].as_str(), body["reason"].as_str());
            assert_eq!(refusal, (400, Some("invalid_grant"), Some("refresh_token_reused")));
        }
        assert_eq!(holder.tally().replay, round, "ended once, and found ended by the others");
        assert_eq!(holder.told().await, ["signed_in", "refresh_token_reused: refresh_token_reused"]);
        assert!(!holder.is_listed().await);
        holder.first = holder.client.sign_in_ada().await;
    }
    assert_guards_were_lost(&holder).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_that_are_ahead_of_the_database_catch_it_up_once() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    let third = holder.get(&second.refresh, 3).await;
    for round in 1..=u64::from(ROUNDS) {
        holder.rows().execute("UPDATE token_families SET generation = 1, previous_generation = 0").await;
        let token = one_refresh_token(&at_once(&holder, &third.refresh).await);
        assert_eq!(generation(&token), 4);
        assert_eq!((holder.tally().behind, holder.tally().again), (round, 63 * round));
    }
    assert_guards_were_lost(&holder).await;
    assert_eq!(
        holder.told().await,
        ["signed_in", "database_behind", "database_behind", "database_behind", "database_behind"]
    );
}

/// Who shows the access token of n while n is redeemed says nothing of n+1.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_confirmation_that_comes_after_the_next_step_confirms_nothing() {
    let holder = Holder::sign_in().await;
    let mut tokens = holder.first.clone();
    for round in 1..=4 * ROUNDS {
        let show = wire::get("/oauth2/userinfo", &format!("Authorization: Bearer {}\r\n", tokens.access));
        let body = format!("grant_type=refresh_token&refresh_token={}&client_id=web", tokens.refresh);
        let mut requests = vec![(holder.client.address(), show); AT_ONCE];
        requests[AT_ONCE / 4].1 = wire::form("/oauth2/token", "", &body);
        let replies = wire::at_once(requests).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        assert_eq!(holder.row().await[4], -1, "round {round}: confirmed by an access token of the generation before");
        tokens = holder.get(&tokens.refresh, round + 1).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn without_rotation_sixty_four_get_the_same_token() {
    let holder = Holder::confidential(false).await;
    holder.pass(W);
    let body = format!(
        "grant_type=refresh_token&refresh_token={}&client_id={}&client_secret={}",
        holder.first.refresh,
        super::BATCH.0,
        super::BATCH.1
    );
    let request = wire::form("/oauth2/token", "", &body);
    let replies = wire::at_once(vec![(holder.client.address(), request); AT_ONCE]).await;
    assert_eq!(one_refresh_token(&replies), holder.first.refresh);
    assert_eq!(holder.row().await[..4], [1, 0, holder.row().await[2], holder.server.clock().now().0]);
}

/// 64 requests with one refresh token, each over a connection that was opened before the first was sent.
async fn at_once(holder: &Holder, refresh_token: &str) -> Vec<Reply> {
    let body = format!("grant_type=refresh_token&refresh_token={refresh_token}&client_id=web");
    let request = wire::form("/oauth2/token", "", &body);
    wire::at_once(vec![(holder.client.address(), request); AT_ONCE]).await
}

/// The refresh token that all got; their access tokens are their own.
fn one_refresh_token(replies: &[Reply]) -> String {
    let refused = replies.iter().find(|reply| reply.status != 200);
    assert!(refused.is_none(), "{refused:?}");
    let members = |name: &str| -> BTreeSet<String> {
        replies.iter().map(|reply| reply.json()[name].as_str().unwrap_or_default().to_owned()).collect()
    };
    let (refresh, access) = (members("refresh_token"), members("access_token"));
    assert_eq!((refresh.len(), access.len()), (1, AT_ONCE));
    refresh.into_iter().next().unwrap_or_default()
}

/// Had all of them come one after the other, the test would show nothing.
async fn assert_guards_were_lost(holder: &Holder) {
    let lost = holder.tally().guards_lost;
    assert!(lost > 0, "no two of them met");
    let told = holder.client.get("/metrics", "").await.expect(200);
    assert!(told.body.contains(&format!("\ngrantd_refresh_guards_lost_total {lost}\n")), "{told}");
}
