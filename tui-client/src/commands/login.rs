//! `grant login`: sign in with a name and a password, and keep the tokens.

use std::path::PathBuf;

use clap::Args;
use grant::accounts::{Account, Accounts};
use grant::failure::{Code, Failure};
use grant::oauth::{CLIENT_ID, Issuer, Server};
use grant::renewal;
use grant::secret::Secret;
use grant::settings::variable;
use grant::token_store::{Entry, StoreKind, TokenStore};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Context, Done, ask_line, complain, read_secret, say_json, status, warn};

#[derive(Args)]
pub struct Login {
    /// The server [default: the one of the settings or of the active account]
    issuer: Option<String>,
    /// Who signs in: a username or an e-mail address
    #[arg(short, long, value_name = "NAME")]
    username: Option<String>,
    /// Read the password from standard input
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from a file
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Where to keep the tokens: auto, keyring, session (gone at restart) or file
    #[arg(long, value_name = "STORE")]
    store: Option<String>,
}

pub async fn login(context: &Context, login: &Login) -> Done {
    let folders = &context.settings.folders;
    let accounts = Accounts::read(folders)?;
    let issuer = issuer(context, login, &accounts)?;
    let store = TokenStore::new(kind(context, login, &accounts, &issuer)?, folders);
    let unattended = login.password_stdin || login.password_file.is_some();
    let asks = !unattended || login.username.is_none();
    if asks && !context.may_ask() {
        return Err(Failure::usage("there is no terminal to ask for a name and a password")
            .hint("give --username NAME and --password-stdin or --password-file FILE"));
    }
    if variable("GRANT_TOKEN").is_some() {
        warn("GRANT_TOKEN is set and wins over what is signed in here");
    }
    store.probe().await?;
    let server = Server::new(issuer)?;
    server.check().await?;
    let username = match &login.username {
        Some(name) => name.clone(),
        None => ask_line("Username: ")?,
    };
    let password = password(login, &username, &server)?;
    let tokens = server.sign_in(&username, &password).await?;
    let entry = renewal::entry_of(tokens);
    let username = user_of(&server, &entry).await.unwrap_or(username);
    let account = keep(context, &server, &store, username, &entry).await?;
    report(context, &account, &entry)
}

fn issuer(context: &Context, login: &Login, accounts: &Accounts) -> Result<Issuer, Failure> {
    let known = || {
        let name = context.account.as_deref().or(accounts.active.as_deref())?;
        accounts.named(name).map(|account| account.issuer.clone())
    };
    let typed = login.issuer.clone().or_else(|| context.settings.issuer.clone()).or_else(known);
    match typed {
        Some(typed) => Issuer::parse(&typed),
        None if context.may_ask() => Issuer::parse(&ask_line("Server: ")?),
        None => Err(Failure::usage("sign in to which server?").hint("for example: grant login https://id.example.org")),
    }
}

/// Which store: named, settled, or the one that the account had.
fn kind(context: &Context, login: &Login, accounts: &Accounts, issuer: &Issuer) -> Result<StoreKind, Failure> {
    let named = login.store.as_ref().or(context.settings.store.as_ref());
    let name = context.account.as_ref().or(login.username.as_ref());
    let had = name.and_then(|name| accounts.named(name)).filter(|account| account.issuer == issuer.as_str());
    match (named, had) {
        (Some(name), _) => StoreKind::parse(name),
        (None, Some(account)) => Ok(account.store),
        (None, None) => StoreKind::parse("auto"),
    }
}

fn password(login: &Login, username: &str, server: &Server) -> Result<Secret, Failure> {
    let password = if login.password_stdin || login.password_file.is_some() {
        read_secret(login.password_file.as_deref())?
    } else {
        let prompt = format!("Password of {username} at {}: ", server.issuer().host());
        let typed = rpassword::prompt_password(prompt);
        Secret::new(typed.map_err(|error| Failure::new(Code::Other, format!("the terminal cannot be read: {error}")))?)
    };
    if password.expose().is_empty() || username.is_empty() {
        return Err(Failure::usage("a name and a password are needed, and one is empty"));
    }
    Ok(password)
}

/// What the server calls who signed in, perhaps by an e-mail address.
async fn user_of(server: &Server, entry: &Entry) -> Option<String> {
    let answer = server.ask(Method::GET, "/api/v1/me", entry.access_token.as_ref()?, None).await.ok()?;
    answer.json()?.get("username").and_then(Value::as_str).map(str::to_owned)
}

/// Keeps what was given, and ends what it replaces.
async fn keep(
    context: &Context,
    server: &Server,
    store: &TokenStore,
    username: String,
    entry: &Entry,
) -> Result<Account, Failure> {
    let folders = &context.settings.folders;
    let mut account = Account {
        name: String::new(),
        id: String::new(),
        issuer: server.issuer().as_str().to_owned(),
        client_id: CLIENT_ID.to_owned(),
        username,
        store: store.kind(),
        ended: None,
    };
    let kept = async {
        let replaced = name(&mut account, context, server.issuer(), &Accounts::read(folders)?)?;
        let _alone = renewal::lock(folders, &account.key()).await?;
        let mut old_entry = None;
        if let Some(old) = replaced {
            let old_store = TokenStore::new(old.store, folders);
            old_entry = old_store.read(&old.key()).await.unwrap_or_default();
            if old.store != account.store && old_store.forget(&old.key()).await.is_err() {
                warn(format!("the {} still has the tokens of the session before", old.store.as_str()));
            }
        }
        store.write(&account.key(), entry).await?;
        let listed = account.clone();
        Accounts::change(folders, |accounts| {
            accounts.put(listed);
            Ok(())
        })
        .await?;
        Ok(old_entry)
    };
    match kept.await {
        Ok(old) => {
            // Nobody has it any more: it ends now rather than when it is forgotten.
            if let Some(old) = old.filter(|old| old.session_id != entry.session_id) {
                let _ = server.revoke(&old.refresh_token).await;
            }
            Ok(account)
        }
        Err(failure) => {
            let _ = server.revoke(&entry.refresh_token).await;
            Err(failure)
        }
    }
}

/// Names the account, and finds the one that it replaces.
fn name(
    account: &mut Account,
    context: &Context,
    issuer: &Issuer,
    accounts: &Accounts,
) -> Result<Option<Account>, Failure> {
    let elsewhere = |name: &str| accounts.named(name).is_some_and(|other| other.issuer != issuer.as_str());
    account.name = match &context.account {
        Some(name) if elsewhere(name) => {
            return Err(Failure::usage(format!("`{name}` is an account of another server")).hint("choose another name"));
        }
        Some(name) => name.clone(),
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

fn report(context: &Context, account: &Account, entry: &Entry) -> Done {
    if context.json {
        let row = status::row(account, "store", "valid", Some(entry), None, true);
        say_json(&json!({ "schema": 1, "accounts": [row] }))?;
    } else {
        let (name, issuer, store) = (&account.name, &account.issuer, account.store.as_str());
        complain(&format!(
            "signed in to {issuer} as {}: account `{name}`, tokens in the {store} store",
            account.username
        ));
    }
    Ok(0)
}
