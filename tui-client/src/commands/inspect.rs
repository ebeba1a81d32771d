//! `grant inspect`: what does a token say, and is it true? It is looked at here and sent nowhere.

use std::path::Path;

use clap::Args;
use grant::check::Check;
use grant::failure::{Code, Failure};
use grant::oauth::Server;
use grant::renewal::Wish;
use grant::secret::Secret;
use grant::{claims, jwt, verify};
use serde_json::json;

use super::{Context, Done, read_secret, say, say_json};

#[derive(Args)]
pub struct Inspect {
    /// The token, `file:PATH`, or `-` for standard input [default: the token of the account]
    token: Option<String>,
    /// Check its signature too, with the keys of the account's server; they are kept, the token is not sent
    #[arg(long)]
    verify: bool,
}

pub async fn inspect(context: &Context, inspect: &Inspect) -> Done {
    let token = match inspect.token.as_deref() {
        Some("-") => read_secret(None)?,
        Some(token) => match token.strip_prefix("file:") {
            Some(path) => read_secret(Some(Path::new(path)))?,
            None => Secret::new(token.to_owned()),
        },
        None => context.access(Wish::default()).await?.1.access_token,
    };
    let token = token.expose().trim();
    let (header, claims) = jwt::decode(token).ok_or_else(|| {
        Failure::new(Code::Other, "this is no JWT").hint("refresh tokens and secrets say nothing; an access token does")
    })?;
    let checks = if inspect.verify {
        verify::checks(&context.settings.folders, &server(context)?, token).await?
    } else {
        Vec::new()
    };
    let code = if checks.iter().all(|check| check.ok) { 0 } else { Code::Other as u8 };
    if context.json {
        say_json(&json!({ "schema": 1, "header": header, "claims": claims, "checks": checks }))?;
        return Ok(code);
    }
    for (title, part) in [("header", &header), ("claims", &claims)] {
        say(title)?;
        for (name, value) in part.as_object().into_iter().flatten() {
            let (name, shown, meaning) =
                (grant::failure::plain(name), claims::shown(name, value), claims::meaning(name));
            say(format!("  {name:<12}{shown:<44}  {meaning}").trim_end())?;
        }
    }
    if !checks.is_empty() {
        say("checks")?;
    }
    say_checks(&checks)?;
    Ok(code)
}

/// The one whose keys are asked for: the account's, whatever the token names.
fn server(context: &Context) -> Result<Server, Failure> {
    match context.token_of_environment() {
        Some(token) => Ok(Context::access_of_environment(token)?.0),
        None => Ok(context.keeper()?.server().clone()),
    }
}

/// A line each, and one for the way on.
pub fn say_checks(checks: &[Check]) -> Result<(), Failure> {
    let width = checks.iter().map(|check| check.name.len()).max().unwrap_or_default();
    for check in checks {
        let mark = if check.ok { "ok" } else { "NO" };
        say(format!("  {mark}  {:<width$}  {}", check.name, check.detail))?;
        if let Some(hint) = &check.hint {
            say(format!("      {:<width$}  {hint}", ""))?;
        }
    }
    Ok(())
}
