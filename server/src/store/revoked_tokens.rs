//! Which tokens without a family were revoked before their time? Table `revoked_tokens`.

use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use sea_orm::sea_query::OnConflict;

use super::{Batch, Store, Stored, Write};
use crate::model::timestamp::Timestamp;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "revoked_tokens")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    jti: String,
    expires_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Write {
    /// Revokes a token by its `jti`; it need not be remembered once it has expired.
    pub(crate) async fn revoke_token(&self, jti: &str, expires_at: Timestamp) -> Stored<()> {
        let row = ActiveModel { jti: Set(jti.to_owned()), expires_at: Set(expires_at.0) };
        let insert = Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        insert.exec_without_returning(&self.executor()).await?;
        Ok(())
    }
}

impl Store {
    /// Deletes some of the tokens that expired at `by` or before.
    pub(crate) async fn delete_expired_tokens(&self, by: Timestamp) -> Stored<Batch> {
        self.delete_first::<Entity, String>(Column::ExpiresAt, Column::Jti, Column::ExpiresAt.lte(by.0)).await
    }
}
