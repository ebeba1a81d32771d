//! `grant doctor`: what keeps `grant` from working on this machine?

use grant::doctor;
use serde_json::json;

use super::{Context, Done, inspect, say_json};

/// What is to be known of it.
pub const ABOUT: &str = "Exits 0 when nothing is wrong, else with the code of the first check that failed.

Example:
  grant doctor --json";

pub async fn doctor(context: &Context) -> Done {
    let checks = doctor::checks(&context.settings, context.account.as_deref()).await;
    if context.json {
        say_json(&json!({ "schema": 1, "checks": checks }))?;
    } else {
        inspect::say_checks(&checks)?;
    }
    Ok(checks.iter().find_map(|check| check.code).map_or(0, |code| code as u8))
}
