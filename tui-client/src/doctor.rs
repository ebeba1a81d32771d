//! Is this machine ready for `grant`? Its settings, folders, stores and account, and the way to the server, each looked at by itself.

use std::path::Path;

use reqwest::{Method, StatusCode};
use url::Url;

use crate::accounts::{Account, Accounts};
use crate::check::Check;
use crate::clock;
use crate::failure::{Code, Failure};
use crate::jwt;
use crate::oauth::{Issuer, Server};
use crate::reason;
use crate::renewal::Keeper;
use crate::settings::{Folders, Settings, variable};
use crate::token_store::{StoreKind, TokenStore};

/// Clocks that differ by no more do no harm.
const SKEW: i64 = 30;
/// What the server is asked: any token of ours may.
const USERINFO: &str = "/oauth2/userinfo";
/// What the way to a server is taken from.
const PROXIES: [&str; 8] =
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy"];

/// Looks at everything. `account` is the one that was named; settings that cannot be read have been told before.
pub async fn checks(settings: &Settings, account: Option<&str>) -> Vec<Check> {
    let mut checks = vec![config(settings)];
    checks.extend(folders(&settings.folders));
    let token = if account.is_none() { variable("GRANT_TOKEN") } else { None };
    let accounts = Accounts::read(&settings.folders);
    let chosen = accounts.as_ref().map_err(Failure::clone).and_then(|accounts| accounts.chosen(account, settings));
    checks.push(match (&token, &accounts, &chosen) {
        (Some(token), ..) => of_environment(token),
        (None, Ok(accounts), _) if accounts.accounts.is_empty() && account.is_none() => {
            Check::good("account", "nobody is signed in yet")
        }
        (None, _, Err(failure)) => Check::failed("account", failure),
        (None, _, Ok(account)) => state(&settings.folders, account).await,
    });
    checks.extend(stores(settings, accounts.as_ref().map_or(&[], |accounts| &accounts.accounts)).await);
    let of_token = || {
        let token = token.as_deref()?;
        variable("GRANT_ISSUER").or_else(|| jwt::text_claim(token, "iss"))
    };
    let of_account = || chosen.as_ref().ok().map(|account| account.issuer.clone());
    match of_token().or_else(of_account).or_else(|| settings.issuer.clone()) {
        Some(issuer) => checks.extend(way(&issuer).await),
        None => checks.push(Check::good("server", "none is known yet: grant login names one")),
    }
    checks.push(proxies());
    if cfg!(target_os = "macos") {
        checks.push(Check::good(
            "build",
            "unsigned: after each upgrade macOS asks once more whether grant may use the keychain",
        ));
    }
    checks
}

fn config(settings: &Settings) -> Check {
    let path = settings.folders.config_file();
    let keys = settings.written.keys().copied().collect::<Vec<_>>().join(", ");
    Check::good(
        "config",
        match (path.exists(), keys.as_str()) {
            (false, _) => format!("{} is not there, and need not be", path.display()),
            (true, "") => format!("{} sets nothing", path.display()),
            (true, keys) => format!("{} sets {keys}", path.display()),
        },
    )
}

fn folders(folders: &Folders) -> [Check; 3] {
    [
        folder("config_folder", &folders.config, 0o022, Code::Usage),
        folder("state_folder", &folders.state, 0o077, Code::Store),
        folder("cache_folder", &folders.cache, 0o022, Code::Other),
    ]
}

/// A folder that is the user's own; `closed` is what others must not have of it.
fn folder(name: &'static str, path: &Path, closed: u32, code: Code) -> Check {
    let shown = path.display();
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Check::good(name, format!("{shown} is made when it is needed"));
        }
        Err(error) => return Check::bad(name, format!("{shown}: {error}")).code(code),
    };
    if !metadata.is_dir() || metadata.permissions().readonly() {
        let hint = "make it a folder that you can write";
        return Check::bad(name, format!("{shown} is no folder, or cannot be written")).hint(hint).code(code);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = metadata.permissions().mode() & 0o777;
        if mode & closed != 0 {
            let detail = format!("{shown} is open to others (mode {mode:o})");
            return Check::bad(name, detail).hint(format!("chmod {:o} {shown}", mode & !closed)).code(code);
        }
    }
    #[cfg(not(unix))]
    let _ = closed;
    Check::good(name, shown.to_string())
}

fn of_environment(token: &str) -> Check {
    let ends = jwt::decode(token).and_then(|(_, claims)| claims.get("exp")?.as_i64());
    if ends.is_some_and(|at| at <= clock::now()) {
        return Check::bad("account", "GRANT_TOKEN wins over every store, and has ended")
            .hint("set another, or unset it")
            .code(Code::SignIn);
    }
    Check::good("account", "GRANT_TOKEN is set and wins over every store")
}

async fn state(folders: &Folders, account: &Account) -> Check {
    let Account { name, issuer, username, store, ended, .. } = account;
    let again = format!("sign in again: grant login {issuer} --account {name}");
    if let Some(reason) = ended {
        let detail = format!("`{name}` is signed out: {}", reason::told(reason));
        return Check::bad("account", detail).hint(again).code(Code::SignIn);
    }
    let keeper = match Keeper::new(folders, account) {
        Ok(keeper) => keeper,
        Err(failure) => return Check::failed("account", &failure),
    };
    match keeper.ask(Method::GET, USERINFO, None).await {
        Ok((answer, _)) if answer.status == StatusCode::UNAUTHORIZED => {
            let why = match keeper.end_of(&answer) {
                Ok(reason) => reason::told(&reason),
                Err(failure) => return Check::failed("account", &failure),
            };
            return Check::bad("account", format!("`{name}` is signed out: {why}")).hint(again).code(Code::SignIn);
        }
        // That the server is away is told where it is asked for itself.
        Err(failure) if failure.code != Code::Away => return Check::failed("account", &failure),
        _ => {}
    }
    match keeper.entry().await {
        Ok(entry) => {
            let left = match entry.left(clock::now_millis()) / 1000 {
                0 => "has to be renewed".to_owned(),
                left => format!("lives for {}", clock::span(left)),
            };
            let store = store.as_str();
            Check::good(
                "account",
                format!("`{name}` is {username} at {issuer}; tokens in the {store} store, the access token {left}"),
            )
        }
        Err(failure) => Check::failed("account", &failure),
    }
}

/// Writes to each store, reads it back and clears it. One that nobody uses may well be missing.
async fn stores(settings: &Settings, accounts: &[Account]) -> Vec<Check> {
    let settled = settings.store.as_deref().filter(|name| *name != "auto").map(StoreKind::parse);
    let next = match settled {
        Some(Ok(kind)) => Some(kind),
        // What a first sign-in would take.
        _ => accounts.is_empty().then_some(StoreKind::Keyring),
    };
    let mut checks = Vec::new();
    for (name, kind) in
        [("store_keyring", StoreKind::Keyring), ("store_session", StoreKind::Session), ("store_file", StoreKind::File)]
    {
        let store = TokenStore::new(kind, &settings.folders);
        let needed = next == Some(kind) || accounts.iter().any(|account| account.store == kind);
        checks.push(match store.probe().await {
            Ok(()) => Check::good(
                name,
                if needed { "can be written and read" } else { "can be written and read; nobody uses it" },
            ),
            Err(failure) if needed => Check::failed(name, &failure),
            Err(failure) => Check::good(name, format!("{}; nobody uses it", failure.error)),
        });
    }
    checks
}

/// Whether the server is there, is a Grantd, and has the same time.
async fn way(issuer: &str) -> Vec<Check> {
    let parsed = match Issuer::parse(issuer) {
        Ok(parsed) => parsed,
        Err(failure) => return vec![Check::failed("server", &failure)],
    };
    let mut checks = vec![trust(&parsed)];
    let server = match Server::new(parsed) {
        Ok(server) => server,
        Err(failure) => {
            checks.push(Check::failed("server", &failure));
            return checks;
        }
    };
    let skew = match server.look().await {
        Ok(skew) => skew,
        Err(failure) if failure.code == Code::Away => {
            checks.push(Check::failed("server", &failure));
            return checks;
        }
        Err(failure) => {
            checks.push(Check::good("server", format!("{issuer} answers")));
            checks.push(Check::failed("issuer", &failure));
            return checks;
        }
    };
    checks.push(Check::good("server", format!("{issuer} answers")));
    checks.push(Check::good("issuer", "it is a Grantd, and calls itself so"));
    checks.push(match skew {
        Some(skew) if skew.abs() > SKEW => Check::bad("clock", format!("this machine's clock is off by {} s", -skew))
            .hint("set the clock: tokens are judged by it"),
        Some(skew) => Check::good("clock", format!("this machine's clock is off by {} s", -skew)),
        None => Check::good("clock", "the server does not say what time it is"),
    });
    checks
}

/// Whom the way to the server is trusted by.
fn trust(issuer: &Issuer) -> Check {
    if issuer.is_loopback() {
        return Check::good("tls", "none: http, and only to this machine");
    }
    for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
        let Some(path) = variable(name) else { continue };
        return match std::fs::metadata(&path) {
            Ok(_) => Check::good("tls", format!("the certificates of {name}={path}")),
            Err(error) => Check::bad("tls", format!("{name}={path}: {error}"))
                .hint(format!("correct or unset {name}"))
                .code(Code::Usage),
        };
    }
    Check::good("tls", "the certificates of this machine")
}

/// Which variables lead elsewhere; a proxy's password is nobody's business.
fn proxies() -> Check {
    let shown = |name: &&str| {
        let value = variable(name)?;
        if name.eq_ignore_ascii_case("NO_PROXY") {
            return Some(format!("{name}={value}"));
        }
        let text = if value.contains("://") { value } else { format!("http://{value}") };
        let url = Url::parse(&text).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or("what is no address");
        let port = url.as_ref().and_then(Url::port).map(|port| format!(":{port}")).unwrap_or_default();
        Some(format!("{name} leads to {host}{port}"))
    };
    // Windows knows no small letters in names of variables.
    let names = if cfg!(windows) { PROXIES.iter().step_by(2) } else { PROXIES.iter().step_by(1) };
    let used: Vec<_> = names.filter_map(shown).collect();
    Check::good("proxy", if used.is_empty() { "none".to_owned() } else { used.join(", ") })
}
