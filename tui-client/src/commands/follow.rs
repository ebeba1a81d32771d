//! How are events shown, those that were and those that come? The server is asked every few seconds, and each event is told once.

use std::cmp::Reverse;
use std::collections::HashSet;
use std::time::Duration;

use clap::Args;
use grant::clock;
use grant::failure::{Code, Failure};
use serde_json::{Value, json};

use super::page::{self, Columns, Form, Format, Page, Paging};
use super::table::{Table, room};
use super::{Caller, Context, Done, seconds, try_say, warn};

/// Between two questions: a quick answer to a person, and next to no work for a server.
const EVERY: Duration = Duration::from_secs(2);
/// Between two questions to a server that is away.
const AWAY_EVERY: Duration = Duration::from_secs(10);
/// So many are looked at again each time: a database may show an event a moment after a newer one.
const OVERLAP: usize = 20;

/// As wide as events mostly are: those that come are not known when the columns are laid out.
const USUAL: &str = r#"{
    "at": "2026-01-31T12:00:00Z",
    "reason": "refresh_token_reused",
    "user_id": "usr_00000000000000000000000000",
    "client_id": "grant-cli",
    "from": "local: grant token, pid 12345",
    "ip": "203.0.113.7"
}"#;

/// The type that is the longest, and the one that takes the longest words.
const LONGEST: [&str; 2] = ["client_secret_rotated", "refresh_token_reused"];

/// Which events are wanted.
#[derive(Args)]
pub struct Wanted {
    #[command(flatten)]
    paging: Paging,
    /// Only what happened since: 90m, 24h, 7d, or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<i64>,
    /// Go on and print what happens, until Ctrl-C; in JSON an object a line
    #[arg(short, long)]
    follow: bool,
    #[command(flatten)]
    form: Form,
}

/// The moment that is meant, in Unix seconds.
fn since(text: &str) -> Result<i64, String> {
    let span = || seconds(text).map(|span| clock::now() - span);
    clock::moment(text).map_or_else(span, Ok).map_err(|_| "write it as 90m, 24h, 7d or 2026-01-31T12:00:00Z".to_owned())
}

/// A list of events at the server, and what this machine knows besides.
pub struct Feed<'a> {
    pub caller: &'a Caller,
    pub path: &'a str,
    pub filters: &'a [(&'a str, Option<&'a str>)],
    /// What is to be shown of one of the server's.
    pub shape: fn(&mut Value),
    /// What this machine knows.
    pub local: &'a dyn Fn() -> Vec<Value>,
    pub columns: &'static Columns,
}

impl Feed<'_> {
    /// Prints what is wanted, and goes on when that is.
    pub async fn show(&self, context: &Context, wanted: &Wanted) -> Done {
        // Two flags that do not fit are told before anything is asked.
        let format = wanted.form.of(context)?;
        let most = if wanted.since.is_some() { wanted.paging.most_if_said() } else { wanted.paging.most() };
        if wanted.follow {
            return self.follow(format, most, wanted.since).await;
        }
        let mut page = self.read(most, |event| is_since(event, wanted.since)).await?;
        self.merge(&mut page.items, wanted.since);
        if let Some(most) = most.filter(|most| page.items.len() > *most) {
            page.items.truncate(most);
            page.more = Some(true);
        }
        page::show(context, &wanted.form, "events", &page, self.columns)?;
        Ok(0)
    }

    async fn read(&self, most: Option<usize>, wanted: impl Fn(&Value) -> bool) -> Result<Page, Failure> {
        page::fetch(self.caller, self.path, self.filters, most, wanted).await
    }

    /// The server's events in their shape, this machine's among them, the newest first.
    fn merge(&self, events: &mut Vec<Value>, since: Option<i64>) {
        events.iter_mut().for_each(self.shape);
        // The sort is stable: of one second, the server's stay in their order, and what is done with a session comes after its beginning.
        events.splice(..0, (self.local)().into_iter().filter(|event| is_since(event, since)));
        events.sort_by_key(|event| Reverse(at(event)));
    }

    /// The events of the last moments.
    async fn newest(&self, known: &HashSet<String>, since: Option<i64>) -> Result<Vec<Value>, Failure> {
        let is_new = |event: &Value| !known.contains(&key(event));
        let mut page = self.read(Some(OVERLAP), |event| is_since(event, since)).await?;
        if page.more == Some(true) && page.items.iter().all(is_new) {
            page = self.read(None, |event| is_since(event, since) && is_new(event)).await?;
        }
        self.merge(&mut page.items, since);
        Ok(page.items)
    }

    /// Tells events, the oldest first, until nobody reads on or Ctrl-C ends the process.
    async fn follow(&self, format: Format, most: Option<usize>, since: Option<i64>) -> Done {
        let page = self.read(most.map(|most| most.max(OVERLAP)), |event| is_since(event, since)).await?;
        let mut events = page.items;
        self.merge(&mut events, since);
        let mut known: HashSet<String> = HashSet::new();
        known.extend(events.iter().skip(most.unwrap_or(usize::MAX)).map(key));
        let mut rows: Vec<_> = events.iter().map(|event| page::row(event, self.columns)).collect();
        let usual = |kind: &&str| {
            let mut event = serde_json::from_str(USUAL).unwrap_or_default();
            set(&mut event, "type", json!(kind));
            page::row(&event, self.columns)
        };
        rows.extend(LONGEST.iter().map(usual));
        let table = Table::new(&page::heads(self.columns), &rows, room());
        let head = match format {
            Format::Json => None,
            Format::Tsv => Some(page::tsv_head(self.columns)),
            Format::Table => Some(table.line(&page::heads(self.columns))),
        };
        if let Some(head) = head
            && !try_say(head)?
        {
            return Ok(0);
        }
        let mut is_away = false;
        loop {
            for event in events.iter().rev() {
                let line = match format {
                    Format::Json => json!({ "schema": 1, "event": event }).to_string(),
                    Format::Tsv => page::tsv(event, self.columns),
                    Format::Table => table.line(&page::row(event, self.columns)),
                };
                if known.insert(key(event)) && !try_say(line)? {
                    return Ok(0);
                }
            }
            tokio::time::sleep(if is_away { AWAY_EVERY } else { EVERY }).await;
            (is_away, events) = match self.newest(&known, since).await {
                Ok(events) => (false, events),
                Err(failure) if failure.code == Code::Away => {
                    if !is_away {
                        warn(format!("{}; asking again", failure.error));
                    }
                    (true, Vec::new())
                }
                Err(failure) => return Err(failure),
            };
        }
    }
}

/// What tells an event from all others.
fn key(event: &Value) -> String {
    event.get("id").and_then(Value::as_str).map_or_else(|| event.to_string(), str::to_owned)
}

fn at(event: &Value) -> i64 {
    event.get("at").and_then(Value::as_str).and_then(clock::moment).unwrap_or_default()
}

fn is_since(event: &Value, since: Option<i64>) -> bool {
    since.is_none_or(|since| at(event) >= since)
}

/// Gives an object another member.
pub fn set(event: &mut Value, name: &str, value: Value) {
    if let Some(members) = event.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_span_before_now_or_a_date() {
        assert_eq!(since("2026-01-31T12:00:00Z").unwrap(), 1_769_860_800);
        assert_eq!(since("2026-01-31T13:00:00+01:00").unwrap(), 1_769_860_800);
        assert!((since("24h").unwrap() - since("1d").unwrap()).abs() <= 1);
        for wrong in ["", "h", "-1h", "1.5d", "99999999999d", "7ä", "yesterday"] {
            assert!(since(wrong).is_err(), "{wrong}");
        }
    }
}
