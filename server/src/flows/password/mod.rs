//! How are passwords hashed and compared? On threads of their own, behind a bounded queue, never on the runtime.
//!
//! Each thread keeps its memory blocks between hashes: a fifth faster, and the process stays as small as it is. It takes them at its first hash.

mod hash;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use argon2::Params;
use tokio::sync::oneshot;

pub use hash::HashFault;
pub(super) use hash::PasswordHash;

use super::tally::Counter;
use crate::config;
use crate::model::password::Password;
use crate::model::secret::Secret;

/// The threads.
pub struct PasswordHasher {
    queue: mpsc::SyncSender<Job>,
    load: Arc<Load>,
    params: Params,
    /// A hash that nobody's password has: what is verified for a user that nobody is.
    nobody: PasswordHash,
}

/// What lies before the threads, and behind them.
#[derive(Default)]
struct Load {
    waiting: AtomicU64,
    hashed: Counter,
}

/// The queue is full.
#[derive(Debug)]
pub struct QueueFull;

/// How a password compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Whether it is the right one.
    pub right: bool,
    /// Whether its hash is of another kind or cost than today's.
    pub outdated: bool,
}

enum Job {
    Hash(Password, oneshot::Sender<Option<String>>),
    Verify(Password, PasswordHash, oneshot::Sender<bool>),
}

impl PasswordHasher {
    /// Starts the threads; `None` if the settings are none that argon2 takes.
    #[must_use]
    pub fn start(config: &config::Password) -> Option<Self> {
        let params = hash::params(config.memory_kib, config.iterations, config.parallelism)?;
        let (queue, jobs) = mpsc::sync_channel(config.queue);
        let jobs = Arc::new(Mutex::new(jobs));
        let load = Arc::<Load>::default();
        for number in 0..config.threads {
            let (jobs, load, params) = (Arc::clone(&jobs), Arc::clone(&load), params.clone());
            let name = format!("password-{number}");
            std::thread::Builder::new().name(name).spawn(move || work(&jobs, &load, &params)).ok()?;
        }
        let nobody = PasswordHash::nobody(&params);
        Some(Self { queue, load, params, nobody })
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// [`QueueFull`], at once.
    pub async fn hash(&self, password: Password) -> Result<Secret<String>, QueueFull> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Hash(password, answer))?;
        answered.await.ok().flatten().map(Secret::new).ok_or(QueueFull)
    }

    /// Compares a password with a hash; with none, takes as long as if there were one.
    ///
    /// # Errors
    /// [`QueueFull`], at once.
    pub async fn verify(&self, password: Password, hash: Option<&Secret<String>>) -> Result<Verified, QueueFull> {
        // One that cannot be read is nobody's.
        let hash = hash.and_then(|hash| PasswordHash::parse(hash.expose()).ok());
        let is_somebodys = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.clone());
        let outdated = !hash.is_current(&self.params);
        let right = self.compare(password.clone(), hash).await? && is_somebodys;
        if outdated && !right {
            // A hash of a lower cost was compared sooner than nobody's would have been. What remains: it now takes longer than nobody's, a
            // dear one such as bcrypt much longer, which tells a guesser that somebody has the name, until that user signs in. To hide it,
            // a guess at a name that nobody has would have to cost as much as the dearest hash.
            let _ = self.compare(password, self.nobody.clone()).await;
        }
        Ok(Verified { right, outdated })
    }

    /// Takes as long as a comparison does.
    pub async fn spend(&self) {
        if let Some(nothing) = Password::typed("") {
            let _ = self.compare(nothing, self.nobody.clone()).await;
        }
    }

    async fn compare(&self, password: Password, hash: PasswordHash) -> Result<bool, QueueFull> {
        let (answer, answered) = oneshot::channel();
        self.send(Job::Verify(password, hash, answer))?;
        answered.await.map_err(|_| QueueFull)
    }

    fn send(&self, job: Job) -> Result<(), QueueFull> {
        // Counted first: a thread may take it at once.
        self.load.waiting.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(job).map_err(|_| {
            self.load.waiting.fetch_sub(1, Ordering::Relaxed);
            QueueFull
        })
    }

    /// How many passwords wait for a thread.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.load.waiting.load(Ordering::Relaxed)
    }

    /// How many hashes were computed.
    #[must_use]
    pub fn hashed(&self) -> u64 {
        self.load.hashed.get()
    }
}

/// One thread: takes a job, does it, and keeps its memory for the next.
fn work(jobs: &Mutex<mpsc::Receiver<Job>>, load: &Load, params: &Params) {
    let mut memory = Vec::new();
    loop {
        // A thread that waits holds the lock; one that works does not.
        let Ok(Ok(job)) = jobs.lock().map(|jobs| jobs.recv()) else { return };
        load.waiting.fetch_sub(1, Ordering::Relaxed);
        match job {
            // Nobody waits for it any more.
            Job::Hash(_, answer) if answer.is_closed() => continue,
            Job::Verify(_, _, answer) if answer.is_closed() => continue,
            Job::Hash(password, answer) => {
                load.hashed.count();
                let _ = answer.send(hash::make(params, &mut memory, &password));
            }
            Job::Verify(password, hash, answer) => {
                load.hashed.count();
                let _ = answer.send(hash.is_of(&mut memory, &password));
            }
        }
        // An imported hash may have wanted more than ours do.
        memory.truncate(params.block_count());
        memory.shrink_to(params.block_count());
    }
}
