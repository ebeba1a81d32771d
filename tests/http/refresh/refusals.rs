//! What does a refused refresh change? Nothing, but for a replay, which is one whatever else is wrong.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::{Holder, W, bytes};

const SCOPE: (&str, &str) = ("scope", "openid no-such-scope");
const RESOURCE: (&str, &str) = ("resource", "https://elsewhere.example");

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_scope_or_resource_changes_nothing_in_any_row() {
    let holder = Holder::sign_in().await;
    let refused = async |token: &str| {
        let before = holder.row().await;
        for ((name, value), error, reason) in [
            (SCOPE, "invalid_scope", "scope_not_allowed"),
            (("scope", "open\"id"), "invalid_scope", "scope_not_allowed"),
            (RESOURCE, "invalid_target", "resource_not_allowed"),
        ] {
            holder.refresh_with(token, name, value).await.expect_error(400, error).expect_reason(reason);
        }
        assert_eq!(holder.row().await, before);
    };
    let first = &holder.first.refresh;
    // Step.
    refused(first).await;
    let second = holder.get(first, 2).await;
    // Again.
    holder.pass(W);
    refused(first).await;
    // Late.
    holder.pass(1);
    refused(first).await;
    holder.get(first, 3).await;
    // Behind.
    holder.rows().execute("UPDATE token_families SET generation = 1, previous_generation = 0").await;
    refused(&second.refresh).await;
    holder.get(&second.refresh, 3).await;
    assert_eq!(holder.told().await, ["signed_in", "refresh_retried", "database_behind"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_that_the_sign_in_did_not_cover_is_refused() {
    let mut holder = Holder::sign_in().await;
    holder.first = holder.client.sign_in_for("ada", "ada-dev-password", "openid profile").await;
    let answer = holder.refresh_with(&holder.first.refresh, "scope", "openid email").await;
    answer.expect_error(400, "invalid_scope").expect_reason("scope_not_allowed");
    holder.get(&holder.first.refresh, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_a_replay_whatever_else_is_wrong_with_it() {
    for (name, value) in [SCOPE, RESOURCE, ("scope", "open\"id")] {
        let holder = Holder::sign_in().await;
        let second = holder.get(&holder.first.refresh, 2).await;
        holder.get(&second.refresh, 3).await;
        let answer = holder.refresh_with(&holder.first.refresh, name, value).await;
        answer.expect_error(400, "invalid_grant").expect_reason("refresh_token_reused");
        assert!(!holder.is_listed().await, "{value}: the session lives on");
        assert_eq!(holder.told().await, ["signed_in", "refresh_token_reused: refresh_token_reused"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_clients_token_is_refused_and_its_replay_ends_nothing() {
    let holder = Holder::sign_in().await;
    let other = holder.client.as_public("grant-cli");
    let refused = async |token: &str| {
        let before = holder.row().await;
        other.refresh(token).await.expect_error(400, "invalid_grant").expect_reason("other_client");
        assert_eq!(holder.row().await, before);
    };
    refused(&holder.first.refresh).await;
    let second = holder.get(&holder.first.refresh, 2).await;
    let third = holder.get(&second.refresh, 3).await;
    refused(&holder.first.refresh).await;
    refused(&third.refresh).await;
    holder.get(&third.refresh, 4).await;
    assert_eq!(holder.told().await, ["signed_in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_we_did_not_make_is_refused_and_changes_nothing() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    let third = holder.get(&second.refresh, 3).await;
    let before = holder.row().await;
    let changed = |index: usize, by: u8| {
        let mut bytes = bytes(&third.refresh);
        bytes[index] ^= by;
        format!("grt_{}", URL_SAFE_NO_PAD.encode(bytes))
    };
    let mut long = bytes(&third.refresh);
    long.push(0);
    let forged = [
        changed(51, 1),
        changed(20, 0x80),
        // The next generation, and the first, which would be a replay: neither has this MAC.
        changed(19, 3 ^ 4),
        changed(19, 3 ^ 1),
        changed(0, 1),
        changed(15, 1),
        format!("grt_{}", URL_SAFE_NO_PAD.encode(&bytes(&third.refresh)[..51])),
        format!("grt_{}", URL_SAFE_NO_PAD.encode(long)),
        format!("{}=", third.refresh),
        third.refresh.replace("grt_", ""),
        third.refresh.replace("grt_", "GRT_"),
        third.access.clone(),
        "grt_".to_owned(),
        "nonsense".to_owned(),
        format!("grt_{}", "A".repeat(10_000)),
    ];
    for token in forged {
        let answer = holder.client.refresh(&token).await;
        answer.expect_error(400, "invalid_grant").expect_reason("unknown_token");
    }
    assert_eq!(holder.row().await, before);
    holder.get(&third.refresh, 4).await;
    assert_eq!(holder.told().await, ["signed_in"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_families_never_take_each_others_macs() {
    let holder = Holder::sign_in().await;
    let other = holder.client.sign_in_ada().await;
    let (own, foreign) = (bytes(&holder.first.refresh), bytes(&other.refresh));
    let mixed = format!("grt_{}", URL_SAFE_NO_PAD.encode([&own[..20], &foreign[20..]].concat()));
    holder.client.refresh(&mixed).await.expect_error(400, "invalid_grant").expect_reason("unknown_token");
    holder.get(&holder.first.refresh, 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_family_keeps_its_first_reason() {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    holder.get(&second.refresh, 3).await;
    holder.client.revoke(&second.refresh).await.expect(200);
    for token in [&holder.first.refresh, &second.refresh] {
        holder.client.refresh(token).await.expect_error(400, "invalid_grant").expect_reason("signed_out");
    }
    assert_eq!(holder.tally().replay, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_refresh_token_the_request_is_refused() {
    let holder = Holder::sign_in().await;
    for parameters in
        [&[("grant_type", "refresh_token")][..], &[("grant_type", "refresh_token"), ("refresh_token", "")]]
    {
        let answer = holder.client.token(parameters).await;
        answer.expect_error(400, "invalid_request").expect_reason("missing_parameter");
    }
}
