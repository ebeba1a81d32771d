//! What tokens are signed with, sealed.

use sea_orm_migration::prelude::*;

use super::text;

/// This change.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .create_table(
                Table::create()
                    .table(SigningKeys::Table)
                    .col(text(manager, SigningKeys::Kid).not_null().primary_key())
                    .col(text(manager, SigningKeys::Alg).not_null())
                    .col(ColumnDef::new(SigningKeys::Ordinal).big_integer().not_null())
                    .col(ColumnDef::new(SigningKeys::Sealed).blob().not_null())
                    .col(text(manager, SigningKeys::SecretKeyId).not_null())
                    .col(ColumnDef::new(SigningKeys::CreatedAt).big_integer().not_null())
                    .col(ColumnDef::new(SigningKeys::ActiveAt).big_integer().not_null())
                    .col(ColumnDef::new(SigningKeys::RetiredAt).big_integer().null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("signing_keys_alg_ordinal")
                    .table(SigningKeys::Table)
                    .col(SigningKeys::Alg)
                    .col(SigningKeys::Ordinal)
                    .unique()
                    .to_owned(),
            )
            .await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum SigningKeys {
    Table,
    Kid,
    Alg,
    Ordinal,
    Sealed,
    SecretKeyId,
    CreatedAt,
    ActiveAt,
    RetiredAt,
}
