//! `grantd client`: register and show clients.

use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};
use grantd::config::parse_duration;
use grantd::flows::{ClientRefusal, NewClient};
use grantd::model::client::{Client, ClientType, GrantType};
use grantd::model::secret::Secret;
use serde_json::{Value, json};

use super::{Done, Failed, complain, on_data, say_json, say_members, say_table, secret, time};

#[derive(Subcommand)]
pub enum ClientCommand {
    /// Register a client; a secret that it makes is shown once
    #[command(
        after_help = "Examples:\n  grantd client create billing                                        a service\n  grantd client create shop-api --resource-server --audience https://shop.example.org\n  grantd client create app --type public --grant password --grant refresh_token"
    )]
    Create(Box<Create>),
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

pub fn client(file: Option<&Path>, command: ClientCommand) -> Done {
    match command {
        ClientCommand::Create(create) => make(file, *create),
        ClientCommand::List { json } => list(file, json),
        ClientCommand::Show { id, json } => on_data(file, async |flows| {
            let client = flows.find_client(&id).await?;
            let client =
                client.ok_or_else(|| Failed::because("there is no such client; `grantd client list` shows them"))?;
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
        match flows.create_client(new.clone()).await {
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
