//! When is a generation known to have arrived? When its refresh token is redeemed or its access token seen alive at our doors.

use grantd_tests::client::Tokens;
use reqwest::Method;

use super::{Holder, W};

/// Our doors.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Door {
    Introspection,
    UserInfo,
    Api,
}

const DOORS: [Door; 3] = [Door::Introspection, Door::UserInfo, Door::Api];

impl Door {
    /// Shows an access token there; it has to be let in.
    async fn show(self, holder: &Holder, access_token: &str) {
        match self {
            Self::Introspection => assert!(holder.client.is_active(access_token).await),
            Self::UserInfo => drop(holder.client.userinfo(access_token).await.expect(200)),
            Self::Api => drop(holder.client.get("/api/v1/me", access_token).await.expect(200)),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_of_our_doors_confirms_the_newest_generation() {
    for door in DOORS {
        let (holder, second) = rotated().await;
        assert_eq!(confirmed_at(&holder).await, None);
        holder.pass(7);
        door.show(&holder, &second.access).await;
        let at = holder.server.clock().now().0;
        assert_eq!(confirmed_at(&holder).await, Some(at), "{door:?}");
        // Once a rotation: the first time counts.
        holder.pass(1);
        door.show(&holder, &second.access).await;
        assert_eq!(confirmed_at(&holder).await, Some(at), "{door:?}");
        holder.pass(W);
        holder.replay(&holder.first.refresh).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_that_was_handed_out_again_confirms_too() {
    let (holder, _) = rotated().await;
    let again = holder.get(&holder.first.refresh, 2).await;
    Door::UserInfo.show(&holder, &again.access).await;
    holder.pass(W + 1);
    holder.replay(&holder.first.refresh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_earlier_access_token_is_let_in_and_confirms_nothing() {
    for door in DOORS {
        let (holder, _) = rotated().await;
        door.show(&holder, &holder.first.access).await;
        assert_eq!(confirmed_at(&holder).await, None, "{door:?}");
        holder.pass(W + 1);
        holder.get(&holder.first.refresh, 3).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_of_an_abandoned_generation_confirms_nothing() {
    let (holder, second) = rotated().await;
    holder.pass(W + 1);
    holder.get(&holder.first.refresh, 3).await;
    Door::UserInfo.show(&holder, &second.access).await;
    holder.pass(W + 1);
    holder.get(&holder.first.refresh, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_access_token_confirms_nothing() {
    let (holder, second) = rotated().await;
    let (head, tail) = second.access.split_at(second.access.len() - 8);
    let forged = format!("{head}{}", if tail == "AAAAAAAA" { "BBBBBBBB" } else { "AAAAAAAA" });
    holder.client.userinfo(&forged).await.expect(401);
    holder.pass(second.expires_in);
    holder.client.userinfo(&second.access).await.expect(401);
    assert!(!holder.client.is_active(&second.access).await);
    assert_eq!(confirmed_at(&holder).await, None);
    holder.get(&holder.first.refresh, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_living_access_token_without_the_scope_confirms() {
    let (holder, _) = rotated().await;
    let narrow = holder.refresh_with(&holder.first.refresh, "scope", "profile").await.tokens();
    holder.client.userinfo(&narrow.access).await.expect_error(403, "insufficient_scope");
    holder.pass(W + 1);
    holder.replay(&holder.first.refresh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn redeeming_a_refresh_token_confirms_its_generation() {
    let (holder, second) = rotated().await;
    let third = holder.get(&second.refresh, 3).await;
    // The third is not confirmed by it: its holder may come late with the second.
    holder.pass(W + 1);
    let fourth = holder.get(&second.refresh, 4).await;
    assert_ne!(fourth.refresh, third.refresh);
    // But whoever still has the first is late for good.
    holder.replay(&holder.first.refresh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn each_rotation_is_confirmed_anew() {
    let (holder, second) = rotated().await;
    Door::Api.show(&holder, &second.access).await;
    holder.get(&second.refresh, 3).await;
    assert_eq!(confirmed_at(&holder).await, None);
    holder.pass(W + 1);
    holder.get(&second.refresh, 4).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn introspecting_a_refresh_token_changes_nothing() {
    let holder = Holder::confidential(true).await;
    let second = holder.get(&holder.first.refresh, 2).await;
    let before = holder.row().await;
    holder.pass(1);
    for (token, active) in [(&second.refresh, true), (&holder.first.refresh, false)] {
        let told = holder.client.introspect(token).await.expect(200);
        assert_eq!(told["active"], active, "{told}");
    }
    assert!(!holder.client.is_active(&second.refresh).await, "a resource server hears nothing of refresh tokens");
    assert_eq!(holder.row().await, before);
    holder.pass(W);
    holder.get(&holder.first.refresh, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_door_that_has_nothing_to_do_with_the_token_confirms_nothing() {
    let (holder, second) = rotated().await;
    let request = holder.client.bearer(Method::GET, "/.well-known/openid-configuration", &second.access);
    holder.client.answer(request).await.expect(200);
    assert_eq!(confirmed_at(&holder).await, None);
}

/// A session in its second generation.
async fn rotated() -> (Holder, Tokens) {
    let holder = Holder::sign_in().await;
    let second = holder.get(&holder.first.refresh, 2).await;
    (holder, second)
}

async fn confirmed_at(holder: &Holder) -> Option<i64> {
    Some(holder.row().await[4]).filter(|at| *at >= 0)
}
