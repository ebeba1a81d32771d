//! How does the schema come to be, and how does it change? One change a file, forward only, on SQLite and PostgreSQL.

pub use sea_orm_migration::Migration;
pub use sea_orm_migration::MigratorTrait;
use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

mod m20261121_000001_create_users;
mod m20261121_000002_create_clients;
mod m20261121_000003_create_sessions;
mod m20261121_000004_create_token_families;
mod m20261121_000005_create_revoked_tokens;
mod m20261121_000006_create_signing_keys;
mod m20261121_000007_create_secret_keys;
mod m20261121_000008_create_throttles;
mod m20261121_000009_create_events;
mod m20261121_000010_create_client_origins;
mod m20261121_000011_add_previous_secret_to_clients;
mod m20261121_000012_add_gone_at_to_signing_keys;
mod m20261121_000013_add_last_failed_at_to_throttles;
mod m20261121_000014_index_token_families_by_client;

/// Every change, oldest first.
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_create_users::Migration),
            Box::new(m20261121_000002_create_clients::Migration),
            Box::new(m20261121_000003_create_sessions::Migration),
            Box::new(m20261121_000004_create_token_families::Migration),
            Box::new(m20261121_000005_create_revoked_tokens::Migration),
            Box::new(m20261121_000006_create_signing_keys::Migration),
            Box::new(m20261121_000007_create_secret_keys::Migration),
            Box::new(m20261121_000008_create_throttles::Migration),
            Box::new(m20261121_000009_create_events::Migration),
            Box::new(m20261121_000010_create_client_origins::Migration),
            Box::new(m20261121_000011_add_previous_secret_to_clients::Migration),
            Box::new(m20261121_000012_add_gone_at_to_signing_keys::Migration),
            Box::new(m20261121_000013_add_last_failed_at_to_throttles::Migration),
            Box::new(m20261121_000014_index_token_families_by_client::Migration),
        ]
    }
}

/// A column of text that sorts by its bytes on both databases: ids sort by age, and lists page by them.
fn text(manager: &SchemaManager<'_>, name: impl IntoIden) -> ColumnDef {
    let mut column = ColumnDef::new(name);
    match manager.get_database_backend() {
        DbBackend::Postgres => column.custom(Alias::new("text COLLATE \"C\"")),
        _ => column.text(),
    };
    column
}
