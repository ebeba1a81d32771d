//! `/api/v1/admin/clients`: every client there is.

use std::sync::Arc;

use poem::Request;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::{admit, filter, searchable};
use crate::flows::{ClientChange, ClientRefusal, Flows, NewClient, Page};
use crate::http::bearer::Bearer;
use crate::http::error::{Fault, ProblemRefused, Refused};
use crate::http::json::{JsonBody, Kind, Member, Members, MergePatch, patched};
use crate::http::lists::LIMIT;
use crate::http::me::Done;
use crate::http::{Tag, time};
use crate::model::client::{Client, ClientType, GrantType, is_client_id};
use crate::model::reason::Reason;
use crate::model::secret::Secret;

/// The endpoints.
pub struct AdminClientsApi;

/// A client.
#[derive(Debug, Object)]
#[oai(rename = "Client")]
pub struct ClientAnswer {
    /// `client_id`.
    id: String,
    /// What people call it.
    #[oai(nullable)]
    name: Option<String>,
    /// `public` or `confidential`.
    #[oai(rename = "type")]
    type_: String,
    /// How it may ask for tokens.
    grants: Vec<String>,
    /// What its tokens may be used for.
    scopes: Vec<String>,
    /// Which resources it may ask for, besides the issuer.
    resources: Vec<String>,
    /// Under which names, besides its id, tokens are meant for it.
    audiences: Vec<String>,
    /// Where its browsers may be sent back to.
    redirect_uris: Vec<String>,
    /// From which origins its pages call.
    origins: Vec<String>,
    /// Whether it takes tokens and may ask about them.
    resource_server: bool,
    /// Whether its refresh tokens change at each use.
    rotation: bool,
    /// Life of its access tokens in seconds, where it differs from the server's.
    #[oai(nullable)]
    access_ttl: Option<i64>,
    /// Life of its sessions in seconds, where it differs from the server's.
    #[oai(nullable)]
    refresh_ttl: Option<i64>,
    /// When it was made.
    created_at: time::DateTime,
}

/// Clients, newest first.
#[derive(Debug, Object)]
pub struct ClientList {
    /// The clients.
    items: Vec<ClientAnswer>,
    /// What to ask for the next page with.
    #[oai(nullable)]
    next_cursor: Option<String>,
}

/// A client, and the secret that was made for it.
#[derive(Debug, Object)]
pub struct ClientWithSecret {
    #[oai(flatten)]
    client: ClientAnswer,
    /// Shown this once; null where none was made.
    #[oai(nullable)]
    client_secret: Option<String>,
}

/// A client to be.
#[derive(Object)]
#[oai(rename = "NewClient")]
pub struct NewClientBody {
    /// Letters, digits, dot, hyphen, underscore; at most 64, not beginning with `usr_`.
    id: String,
    /// What people call it.
    #[oai(nullable)]
    name: Option<String>,
    /// `public` or `confidential`, which it is unless said.
    #[oai(rename = "type")]
    type_: Option<String>,
    /// Its secret, 24 characters at least; one is made unless it is said.
    client_secret: Option<String>,
    /// How it may ask for tokens; a confidential client that is no resource server gets `client_credentials` unless said.
    grants: Option<Vec<String>>,
    /// What its tokens may be used for; `openid profile email` unless said.
    scopes: Option<Vec<String>>,
    /// Which resources it may ask for, besides the issuer.
    resources: Option<Vec<String>>,
    /// Under which names, besides its id, tokens are meant for it.
    audiences: Option<Vec<String>>,
    /// Where its browsers may be sent back to.
    redirect_uris: Option<Vec<String>>,
    /// From which origins its pages call.
    origins: Option<Vec<String>>,
    /// Whether it takes tokens and may ask about them.
    resource_server: Option<bool>,
    /// Whether its refresh tokens change at each use, as they do unless said.
    rotation: Option<bool>,
    /// Life of its access tokens in seconds.
    #[oai(nullable)]
    access_ttl: Option<i64>,
    /// Life of its sessions in seconds.
    #[oai(nullable)]
    refresh_ttl: Option<i64>,
}

impl Members for NewClientBody {
    const MEMBERS: &'static [Member] = &[
        Member::new("id", Kind::Text).required(),
        Member::new("name", Kind::Text).nullable(),
        Member::new("type", Kind::Text),
        Member::new("client_secret", Kind::Text),
        Member::new("grants", Kind::Texts),
        Member::new("scopes", Kind::Texts),
        Member::new("resources", Kind::Texts),
        Member::new("audiences", Kind::Texts),
        Member::new("redirect_uris", Kind::Texts),
        Member::new("origins", Kind::Texts),
        Member::new("resource_server", Kind::Flag),
        Member::new("rotation", Kind::Flag),
        Member::new("access_ttl", Kind::Whole).nullable(),
        Member::new("refresh_ttl", Kind::Whole).nullable(),
    ];
    const READ_ONLY: &'static [&'static str] = &["created_at"];
}

/// What is to change of a client. What is left out stays as it is; null takes a value away.
#[derive(Object)]
#[oai(rename = "ClientChange")]
pub struct ClientChangeBody {
    /// What people call it.
    #[oai(nullable)]
    name: MaybeUndefined<String>,
    /// How it may ask for tokens, all of it.
    grants: MaybeUndefined<Vec<String>>,
    /// What its tokens may be used for, all of it.
    scopes: MaybeUndefined<Vec<String>>,
    /// Which resources it may ask for, all of them.
    resources: MaybeUndefined<Vec<String>>,
    /// Under which names tokens are meant for it, all of them.
    audiences: MaybeUndefined<Vec<String>>,
    /// Where its browsers may be sent back to, all of it.
    redirect_uris: MaybeUndefined<Vec<String>>,
    /// From which origins its pages call, all of them.
    origins: MaybeUndefined<Vec<String>>,
    /// Whether it takes tokens and may ask about them.
    resource_server: MaybeUndefined<bool>,
    /// Whether its refresh tokens change at each use.
    rotation: MaybeUndefined<bool>,
    /// Life of its access tokens in seconds.
    #[oai(nullable)]
    access_ttl: MaybeUndefined<i64>,
    /// Life of its sessions in seconds.
    #[oai(nullable)]
    refresh_ttl: MaybeUndefined<i64>,
}

impl Members for ClientChangeBody {
    const MEMBERS: &'static [Member] = &[
        Member::new("name", Kind::Text).nullable(),
        Member::new("grants", Kind::Texts),
        Member::new("scopes", Kind::Texts),
        Member::new("resources", Kind::Texts),
        Member::new("audiences", Kind::Texts),
        Member::new("redirect_uris", Kind::Texts),
        Member::new("origins", Kind::Texts),
        Member::new("resource_server", Kind::Flag),
        Member::new("rotation", Kind::Flag),
        Member::new("access_ttl", Kind::Whole).nullable(),
        Member::new("refresh_ttl", Kind::Whole).nullable(),
    ];
    const READ_ONLY: &'static [&'static str] = &["id", "type", "client_secret", "created_at"];
}

/// How a secret is replaced.
#[derive(Object)]
pub struct SecretRotation {
    /// For how many seconds the one that it had is taken still; 0 unless said.
    grace: Option<i64>,
}

impl Members for SecretRotation {
    const MEMBERS: &'static [Member] = &[Member::new("grace", Kind::Whole)];
    const OPTIONAL: bool = true;
}

/// What making a client brings.
#[derive(ApiResponse)]
pub enum ClientMade {
    /// The client, with its secret if one was made.
    #[oai(status = 201, content_type = "application/json")]
    Created(Json<ClientWithSecret>),
}

impl From<Client> for ClientAnswer {
    fn from(client: Client) -> Self {
        Self {
            id: client.id,
            name: client.name,
            type_: client.client_type.as_str().to_owned(),
            grants: client.grants.iter().map(|grant| grant.as_str().to_owned()).collect(),
            scopes: client.scopes.iter().map(str::to_owned).collect(),
            resources: client.resources,
            audiences: client.audiences,
            redirect_uris: client.redirect_uris,
            origins: client.origins,
            resource_server: client.resource_server,
            rotation: client.rotation,
            access_ttl: client.access_ttl,
            refresh_ttl: client.refresh_ttl,
            created_at: time::at(client.created_at),
        }
    }
}

impl ClientWithSecret {
    fn new(client: Client, secret: Option<&Secret<String>>) -> Json<Self> {
        Json(Self { client: client.into(), client_secret: secret.map(|secret| secret.expose().clone()) })
    }
}

/// The grants of these names.
fn grants(names: &[String]) -> Result<Vec<GrantType>, Fault> {
    let unknown = || Fault::new("grants", Reason::UnknownValue);
    names.iter().map(|name| GrantType::parse(name).ok_or_else(unknown)).collect()
}

/// The client's id in the address: what can be none is nobody's.
fn client_id(id: &str) -> Result<&str, Refused> {
    if is_client_id(id) { Ok(id) } else { Err(Refused::not_found()) }
}

impl NewClientBody {
    fn judged(self) -> Result<NewClient, Refused> {
        let kind = self.type_.as_deref().map_or(Some(ClientType::Confidential), ClientType::parse);
        let kind = kind.ok_or(Fault::new("type", Reason::UnknownValue));
        let (client_type, grants) = match (kind, grants(&self.grants.unwrap_or_default())) {
            (Ok(client_type), Ok(grants)) => (client_type, grants),
            (client_type, grants) => {
                return Err(Refused::fields(client_type.err().into_iter().chain(grants.err()).collect()));
            }
        };
        Ok(NewClient {
            id: self.id,
            name: self.name,
            client_type,
            secret: self.client_secret.map(Secret::new),
            grants,
            scopes: self.scopes.unwrap_or_default(),
            redirect_uris: self.redirect_uris.unwrap_or_default(),
            origins: self.origins.unwrap_or_default(),
            resources: self.resources.unwrap_or_default(),
            resource_server: self.resource_server.unwrap_or_default(),
            audiences: self.audiences.unwrap_or_default(),
            access_ttl: self.access_ttl,
            refresh_ttl: self.refresh_ttl,
            rotation: self.rotation.unwrap_or(true),
        })
    }
}

impl ClientChangeBody {
    fn judged(self) -> Result<ClientChange, Refused> {
        Ok(ClientChange {
            name: patched(self.name),
            grants: self
                .grants
                .take()
                .map(|names| grants(&names))
                .transpose()
                .map_err(|fault| Refused::fields(vec![fault]))?,
            scopes: self.scopes.take(),
            redirect_uris: self.redirect_uris.take(),
            origins: self.origins.take(),
            resources: self.resources.take(),
            resource_server: self.resource_server.take(),
            audiences: self.audiences.take(),
            access_ttl: patched(self.access_ttl),
            refresh_ttl: patched(self.refresh_ttl),
            rotation: self.rotation.take(),
        })
    }
}

#[OpenApi(prefix_path = "/api/v1/admin")]
impl AdminClientsApi {
    /// All clients
    ///
    /// Newest first, a page at a time: `next_cursor` asks for the next.
    #[oai(path = "/clients", method = "get", tag = "Tag::Administration", operation_id = "listClients")]
    async fn list(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// Only those whose id or name contains this.
        q: Query<Option<String>>,
        /// How many at most.
        #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
        limit: Query<Option<u16>>,
        /// `next_cursor` of the page before.
        cursor: Query<Option<String>>,
    ) -> Result<Json<ClientList>, ProblemRefused> {
        admit(&flows, request, &bearer).await?;
        let part = filter(q.0, searchable)?;
        let page = flows.page_clients(part.as_deref(), limit.0.unwrap_or(LIMIT), cursor.0.as_deref()).await?;
        let Page { items, next_cursor } = page.map(ClientAnswer::from);
        Ok(Json(ClientList { items, next_cursor }))
    }

    /// Register a client
    ///
    /// A secret that is made for it is shown this once.
    #[oai(path = "/clients", method = "post", tag = "Tag::Administration", operation_id = "createClient")]
    async fn create(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        body: JsonBody<NewClientBody>,
    ) -> Result<ClientMade, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        let (client, made) = flows.create_client(body.read()?.judged()?, by).await?;
        Ok(ClientMade::Created(ClientWithSecret::new(client, made.as_ref())))
    }

    /// A client
    ///
    /// As it is registered, without its secret, which nobody can show.
    #[oai(path = "/clients/:id", method = "get", tag = "Tag::Administration", operation_id = "getClient")]
    async fn show(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The client's id.
        id: Path<String>,
    ) -> Result<Json<ClientAnswer>, ProblemRefused> {
        admit(&flows, request, &bearer).await?;
        let client = flows.find_client(client_id(&id.0)?).await.map_err(Refused::from)?;
        Ok(Json(client.ok_or(ClientRefusal::NotFound)?.into()))
    }

    /// Change a client
    ///
    /// A merge patch (RFC 7396; `application/merge-patch+json` too). From its next request on the client may do what it then may.
    #[oai(path = "/clients/:id", method = "patch", tag = "Tag::Administration", operation_id = "changeClient")]
    async fn change(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The client's id.
        id: Path<String>,
        body: MergePatch<ClientChangeBody>,
    ) -> Result<Json<ClientAnswer>, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        let client = flows.change_client(client_id(&id.0)?, body.read()?.judged()?, by).await?;
        Ok(Json(client.into()))
    }

    /// Give a client another secret
    ///
    /// It is shown this once. The one before is taken for the seconds of grace, if any.
    #[oai(
        path = "/clients/:id/secret",
        method = "post",
        tag = "Tag::Administration",
        operation_id = "rotateClientSecret"
    )]
    async fn rotate_secret(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The client's id.
        id: Path<String>,
        body: JsonBody<SecretRotation>,
    ) -> Result<ClientMade, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        let grace = body.read()?.grace.unwrap_or_default();
        let (client, secret) = flows.rotate_client_secret(client_id(&id.0)?, grace, by).await?;
        Ok(ClientMade::Created(ClientWithSecret::new(client, Some(&secret))))
    }

    /// Delete a client
    ///
    /// And end every session that it held.
    #[oai(path = "/clients/:id", method = "delete", tag = "Tag::Administration", operation_id = "deleteClient")]
    async fn delete(
        &self,
        flows: Data<&Arc<Flows>>,
        request: &Request,
        bearer: Bearer,
        /// The client's id.
        id: Path<String>,
    ) -> Result<Done, ProblemRefused> {
        let (_, by) = admit(&flows, request, &bearer).await?;
        flows.delete_client(client_id(&id.0)?, by).await?;
        Ok(Done::Done)
    }
}
