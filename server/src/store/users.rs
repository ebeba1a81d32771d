//! Which users are there? Table `users`.

use sea_orm::entity::prelude::*;
use sea_orm::sea_query::{ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, Condition, DbBackend, QueryOrder, QuerySelect, QueryTrait, SqlErr};

use super::{Read, Stored, Write, lists};
use crate::model::id::UserId;
use crate::model::secret::Secret;
use crate::model::text;
use crate::model::timestamp::Timestamp;
use crate::model::user::{ADMIN_ROLE, Email, User, UserFilter, Username};

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

    /// Which user has this name.
    pub(crate) async fn find_holder_of_username(&self, key: &str) -> Stored<Option<UserId>> {
        let row = Entity::find().filter(Column::UsernameKey.eq(key)).one(&self.executor()).await?;
        Ok(row.map(|row| UserId::stored(row.id)))
    }

    /// Which user has this e-mail.
    pub(crate) async fn find_holder_of_email(&self, key: &str) -> Stored<Option<UserId>> {
        let row = Entity::find().filter(Column::EmailKey.eq(key)).one(&self.executor()).await?;
        Ok(row.map(|row| UserId::stored(row.id)))
    }

    /// Whether there is a user with this role.
    pub(crate) async fn any_user_with_role(&self, role: &str) -> Stored<bool> {
        Ok(Entity::find().filter(lists::has_word(Column::Roles, role)).one(&self.executor()).await?.is_some())
    }

    /// The user of this id.
    pub(crate) async fn find_user(&self, id: &UserId) -> Stored<Option<User>> {
        Ok(Entity::find_by_id(id.as_str()).one(&self.executor()).await?.map(User::from))
    }

    /// A page of users, newest first: `limit` at most, those older than `after`.
    pub(crate) async fn page_users(
        &self,
        filter: &UserFilter,
        after: Option<&UserId>,
        limit: u64,
    ) -> Stored<Vec<User>> {
        let UserFilter { part, role, locked } = filter;
        let query = Entity::find()
            .apply_if(after, |query, after| query.filter(Column::Id.lt(after.as_str())))
            .apply_if(part.as_deref(), |query, part| {
                // Each in the form in which it is kept.
                let username = lists::contains(Column::UsernameKey, &text::folded(part));
                let [email, name] = [Column::EmailKey, Column::Name].map(|key| lists::contains(key, &text::nfc(part)));
                query.filter(username.or(email).or(name))
            })
            .apply_if(role.as_deref(), |query, role| query.filter(lists::has_word(Column::Roles, role)))
            .apply_if(*locked, |query, locked| {
                query.filter(if locked { Column::LockedAt.is_not_null() } else { Column::LockedAt.is_null() })
            });
        let rows = query.order_by_desc(Column::Id).limit(limit).all(&self.executor()).await?;
        Ok(rows.into_iter().map(User::from).collect())
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

    /// Whether the user still has this password and these roles and is not locked; holds it so until the transaction ends.
    pub(crate) async fn hold_user(&self, user: &User) -> Stored<bool> {
        let guard = Entity::find_by_id(user.id.as_str())
            .filter(Column::PasswordHash.eq(user.password_hash.expose()))
            .filter(Column::Roles.eq(lists::join(&user.roles)))
            .filter(Column::LockedAt.is_null());
        // Ends by decision write the user's row first, so they wait for this sign-in or it sees them. SQLite's writer is alone anyway.
        Ok(guard.lock_shared().one(&self.executor()).await?.is_some())
    }

    /// Whether there is such a user; holds it so until the transaction ends.
    pub(crate) async fn hold_user_row(&self, id: &UserId) -> Stored<bool> {
        Ok(Entity::find_by_id(id.as_str()).lock_shared().one(&self.executor()).await?.is_some())
    }

    /// Holds the user's row until the transaction ends: whoever ends sessions does so first, so that a sign-in under way is waited for.
    pub(crate) async fn lock_user_row(&self, id: &UserId) -> Stored<Option<User>> {
        Ok(Entity::find_by_id(id.as_str()).lock_exclusive().one(&self.executor()).await?.map(User::from))
    }

    /// Holds the rows of these users until the transaction ends, and those of all administrators if `administrators`. Who needs
    /// more than one row takes them at once, in the order of their ids, so that no two wait for each other.
    pub(crate) async fn lock_user_rows(&self, ids: &[&UserId], administrators: bool) -> Stored<Vec<User>> {
        let wanted = Condition::any()
            .add(Column::Id.is_in(ids.iter().map(|id| id.as_str())))
            .add_option(administrators.then(|| lists::has_word(Column::Roles, ADMIN_ROLE)));
        let query = Entity::find().filter(wanted).order_by_asc(Column::Id).lock_exclusive();
        Ok(query.all(&self.executor()).await?.into_iter().map(User::from).collect())
    }

    /// Holds every user's row until the transaction ends: no sign-in is under way meanwhile. SQLite's writer is alone anyway.
    pub(crate) async fn lock_every_user_row(&self) -> Stored<()> {
        let executor = self.executor();
        if executor.get_database_backend() == DbBackend::Postgres {
            executor.execute_unprepared("LOCK TABLE users IN EXCLUSIVE MODE").await?;
        }
        Ok(())
    }

    /// Replaces the hash of a user, who is as [`Write::hold_user`] wants it, by another hash of the same password; false if not.
    pub(crate) async fn rehash_password(&self, user: &User, new: &Secret<String>) -> Stored<bool> {
        let update = Entity::update_many()
            .col_expr(Column::PasswordHash, Expr::value(new.expose().as_str()))
            .filter(Column::Id.eq(user.id.as_str()))
            .filter(Column::PasswordHash.eq(user.password_hash.expose()))
            .filter(Column::Roles.eq(lists::join(&user.roles)))
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

    /// Writes what may change of a user that this transaction has locked; false if the name or the e-mail is another's by now. The
    /// transaction is over then.
    pub(crate) async fn update_user(
        &self,
        user: &User,
        username: Option<&Username>,
        email: Option<&Email>,
    ) -> Stored<bool> {
        let mut update = Entity::update_many()
            .col_expr(Column::Name, Expr::value(user.name.clone()))
            .col_expr(Column::Picture, Expr::value(user.picture.clone()))
            .col_expr(Column::Roles, Expr::value(lists::join(&user.roles)))
            .col_expr(Column::LockedAt, Expr::value(user.locked_at.map(|at| at.0)))
            .filter(Column::Id.eq(user.id.as_str()));
        if let Some(username) = username {
            update = update
                .col_expr(Column::Username, Expr::value(username.text.as_str()))
                .col_expr(Column::UsernameKey, Expr::value(username.key.as_str()));
        }
        if let Some(email) = email {
            update = update
                .col_expr(Column::Email, Expr::value(email.text.as_str()))
                .col_expr(Column::EmailKey, Expr::value(email.key.as_str()));
        }
        match update.exec(&self.executor()).await {
            Ok(done) => Ok(done.rows_affected == 1),
            Err(error) if matches!(error.sql_err(), Some(SqlErr::UniqueConstraintViolation(_))) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Deletes a user that this transaction has locked.
    pub(crate) async fn delete_user(&self, id: &UserId) -> Stored<()> {
        Entity::delete_by_id(id.as_str()).exec(&self.executor()).await?;
        Ok(())
    }
}
