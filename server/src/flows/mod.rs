//! What does grantd do? One use case a file; the only floor that opens transactions and reads the clock.

mod access;
mod acting;
mod bff;
mod chance;
mod client_authentication;
mod clients;
mod health;
mod introspect;
mod jwt;
mod keys;
mod measures;
mod page;
mod password;
mod refusal;
mod revoke;
mod secret_keys;
mod seed;
mod sessions;
mod sweep;
mod tally;
mod throttle;
mod token;
mod userinfo;
mod users;

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::Mutex;

pub use access::{Denied, RECENT, Signed};
pub use acting::{Actor, By};
pub use bff::SignedIn;
pub use chance::request_id;
pub use client_authentication::Credentials;
pub use clients::{Api, ClientChange, ClientFault, ClientRefusal, NewClient};
pub use introspect::Introspection;
pub use jwt::Claims;
pub(crate) use keys::etag;
pub use keys::{KeyError, PublishedKeys, RotationRefusal};
pub use measures::Measures;
pub use page::{ListRefusal, Page};
pub use password::{HashFault, PasswordHasher};
pub use refusal::{Code, Failure, Refusal};
pub use secret_keys::{SecretKeyError, SecretKeys};
pub use seed::{Seed, SeedError};
pub use sessions::SessionRefusal;
pub use sweep::Swept;
pub use tally::{Refreshes, Tally};
pub use token::{Granted, TokenRequest};
pub use userinfo::UserInfo;
pub use users::{NewPassword, NewUser, UserChange, UserRefusal};

use crate::clock::Clock;
use crate::config::Config;
use crate::model::event::{Event, EventType};
use crate::model::reason::Reason;
use crate::model::timestamp::Timestamp;
use crate::store::{Store, StoreError};

/// All that grantd can do, and what it does it with.
pub struct Flows {
    pub(crate) config: Arc<Config>,
    pub(crate) clock: Clock,
    pub(crate) store: Store,
    pub(crate) secret_keys: SecretKeys,
    pub(crate) signing_keys: keys::SigningKeys,
    pub(crate) passwords: PasswordHasher,
    pub(crate) tally: Tally,
    pub(crate) started_at: Timestamp,
    sweeping: Mutex<()>,
}

/// Where a request comes from.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The client's address, after trusted proxies.
    pub ip: IpAddr,
    /// What it calls itself.
    pub user_agent: Option<String>,
}

impl Flows {
    /// Puts the parts together.
    #[must_use]
    pub fn new(
        config: Arc<Config>,
        clock: Clock,
        store: Store,
        secret_keys: SecretKeys,
        passwords: PasswordHasher,
    ) -> Self {
        Self {
            started_at: clock.now(),
            config,
            clock,
            store,
            secret_keys,
            signing_keys: keys::SigningKeys::default(),
            passwords,
            tally: Tally::default(),
            sweeping: Mutex::default(),
        }
    }

    /// The settings.
    #[must_use]
    pub const fn config(&self) -> &Arc<Config> {
        &self.config
    }

    /// How often what happened.
    #[must_use]
    pub const fn tally(&self) -> &Tally {
        &self.tally
    }
}

/// Runs a flow of several statements to its end, whatever becomes of the one who waits for it: a client that hangs up must not
/// leave a transaction half-way.
async fn to_its_end<T: Send + 'static, E: From<StoreError> + Send + 'static>(
    flow: impl Future<Output = Result<T, E>> + Send + 'static,
) -> Result<T, E> {
    match tokio::spawn(flow).await {
        Ok(result) => result,
        Err(error) => Err(StoreError::Broken(format!("a flow did not end: {error}")).into()),
    }
}

/// An event of this type, to be filled in.
fn event(now: Timestamp, event_type: EventType, reason: Option<Reason>) -> Event {
    Event {
        id: chance::id(now),
        at: now,
        event_type,
        reason,
        user_id: None,
        client_id: None,
        session_id: None,
        ip: None,
        detail: None,
    }
}
