//! `grant admin keys`: show and rotate the keys that sign tokens.

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::text;
use crate::commands::page::{self, Columns, Form, Page, Paging};
use crate::commands::{Context, Done, complain};

const PATH: &str = "/api/v1/admin/keys";
const COLUMNS: &Columns =
    &[("KID", "kid"), ("ALG", "alg"), ("STATE", "state"), ("SIGNS FROM", "active_at"), ("UNTIL", "retired_at")];

#[derive(Subcommand)]
pub enum Keys {
    /// Show them, the newest first
    #[command(after_help = "Example:\n  grant admin keys list --format tsv")]
    List(List),
    /// Show one
    #[command(after_help = "Example:\n  grant admin keys show jRh2zlbrqjH2-OCWXV4ojNWndlGMj8zAGwcJv_BkkPI")]
    Show {
        /// Its name in tokens and in the JWKS
        kid: String,
    },
    /// Make a successor for each key in use: announced first, so that nobody meets a signature that cannot be checked
    #[command(
        after_help = "Examples:\n  grant admin keys rotate\n  grant admin keys rotate --now       a key has leaked: what the others signed is refused from now on"
    )]
    Rotate(Rotate),
}

#[derive(Args)]
pub struct List {
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    form: Form,
}

#[derive(Args)]
pub struct Rotate {
    /// The new keys sign at once, and what any other signed is refused
    #[arg(long)]
    now: bool,
    /// Ask nothing
    #[arg(short, long)]
    yes: bool,
    #[command(flatten)]
    form: Form,
}

pub async fn keys(context: &Context, keys: &Keys) -> Done {
    match keys {
        Keys::List(List { paging, form }) => {
            form.of(context)?;
            let keys = page::fetch(&context.caller()?, PATH, &[], paging.most(), |_| true).await?;
            page::show(context, form, "keys", &keys, COLUMNS)?;
        }
        Keys::Show { kid } => {
            let path = format!("{PATH}/{}", page::segment(kid, "key", "grant admin keys list")?);
            page::show_one(context, "key", &context.caller()?.ask_for(Method::GET, &path).await?)?;
        }
        Keys::Rotate(wanted) => rotate(context, wanted).await?,
    }
    Ok(0)
}

async fn rotate(context: &Context, Rotate { now, yes, form }: &Rotate) -> Result<(), grant::failure::Failure> {
    form.of(context)?;
    if *now {
        context.confirm(*yes, "Refuse every token that the present keys signed, from now on?")?;
    }
    let mut made = context.caller()?.send(Method::POST, PATH, Some(&json!({ "now": now }))).await?;
    let items = match made.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    };
    let page = Page { items, more: None };
    page::show(context, form, "keys", &page, COLUMNS)?;
    if let Some(first) = page.items.first().filter(|_| !now) {
        complain(&format!("they sign from {} on; grant admin keys list shows the others", text(first, "active_at")));
    }
    Ok(())
}
