//! Who is signed in on this machine, where, and which store keeps whose tokens? A list without secrets.

use std::fs;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::failure::{Code, Failure};
use crate::files;
use crate::reason;
use crate::settings::{Folders, Settings};
use crate::token_store::StoreKind;

/// It is held for as long as a small file takes to write.
const LOCK_WAIT: Duration = Duration::from_secs(10);

/// One sign-in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// What its user calls it.
    pub name: String,
    /// What it was first called: its entry in the store keeps that name.
    pub id: String,
    /// The server.
    pub issuer: String,
    /// The client that holds its session.
    pub client_id: String,
    /// Who signed in.
    pub username: String,
    /// Where its tokens are.
    pub store: StoreKind,
    /// Why its session ended, once the server has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
}

impl Account {
    /// Its name in a store and of its lock: one session of one client at one server.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{}|{}|{}", self.issuer, self.client_id, self.id)
    }

    /// That its session has ended.
    #[must_use]
    pub fn ended_failure(&self, reason: &str) -> Failure {
        Failure::new(Code::SignIn, format!("`{}` is signed out", self.name))
            .reason(Some(reason))
            .detail(reason::told(reason))
            .hint(format!("sign in again: grant login {} --account {}", self.issuer, self.name))
    }
}

/// All of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts {
    /// The one that is meant when none is named.
    pub active: Option<String>,
    /// In the order of their sign-ins.
    pub accounts: Vec<Account>,
}

impl Accounts {
    /// Where the list is.
    #[must_use]
    pub fn path(folders: &Folders) -> PathBuf {
        folders.state.join("accounts.json")
    }

    /// Reads the list.
    ///
    /// # Errors
    /// A file that cannot be read, or is none of ours.
    pub fn read(folders: &Folders) -> Result<Self, Failure> {
        let path = Self::path(folders);
        let failed = |error: &dyn std::fmt::Display| {
            Failure::new(Code::Other, format!("the list of accounts, {}, cannot be read: {error}", path.display()))
                .hint("mend it, or move it away and sign in again")
        };
        // What is no file may never end.
        if fs::metadata(&path).is_ok_and(|there| !there.is_file()) {
            return Err(failed(&"it is no file"));
        }
        match fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text).map_err(|error| failed(&error)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(failed(&error)),
        }
    }

    /// Changes the list as it is now, alone.
    ///
    /// # Errors
    /// What the change says, or a list that cannot be read or written.
    pub async fn change<T>(
        folders: &Folders,
        change: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let _alone = files::lock(&folders.state.join("locks/accounts.lock"), LOCK_WAIT).await?;
        let before = Self::read(folders)?;
        let mut accounts = before.clone();
        let value = change(&mut accounts)?;
        if accounts != before {
            let path = Self::path(folders);
            let written = serde_json::to_vec_pretty(&accounts)
                .map_err(std::io::Error::from)
                .and_then(|text| files::replace(&path, &text));
            written.map_err(|error| {
                Failure::new(Code::Other, format!("{} cannot be written: {error}", path.display()))
                    .hint("make its folder writable")
            })?;
        }
        Ok(value)
    }

    /// The account of this name.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Account> {
        self.accounts.iter().find(|account| account.name == name)
    }

    /// The account of this name, or that there is none.
    ///
    /// # Errors
    /// No such account.
    pub fn expect_named(&self, name: &str) -> Result<&Account, Failure> {
        self.named(name).ok_or_else(|| {
            let known = self.accounts.iter().map(|account| account.name.as_str()).collect::<Vec<_>>().join(", ");
            let failure = Failure::usage(format!("there is no account `{name}`"));
            if known.is_empty() {
                failure.hint("sign in first: grant login")
            } else {
                failure.hint(format!("accounts are {known}"))
            }
        })
    }

    /// Whom a command means: who is named, else the active one.
    ///
    /// # Errors
    /// Nobody is signed in, or nobody of that name.
    pub fn chosen(&self, named: Option<&str>, settings: &Settings) -> Result<&Account, Failure> {
        if let Some(name) = named.or(settings.account.as_deref()) {
            return self.expect_named(name);
        }
        let active = self.active.as_deref().and_then(|name| self.named(name));
        active.ok_or_else(|| {
            if self.accounts.is_empty() {
                Failure::new(Code::SignIn, "nobody is signed in").hint("sign in first: grant login")
            } else {
                Failure::new(Code::SignIn, "no account is active").hint("choose one: grant accounts use NAME")
            }
        })
    }

    /// Adds an account or replaces the one of its name, and makes it the active one.
    pub fn put(&mut self, account: Account) {
        self.active = Some(account.name.clone());
        match self.accounts.iter_mut().find(|other| other.name == account.name) {
            Some(other) => *other = account,
            None => self.accounts.push(account),
        }
    }

    /// Takes an account away; the newest of the others is active then.
    pub fn remove(&mut self, name: &str) {
        self.accounts.retain(|account| account.name != name);
        if self.active.as_deref() == Some(name) {
            self.active = self.accounts.last().map(|account| account.name.clone());
        }
    }

    /// Notes why an account's session ended, or that it has one again.
    pub fn mark(&mut self, key: &str, reason: Option<&str>) {
        for account in self.accounts.iter_mut().filter(|account| account.key() == key) {
            account.ended = reason.map(str::to_owned);
        }
    }
}
