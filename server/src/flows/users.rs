//! How do users come to be, and how are they locked or given a password?

use std::collections::HashMap;
use std::sync::Arc;

use super::password::{HashFault, PasswordHash};
use super::{Flows, chance, event, to_its_end};
use crate::config::Signup;
use crate::model::event::{Event, EventType};
use crate::model::id::{SessionId, UserId};
use crate::model::password::Password;
use crate::model::reason::Reason;
use crate::model::secret::Secret;
use crate::model::text;
use crate::model::timestamp::Timestamp;
use crate::model::user::{ADMIN_ROLE, Email, User, Username};
use crate::store::{StoreError, Tx};

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

impl Flows {
    /// Signs a person up, where that is open.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn sign_up(self: &Arc<Self>, new: NewUser) -> Result<User, UserRefusal> {
        match self.config.signup {
            Signup::Open => self.create_user(NewUser { roles: Vec::new(), ..new }).await,
            Signup::Closed => Err(UserRefusal::SignupClosed),
        }
    }

    /// Makes a user.
    ///
    /// # Errors
    /// [`UserRefusal`]: every value that breaks a rule at once.
    pub async fn create_user(self: &Arc<Self>, new: NewUser) -> Result<User, UserRefusal> {
        let now = self.clock.now();
        let (username, email, password) = self.judge_new_user(&new)?;
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
        let inserted: Result<bool, StoreError> = to_its_end(async move {
            let tx = flows.store.begin().await?;
            if !tx.insert_user(&row, &name, &address).await? {
                return Ok(false);
            }
            tx.insert_event(&about(&row.id, now, EventType::UserCreated, None)).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await;
        if inserted? {
            return Ok(user);
        }
        Err(self.find_clash(&username, &email).await?.unwrap_or(UserRefusal::Overloaded))
    }

    fn judge_new_user(&self, new: &NewUser) -> Result<(Username, Email, Judged), UserRefusal> {
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
        match (username, email, password) {
            (Ok(username), Ok(email), Ok(password)) => Ok((username, email, password)),
            (username, email, password) => {
                let faults =
                    [username.err().map(|r| ("username", r)), email.err().map(|r| ("email", r)), password.err()];
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
        if read.username_is_taken(&username.key).await? {
            return Ok(Some(UserRefusal::Taken("username", Reason::UsernameTaken)));
        }
        let taken = read.email_is_taken(&email.key).await?;
        Ok(taken.then_some(UserRefusal::Taken("email", Reason::EmailTaken)))
    }

    /// Every user, oldest first, and when each was last seen.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_users(&self) -> Result<Vec<(User, Option<Timestamp>)>, StoreError> {
        let users = self.store.read().list_users().await?;
        let seen = self.store.read().list_last_seen(None).await?;
        let seen: HashMap<_, _> = seen.into_iter().map(|(id, at)| (id.to_string(), at)).collect();
        Ok(users
            .into_iter()
            .map(|user| {
                let at = seen.get(user.id.as_str()).copied();
                (user, at)
            })
            .collect())
    }

    /// When a user last got tokens.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn last_seen(&self, user: &UserId) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.store.read().list_last_seen(Some(user)).await?.pop().map(|(_, at)| at))
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

    /// Locks a user out and ends all its sessions, or lets it in again; false if that is so already.
    ///
    /// # Errors
    /// [`UserRefusal::NotFound`], [`UserRefusal::Store`].
    pub async fn set_locked(self: &Arc<Self>, name: &str, locked: bool) -> Result<bool, UserRefusal> {
        let now = self.clock.now();
        let user = self.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
        let flows = Arc::clone(self);
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            if !tx.set_locked(&user.id, locked.then_some(now)).await? {
                return Ok(false);
            }
            let event_type = if locked { EventType::UserLocked } else { EventType::UserUnlocked };
            tx.insert_event(&about(&user.id, now, event_type, locked.then_some(Reason::UserLocked))).await?;
            if locked {
                flows.end_all(&tx, &user.id, None, now, Reason::UserLocked, None).await?;
            }
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Gives a user another password and ends all its sessions: what an administrator does.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn set_password(self: &Arc<Self>, name: &str, password: &Secret<String>) -> Result<(), UserRefusal> {
        let now = self.clock.now();
        let password = Password::chosen(password.expose(), self.config.password.min_length)
            .map_err(|reason| UserRefusal::Invalid(vec![("password", reason)]))?;
        let user = self.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
        let hash = self.passwords.hash(password).await.map_err(|_| UserRefusal::Overloaded)?;
        let flows = Arc::clone(self);
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            if !tx.set_password_hash(&user.id, &hash).await? {
                return Err(UserRefusal::NotFound);
            }
            tx.insert_event(&about(&user.id, now, EventType::PasswordChanged, Some(Reason::PasswordChanged))).await?;
            flows.end_all(&tx, &user.id, None, now, Reason::PasswordChanged, None).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Ends the sessions of a user whose row this transaction has written or locked, with an event for each that was alive.
    pub(super) async fn end_all(
        &self,
        tx: &Tx,
        user: &UserId,
        spared: Option<&SessionId>,
        now: Timestamp,
        reason: Reason,
        ip: Option<&str>,
    ) -> Result<(), StoreError> {
        let idle_ttl = self.config.tokens.refresh_idle_ttl;
        let living = tx.list_living_sessions_of_user(user, now, idle_ttl).await?;
        tx.end_sessions_of_user(user, spared, now, reason).await?;
        tx.revoke_families_of_user(user, spared, now, idle_ttl, reason).await?;
        for session in living.into_iter().map(|living| living.session).filter(|session| Some(&session.id) != spared) {
            let mut ended = about(user, now, EventType::SessionEnded, Some(reason));
            ended.client_id = Some(session.client_id);
            ended.session_id = Some(session.id);
            ended.ip = ip.map(str::to_owned);
            tx.insert_event(&ended).await?;
        }
        Ok(())
    }
}

fn about(user: &UserId, now: Timestamp, event_type: EventType, reason: Option<Reason>) -> Event {
    let mut about = event(now, event_type, reason);
    about.user_id = Some(user.clone());
    about
}
