//! `grant sessions`: which sessions has the user, on which machines, and which of them are to end?

use clap::{Args, Subcommand};
use grant::failure::{Code, Failure};
use reqwest::Method;
use serde_json::{Value, json};

use super::page::{self, Columns, Form};
use super::{Context, Done, complain, say_json};

const PATH: &str = "/api/v1/me/sessions";
const COLUMNS: &Columns = &[
    ("ID", "id"),
    ("CLIENT", "client_id"),
    page::WHERE,
    ("FROM", "ip"),
    ("LAST USED", "last_used_at"),
    ("THIS", "current"),
];

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Sessions {
    #[command(subcommand)]
    command: Option<SessionsCommand>,
    #[command(flatten)]
    form: Form,
}

#[derive(Subcommand)]
enum SessionsCommand {
    /// Show them, the newest first
    #[command(after_help = "Example:\n  grant sessions list --format tsv")]
    List(Form),
    /// Show one
    #[command(after_help = "Example:\n  grant sessions show ses_00dc1135r00015jejqz5fd2xq2")]
    Show {
        /// Its id
        id: String,
    },
    /// End some of them
    #[command(after_help = "Example:\n  grant sessions revoke --others --yes")]
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
        None => list(context, &sessions.form).await,
        Some(SessionsCommand::List(form)) => list(context, form).await,
        Some(SessionsCommand::Show { id }) => show(context, id).await,
        Some(SessionsCommand::Revoke(revoke)) => end(context, revoke).await,
    }
}

async fn list(context: &Context, form: &Form) -> Done {
    form.of(context)?;
    let mut sessions = page::fetch(&context.caller()?, PATH, &[], None, |_| true).await?;
    sessions.more = None;
    page::show(context, form, "sessions", &sessions, COLUMNS)?;
    Ok(0)
}

async fn show(context: &Context, id: &str) -> Done {
    let id = segment(id)?;
    let sessions = page::fetch(&context.caller()?, PATH, &[], None, |_| true).await?;
    let named = |session: &&Value| session.get("id").and_then(Value::as_str) == Some(id);
    let session = sessions.items.iter().find(named).ok_or_else(|| {
        Failure::new(Code::NotFound, format!("no session `{id}` of yours lives")).hint("grant sessions shows them")
    })?;
    page::show_one(context, "session", session)?;
    Ok(0)
}

fn segment(id: &str) -> Result<&str, Failure> {
    page::segment(id, "session", "grant sessions")
}

async fn end(context: &Context, revoke: &Revoke) -> Done {
    // What is no id is told before the first one ends.
    let ids = revoke.ids.iter().map(|id| segment(id)).collect::<Result<Vec<_>, _>>()?;
    let caller = context.caller()?;
    if revoke.others || revoke.all {
        let (question, path) = if revoke.all {
            ("End all sessions, this one too?", PATH.to_owned())
        } else {
            ("End all sessions but this one?", format!("{PATH}?keep=current"))
        };
        context.confirm(revoke.yes, question)?;
        caller.ask_for(Method::DELETE, &path).await?;
    }
    for id in &ids {
        caller.ask_for(Method::DELETE, &format!("{PATH}/{id}")).await?;
    }
    if context.json {
        say_json(&json!({ "schema": 1, "ended": ids, "all": revoke.all, "others": revoke.others }))?;
    } else {
        complain("ended");
    }
    Ok(0)
}
