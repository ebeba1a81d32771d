//! `grant admin sessions`: show and end the sessions of everybody.

use clap::{Args, Subcommand};
use grant::failure::Failure;
use reqwest::Method;
use serde_json::json;

use super::{done, text, user, user_id};
use crate::commands::page::{self, Columns, Form, Paging};
use crate::commands::{Context, Done};

const PATH: &str = "/api/v1/admin/sessions";
const COLUMNS: &Columns = &[
    ("ID", "id"),
    ("USER ID", "user_id"),
    ("CLIENT", "client_id"),
    page::WHERE,
    ("FROM", "ip"),
    ("LAST USED", "last_used_at"),
];

#[derive(Subcommand)]
pub enum Sessions {
    /// Show them, the newest first
    #[command(after_help = "Example:\n  grant admin sessions list --user bob --client web")]
    List(List),
    /// Show one
    #[command(after_help = "Example:\n  grant admin sessions show ses_00dc1135r00015jejqz5fd2xq2")]
    Show {
        /// Its id
        id: String,
    },
    /// End some, or all of a user
    #[command(after_help = "Example:\n  grant admin sessions revoke --user bob --yes")]
    Revoke(Revoke),
}

#[derive(Args)]
pub struct List {
    /// Only those of this user: username, e-mail address or id
    #[arg(long)]
    user: Option<String>,
    /// Only those through this client
    #[arg(long, value_name = "ID")]
    client: Option<String>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    form: Form,
}

#[derive(Args)]
pub struct Revoke {
    /// Their ids
    #[arg(value_name = "ID", required_unless_present = "user", conflicts_with = "user")]
    ids: Vec<String>,
    /// All of this user: username, e-mail address or id
    #[arg(long)]
    user: Option<String>,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
}

pub async fn sessions(context: &Context, sessions: &Sessions) -> Done {
    match sessions {
        Sessions::List(wanted) => {
            wanted.form.of(context)?;
            let caller = context.caller()?;
            let user = user_id(&caller, wanted.user.as_deref()).await?;
            let filters = [("user_id", user.as_deref()), ("client_id", wanted.client.as_deref())];
            let sessions = page::fetch(&caller, PATH, &filters, wanted.paging.most(), |_| true).await?;
            page::show(context, &wanted.form, "sessions", &sessions, COLUMNS)?;
            Ok(0)
        }
        Sessions::Show { id } => {
            let path = path(id)?;
            page::show_one(context, "session", &context.caller()?.ask_for(Method::GET, &path).await?)?;
            Ok(0)
        }
        Sessions::Revoke(revoke) => end(context, revoke).await,
    }
}

fn path(id: &str) -> Result<String, Failure> {
    Ok(format!("{PATH}/{}", page::segment(id, "session", "grant admin sessions list")?))
}

async fn end(context: &Context, revoke: &Revoke) -> Done {
    // What is no id is told before the first one ends.
    let paths = revoke.ids.iter().map(|id| path(id)).collect::<Result<Vec<_>, _>>()?;
    let caller = context.caller()?;
    let mut of_user = None;
    if let Some(who) = &revoke.user {
        let user = user(&caller, who).await?;
        context.confirm(revoke.yes, &format!("End all sessions of {}?", text(&user, "username")))?;
        let id = text(&user, "id").to_owned();
        caller.send(Method::DELETE, &page::with_query(PATH, &[("user_id", Some(&id))]), None).await?;
        of_user = Some(id);
    }
    for path in &paths {
        caller.send(Method::DELETE, path, None).await?;
    }
    done(context, "ended", &json!({ "schema": 1, "ended": revoke.ids, "user_id": of_user }))
}
