//! Which families does a client hold? Asked when it is deleted; traffic never changes the answer.

use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let index = Index::create()
            .name("token_families_client_id")
            .table(TokenFamilies::Table)
            .col(TokenFamilies::ClientId)
            .to_owned();
        manager.create_index(index).await
    }
}

#[derive(DeriveIden)]
enum TokenFamilies {
    Table,
    ClientId,
}
