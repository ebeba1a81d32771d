//! How is a client changed, given another secret, deleted?

use std::sync::Arc;

use super::{ClientRefusal, about, new_secret, origins_of, rules};
use crate::flows::acting::hold;
use crate::flows::client_authentication::secret_hash;
use crate::flows::sessions::ended;
use crate::flows::{By, Flows, to_its_end};
use crate::model::change::Change;
use crate::model::client::{Client, ClientType, GrantType, PreviousSecret};
use crate::model::event::EventType;
use crate::model::reason::Reason;
use crate::model::secret::Secret;
use crate::model::session::SessionFilter;

/// What is to change of a client. What is `None` stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ClientChange {
    /// What people call it.
    pub name: Change<String>,
    /// How it may ask for tokens.
    pub grants: Option<Vec<GrantType>>,
    /// What its tokens may be used for.
    pub scopes: Option<Vec<String>>,
    /// Where its browsers may be sent back to.
    pub redirect_uris: Option<Vec<String>>,
    /// From which origins its pages call.
    pub origins: Option<Vec<String>>,
    /// Which resources it may ask for.
    pub resources: Option<Vec<String>>,
    /// Whether it takes tokens and may ask about them.
    pub resource_server: Option<bool>,
    /// Under which names tokens are meant for it.
    pub audiences: Option<Vec<String>>,
    /// Life of its access tokens in seconds.
    pub access_ttl: Change<i64>,
    /// Life of its families in seconds.
    pub refresh_ttl: Change<i64>,
    /// Whether its refresh tokens change at each use.
    pub rotation: Option<bool>,
}

impl ClientChange {
    /// Writes it into the client: the names of what differs now.
    fn apply(self, client: &mut Client) -> Result<Vec<&'static str>, ClientRefusal> {
        let mut faults = Vec::new();
        let mut changed = Vec::new();
        let scopes = self.scopes.map(|names| rules::read_scopes(&names, &mut faults));
        let name = self.name.after(client.name.clone());
        replace(&mut changed, "name", &mut client.name, Some(name));
        replace(&mut changed, "grants", &mut client.grants, self.grants);
        replace(&mut changed, "scopes", &mut client.scopes, scopes);
        replace(&mut changed, "redirect_uris", &mut client.redirect_uris, self.redirect_uris);
        replace(&mut changed, "origins", &mut client.origins, self.origins);
        replace(&mut changed, "resources", &mut client.resources, self.resources);
        replace(&mut changed, "resource_server", &mut client.resource_server, self.resource_server);
        replace(&mut changed, "audiences", &mut client.audiences, self.audiences);
        let access_ttl = self.access_ttl.after(client.access_ttl);
        replace(&mut changed, "access_ttl", &mut client.access_ttl, Some(access_ttl));
        let refresh_ttl = self.refresh_ttl.after(client.refresh_ttl);
        replace(&mut changed, "refresh_ttl", &mut client.refresh_ttl, Some(refresh_ttl));
        replace(&mut changed, "rotation", &mut client.rotation, self.rotation);
        rules::judge(client, &mut faults);
        if faults.is_empty() { Ok(changed) } else { Err(ClientRefusal::Invalid(faults)) }
    }
}

fn replace<T: PartialEq>(changed: &mut Vec<&'static str>, name: &'static str, old: &mut T, new: Option<T>) {
    if let Some(new) = new.filter(|new| new != old) {
        *old = new;
        changed.push(name);
    }
}

impl Flows {
    /// Changes a client: from its next request on it may do what it then may.
    ///
    /// # Errors
    /// [`ClientRefusal`].
    pub async fn change_client(
        self: &Arc<Self>,
        id: &str,
        change: ClientChange,
        by: By,
    ) -> Result<Client, ClientRefusal> {
        let now = self.clock.now();
        let (flows, id) = (Arc::clone(self), id.to_owned());
        to_its_end(async move {
            let tx = flows.store.begin().await?;
            hold(&tx, &by, &[], false).await?;
            let mut client = tx.lock_client(&id).await?.ok_or(ClientRefusal::NotFound)?;
            let changed = change.apply(&mut client)?;
            if changed.is_empty() {
                return Ok(client);
            }
            tx.update_client(&client).await?;
            tx.delete_client_origins(&id).await?;
            tx.insert_client_origins(&id, &origins_of(&client)).await?;
            let what = format!("changed {}", changed.join(" "));
            tx.insert_event(&about(&id, now, EventType::ClientChanged, &by, Some(&what))).await?;
            tx.commit().await?;
            Ok(client)
        })
        .await
    }

    /// Gives a confidential client another secret, and says it. The one that it had is taken for `grace` seconds more.
    ///
    /// # Errors
    /// [`ClientRefusal`].
    pub async fn rotate_client_secret(
        self: &Arc<Self>,
        id: &str,
        grace: i64,
        by: By,
    ) -> Result<(Client, Secret<String>), ClientRefusal> {
        let now = self.clock.now();
        rules::judge_grace(grace)?;
        let secret = new_secret();
        let (flows, id, hash) = (Arc::clone(self), id.to_owned(), secret_hash(&secret));
        let client = to_its_end(async move {
            let tx = flows.store.begin().await?;
            hold(&tx, &by, &[], false).await?;
            let mut client = tx.lock_client(&id).await?.ok_or(ClientRefusal::NotFound)?;
            if client.client_type == ClientType::Public {
                return Err(ClientRefusal::NoSecret);
            }
            let before = client.secret_hash.replace(hash);
            let until = now.plus(grace);
            client.previous_secret = before.filter(|_| grace > 0).map(|hash| PreviousSecret { hash, until });
            tx.update_client(&client).await?;
            let what = (grace > 0).then(|| format!("the previous one is taken for {grace} s more"));
            tx.insert_event(&about(&id, now, EventType::ClientSecretRotated, &by, what.as_deref())).await?;
            tx.commit().await?;
            Ok(client)
        })
        .await?;
        Ok((client, secret))
    }

    /// Deletes a client and ends the sessions that it held.
    ///
    /// # Errors
    /// [`ClientRefusal`].
    pub async fn delete_client(self: &Arc<Self>, id: &str, by: By) -> Result<(), ClientRefusal> {
        let now = self.clock.now();
        let (flows, id) = (Arc::clone(self), id.to_owned());
        to_its_end(async move {
            let reason = Reason::ClientDeleted;
            let idle_ttl = flows.config.tokens.refresh_idle_ttl;
            let tx = flows.store.begin().await?;
            // Sign-ins under way are waited for, and then ended with the others; the next see that the client is gone.
            tx.lock_every_user_row().await?;
            hold(&tx, &by, &[], false).await?;
            tx.lock_client(&id).await?.ok_or(ClientRefusal::NotFound)?;
            let of_client = SessionFilter { client_id: Some(id.clone()), ..SessionFilter::default() };
            let living = tx.list_living_sessions(&of_client, now, idle_ttl, None, None).await?;
            tx.revoke_families_of_client(&id, now, idle_ttl, reason).await?;
            tx.end_sessions_of_client(&id, now, reason).await?;
            let sessions = living.iter().map(|living| &living.session);
            let mut events: Vec<_> =
                sessions.map(|session| ended(session, now, EventType::SessionEnded, reason, &by)).collect();
            events.push(about(&id, now, EventType::ClientDeleted, &by, None));
            tx.insert_events(&events).await?;
            tx.delete_client_origins(&id).await?;
            tx.delete_client(&id).await?;
            Ok(tx.commit().await?)
        })
        .await
    }
}
