//! What is asked of the server, row by row? Each worker's request, as the bytes that go over the wire.

use anyhow::{Context, ensure};
use grantd_tests::client::Client;
use grantd_tests::process::Grantd;
use grantd_tests::wire::{Connection, Reply, form, get};

/// `demo-api:demo-api-dev-secret`.
const DEMO_API: &str = "Authorization: Basic ZGVtby1hcGk6ZGVtby1hcGktZGV2LXNlY3JldA==\r\n";
/// `demo-service:demo-service-dev-secret`.
const DEMO_SERVICE: &str = "Authorization: Basic ZGVtby1zZXJ2aWNlOmRlbW8tc2VydmljZS1kZXYtc2VjcmV0\r\n";

/// One row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    SignIn,
    Refresh,
    Introspection,
    UserInfo,
    ClientCredentials,
    Jwks,
    Metadata,
}

impl Row {
    pub const ALL: [Self; 7] = [
        Self::SignIn,
        Self::Refresh,
        Self::Introspection,
        Self::UserInfo,
        Self::ClientCredentials,
        Self::Jwks,
        Self::Metadata,
    ];

    pub const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Refresh => "refresh",
            Self::Introspection => "introspection",
            Self::UserInfo => "userinfo",
            Self::ClientCredentials => "client_credentials",
            Self::Jwks => "jwks",
            Self::Metadata => "metadata",
        }
    }

    /// CPU seconds per 1,000 requests of the best of other servers, measured on such a machine.
    pub const fn peer(self) -> Option<f64> {
        match self {
            Self::SignIn => None,
            Self::Refresh => Some(1.1),
            Self::Introspection => Some(0.20),
            Self::UserInfo => Some(0.19),
            Self::ClientCredentials => Some(0.22),
            Self::Jwks | Self::Metadata => Some(0.03),
        }
    }
}

/// One connection and what it asks, again and again.
pub struct Worker {
    pub connection: Connection,
    request: Vec<u8>,
    /// Whether the next request carries the refresh token of this answer.
    rotates: bool,
}

impl Worker {
    /// Asks once.
    pub async fn ask(&mut self) -> anyhow::Result<()> {
        let reply = self.connection.exchange(&self.request).await?;
        ensure!(reply.status == 200, "{}\n\n{}", reply.head, reply.text());
        if self.rotates {
            self.request = refresh(refresh_token(&reply).context("no refresh token in the answer")?);
        }
        Ok(())
    }
}

/// A worker of this row: with a family of its own where the row refreshes.
pub async fn worker(row: Row, server: &Grantd) -> anyhow::Result<Worker> {
    let connection = Connection::open(server.address()).await?;
    let request = match row {
        Row::SignIn => {
            form("/oauth2/token", "", "grant_type=password&username=ada&password=ada-dev-password&client_id=web")
        }
        Row::Refresh => refresh(&server.client().sign_in_ada().await.refresh),
        Row::Introspection => {
            let body = format!("token={}", access_token(&server.client()).await);
            form("/oauth2/introspect", DEMO_API, &body)
        }
        Row::UserInfo => {
            get("/oauth2/userinfo", &format!("Authorization: Bearer {}\r\n", access_token(&server.client()).await))
        }
        Row::ClientCredentials => form("/oauth2/token", DEMO_SERVICE, "grant_type=client_credentials"),
        Row::Jwks => get("/.well-known/jwks.json", ""),
        Row::Metadata => get("/.well-known/openid-configuration", ""),
    };
    Ok(Worker { connection, request, rotates: row == Row::Refresh })
}

async fn access_token(client: &Client) -> String {
    client.sign_in_ada().await.access
}

fn refresh(token: &str) -> Vec<u8> {
    form("/oauth2/token", "", &format!("grant_type=refresh_token&refresh_token={token}&client_id=web"))
}

/// Found without a parser: what the client computes, the server cannot.
fn refresh_token(reply: &Reply) -> Option<&str> {
    let body = std::str::from_utf8(&reply.body).ok()?;
    let (_, rest) = body.split_once("\"grt_").map(|(before, _)| body.split_at(before.len() + 1))?;
    rest.split('"').next()
}
