//! How long does a session live, and what for? Idle and absolute life, less asked for, no rotation, a clock that jumps.

use super::{DAY, Holder, W, generation};

const EXAMPLE_API: &str = "http://localhost:8090";

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_nobody_refreshes_for_thirty_days_ends_as_idle() {
    for (elapsed, lives) in [(30 * DAY - 1, true), (30 * DAY, false)] {
        let holder = Holder::sign_in().await;
        let second = holder.get(&holder.first.refresh, 2).await;
        holder.pass(10 * DAY);
        let third = holder.get(&second.refresh, 3).await;
        holder.pass(elapsed);
        if lives {
            holder.get(&third.refresh, 4).await;
            continue;
        }
        // Even what would be a replay tells why the session ended, and writes nothing.
        for token in [&third.refresh, &second.refresh, &holder.first.refresh] {
            holder.client.refresh(token).await.expect_error(400, "invalid_grant").expect_reason("idle");
        }
        assert_eq!(holder.told().await, ["signed_in"]);
        assert!(!holder.is_listed().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_given_again_keeps_the_session_from_being_idle() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    holder.pass(W);
    holder.get(&holder.first.refresh, 2).await;
    holder.pass(30 * DAY - 1);
    holder.get(&second.refresh, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ends_after_ninety_days_however_much_it_is_used() {
    let holder = Holder::sign_in().await;
    let mut tokens = holder.first.clone();
    for day in [29, 58, 87] {
        holder.set(day * DAY);
        tokens = holder.get(&tokens.refresh, generation(&tokens.refresh) + 1).await;
        assert_eq!(tokens.expires_in, 300);
    }
    holder.set(90 * DAY - 10);
    tokens = holder.get(&tokens.refresh, 5).await;
    assert_eq!(tokens.expires_in, 10, "no access token outlives its family");
    holder.set(90 * DAY - 1);
    tokens = holder.get(&tokens.refresh, 6).await;
    holder.set(90 * DAY);
    holder.client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("expired");
    assert!(!holder.client.is_active(&tokens.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_scope_leaves_the_grant_as_it_was() {
    let holder = Holder::sign_in().await;
    let narrow = holder.refresh_with(&holder.first.refresh, "scope", "openid").await.tokens();
    assert_eq!((narrow.scope.as_str(), &narrow.claims()["scope"]), ("openid", &"openid".into()));
    let wide = holder.get(&narrow.refresh, 3).await;
    assert_eq!(wide.scope, holder.first.scope);
    // The retry of a request decides for itself, too.
    let retried = holder.refresh_with(&narrow.refresh, "scope", "profile").await.tokens();
    assert_eq!((retried.scope.as_str(), &retried.refresh), ("profile", &wide.refresh));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_narrowed_resource_leaves_the_grant_as_it_was() {
    let mut holder = Holder::sign_in().await;
    let issuer = holder.server.url().to_owned();
    let parameters = [
        ("grant_type", "password"),
        ("username", "ada"),
        ("password", "ada-dev-password"),
        ("resource", issuer.as_str()),
        ("resource", EXAMPLE_API),
    ];
    holder.first = holder.client.token(&parameters).await.tokens();
    let both = serde_json::json!([issuer, EXAMPLE_API]);
    assert_eq!(holder.first.claims()["aud"], both);
    let narrow = holder.refresh_with(&holder.first.refresh, "resource", EXAMPLE_API).await.tokens();
    assert_eq!(narrow.claims()["aud"], EXAMPLE_API);
    assert_eq!(holder.get(&narrow.refresh, 3).await.claims()["aud"], both);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_rotation_the_same_token_is_answered_and_only_its_last_use_moves_on() {
    let holder = Holder::confidential(false).await;
    let begin = holder.row().await;
    for seconds in [1, W, 4 * W + 1, 29 * DAY, 29 * DAY] {
        holder.pass(seconds);
        let tokens = holder.get(&holder.first.refresh, 1).await;
        assert_eq!(tokens.refresh, holder.first.refresh);
        assert!(holder.client.is_active(&tokens.access).await);
        let now = holder.server.clock().now().0;
        let row = holder.row().await;
        assert_eq!((row[0], row[1], row[2], row[3], row[5]), (1, 0, begin[2], now, -1));
    }
    assert_eq!((holder.tally().kept, holder.tally().step), (5, 0));
    holder.pass(30 * DAY);
    holder.client.refresh(&holder.first.refresh).await.expect_error(400, "invalid_grant").expect_reason("idle");
    assert_eq!(holder.told().await, ["signed_in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_signs_nobody_out() {
    let holder = Holder::sign_in().await;
    let hour = 60 * 60;
    holder.set(2 * hour);
    let second = holder.get(&holder.first.refresh, 2).await;
    // The clock goes back by an hour: no time has passed, and what was answered later stays answered later.
    holder.set(hour);
    let before = holder.row().await;
    assert_eq!(holder.get(&holder.first.refresh, 2).await.refresh, second.refresh);
    assert_eq!(holder.row().await, before);
    let third = holder.get(&second.refresh, 3).await;
    assert_eq!(third.expires_in, 300);
    holder.client.userinfo(&third.access).await.expect(200);
    // Before the sign-in, and beyond all of it again.
    holder.set(-hour);
    assert_eq!(holder.get(&second.refresh, 3).await.refresh, third.refresh);
    let fourth = holder.get(&third.refresh, 4).await;
    holder.set(3 * hour);
    let fifth = holder.get(&fourth.refresh, 5).await;
    holder.set(3 * hour + W + 1);
    holder.get(&fourth.refresh, 6).await;
    assert_eq!(generation(&fifth.refresh), 5);
    assert_eq!(holder.told().await, ["signed_in", "refresh_retried"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_makes_nobody_wait_longer_than_the_window() {
    let holder = Holder::sign_in().await;
    holder.get(&holder.first.refresh, 2).await;
    for at in [W, 2 * W, 3 * W, 4 * W] {
        holder.set(at);
        holder.get(&holder.first.refresh, 2).await;
    }
    holder.rows().execute("UPDATE token_families SET answered_at = answered_at + 3600").await;
    holder.set(4 * W + 1);
    let answer = holder.client.refresh(&holder.first.refresh).await.expect_error(503, "temporarily_unavailable");
    assert_eq!(answer.header("retry-after"), Some((W + 1).to_string().as_str()));
}
