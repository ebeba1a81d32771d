//! Which secret keys was this database used with? Table `secret_keys`: fingerprints only.

use std::collections::BTreeMap;

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use super::{Read, Stored, Write};
use crate::model::timestamp::Timestamp;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "secret_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    id: String,
    development: bool,
    created_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Read {
    /// Their fingerprints, and when a server was first given each.
    pub(crate) async fn list_secret_keys(&self) -> Stored<BTreeMap<String, Timestamp>> {
        let rows = Entity::find().all(&self.executor()).await?;
        Ok(rows.into_iter().map(|row| (row.id, Timestamp(row.created_at))).collect())
    }

    /// Whether `grantd dev` made this database, and so put users with well-known passwords there.
    pub(crate) async fn is_for_development(&self) -> Stored<bool> {
        Ok(Entity::find().filter(Column::Development.eq(true)).one(&self.executor()).await?.is_some())
    }
}

impl Write {
    /// Remembers a fingerprint, and whether `grantd dev` was the one to use it first.
    pub(crate) async fn insert_secret_key(&self, id: &str, development: bool, now: Timestamp) -> Stored<()> {
        let row = ActiveModel { id: Set(id.to_owned()), development: Set(development), created_at: Set(now.0) };
        let insert = Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        insert.exec_without_returning(&self.executor()).await?;
        Ok(())
    }
}
