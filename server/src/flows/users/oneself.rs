//! What may users do with their own accounts?

use std::sync::Arc;

use super::{UserChange, UserRefusal, about};
use crate::flows::acting::hold;
use crate::flows::throttle::SignInThrottle;
use crate::flows::{By, Flows, Origin, Signed, to_its_end};
use crate::model::event::EventType;
use crate::model::password::Password;
use crate::model::reason::Reason;
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use crate::model::user::User;

/// How often a change whose user changes under it looks again.
const TRIES: usize = 8;

/// The form in which a password is kept, before a change and after it.
struct Hashes {
    old: Secret<String>,
    new: Secret<String>,
}

impl Flows {
    /// Changes the signed-in user's profile; another e-mail wants a recent sign-in (RFC 9470).
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn change_oneself(
        self: &Arc<Self>,
        signed: &Signed,
        mut change: UserChange,
        origin: &Origin,
    ) -> Result<User, UserRefusal> {
        // The one that was read is no change, and must not become one if another session changes it meanwhile.
        change.email = change.email.filter(|email| *email != signed.user.email);
        if change.email.is_some() {
            signed.check_recent(self.clock.now())?;
        }
        let (user, _) = self.change_user(&signed.user.id, change, signed.oneself(origin)).await?;
        Ok(user)
    }

    /// Deletes the signed-in user, who wants to have signed in lately (RFC 9470).
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn delete_oneself(self: &Arc<Self>, signed: &Signed, origin: &Origin) -> Result<(), UserRefusal> {
        signed.check_recent(self.clock.now())?;
        self.delete_user(&signed.user.id, signed.oneself(origin)).await
    }

    /// Gives the signed-in user another password, if the present one is known, and ends the other sessions.
    ///
    /// # Errors
    /// [`UserRefusal`].
    pub async fn change_password(
        self: &Arc<Self>,
        signed: &Signed,
        current: &Secret<String>,
        new: &Secret<String>,
        origin: &Origin,
    ) -> Result<(), UserRefusal> {
        let now = self.clock.now();
        let new = Password::chosen(new.expose(), self.config.password.min_length)
            .map_err(|reason| UserRefusal::Invalid(vec![("new_password", reason)]))?;
        let id = &signed.user.id;
        // The door of the sign-in: who guesses here is counted there.
        let throttle = match self.pass_throttle(&format!("user {id}"), origin.ip, now).await? {
            Ok(throttle) => Arc::new(throttle),
            Err(seconds) => {
                self.tally.throttled.password_change.count();
                return Err(UserRefusal::WrongPassword(Some(seconds)));
            }
        };
        let by = signed.oneself(origin);
        let Some(current) = Password::typed(current.expose()) else {
            return self.wrong_password(signed, throttle, by, now).await;
        };
        let mut user = Some(signed.user.clone());
        for _ in 0..TRIES {
            let Some(found) = user else { break };
            let Ok(verified) = self.passwords.verify(current.clone(), Some(&found.password_hash)).await else { break };
            if !verified.right {
                return self.wrong_password(signed, throttle, by, now).await;
            }
            let Ok(hash) = self.passwords.hash(new.clone()).await else { break };
            let hashes = Hashes { old: found.password_hash, new: hash };
            match self.keep_password(signed, hashes, Arc::clone(&throttle), by.clone(), now).await {
                Ok(true) => return Ok(()),
                // It was re-hashed, or changed, since it was read: look again.
                Ok(false) => user = self.store.read().find_user(id).await?,
                Err(refusal) => {
                    throttle.not_tried(self.store.write()).await?;
                    return Err(refusal);
                }
            }
        }
        // Nobody came to compare the password: the try is given back.
        throttle.not_tried(self.store.write()).await?;
        Err(UserRefusal::Overloaded)
    }

    /// Keeps a new password, if the old one is still the one that was verified.
    async fn keep_password(
        self: &Arc<Self>,
        signed: &Signed,
        hashes: Hashes,
        throttle: Arc<SignInThrottle>,
        by: By,
        now: Timestamp,
    ) -> Result<bool, UserRefusal> {
        let (flows, id, session) = (Arc::clone(self), signed.user.id.clone(), signed.family.session_id.clone());
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            let rows = hold(&tx, &by, &[], false).await?;
            if !rows.iter().any(|row| row.id == id && row.password_hash.expose() == hashes.old.expose()) {
                return Ok(false);
            }
            tx.set_password_hash(&id, &hashes.new).await?;
            let mut changed = about(&id, now, EventType::PasswordChanged, Some(Reason::PasswordChanged));
            by.sign(&mut changed, None);
            tx.insert_event(&changed).await?;
            flows.end_all(&tx, &id, Some(&session), now, Reason::PasswordChanged, &by).await?;
            throttle.succeeded(&tx).await?;
            tx.commit().await?;
            Ok(true)
        })
        .await
    }

    /// Counts a wrong password, then refuses it: committed before it is answered.
    async fn wrong_password(
        self: &Arc<Self>,
        signed: &Signed,
        throttle: Arc<SignInThrottle>,
        by: By,
        now: Timestamp,
    ) -> Result<(), UserRefusal> {
        let mut failed = about(&signed.user.id, now, EventType::SignInFailed, Some(Reason::SignInFailed));
        by.sign(&mut failed, None);
        let flows = Arc::clone(self);
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            // The user's row first, as everywhere.
            hold(&tx, &by, &[], false).await?;
            throttle.failed(&tx, now).await?;
            tx.insert_event(&failed).await?;
            tx.commit().await?;
            Err(UserRefusal::WrongPassword(None))
        })
        .await
    }
}
