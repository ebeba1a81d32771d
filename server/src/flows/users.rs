//! How do users come to be, and how are they found?

mod change;
mod oneself;

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;

use aws_lc_rs::digest;

use super::acting::hold;
use super::password::{HashFault, PasswordHash};
use super::{By, Denied, Flows, ListRefusal, Page, chance, event, page, to_its_end};
use crate::config::Signup;
use crate::model::event::{Event, EventType};
use crate::model::id::UserId;
use crate::model::password::Password;
use crate::model::reason::Reason;
use crate::model::secret::Secret;
use crate::model::text;
use crate::model::timestamp::Timestamp;
use crate::model::user::{ADMIN_ROLE, Email, User, UserFilter, Username, parse_roles};
use crate::store::StoreError;

pub use change::UserChange;

/// A user to be.
#[derive(Clone, Debug)]
pub struct NewUser {
    /// As typed.
    pub username: String,
    /// As typed.
    pub email: String,
    /// What the user will sign in with.
    pub password: NewPassword,
    /// What the user may do beyond oneself.
    pub roles: Vec<String>,
}

/// A user's first password here.
#[derive(Clone, Debug)]
pub enum NewPassword {
    /// As typed.
    Typed(Secret<String>),
    /// The hash that another program made of it, which is replaced at the first sign-in.
    Hashed(Secret<String>),
}

/// The same, judged.
enum Judged {
    Password(Password),
    Hash(Secret<String>),
}

/// Why a user was not made or changed.
#[derive(Debug)]
pub enum UserRefusal {
    /// People may not sign up by themselves here.
    SignupClosed,
    /// Values that break a rule: the field and the reason of each.
    Invalid(Vec<(&'static str, Reason)>),
    /// The same where one of them is a password hash, and what is wrong with it.
    InvalidHash(Vec<(&'static str, Reason)>, HashFault),
    /// The name or the e-mail is another's.
    Taken(&'static str, Reason),
    /// There is no such user.
    NotFound,
    /// Nobody would administer the server any more.
    LastAdministrator,
    /// The present password is another, or was guessed at too often: after how many seconds it is worth another try.
    WrongPassword(Option<i64>),
    /// Who asks may not.
    Denied(Denied),
    /// The hashing queue is full.
    Overloaded,
    /// The database failed.
    Store(StoreError),
}

impl From<StoreError> for UserRefusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Denied> for UserRefusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Store(error) => Self::Store(error),
            denied => Self::Denied(denied),
        }
    }
}

impl Flows {
    /// Signs a person up, where that is open.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn sign_up(self: &Arc<Self>, new: NewUser) -> Result<User, UserRefusal> {
        match self.config.signup {
            Signup::Open => self.add_user(NewUser { roles: Vec::new(), ..new }, None).await,
            Signup::Closed => Err(UserRefusal::SignupClosed),
        }
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`UserRefusal`]: every value that breaks a rule at once.
    pub async fn create_user(self: &Arc<Self>, new: NewUser, by: By) -> Result<User, UserRefusal> {
        self.add_user(new, Some(by)).await
    }

    async fn add_user(self: &Arc<Self>, mut new: NewUser, by: Option<By>) -> Result<User, UserRefusal> {
        let now = self.clock.now();
        let (username, email, password) = self.judge_new_user(&mut new)?;
        // Before the hash is computed: most clashes need not cost one.
        if let Some(taken) = self.find_clash(&username, &email).await? {
            return Err(taken);
        }
        let password_hash = match password {
            Judged::Password(password) => self.passwords.hash(password).await.map_err(|_| UserRefusal::Overloaded)?,
            Judged::Hash(hash) => hash,
        };
        let user = User {
            id: chance::id(now),
            username: username.text.clone(),
            email: email.text.clone(),
            name: None,
            picture: None,
            roles: new.roles,
            password_hash,
            created_at: now,
            locked_at: None,
        };
        let (flows, row) = (Arc::clone(self), user.clone());
        let (name, address) = (username.clone(), email.clone());
        let inserted = to_its_end(async move {
            let tx = flows.store.begin().await?;
            let mut created = about(&row.id, now, EventType::UserCreated, None);
            if let Some(by) = by {
                hold(&tx, &by, &[], false).await?;
                by.sign(&mut created, None);
            }
            if !tx.insert_user(&row, &name, &address).await? {
                return Ok(false);
            }
            tx.insert_event(&created).await?;
            tx.commit().await?;
            Ok::<_, UserRefusal>(true)
        })
        .await;
        if inserted? {
            return Ok(user);
        }
        Err(self.find_clash(&username, &email).await?.unwrap_or(UserRefusal::Overloaded))
    }

    fn judge_new_user(&self, new: &mut NewUser) -> Result<(Username, Email, Judged), UserRefusal> {
        let username = Username::parse(&new.username);
        let email = Email::parse(&new.email);
        let (password, hash_fault) = match &new.password {
            NewPassword::Typed(text) => {
                let password = Password::chosen(text.expose(), self.config.password.min_length);
                (password.map(Judged::Password).map_err(|r| ("password", r)), None)
            }
            NewPassword::Hashed(hash) => match PasswordHash::parse(hash.expose()) {
                Ok(_) => (Ok(Judged::Hash(hash.clone())), None),
                Err(fault) => (Err(("password_hash", Reason::UnknownValue)), Some(fault)),
            },
        };
        let roles = parse_roles(&new.roles);
        match (username, email, password, roles) {
            (Ok(username), Ok(email), Ok(password), Ok(roles)) => {
                new.roles = roles;
                Ok((username, email, password))
            }
            (username, email, password, roles) => {
                let faults = [
                    username.err().map(|r| ("username", r)),
                    email.err().map(|r| ("email", r)),
                    password.err(),
                    roles.err().map(|r| ("roles", r)),
                ];
                let faults = faults.into_iter().flatten().collect();
                Err(match hash_fault {
                    None => UserRefusal::Invalid(faults),
                    Some(fault) => UserRefusal::InvalidHash(faults, fault),
                })
            }
        }
    }

    async fn find_clash(&self, username: &Username, email: &Email) -> Result<Option<UserRefusal>, StoreError> {
        let read = self.store.read();
        if read.find_holder_of_username(&username.key).await?.is_some() {
            return Ok(Some(UserRefusal::Taken("username", Reason::UsernameTaken)));
        }
        let holder = read.find_holder_of_email(&email.key).await?;
        Ok(holder.map(|_| UserRefusal::Taken("email", Reason::EmailTaken)))
    }

    /// Every user, oldest first, and when each was last seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_users(&self) -> Result<Vec<(User, Option<Timestamp>)>, StoreError> {
        let users = self.store.read().list_users().await?;
        Ok(with_last_seen(users, self.store.read().list_last_seen(None).await?))
    }

    /// Users, newest first, and when each was last seen; `limit` at most, after `cursor`.
    ///
    /// # Errors
    /// [`ListRefusal`].
    pub async fn page_users(
        &self,
        filter: &UserFilter,
        limit: u16,
        cursor: Option<&str>,
    ) -> Result<Page<(User, Option<Timestamp>)>, ListRefusal> {
        let after = page::read(cursor, UserId::parse)?;
        let read = self.store.read();
        let users = read.page_users(filter, after.as_ref(), u64::from(limit) + 1).await?;
        let ids: Vec<_> = users.iter().map(|user| &user.id).collect();
        let seen = read.list_last_seen(Some(&ids)).await?;
        Ok(Page::of(with_last_seen(users, seen), limit, |(last, _)| last.id.to_string()))
    }

    /// When a user last got tokens.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_seen(&self, user: &UserId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.store.read().list_last_seen(Some(&[user])).await?.pop().map(|(_, at)| at))
    }

    /// The address of the user's picture: the one that was set, or that of a Gravatar, where those are on.
    #[must_use]
    pub fn picture_of(&self, user: &User) -> Option<String> {
        let gravatar = || {
            let hash = digest::digest(&digest::SHA256, user.email.to_lowercase().as_bytes());
            hash.as_ref().iter().fold("https://gravatar.com/avatar/".to_owned(), |mut address, byte| {
                let _ = write!(address, "{byte:02x}");
                address
            })
        };
        user.picture.clone().or_else(|| self.config.profile.gravatar.then(gravatar))
    }

    /// Whether there is a user who administers.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn has_administrator(&self) -> Result<bool, StoreError> {
        self.store.read().any_user_with_role(ADMIN_ROLE).await
    }

    /// The user of this name or e-mail.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_user(&self, name: &str) -> Result<Option<User>, StoreError> {
        self.store.read().find_user_by_login(&text::folded(name), &name.to_lowercase()).await
    }

    /// The user of this id.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn find_user_by_id(&self, id: &UserId) -> Result<Option<User>, StoreError> {
        self.store.read().find_user(id).await
    }
}

fn with_last_seen(users: Vec<User>, seen: Vec<(UserId, Timestamp)>) -> Vec<(User, Option<Timestamp>)> {
    let seen: HashMap<_, _> = seen.into_iter().map(|(id, at)| (id.to_string(), at)).collect();
    let dated = users.into_iter().map(|user| {
        let at = seen.get(user.id.as_str()).copied();
        (user, at)
    });
    dated.collect()
}

fn about(user: &UserId, now: Timestamp, event_type: EventType, reason: Option<Reason>) -> Event {
    let mut about = event(now, event_type, reason);
    about.user_id = Some(user.clone());
    about
}
