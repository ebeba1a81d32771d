//! How does one signing key follow another? Others learn it first, then it signs, and what its predecessor signed is good until it expires.

use std::sync::Arc;

use super::{KeyError, make_key};
use crate::flows::acting::hold;
use crate::flows::{By, Denied, Flows, ListRefusal, Page, event, page, to_its_end};
use crate::model::event::EventType;
use crate::model::signing_key::{CLOCKS_APART, JWKS_MAX_AGE, KeyState, SealedKey, SigningAlg};
use crate::model::timestamp::Timestamp;
use crate::store::StoreError;

/// What cursors call the list of keys.
const LIST: &str = "keys";

/// Why the keys were not rotated.
#[derive(Debug, thiserror::Error)]
pub enum RotationRefusal {
    /// Who asks may not.
    #[error("who asks may not")]
    Denied(Denied),
    /// Somebody else rotated them in this moment.
    #[error("the keys were rotated by somebody else in this moment; `grantd key list` shows them")]
    Overtaken,
    /// The secret keys or the database failed.
    #[error(transparent)]
    Key(#[from] KeyError),
}

impl From<StoreError> for RotationRefusal {
    fn from(error: StoreError) -> Self {
        Self::Key(error.into())
    }
}

impl From<Denied> for RotationRefusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Store(error) => error.into(),
            denied => Self::Denied(denied),
        }
    }
}

impl Flows {
    /// Every key, newest first, and the moment at which their states are to be told.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn list_keys(&self) -> Result<(Vec<SealedKey>, Timestamp), StoreError> {
        Ok((self.store.read().list_signing_keys().await?, self.clock.now()))
    }

    /// The same, `limit` at most, after `cursor`.
    ///
    /// # Errors
    /// [`ListRefusal`].
    pub async fn page_keys(
        &self,
        limit: u16,
        cursor: Option<&str>,
    ) -> Result<(Page<SealedKey>, Timestamp), ListRefusal> {
        let after = page::read(cursor, |cursor| page::read_place(LIST, cursor))?;
        let (keys, now) = self.list_keys().await?;
        // There are a handful of them: none is worth a query that skips the others.
        let is_after = |key: &SealedKey| {
            after.as_ref().is_none_or(|(at, kid)| (key.active_at.0, key.kid.as_str()) < (*at, kid.as_str()))
        };
        let items = keys.into_iter().filter(is_after).take(usize::from(limit) + 1).collect();
        Ok((Page::of(items, limit, |last| page::write_place(LIST, last.active_at.0, &last.kid)), now))
    }

    /// Makes a successor for each signing key in use. It is announced for as long as others may keep the published keys, then signs; what it
    /// replaces stays good for as long as the longest token lives. `at_once`, for a leak: it signs now, and nothing that any other key
    /// signed is good any more. Answers the new keys.
    ///
    /// # Errors
    /// [`RotationRefusal`].
    pub async fn rotate_keys(self: &Arc<Self>, at_once: bool, by: By) -> Result<Vec<SealedKey>, RotationRefusal> {
        let now = self.clock.now();
        let active_at = if at_once { now } else { now.plus(JWKS_MAX_AGE + CLOCKS_APART) };
        let others = self.store.read().list_signing_keys().await?;
        // What the settings say here, and what any server was told that signs with these keys.
        let configured = [self.config.tokens.signing_alg, SigningAlg::Rs256];
        let is_used = |alg| {
            configured.contains(&alg) || others.iter().any(|key| key.alg == alg && key.state(now) != KeyState::Gone)
        };
        let algs: Vec<_> = SigningAlg::ALL.into_iter().filter(|alg| is_used(*alg)).collect();
        // A key that was put into the file a moment ago is one that running servers have not read yet.
        let known = self.store.read().list_secret_keys().await?;
        let secret = self.secret_keys.iter().find(|key| known.contains_key(&key.id)).or(self.secret_keys.newest());
        let secret = secret.ok_or(KeyError::Unmade)?;
        // Outside the transaction and off the runtime: an RSA key takes its time.
        let (flows, secret_id) = (Arc::clone(self), secret.id.clone());
        let made = tokio::task::spawn_blocking(move || {
            let secret = flows.secret_keys.find(&secret_id)?;
            algs.iter().map(|alg| make_key(*alg, secret, &others, now, active_at)).collect::<Option<Vec<_>>>()
        });
        let made = made.await.ok().flatten().ok_or(KeyError::Unmade)?;
        let (flows, rows) = (Arc::clone(self), made.clone());
        to_its_end(async move { flows.keep_rotation(&rows, at_once, &by, now).await }).await?;
        // It is done: the published keys need not wait for somebody to ask, but may.
        if let Err(error) = self.load_keys().await {
            tracing::warn!(%error, "the new keys could not be read back yet");
        }
        Ok(made)
    }

    async fn keep_rotation(
        &self,
        made: &[SealedKey],
        at_once: bool,
        by: &By,
        now: Timestamp,
    ) -> Result<(), RotationRefusal> {
        let tx = self.store.begin().await?;
        // First: whoever acts holds the key of the token, and two who rotate would wait for each other.
        tx.lock_signing_keys().await?;
        hold(&tx, by, &[], false).await?;
        let longest = tx.longest_access_ttl().await?.unwrap_or_default().max(self.config.tokens.access_ttl);
        for mut key in tx.list_signing_keys().await?.into_iter().filter(|key| key.state(now) != KeyState::Gone) {
            let successor = made.iter().find(|made| made.alg == key.alg);
            if at_once {
                key.end(now);
            } else if !successor.is_some_and(|successor| key.retire(successor.active_at, longest)) {
                continue;
            }
            tx.retire_signing_key(&key).await?;
        }
        for key in made {
            if !tx.insert_signing_key(key).await? {
                return Err(RotationRefusal::Overtaken);
            }
        }
        let names: Vec<_> = made.iter().map(|key| format!("{} {}", key.alg.as_str(), key.kid)).collect();
        let how = if at_once { "at once" } else { "announced" };
        let mut rotated = event(now, EventType::KeyRotated, None);
        by.sign(&mut rotated, Some(&format!("{how}: {}", names.join(", "))));
        tx.insert_event(&rotated).await?;
        Ok(tx.commit().await?)
    }
}
