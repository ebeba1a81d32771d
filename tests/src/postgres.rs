//! Where does a test get a PostgreSQL? From `tests/run`, or from a cluster of its own in a temporary directory.

use std::fs::{self, File};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;

use sqlx::postgres::{PgConnection, PgPool};
use sqlx::{AssertSqlSafe, Connection};

use crate::temp::TempDir;
use crate::wait_for;

/// It stands in URLs so that a test sees whether a log tells it.
const PASSWORD: &str = "cluster-test-password";

/// A real PostgreSQL server, started for the tests and gone with this value.
#[derive(Debug)]
pub struct Cluster {
    programs: PathBuf,
    dir: TempDir,
    port: u16,
    owner: Option<(u32, u32)>,
    server: Mutex<Option<Child>>,
}

impl Cluster {
    /// A new cluster on a free port of the loopback.
    ///
    /// # Errors
    /// Why there can be none, for [`crate::skip`].
    pub fn new() -> Result<Self, String> {
        let programs = programs().ok_or("PostgreSQL's programs (initdb, postgres) are not installed")?;
        let owner = owner()?;
        let dir = TempDir::new();
        let password_file = dir.write("password", PASSWORD);
        if let Some((uid, gid)) = owner {
            for path in [dir.path(), &password_file] {
                chown(path, Some(uid), Some(gid)).map_err(|error| format!("chown {}: {error}", path.display()))?;
            }
        }
        let mut cluster = Self { programs, dir, port: 0, owner, server: Mutex::new(None) };
        let made = cluster
            .command("initdb")
            .args(["--username=grantd", "--auth=scram-sha-256", "--encoding=UTF8", "--no-locale", "--no-sync"])
            .arg(format!("--pwfile={}", password_file.display()))
            .arg(cluster.dir.join("data"))
            .output()
            .map_err(|error| format!("initdb: {error}"))?;
        if !made.status.success() {
            return Err(format!("initdb: {}", String::from_utf8_lossy(&made.stderr)));
        }
        // Somebody else may take the port between our look at it and PostgreSQL's.
        let mut fault = String::new();
        for _ in 0..5 {
            cluster.port = free_port();
            match cluster.try_start() {
                Ok(()) => return Ok(cluster),
                Err(log) => fault = log,
            }
        }
        Err(format!("postgres did not start: {fault}"))
    }

    /// Starts it again after [`Self::stop`] or [`Self::crash`], on the same port.
    pub fn start(&self) {
        if let Err(log) = self.try_start() {
            panic!("postgres did not start again: {log}");
        }
    }

    /// Stops it as an operator would who is in a hurry: connections are cut, nothing committed is lost.
    pub fn stop(&self) {
        self.end("INT");
    }

    /// Stops it as a failing machine would.
    pub fn crash(&self) {
        self.end("QUIT");
    }

    /// The URL of its database `postgres`, for the user that may create others.
    pub fn admin_url(&self) -> String {
        format!("postgres://grantd:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// A new empty database in it.
    pub async fn fresh_database(self: &Arc<Self>) -> Database {
        Database::create(self.admin_url(), Some(Arc::clone(self))).await
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command
            .current_dir(self.dir.path())
            .env_clear()
            .env("LC_ALL", "C")
            .env("PATH", "/usr/bin:/bin")
            .stdin(Stdio::null());
        if let Some((uid, gid)) = self.owner {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn try_start(&self) -> Result<(), String> {
        let log = self.dir.join("log");
        let mut child = self
            .command("postgres")
            .arg("-D")
            .arg(self.dir.join("data"))
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "max_connections=300"])
            .args(["-c", &format!("port={}", self.port)])
            .stdout(Stdio::null())
            .stderr(File::create(&log).map_err(|error| error.to_string())?)
            .spawn()
            .map_err(|error| error.to_string())?;
        let read = || fs::read_to_string(&log).unwrap_or_default();
        let ready = wait_for("PostgreSQL is ready", || {
            let gone = child.try_wait().is_ok_and(|status| status.is_some());
            (gone || read().contains("ready to accept connections")).then_some(!gone)
        });
        if !ready {
            return Err(read());
        }
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        Ok(())
    }

    fn end(&self, signal: &str) {
        if let Some(mut child) = self.server.lock().unwrap_or_else(PoisonError::into_inner).take() {
            crate::process::signal(child.id(), signal);
            let _ = child.wait();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end("QUIT");
    }
}

/// A database of one test, dropped at its end.
#[derive(Debug)]
pub struct Database {
    url: String,
    name: String,
    admin_url: String,
    cluster: Option<Arc<Cluster>>,
}

impl Database {
    /// A new database in the cluster that the tests share: the one of `GRANTD_TEST_POSTGRES`, else one of this process.
    ///
    /// # Errors
    /// Why there can be none, for [`crate::skip`].
    pub async fn fresh() -> Result<Self, String> {
        if let Ok(admin_url) = std::env::var("GRANTD_TEST_POSTGRES") {
            return Ok(Self::create(admin_url, None).await);
        }
        let cluster = tokio::task::spawn_blocking(shared).await.map_err(|error| error.to_string())??;
        Ok(cluster.fresh_database().await)
    }

    async fn create(admin_url: String, cluster: Option<Arc<Cluster>>) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        execute(&admin_url, format!("CREATE DATABASE {name}")).await.expect("a new database");
        let (server, _) = admin_url.rsplit_once('/').expect("a URL that ends with a database's name");
        Self { url: format!("{server}/{name}"), name, admin_url, cluster }
    }

    /// Its URL, as `database.url` wants it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Connections to it, for a test that looks at rows.
    pub async fn pool(&self) -> PgPool {
        PgPool::connect(&self.url).await.expect("a connection to the test's database")
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        // Dropped with a cluster of ours it needs no words; and a drop cannot wait on the runtime that it stands in.
        if self.cluster.is_some() {
            return;
        }
        let (admin_url, name) = (self.admin_url.clone(), self.name.clone());
        let dropped = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime
                .block_on(execute(&admin_url, format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)")))
                .map_err(io::Error::other)
        });
        let _ = dropped.join();
    }
}

/// The cluster that tests of this process share as long as one of them needs it.
fn shared() -> Result<Arc<Cluster>, String> {
    static SHARED: Mutex<Weak<Cluster>> = Mutex::new(Weak::new());
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(cluster) = shared.upgrade() {
        return Ok(cluster);
    }
    let cluster = Arc::new(Cluster::new()?);
    *shared = Arc::downgrade(&cluster);
    Ok(cluster)
}

async fn execute(url: &str, sql: String) -> sqlx::Result<()> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}

/// A port that nobody listens on just now.
pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("its number").port()
}

/// The directory of PostgreSQL's programs, the newest version first; Debian keeps them out of the PATH.
fn programs() -> Option<PathBuf> {
    let complete = |dir: &PathBuf| dir.join("initdb").exists() && dir.join("postgres").exists();
    let in_path = std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).find(complete);
    in_path.or_else(|| {
        let versions = fs::read_dir("/usr/lib/postgresql").ok()?.flatten();
        let version = |path: &Path| path.file_name()?.to_str()?.parse::<u32>().ok();
        let mut versions: Vec<_> = versions.map(|entry| entry.path()).filter(|path| version(path).is_some()).collect();
        versions.sort_by_key(|path| version(path));
        versions.iter().rev().map(|path| path.join("bin")).find(complete)
    })
}

/// Whom PostgreSQL has to run as: it refuses root, so root lends it another name. `None`: as ourselves.
fn owner() -> Result<Option<(u32, u32)>, String> {
    let own = fs::metadata("/proc/self").map_err(|error| format!("/proc/self: {error}"))?.uid();
    if own != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").map_err(|error| format!("/etc/passwd: {error}"))?;
    let entry = |name: &str| {
        let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2).map(|field| field.parse::<u32>().ok());
        Some((fields.next()??, fields.next()??))
    };
    entry("postgres")
        .or_else(|| entry("nobody"))
        .map(Some)
        .ok_or_else(|| "root, and no user postgres or nobody to run PostgreSQL as".to_owned())
}
