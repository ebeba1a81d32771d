//! From which origins clients' pages call.

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
                    .table(ClientOrigins::Table)
                    .col(text(manager, ClientOrigins::Origin).not_null())
                    .col(text(manager, ClientOrigins::ClientId).not_null())
                    .primary_key(Index::create().col(ClientOrigins::Origin).col(ClientOrigins::ClientId))
                    .to_owned(),
            )
            .await
    }
}

#[derive(DeriveIden)]
enum ClientOrigins {
    Table,
    Origin,
    ClientId,
}
