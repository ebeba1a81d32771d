//! `grant status`: who is signed in where, for how long, and does the server think so too?

use clap::Args;
use grant::accounts::{Account, Accounts};
use grant::clock;
use grant::failure::{Code, Failure, plain};
use grant::jwt;
use grant::reason;
use grant::renewal::{Held, Keeper, Warning};
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
    let is_active = |account: &Account| account.name == chosen.name;
    // Side by side: one server that does not answer keeps nobody from hearing of the others.
    let looks = accounts.accounts.iter().map(|account| look(context, account, is_active(account), status.offline));
    let found = futures_util::future::join_all(looks).await;
    let mut rows = Vec::new();
    let (mut code, mut why) = (0, None);
    for (account, found) in accounts.accounts.iter().zip(found) {
        match found {
            Ok(found) => {
                rows.push(found.row);
                code = if is_active(account) { found.code } else { code };
            }
            Err(failure) if is_active(account) => why = Some(failure),
            Err(failure) => warn(format!("{}: {}", account.name, failure.error)),
        }
    }
    // What is known of the others is shown to a person all the same; a program gets one answer.
    match why {
        Some(failure) if context.json => Err(failure),
        Some(failure) => report(context, &rows, 0).and(Err(failure)),
        None => report(context, &rows, code),
    }
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
    let seen = keeper.entry().await?;
    if offline {
        return Ok(Found { row: row(account, "store", state(&seen), Some(&seen), None, active), code: 0 });
    }
    let asked = keeper.ask_from(&seen, Method::GET, USERINFO, None).await;
    // The store is read once more only when the token is another.
    let same = matches!(&asked, Ok((_, held)) if Some(&held.access_token) == seen.access_token.as_ref());
    let entry = if same { seen } else { keeper.entry().await? };
    let stands = |state, skew, code| Found { row: row(account, "store", state, Some(&entry), skew, active), code };
    let failure = match asked {
        // Whether a token is taken says nothing of a session that cannot be renewed.
        Ok((_, Held { warning: Some(Warning::Away(..)), .. })) => return Ok(stands("offline", None, Code::Away as u8)),
        Ok((answer, _)) if answer.status.is_success() => return Ok(stands(state(&entry), answer.clock_skew, 0)),
        Ok((answer, _)) if answer.status == StatusCode::UNAUTHORIZED => {
            return Ok(ended(&keeper.end_of(&answer)?, Some(&entry)));
        }
        Ok((answer, _)) => keeper.server().failure_of(&answer),
        Err(failure) => failure,
    };
    match (failure.code, &failure.reason) {
        (Code::Away, _) => Ok(stands("offline", None, Code::Away as u8)),
        // It cannot be renewed any more.
        (Code::SignIn, Some(reason)) => Ok(ended(reason, Some(&entry))),
        _ => Err(failure),
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
            Ok(answer) => match server.failure_of(&answer) {
                failure if failure.code == Code::Away => (state, code) = ("offline", Code::Away as u8),
                failure => return Err(failure),
            },
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
