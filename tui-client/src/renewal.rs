//! How do many processes share one refresh token? Who needs a newer access token waits for a lock, looks again, and only then asks.

use std::fmt;
use std::fs::File;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tracing::trace;

use crate::accounts::{Account, Accounts};
use crate::clock;
use crate::failure::{Code, Failure, plain};
use crate::files;
use crate::journal::{self, Outcome};
use crate::jwt;
use crate::oauth::{Answer, Issuer, NoTokens, Server, Tokens};
use crate::reason;
use crate::secret::Secret;
use crate::settings::Folders;
use crate::token_store::{Entry, TokenStore};

/// Longer than the two answers that the holder may wait for.
const LOCK_WAIT: Duration = Duration::from_secs(30);
/// A renewal that nothing calls for comes no sooner after another.
const FORCED_APART: i64 = 10;

/// What an access token is wanted for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish {
    /// It has so many seconds left at least.
    pub min_ttl: Option<i64>,
    /// It is a new one.
    pub new: bool,
}

/// An access token, and what is to be said about it.
#[derive(Debug)]
pub struct Held {
    /// The access token.
    pub access_token: Secret,
    /// When it ends, in Unix seconds of this machine.
    pub expires_at: i64,
    /// What it covers.
    pub scope: String,
    /// What its user should know.
    pub warning: Option<Warning>,
}

/// Why a token is not as new as it was wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Warning {
    /// Another was fetched but a moment ago.
    JustRenewed,
    /// The server is away: what it said, and how many seconds the token still has.
    Away(String, i64),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::JustRenewed => f.write_str("the token was renewed a moment ago; here is that one"),
            Self::Away(why, left) => write!(f, "{why}; the token still lives for {}", clock::span(*left)),
        }
    }
}

/// An account with its store and its server.
#[derive(Clone)]
pub struct Keeper {
    folders: Folders,
    account: Account,
    store: TokenStore,
    server: Server,
    /// What was fetched last: a store may have had no room for the access token.
    fetched: Arc<Mutex<Option<Entry>>>,
}

/// The entry that an answer makes.
#[must_use]
pub fn entry_of(tokens: Tokens) -> Entry {
    Entry {
        session_id: plain(&jwt::text_claim(tokens.access_token.expose(), "sid").unwrap_or_default()),
        refresh_token: tokens.refresh_token,
        access_token: Some(tokens.access_token),
        expires_at: tokens.expires_at,
        scope: tokens.scope,
    }
}

/// Waits until no other process renews this account's tokens.
///
/// # Errors
/// Somebody holds it for too long.
pub async fn lock(folders: &Folders, key: &str) -> Result<File, Failure> {
    let path = folders.state.join("locks").join(files::name_of(key)).with_extension("lock");
    files::lock(&path, LOCK_WAIT).await
}

impl Keeper {
    /// Of this account.
    ///
    /// # Errors
    /// An account whose issuer is none.
    pub fn new(folders: &Folders, account: &Account) -> Result<Self, Failure> {
        let store = TokenStore::new(account.store, folders);
        let server = Server::new(Issuer::parse(&account.issuer)?)?;
        Ok(Self { folders: folders.clone(), account: account.clone(), store, server, fetched: Arc::default() })
    }

    /// The same store and server, for what the account has become.
    #[must_use]
    pub fn with(&self, account: &Account) -> Self {
        Self { account: account.clone(), ..self.clone() }
    }

    /// Whose it is.
    #[must_use]
    pub const fn account(&self) -> &Account {
        &self.account
    }

    /// Its server.
    #[must_use]
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Its store.
    #[must_use]
    pub const fn store(&self) -> &TokenStore {
        &self.store
    }

    /// What is kept of it now.
    ///
    /// # Errors
    /// A store that cannot be used, or one that has nothing.
    pub async fn entry(&self) -> Result<Entry, Failure> {
        let entry = self.store.read(&self.account.key()).await?.ok_or_else(|| {
            Failure::new(
                Code::SignIn,
                format!("the {} has no tokens of `{}`", self.store.kind().as_str(), self.account.name),
            )
            .hint(format!("sign in again: grant login {} --account {}", self.account.issuer, self.account.name))
        })?;
        let fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        let same = fetched.as_ref().filter(|fetched| fetched.refresh_token == entry.refresh_token);
        Ok(if entry.access_token.is_none() { same.cloned().unwrap_or(entry) } else { entry })
    }

    /// An access token that does.
    ///
    /// # Errors
    /// The session has ended (4), the server is away and the old token will not do (3), the store is (7), or the wish is for more than
    /// the server gives (2).
    pub async fn token(&self, wish: Wish) -> Result<Held, Failure> {
        if let Some(reason) = &self.account.ended {
            return Err(self.account.ended_failure(reason));
        }
        self.token_of(&self.entry().await?, wish).await
    }

    /// As [`Self::token`], for a caller who has just read what is kept.
    ///
    /// # Errors
    /// Those of [`Self::token`].
    pub async fn token_of(&self, seen: &Entry, wish: Wish) -> Result<Held, Failure> {
        if !wish.new
            && let Some(held) = will_do(seen, wish)?
        {
            return Ok(held);
        }
        let _alone = lock(&self.folders, &self.account.key()).await?;
        // Whoever had the lock before may have done what we came for.
        let entry = self.entry().await?;
        let renewed_meanwhile = entry.access_token != seen.access_token;
        if (!wish.new || renewed_meanwhile)
            && let Some(held) = will_do(&entry, wish)?
        {
            return Ok(held);
        }
        if wish.new
            && is_recent(&entry)
            && let Some(mut held) = as_is(&entry)
        {
            held.warning = Some(Warning::JustRenewed);
            return Ok(held);
        }
        self.renew(entry, wish).await
    }

    /// Asks the server for something with a token that lives; a 401 is followed by one renewal and one more try. What it answers is for
    /// the caller to judge; the warning of a token that could not be renewed comes with it.
    ///
    /// # Errors
    /// There is no token to ask with, or the server is away.
    pub async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(Answer, Option<Warning>), Failure> {
        if let Some(reason) = &self.account.ended {
            return Err(self.account.ended_failure(reason));
        }
        let (answer, held) = self.ask_from(&self.entry().await?, method, path, body).await?;
        Ok((answer, held.warning))
    }

    /// The same for whoever has read the entry already; with the token that was asked with.
    ///
    /// # Errors
    /// Those of [`Self::ask`].
    pub async fn ask_from(
        &self,
        seen: &Entry,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<(Answer, Held), Failure> {
        let held = self.token_of(seen, Wish::default()).await?;
        let answer = self.server.ask(method.clone(), path, &held.access_token, body).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok((answer, held));
        }
        let renewed = self.token(Wish { new: true, ..Wish::default() }).await?;
        if renewed.access_token == held.access_token {
            return Ok((answer, held));
        }
        Ok((self.server.ask(method, path, &renewed.access_token, body).await?, renewed))
    }

    /// What a 401 says: the reason for which the session has ended.
    ///
    /// # Errors
    /// It may be about the access token alone, which nobody may renew as yet: another try helps (3).
    pub fn end_of(&self, answer: &Answer) -> Result<String, Failure> {
        match answer.reason() {
            Some(reason) if reason::ends_session(&reason) => Ok(reason),
            _ => {
                let failure = Failure { code: Code::Away, ..self.server.failure_of(answer) };
                Err(failure
                    .hint(format!("try again in {FORCED_APART} seconds; if it stays so, sign in again: grant login")))
            }
        }
    }

    async fn renew(&self, entry: Entry, wish: Wish) -> Result<Held, Failure> {
        let renewed = self.try_renewal(entry, wish).await;
        let outcome = match &renewed {
            Ok(held) if held.warning.is_none() => Outcome::Renewed,
            Err(failure) if failure.code == Code::SignIn => Outcome::Ended,
            _ => Outcome::Failed,
        };
        journal::note(&self.folders, &self.account.key(), outcome);
        renewed
    }

    async fn try_renewal(&self, entry: Entry, wish: Wish) -> Result<Held, Failure> {
        match self.server.refresh(&entry.refresh_token).await {
            Ok(tokens) => self.keep(entry_of(tokens), wish).await,
            Err(NoTokens::Ended(reason)) => self.after_end(&entry, wish, &reason).await,
            Err(NoTokens::Unknown(failure)) => {
                let particular = wish.new || wish.min_ttl.is_some();
                let Some(mut held) = as_is(&entry).filter(|_| !particular && failure.code == Code::Away) else {
                    return Err(failure);
                };
                held.warning = Some(Warning::Away(failure.error, entry.left(clock::now_millis()) / 1000));
                Ok(held)
            }
        }
    }

    /// A token that was not kept is not used either: unused, the server will give it once more.
    async fn keep(&self, entry: Entry, wish: Wish) -> Result<Held, Failure> {
        self.store.write(&self.account.key(), &entry).await?;
        *self.fetched.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry.clone());
        judge_life(&entry, wish)?;
        let held = as_is(&entry).ok_or_else(|| {
            Failure::new(Code::Other, "the server gives tokens that have ended already").hint("look at both clocks")
        })?;
        let left = entry.left(clock::now_millis());
        match wish.min_ttl {
            // A token that does not say for how long it was issued is judged by what it has.
            Some(wanted) if left < wanted.saturating_mul(1000) => Err(too_long(wanted, left / 1000)),
            _ => Ok(held),
        }
    }

    /// Before anything is given up it is read once more: another program may have renewed it without our lock.
    async fn after_end(&self, sent: &Entry, wish: Wish, reason: &str) -> Result<Held, Failure> {
        let entry = self.entry().await?;
        let mut reason = reason.to_owned();
        if entry.refresh_token != sent.refresh_token {
            if let Some(held) = will_do(&entry, wish)? {
                return Ok(held);
            }
            match self.server.refresh(&entry.refresh_token).await {
                Ok(tokens) => return self.keep(entry_of(tokens), wish).await,
                Err(NoTokens::Unknown(failure)) => return Err(failure),
                Err(NoTokens::Ended(newer)) => reason = newer,
            }
        }
        let key = self.account.key();
        Accounts::change(&self.folders, |accounts| {
            accounts.mark(&key, Some(&reason));
            Ok(())
        })
        .await?;
        Err(self.account.ended_failure(&reason))
    }
}

/// The token of an entry, when it lives and is not due, nor shorter than it is wanted.
fn will_do(entry: &Entry, wish: Wish) -> Result<Option<Held>, Failure> {
    let left = entry.left(clock::now_millis());
    if left > 0 {
        judge_life(entry, wish)?;
    }
    let enough = wish.min_ttl.map_or_else(|| jittered(entry.due_at()), |seconds| seconds.saturating_mul(1000));
    trace!(left, enough, "the token at hand, in milliseconds");
    Ok(if left > enough { as_is(entry) } else { None })
}

/// Nobody can be given a token that lives for longer than those that the server makes, nor for as long.
fn judge_life(entry: &Entry, wish: Wish) -> Result<(), Failure> {
    match (wish.min_ttl, entry.life()) {
        // A moment later the newest one has less than its whole life.
        (Some(wanted), Some(life)) if wanted >= life => Err(too_long(wanted, life)),
        _ => Ok(()),
    }
}

fn too_long(wanted: i64, life: i64) -> Failure {
    Failure::usage(format!("no token has {wanted} s left: this server's live for {life} s"))
        .hint(format!("ask for less than {life}"))
}

/// The token of an entry, while it lives.
fn as_is(entry: &Entry) -> Option<Held> {
    let access_token = entry.access_token.clone().filter(|_| entry.left(clock::now_millis()) > 0)?;
    Some(Held { access_token, expires_at: entry.expires_at, scope: entry.scope.clone(), warning: None })
}

/// Whether it was renewed so lately that another renewal would only wear it out.
fn is_recent(entry: &Entry) -> bool {
    let issued_at = entry.life().map(|life| entry.expires_at.saturating_sub(life));
    issued_at.is_some_and(|at| (0..FORCED_APART).contains(&clock::now().saturating_sub(at)))
}

/// A tenth more or less, so that processes that began together do not come back together.
fn jittered(millis: i64) -> i64 {
    let chance = RandomState::new().hash_one(0) % 201;
    millis.saturating_mul(900 + i64::try_from(chance).unwrap_or_default()) / 1000
}
