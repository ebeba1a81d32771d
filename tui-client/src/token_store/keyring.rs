//! How do tokens get into the keyring of this machine? Through its Secret Service, or the kernel's keyring of this session.

use std::collections::HashMap;
use std::sync::Arc;

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

impl Keyring {
    #[cfg(target_os = "linux")]
    pub(super) fn open(kind: StoreKind) -> Result<Self, Problem> {
        let store: Arc<CredentialStore> = match kind {
            StoreKind::Session => linux_keyutils_keyring_store::Store::new().map_err(|error| problem(&error))?,
            _ => zbus_secret_service_keyring_store::Store::new().map_err(|error| problem(&error))?,
        };
        Ok(Self { store, kind })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn open(_: StoreKind) -> Result<Self, Problem> {
        Err(Problem("this program knows no keyring of this system".to_owned()))
    }

    fn entry(&self, account: &str) -> Result<keyring_core::Entry, Problem> {
        let label = format!("Grantd: {account}");
        let modifiers = HashMap::from([("label", label.as_str())]);
        let modifiers = (self.kind == StoreKind::Keyring).then_some(&modifiers);
        self.store.build(SERVICE, account, modifiers).map_err(|error| problem(&error))
    }

    pub(super) fn read(&self, account: &str) -> Result<Option<Secret>, Problem> {
        let entry = self.entry(account)?;
        let read = match entry.get_password() {
            // Another process may be replacing it at this moment.
            Err(Error::NoEntry) => entry.get_password(),
            read => read,
        };
        match read {
            Ok(text) => Ok(Some(Secret::new(text))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(problem(&error)),
        }
    }

    pub(super) fn write(&self, account: &str, text: &Secret) -> Result<(), Problem> {
        self.entry(account)?.set_password(text.expose()).map_err(|error| problem(&error))
    }

    pub(super) fn forget(&self, account: &str) -> Result<(), Problem> {
        match self.entry(account)?.delete_credential() {
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
