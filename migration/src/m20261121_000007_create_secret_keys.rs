//! Fingerprints of the secret keys that this database was used with.

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
                    .table(SecretKeys::Table)
                    .col(text(manager, SecretKeys::Id).not_null().primary_key())
                    .col(ColumnDef::new(SecretKeys::Development).boolean().not_null())
                    .col(ColumnDef::new(SecretKeys::CreatedAt).big_integer().not_null())
                    .to_owned(),
            )
            .await
    }
}

#[derive(DeriveIden)]
enum SecretKeys {
    Table,
    Id,
    Development,
    CreatedAt,
}
