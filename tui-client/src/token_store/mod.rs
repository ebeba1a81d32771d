//! Where are an account's tokens kept? In the store that its sign-in chose, and nowhere else: one that fails is told, never gone round.

mod entry;
mod keyring;

use std::collections::HashMap;
use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io::{ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tracing::debug;

pub use entry::Entry;

use crate::clock;
use crate::failure::{Code, Failure};
use crate::files;
use crate::secret::Secret;
use crate::settings::{Folders, STORES};

/// How long a store may take when nobody is there to unlock it.
const PATIENCE: Duration = Duration::from_secs(5);
/// And when somebody is.
const PATIENCE_OF_A_PERSON: Duration = Duration::from_mins(5);
/// After this a person is told what is waited for.
const SILENCE: Duration = Duration::from_secs(1);

/// What [`StoreKind::Memory`] keeps, for all that this process opens of it.
static MEMORY: Mutex<Option<HashMap<String, Secret>>> = Mutex::new(None);

/// Whether the terminal is drawn on: what waits says so there, not on a line of its own.
static HAS_SCREEN: AtomicBool = AtomicBool::new(false);

/// Says that from now on the terminal is drawn on.
pub fn has_screen() {
    HAS_SCREEN.store(true, Ordering::Relaxed);
}

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// The keyring of this machine's user.
    Keyring,
    /// The kernel's keyring: gone when the machine restarts.
    Session,
    /// A file that its owner alone can read.
    File,
    /// This process, and nobody after it: for the application. Such an account stands in no list that others read.
    Memory,
}

impl StoreKind {
    /// All of them, the best first.
    pub const ALL: [Self; 4] = [Self::Keyring, Self::File, Self::Session, Self::Memory];

    /// What it is to a person who chooses one.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Keyring => "the keyring of this machine",
            Self::Session => "the kernel's session keyring, gone at restart",
            Self::File => "a file that only you can read",
            Self::Memory => "nowhere: gone when you leave",
        }
    }

    /// What a user calls it; `auto` is the keyring, which fails rather than fall back.
    ///
    /// # Errors
    /// A name that is none.
    pub fn parse(name: &str) -> Result<Self, Failure> {
        match name {
            "auto" | "keyring" => Ok(Self::Keyring),
            "session" => Ok(Self::Session),
            "file" => Ok(Self::File),
            "memory" => Ok(Self::Memory),
            other => Err(Failure::usage(format!("there is no store `{other}`"))
                .hint(format!("stores are {}", STORES.join(", ")))),
        }
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Keyring => "keyring",
            Self::Session => "session",
            Self::File => "file",
            Self::Memory => "memory",
        }
    }
}

/// What a store says when it cannot.
struct Problem(String);

/// One store. A keyring is opened when it is first needed, and once a process.
#[derive(Clone)]
pub struct TokenStore {
    kind: StoreKind,
    folder: PathBuf,
}

impl TokenStore {
    /// The store of this kind.
    #[must_use]
    pub fn new(kind: StoreKind, folders: &Folders) -> Self {
        Self { kind, folder: folders.state.join("tokens") }
    }

    /// Its kind.
    #[must_use]
    pub const fn kind(&self) -> StoreKind {
        self.kind
    }

    /// Whether it can be written and read: asked before anything is sent, since a sign-in that cannot be kept is lost.
    ///
    /// # Errors
    /// A store that cannot be used.
    pub async fn probe(&self) -> Result<(), Failure> {
        let probe = format!("probe {:016x}", RandomState::new().hash_one(clock::now_millis()));
        let tried = self.call("probe", move |store| {
            let text = Secret::new("x".repeat(16));
            store.write_text(&probe, &text)?;
            let read = store.read_text(&probe);
            store.forget_text(&probe)?;
            if read?.as_ref() == Some(&text) {
                Ok(())
            } else {
                Err(Problem("it does not keep what is written".to_owned()))
            }
        });
        tried.await.map_err(|failure| failure.detail("nothing was sent to the server yet"))
    }

    /// The entry of an account.
    ///
    /// # Errors
    /// A store that cannot be used, or an entry that is damaged.
    pub async fn read(&self, account: &str) -> Result<Option<Entry>, Failure> {
        let name = account.to_owned();
        let Some(text) = self.call("read", move |store| store.read_text(&name)).await? else { return Ok(None) };
        let damaged = || {
            Failure::new(Code::Store, format!("the entry in the {} is damaged", self.told()))
                .detail("it was left as it is")
                .hint("sign in again, which replaces it: grant login")
        };
        Entry::read(&text).map(Some).ok_or_else(damaged)
    }

    /// Keeps an account's entry, and reads it back; its caller holds the account's lock.
    ///
    /// # Errors
    /// A store that cannot be used.
    pub async fn write(&self, account: &str, entry: &Entry) -> Result<(), Failure> {
        let (name, text) = (account.to_owned(), entry.write());
        self.call("write", move |store| {
            store.write_text(&name, &text)?;
            if store.read_text(&name)?.as_ref() == Some(&text) {
                Ok(())
            } else {
                Err(Problem("it does not keep what is written".to_owned()))
            }
        })
        .await
    }

    /// Forgets an account's entry; that there is none is as good. Its caller holds the account's lock.
    ///
    /// # Errors
    /// A store that cannot be used.
    pub async fn forget(&self, account: &str) -> Result<(), Failure> {
        let name = account.to_owned();
        self.call("forget", move |store| store.forget_text(&name)).await
    }

    /// Where a file store keeps its files.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What it is called in a sentence.
    fn told(&self) -> String {
        match self.kind {
            StoreKind::Keyring => "keyring of this machine".to_owned(),
            StoreKind::Session => "kernel's session keyring".to_owned(),
            StoreKind::File => format!("token file below {}", self.folder.display()),
            StoreKind::Memory => "memory of this program".to_owned(),
        }
    }

    /// Stores block, and a locked one for as long as nobody comes.
    async fn call<T: Send + 'static>(
        &self,
        what: &'static str,
        work: impl FnOnce(&Self) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Failure> {
        let store = self.clone();
        let started = Instant::now();
        let mut call = tokio::task::spawn_blocking(move || work(&store));
        let somebody = std::io::stderr().is_terminal();
        let mut done = tokio::time::timeout(if somebody { SILENCE } else { PATIENCE }, &mut call).await;
        let mut nobody_came = false;
        if done.is_err() && somebody {
            if !HAS_SCREEN.load(Ordering::Relaxed) {
                let _ = writeln!(std::io::stderr(), "waiting for the {} to be unlocked; Ctrl-C stops", self.told());
            }
            done = tokio::time::timeout(PATIENCE_OF_A_PERSON, &mut call).await;
            nobody_came = done.is_err();
        }
        let ok = matches!(done, Ok(Ok(Ok(_))));
        debug!(store = self.kind.as_str(), what, ok, ms = started.elapsed().as_millis(), "store");
        let problem = match done {
            Ok(Ok(Ok(value))) => return Ok(value),
            Ok(Ok(Err(Problem(problem)))) => problem,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it does not answer; is it locked?".to_owned(),
        };
        // Whoever was asked to unlock it has had five minutes.
        let code = if nobody_came { Code::TimedOut } else { Code::Store };
        Err(Failure::new(code, format!("the {} cannot be used: {problem}", self.told())).hint(self.way_on()))
    }

    /// What to do when it cannot be used.
    fn way_on(&self) -> String {
        let folder = self.folder.display();
        match self.kind {
            StoreKind::File => "make that folder yours and writable".to_owned(),
            _ => format!("unlock it, or run: grant login --store file   (tokens in {folder}, readable by you only)"),
        }
    }

    fn path(&self, account: &str) -> PathBuf {
        self.folder.join(files::name_of(account)).with_extension("json")
    }

    fn read_text(&self, account: &str) -> Result<Option<Secret>, Problem> {
        match self.kind {
            StoreKind::Keyring | StoreKind::Session => return keyring::with_open(self.kind, |open| open.read(account)),
            StoreKind::Memory => return Ok(memory().get_or_insert_default().get(account).cloned()),
            StoreKind::File => {}
        }
        let path = self.path(account);
        match fs::read_to_string(&path) {
            Ok(text) => only_ours_to_read(&path).map(|()| Some(Secret::new(text))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            // Damaged, which is told as such.
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Some(Secret::new(String::new()))),
            Err(error) => Err(Problem(error.to_string())),
        }
    }

    fn write_text(&self, account: &str, text: &Secret) -> Result<(), Problem> {
        match self.kind {
            StoreKind::Keyring | StoreKind::Session => {
                return keyring::with_open(self.kind, |open| open.write(account, text));
            }
            StoreKind::Memory => {
                memory().get_or_insert_default().insert(account.to_owned(), text.clone());
                return Ok(());
            }
            StoreKind::File => {}
        }
        only_ours(&self.folder)?;
        let path = self.path(account);
        let written = files::remove_unfinished(&path).and_then(|()| files::replace(&path, text.expose().as_bytes()));
        written.map_err(|error| Problem(error.to_string()))
    }

    fn forget_text(&self, account: &str) -> Result<(), Problem> {
        match self.kind {
            StoreKind::Keyring | StoreKind::Session => {
                return keyring::with_open(self.kind, |open| open.forget(account));
            }
            StoreKind::Memory => {
                memory().get_or_insert_default().remove(account);
                return Ok(());
            }
            StoreKind::File => {}
        }
        let path = self.path(account);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(Problem(error.to_string())),
            // There are tokens in those too.
            _ => files::remove_unfinished(&path).map_err(|error| Problem(error.to_string())),
        }
    }
}

fn memory() -> MutexGuard<'static, Option<HashMap<String, Secret>>> {
    MEMORY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A file that others can read, or write, is no place for tokens.
fn only_ours_to_read(file: &Path) -> Result<(), Problem> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(file).map_err(|error| Problem(error.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Problem(format!("others can read {0}; run chmod 600 on it, or sign in anew", file.display())));
        }
    }
    #[cfg(not(unix))]
    let _ = file;
    Ok(())
}

/// A folder that others can enter is no place for tokens.
fn only_ours(folder: &Path) -> Result<(), Problem> {
    files::make_private_folder(folder).map_err(|error| Problem(error.to_string()))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(folder).map_err(|error| Problem(error.to_string()))?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Problem("others can enter its folder; run chmod 700 on it".to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folders() -> Folders {
        let nowhere = PathBuf::from("/nonexistent");
        Folders { config: nowhere.clone(), state: nowhere.clone(), cache: nowhere }
    }

    #[test]
    fn every_store_that_the_settings_know_is_one() {
        for name in STORES {
            assert!(*name == "auto" || StoreKind::parse(name).unwrap().as_str() == *name);
        }
        assert_eq!(StoreKind::parse("chest").unwrap_err().code, Code::Usage);
    }

    #[tokio::test]
    async fn the_memory_of_a_process_keeps_what_it_is_given_until_it_is_forgotten() {
        let (one, other) =
            (TokenStore::new(StoreKind::Memory, &folders()), TokenStore::new(StoreKind::Memory, &folders()));
        one.probe().await.unwrap();
        let entry = Entry {
            refresh_token: Secret::new("grt_x".to_owned()),
            access_token: None,
            expires_at: 1,
            scope: String::new(),
            session_id: String::new(),
        };
        one.write("ada", &entry).await.unwrap();
        assert_eq!(other.read("ada").await.unwrap(), Some(entry));
        other.forget("ada").await.unwrap();
        assert_eq!(one.read("ada").await.unwrap(), None);
    }
}
