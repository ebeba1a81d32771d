//! `grant login`: sign in with a name and a password, and keep the tokens.

use std::path::PathBuf;

use clap::Args;
use grant::accounts::{Account, Accounts};
use grant::failure::{Code, Failure};
use grant::oauth::{Issuer, Server};
use grant::secret::Secret;
use grant::session;
use grant::settings::variable;
use grant::token_store::{Entry, StoreKind, TokenStore};
use serde_json::json;

use super::{Context, Done, ask_line, ask_secret, complain, read_secret, say_json, status, warn};

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
    /// Read the password from a file, `-` for standard input
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
    let kind = kind(context, login, &accounts, &issuer)?;
    let unattended = login.password_stdin || login.password_file.is_some();
    let asks = !unattended || login.username.is_none();
    if asks && !context.may_ask() {
        return Err(Failure::usage("there is no terminal to ask for a name and a password")
            .hint("give --username NAME and --password-stdin or --password-file FILE"));
    }
    if variable("GRANT_TOKEN").is_some() {
        warn("GRANT_TOKEN is set and wins over what is signed in here");
    }
    let store = usable(context, kind).await?;
    let server = Server::new(issuer)?;
    server.check().await?;
    let username = match &login.username {
        Some(name) => name.clone(),
        None => ask_line("Username: ")?,
    };
    let password = password(login, &username, &server)?;
    let begun = session::begin(folders, &server, &store, label(context), &username, &password).await?;
    if let Some(warning) = &begun.warning {
        warn(warning);
    }
    report(context, &begun.account, &begun.entry)
}

/// What the account is to be called, when that was said: by a flag, else by `GRANT_ACCOUNT`, which chooses for any command.
fn label(context: &Context) -> Option<&str> {
    context.account.as_deref().or(context.settings.account.as_deref())
}

fn issuer(context: &Context, login: &Login, accounts: &Accounts) -> Result<Issuer, Failure> {
    let known = || {
        let name = label(context).or(accounts.active.as_deref())?;
        accounts.named(name).map(|account| account.issuer.clone())
    };
    let typed = login.issuer.clone().or_else(|| context.settings.issuer.clone()).or_else(known);
    match typed {
        Some(typed) => Issuer::parse(&typed),
        None if context.may_ask() => Issuer::parse(&ask_line("Server: ")?),
        None => Err(Failure::usage("sign in to which server?").hint("for example: grant login https://id.example.org")),
    }
}

/// Which store: named, settled, or the one that the account had; none when it is left to us.
fn kind(context: &Context, login: &Login, accounts: &Accounts, issuer: &Issuer) -> Result<Option<StoreKind>, Failure> {
    let named = login.store.as_ref().or(context.settings.store.as_ref()).map(String::as_str);
    let name = label(context).or(login.username.as_deref());
    let had = name.and_then(|name| accounts.named(name)).filter(|account| account.issuer == issuer.as_str());
    match (named, had) {
        (Some("auto"), _) | (None, None) => Ok(None),
        (Some("memory"), _) => {
            Err(Failure::usage("the memory store ends with the program, and this command ends at once")
                .detail("only the application, `grant` alone, can sign in to it")
                .hint("to keep tokens until the machine restarts: grant login --store session"))
        }
        (Some(name), _) => StoreKind::parse(name).map(Some),
        (None, Some(account)) => Ok(Some(account.store)),
    }
}

/// The store that was named; else the keyring, and when that cannot be used, what a person chooses instead. Tried before anything is sent.
async fn usable(context: &Context, kind: Option<StoreKind>) -> Result<TokenStore, Failure> {
    let folders = &context.settings.folders;
    let store = TokenStore::new(kind.unwrap_or(StoreKind::Keyring), folders);
    let Err(failure) = store.probe().await else { return Ok(store) };
    if kind.is_some() || failure.code != Code::Store || !context.may_ask() {
        return Err(failure);
    }
    complain(&failure.error);
    complain(&format!("  file     keeps the tokens in {}, readable by you only", store.folder().display()));
    complain("  session  keeps them in the kernel's keyring until the machine restarts");
    let store = match ask_line("Keep them where? file, session, or nothing to stop: ")?.as_str() {
        "file" => TokenStore::new(StoreKind::File, folders),
        "session" => TokenStore::new(StoreKind::Session, folders),
        _ => return Err(failure),
    };
    store.probe().await?;
    Ok(store)
}

fn password(login: &Login, username: &str, server: &Server) -> Result<Secret, Failure> {
    let password = if login.password_stdin || login.password_file.is_some() {
        read_secret(login.password_file.as_deref())?
    } else {
        ask_secret(&format!("Password of {username} at {}: ", server.issuer().host()))?
    };
    if password.expose().is_empty() || username.is_empty() {
        return Err(Failure::usage("a name and a password are needed, and one is empty"));
    }
    Ok(password)
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
