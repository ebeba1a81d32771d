//! Which users are there? Table `users`.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::ExprTrait;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DbBackend, QueryOrder, QuerySelect};

use super::{Read, Stored, Write, lists};
use crate::model::id::UserId;
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use crate::model::user::{Email, User, Username};

#[derive(Clone, Debug, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(super) id: String,
    pub(super) username: String,
    pub(super) username_key: String,
    pub(super) email: String,
    pub(super) email_key: String,
    pub(super) name: Option<String>,
    pub(super) picture: Option<String>,
    pub(super) roles: String,
    pub(super) password_hash: String,
    pub(super) email_verified: bool,
    pub(super) created_at: i64,
    pub(super) locked_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl From<Model> for User {
    fn from(row: Model) -> Self {
        Self {
            id: UserId::stored(row.id),
            username: row.username,
            email: row.email,
            name: row.name,
            picture: row.picture,
            roles: lists::split(&row.roles),
            password_hash: Secret::new(row.password_hash),
            created_at: Timestamp(row.created_at),
            locked_at: row.locked_at.map(Timestamp),
        }
    }
}

impl Read {
    /// The user who signs in as this: by username or by e-mail, each in the form in which it is compared.
    pub(crate) async fn find_user_by_login(&self, username_key: &str, email_key: &str) -> Stored<Option<User>> {
        let by_either = Column::UsernameKey.eq(username_key).or(Column::EmailKey.eq(email_key));
        Ok(Entity::find().filter(by_either).one(&self.executor()).await?.map(User::from))
    }

    /// Whether another user has this name already.
    pub(crate) async fn username_is_taken(&self, key: &str) -> Stored<bool> {
        Ok(Entity::find().filter(Column::UsernameKey.eq(key)).one(&self.executor()).await?.is_some())
    }

    /// Whether another user has this e-mail already.
    pub(crate) async fn email_is_taken(&self, key: &str) -> Stored<bool> {
        Ok(Entity::find().filter(Column::EmailKey.eq(key)).one(&self.executor()).await?.is_some())
    }

    /// Whether there is a user with this role.
    pub(crate) async fn any_user_with_role(&self, role: &str) -> Stored<bool> {
        let rows = Entity::find().filter(Column::Roles.contains(role)).all(&self.executor()).await?;
        Ok(rows.into_iter().map(User::from).any(|user| user.roles.iter().any(|own| own == role)))
    }

    /// Every user, oldest first.
    pub(crate) async fn list_users(&self) -> Stored<Vec<User>> {
        let rows =
            Entity::find().order_by_asc(Column::CreatedAt).order_by_asc(Column::Id).all(&self.executor()).await?;
        Ok(rows.into_iter().map(User::from).collect())
    }
}

impl Write {
    /// Adds a user; false if the name or the e-mail is another's.
    pub(crate) async fn insert_user(&self, user: &User, username: &Username, email: &Email) -> Stored<bool> {
        let row = ActiveModel {
            id: Set(user.id.to_string()),
            username: Set(username.text.clone()),
            username_key: Set(username.key.clone()),
            email: Set(email.text.clone()),
            email_key: Set(email.key.clone()),
            name: Set(user.name.clone()),
            picture: Set(user.picture.clone()),
            roles: Set(lists::join(&user.roles)),
            password_hash: Set(user.password_hash.expose().clone()),
            email_verified: Set(false),
            created_at: Set(user.created_at.0),
            locked_at: Set(user.locked_at.map(|at| at.0)),
        };
        let insert = Entity::insert(row).on_conflict(OnConflict::new().do_nothing().to_owned());
        Ok(insert.exec_without_returning(&self.executor()).await? == 1)
    }

    /// Whether the user still has this password and is not locked; holds it so until the transaction ends.
    pub(crate) async fn hold_user(&self, id: &UserId, password_hash: &Secret<String>) -> Stored<bool> {
        let guard = Entity::find_by_id(id.as_str())
            .filter(Column::PasswordHash.eq(password_hash.expose()))
            .filter(Column::LockedAt.is_null());
        // Ends by decision write the user's row first, so they wait for this sign-in or it sees them. SQLite's writer is alone anyway.
        Ok(guard.lock_shared().one(&self.executor()).await?.is_some())
    }

    /// Holds the user's row until the transaction ends: whoever ends sessions does so first, so that a sign-in under way is waited for.
    pub(crate) async fn lock_user_row(&self, id: &UserId) -> Stored<Option<User>> {
        Ok(Entity::find_by_id(id.as_str()).lock_exclusive().one(&self.executor()).await?.map(User::from))
    }

    /// Holds every user's row until the transaction ends: no sign-in is under way meanwhile. SQLite's writer is alone anyway.
    pub(crate) async fn lock_every_user_row(&self) -> Stored<()> {
        let executor = self.executor();
        if executor.get_database_backend() == DbBackend::Postgres {
            executor.execute_unprepared("LOCK TABLE users IN EXCLUSIVE MODE").await?;
        }
        Ok(())
    }

    /// Replaces the hash `old` of a user who is not locked by another hash of the same password; false if either no longer holds.
    pub(crate) async fn rehash_password(
        &self,
        id: &UserId,
        old: &Secret<String>,
        new: &Secret<String>,
    ) -> Stored<bool> {
        let update = Entity::update_many()
            .col_expr(Column::PasswordHash, Expr::value(new.expose().as_str()))
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::PasswordHash.eq(old.expose()))
            .filter(Column::LockedAt.is_null());
        Ok(update.exec(&self.executor()).await?.rows_affected == 1)
    }

    /// Gives a user another password, whatever it was; false if there is no such user.
    pub(crate) async fn set_password_hash(&self, id: &UserId, new: &Secret<String>) -> Stored<bool> {
        let update = Entity::update_many()
            .col_expr(Column::PasswordHash, Expr::value(new.expose().as_str()))
            .filter(Column::Id.eq(id.as_str()));
        Ok(update.exec(&self.executor()).await?.rows_affected == 1)
    }

    /// Locks (`Some`) or unlocks a user; false if that is so already.
    pub(crate) async fn set_locked(&self, id: &UserId, locked_at: Option<Timestamp>) -> Stored<bool> {
        let other = if locked_at.is_some() { Column::LockedAt.is_null() } else { Column::LockedAt.is_not_null() };
        let update = Entity::update_many()
            .col_expr(Column::LockedAt, Expr::value(locked_at.map(|at| at.0)))
            .filter(Column::Id.eq(id.as_str()))
            .filter(other);
        Ok(update.exec(&self.executor()).await?.rows_affected == 1)
    }
}
