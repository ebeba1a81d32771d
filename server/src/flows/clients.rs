//! How do clients come to be, how are they found, and from which origins may their pages call?

mod change;
mod rules;

use std::sync::Arc;

use super::acting::hold;
use super::client_authentication::secret_hash;
use super::{By, Denied, Flows, ListRefusal, Page, chance, event, page, to_its_end};
use crate::model::client::{Client, ClientType, GrantType, WEB};
use crate::model::event::{Event, EventType};
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;

pub use change::ClientChange;
pub use rules::ClientFault;

/// An API that tokens can be asked for.
#[derive(Debug)]
pub struct Api {
    /// What it is called there (RFC 8707 §2).
    pub resource: String,
    /// Where it is.
    pub origin: String,
}

/// What cursors call the list of clients.
const LIST: &str = "clients";

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

/// Why a client was not made or changed.
#[derive(Debug, thiserror::Error)]
pub enum ClientRefusal {
    /// Values that break a rule, all of them.
    #[error("values break a rule")]
    Invalid(Vec<ClientFault>),
    /// The id is another's.
    #[error("there is a client `{0}` already")]
    Taken(String),
    /// There is no such client.
    #[error("there is no such client; `grantd client list` shows them")]
    NotFound,
    /// A public client has no secret to replace.
    #[error("a public client has no secret")]
    NoSecret,
    /// Who asks may not.
    #[error("who asks may not")]
    Denied(Denied),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for ClientRefusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Store(error) => Self::Store(error),
            denied => Self::Denied(denied),
        }
    }
}

impl NewClient {
    /// Whether there can be such a client: everything that is known without a look at the data.
    ///
    /// # Errors
    /// [`ClientRefusal::Invalid`].
    pub fn judge(&self) -> Result<(), ClientRefusal> {
        self.made_at(Timestamp(0)).map(drop)
    }

    /// The client, without its secret.
    fn made_at(&self, now: Timestamp) -> Result<Client, ClientRefusal> {
        let mut faults = Vec::new();
        let mut client = Client::new(self.id.clone(), self.client_type, now);
        client.name.clone_from(&self.name);
        client.grants.clone_from(&self.grants);
        if client.grants.is_empty() && !self.resource_server && self.client_type == ClientType::Confidential {
            client.grants.push(GrantType::ClientCredentials);
        }
        if !self.scopes.is_empty() {
            client.scopes = rules::read_scopes(&self.scopes, &mut faults);
        }
        client.redirect_uris.clone_from(&self.redirect_uris);
        client.origins.clone_from(&self.origins);
        client.resources.clone_from(&self.resources);
        client.resource_server = self.resource_server;
        client.audiences.clone_from(&self.audiences);
        client.access_ttl = self.access_ttl;
        client.refresh_ttl = self.refresh_ttl;
        client.rotation = self.rotation;
        rules::judge(&client, &mut faults);
        rules::judge_secret(client.client_type, self.secret.as_ref(), &mut faults);
        if faults.is_empty() { Ok(client) } else { Err(ClientRefusal::Invalid(faults)) }
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
        by: By,
    ) -> Result<(Client, Option<Secret<String>>), ClientRefusal> {
        let now = self.clock.now();
        let mut client = new.made_at(now)?;
        let made = (client.client_type == ClientType::Confidential && new.secret.is_none()).then(new_secret);
        client.secret_hash = new.secret.as_ref().or(made.as_ref()).map(secret_hash);
        if self.insert_client(client.clone(), by, now).await? {
            Ok((client, made))
        } else {
            Err(ClientRefusal::Taken(client.id))
        }
    }

    /// Adds a client with its event; false if the id is another's.
    pub(super) async fn insert_client(
        self: &Arc<Self>,
        client: Client,
        by: By,
        now: Timestamp,
    ) -> Result<bool, Denied> {
        let flows = Arc::clone(self);
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            hold(&tx, &by, &[], false).await?;
            if !tx.insert_client(&client).await? {
                return Ok(false);
            }
            tx.insert_client_origins(&client.id, &origins_of(&client)).await?;
            tx.insert_event(&about(&client.id, now, EventType::ClientCreated, &by, None)).await?;
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

    /// Clients whose id or name contains `part`, newest first; `limit` at most, after `cursor`.
    ///
    /// # Errors
    /// [`ListRefusal`].
    pub async fn page_clients(
        &self,
        part: Option<&str>,
        limit: u16,
        cursor: Option<&str>,
    ) -> Result<Page<Client>, ListRefusal> {
        let after = page::read(cursor, |cursor| page::read_place(LIST, cursor))?;
        let after = after.as_ref().map(|(at, id)| (Timestamp(*at), id.as_str()));
        let items = self.store.read().page_clients(part, after, u64::from(limit) + 1).await?;
        Ok(Page::of(items, limit, |last| page::write_place(LIST, last.created_at.0, &last.id)))
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

    /// The APIs that the web client may ask tokens for, those that have an address.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn web_apis(&self) -> Result<Vec<Api>, StoreError> {
        let web = self.store.read().find_client(WEB).await?;
        let api = |resource: String| Some(Api { origin: origin_of(&resource)?, resource });
        Ok(web.map(|web| web.resources).unwrap_or_default().into_iter().filter_map(api).collect())
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

/// A secret that a client has not chosen itself.
fn new_secret() -> Secret<String> {
    Secret::new(chance::secret("gcs_"))
}

/// An event about a client.
fn about(client: &str, now: Timestamp, event_type: EventType, by: &By, what: Option<&str>) -> Event {
    let mut about = event(now, event_type, None);
    about.client_id = Some(client.to_owned());
    by.sign(&mut about, what);
    about
}
