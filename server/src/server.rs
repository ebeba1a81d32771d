//! How does a server come to be, and how does it end? Built from the bottom up; it listens, and drains before it goes.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::net::{TcpListener, TcpStream};

use crate::clock::Clock;
use crate::config::{Config, Database};
use crate::flows::{Flows, KeyError, PasswordHasher, SecretKeyError, SecretKeys, Seed, SeedError};
use crate::http;
use crate::store::{OpenError, Opened, Purpose, Store};

/// How long requests under way may take once the server was asked to end: container engines kill after ten seconds.
const DRAIN: Duration = Duration::from_secs(8);

/// A server that listens.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    flows: Arc<Flows>,
    draining: Arc<AtomicBool>,
    /// Held for as long as it serves.
    lock: Option<std::fs::File>,
}

/// Why a server does not start. Each is a line for the operator.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum BindError {
    #[error("cannot listen on {address}: {cause}")]
    Address { address: SocketAddr, cause: String },
    #[error(transparent)]
    Database(#[from] OpenError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    SecretKey(#[from] SecretKeyError),
    #[error("secret_key_file {0} was made by `grantd dev`: run `grantd init` for one of your own")]
    DevelopmentKey(String),
    #[error(transparent)]
    Seed(#[from] SeedError),
    #[error("the password settings are none that argon2 takes")]
    Password,
}

impl Server {
    /// Opens the database, prepares the keys and listens; nobody is answered before [`Server::run`].
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(mut config: Config, clock: Clock, seed: Seed) -> Result<Self, BindError> {
        // The port first: it is the fault that costs least to find, and in dev the issuer follows it.
        let wanted = config.server.listen;
        let refused = |cause: io::Error| {
            let cause = if cause.kind() == io::ErrorKind::AddrInUse {
                "another program listens there; stop it or choose another port (server.listen; `grantd dev --port 0` picks a free one)".to_owned()
            } else {
                cause.to_string()
            };
            BindError::Address { address: wanted, cause }
        };
        let listener = TcpListener::bind(wanted).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        config.follow_port(address.port());

        let config = Arc::new(config);
        let Opened { store, lock, migrations } = Store::open(&config.database, Purpose::Serve).await?;
        if !migrations.is_empty() {
            tracing::info!(changes = migrations.len(), "the schema was brought up to date");
        }
        let secret_keys = read_secret_keys(&config, &store, seed).await?;
        let passwords = PasswordHasher::start(&config.password).ok_or(BindError::Password)?;
        let flows = Arc::new(Flows::new(Arc::clone(&config), clock, store, secret_keys, passwords));
        flows.check_secret_keys(&config.secret_key_file.display().to_string()).await?;
        flows.seed(seed).await?;
        flows.prepare_keys().await?;
        Ok(Self { listener, address, flows, draining: Arc::default(), lock })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it can do.
    #[must_use]
    pub const fn flows(&self) -> &Arc<Flows> {
        &self.flows
    }

    /// Serves until `asked_to_end`, then answers what is under way.
    ///
    /// # Errors
    /// Those of the network.
    pub async fn run(self, asked_to_end: impl Future<Output = ()> + Send) -> io::Result<()> {
        let endpoint = http::endpoint(Arc::clone(&self.flows), Arc::clone(&self.draining));
        let draining = Arc::clone(&self.draining);
        let asked_to_end = async move {
            asked_to_end.await;
            draining.store(true, Ordering::Relaxed);
        };
        let served = poem::Server::new_with_acceptor(Connections { listener: self.listener, address: self.address })
            .run_with_graceful_shutdown(endpoint, asked_to_end, Some(DRAIN))
            .await;
        self.flows.close().await;
        drop(self.lock);
        served
    }
}

/// The keys of the file. On SQLite a new server makes its own; nodes that share a PostgreSQL are given the same one.
async fn read_secret_keys(config: &Config, store: &Store, seed: Seed) -> Result<SecretKeys, BindError> {
    let path = &config.secret_key_file;
    let unused = store.read().list_secret_keys().await.map_err(KeyError::from)?.is_empty();
    if unused && matches!(config.database, Database::Sqlite { .. }) && !path.exists() {
        let unwritable =
            |cause: io::Error| SecretKeyError::Unreadable { at: path.display().to_string(), cause: cause.to_string() };
        SecretKeys::write_new(path, seed == Seed::Dev).map_err(unwritable)?;
    }
    let keys = SecretKeys::read(path)?;
    if seed == Seed::FirstParty && keys.iter().any(|key| key.development) {
        return Err(BindError::DevelopmentKey(path.display().to_string()));
    }
    Ok(keys)
}

/// The listener, whose connections do not wait to fill a packet.
struct Connections {
    listener: TcpListener,
    address: SocketAddr,
}

impl Acceptor for Connections {
    type Io = TcpStream;

    fn local_addr(&self) -> Vec<LocalAddr> {
        vec![LocalAddr(self.address.into())]
    }

    async fn accept(&mut self) -> io::Result<(TcpStream, LocalAddr, RemoteAddr, Scheme)> {
        match self.listener.accept().await {
            Ok((stream, peer)) => {
                stream.set_nodelay(true)?;
                Ok((stream, LocalAddr(self.address.into()), RemoteAddr(peer.into()), Scheme::HTTP))
            }
            Err(error) => {
                // Out of file descriptors: trying again at once would only burn the processor.
                tracing::warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(50)).await;
                Err(error)
            }
        }
    }
}
