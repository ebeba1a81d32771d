//! `grant sessions`: which sessions has the user, on which machines, and which of them are to end?

use clap::{Args, Subcommand};
use grant::failure::Failure;
use reqwest::Method;
use serde_json::json;

use super::{Context, Done, complain, page, say_json};

#[derive(Args)]
pub struct Sessions {
    #[command(subcommand)]
    command: Option<SessionsCommand>,
}

#[derive(Subcommand)]
enum SessionsCommand {
    /// Show them, the newest first
    List,
    /// End some of them
    Revoke(Revoke),
}

#[derive(Args)]
struct Revoke {
    /// Their ids
    #[arg(value_name = "ID", required_unless_present_any = ["others", "all"])]
    ids: Vec<String>,
    /// All but this one
    #[arg(long, conflicts_with_all = ["ids", "all"])]
    others: bool,
    /// All, this one too
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

pub async fn sessions(context: &Context, sessions: &Sessions) -> Done {
    match &sessions.command {
        None | Some(SessionsCommand::List) => list(context).await,
        Some(SessionsCommand::Revoke(revoke)) => end(context, revoke).await,
    }
}

async fn list(context: &Context) -> Done {
    let sessions = page::items(context, "/api/v1/me/sessions?limit=200").await?;
    if context.json {
        say_json(&json!({ "schema": 1, "sessions": sessions }))?;
    } else {
        let columns = [
            ("ID", "id"),
            ("CLIENT", "client_id"),
            ("WITH", "user_agent"),
            ("FROM", "ip"),
            ("LAST USED", "last_used_at"),
            ("THIS", "current"),
        ];
        page::table(&sessions, &columns)?;
    }
    Ok(0)
}

async fn end(context: &Context, revoke: &Revoke) -> Done {
    let mut ended = Vec::new();
    if revoke.others || revoke.all {
        let (question, path) = if revoke.all {
            ("End all sessions, this one too?", "/api/v1/me/sessions")
        } else {
            ("End all sessions but this one?", "/api/v1/me/sessions?keep=current")
        };
        context.confirm(revoke.yes, question)?;
        context.ask_for(Method::DELETE, path).await?;
    }
    for id in &revoke.ids {
        if !id.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            return Err(Failure::usage(format!("`{id}` is no id of a session")).hint("grant sessions shows them"));
        }
        context.ask_for(Method::DELETE, &format!("/api/v1/me/sessions/{id}")).await?;
        ended.push(id.clone());
    }
    if context.json {
        say_json(&json!({ "schema": 1, "ended": ended, "all": revoke.all, "others": revoke.others }))?;
    } else {
        complain("ended");
    }
    Ok(0)
}
