//! How do tokens get into the keyring of this machine? Through what its system has: the Secret Service and the kernel's keyring on Linux,
//! the Keychain on macOS, the Credential Manager on Windows.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use keyring_core::{CredentialStore, Error};

use super::{Problem, StoreKind};
use crate::failure::root_cause;
use crate::secret::Secret;

/// What all our entries have in common.
const SERVICE: &str = "grantd";

/// An open keyring.
pub struct Keyring {
    store: Arc<CredentialStore>,
    kind: StoreKind,
}

/// The keyrings of this process, each opened by the first call that needs it.
static KEYRING: Mutex<Option<Arc<Keyring>>> = Mutex::new(None);
static SESSION: Mutex<Option<Arc<Keyring>>> = Mutex::new(None);

/// Does something with the keyring of this kind: the one that all calls of this process share. After a call that failed the next one
/// opens it anew, since it may have been started again meanwhile.
pub(super) fn with_open<T>(kind: StoreKind, work: impl FnOnce(&Keyring) -> Result<T, Problem>) -> Result<T, Problem> {
    let slot = if kind == StoreKind::Session { &SESSION } else { &KEYRING };
    let slot = || slot.lock().unwrap_or_else(PoisonError::into_inner);
    let keyring = {
        let mut open = slot();
        match &*open {
            Some(keyring) => Arc::clone(keyring),
            None => Arc::clone(open.insert(Arc::new(Keyring::open(kind)?))),
        }
    };
    let done = work(&keyring);
    if done.is_err() {
        *slot() = None;
    }
    done
}

impl Keyring {
    #[cfg(target_os = "linux")]
    fn open(kind: StoreKind) -> Result<Self, Problem> {
        let store: Arc<CredentialStore> = match kind {
            StoreKind::Session => linux_keyutils_keyring_store::Store::new().map_err(|error| problem(&error))?,
            _ => zbus_secret_service_keyring_store::Store::new().map_err(|error| problem(&error))?,
        };
        Ok(Self { store, kind })
    }

    #[cfg(target_os = "macos")]
    fn open(kind: StoreKind) -> Result<Self, Problem> {
        if kind == StoreKind::Session {
            return Err(Problem("macOS has none".to_owned()));
        }
        let store = apple_native_keyring_store::keychain::Store::new().map_err(|error| problem(&error))?;
        Ok(Self { store, kind })
    }

    #[cfg(windows)]
    fn open(kind: StoreKind) -> Result<Self, Problem> {
        let store = windows_native_keyring_store::Store::new().map_err(|error| problem(&error))?;
        Ok(Self { store, kind })
    }

    #[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
    fn open(_: StoreKind) -> Result<Self, Problem> {
        Err(Problem("this program knows no keyring of this system".to_owned()))
    }

    /// Opens an entry, and does something with it while no other thread of ours is at one: the Credential Manager keeps no order
    /// between threads.
    fn with<T>(&self, account: &str, work: impl FnOnce(&keyring_core::Entry) -> Result<T, Error>) -> Result<T, Error> {
        static ALONE: Mutex<()> = Mutex::new(());
        let _alone = cfg!(windows).then(|| ALONE.lock().unwrap_or_else(PoisonError::into_inner));
        let label = format!("Grantd: {account}");
        let modifiers = match self.kind {
            // Tokens stay on this machine, or with this sign-in to it, when the user's profile travels.
            StoreKind::Session if cfg!(windows) => Some(("persistence", "session")),
            _ if cfg!(windows) => Some(("persistence", "local")),
            StoreKind::Keyring if cfg!(target_os = "linux") => Some(("label", label.as_str())),
            _ => None,
        };
        let modifiers = modifiers.map(|modifier| HashMap::from([modifier]));
        work(&self.store.build(SERVICE, account, modifiers.as_ref())?)
    }

    pub(super) fn read(&self, account: &str) -> Result<Option<Secret>, Problem> {
        let read = self.with(account, |entry| match entry.get_secret() {
            // Another process may be replacing it at this moment.
            Err(Error::NoEntry) => entry.get_secret(),
            read => read,
        });
        match read {
            // What is no text is damaged, which is told as such.
            Ok(bytes) => Ok(Some(Secret::new(String::from_utf8(bytes).unwrap_or_default()))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(problem(&error)),
        }
    }

    /// As bytes: as a password Windows would take half as many.
    pub(super) fn write(&self, account: &str, text: &Secret) -> Result<(), Problem> {
        self.with(account, |entry| entry.set_secret(text.expose().as_bytes())).map_err(|error| problem(&error))
    }

    pub(super) fn forget(&self, account: &str) -> Result<(), Problem> {
        match self.with(account, keyring_core::Entry::delete_credential) {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(problem(&error)),
        }
    }
}

/// What a keyring says when it cannot: never with what was in it.
fn problem(error: &Error) -> Problem {
    Problem(match error {
        Error::NoStorageAccess(cause) => format!("it is locked ({})", root_cause(cause.as_ref())),
        Error::PlatformFailure(cause) => format!("it cannot be reached ({})", root_cause(cause.as_ref())),
        Error::TooLong(_, limit) => format!("it takes {limit} bytes, too few"),
        Error::Ambiguous(_) => "it has several entries of the same name".to_owned(),
        Error::BadEncoding(_) | Error::BadDataFormat(..) => "its entry is damaged".to_owned(),
        other => other.to_string(),
    })
}
