//! `grant logout`: end the session at the server, then forget its tokens here.

use clap::Args;
use grant::accounts::{Account, Accounts};
use grant::failure::{Code, Failure};
use grant::renewal::{self, Keeper, Wish};
use reqwest::Method;
use serde_json::json;

use super::{Context, Done, complain, say_json, warn};

#[derive(Args)]
pub struct Logout {
    /// End all sessions of the user, on every machine
    #[arg(long, conflicts_with = "local_only")]
    everywhere: bool,
    /// Only forget the tokens here; the session lives on at the server
    #[arg(long)]
    local_only: bool,
    /// Sign out every account of this machine
    #[arg(long)]
    all_accounts: bool,
}

pub async fn logout(context: &Context, logout: &Logout) -> Done {
    let accounts = Accounts::read(&context.settings.folders)?;
    let chosen = if logout.all_accounts {
        accounts.accounts.clone()
    } else {
        vec![accounts.chosen(context.account.as_deref(), &context.settings)?.clone()]
    };
    let mut signed_out = Vec::new();
    for account in &chosen {
        sign_out(context, account, logout).await?;
        signed_out.push(account.name.clone());
    }
    if context.json {
        say_json(&json!({ "schema": 1, "signed_out": signed_out }))?;
    } else if !signed_out.is_empty() {
        complain(&format!("signed out: {}", signed_out.join(", ")));
    }
    Ok(0)
}

async fn sign_out(context: &Context, account: &Account, logout: &Logout) -> Result<(), Failure> {
    let keeper = Keeper::new(&context.settings.folders, account)?;
    if logout.everywhere && account.ended.is_none() {
        let held = keeper.token(Wish::default()).await?;
        let answer = keeper.server().ask(Method::DELETE, "/api/v1/me/sessions", &held.access_token, None).await?;
        if !answer.status.is_success() {
            return Err(keeper.server().failure_of(&answer));
        }
    } else if !logout.local_only && account.ended.is_none() {
        revoke(context, account, &keeper).await?;
    }
    forget(context, account).await
}

/// Ends the session; a server that is away keeps nobody from forgetting.
async fn revoke(context: &Context, account: &Account, keeper: &Keeper) -> Result<(), Failure> {
    // A renewal that is under way is waited for: what it fetches belongs to the same session.
    let _alone = renewal::lock(&context.settings.folders, &account.key()).await?;
    let entry = match keeper.store().read(&account.key()).await {
        Ok(Some(entry)) => entry,
        Ok(None) => return Ok(()),
        Err(failure) => {
            // A store that is away is told below, where it cannot be emptied.
            warn(format!("{}; the session could not be ended at the server", failure.error));
            return Ok(());
        }
    };
    match keeper.server().revoke(&entry.refresh_token).await {
        Ok(()) => Ok(()),
        Err(failure) if failure.code == Code::Away => {
            warn(format!("{}; the session lives on there until it is ended or has been idle for long", failure.error));
            Ok(())
        }
        // Unknown there, which is as good as ended.
        Err(failure) if failure.code == Code::Other => Ok(()),
        Err(failure) => Err(failure),
    }
}

/// Forgets an account and its tokens on this machine.
pub async fn forget(context: &Context, account: &Account) -> Result<(), Failure> {
    let folders = &context.settings.folders;
    let _alone = renewal::lock(folders, &account.key()).await?;
    Keeper::new(folders, account)?.store().forget(&account.key()).await?;
    Accounts::change(folders, |accounts| {
        accounts.remove(&account.name);
        Ok(())
    })
    .await
}
