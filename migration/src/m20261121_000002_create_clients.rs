//! Which programs ask for tokens. Lists are separated by spaces.

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
                    .table(Clients::Table)
                    .col(text(manager, Clients::Id).not_null().primary_key())
                    .col(text(manager, Clients::Name).null())
                    .col(text(manager, Clients::ClientType).not_null())
                    .col(text(manager, Clients::SecretHash).null())
                    .col(text(manager, Clients::Grants).not_null())
                    .col(text(manager, Clients::Scopes).not_null())
                    .col(text(manager, Clients::RedirectUris).not_null())
                    .col(text(manager, Clients::Origins).not_null())
                    .col(text(manager, Clients::Resources).not_null())
                    .col(ColumnDef::new(Clients::ResourceServer).boolean().not_null())
                    .col(text(manager, Clients::Audiences).not_null())
                    .col(ColumnDef::new(Clients::Rotation).boolean().not_null())
                    .col(ColumnDef::new(Clients::AccessTtl).big_integer().null())
                    .col(ColumnDef::new(Clients::RefreshTtl).big_integer().null())
                    .col(ColumnDef::new(Clients::CreatedAt).big_integer().not_null())
                    .to_owned(),
            )
            .await
    }
}

#[derive(DeriveIden)]
enum Clients {
    Table,
    Id,
    Name,
    ClientType,
    SecretHash,
    Grants,
    Scopes,
    RedirectUris,
    Origins,
    Resources,
    ResourceServer,
    Audiences,
    Rotation,
    AccessTtl,
    RefreshTtl,
    CreatedAt,
}
