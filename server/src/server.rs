//! How does a server come to be, and how does it end? Built from the bottom up; it listens, and drains before it goes.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_io_timeout::TimeoutStream;

use crate::clock::Clock;
use crate::config::{Config, Database, MetricsListen};
use crate::flows::{Flows, KeyError, PasswordHasher, SecretKeyError, SecretKeys, Seed, SeedError};
use crate::http;
use crate::store::{OpenError, Opened, Purpose, Store, StoreError};

/// How long requests under way may take once the server was asked to end: container engines kill after ten seconds.
const DRAIN: Duration = Duration::from_secs(8);

/// How long a connection may say nothing, or not listen.
const IDLE: Duration = Duration::from_secs(75);

/// Ports of one's own, before anything else is touched.
pub struct Ports {
    main: Port,
    /// Where `/metrics` is alone.
    metrics: Option<Port>,
}

struct Port {
    listener: TcpListener,
    address: SocketAddr,
}

/// A server that listens.
pub struct Server {
    ports: Ports,
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
    Seed(#[from] SeedError),
    #[error("the password settings are none that argon2 takes")]
    Password,
}

impl From<StoreError> for BindError {
    fn from(error: StoreError) -> Self {
        Self::Database(error.into())
    }
}

impl From<SecretKeyError> for BindError {
    fn from(error: SecretKeyError) -> Self {
        Self::Key(error.into())
    }
}

impl Ports {
    /// Takes the ports. It is the fault that costs least to find; in dev the issuer follows the main one.
    ///
    /// # Errors
    /// [`BindError::Address`].
    pub async fn bind(config: &mut Config) -> Result<Self, BindError> {
        let main = Port::bind(config.server.listen, "server.listen; `grantd dev --port 0` picks a free one").await?;
        config.follow_port(main.address.port());
        let metrics = match config.server.metrics_listen {
            MetricsListen::Own(address) => Some(Port::bind(address, "server.metrics_listen").await?),
            MetricsListen::Main | MetricsListen::Nowhere => None,
        };
        Ok(Self { main, metrics })
    }
}

impl Port {
    /// Takes an address; `way_on` names the setting that it comes from.
    async fn bind(wanted: SocketAddr, way_on: &str) -> Result<Self, BindError> {
        let refused = |cause: io::Error| {
            let cause = if cause.kind() == io::ErrorKind::AddrInUse {
                format!("another program listens there; stop it or choose another port ({way_on})")
            } else {
                format!("{cause} ({way_on})")
            };
            BindError::Address { address: wanted, cause }
        };
        let listener = TcpListener::bind(wanted).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self { listener, address })
    }
}

impl Server {
    /// Takes the ports and opens the data; nobody is answered before [`Server::run`].
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn bind(mut config: Config, clock: Clock, seed: Seed) -> Result<Self, BindError> {
        let ports = Ports::bind(&mut config).await?;
        Self::open(ports, config, clock, seed).await
    }

    /// Builds the floors from the bottom up: judges the secret key before the data is touched, and the data before it is changed.
    ///
    /// # Errors
    /// [`BindError`].
    pub async fn open(ports: Ports, config: Config, clock: Clock, seed: Seed) -> Result<Self, BindError> {
        let config = Arc::new(config);
        let given = SecretKeys::of_server(&config.secret_key_file, seed)?;
        let Opened { store, lock, missing, new } = Store::open(&config.database, Purpose::Serve).await?;
        let unused = new || store.read().list_secret_keys().await?.is_empty();
        let secret_keys = match given {
            Some(keys) => keys,
            None if unused && matches!(config.database, Database::Sqlite { .. }) => make_secret_key(&config, seed)?,
            None => return Err(SecretKeyError::Missing(config.secret_key_file.display().to_string()).into()),
        };
        let passwords = PasswordHasher::start(&config.password).ok_or(BindError::Password)?;
        let flows = Arc::new(Flows::new(config, clock, store, secret_keys, passwords));
        if !new {
            flows.check_secret_keys(seed).await?;
        }
        if !missing.is_empty() {
            flows.migrate().await?;
            tracing::info!(changes = missing.len(), "the schema was brought up to date");
        }
        flows.seed(seed).await?;
        flows.prepare_keys(seed).await?;
        if !flows.config().issuer.is_https() {
            tracing::warn!(
                "the issuer is http: the cookie mode sends its cookie without Secure; serve other machines over https only"
            );
        }
        Ok(Self { ports, flows, draining: Arc::default(), lock })
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.ports.main.address
    }

    /// Where `/metrics` is alone, if it has a listener of its own.
    #[must_use]
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.ports.metrics.as_ref().map(|port| port.address)
    }

    /// What it can do.
    #[must_use]
    pub const fn flows(&self) -> &Arc<Flows> {
        &self.flows
    }

    /// Serves until `asked_to_end`, then answers what is under way. What expires meanwhile is swept.
    ///
    /// # Errors
    /// Those of the network.
    pub async fn run(self, asked_to_end: impl Future<Output = ()> + Send) -> io::Result<()> {
        let metrics = http::Metrics::new(Arc::clone(&self.flows));
        let endpoint = http::endpoint(Arc::clone(&self.flows), Arc::clone(&self.draining), metrics.clone());
        let ending = Notify::new();
        let asked_to_end = async {
            asked_to_end.await;
            self.draining.store(true, Ordering::Relaxed);
            ending.notify_one();
        };
        let main = poem::Server::new_with_acceptor(self.ports.main).run_with_graceful_shutdown(
            endpoint,
            asked_to_end,
            Some(DRAIN),
        );
        let beside = async {
            let Some(port) = self.ports.metrics else { return Ok(()) };
            let endpoint = http::metrics_endpoint(Arc::clone(&self.flows), metrics);
            poem::Server::new_with_acceptor(port)
                .run_with_graceful_shutdown(endpoint, ending.notified(), Some(DRAIN))
                .await
        };
        let serving = async { tokio::join!(main, beside) };
        let (served, told) = tokio::select! {
            both = serving => both,
            never = self.flows.keep_swept() => match never {},
        };
        self.flows.close().await;
        drop(self.lock);
        served.and(told)
    }
}

/// On SQLite a new server makes its own secret key; nodes that share a PostgreSQL are given one.
fn make_secret_key(config: &Config, seed: Seed) -> Result<SecretKeys, SecretKeyError> {
    let path = &config.secret_key_file;
    let unwritable =
        |cause: io::Error| SecretKeyError::Unreadable { at: path.display().to_string(), cause: cause.to_string() };
    SecretKeys::write_new(path, seed == Seed::Dev).map_err(unwritable)?;
    SecretKeys::read(path)
}

/// Connections do not wait to fill a packet, and those that say nothing do not stay.
impl Acceptor for Port {
    type Io = Pin<Box<TimeoutStream<TcpStream>>>;

    fn local_addr(&self) -> Vec<LocalAddr> {
        vec![LocalAddr(self.address.into())]
    }

    async fn accept(&mut self) -> io::Result<(Self::Io, LocalAddr, RemoteAddr, Scheme)> {
        match self.listener.accept().await {
            Ok((stream, peer)) => {
                stream.set_nodelay(true)?;
                let mut stream = TimeoutStream::new(stream);
                stream.set_read_timeout(Some(IDLE));
                stream.set_write_timeout(Some(IDLE));
                Ok((Box::pin(stream), LocalAddr(self.address.into()), RemoteAddr(peer.into()), Scheme::HTTP))
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
