//! `grant admin events`: what happened at the server, and who did it?

use clap::{Args, Subcommand};
use reqwest::Method;

use super::user_id;
use crate::commands::follow::{Feed, Wanted};
use crate::commands::page::{self, Columns};
use crate::commands::{Context, Done};

const PATH: &str = "/api/v1/admin/events";
const COLUMNS: &Columns = &[
    ("WHEN", "at"),
    ("TYPE", "type"),
    ("WHY", "reason"),
    ("USER ID", "user_id"),
    ("CLIENT", "client_id"),
    ("FROM", "ip"),
    ("DETAIL", "detail"),
];

#[derive(Subcommand)]
pub enum Events {
    /// Show them, the newest first
    #[command(
        after_help = "Examples:\n  grant admin events list --type sign_in_failed --since 24h\n  grant admin events list --follow"
    )]
    List(Box<List>),
    /// Show one
    #[command(after_help = "Example:\n  grant admin events show evt_00dc1135r00040b5w6s24gajtf")]
    Show {
        /// Its id
        id: String,
    },
}

#[derive(Args)]
pub struct List {
    /// Only those of this type, such as `signed_in`
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Only those with this reason
    #[arg(long)]
    reason: Option<String>,
    /// Only those about this user: username, e-mail address or id
    #[arg(long)]
    user: Option<String>,
    /// Only those through this client, or about it
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    /// Only those in this session
    #[arg(long, value_name = "ID")]
    session: Option<String>,
    #[command(flatten)]
    wanted: Wanted,
}

pub async fn events(context: &Context, events: &Events) -> Done {
    match events {
        Events::List(list) => show_all(context, list).await,
        Events::Show { id } => {
            let path = format!("{PATH}/{}", page::segment(id, "event", "grant admin events list")?);
            page::show_one(context, "event", &context.caller()?.ask_for(Method::GET, &path).await?)?;
            Ok(0)
        }
    }
}

async fn show_all(context: &Context, list: &List) -> Done {
    let caller = context.caller()?;
    let user = match list.user.as_deref() {
        // One who was deleted has events still.
        Some(id) if id.starts_with("usr_") => Some(id.to_owned()),
        who => user_id(&caller, who).await?,
    };
    let filters = [
        ("type", list.event_type.as_deref()),
        ("reason", list.reason.as_deref()),
        ("user_id", user.as_deref()),
        ("client_id", list.client.as_deref()),
        ("session_id", list.session.as_deref()),
    ];
    Feed { caller: &caller, path: PATH, filters: &filters, shape: |_| {}, local: &Vec::new, columns: COLUMNS }
        .show(context, &list.wanted)
        .await
}
