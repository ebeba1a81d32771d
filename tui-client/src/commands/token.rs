//! `grant token`: print an access token, renewed when it is due.

use clap::{Args, ValueEnum};
use grant::clock;
use grant::failure::Failure;
use grant::renewal::Wish;
use serde_json::json;

use super::{Context, Done, say, say_json, seconds};

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The token
    Raw,
    /// Authorization: Bearer …
    Header,
    /// An object
    Json,
    /// `GRANT_TOKEN=…`
    Env,
}

#[derive(Args)]
pub struct Token {
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "raw")]
    format: Format,
    /// How long it has to live at least, as 90, 90s, 5m, 1h or 1d
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    min_ttl: Option<i64>,
    /// Have it renewed now, unless that was done in the last ten seconds
    #[arg(long)]
    force_refresh: bool,
}

pub async fn token(context: &Context, token: &Token) -> Done {
    let (_, held) = context.access(Wish { min_ttl: token.min_ttl, new: token.force_refresh }).await?;
    let left = held.expires_at.saturating_sub(clock::now());
    if context.token_of_environment().is_some() && left <= token.min_ttl.unwrap_or_default() {
        return Err(Failure::new(grant::failure::Code::SignIn, "GRANT_TOKEN has ended, or ends too soon")
            .hint("set another, or unset it and sign in: grant login"));
    }
    let access_token = held.access_token.expose();
    match token.format {
        Format::Json => say_json(&shown(access_token, &held.scope, held.expires_at))?,
        _ if context.json => say_json(&shown(access_token, &held.scope, held.expires_at))?,
        Format::Raw => say(access_token)?,
        Format::Header => say(format!("Authorization: Bearer {access_token}"))?,
        Format::Env => say(format!("GRANT_TOKEN={access_token}"))?,
    }
    Ok(0)
}

fn shown(access_token: &str, scope: &str, expires_at: i64) -> serde_json::Value {
    json!({
        "schema": 1,
        "access_token": access_token,
        "token_type": "Bearer",
        "expires_at": clock::rfc3339(expires_at),
        "scope": scope,
    })
}
