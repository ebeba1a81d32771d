//! Which keys are tokens signed with? Table `signing_keys`, the private halves sealed.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, DbBackend, QueryOrder, QuerySelect};

use super::{Read, StoreError, Stored, Write};
use crate::model::signing_key::{Seal, SealedKey, SigningAlg};
use crate::model::timestamp::Timestamp;

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "signing_keys")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    kid: String,
    alg: String,
    ordinal: i64,
    sealed: Vec<u8>,
    secret_key_id: String,
    created_at: i64,
    active_at: i64,
    retired_at: Option<i64>,
    gone_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Read {
    /// Every key, newest first.
    pub(crate) async fn list_signing_keys(&self) -> Stored<Vec<SealedKey>> {
        let rows =
            Entity::find().order_by_desc(Column::ActiveAt).order_by_desc(Column::Kid).all(&self.executor()).await?;
        rows.into_iter()
            .map(|row| {
                let alg = SigningAlg::parse(&row.alg)
                    .ok_or_else(|| StoreError::Broken(format!("unknown algorithm {}", row.alg)))?;
                Ok(SealedKey {
                    kid: row.kid,
                    alg,
                    sealed: row.sealed,
                    secret_key_id: row.secret_key_id,
                    created_at: Timestamp(row.created_at),
                    active_at: Timestamp(row.active_at),
                    retired_at: row.retired_at.map(Timestamp),
                    gone_at: row.gone_at.map(Timestamp),
                    ordinal: row.ordinal,
                })
            })
            .collect()
    }

    /// What it takes to open each key.
    pub(crate) async fn list_seals(&self) -> Stored<Vec<Seal>> {
        let query = Entity::find().select_only().columns([Column::Kid, Column::Sealed, Column::SecretKeyId]);
        let rows: Vec<(String, Vec<u8>, String)> = query.into_tuple().all(&self.executor()).await?;
        Ok(rows.into_iter().map(|(kid, sealed, secret_key_id)| Seal { kid, sealed, secret_key_id }).collect())
    }
}

impl Read {}

impl Write {
    /// Adds a key; false if another node was quicker to add one of this ordinal.
    pub(crate) async fn insert_signing_key(&self, key: &SealedKey) -> Stored<bool> {
        let row = ActiveModel {
            kid: Set(key.kid.clone()),
            alg: Set(key.alg.as_str().to_owned()),
            ordinal: Set(key.ordinal),
            sealed: Set(key.sealed.clone()),
            secret_key_id: Set(key.secret_key_id.clone()),
            created_at: Set(key.created_at.0),
            active_at: Set(key.active_at.0),
            retired_at: Set(key.retired_at.map(|at| at.0)),
            gone_at: Set(key.gone_at.map(|at| at.0)),
        };
        let insert = Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        Ok(insert.exec_without_returning(&self.executor()).await? == 1)
    }

    /// Writes when a key retires and when what it signed is no good any more.
    pub(crate) async fn retire_signing_key(&self, key: &SealedKey) -> Stored<()> {
        Entity::update_many()
            .col_expr(Column::RetiredAt, Expr::value(key.retired_at.map(|at| at.0)))
            .col_expr(Column::GoneAt, Expr::value(key.gone_at.map(|at| at.0)))
            .filter(Column::Kid.eq(key.kid.as_str()))
            .exec(&self.executor())
            .await?;
        Ok(())
    }

    /// Whether what this key signed was good at `at`; holds it so until the transaction ends: a rotation that ends it waits, or is seen.
    pub(crate) async fn hold_signing_key(&self, kid: &str, at: Timestamp) -> Stored<bool> {
        let good = Column::GoneAt.is_null().or(Column::GoneAt.gt(at.0));
        Ok(Entity::find_by_id(kid).filter(good).lock_shared().one(&self.executor()).await?.is_some())
    }

    /// One rotation at a time until the transaction ends. SQLite's writer is alone anyway.
    pub(crate) async fn lock_signing_keys(&self) -> Stored<()> {
        let executor = self.executor();
        if executor.get_database_backend() == DbBackend::Postgres {
            executor.execute_unprepared("LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE").await?;
        }
        Ok(())
    }

    /// Seals a key anew; false if somebody else did.
    pub(crate) async fn reseal_signing_key(
        &self,
        kid: &str,
        old_secret_key_id: &str,
        sealed: Vec<u8>,
        secret_key_id: &str,
    ) -> Stored<bool> {
        let update = Entity::update_many()
            .col_expr(Column::Sealed, Expr::value(sealed))
            .col_expr(Column::SecretKeyId, Expr::value(secret_key_id))
            .filter(Column::Kid.eq(kid))
            .filter(Column::SecretKeyId.eq(old_secret_key_id));
        Ok(update.exec(&self.executor()).await?.rows_affected == 1)
    }
}
