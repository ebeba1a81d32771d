//! Is it told for thirty days, to the second, why a session ended, and does nothing go that lives?

use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::{BEGIN, Settings, TestServer};

use super::{DAY, NOTHING, Swept, counts, expect_oauth, sweep};

/// One session of bob's.
struct One {
    server: TestServer,
    client: Client,
    tokens: Tokens,
}

impl One {
    async fn with(settings: Settings<'_>) -> Self {
        let server = TestServer::with(settings).await;
        let client = server.client();
        let tokens = client.sign_in_bob().await;
        Self { server, client, tokens }
    }

    async fn start() -> Self {
        // Events that go meanwhile are another test's.
        Self::with(&[("events.retention", "3650d")]).await
    }

    /// The reason is told until thirty days after this moment, and then nothing is known any more.
    async fn ended_at(&self, ended_at: i64, reason: &str) {
        self.server.clock().set(ended_at + 30 * DAY - 1);
        assert_eq!(sweep(&self.server).await, NOTHING, "{reason}");
        self.refused(reason).await;
        self.server.clock().advance(1);
        // Nobody forgets before the sweep has come by.
        self.refused(reason).await;
        assert_eq!(sweep(&self.server).await, Swept { token_families: 1, sessions: 1, ..NOTHING }, "{reason}");
        assert_eq!(counts(&self.server).await[..2], [0, 0]);
        self.refused("unknown_token").await;
        assert_eq!(sweep(&self.server).await, NOTHING, "{reason}");
    }

    /// Each door refuses what is left of the session.
    async fn refused(&self, reason: &str) {
        let Self { client, tokens, .. } = self;
        expect_oauth(client.refresh(&tokens.refresh).await, 400, "invalid_grant", reason);
        client.userinfo(&tokens.access).await.expect(401).expect_reason(reason);
        assert!(!client.is_active(&tokens.access).await && !client.is_active(&tokens.refresh).await);
        client.revoke(&tokens.refresh).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_out_is_told_for_thirty_days() {
    let one = One::start().await;
    one.server.clock().advance(7);
    one.client.revoke(&one.tokens.refresh).await.expect(200);
    one.ended_at(BEGIN + 7, "signed_out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_is_told_for_thirty_days() {
    let one = One::start().await;
    one.server.set_locked("bob", true).await.expect("a user that is locked");
    one.ended_at(BEGIN, "user_locked").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_is_told_for_thirty_days() {
    let one = One::start().await;
    let second = one.client.refresh(&one.tokens.refresh).await.tokens();
    one.client.refresh(&second.refresh).await.tokens();
    one.server.clock().advance(3);
    expect_oauth(one.client.refresh(&one.tokens.refresh).await, 400, "invalid_grant", "refresh_token_reused");
    one.ended_at(BEGIN + 3, "refresh_token_reused").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_by_decision_counts_from_then_on_however_long_it_could_have_lived() {
    let one = One::with(&[("tokens.refresh_idle_ttl", "365d"), ("events.retention", "3650d")]).await;
    one.client.revoke(&one.tokens.access).await.expect(200);
    one.ended_at(BEGIN, "signed_out").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idleness_is_told_for_thirty_days_after_the_last_use_has_lost_its_power() {
    let mut one = One::start().await;
    one.server.clock().advance(20 * DAY);
    one.tokens = one.client.refresh(&one.tokens.refresh).await.tokens();
    one.ended_at(BEGIN + 50 * DAY, "idle").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_an_absolute_life_is_told_for_thirty_days() {
    let one = One::with(&[("tokens.refresh_ttl", "10d"), ("events.retention", "3650d")]).await;
    one.ended_at(BEGIN + 10 * DAY, "expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_lives_is_never_touched() {
    let One { server, client, mut tokens } = One::start().await;
    for day in [29, 58, 87, 89] {
        server.clock().set(BEGIN + day * DAY);
        assert_eq!(sweep(&server).await, NOTHING, "day {day}");
        tokens = client.refresh(&tokens.refresh).await.tokens();
        let list = client.get("/api/v1/me/sessions", &tokens.access).await.expect(200);
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1), "{list}");
    }
    // It ends after ninety days.
    server.clock().set(BEGIN + 120 * DAY - 1);
    assert_eq!(sweep(&server).await, NOTHING);
    server.clock().advance(1);
    assert_eq!(sweep(&server).await, Swept { token_families: 1, sessions: 1, ..NOTHING });
}

#[tokio::test(flavor = "multi_thread")]
async fn among_many_only_those_go_that_have_ended() {
    let One { server, client, tokens: mut kept } = One::start().await;
    server.home().rows().add_ended(1..1_234).await;
    // A pass reads five hundred at a time: the second five hundred live, and a tenth of the others.
    let second = format!("id BETWEEN 'fam_{:026}' AND 'fam_{:026}'", 501, 1_000);
    let lives = format!("created_at < {BEGIN} AND (id LIKE '%7' OR {second})");
    let wake = format!("UPDATE token_families SET answered_at = {BEGIN}, expires_at = {BEGIN} + 9 WHERE {lives}");
    let living = 1 + i64::try_from(server.home().rows().change(&wake).await).expect("a count");
    assert_eq!(living, 574);
    let swept = sweep(&server).await;
    assert_eq!(i64::try_from(swept.token_families), Ok(1_234 - living));
    assert_eq!((swept.sessions, swept.events), (swept.token_families, 1_233));
    assert_eq!(counts(&server).await[..2], [living, living]);
    let woken = format!("SELECT COUNT(*) FROM token_families WHERE {lives}");
    assert_eq!(server.home().rows().numbers(&woken).await, [living - 1]);
    kept = client.refresh(&kept.refresh).await.tokens();
    client.get("/api/v1/me", &kept.access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_stays_for_as_long_as_one_of_its_families() {
    let One { server, client, tokens } = One::start().await;
    // A second client in the same session, for which there is no door yet.
    let columns = "session_id, user_id, client_id, scopes, audience, secret_key_id, seed, generation, previous_generation, \
                   rotated_at, answered_at, created_at";
    let copy = format!(
        "INSERT INTO token_families (id, {columns}, expires_at) \
         SELECT 'fam_00000000000000000000000001', {columns}, {BEGIN} FROM token_families"
    );
    server.home().rows().execute(&copy).await;
    server.clock().advance(30 * DAY - 1);
    assert_eq!(sweep(&server).await, NOTHING);
    client.refresh(&tokens.refresh).await.tokens();
    server.clock().advance(1);
    assert_eq!(sweep(&server).await, Swept { token_families: 1, ..NOTHING });
    assert_eq!(counts(&server).await[..2], [1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_makes_nothing_old() {
    let One { server, client, tokens } = One::start().await;
    server.clock().set(BEGIN - 200 * DAY);
    assert_eq!(sweep(&server).await, NOTHING);
    server.clock().set(0);
    assert_eq!(sweep(&server).await, NOTHING);
    server.clock().set(BEGIN);
    client.refresh(&tokens.refresh).await.tokens();
}
