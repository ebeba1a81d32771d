//! `grant status`: who is signed in where, for how long, and does the server think so too?

use clap::Args;
use grant::accounts::{Account, Accounts};
use grant::clock;
use grant::failure::{Code, Failure, plain};
use grant::jwt;
use grant::reason;
use grant::renewal::{Keeper, Wish};
use grant::secret::Secret;
use grant::token_store::Entry;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Context, Done, say, say_json, warn};

/// What the server is asked: any token of ours may.
const USERINFO: &str = "/oauth2/userinfo";

#[derive(Args)]
pub struct Status {
    /// Ask nobody: say what is known here
    #[arg(long)]
    offline: bool,
}

/// One account as it was found.
struct Found {
    row: Value,
    /// What it means for the exit code.
    code: u8,
}

pub async fn status(context: &Context, status: &Status) -> Done {
    if let Some(token) = context.token_of_environment() {
        let found = of_environment(token, status.offline).await?;
        return report(context, &[found.row], found.code);
    }
    let accounts = Accounts::read(&context.settings.folders)?;
    let chosen = accounts.chosen(context.account.as_deref(), &context.settings)?;
    let mut rows = Vec::new();
    let mut code = 0;
    for account in &accounts.accounts {
        let active = account.name == chosen.name;
        match look(context, account, active, status.offline).await {
            Ok(found) => {
                rows.push(found.row);
                code = if active { found.code } else { code };
            }
            Err(failure) if active => return Err(failure),
            Err(failure) => warn(format!("{}: {}", account.name, failure.error)),
        }
    }
    report(context, &rows, code)
}

async fn look(context: &Context, account: &Account, active: bool, offline: bool) -> Result<Found, Failure> {
    let keeper = Keeper::new(&context.settings.folders, account)?;
    let ended = |reason: &str, entry: Option<&Entry>| {
        let mut row = row(account, "store", "ended", entry, None, active);
        set(&mut row, "reason", json!(reason));
        Found { row, code: Code::SignIn as u8 }
    };
    if let Some(reason) = &account.ended {
        return Ok(ended(reason, None));
    }
    if offline {
        let entry = keeper.entry().await?;
        return Ok(Found { row: row(account, "store", state(&entry), Some(&entry), None, active), code: 0 });
    }
    let asked = ask(&keeper).await;
    let entry = keeper.entry().await?;
    match asked {
        Ok(skew) => Ok(Found { row: row(account, "store", state(&entry), Some(&entry), skew, active), code: 0 }),
        Err(failure) if failure.code == Code::Away => {
            Ok(Found { row: row(account, "store", "offline", Some(&entry), None, active), code: Code::Away as u8 })
        }
        Err(failure) if failure.code == Code::SignIn => match &failure.reason {
            Some(reason) => Ok(ended(reason, Some(&entry))),
            None => Err(failure),
        },
        Err(failure) => Err(failure),
    }
}

/// Whether the server takes our token; renewed when it is due, or when the server says no. How far its clock is ahead.
async fn ask(keeper: &Keeper) -> Result<Option<i64>, Failure> {
    let mut wish = Wish::default();
    loop {
        let held = keeper.token(wish).await?;
        if let Some(warning) = held.warning.filter(|_| !wish.new) {
            return Err(Failure::new(Code::Away, warning));
        }
        let answer = keeper.server().ask(Method::GET, USERINFO, &held.access_token, None).await?;
        match answer.status {
            status if status.is_success() => return Ok(answer.clock_skew),
            StatusCode::UNAUTHORIZED if !wish.new => wish.new = true,
            _ => return Err(keeper.server().failure_of(&answer)),
        }
    }
}

async fn of_environment(token: Secret, offline: bool) -> Result<Found, Failure> {
    let (server, held) = Context::access_of_environment(token)?;
    let left = held.expires_at.saturating_sub(clock::now());
    let mut state = if left > 0 { "valid" } else { "expired" };
    let mut code = if left > 0 { 0 } else { Code::SignIn as u8 };
    let mut reason = None;
    let mut skew = None;
    if !offline {
        match server.ask(Method::GET, USERINFO, &held.access_token, None).await {
            Ok(answer) if answer.status.is_success() => skew = answer.clock_skew,
            Ok(answer) if answer.status == StatusCode::UNAUTHORIZED => {
                (state, code, reason) = ("ended", Code::SignIn as u8, answer.reason());
            }
            Ok(answer) => return Err(server.failure_of(&answer)),
            Err(_) => (state, code) = ("offline", Code::Away as u8),
        }
    }
    let row = json!({
        "name": null,
        "issuer": server.issuer().as_str(),
        "username": null,
        "store": null,
        "source": "GRANT_TOKEN",
        "state": state,
        "reason": reason,
        "access_expires_at": clock::rfc3339(held.expires_at),
        "session_id": jwt::text_claim(held.access_token.expose(), "sid").map(|id| plain(&id)),
        "clock_skew_seconds": skew,
        "active": true,
    });
    Ok(Found { row, code })
}

/// How an entry stands, by this machine's clock.
fn state(entry: &Entry) -> &'static str {
    match entry.left(clock::now_millis()) {
        0 => "expired",
        left if left <= entry.due_at() => "soon",
        _ => "valid",
    }
}

/// An account as `--json` shows it.
pub fn row(
    account: &Account,
    source: &str,
    state: &str,
    entry: Option<&Entry>,
    skew: Option<i64>,
    active: bool,
) -> Value {
    json!({
        "name": account.name,
        "issuer": account.issuer,
        "username": account.username,
        "store": account.store,
        "source": source,
        "state": state,
        "reason": null,
        "access_expires_at": entry.and_then(|entry| clock::rfc3339(entry.expires_at)),
        "session_id": entry.map(|entry| &entry.session_id),
        "clock_skew_seconds": skew,
        "active": active,
    })
}

fn set(row: &mut Value, name: &str, value: Value) {
    if let Some(slot) = row.get_mut(name) {
        *slot = value;
    }
}

fn report(context: &Context, rows: &[Value], code: u8) -> Done {
    if context.json {
        say_json(&json!({ "schema": 1, "accounts": rows }))?;
        return Ok(code);
    }
    for row in rows {
        let text = |name: &str| row.get(name).and_then(Value::as_str).unwrap_or_default();
        let mark = if row.get("active") == Some(&Value::Bool(true)) { "*" } else { " " };
        let who = if text("source") == "store" { text("name") } else { "GRANT_TOKEN" };
        say(format!("{mark} {who}  {}  {}", text("state").to_uppercase(), text("issuer")))?;
        if text("source") == "store" {
            say(format!("    user {}, tokens in the {} store", text("username"), text("store")))?;
        }
        if !text("access_expires_at").is_empty() {
            say(format!("    access token until {}, session {}", text("access_expires_at"), text("session_id")))?;
        }
        if !text("reason").is_empty() {
            say(format!("    {}", reason::told(text("reason"))))?;
        }
        if let Some(skew) = row.get("clock_skew_seconds").and_then(Value::as_i64).filter(|skew| skew.abs() > 5) {
            say(format!("    this machine's clock is off by {} s", -skew))?;
        }
    }
    Ok(code)
}
