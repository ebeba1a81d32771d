//! `grant admin clients`: register, show, change and delete clients.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use grant::failure::Failure;
use reqwest::Method;
use serde_json::{Value, json};

use super::{done, members, or_null};
use crate::commands::page::{self, Columns, Form, Paging};
use crate::commands::{Context, Done, complain, read_secret, say, say_json, seconds};

const PATH: &str = "/api/v1/admin/clients";
const COLUMNS: &Columns = &[
    ("ID", "id"),
    ("NAME", "name"),
    ("TYPE", "type"),
    ("GRANTS", "grants"),
    ("SCOPES", "scopes"),
    ("CREATED", "created_at"),
];

#[derive(Subcommand)]
pub enum Clients {
    /// Show them, the newest first
    #[command(after_help = "Example:\n  grant admin clients list --search shop")]
    List(List),
    /// Show one; its secret nobody can show
    #[command(after_help = "Example:\n  grant admin clients show web")]
    Show(Named),
    /// Register one; a secret that is made for it is shown once
    #[command(
        after_help = "With --json a secret is shown only with --show-secrets; without it nothing is registered that has one.\n\n\
                      Examples:\n  grant admin clients create billing                                  a service\n  \
                      grant admin clients create shop-api --resource-server --audience https://shop.example.org\n  \
                      grant admin clients create app --type public --grant password --grant refresh_token"
    )]
    Create(Box<Create>),
    /// Change one; what is not named stays as it is, and an empty value empties a list
    #[command(
        after_help = "Examples:\n  grant admin clients update app --scope openid --scope profile\n  grant admin clients update app --access-ttl default"
    )]
    Update(Box<Update>),
    /// Give one another secret, which is shown once
    #[command(
        after_help = "With --json the secret is shown only with --show-secrets; without it the old one stays.\n\n\
                      Example:\n  grant admin clients rotate-secret billing --grace 1h       the old one is taken for an hour more"
    )]
    RotateSecret {
        #[command(flatten)]
        named: Named,
        /// How long the old secret is taken still, such as 1h [default: no longer]
        #[arg(long, value_name = "TIME", value_parser = seconds)]
        grace: Option<i64>,
        /// Show the secret in JSON too
        #[arg(long)]
        show_secrets: bool,
    },
    /// Delete one and end every session that it holds; asks for its id
    #[command(after_help = "Example:\n  grant admin clients delete billing --yes")]
    Delete {
        #[command(flatten)]
        named: Named,
        /// Ask nothing
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Args)]
pub struct Named {
    /// The client's id
    id: String,
}

impl Named {
    fn path(&self) -> Result<String, Failure> {
        Ok(format!("{PATH}/{}", page::segment(&self.id, "client", "grant admin clients list")?))
    }
}

#[derive(Args)]
pub struct List {
    /// Only those whose id or name contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    form: Form,
}

#[derive(Args)]
pub struct Create {
    /// Its id: letters, digits, dot, hyphen, underscore
    id: String,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// Whether it can keep a secret
    #[arg(long = "type", value_parser = ["public", "confidential"], default_value = "confidential")]
    client_type: String,
    /// Where its secret stands, 24 characters at least; - is standard input; without it one is made
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// How it may ask for tokens: `password`, `refresh_token`, `client_credentials`; may repeat
    #[arg(long)]
    grant: Option<Vec<String>>,
    /// What its tokens may be used for; may repeat [default: openid profile email]
    #[arg(long)]
    scope: Option<Vec<String>>,
    /// Where its browsers may be sent back to; may repeat
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<Vec<String>>,
    /// From which origin its pages call; may repeat
    #[arg(long)]
    origin: Option<Vec<String>>,
    /// Which resource it may ask for; may repeat
    #[arg(long, value_name = "URL")]
    resource: Option<Vec<String>>,
    /// It takes tokens, and may ask about them
    #[arg(long)]
    resource_server: bool,
    /// Under which name tokens are meant for it, besides its id; may repeat
    #[arg(long, value_name = "URL")]
    audience: Option<Vec<String>>,
    /// Life of its access tokens, such as 5m
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    access_ttl: Option<i64>,
    /// Life of its sessions, such as 90d
    #[arg(long, value_name = "TIME", value_parser = seconds)]
    refresh_ttl: Option<i64>,
    /// Its refresh token stays the same at each use
    #[arg(long)]
    no_rotation: bool,
    /// Show the secret in JSON too
    #[arg(long)]
    show_secrets: bool,
}

#[derive(Args)]
pub struct Update {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// How it may ask for tokens: `password`, `refresh_token`, `client_credentials`; may repeat
    #[arg(long)]
    grant: Option<Vec<String>>,
    /// What its tokens may be used for; may repeat
    #[arg(long)]
    scope: Option<Vec<String>>,
    /// Where its browsers may be sent back to; may repeat
    #[arg(long, value_name = "URL")]
    redirect_uri: Option<Vec<String>>,
    /// From which origin its pages call; may repeat
    #[arg(long)]
    origin: Option<Vec<String>>,
    /// Which resource it may ask for; may repeat
    #[arg(long, value_name = "URL")]
    resource: Option<Vec<String>>,
    /// Whether it takes tokens, and may ask about them
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    resource_server: Option<bool>,
    /// Under which name tokens are meant for it, besides its id; may repeat
    #[arg(long, value_name = "URL")]
    audience: Option<Vec<String>>,
    /// Life of its access tokens, such as 5m, or default
    #[arg(long, value_name = "TIME", value_parser = life)]
    access_ttl: Option<Value>,
    /// Life of its sessions, such as 90d, or default
    #[arg(long, value_name = "TIME", value_parser = life)]
    refresh_ttl: Option<Value>,
    /// Whether its refresh token changes at each use
    #[arg(long, value_name = "BOOL")]
    rotation: Option<bool>,
}

/// A life in seconds, or the server's, which is null.
fn life(text: &str) -> Result<Value, String> {
    if text == "default" { Ok(Value::Null) } else { seconds(text).map(Value::from) }
}

/// A list that was named; empty words empty it.
fn words(words: Option<&Vec<String>>) -> Option<Value> {
    words.map(|words| words.iter().filter(|word| !word.is_empty()).cloned().collect())
}

pub async fn clients(context: &Context, clients: &Clients) -> Done {
    match clients {
        Clients::List(List { search, paging, form }) => {
            form.of(context)?;
            let filters = [("q", search.as_deref())];
            let clients = page::fetch(&context.caller()?, PATH, &filters, paging.most(), |_| true).await?;
            page::show(context, form, "clients", &clients, COLUMNS)?;
            Ok(0)
        }
        Clients::Show(named) => {
            let path = named.path()?;
            page::show_one(context, "client", &context.caller()?.ask_for(Method::GET, &path).await?)?;
            Ok(0)
        }
        Clients::Create(new) => create(context, new).await,
        Clients::Update(update) => change(context, update).await,
        Clients::RotateSecret { named, grace, show_secrets } => {
            let path = named.path()?;
            keeps_secrets(context, *show_secrets, "nothing was changed")?;
            let body = json!({ "grace": grace.unwrap_or_default() });
            let answer = context.caller()?.send(Method::POST, &format!("{path}/secret"), Some(&body)).await?;
            tell(context, answer)
        }
        Clients::Delete { named, yes } => {
            let path = named.path()?;
            let caller = context.caller()?;
            caller.ask_for(Method::GET, &path).await?;
            let question = format!("Delete the client {} and end every session that it holds?", named.id);
            context.confirm_name(*yes, &question, &named.id)?;
            caller.send(Method::DELETE, &path, None).await?;
            done(context, &format!("deleted {}", named.id), &json!({ "schema": 1, "deleted": named.id }))
        }
    }
}

/// A secret that is shown once and would be left out is lost: it is not made.
fn keeps_secrets(context: &Context, show_secrets: bool, so: &str) -> Result<(), Failure> {
    if context.json && !show_secrets {
        return Err(Failure::usage("the secret is shown this once, and JSON leaves secrets out")
            .detail(so)
            .hint("give --show-secrets"));
    }
    Ok(())
}

async fn create(context: &Context, new: &Create) -> Done {
    let secret = new.secret_file.as_deref().map(|path| read_secret(Some(path))).transpose()?;
    if secret.is_none() && new.client_type == "confidential" {
        keeps_secrets(context, new.show_secrets, "nothing was registered")?;
    }
    let body = members([
        ("id", Some(json!(new.id))),
        ("name", new.name.as_ref().map(|name| json!(name))),
        ("type", Some(json!(new.client_type))),
        ("client_secret", secret.as_ref().map(|secret| json!(secret.expose()))),
        ("grants", words(new.grant.as_ref())),
        ("scopes", words(new.scope.as_ref())),
        ("redirect_uris", words(new.redirect_uri.as_ref())),
        ("origins", words(new.origin.as_ref())),
        ("resources", words(new.resource.as_ref())),
        ("resource_server", Some(json!(new.resource_server))),
        ("audiences", words(new.audience.as_ref())),
        ("access_ttl", new.access_ttl.map(Value::from)),
        ("refresh_ttl", new.refresh_ttl.map(Value::from)),
        ("rotation", Some(json!(!new.no_rotation))),
    ]);
    tell(context, context.caller()?.send(Method::POST, PATH, Some(&body)).await?)
}

async fn change(context: &Context, Update { named, changes }: &Update) -> Done {
    let path = named.path()?;
    let body = members([
        ("name", or_null(changes.name.as_ref())),
        ("grants", words(changes.grant.as_ref())),
        ("scopes", words(changes.scope.as_ref())),
        ("redirect_uris", words(changes.redirect_uri.as_ref())),
        ("origins", words(changes.origin.as_ref())),
        ("resources", words(changes.resource.as_ref())),
        ("resource_server", changes.resource_server.map(Value::from)),
        ("audiences", words(changes.audience.as_ref())),
        ("access_ttl", changes.access_ttl.clone()),
        ("refresh_ttl", changes.refresh_ttl.clone()),
        ("rotation", changes.rotation.map(Value::from)),
    ]);
    page::show_one(context, "client", &context.caller()?.send(Method::PATCH, &path, Some(&body)).await?)?;
    Ok(0)
}

/// A client, and beside it the secret that was made for it.
fn tell(context: &Context, mut client: Value) -> Done {
    let secret = client.as_object_mut().and_then(|members| members.shift_remove("client_secret"));
    let secret = secret.filter(Value::is_string);
    if context.json {
        let mut object = json!({ "schema": 1, "client": client });
        if let (Some(secret), Some(members)) = (secret, object.as_object_mut()) {
            members.insert("client_secret".to_owned(), secret);
        }
        say_json(&object)?;
        return Ok(0);
    }
    page::show_one(context, "client", &client)?;
    if let Some(secret) = secret.as_ref().and_then(Value::as_str) {
        say(format!("{:<16}{secret}", "client_secret"))?;
        complain("the secret is shown this once: the server keeps only its hash");
    }
    Ok(0)
}
