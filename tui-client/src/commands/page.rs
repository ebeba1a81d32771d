//! How is a list of the server's shown? A page of it as a table; and `grant activity`, which is one.

use clap::Args;
use grant::failure::{Failure, plain};
use reqwest::Method;
use serde_json::{Value, json};

use super::{Context, Done, say_json, say_table};

#[derive(Args)]
pub struct Activity {
    /// How many, at most 200
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
    limit: u32,
}

pub async fn activity(context: &Context, activity: &Activity) -> Done {
    let path = format!("/api/v1/me/activity?limit={}", activity.limit);
    let events = items(context, &path).await?;
    if context.json {
        say_json(&json!({ "schema": 1, "events": events }))?;
    } else {
        table(
            &events,
            &[("WHEN", "at"), ("WHAT", "type"), ("WHY", "reason"), ("CLIENT", "client_id"), ("FROM", "ip")],
        )?;
    }
    Ok(0)
}

/// The members of a page.
pub async fn items(context: &Context, path: &str) -> Result<Vec<Value>, Failure> {
    let mut page = context.ask_for(Method::GET, path).await?;
    Ok(match page.get_mut("items").map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    })
}

/// They, a line each.
pub fn table(items: &[Value], columns: &[(&str, &str)]) -> Result<(), Failure> {
    let heads: Vec<_> = columns.iter().map(|(head, _)| *head).collect();
    let cell = |item: &Value, name: &str| match item.get(name) {
        Some(Value::String(text)) => plain(text),
        Some(Value::Bool(true)) => "yes".to_owned(),
        None | Some(Value::Null | Value::Bool(false)) => String::new(),
        Some(other) => other.to_string(),
    };
    let rows: Vec<Vec<_>> =
        items.iter().map(|item| columns.iter().map(|(_, name)| cell(item, name)).collect()).collect();
    say_table(&heads, &rows)
}
