//! When the last failure was counted, so that it can be forgotten.

use sea_orm_migration::prelude::*;

/// This change.
#[derive(DeriveMigrationName)]
pub struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = ColumnDef::new(Throttles::LastFailedAt).big_integer().not_null().default(0).to_owned();
        manager.alter_table(Table::alter().table(Throttles::Table).add_column(column).to_owned()).await?;
        // Of what was counted before, only the first failure is known.
        let update = Query::update()
            .table(Throttles::Table)
            .value(Throttles::LastFailedAt, Expr::col(Throttles::Since))
            .to_owned();
        manager.execute(update).await
    }
}

#[derive(DeriveIden)]
enum Throttles {
    Table,
    Since,
    LastFailedAt,
}
