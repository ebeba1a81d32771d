//! Which clients are there? Table `clients`.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};

use super::{Read, StoreError, Stored, Write, lists};
use crate::model::client::{Client, ClientType, GrantType, PreviousSecret};
use crate::model::scope::Scopes;
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: String,
    pub(super) name: Option<String>,
    pub(super) client_type: String,
    pub(super) secret_hash: Option<String>,
    pub(super) grants: String,
    pub(super) scopes: String,
    pub(super) redirect_uris: String,
    pub(super) origins: String,
    pub(super) resources: String,
    pub(super) resource_server: bool,
    pub(super) audiences: String,
    pub(super) rotation: bool,
    pub(super) access_ttl: Option<i64>,
    pub(super) refresh_ttl: Option<i64>,
    pub(super) created_at: i64,
    pub(super) previous_secret_hash: Option<String>,
    pub(super) previous_secret_until: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Client {
    type Error = StoreError;

    fn try_from(row: Model) -> Stored<Self> {
        // An unknown type must not become one that needs no secret.
        let client_type = ClientType::parse(&row.client_type)
            .ok_or_else(|| StoreError::Broken(format!("unknown client type {}", row.client_type)))?;
        Ok(Self {
            id: row.id,
            name: row.name,
            client_type,
            secret_hash: row.secret_hash.map(Secret::new),
            grants: row.grants.split_ascii_whitespace().filter_map(GrantType::parse).collect(),
            scopes: Scopes::parse(&row.scopes).unwrap_or_default(),
            redirect_uris: lists::split(&row.redirect_uris),
            origins: lists::split(&row.origins),
            resources: lists::split(&row.resources),
            resource_server: row.resource_server,
            audiences: lists::split(&row.audiences),
            rotation: row.rotation,
            access_ttl: row.access_ttl,
            refresh_ttl: row.refresh_ttl,
            created_at: Timestamp(row.created_at),
            previous_secret: row
                .previous_secret_hash
                .zip(row.previous_secret_until)
                .map(|(hash, until)| PreviousSecret { hash: Secret::new(hash), until: Timestamp(until) }),
        })
    }
}

impl Read {
    /// The client of this id.
    pub(crate) async fn find_client(&self, id: &str) -> Stored<Option<Client>> {
        Entity::find_by_id(id).one(&self.executor()).await?.map(Client::try_from).transpose()
    }

    /// Every client, oldest first.
    pub(crate) async fn list_clients(&self) -> Stored<Vec<Client>> {
        let rows =
            Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(&self.executor()).await?;
        rows.into_iter().map(Client::try_from).collect()
    }

    /// A page of clients, newest first: `limit` at most, those after `after`, whose id or name contains `part`.
    pub(crate) async fn page_clients(
        &self,
        part: Option<&str>,
        after: Option<(Timestamp, &str)>,
        limit: u64,
    ) -> Stored<Vec<Client>> {
        let mut query = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::Id).limit(limit);
        if let Some((at, id)) = after {
            let same = Column::CreatedAt.eq(at.0).and(Column::Id.lt(id));
            query = query.filter(Column::CreatedAt.lt(at.0).or(same));
        }
        if let Some(part) = part {
            query = query.filter(lists::contains(Column::Id, part).or(lists::contains(Column::Name, part)));
        }
        query.all(&self.executor()).await?.into_iter().map(Client::try_from).collect()
    }

    /// The longest life that a client gives its access tokens, in seconds, where one differs from the server's.
    pub(crate) async fn longest_access_ttl(&self) -> Stored<Option<i64>> {
        let query = Entity::find().select_only().column_as(Column::AccessTtl.max(), "longest");
        Ok(query.into_tuple::<Option<i64>>().one(&self.executor()).await?.flatten())
    }
}

impl Write {
    /// Adds a client; false if the id is another's.
    pub(crate) async fn insert_client(&self, client: &Client) -> Stored<bool> {
        let insert = Entity::insert(row_of(client)).on_conflict(OnConflict::new().do_nothing().to_owned());
        Ok(insert.exec_without_returning(&self.executor()).await? == 1)
    }

    /// The client of this id, which stays as it is until the transaction ends.
    pub(crate) async fn hold_client(&self, id: &str) -> Stored<Option<Client>> {
        Entity::find_by_id(id).lock_shared().one(&self.executor()).await?.map(Client::try_from).transpose()
    }

    /// The client of this id, which nobody else changes until the transaction ends.
    pub(crate) async fn lock_client(&self, id: &str) -> Stored<Option<Client>> {
        Entity::find_by_id(id).lock_exclusive().one(&self.executor()).await?.map(Client::try_from).transpose()
    }

    /// Writes every column of a client that this transaction has locked.
    pub(crate) async fn update_client(&self, client: &Client) -> Stored<()> {
        Entity::update_many()
            .set(row_of(client))
            .filter(Column::Id.eq(client.id.as_str()))
            .exec(&self.executor())
            .await?;
        Ok(())
    }

    /// Deletes a client that this transaction has locked.
    pub(crate) async fn delete_client(&self, id: &str) -> Stored<()> {
        Entity::delete_by_id(id).exec(&self.executor()).await?;
        Ok(())
    }
}

fn row_of(client: &Client) -> ActiveModel {
    ActiveModel {
        id: Set(client.id.clone()),
        name: Set(client.name.clone()),
        client_type: Set(client.client_type.as_str().to_owned()),
        secret_hash: Set(client.secret_hash.as_ref().map(|hash| hash.expose().clone())),
        grants: Set(lists::join(client.grants.iter().map(|grant| grant.as_str()))),
        scopes: Set(client.scopes.to_string()),
        redirect_uris: Set(lists::join(&client.redirect_uris)),
        origins: Set(lists::join(&client.origins)),
        resources: Set(lists::join(&client.resources)),
        resource_server: Set(client.resource_server),
        audiences: Set(lists::join(&client.audiences)),
        rotation: Set(client.rotation),
        access_ttl: Set(client.access_ttl),
        refresh_ttl: Set(client.refresh_ttl),
        created_at: Set(client.created_at.0),
        previous_secret_hash: Set(client.previous_secret.as_ref().map(|previous| previous.hash.expose().clone())),
        previous_secret_until: Set(client.previous_secret.as_ref().map(|previous| previous.until.0)),
    }
}
