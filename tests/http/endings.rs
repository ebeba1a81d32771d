//! When a session ends, is every token of it refused at the next request, at every door, with the right reason?

use grantd::model::secret::Secret;
use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::{Settings, TestServer};

use super::errors::{expect_oauth, expect_problem};

const DAY: i64 = 24 * 60 * 60;

/// A session with three access tokens, each seen alive, on a server with another user's session.
struct Ending {
    server: TestServer,
    client: Client,
    /// The tokens of each generation.
    line: [Tokens; 3],
    /// Another session of the same user, through another client.
    other: Tokens,
    /// Another user's.
    strangers: Tokens,
}

impl Ending {
    async fn begin() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: Settings<'_>) -> Self {
        let server = TestServer::with(settings).await;
        let client = server.client();
        let first = client.sign_in_bob().await;
        let second = client.refresh(&first.refresh).await.tokens();
        let third = client.refresh(&second.refresh).await.tokens();
        let other = client.as_public("grant-cli").sign_in_bob().await;
        let strangers = client.sign_in_ada().await;
        let line = [first, second, third];
        for tokens in line.iter().chain([&other, &strangers]) {
            assert!(client.is_active(&tokens.access).await);
            client.userinfo(&tokens.access).await.expect(200);
            client.get("/api/v1/me", &tokens.access).await.expect(200);
        }
        Self { server, client, line, other, strangers }
    }

    /// Each door refuses each access token, and the refresh tokens tell the reason.
    async fn is_over(&self, reason: &str) {
        for tokens in &self.line {
            self.refused(&self.client, tokens, reason).await;
        }
    }

    async fn other_is_over(&self, reason: &str) {
        self.refused(&self.client.as_public("grant-cli"), &self.other, reason).await;
    }

    async fn refused(&self, client: &Client, tokens: &Tokens, reason: &str) {
        let told = client.as_demo_api().introspect(&tokens.access).await.expect(200);
        assert_eq!(told.json, serde_json::json!({"active": false}), "{told}");
        let answer = client.userinfo(&tokens.access).await;
        let challenge = answer.header("www-authenticate").unwrap_or_default().to_owned();
        assert!(challenge.contains("error=\"invalid_token\""), "{answer}");
        expect_oauth(answer, 401, "invalid_token", reason);
        for path in ["/api/v1/me", "/api/v1/me/sessions", "/api/v1/me/activity"] {
            expect_problem(client.get(path, &tokens.access).await, 401, reason);
        }
        expect_problem(client.delete("/api/v1/me/sessions", &tokens.access).await, 401, reason);
        expect_oauth(client.refresh(&tokens.refresh).await, 400, "invalid_grant", reason);
    }

    async fn other_lives(&self) {
        self.client.get("/api/v1/me", &self.other.access).await.expect(200);
        self.client.as_public("grant-cli").refresh(&self.other.refresh).await.tokens();
    }

    async fn strangers_lives(&self) {
        self.client.get("/api/v1/me", &self.strangers.access).await.expect(200);
        self.client.refresh(&self.strangers.refresh).await.tokens();
    }

    async fn lock(&self, locked: bool) {
        self.server.set_locked("bob", locked).await.expect("a user that is locked");
    }

    async fn set_password(&self) {
        let password = Secret::new("nine lives of a cat".to_owned());
        self.server.set_password("bob", &password).await.expect("a password that is changed");
    }

    fn sid(&self) -> String {
        self.line[0].claims()["sid"].as_str().expect("a session").to_owned()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_ends_all_sessions_of_the_user() {
    let ending = Ending::begin().await;
    ending.lock(true).await;
    ending.is_over("user_locked").await;
    ending.other_is_over("user_locked").await;
    ending.strangers_lives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unlocked_user_has_to_sign_in_again() {
    let ending = Ending::begin().await;
    ending.lock(true).await;
    ending.lock(false).await;
    ending.is_over("user_locked").await;
    ending.client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_set_ends_all_sessions_of_the_user() {
    let ending = Ending::begin().await;
    ending.set_password().await;
    ending.is_over("password_changed").await;
    ending.other_is_over("password_changed").await;
    ending.strangers_lives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_ends_the_asking_session_too() {
    let ending = Ending::begin().await;
    ending.client.delete("/api/v1/me/sessions", &ending.other.access).await.expect(204);
    ending.is_over("signed_out_everywhere").await;
    ending.other_is_over("signed_out_everywhere").await;
    ending.strangers_lives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_out_everywhere_else_ends_the_others() {
    let ending = Ending::begin().await;
    ending.client.delete("/api/v1/me/sessions?keep=current", &ending.other.access).await.expect(204);
    ending.is_over("signed_out_everywhere").await;
    ending.other_lives().await;
    ending.strangers_lives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_ended_from_another_ends_alone() {
    let ending = Ending::begin().await;
    ending.client.delete(&format!("/api/v1/me/sessions/{}", ending.sid()), &ending.other.access).await.expect(204);
    ending.is_over("session_ended").await;
    ending.other_lives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn any_generation_of_a_refresh_token_signs_out() {
    for generation in 0..3 {
        let ending = Ending::begin().await;
        ending.client.revoke(&ending.line[generation].refresh).await.expect(200);
        ending.is_over("signed_out").await;
        ending.other_lives().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn any_access_token_signs_out() {
    for generation in 0..3 {
        let ending = Ending::begin().await;
        ending.client.revoke(&ending.line[generation].access).await.expect(200);
        ending.is_over("signed_out").await;
        ending.other_lives().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_one_session() {
    let ending = Ending::begin().await;
    ending.server.revoke_session(&ending.sid()).await.expect("a session that ends");
    ending.is_over("ended_by_admin").await;
    ending.other_lives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_ends_every_session() {
    let ending = Ending::begin().await;
    assert_eq!(ending.server.flows().revoke_all_sessions().await.expect("sessions that end"), 3);
    ending.is_over("ended_by_admin").await;
    ending.other_is_over("ended_by_admin").await;
    let answer = ending.client.get("/api/v1/me", &ending.strangers.access).await;
    expect_problem(answer, 401, "ended_by_admin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_ends_the_session_at_every_door() {
    let ending = Ending::begin().await;
    let answer = ending.client.refresh(&ending.line[0].refresh).await;
    expect_oauth(answer, 400, "invalid_grant", "refresh_token_reused");
    ending.is_over("refresh_token_reused").await;
    ending.other_lives().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ended_session_stays_ended_after_a_restart() {
    let ending = Ending::begin().await;
    ending.lock(true).await;
    let Ending { server, line, other, strangers, .. } = ending;
    let server = server.restart(&[]).await;
    let client = server.client();
    let ending = Ending { server, client, line, other, strangers };
    // The port is another, and with it the issuer: what an access token says of it no longer fits.
    let answer = ending.client.refresh(&ending.line[2].refresh).await;
    expect_oauth(answer, 400, "invalid_grant", "user_locked");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_reason_stays() {
    let ending = Ending::begin().await;
    ending.client.revoke(&ending.line[2].refresh).await.expect(200);
    ending.client.as_public("grant-cli").refresh(&ending.other.refresh).await.tokens();
    ending.lock(true).await;
    ending.set_password().await;
    ending.server.flows().revoke_all_sessions().await.expect("sessions that end");
    ending.is_over("signed_out").await;
    ending.other_is_over("user_locked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_idle_before_a_lock_stays_idle() {
    let ending = Ending::begin().await;
    ending.server.clock().advance(30 * DAY);
    ending.lock(true).await;
    ending.set_password().await;
    ending.server.flows().revoke_all_sessions().await.expect("sessions that end");
    for tokens in &ending.line {
        expect_oauth(ending.client.refresh(&tokens.refresh).await, 400, "invalid_grant", "idle");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_had_expired_before_a_lock_stays_expired() {
    let ending = Ending::with(&[("tokens.refresh_ttl", "10d")]).await;
    ending.server.clock().advance(10 * DAY);
    ending.lock(true).await;
    ending.set_password().await;
    for tokens in &ending.line {
        expect_oauth(ending.client.refresh(&tokens.refresh).await, 400, "invalid_grant", "expired");
    }
    // Later it would have been idle as well.
    ending.server.clock().advance(25 * DAY);
    expect_oauth(ending.client.refresh(&ending.line[2].refresh).await, 400, "invalid_grant", "expired");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_was_idle_is_not_told_to_have_expired_later() {
    let ending = Ending::with(&[("tokens.refresh_ttl", "40d")]).await;
    ending.server.clock().advance(30 * DAY);
    expect_oauth(ending.client.refresh(&ending.line[2].refresh).await, 400, "invalid_grant", "idle");
    ending.server.clock().advance(10 * DAY);
    expect_oauth(ending.client.refresh(&ending.line[2].refresh).await, 400, "invalid_grant", "idle");
}

#[tokio::test(flavor = "multi_thread")]
async fn life_ends_at_the_second() {
    let ending = Ending::with(&[("tokens.refresh_idle_ttl", "10m"), ("tokens.access_ttl", "1h")]).await;
    ending.server.clock().advance(599);
    assert!(ending.client.is_active(&ending.line[2].access).await, "a second before");
    ending.server.clock().advance(1);
    ending.is_over("idle").await;
    ending.other_is_over("idle").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_access_token_expires_before_its_session() {
    let ending = Ending::begin().await;
    ending.server.clock().advance(299);
    ending.client.get("/api/v1/me", &ending.line[0].access).await.expect(200);
    ending.server.clock().advance(1);
    for tokens in &ending.line {
        expect_problem(ending.client.get("/api/v1/me", &tokens.access).await, 401, "expired");
        assert!(!ending.client.is_active(&tokens.access).await);
    }
    ending.client.refresh(&ending.line[2].refresh).await.tokens();
}
