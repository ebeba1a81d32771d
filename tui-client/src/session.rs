//! How does a session begin and end on this machine? Its tokens are kept or given back; its account is listed or forgotten.

use reqwest::Method;
use serde_json::Value;

use crate::accounts::{Account, Accounts};
use crate::failure::{Failure, plain};
use crate::oauth::{CLIENT_ID, Issuer, Server};
use crate::reason;
use crate::renewal::{self, Keeper, Wish};
use crate::secret::Secret;
use crate::settings::Folders;
use crate::token_store::{Entry, StoreKind, TokenStore};

/// A session that has begun.
#[derive(Debug)]
pub struct Begun {
    /// Whose.
    pub account: Account,
    /// Its tokens, as they are kept.
    pub entry: Entry,
    /// What its user should know.
    pub warning: Option<String>,
}

/// How far a sign-out reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// This machine forgets; the session lives on at the server.
    Here,
    /// The session ends.
    Session,
    /// All sessions of the user end.
    Everywhere,
}

/// Signs in with a name and a password, and keeps what is given: under this label, else under the user's name. What it replaces ends.
///
/// # Errors
/// Those of [`Server::sign_in`], a label that belongs to another server (2), or a store that cannot be used (7).
pub async fn begin(
    folders: &Folders,
    server: &Server,
    store: &TokenStore,
    label: Option<&str>,
    username: &str,
    password: &Secret,
) -> Result<Begun, Failure> {
    let entry = renewal::entry_of(server.sign_in(username, password).await?);
    let username = user_of(server, &entry).await.unwrap_or_else(|| username.to_owned());
    let account = Account {
        name: String::new(),
        id: String::new(),
        issuer: server.issuer().as_str().to_owned(),
        client_id: CLIENT_ID.to_owned(),
        username,
        store: store.kind(),
        ended: None,
    };
    match keep(folders, account, store, label, server.issuer(), &entry).await {
        Ok((account, old, warning)) => {
            // Nobody has it any more: it ends now rather than when it is forgotten.
            if let Some(old) = old.filter(|old| old.session_id != entry.session_id) {
                let _ = server.revoke(&old.refresh_token).await;
            }
            Ok(Begun { account, entry, warning })
        }
        Err(failure) => {
            let _ = server.revoke(&entry.refresh_token).await;
            Err(failure)
        }
    }
}

/// What the server calls who signed in, perhaps by an e-mail address.
async fn user_of(server: &Server, entry: &Entry) -> Option<String> {
    let answer = server.ask(Method::GET, "/api/v1/me", entry.access_token.as_ref()?, None).await.ok()?;
    answer.json()?.get("username").and_then(Value::as_str).map(plain)
}

/// Keeps what was given; hands over the entry that it replaces.
async fn keep(
    folders: &Folders,
    mut account: Account,
    store: &TokenStore,
    label: Option<&str>,
    issuer: &Issuer,
    entry: &Entry,
) -> Result<(Account, Option<Entry>, Option<String>), Failure> {
    if account.store == StoreKind::Memory {
        // Nobody else can use it: it stands in no list, and replaces none of those that do.
        name(&mut account, label, issuer, &Accounts::read(folders)?)?;
        account.id.push_str(" in memory");
        store.write(&account.key(), entry).await?;
        return Ok((account, None, None));
    }
    // Of two sign-ins side by side the second one sees what the first has listed: neither takes the other's name, nor loses its tokens.
    let _one_by_one = renewal::lock(folders, "sign-in").await?;
    let replaced = name(&mut account, label, issuer, &Accounts::read(folders)?)?;
    let _alone = renewal::lock(folders, &account.key()).await?;
    let (mut old_entry, mut warning) = (None, None);
    if let Some(old) = replaced {
        let old_store = TokenStore::new(old.store, folders);
        old_entry = old_store.read(&old.key()).await.unwrap_or_default();
        if old.store != account.store && old_store.forget(&old.key()).await.is_err() {
            warning = Some(format!("the {} still has the tokens of the session before", old.store.as_str()));
        }
    }
    store.write(&account.key(), entry).await?;
    let listed = account.clone();
    Accounts::change(folders, |accounts| {
        accounts.put(listed);
        Ok(())
    })
    .await?;
    Ok((account, old_entry, warning))
}

/// Names the account, and finds the one that it replaces.
fn name(
    account: &mut Account,
    label: Option<&str>,
    issuer: &Issuer,
    accounts: &Accounts,
) -> Result<Option<Account>, Failure> {
    let elsewhere = |name: &str| accounts.named(name).is_some_and(|other| other.issuer != issuer.as_str());
    account.name = match label {
        Some(name) if elsewhere(name) => {
            return Err(Failure::usage(format!("`{name}` is an account of another server")).hint("choose another name"));
        }
        Some(name) => name.to_owned(),
        None if elsewhere(&account.username) => format!("{}@{}", account.username, issuer.host()),
        None => account.username.clone(),
    };
    let replaced = accounts.named(&account.name).cloned();
    account.id = replaced.as_ref().map_or_else(|| account.name.clone(), |old| old.id.clone());
    // An account that was renamed still keeps its tokens under the name that it had.
    while accounts.accounts.iter().any(|other| other.name != account.name && other.key() == account.key()) {
        account.id.push('+');
    }
    Ok(replaced)
}

/// Signs an account out, and forgets it on this machine. What its user should know of a server that was not told comes back.
///
/// # Errors
/// A store that cannot be emptied (7), or a server that cannot be asked to end all sessions (3).
pub async fn end(folders: &Folders, account: &Account, reach: Reach) -> Result<Option<String>, Failure> {
    let keeper = Keeper::new(folders, account)?;
    let lives = account.ended.is_none();
    let warning = match reach {
        Reach::Everywhere if lives => {
            let held = keeper.token(Wish::default()).await?;
            let answer = keeper.server().ask(Method::DELETE, "/api/v1/me/sessions", &held.access_token, None).await?;
            // Another account of the same user may have just done it.
            let done = answer.reason().as_deref() == Some("signed_out_everywhere");
            if !answer.status.is_success() && !done {
                return Err(keeper.server().failure_of(&answer));
            }
            None
        }
        Reach::Session if lives => revoke(folders, &keeper).await?,
        _ => None,
    };
    forget(folders, account).await?;
    Ok(warning)
}

/// Ends the session; a server that is away, or says no, keeps nobody from forgetting.
async fn revoke(folders: &Folders, keeper: &Keeper) -> Result<Option<String>, Failure> {
    let key = keeper.account().key();
    // A renewal that is under way is waited for: what it fetches belongs to the same session.
    let _alone = renewal::lock(folders, &key).await?;
    let entry = match keeper.store().read(&key).await {
        Ok(Some(entry)) => entry,
        Ok(None) => return Ok(None),
        // A store that is away is told again where it cannot be emptied.
        Err(failure) => {
            return Ok(Some(format!("{}; the session could not be ended at the server", failure.error)));
        }
    };
    match keeper.server().revoke(&entry.refresh_token).await {
        Ok(()) => Ok(None),
        // Over there already, which is as good as ended.
        Err(failure) if failure.reason.as_deref().and_then(reason::sentence).is_some() => Ok(None),
        // Whoever answered, perhaps something on the way, did not end it.
        Err(failure) => Ok(Some(format!(
            "{}; the session lives on there until it is ended or has been idle for long",
            failure.error
        ))),
    }
}

/// Forgets an account and its tokens on this machine.
///
/// # Errors
/// A store or a list that cannot be written.
pub async fn forget(folders: &Folders, account: &Account) -> Result<(), Failure> {
    let _alone = renewal::lock(folders, &account.key()).await?;
    TokenStore::new(account.store, folders).forget(&account.key()).await?;
    if account.store == StoreKind::Memory {
        return Ok(());
    }
    Accounts::change(folders, |accounts| {
        accounts.remove(&account.name);
        Ok(())
    })
    .await
}
