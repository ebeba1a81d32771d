//! `grantd session`: show and end sessions.

use std::path::Path;

use clap::Subcommand;
use grantd::flows::By;
use serde_json::{Value, json};

use super::{Done, on_data, say, say_json, say_table, time};

#[derive(Subcommand)]
pub enum SessionCommand {
    /// Show every living session
    #[command(after_help = "Example:\n  grantd session list --json")]
    List {
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
    /// End a session, or all of them
    #[command(
        after_help = "Examples:\n  grantd session revoke ses_06m1…\n  grantd session revoke --all          after a restored backup"
    )]
    Revoke {
        /// The session's id, which is the `sid` of its tokens
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<String>,
        /// End every session
        #[arg(long)]
        all: bool,
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
}

pub fn session(file: Option<&Path>, command: SessionCommand) -> Done {
    match command {
        SessionCommand::List { json } => list(file, json),
        SessionCommand::Revoke { id, json, .. } => on_data(file, async |flows| {
            let ended = match id {
                Some(id) => {
                    flows.revoke_session(&id, By::CommandLine).await?;
                    1
                }
                None => flows.revoke_all_sessions().await?,
            };
            if json {
                say_json(&json!({ "ended": ended }))
            } else {
                say(&format!("ended {ended} session{}", if ended == 1 { "" } else { "s" }))
            }
        }),
    }
}

fn list(file: Option<&Path>, json: bool) -> Done {
    on_data(file, async |flows| {
        let sessions = flows.list_all_sessions().await?;
        let shown: Vec<_> = sessions
            .iter()
            .map(|living| {
                let session = &living.session;
                json!({
                    "id": session.id.as_str(),
                    "user_id": session.user_id.as_str(),
                    "client_id": session.client_id,
                    "client_name": living.client_name,
                    "user_agent": session.user_agent,
                    "ip": session.ip,
                    "created_at": time(session.created_at),
                    "last_used_at": time(living.last_used_at),
                    "expires_at": time(living.expires_at),
                })
            })
            .collect();
        if json {
            return say_json(&shown.into());
        }
        let columns = ["id", "user_id", "client_id", "ip", "created_at", "last_used_at"];
        let rows: Vec<_> = shown
            .iter()
            .map(|session| {
                columns
                    .iter()
                    .map(|name| session.get(name).and_then(Value::as_str).unwrap_or_default().to_owned())
                    .collect()
            })
            .collect();
        say_table(&["ID", "USER", "CLIENT", "FROM", "SIGNED IN", "LAST USED"], &rows)
    })
}
