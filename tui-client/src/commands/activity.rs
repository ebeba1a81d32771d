//! `grant activity`: what happened to the user's account, and which process of this machine renewed its tokens?

use clap::Args;
use grant::clock;
use grant::journal::{self, Outcome, Renewal};
use serde_json::{Value, json};

use super::follow::{Feed, Wanted, set};
use super::page::{Columns, WHAT};
use super::{Caller, Context, Done};

const COLUMNS: &Columns = &[("WHEN", "at"), WHAT, ("WHY", "reason"), ("CLIENT", "client_id"), ("FROM", "from")];

#[derive(Args)]
pub struct Activity {
    #[command(flatten)]
    wanted: Wanted,
}

pub async fn activity(context: &Context, activity: &Activity) -> Done {
    let caller = context.caller()?;
    let local = || match &caller {
        Caller::Account(keeper) => {
            let account = keeper.account();
            let renewals = journal::read(&context.settings.folders, &account.key());
            renewals.iter().map(|renewal| event(renewal, &account.client_id)).collect()
        }
        Caller::Environment(..) => Vec::new(),
    };
    let shape = |event: &mut Value| {
        let from = event.get("ip").cloned().unwrap_or_default();
        set(event, "local", json!(false));
        set(event, "from", from);
    };
    let path = "/api/v1/me/activity";
    Feed { caller: &caller, path, filters: &[], shape, local: &local, columns: COLUMNS }
        .show(context, &activity.wanted)
        .await
}

/// A renewal in the shape of an event.
fn event(renewal: &Renewal, client_id: &str) -> Value {
    json!({
        "id": null,
        "at": clock::rfc3339(renewal.at),
        "type": match renewal.outcome {
            Outcome::Renewed => "token_renewed",
            Outcome::Failed => "renewal_failed",
            Outcome::Ended => "renewal_refused",
        },
        "reason": null,
        "client_id": client_id,
        "session_id": null,
        "ip": null,
        "local": true,
        "from": format!("local: {}, pid {}", renewal.command, renewal.pid),
        "command": renewal.command,
        "pid": renewal.pid,
    })
}
