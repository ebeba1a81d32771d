//! Counted failures, under a keyed hash.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

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
                    .table(Throttles::Table)
                    .col(text(manager, Throttles::Key).not_null().primary_key())
                    .col(ColumnDef::new(Throttles::Failures).big_integer().not_null())
                    .col(ColumnDef::new(Throttles::Since).big_integer().not_null())
                    .col(ColumnDef::new(Throttles::RetryAt).big_integer().not_null())
                    .to_owned(),
            )
            .await?;
        // Room in each page for the updates in place: PostgreSQL then touches no index (heap-only tuples).
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("ALTER TABLE throttles SET (fillfactor = 70)").await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Throttles {
    Table,
    Key,
    Failures,
    Since,
    RetryAt,
}
