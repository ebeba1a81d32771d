//! `grantd client`: register and show clients.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use grantd::config::parse_duration;
use grantd::flows::{By, ClientChange, ClientRefusal, NewClient};
use grantd::model::change::Change;
use grantd::model::client::{Client, ClientType, GrantType};
use grantd::model::secret::Secret;
use serde_json::{Value, json};

use super::{Done, Failed, complain, on_data, said, say, say_json, say_members, say_table, secret, time};

#[derive(Subcommand)]
pub enum ClientCommand {
    /// Register a client; a secret that it makes is shown once
    #[command(
        after_help = "Examples:\n  grantd client create billing                                        a service\n  grantd client create shop-api --resource-server --audience https://shop.example.org\n  grantd client create app --type public --grant password --grant refresh_token"
    )]
    Create(Box<Create>),
    /// Change a client; what is not named stays as it is, and an empty value empties a list
    #[command(
        after_help = "Examples:\n  grantd client update app --scope openid --scope profile\n  grantd client update app --redirect-uri ''          none any more\n  grantd client update app --access-ttl default"
    )]
    Update(Box<Update>),
    /// Give a client another secret, which is shown once
    #[command(
        after_help = "Example:\n  grantd client rotate-secret billing --grace 1h       the old one is taken for an hour more"
    )]
    RotateSecret {
        /// The client's id
        id: String,
        /// How long the old secret is taken still, such as 1h [default: no longer]
        #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
        grace: Option<i64>,
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
    /// Delete a client and end every session that it holds
    #[command(after_help = "Example:\n  grantd client delete billing")]
    Delete {
        /// The client's id
        id: String,
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show every client
    #[command(after_help = "Example:\n  grantd client list --json")]
    List {
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a client
    #[command(after_help = "Example:\n  grantd client show web")]
    Show {
        /// The client's id
        id: String,
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
#[expect(clippy::struct_excessive_bools, reason = "one a flag")]
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
    /// How it may ask for tokens; may repeat
    #[arg(long, value_parser = PossibleValuesParser::new(GrantType::ALL.map(GrantType::as_str)))]
    grant: Vec<String>,
    /// What its tokens may be used for; may repeat [default: openid profile email]
    #[arg(long)]
    scope: Vec<String>,
    /// Where its browsers may be sent back to; may repeat
    #[arg(long, value_name = "URL")]
    redirect_uri: Vec<String>,
    /// From which origin its pages call; may repeat
    #[arg(long)]
    origin: Vec<String>,
    /// Which resource it may ask for; may repeat
    #[arg(long, value_name = "URL")]
    resource: Vec<String>,
    /// It takes tokens, and may ask about them
    #[arg(long)]
    resource_server: bool,
    /// Under which name tokens are meant for it, besides its id; may repeat
    #[arg(long, value_name = "URL")]
    audience: Vec<String>,
    /// Life of its access tokens, such as 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    access_ttl: Option<i64>,
    /// Life of its sessions, such as 90d
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    refresh_ttl: Option<i64>,
    /// Its refresh token stays the same at each use
    #[arg(long)]
    no_rotation: bool,
    /// It is fine if there is one of this id
    #[arg(long)]
    if_absent: bool,
    /// Say it in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
#[group(id = "change", required = true, multiple = true, args = ["name", "grant", "scope", "redirect_uri", "origin", "resource", "resource_server", "audience", "access_ttl", "refresh_ttl", "rotation"])]
pub struct Update {
    /// The client's id
    id: String,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    /// How it may ask for tokens; may repeat
    #[arg(long, value_parser = PossibleValuesParser::new(GrantType::ALL.map(GrantType::as_str).into_iter().chain([""])), hide_possible_values = true)]
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
    #[arg(long, value_name = "DURATION", value_parser = life)]
    access_ttl: Option<Life>,
    /// Life of its sessions, such as 90d, or default
    #[arg(long, value_name = "DURATION", value_parser = life)]
    refresh_ttl: Option<Life>,
    /// Whether its refresh token changes at each use
    #[arg(long, value_name = "BOOL")]
    rotation: Option<bool>,
    /// Say it in JSON
    #[arg(long)]
    json: bool,
}

/// A life in seconds, or the server's.
#[derive(Clone, Copy)]
struct Life(Option<i64>);

fn lived(life: Option<Life>) -> Change<i64> {
    match life {
        None => Change::Keep,
        Some(Life(None)) => Change::Clear,
        Some(Life(Some(seconds))) => Change::Set(seconds),
    }
}

fn life(text: &str) -> Result<Life, String> {
    if text == "default" {
        return Ok(Life(None));
    }
    parse_duration(text).map(|seconds| Life(Some(seconds)))
}

pub fn client(file: Option<&Path>, command: ClientCommand) -> Done {
    match command {
        ClientCommand::Create(create) => make(file, *create),
        ClientCommand::List { json } => list(file, json),
        ClientCommand::Update(update) => change(file, *update),
        ClientCommand::RotateSecret { id, grace, json } => on_data(file, async |flows| {
            let (client, secret) = flows.rotate_client_secret(&id, grace.unwrap_or_default(), By::CommandLine).await?;
            tell(&client, Some(&secret), json)
        }),
        ClientCommand::Delete { id, json } => on_data(file, async |flows| {
            flows.delete_client(&id, By::CommandLine).await?;
            if json {
                return say_json(&json!({ "deleted": id }));
            }
            say(&format!("deleted {id} and ended the sessions that it held"))
        }),
        ClientCommand::Show { id, json } => on_data(file, async |flows| {
            let client = flows.find_client(&id).await?.ok_or(ClientRefusal::NotFound)?;
            tell(&client, None, json)
        }),
    }
}

fn make(file: Option<&Path>, create: Create) -> Done {
    let (if_absent, json) = (create.if_absent, create.json);
    let new = NewClient {
        id: create.id,
        name: create.name,
        client_type: ClientType::parse(&create.client_type).unwrap_or(ClientType::Confidential),
        secret: create.secret_file.as_deref().map(|path| secret(Some(path), "Secret")).transpose()?,
        grants: create.grant.iter().filter_map(|grant| GrantType::parse(grant)).collect(),
        scopes: create.scope,
        redirect_uris: create.redirect_uri,
        origins: create.origin,
        resources: create.resource,
        resource_server: create.resource_server,
        audiences: create.audience,
        access_ttl: create.access_ttl,
        refresh_ttl: create.refresh_ttl,
        rotation: !create.no_rotation,
    };
    new.judge()?;
    on_data(file, async |flows| {
        let there = async || Ok::<_, Failed>(if if_absent { flows.find_client(&new.id).await? } else { None });
        if let Some(client) = there().await? {
            complain("there is one already; nothing was changed");
            return tell(&client, None, json);
        }
        match flows.create_client(new.clone(), By::CommandLine).await {
            // Somebody else made it meanwhile.
            Err(refusal @ ClientRefusal::Taken(_)) => match there().await? {
                Some(client) => tell(&client, None, json),
                None => Err(refusal.into()),
            },
            created => {
                let (client, made) = created?;
                tell(&client, made.as_ref(), json)
            }
        }
    })
}

fn change(file: Option<&Path>, update: Update) -> Done {
    let words = |words: Option<Vec<String>>| {
        words.map(|words| words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>())
    };
    let grants = words(update.grant).map(|names| names.iter().filter_map(|name| GrantType::parse(name)).collect());
    let change = ClientChange {
        name: said(update.name),
        grants,
        scopes: words(update.scope),
        redirect_uris: words(update.redirect_uri),
        origins: words(update.origin),
        resources: words(update.resource),
        resource_server: update.resource_server,
        audiences: words(update.audience),
        access_ttl: lived(update.access_ttl),
        refresh_ttl: lived(update.refresh_ttl),
        rotation: update.rotation,
    };
    on_data(file, async |flows| {
        let client = flows.change_client(&update.id, change, By::CommandLine).await?;
        tell(&client, None, update.json)
    })
}

fn list(file: Option<&Path>, json: bool) -> Done {
    on_data(file, async |flows| {
        let clients = flows.list_clients().await?;
        if json {
            return say_json(&clients.iter().map(as_json).collect());
        }
        let rows: Vec<_> = clients
            .iter()
            .map(|client| {
                let grants: Vec<_> = client.grants.iter().map(|grant| grant.as_str()).collect();
                let kind =
                    if client.resource_server { "confidential, resource server" } else { client.client_type.as_str() };
                vec![client.id.clone(), kind.to_owned(), grants.join(" "), client.scopes.to_string()]
            })
            .collect();
        say_table(&["ID", "TYPE", "GRANTS", "SCOPES"], &rows)
    })
}

fn tell(client: &Client, made: Option<&Secret<String>>, json: bool) -> Done {
    let mut value = as_json(client);
    if let (Some(secret), Some(members)) = (made, value.as_object_mut()) {
        members.insert("client_secret".to_owned(), json!(secret.expose()));
    }
    if json {
        return say_json(&value);
    }
    say_members(&value)?;
    if made.is_some() {
        complain("the secret is shown this once: only its hash is kept");
    }
    Ok(())
}

fn as_json(client: &Client) -> Value {
    json!({
        "id": client.id,
        "name": client.name,
        "type": client.client_type.as_str(),
        "grants": client.grants.iter().map(|grant| grant.as_str()).collect::<Vec<_>>(),
        "scopes": client.scopes.iter().collect::<Vec<_>>(),
        "resources": client.resources,
        "audiences": client.audiences,
        "redirect_uris": client.redirect_uris,
        "origins": client.origins,
        "resource_server": client.resource_server,
        "rotation": client.rotation,
        "access_ttl": client.access_ttl,
        "refresh_ttl": client.refresh_ttl,
        "created_at": time(client.created_at),
    })
}
