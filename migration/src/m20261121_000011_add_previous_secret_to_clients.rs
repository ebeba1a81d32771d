//! The secret that a client had before, for as long as it is still taken.

use sea_orm_migration::prelude::*;

use super::text;

/// This change.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // SQLite adds one column a statement.
        for column in [
            text(manager, Clients::PreviousSecretHash).null().to_owned(),
            ColumnDef::new(Clients::PreviousSecretUntil).big_integer().null().to_owned(),
        ] {
            manager.alter_table(Table::alter().table(Clients::Table).add_column(column).to_owned()).await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Clients {
    Table,
    PreviousSecretHash,
    PreviousSecretUntil,
}
