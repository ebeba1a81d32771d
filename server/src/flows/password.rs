//! How are passwords hashed? argon2id on threads of its own, behind a bounded queue, never on the runtime.
//!
//! Each thread keeps its memory blocks between hashes: a fifth faster, and the process stays as small as it is. It takes them at its first hash.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, mpsc};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::constant_time;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tokio::sync::oneshot;

use super::chance;
use super::tally::Counter;
use crate::config;
use crate::model::password::Password;
use crate::model::secret::Secret;

/// Bytes of a salt and of a hash.
const SALT: usize = 16;
const HASH: usize = 32;
/// Costs that a stored hash may ask for: more than that is an attack on this server.
const MEMORY_LIMIT: u32 = 4 * 1024 * 1024;
const WORK_LIMIT: u64 = 16 * 1024 * 1024;

/// The threads.
pub struct PasswordHasher {
    queue: mpsc::SyncSender<Job>,
    load: Arc<Load>,
    params: Params,
    /// A hash that nobody's password has: what is verified for a user that nobody is.
    nobody: Secret<String>,
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
    /// Whether its hash is of another cost than today's.
    pub outdated: bool,
}

enum Job {
    Hash(Password, oneshot::Sender<Option<String>>),
    Verify(Password, Secret<String>, oneshot::Sender<bool>),
}

impl PasswordHasher {
    /// Starts the threads; `None` if the settings are none that argon2 takes.
    #[must_use]
    pub fn start(config: &config::Password) -> Option<Self> {
        let params = Params::new(config.memory_kib, config.iterations, config.parallelism, Some(HASH)).ok()?;
        let (queue, jobs) = mpsc::sync_channel(config.queue);
        let jobs = Arc::new(Mutex::new(jobs));
        let load = Arc::<Load>::default();
        for number in 0..config.threads {
            let (jobs, load, params) = (Arc::clone(&jobs), Arc::clone(&load), params.clone());
            let name = format!("argon2-{number}");
            std::thread::Builder::new().name(name).spawn(move || work(&jobs, &load, &params)).ok()?;
        }
        let nobody = Secret::new(phc(&params, &chance::bytes::<SALT>(), &chance::bytes::<HASH>()));
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
        let (answer, answered) = oneshot::channel();
        let job = Job::Verify(password, hash.unwrap_or(&self.nobody).clone(), answer);
        self.send(job)?;
        let right = answered.await.map_err(|_| QueueFull)? && hash.is_some();
        let outdated = hash.is_some_and(|hash| !self.is_current(hash.expose()));
        if outdated && !right {
            // A hash of a lower cost was compared sooner than nobody's would have been.
            self.spend().await;
        }
        Ok(Verified { right, outdated })
    }

    /// Takes as long as a comparison does.
    pub async fn spend(&self) {
        let (answer, answered) = oneshot::channel();
        let nothing = Password::typed("").map(|nothing| Job::Verify(nothing, self.nobody.clone(), answer));
        if nothing.is_some_and(|job| self.send(job).is_ok()) {
            let _ = answered.await;
        }
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

    fn send(&self, job: Job) -> Result<(), QueueFull> {
        // Counted first: a thread may take it at once.
        self.load.waiting.fetch_add(1, Ordering::Relaxed);
        self.queue.try_send(job).map_err(|_| {
            self.load.waiting.fetch_sub(1, Ordering::Relaxed);
            QueueFull
        })
    }

    fn is_current(&self, hash: &str) -> bool {
        Parsed::parse(hash).is_some_and(|parsed| {
            let (old, new) = (&parsed.params, &self.params);
            (old.m_cost(), old.t_cost(), old.p_cost()) == (new.m_cost(), new.t_cost(), new.p_cost())
        })
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
                let salt = chance::bytes::<SALT>();
                let hash = compute(&mut memory, params, password.expose(), &salt).map(|hash| phc(params, &salt, &hash));
                let _ = answer.send(hash);
            }
            Job::Verify(password, hash, answer) => {
                load.hashed.count();
                let right = Parsed::parse(hash.expose()).is_some_and(|parsed| {
                    compute(&mut memory, &parsed.params, password.expose(), &parsed.salt)
                        .is_some_and(|computed| constant_time::verify_slices_are_equal(&computed, &parsed.hash).is_ok())
                });
                let _ = answer.send(right);
            }
        }
        // An imported hash may have wanted more than ours do.
        memory.truncate(params.block_count());
        memory.shrink_to(params.block_count());
    }
}

fn compute(memory: &mut Vec<Block>, params: &Params, password: &str, salt: &[u8]) -> Option<Vec<u8>> {
    if memory.len() < params.block_count() {
        memory.resize_with(params.block_count(), Block::default);
    }
    let mut hash = vec![0; params.output_len().unwrap_or(HASH)];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut hash, memory.as_mut_slice()).ok()?;
    Some(hash)
}

/// The PHC string of a hash.
fn phc(params: &Params, salt: &[u8], hash: &[u8]) -> String {
    let (m, t, p) = (params.m_cost(), params.t_cost(), params.p_cost());
    format!("$argon2id$v=19$m={m},t={t},p={p}${}${}", STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash))
}

/// A PHC string of argon2id, taken apart.
struct Parsed {
    params: Params,
    salt: Vec<u8>,
    hash: Vec<u8>,
}

impl Parsed {
    fn parse(text: &str) -> Option<Self> {
        let mut fields = text.strip_prefix("$argon2id$v=19$")?.split('$');
        let costs = fields.next()?;
        let salt = STANDARD_NO_PAD.decode(fields.next()?).ok()?;
        let hash = STANDARD_NO_PAD.decode(fields.next()?).ok()?;
        let (m, rest) = costs.strip_prefix("m=")?.split_once(",t=")?;
        let (t, p) = rest.split_once(",p=")?;
        let (m, t, p): (u32, u32, u32) = (m.parse().ok()?, t.parse().ok()?, p.parse().ok()?);
        let bounded = m <= MEMORY_LIMIT && u64::from(m) * u64::from(t) <= WORK_LIMIT;
        let params = Params::new(m, t, p, Some(hash.len())).ok()?;
        (bounded && fields.next().is_none()).then_some(Self { params, salt, hash })
    }
}
