//! How do clients come to be, and from which origins may their pages call?

use std::sync::Arc;

use super::client_authentication::secret_hash;
use super::{Flows, chance, event, to_its_end};
use crate::model::client::{Client, ClientType, GrantType, SECRET_LIMIT, SECRET_MIN_LENGTH, is_client_id};
use crate::model::event::EventType;
use crate::model::scope::Scopes;
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;

/// A client to be. What is not said gets the defaults of `grantd client create`.
#[derive(Clone, Debug)]
pub struct NewClient {
    /// `client_id`.
    pub id: String,
    /// What people call it.
    pub name: Option<String>,
    /// Whether it has a secret.
    pub client_type: ClientType,
    /// The secret, if it is not to be made.
    pub secret: Option<Secret<String>>,
    /// How it may ask for tokens.
    pub grants: Vec<GrantType>,
    /// What its tokens may be used for.
    pub scopes: Vec<String>,
    /// Where its browsers may be sent back to.
    pub redirect_uris: Vec<String>,
    /// From which origins its pages call.
    pub origins: Vec<String>,
    /// Which resources it may ask for.
    pub resources: Vec<String>,
    /// Whether it takes tokens and may ask about them.
    pub resource_server: bool,
    /// Under which names tokens are meant for it.
    pub audiences: Vec<String>,
    /// Life of its access tokens in seconds.
    pub access_ttl: Option<i64>,
    /// Life of its families in seconds.
    pub refresh_ttl: Option<i64>,
    /// Whether its refresh tokens change at each use.
    pub rotation: bool,
}

/// Why a client was not made.
#[derive(Debug, thiserror::Error)]
pub enum ClientRefusal {
    /// A value breaks a rule: a sentence for the operator.
    #[error("{0}")]
    Invalid(String),
    /// The id is another's.
    #[error("there is a client `{0}` already")]
    Taken(String),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NewClient {
    /// Whether there can be such a client: everything that is known without a look at the data.
    ///
    /// # Errors
    /// [`ClientRefusal::Invalid`].
    pub fn judge(&self) -> Result<(), ClientRefusal> {
        judge(self).map_err(ClientRefusal::Invalid)
    }
}

impl Flows {
    /// Makes a client; says its secret if it made one.
    ///
    /// # Errors
    /// [`ClientRefusal`].
    pub async fn create_client(
        self: &Arc<Self>,
        new: NewClient,
    ) -> Result<(Client, Option<Secret<String>>), ClientRefusal> {
        let now = self.clock.now();
        new.judge()?;
        let made = (new.client_type == ClientType::Confidential && new.secret.is_none())
            .then(|| Secret::new(chance::secret("gcs_")));
        let mut client = Client::new(new.id, new.client_type, now);
        client.secret_hash = new.secret.as_ref().or(made.as_ref()).map(secret_hash);
        client.name = new.name;
        client.grants = new.grants;
        if client.grants.is_empty() && !new.resource_server {
            client.grants.push(GrantType::ClientCredentials);
        }
        if !new.scopes.is_empty() {
            client.scopes = Scopes::of(new.scopes.iter().map(String::as_str));
        }
        client.redirect_uris = new.redirect_uris;
        client.origins = new.origins;
        client.resources = new.resources;
        client.resource_server = new.resource_server;
        client.audiences = new.audiences;
        client.access_ttl = new.access_ttl;
        client.refresh_ttl = new.refresh_ttl;
        client.rotation = new.rotation;
        if self.insert_client(client.clone(), now).await? {
            Ok((client, made))
        } else {
            Err(ClientRefusal::Taken(client.id))
        }
    }

    /// Adds a client with its event; false if the id is another's.
    pub(super) async fn insert_client(self: &Arc<Self>, client: Client, now: Timestamp) -> Result<bool, StoreError> {
        let flows = Arc::clone(self);
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            if !tx.insert_client(&client).await? {
                return Ok(false);
            }
            tx.insert_client_origins(&client.id, &origins_of(&client)).await?;
            let mut created = event(now, EventType::ClientCreated, None);
            created.client_id = Some(client.id);
            tx.insert_event(&created).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Every client, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_clients(&self) -> Result<Vec<Client>, StoreError> {
        self.store.read().list_clients().await
    }

    /// The client of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_client(&self, id: &str) -> Result<Option<Client>, StoreError> {
        self.store.read().find_client(id).await
    }

    /// Whether a page of this origin may call the token endpoint and the API: the issuer's own, and those of clients.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn allows_origin(&self, origin: &str) -> Result<bool, StoreError> {
        if origin == self.config.issuer.origin() {
            return Ok(true);
        }
        self.store.read().origin_is_known(origin).await
    }
}

/// From where the client's pages call: the origins it names, and those its browsers are sent back to.
fn origins_of(client: &Client) -> Vec<String> {
    client.origins.iter().chain(&client.redirect_uris).filter_map(|address| origin_of(address)).collect()
}

/// The origin of an address (RFC 6454 §6.2).
fn origin_of(uri: &str) -> Option<String> {
    let origin = url::Url::parse(uri).ok()?.origin();
    origin.is_tuple().then(|| origin.ascii_serialization())
}

fn judge(new: &NewClient) -> Result<(), String> {
    if !is_client_id(&new.id) {
        return Err(format!(
            "`{}` cannot be a client id: 1 to 64 of A-Z a-z 0-9 . _ -, not beginning with usr_",
            new.id
        ));
    }
    if new.client_type == ClientType::Public {
        if new.secret.is_some() {
            return Err(
                "a public client has no secret: leave --secret-file out, or take --type confidential".to_owned()
            );
        }
        if new.resource_server {
            return Err("a resource server has a secret: take --type confidential".to_owned());
        }
        if new.grants.is_empty() {
            return Err("a public client needs --grant: password and refresh_token".to_owned());
        }
        if new.grants.contains(&GrantType::ClientCredentials) {
            return Err("a public client cannot use client_credentials: it has no secret (RFC 6749 §4.4)".to_owned());
        }
        if !new.rotation {
            return Err("--no-rotation is for confidential clients".to_owned());
        }
    }
    if let Some(secret) = &new.secret {
        let length = secret.expose().chars().count();
        if !(SECRET_MIN_LENGTH..=SECRET_LIMIT).contains(&length) {
            return Err(format!(
                "a client secret has {SECRET_MIN_LENGTH} to {SECRET_LIMIT} characters; this one has {length}"
            ));
        }
    }
    if !new.audiences.is_empty() && !new.resource_server {
        return Err("--audience is for resource servers: add --resource-server".to_owned());
    }
    for scope in &new.scopes {
        if scope.contains(' ') || Scopes::parse(scope).is_none_or(|scopes| scopes.is_empty()) {
            return Err(format!("`{scope}` is not a scope (RFC 6749 §3.3); give --scope once for each"));
        }
    }
    for uri in &new.redirect_uris {
        judge_redirect_uri(uri)?;
    }
    for origin in &new.origins {
        if origin_of(origin).as_deref() != Some(origin) {
            return Err(format!("`{origin}` is not an origin: write https://app.example.org, without a path"));
        }
    }
    for resource in new.resources.iter().chain(&new.audiences) {
        let absolute = url::Url::parse(resource).is_ok_and(|url| url.fragment().is_none())
            && !resource.contains(char::is_whitespace);
        if !absolute {
            return Err(format!("`{resource}` is not an absolute address without a fragment (RFC 8707 §2)"));
        }
    }
    Ok(())
}

fn judge_redirect_uri(uri: &str) -> Result<(), String> {
    let refused = |why: &str| Err(format!("`{uri}` cannot be a redirect URI: {why}"));
    if uri.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return refused("it has white space in it");
    }
    let Ok(url) = url::Url::parse(uri) else { return refused("it is not absolute (RFC 6749 §3.1.2)") };
    if uri.contains('#') {
        return refused("it has a fragment (RFC 6749 §3.1.2)");
    }
    let loopback = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        "http" => refused("http is for loopback only (RFC 9700 §2.6)"),
        scheme if scheme.contains('.') => Ok(()),
        _ => refused("a scheme of one's own is a domain name in reverse (RFC 8252 §7.1)"),
    }
}
