//! What happened: the audit log and the outbox.

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
                    .table(Events::Table)
                    .col(ColumnDef::new(Events::Seq).big_integer().not_null().auto_increment().primary_key())
                    .col(ColumnDef::new(Events::Id).text().not_null().unique_key())
                    .col(ColumnDef::new(Events::At).big_integer().not_null())
                    .col(ColumnDef::new(Events::EventType).text().not_null())
                    .col(ColumnDef::new(Events::Reason).text().null())
                    .col(ColumnDef::new(Events::UserId).text().null())
                    .col(ColumnDef::new(Events::ClientId).text().null())
                    .col(ColumnDef::new(Events::SessionId).text().null())
                    .col(ColumnDef::new(Events::Ip).text().null())
                    .col(ColumnDef::new(Events::Detail).text().null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("events_user_id_seq")
                    .table(Events::Table)
                    .col(Events::UserId)
                    .col(Events::Seq)
                    .to_owned(),
            )
            .await?;
        manager.create_index(Index::create().name("events_at").table(Events::Table).col(Events::At).to_owned()).await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Events {
    Table,
    Seq,
    Id,
    At,
    EventType,
    Reason,
    UserId,
    ClientId,
    SessionId,
    Ip,
    Detail,
}
