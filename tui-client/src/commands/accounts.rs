//! `grant accounts`: which accounts has this machine, and which of them is meant?

use clap::{Args, Subcommand};
use grant::accounts::Accounts as List;
use grant::failure::Failure;
use grant::session;
use serde_json::json;

use super::{Context, Done, complain, say_json, say_table};

#[derive(Args)]
pub struct Accounts {
    #[command(subcommand)]
    command: Option<AccountsCommand>,
}

#[derive(Subcommand)]
enum AccountsCommand {
    /// Show them
    List,
    /// Make one the active one
    Use {
        /// Which
        name: String,
    },
    /// Call one by another name
    Rename {
        /// Which
        name: String,
        /// How
        new_name: String,
    },
    /// Forget one and its tokens; its session lives on at the server
    Remove {
        /// Which
        name: String,
    },
}

pub async fn accounts(context: &Context, accounts: &Accounts) -> Done {
    let folders = &context.settings.folders;
    match &accounts.command {
        None | Some(AccountsCommand::List) => return list(context),
        Some(AccountsCommand::Use { name }) => {
            List::change(folders, |list| {
                list.active = Some(list.expect_named(name)?.name.clone());
                Ok(())
            })
            .await?;
            complain(&format!("`{name}` is the active account"));
        }
        Some(AccountsCommand::Rename { name, new_name }) => {
            List::change(folders, |list| rename(list, name, new_name)).await?;
            complain(&format!("`{name}` is called `{new_name}` now"));
        }
        Some(AccountsCommand::Remove { name }) => {
            let account = List::read(folders)?.expect_named(name)?.clone();
            session::forget(folders, &account).await?;
            complain(&format!("`{name}` is forgotten; `grant logout` would have ended its session too"));
        }
    }
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

fn list(context: &Context) -> Done {
    let list = List::read(&context.settings.folders)?;
    let active = |name: &str| list.active.as_deref() == Some(name);
    if context.json {
        let accounts = list.accounts.iter().map(|account| {
            json!({
                "name": account.name,
                "issuer": account.issuer,
                "username": account.username,
                "store": account.store,
                "reason": account.ended,
                "active": active(&account.name),
            })
        });
        say_json(&json!({ "schema": 1, "accounts": accounts.collect::<Vec<_>>() }))?;
        return Ok(0);
    }
    let rows = list.accounts.iter().map(|account| {
        let mark = if active(&account.name) { "*" } else { "" };
        [mark, &account.name, &account.username, &account.issuer, account.store.as_str()].map(str::to_owned).to_vec()
    });
    say_table(&["", "NAME", "USER", "SERVER", "STORE"], &rows.collect::<Vec<_>>())?;
    Ok(0)
}
