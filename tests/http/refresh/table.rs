//! What is answered to each generation that a client can present? Each row, and each edge in whole seconds.

use super::{Holder, W, generation};

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_makes_the_next_and_leaves_no_event() {
    let holder = Holder::sign_in().await;
    assert_eq!(generation(&holder.first.refresh), 1);
    let second = holder.get(&holder.first.refresh, 2).await;
    holder.pass(1000);
    let third = holder.get(&second.refresh, 3).await;
    assert_eq!(third.claims()["sid"], *holder.sid());
    assert_ne!(third.claims()["jti"], second.claims()["jti"]);
    let now = holder.server.clock().now().0;
    assert_eq!(holder.row().await, [3, 2, now, now, -1, -1]);
    assert_eq!(holder.tally().step, 2);
    assert_eq!(holder.told().await, ["signed_in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_one_before_gets_the_same_refresh_token_and_a_fresh_access_token() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    holder.pass(1);
    let again = holder.get(&holder.first.refresh, 2).await;
    assert_eq!(again.refresh, second.refresh);
    assert_ne!(again.claims()["jti"], second.claims()["jti"]);
    for access in [&second.access, &again.access] {
        assert!(holder.client.is_active(access).await);
    }
    assert_eq!((holder.tally().step, holder.tally().again), (1, 1));
    assert_eq!(holder.told().await, ["signed_in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_holds_w_seconds_and_no_more() {
    for (elapsed, handed_out) in [(W, 2), (W + 1, 3)] {
        let holder = Holder::sign_in().await;
        holder.get(&holder.first.refresh, 2).await;
        holder.pass(elapsed);
        holder.get(&holder.first.refresh, handed_out).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_answer_opens_the_window_anew() {
    let holder = Holder::sign_in().await;
    holder.get(&holder.first.refresh, 2).await;
    for at in [W, 2 * W, 3 * W, 4 * W] {
        holder.set(at);
        holder.get(&holder.first.refresh, 2).await;
    }
    assert_eq!(holder.tally().again, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_four_windows_it_has_to_wait_as_long_as_it_is_told() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    for at in [W, 2 * W, 3 * W, 4 * W] {
        holder.set(at);
        holder.get(&holder.first.refresh, 2).await;
    }
    let before = holder.row().await;
    for (at, retry_after) in [(4 * W + 1, W), (4 * W + 2, W - 1), (5 * W, 1)] {
        holder.set(at);
        let answer = holder.client.refresh(&holder.first.refresh).await;
        let answer = answer.expect_error(503, "temporarily_unavailable").expect_reason("wait_and_retry");
        assert_eq!(answer.header("retry-after"), Some(retry_after.to_string().as_str()), "at {at}{answer}");
    }
    assert_eq!(holder.row().await, before, "waiting changes nothing");
    assert_eq!(holder.tally().wait, 3);
    // Who waits as told is served: what was handed out and never arrived is abandoned only now.
    holder.set(5 * W + 1);
    let third = holder.get(&holder.first.refresh, 3).await;
    holder.get(&third.refresh, 4).await;
    holder.replay(&second.refresh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_of_the_newest_need_not_wait() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    for at in [W, 2 * W, 3 * W, 4 * W] {
        holder.set(at);
        holder.get(&holder.first.refresh, 2).await;
    }
    holder.set(4 * W + 1);
    holder.client.refresh(&holder.first.refresh).await.expect(503);
    holder.get(&second.refresh, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_made_good_however_late_and_told() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    holder.pass(20 * 24 * 60 * 60);
    let third = holder.get(&holder.first.refresh, 3).await;
    assert_ne!(third.refresh, second.refresh);
    let now = holder.server.clock().now().0;
    assert_eq!(holder.row().await, [3, 1, now, now, -1, -1], "previous stays");
    assert_eq!(holder.told().await, ["signed_in", "refresh_retried"]);
    // Lost once more, within the window and after it.
    holder.pass(W);
    assert_eq!(holder.get(&holder.first.refresh, 3).await.refresh, third.refresh);
    holder.pass(W + 1);
    let fourth = holder.get(&holder.first.refresh, 4).await;
    holder.get(&fourth.refresh, 5).await;
    assert_eq!((holder.tally().late, holder.tally().again), (2, 1));
    assert_eq!(holder.told().await, ["signed_in", "refresh_retried", "refresh_retried"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_an_older_generation_ends_the_session() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    let third = holder.get(&second.refresh, 3).await;
    assert!(holder.is_listed().await);
    holder.replay(&holder.first.refresh).await;
    assert_ended(&holder, &[&holder.first.refresh, &second.refresh, &third.refresh], &third.access).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_an_abandoned_generation_ends_the_session() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    holder.pass(W + 1);
    let third = holder.get(&holder.first.refresh, 3).await;
    holder.replay(&second.refresh).await;
    let all = [&holder.first.refresh, &second.refresh, &third.refresh];
    assert_ended(&holder, &all, &third.access).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_of_a_superseded_and_confirmed_generation_ends_the_session() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    holder.client.userinfo(&second.access).await.expect(200);
    // Within the window it is a retry even so: a tab that was slower.
    holder.pass(W);
    let again = holder.get(&holder.first.refresh, 2).await;
    holder.pass(W + 1);
    holder.replay(&holder.first.refresh).await;
    assert_ended(&holder, &[&holder.first.refresh, &second.refresh], &again.access).await;
}

/// The session is over for good and for this reason; it is told once.
async fn assert_ended(holder: &Holder, refresh_tokens: &[&String], access_token: &str) {
    for token in refresh_tokens {
        holder.replay(token).await;
    }
    assert!(!holder.client.is_active(access_token).await, "the access token lives on");
    holder.client.userinfo(access_token).await.expect_error(401, "invalid_token").expect_reason("refresh_token_reused");
    assert!(!holder.is_listed().await, "the session lives on");
    let told = holder.told().await;
    let replays = told.iter().filter(|event| *event == "refresh_token_reused: refresh_token_reused").count();
    assert_eq!(replays, 1, "{told:?}");
    assert_eq!(holder.tally().replay, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_that_the_database_has_not_made_yet_goes_on_and_is_told() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    let third = holder.get(&second.refresh, 3).await;
    let back = "UPDATE token_families SET generation = 1, previous_generation = 0, confirmed_at = 1";
    holder.rows().execute(back).await;
    holder.pass(10);
    let fourth = holder.get(&third.refresh, 4).await;
    let now = holder.server.clock().now().0;
    assert_eq!(holder.row().await, [4, 3, now, now, -1, -1]);
    assert_eq!(holder.tally().behind, 1);
    assert_eq!(holder.told().await, ["signed_in", "database_behind"]);
    // From there on all is as ever: a retry, the next step, a replay.
    assert_eq!(holder.get(&third.refresh, 4).await.refresh, fourth.refresh);
    holder.get(&fourth.refresh, 5).await;
    holder.replay(&second.refresh).await;
}
