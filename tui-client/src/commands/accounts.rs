//! `grant accounts`: which accounts has this machine, and which of them is meant?

use clap::{Args, Subcommand};
use grant::accounts::Accounts as List;
use grant::failure::Failure;
use grant::session;
use serde_json::json;

use super::page::{self, Columns, Form, Page};
use super::{Context, Done, complain};

const COLUMNS: &Columns =
    &[("NAME", "name"), ("USER", "username"), ("SERVER", "issuer"), ("STORE", "store"), ("ACTIVE", "active")];

#[derive(Args)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Accounts {
    #[command(subcommand)]
    command: Option<AccountsCommand>,
    #[command(flatten)]
    form: Form,
}

#[derive(Subcommand)]
enum AccountsCommand {
    /// Show them
    #[command(after_help = "Example:\n  grant accounts list --format tsv")]
    List(Form),
    /// Make one the active one
    #[command(after_help = "Example:\n  grant accounts use ada")]
    Use {
        /// Which
        name: String,
    },
    /// Call one by another name
    #[command(after_help = "Example:\n  grant accounts rename ada work")]
    Rename {
        /// Which
        name: String,
        /// How
        new_name: String,
    },
    /// Forget one and its tokens; its session lives on at the server
    #[command(after_help = "Example:\n  grant accounts remove work")]
    Remove {
        /// Which
        name: String,
    },
}

pub async fn accounts(context: &Context, accounts: &Accounts) -> Done {
    let folders = &context.settings.folders;
    match &accounts.command {
        None => list(context, &accounts.form),
        Some(AccountsCommand::List(form)) => list(context, form),
        Some(AccountsCommand::Use { name }) => {
            List::change(folders, |list| {
                list.active = Some(list.expect_named(name)?.name.clone());
                Ok(())
            })
            .await?;
            changed(context, &format!("`{name}` is the active account"))
        }
        Some(AccountsCommand::Rename { name, new_name }) => {
            List::change(folders, |list| rename(list, name, new_name)).await?;
            changed(context, &format!("`{name}` is called `{new_name}` now"))
        }
        Some(AccountsCommand::Remove { name }) => {
            let account = List::read(folders)?.expect_named(name)?.clone();
            session::forget(folders, &account).await?;
            changed(context, &format!("`{name}` is forgotten; `grant logout` would have ended its session too"))
        }
    }
}

/// What was changed: a sentence for a person, the list as it is now for a program.
fn changed(context: &Context, sentence: &str) -> Done {
    if context.json {
        return list(context, &Form::default());
    }
    complain(sentence);
    Ok(0)
}

fn rename(list: &mut List, name: &str, new_name: &str) -> Result<(), Failure> {
    list.expect_named(name)?;
    if new_name.is_empty() || list.named(new_name).is_some() {
        return Err(Failure::usage(format!("`{new_name}` is taken or empty")).hint("choose another name"));
    }
    for account in list.accounts.iter_mut().filter(|account| account.name == name) {
        new_name.clone_into(&mut account.name);
    }
    if list.active.as_deref() == Some(name) {
        list.active = Some(new_name.to_owned());
    }
    Ok(())
}

fn list(context: &Context, form: &Form) -> Done {
    let list = List::read(&context.settings.folders)?;
    let items = list.accounts.iter().map(|account| {
        json!({
            "name": account.name,
            "issuer": account.issuer,
            "username": account.username,
            "store": account.store,
            "reason": account.ended,
            "active": list.active.as_deref() == Some(account.name.as_str()),
        })
    });
    page::show(context, form, "accounts", &Page { items: items.collect(), more: None }, COLUMNS)?;
    Ok(0)
}
