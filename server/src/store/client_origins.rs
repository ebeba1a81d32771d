//! From which origins do clients' pages call? Table `client_origins`, in the form in which browsers write them.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use super::{Read, Stored, Write};

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "client_origins")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    origin: String,
    #[sea_orm(primary_key, auto_increment = false)]
    client_id: String,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Read {
    /// Whether some client's pages call from there.
    pub(crate) async fn origin_is_known(&self, origin: &str) -> Stored<bool> {
        Ok(Entity::find().filter(Column::Origin.eq(origin)).one(&self.executor()).await?.is_some())
    }
}

impl Write {
    /// Notes from where a client's pages call.
    pub(crate) async fn insert_client_origins(&self, client_id: &str, origins: &[String]) -> Stored<()> {
        let rows = origins
            .iter()
            .map(|origin| ActiveModel { origin: Set(origin.clone()), client_id: Set(client_id.to_owned()) });
        let insert = Entity::insert_many(rows).on_conflict(OnConflict::new().do_nothing().to_owned());
        if !origins.is_empty() {
            insert.exec_without_returning(&self.executor()).await?;
        }
        Ok(())
    }

    /// Forgets from where a client's pages call.
    pub(crate) async fn delete_client_origins(&self, client_id: &str) -> Stored<()> {
        Entity::delete_many().filter(Column::ClientId.eq(client_id)).exec(&self.executor()).await?;
        Ok(())
    }
}
