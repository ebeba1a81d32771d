//! Who can sign in.

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
                    .table(Users::Table)
                    .col(text(manager, Users::Id).not_null().primary_key())
                    .col(text(manager, Users::Username).not_null())
                    .col(text(manager, Users::UsernameKey).not_null().unique_key())
                    .col(text(manager, Users::Email).not_null())
                    .col(text(manager, Users::EmailKey).not_null().unique_key())
                    .col(text(manager, Users::Name).null())
                    .col(text(manager, Users::Picture).null())
                    .col(text(manager, Users::Roles).not_null())
                    .col(text(manager, Users::PasswordHash).not_null())
                    .col(ColumnDef::new(Users::EmailVerified).boolean().not_null())
                    .col(ColumnDef::new(Users::CreatedAt).big_integer().not_null())
                    .col(ColumnDef::new(Users::LockedAt).big_integer().null())
                    .to_owned(),
            )
            .await
    }
}

#[derive(DeriveIden)]
enum Users {
    Table,
    Id,
    Username,
    UsernameKey,
    Email,
    EmailKey,
    Name,
    Picture,
    Roles,
    PasswordHash,
    EmailVerified,
    CreatedAt,
    LockedAt,
}
