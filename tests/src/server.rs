//! How does a test get a server whose clock it moves? In its own process, on a really listening port, seeded as `grantd dev` does.

use std::sync::Arc;

use grantd::clock::Clock;
use grantd::config::{Config, Layers, Mode};
use grantd::flows::{By, ClientRefusal, Flows, NewClient, SecretKeys, Seed, SessionRefusal, UserChange, UserRefusal};
use grantd::model::client::Client as Registered;
use grantd::model::id::UserId;
use grantd::model::secret::Secret;
use grantd::server::Server;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::postgres::Database;
use crate::temp::TempDir;

/// When tests begin: a moment like any other.
pub const BEGIN: i64 = 1_800_000_000;

/// Settings by key, as the command line's flags would give them.
pub type Settings<'a> = &'a [(&'static str, &'a str)];

/// A server in the test's own process. It ends with this value.
pub struct TestServer {
    home: Arc<Home>,
    clock: Clock,
    url: String,
    flows: Arc<Flows>,
    stop: Option<oneshot::Sender<()>>,
    running: JoinHandle<()>,
}

/// What outlives a server: its files and its database.
#[derive(Debug)]
pub struct Home {
    dir: TempDir,
    database: Option<Database>,
}

impl Home {
    /// An empty one on the database that `GRANTD_TEST_DATABASE` names: `sqlite`, unless it says `postgres`.
    pub async fn new() -> Self {
        Self::within(TempDir::new()).await
    }

    /// The same with its files in memory: what is kept there does not wait for a disk.
    pub async fn in_memory() -> Self {
        Self::within(TempDir::in_memory()).await
    }

    /// An empty one on PostgreSQL, which several servers may share.
    ///
    /// # Errors
    /// Why there can be none, for [`crate::skip`].
    pub async fn on_postgres() -> Result<Self, String> {
        Ok(Self::on(TempDir::new(), Some(Database::fresh().await?)))
    }

    async fn within(dir: TempDir) -> Self {
        let database = match std::env::var("GRANTD_TEST_DATABASE").as_deref() {
            Err(_) | Ok("sqlite") => None,
            Ok("postgres") => Some(Database::fresh().await.unwrap_or_else(|reason| panic!("no PostgreSQL: {reason}"))),
            Ok(other) => panic!("GRANTD_TEST_DATABASE is {other}, neither sqlite nor postgres"),
        };
        Self::on(dir, database)
    }

    fn on(dir: TempDir, database: Option<Database>) -> Self {
        if database.is_some() {
            // Nodes that share a PostgreSQL are given their key: a server makes none for itself.
            SecretKeys::write_new(&dir.join("secret.key"), true).expect("a secret key");
        }
        Self { dir, database }
    }

    /// Its files.
    pub fn dir(&self) -> &TempDir {
        &self.dir
    }

    /// The PostgreSQL database, when it is one.
    pub fn postgres(&self) -> Option<&Database> {
        self.database.as_ref()
    }

    fn config(&self, settings: Settings<'_>) -> Config {
        let data_dir = self.dir.path().display().to_string();
        // Cheap hashes: a test that is about hashing says so.
        let presets = [
            ("data_dir", data_dir.as_str()),
            ("server.listen", "127.0.0.1:0"),
            ("password.memory_kib", "8"),
            ("password.iterations", "1"),
        ];
        let mut flags: Vec<(&'static str, String)> = presets
            .into_iter()
            .filter(|(preset, _)| settings.iter().all(|(key, _)| key != preset))
            .chain(settings.iter().copied())
            .map(|(key, value)| (key, value.to_owned()))
            .collect();
        if let Some(database) = &self.database {
            flags.push(("database.url", database.url().to_owned()));
        }
        let config =
            Layers::read(None, std::iter::empty(), &flags).and_then(|layers| Config::from_layers(&layers, Mode::Dev));
        config.unwrap_or_else(|faults| panic!("the test's settings: {faults}"))
    }
}

impl TestServer {
    /// A server on a database of its own, with the default settings.
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// The same with some settings: `&[("tokens.access_ttl", "1m")]`.
    pub async fn with(settings: Settings<'_>) -> Self {
        Self::at(Arc::new(Home::new().await), Clock::manual(BEGIN), settings).await
    }

    /// A server on these files and this database, by this clock.
    pub async fn at(home: Arc<Home>, clock: Clock, settings: Settings<'_>) -> Self {
        let server = Server::bind(home.config(settings), clock.clone(), Seed::Dev).await;
        let server = server.unwrap_or_else(|error| panic!("no server: {error}"));
        let url = format!("http://localhost:{}", server.address().port());
        let flows = Arc::clone(server.flows());
        let (stop, stopped) = oneshot::channel();
        let running = tokio::spawn(async move {
            let ended = server.run(async { stopped.await.unwrap_or_default() }).await;
            ended.unwrap_or_else(|error| panic!("the server failed: {error:?}"));
        });
        Self { home, clock, url, flows, stop: Some(stop), running }
    }

    /// Stops it, and starts another on the same data with some settings.
    pub async fn restart(self, settings: Settings<'_>) -> Self {
        let (home, clock) = (Arc::clone(&self.home), self.clock.clone());
        self.stop().await;
        Self::at(home, clock, settings).await
    }

    /// Asks it to end and waits until it has.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        (&mut self.running).await.expect("a server that ends in peace");
    }

    /// A client of it, in the name of `web`.
    pub fn client(&self) -> Client {
        Client::new(&self.url)
    }

    /// The clock it goes by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What it does, below HTTP.
    pub fn flows(&self) -> &Arc<Flows> {
        &self.flows
    }

    /// Makes a client, as an operator does.
    ///
    /// # Errors
    /// There can be no such client.
    pub async fn create_client(&self, new: NewClient) -> Result<(Registered, Option<Secret<String>>), ClientRefusal> {
        self.flows.create_client(new, By::CommandLine).await
    }

    /// Locks a user or lets it in again, as an operator does; false if that is so already.
    ///
    /// # Errors
    /// There is no such user.
    pub async fn set_locked(&self, name: &str, locked: bool) -> Result<bool, UserRefusal> {
        let change = UserChange { locked: Some(locked), ..UserChange::default() };
        let (_, changed) = self.flows.change_user(&self.user_id(name).await, change, By::CommandLine).await?;
        Ok(changed)
    }

    /// Gives a user another password, as an operator does.
    ///
    /// # Errors
    /// It cannot be one.
    pub async fn set_password(&self, name: &str, password: &Secret<String>) -> Result<(), UserRefusal> {
        self.flows.set_password(&self.user_id(name).await, password, By::CommandLine).await
    }

    /// Ends a session, as an operator does.
    ///
    /// # Errors
    /// It has ended already.
    pub async fn revoke_session(&self, id: &str) -> Result<(), SessionRefusal> {
        self.flows.revoke_session(id, By::CommandLine).await
    }

    /// The id of a user.
    pub async fn user_id(&self, name: &str) -> UserId {
        self.flows.find_user(name).await.expect("a database").expect("a user").id
    }

    /// Its issuer.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its files and its database.
    pub fn home(&self) -> &Arc<Home> {
        &self.home
    }
}
