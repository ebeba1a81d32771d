//! One sign-in of a user a row.

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
                    .table(Sessions::Table)
                    .col(text(manager, Sessions::Id).not_null().primary_key())
                    .col(text(manager, Sessions::UserId).not_null())
                    .col(text(manager, Sessions::ClientId).not_null())
                    .col(text(manager, Sessions::UserAgent).null())
                    .col(text(manager, Sessions::Ip).null())
                    .col(ColumnDef::new(Sessions::CreatedAt).big_integer().not_null())
                    .col(ColumnDef::new(Sessions::EndedAt).big_integer().null())
                    .col(text(manager, Sessions::EndedReason).null())
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create().name("sessions_user_id").table(Sessions::Table).col(Sessions::UserId).to_owned(),
            )
            .await?;
        Ok(())
    }
}

#[derive(DeriveIden)]
enum Sessions {
    Table,
    Id,
    UserId,
    ClientId,
    UserAgent,
    Ip,
    CreatedAt,
    EndedAt,
    EndedReason,
}
