//! What does a refresh token bring? Each row of the table of DESIGN.md §5 over HTTP, the clock moved by the test.

mod confirmation;
mod life;
mod races;
mod refusals;
mod restored;
mod table;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd::flows::{NewClient, Refreshes};
use grantd::model::client::{ClientType, GrantType};
use grantd::model::secret::Secret;
use grantd_tests::client::{Answer, Client, Tokens};
use grantd_tests::rows::Rows;
use grantd_tests::server::{BEGIN, TestServer};

/// `tokens.refresh_race_window`, as it is by default.
const W: i64 = 45;
const DAY: i64 = 24 * 60 * 60;

/// The confidential client that [`Holder::confidential`] makes.
const BATCH: (&str, &str) = ("batch", "the-secret-of-the-batch-client");

/// A session on a server of its own, in its first generation.
struct Holder {
    server: TestServer,
    client: Client,
    first: Tokens,
}

impl Holder {
    /// One of ada's through the client `web`.
    async fn sign_in() -> Self {
        let server = TestServer::start().await;
        let client = server.client();
        let first = client.sign_in_ada().await;
        Self { server, client, first }
    }

    /// One of ada's through a confidential client, whose refresh tokens rotate or do not.
    async fn confidential(rotation: bool) -> Self {
        let server = TestServer::start().await;
        let (id, secret) = BATCH;
        let new = NewClient {
            id: id.to_owned(),
            name: None,
            client_type: ClientType::Confidential,
            secret: Some(Secret::new(secret.to_owned())),
            grants: vec![GrantType::Password, GrantType::RefreshToken],
            scopes: Vec::new(),
            redirect_uris: Vec::new(),
            origins: Vec::new(),
            resources: Vec::new(),
            resource_server: false,
            audiences: Vec::new(),
            access_ttl: None,
            refresh_ttl: None,
            rotation,
        };
        server.create_client(new).await.expect("a new client");
        let client = server.client().as_confidential(id, secret);
        let first = client.sign_in_ada().await;
        Self { server, client, first }
    }

    /// The same session after the server has stopped, `between` has happened to its data, and it has started again.
    async fn restarted(self, between: impl AsyncFnOnce(&grantd_tests::server::Home)) -> Self {
        let (home, clock) = (self.server.home().clone(), self.server.clock().clone());
        self.server.stop().await;
        between(&home).await;
        let server = TestServer::at(home, clock, &[]).await;
        let client = server.client();
        Self { server, client, first: self.first }
    }

    /// Lets so many seconds pass.
    fn pass(&self, seconds: i64) {
        self.server.clock().advance(seconds);
    }

    /// So many seconds since the sign-in.
    fn set(&self, seconds: i64) {
        self.server.clock().set(BEGIN + seconds);
    }

    /// Refreshes, and has to get the tokens of this generation.
    #[track_caller]
    fn get(&self, refresh_token: &str, wanted: u32) -> impl Future<Output = Tokens> {
        let caller = std::panic::Location::caller();
        async move {
            let answer = self.client.refresh(refresh_token).await;
            assert_eq!(answer.status, 200, "at {caller}: no tokens{answer}");
            let tokens = answer.tokens();
            assert_eq!(generation(&tokens.refresh), wanted, "at {caller}: the generation handed out");
            tokens
        }
    }

    /// Refreshes, and has to be found out.
    async fn replay(&self, refresh_token: &str) -> Answer {
        let answer = self.client.refresh(refresh_token).await;
        answer.expect_error(400, "invalid_grant").expect_reason("refresh_token_reused")
    }

    /// Refreshes with one more parameter.
    async fn refresh_with(&self, refresh_token: &str, name: &str, value: &str) -> Answer {
        let parameters = [("grant_type", "refresh_token"), ("refresh_token", refresh_token), (name, value)];
        self.client.token(&parameters).await
    }

    /// The session's id.
    fn sid(&self) -> String {
        self.first.claims()["sid"].as_str().expect("a session").to_owned()
    }

    /// What the activity log tells of this session, oldest first: types, and reasons where there are some.
    async fn told(&self) -> Vec<String> {
        let other = self.server.client().sign_in_ada().await;
        let log = self.client.get("/api/v1/me/activity?limit=200", &other.access).await.expect(200);
        let events = log["items"].as_array().unwrap_or_else(|| panic!("no list{log}"));
        let own = events.iter().rev().filter(|event| event["session_id"] == *self.sid());
        own.map(|event| match event["reason"].as_str() {
            Some(reason) => format!("{}: {reason}", event["type"].as_str().unwrap_or_default()),
            None => event["type"].as_str().unwrap_or_default().to_owned(),
        })
        .collect()
    }

    /// Whether the session stands in the user's list.
    async fn is_listed(&self) -> bool {
        let other = self.server.client().sign_in_ada().await;
        let list = self.client.get("/api/v1/me/sessions?limit=200", &other.access).await.expect(200);
        let sessions = list["items"].as_array().unwrap_or_else(|| panic!("no list{list}"));
        sessions.iter().any(|session| session["id"] == *self.sid())
    }

    /// The family's row: whatever a refresh may change of it.
    async fn row(&self) -> Vec<i64> {
        let sql = format!(
            "SELECT generation, previous_generation, rotated_at, answered_at, COALESCE(confirmed_at, -1), \
             COALESCE(revoked_at, -1) FROM token_families WHERE session_id = '{}'",
            self.sid()
        );
        self.rows().numbers(&sql).await
    }

    fn rows(&self) -> Rows {
        self.server.home().rows()
    }

    fn tally(&self) -> Refreshes<u64> {
        self.server.flows().tally().refreshes.counts()
    }
}

/// The generation that a refresh token names.
fn generation(refresh_token: &str) -> u32 {
    let bytes = bytes(refresh_token);
    u32::from_be_bytes(bytes[16..20].try_into().expect("four bytes"))
}

/// What stands behind a refresh token's prefix: family, generation, MAC.
fn bytes(refresh_token: &str) -> Vec<u8> {
    let encoded = refresh_token.strip_prefix("grt_").expect("a refresh token");
    let bytes = URL_SAFE_NO_PAD.decode(encoded).expect("base64url");
    assert_eq!(bytes.len(), 52, "{refresh_token}");
    bytes
}
