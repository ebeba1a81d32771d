//! How is a user changed, locked, given a password, deleted? By an administrator, the command line, or the user.

use std::sync::Arc;

use super::{UserRefusal, about};
use crate::flows::acting::hold;
use crate::flows::sessions::ended;
use crate::flows::{By, Flows, to_its_end};
use crate::model::change::Change;
use crate::model::event::{Event, EventType};
use crate::model::id::{SessionId, UserId};
use crate::model::password::Password;
use crate::model::reason::Reason;
use crate::model::secret::Secret;
use crate::model::session::SessionFilter;
use crate::model::timestamp::Timestamp;
use crate::model::user::{ADMIN_ROLE, Email, User, Username, parse_name, parse_picture, parse_roles};
use crate::store::{Read, StoreError, Tx};

/// What is to change of a user. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct UserChange {
    /// As typed.
    pub username: Option<String>,
    /// As typed.
    pub email: Option<String>,
    /// What the person wants to be called.
    pub name: Change<String>,
    /// An address of a picture.
    pub picture: Change<String>,
    /// What the user may do beyond oneself.
    pub roles: Option<Vec<String>>,
    /// Whether the user is locked out.
    pub locked: Option<bool>,
}

/// The same, with every value judged.
struct Judged {
    username: Option<Username>,
    email: Option<Email>,
    name: Change<String>,
    picture: Change<String>,
    roles: Option<Vec<String>>,
    locked: Option<bool>,
}

impl UserChange {
    /// Every value that breaks a rule at once.
    fn judge(self) -> Result<Judged, UserRefusal> {
        let mut faults = Vec::new();
        let judged = Judged {
            username: take(&mut faults, "username", self.username.map(|text| Username::parse(&text)).transpose()),
            email: take(&mut faults, "email", self.email.map(|text| Email::parse(&text)).transpose()),
            name: take(&mut faults, "name", self.name.try_map(|name| parse_name(&name))),
            picture: take(&mut faults, "picture", self.picture.try_map(|picture| parse_picture(&picture))),
            roles: take(&mut faults, "roles", self.roles.map(|roles| parse_roles(&roles)).transpose()),
            locked: self.locked,
        };
        if faults.is_empty() { Ok(judged) } else { Err(UserRefusal::Invalid(faults)) }
    }
}

/// The value, or nothing and a fault.
fn take<T: Default>(faults: &mut Vec<(&'static str, Reason)>, field: &'static str, judged: Result<T, Reason>) -> T {
    judged.unwrap_or_else(|reason| {
        faults.push((field, reason));
        T::default()
    })
}

impl Judged {
    /// Whether an administrator could be one no longer.
    fn may_unseat(&self) -> bool {
        self.locked == Some(true)
            || self.roles.as_ref().is_some_and(|roles| !roles.iter().any(|role| role == ADMIN_ROLE))
    }

    /// The user as it will be, and the names of what differs of the profile.
    fn apply(&self, before: &User, now: Timestamp) -> (User, Vec<&'static str>) {
        let mut after = before.clone();
        if let Some(username) = &self.username {
            after.username.clone_from(&username.text);
        }
        if let Some(email) = &self.email {
            after.email.clone_from(&email.text);
        }
        after.name = self.name.clone().after(after.name);
        after.picture = self.picture.clone().after(after.picture);
        if let Some(roles) = &self.roles {
            after.roles.clone_from(roles);
        }
        match self.locked {
            Some(true) => after.locked_at = before.locked_at.or(Some(now)),
            Some(false) => after.locked_at = None,
            None => {}
        }
        let differing = [
            ("username", after.username != before.username),
            ("email", after.email != before.email),
            ("name", after.name != before.name),
            ("picture", after.picture != before.picture),
        ];
        let fields = differing.into_iter().filter_map(|(field, differs)| differs.then_some(field)).collect();
        (after, fields)
    }
}

/// Whether the user can administer the server.
fn administers(user: &User) -> bool {
    user.is_administrator() && user.locked_at.is_none()
}

impl Flows {
    /// Changes a user, with an event for each kind of change, and ends all its sessions when it is locked. Says whether anything was changed.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn change_user(
        self: &Arc<Self>,
        id: &UserId,
        change: UserChange,
        by: By,
    ) -> Result<(User, bool), UserRefusal> {
        let now = self.clock.now();
        let change = change.judge()?;
        let may_unseat = change.may_unseat() && self.has_been_administrator(id).await?;
        let (flows, id) = (Arc::clone(self), id.clone());
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            let rows = hold(&tx, &by, &[&id], may_unseat).await?;
            let before = rows.iter().find(|row| row.id == id).ok_or(UserRefusal::NotFound)?;
            let (after, fields) = change.apply(before, now);
            let others = || rows.iter().any(|row| row.id != id && administers(row));
            if administers(before) && !administers(&after) && !others() {
                return Err(UserRefusal::LastAdministrator);
            }
            let events = events_of(before, &after, &fields, &by, now);
            if events.is_empty() {
                return Ok((after, false));
            }
            check_clash(&tx, &id, change.username.as_ref(), change.email.as_ref()).await?;
            if !tx.update_user(&after, change.username.as_ref(), change.email.as_ref()).await? {
                // Somebody took one of the two in this moment; this transaction is over and sees nothing any more.
                drop(tx);
                let clash = check_clash(flows.store.read(), &id, change.username.as_ref(), change.email.as_ref()).await;
                return Err(clash.err().unwrap_or(UserRefusal::Overloaded));
            }
            tx.insert_events(&events).await?;
            if after.locked_at.is_some() && before.locked_at.is_none() {
                flows.end_all(&tx, &id, None, now, Reason::UserLocked, &by).await?;
            }
            tx.commit().await?;
            Ok((after, true))
        })
        .await
    }

    /// Gives a user another password and ends all its sessions: what an administrator does.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn set_password(
        self: &Arc<Self>,
        id: &UserId,
        password: &Secret<String>,
        by: By,
    ) -> Result<(), UserRefusal> {
        let now = self.clock.now();
        let password = Password::chosen(password.expose(), self.config.password.min_length)
            .map_err(|reason| UserRefusal::Invalid(vec![("password", reason)]))?;
        self.store.read().find_user(id).await?.ok_or(UserRefusal::NotFound)?;
        let hash = self.passwords.hash(password).await.map_err(|_| UserRefusal::Overloaded)?;
        let (flows, id) = (Arc::clone(self), id.clone());
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            hold(&tx, &by, &[&id], false).await?;
            if !tx.set_password_hash(&id, &hash).await? {
                return Err(UserRefusal::NotFound);
            }
            let mut changed = about(&id, now, EventType::PasswordChanged, Some(Reason::PasswordChanged));
            by.sign(&mut changed, None);
            tx.insert_event(&changed).await?;
            flows.end_all(&tx, &id, None, now, Reason::PasswordChanged, &by).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Deletes a user. What remains for thirty days is what tells why its tokens ended, without address and agent, and its events with the
    /// id alone.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn delete_user(self: &Arc<Self>, id: &UserId, by: By) -> Result<(), UserRefusal> {
        let now = self.clock.now();
        let may_unseat = self.has_been_administrator(id).await?;
        let (flows, id) = (Arc::clone(self), id.clone());
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            let rows = hold(&tx, &by, &[&id], may_unseat).await?;
            let user = rows.iter().find(|row| row.id == id).ok_or(UserRefusal::NotFound)?;
            if administers(user) && !rows.iter().any(|row| row.id != id && administers(row)) {
                return Err(UserRefusal::LastAdministrator);
            }
            flows.end_all(&tx, &id, None, now, Reason::UserDeleted, &by).await?;
            let mut deleted = about(&id, now, EventType::UserDeleted, Some(Reason::UserDeleted));
            by.sign(&mut deleted, None);
            tx.insert_event(&deleted).await?;
            tx.delete_user(&id).await?;
            tx.strip_sessions_of_user(&id).await?;
            tx.strip_events_of_user(&id).await?;
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Whether the rows of all administrators are to be held: only the change of one can unseat the last. Who becomes one after this look is
    /// taken for the last, and nothing happens.
    async fn has_been_administrator(&self, id: &UserId) -> Result<bool, StoreError> {
        Ok(self.store.read().find_user(id).await?.is_some_and(|user| user.is_administrator()))
    }

    /// Ends the sessions of a user whose row this transaction has written or locked, with an event for each that was alive.
    pub(in crate::flows) async fn end_all(
        &self,
        tx: &Tx,
        user: &UserId,
        spared: Option<&SessionId>,
        now: Timestamp,
        reason: Reason,
        by: &By,
    ) -> Result<(), StoreError> {
        let idle_ttl = self.config.tokens.refresh_idle_ttl;
        let of_user = SessionFilter { user_id: Some(user.clone()), ..SessionFilter::default() };
        let living = tx.list_living_sessions(&of_user, now, idle_ttl, None, None).await?;
        tx.end_sessions_of_user(user, spared, now, reason).await?;
        tx.revoke_families_of_user(user, spared, now, idle_ttl, reason).await?;
        let sessions = living.into_iter().map(|living| living.session).filter(|session| Some(&session.id) != spared);
        let events: Vec<_> =
            sessions.map(|session| ended(&session, now, EventType::SessionEnded, reason, by)).collect();
        tx.insert_events(&events).await
    }
}

const USERNAME_TAKEN: UserRefusal = UserRefusal::Taken("username", Reason::UsernameTaken);
const EMAIL_TAKEN: UserRefusal = UserRefusal::Taken("email", Reason::EmailTaken);

/// Whether another user has the name or the e-mail.
async fn check_clash(
    read: &Read,
    id: &UserId,
    username: Option<&Username>,
    email: Option<&Email>,
) -> Result<(), UserRefusal> {
    if let Some(username) = username
        && read.find_holder_of_username(&username.key).await?.is_some_and(|holder| holder != *id)
    {
        return Err(USERNAME_TAKEN);
    }
    if let Some(email) = email
        && read.find_holder_of_email(&email.key).await?.is_some_and(|holder| holder != *id)
    {
        return Err(EMAIL_TAKEN);
    }
    Ok(())
}

/// What happened, an event for each kind of change.
fn events_of(before: &User, after: &User, fields: &[&'static str], by: &By, now: Timestamp) -> Vec<Event> {
    let mut events = Vec::new();
    let mut note = |event_type, reason, what: Option<&str>| {
        let mut event = about(&after.id, now, event_type, reason);
        by.sign(&mut event, what);
        events.push(event);
    };
    if !fields.is_empty() {
        note(EventType::UserChanged, None, Some(&format!("changed {}", fields.join(" "))));
    }
    if before.roles != after.roles {
        let words = |roles: &[String]| if roles.is_empty() { "none".to_owned() } else { roles.join(" ") };
        let what = format!("roles {} -> {}", words(&before.roles), words(&after.roles));
        note(EventType::RolesChanged, None, Some(&what));
    }
    match (before.locked_at, after.locked_at) {
        (None, Some(_)) => note(EventType::UserLocked, Some(Reason::UserLocked), None),
        (Some(_), None) => note(EventType::UserUnlocked, None, None),
        _ => {}
    }
    events
}
