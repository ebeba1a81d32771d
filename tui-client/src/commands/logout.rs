//! `grant logout`: end the session at the server, then forget its tokens here.

use clap::Args;
use grant::accounts::Accounts;
use grant::session::{self, Reach};
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
    let reach = match (logout.everywhere, logout.local_only) {
        (true, _) => Reach::Everywhere,
        (_, true) => Reach::Here,
        _ => Reach::Session,
    };
    let mut signed_out = Vec::new();
    let mut failed = None;
    for account in &chosen {
        match session::end(&context.settings.folders, account, reach).await {
            Ok(ended) => {
                if let Some(warning) = ended {
                    warn(warning);
                }
                signed_out.push(account.name.clone());
            }
            // The others are not kept for it; it is what the command ends with.
            Err(failure) if failed.is_none() => failed = Some(failure),
            Err(failure) => warn(format!("{}: {}", account.name, failure.error)),
        }
    }
    let done = format!("signed out: {}", signed_out.join(", "));
    if let Some(failure) = failed {
        return Err(if signed_out.is_empty() { failure } else { failure.detail(done) });
    }
    if context.json {
        say_json(&json!({ "schema": 1, "signed_out": signed_out }))?;
    } else if !signed_out.is_empty() {
        complain(&done);
    }
    Ok(0)
}
