//! Where do tests look at what a command does? At each node: one on SQLite, two on one PostgreSQL.

use std::future::Future;

use grantd_tests::client::{Client, Tokens};
use grantd_tests::postgres::free_port;
use grantd_tests::process::{self, Call, Grantd, Output};
use grantd_tests::{skip, wait_for};

use crate::site::{self, Site, text};

/// Seeded servers of one issuer, as behind a proxy, and their data.
pub struct Nodes {
    /// The data, and commands beside the servers.
    pub site: Site,
    servers: Vec<Grantd>,
    ports: Vec<u16>,
}

/// Does this on SQLite with one node, and on PostgreSQL with two.
pub async fn on_both<F: Future<Output = ()>>(scenario: impl Fn(Nodes) -> F) {
    scenario(Nodes::start(Site::sqlite(), 1)).await;
    match Nodes::postgres().await {
        Ok(nodes) => scenario(nodes).await,
        Err(reason) => skip(&reason),
    }
}

impl Nodes {
    /// Two on one PostgreSQL.
    ///
    /// # Errors
    /// Why there are none, for [`skip`].
    pub async fn postgres() -> Result<Self, String> {
        Ok(Self::start(Site::postgres().await?, 2))
    }

    fn start(site: Site, count: usize) -> Self {
        let ports = (0..count).map(|_| free_port()).collect();
        let mut started = Self { site, servers: Vec::new(), ports };
        started.servers = (0..count).map(|number| started.node(number, |call| call)).collect();
        started
    }

    /// Starts a node again, with something changed, after it has ended.
    pub fn restart(&mut self, number: usize, change: impl FnOnce(Call) -> Call) {
        self.servers[number].terminate();
        assert_eq!(self.servers[number].wait_exit_code(), 0);
        self.servers[number] = self.node(number, change);
    }

    fn node(&self, number: usize, change: impl FnOnce(Call) -> Call) -> Grantd {
        let port = self.ports[number];
        let args = ["dev", "--port", &port.to_string(), "--data", &text(self.site.data.path())];
        let issuer = format!("http://localhost:{}", self.ports[0]);
        let call = self.site.at(site::cheap(process::grantd(&args))).env("GRANTD_ISSUER", issuer);
        let node = change(call).spawn_at(port);
        wait_for("the node is ready", || {
            assert!(!node.has_ended(), "it ended: {}", node.output());
            node.is_ready().then_some(())
        });
        node
    }

    /// A client of each node.
    pub fn clients(&self) -> Vec<Client> {
        self.servers.iter().map(Grantd::client).collect()
    }

    /// A client of the first node.
    pub fn client(&self) -> Client {
        self.servers[0].client()
    }

    /// Runs a command beside them, which succeeds.
    #[track_caller]
    pub fn run(&self, args: &[&str]) -> Output {
        self.site.command(args).run().expect(0)
    }

    /// The same, and what it says in JSON.
    #[track_caller]
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        self.run(&[args, &["--json"]].concat()).json()
    }

    /// Fails the test unless each node refuses these tokens, the refresh token included, for this reason.
    pub async fn refused(&self, tokens: &Tokens, id: &str, reason: &str) {
        for client in self.clients() {
            client.userinfo(&tokens.access).await.expect(401).expect_reason(reason);
            assert!(!client.is_active(&tokens.access).await, "introspection takes it");
            let refused = client.as_public(id).refresh(&tokens.refresh).await;
            refused.expect_error(400, "invalid_grant").expect_reason(reason);
        }
    }

    /// Fails the test unless each node takes these tokens; refreshes them at each.
    pub async fn taken(&self, mut tokens: Tokens, id: &str) -> Tokens {
        for client in self.clients() {
            client.userinfo(&tokens.access).await.expect(200);
            assert!(client.is_active(&tokens.access).await, "introspection refuses it");
            tokens = client.as_public(id).refresh(&tokens.refresh).await.tokens();
        }
        tokens
    }
}
