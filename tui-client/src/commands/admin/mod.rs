//! `grant admin`: administer a server from anywhere, with the words that `grantd` has for it beside the data.

mod clients;
mod events;
mod keys;
mod sessions;
mod users;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use grant::failure::{Code, Failure, plain};
use grant::secret::Secret;
use reqwest::Method;
use serde_json::{Map, Value, json};

use super::page;
use super::{Caller, Context, Done, ask_secret, complain, read_secret, say_json};

#[derive(Subcommand)]
pub enum Admin {
    /// Make, show, change, lock and delete users
    #[command(subcommand, after_help = "Example:\n  grant admin users show ada")]
    Users(users::Users),
    /// Register, show, change and delete clients
    #[command(subcommand, after_help = "Example:\n  grant admin clients create billing")]
    Clients(clients::Clients),
    /// Show and end the sessions of everybody
    #[command(subcommand, after_help = "Example:\n  grant admin sessions list --user bob")]
    Sessions(sessions::Sessions),
    /// Show and rotate the keys that sign tokens
    #[command(subcommand, after_help = "Example:\n  grant admin keys list")]
    Keys(keys::Keys),
    /// Show what happened at the server, and who did it
    #[command(subcommand, after_help = "Example:\n  grant admin events list --user bob --since 7d")]
    Events(events::Events),
}

pub async fn admin(context: &Context, admin: &Admin) -> Done {
    match admin {
        Admin::Users(users) => users::users(context, users).await,
        Admin::Clients(clients) => clients::clients(context, clients).await,
        Admin::Sessions(sessions) => sessions::sessions(context, sessions).await,
        Admin::Keys(keys) => keys::keys(context, keys).await,
        Admin::Events(events) => events::events(context, events).await,
    }
}

/// Where a new secret comes from.
#[derive(Args)]
pub struct NewPassword {
    /// Read the password from standard input
    #[arg(long, conflicts_with = "password_file")]
    password_stdin: bool,
    /// Read the password from a file; - is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl NewPassword {
    fn read(&self, context: &Context, of: &str) -> Result<Secret, Failure> {
        let password = if self.password_stdin || self.password_file.is_some() {
            read_secret(self.password_file.as_deref())?
        } else if context.may_ask() {
            let of = plain(of);
            let typed = ask_secret(&format!("New password of {of}: "))?;
            if typed != ask_secret(&format!("New password of {of}, again: "))? {
                return Err(Failure::new(Code::Other, "the two are not the same; nothing was done"));
            }
            typed
        } else {
            return Err(Failure::usage("there is no terminal to ask for a password")
                .hint("give --password-stdin or --password-file FILE"));
        };
        if password.expose().is_empty() {
            return Err(Failure::usage("the password is empty"));
        }
        Ok(password)
    }
}

const USERS: &str = "/api/v1/admin/users";

/// A user by id, username or e-mail address.
async fn user(caller: &Caller, who: &str) -> Result<Value, Failure> {
    let unknown = || {
        Failure::new(Code::NotFound, format!("{} has no user `{who}`", caller.issuer()))
            .hint("grant admin users list shows them")
    };
    if who.starts_with("usr_") {
        return caller.ask_for(Method::GET, &format!("{USERS}/{}", user_segment(who)?)).await;
    }
    // What cannot be searched for is nobody's name.
    if who.is_empty() || who.chars().count() > 256 || who.contains(char::is_control) {
        return Err(unknown());
    }
    let wanted = who.to_lowercase();
    let is_named = |user: &Value| ["username", "email"].iter().any(|name| text(user, name).to_lowercase() == wanted);
    let found = page::fetch(caller, USERS, &[("q", Some(who))], None, |_| true).await?;
    found.items.into_iter().find(is_named).ok_or_else(unknown)
}

/// The id of a user by id, username or e-mail address.
async fn user_id(caller: &Caller, who: Option<&str>) -> Result<Option<String>, Failure> {
    match who {
        None => Ok(None),
        Some(who) => Ok(Some(text(&user(caller, who).await?, "id").to_owned())),
    }
}

fn user_segment(id: &str) -> Result<&str, Failure> {
    page::segment(id, "user", "grant admin users list")
}

/// A member that is text.
fn text<'a>(thing: &'a Value, name: &str) -> &'a str {
    thing.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// The members that were named, with their values.
fn members<const N: usize>(named: [(&str, Option<Value>); N]) -> Value {
    let named = named.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(named.collect::<Map<_, _>>())
}

/// A text that was named; an empty one takes the value away.
fn or_null(text: Option<&String>) -> Option<Value> {
    text.map(|text| if text.is_empty() { Value::Null } else { json!(text) })
}

/// Says what was done: to a person in a sentence, to a program as an object.
fn done(context: &Context, sentence: &str, object: &Value) -> Done {
    if context.json {
        say_json(object)?;
    } else {
        complain(sentence);
    }
    Ok(0)
}
