//! What happened: the audit log and the outbox.

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
                    .table(Events::Table)
                    .col(ColumnDef::new(Events::Seq).big_integer().not_null().auto_increment().primary_key())
                    .col(text(manager, Events::Id).not_null().unique_key())
                    .col(ColumnDef::new(Events::At).big_integer().not_null())
                    .col(text(manager, Events::EventType).not_null())
                    .col(text(manager, Events::Reason).null())
                    .col(text(manager, Events::UserId).null())
                    .col(text(manager, Events::ClientId).null())
                    .col(text(manager, Events::SessionId).null())
                    .col(text(manager, Events::Ip).null())
                    .col(text(manager, Events::Detail).null())
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
