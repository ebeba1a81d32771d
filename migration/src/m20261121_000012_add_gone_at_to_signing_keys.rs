//! From when on nothing that a key signed is good any more.

use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new(SigningKeys::GoneAt).big_integer().null().to_owned();
        manager.alter_table(Table::alter().table(SigningKeys::Table).add_column(column).to_owned()).await
    }
}

#[derive(DeriveIden)]
enum SigningKeys {
    Table,
    GoneAt,
}
