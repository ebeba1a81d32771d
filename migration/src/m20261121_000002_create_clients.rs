//! Which programs ask for tokens. Lists are separated by spaces.

use sea_orm_migration::prelude::*;

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
                    .col(ColumnDef::new(Clients::Id).text().not_null().primary_key())
                    .col(ColumnDef::new(Clients::Name).text().null())
                    .col(ColumnDef::new(Clients::ClientType).text().not_null())
                    .col(ColumnDef::new(Clients::SecretHash).text().null())
                    .col(ColumnDef::new(Clients::Grants).text().not_null())
                    .col(ColumnDef::new(Clients::Scopes).text().not_null())
                    .col(ColumnDef::new(Clients::RedirectUris).text().not_null())
                    .col(ColumnDef::new(Clients::Origins).text().not_null())
                    .col(ColumnDef::new(Clients::Resources).text().not_null())
                    .col(ColumnDef::new(Clients::ResourceServer).boolean().not_null())
                    .col(ColumnDef::new(Clients::Audiences).text().not_null())
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
