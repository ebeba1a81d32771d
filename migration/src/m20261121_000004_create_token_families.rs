//! One line of refresh tokens a row, updated in place. No index on a column that a refresh changes.

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
                    .table(TokenFamilies::Table)
                    .col(text(manager, TokenFamilies::Id).not_null().primary_key())
                    .col(text(manager, TokenFamilies::SessionId).not_null())
                    .col(text(manager, TokenFamilies::UserId).not_null())
                    .col(text(manager, TokenFamilies::ClientId).not_null())
                    .col(text(manager, TokenFamilies::Scopes).not_null())
                    .col(text(manager, TokenFamilies::Audience).not_null())
                    .col(text(manager, TokenFamilies::SecretKeyId).not_null())
                    .col(ColumnDef::new(TokenFamilies::Seed).blob().not_null())
                    .col(ColumnDef::new(TokenFamilies::Generation).big_integer().not_null())
                    .col(ColumnDef::new(TokenFamilies::PreviousGeneration).big_integer().not_null())
                    .col(ColumnDef::new(TokenFamilies::RotatedAt).big_integer().not_null())
                    .col(ColumnDef::new(TokenFamilies::AnsweredAt).big_integer().not_null())
                    .col(ColumnDef::new(TokenFamilies::ConfirmedAt).big_integer().null())
                    .col(ColumnDef::new(TokenFamilies::CreatedAt).big_integer().not_null())
                    .col(ColumnDef::new(TokenFamilies::ExpiresAt).big_integer().not_null())
                    .col(ColumnDef::new(TokenFamilies::RevokedAt).big_integer().null())
                    .col(text(manager, TokenFamilies::RevokedReason).null())
                    .foreign_key(
                        ForeignKey::create()
                            .from(TokenFamilies::Table, TokenFamilies::SessionId)
                            .to(Alias::new("sessions"), Alias::new("id")),
                    )
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("token_families_session_id")
                    .table(TokenFamilies::Table)
                    .col(TokenFamilies::SessionId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("token_families_user_id")
                    .table(TokenFamilies::Table)
                    .col(TokenFamilies::UserId)
                    .to_owned(),
            )
            .await?;
        manager
            .create_index(
                Index::create()
                    .name("token_families_expires_at")
                    .table(TokenFamilies::Table)
                    .col(TokenFamilies::ExpiresAt)
                    .to_owned(),
            )
            .await?;
        // Room in each page for the updates in place: PostgreSQL then touches no index (heap-only tuples).
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("ALTER TABLE token_families SET (fillfactor = 70)").await?;
        }
        Ok(())
    }
}

#[derive(DeriveIden)]
enum TokenFamilies {
    Table,
    Id,
    SessionId,
    UserId,
    ClientId,
    Scopes,
    Audience,
    SecretKeyId,
    Seed,
    Generation,
    PreviousGeneration,
    RotatedAt,
    AnsweredAt,
    ConfirmedAt,
    CreatedAt,
    ExpiresAt,
    RevokedAt,
    RevokedReason,
}
