//! What stands in a new database? The first-party clients; in dev, users and clients to try things with.

use std::sync::Arc;

use super::{By, Denied, Flows, NewPassword, NewUser, UserRefusal};
use crate::model::client::{Client, ClientType, GrantType, WEB};
use crate::model::scope::{self, Scopes};
use crate::model::secret::Secret;
use crate::model::timestamp::Timestamp;
use crate::model::user::ADMIN_ROLE;
use crate::store::StoreError;

use super::client_authentication::secret_hash;

/// The users that `grantd dev` makes: name, password, role.
const DEV_USERS: [(&str, &str, Option<&str>); 2] =
    [("ada", "ada-dev-password", Some(ADMIN_ROLE)), ("bob", "bob-dev-password", None)];
/// The example API's audience.
const EXAMPLE_API: &str = "http://localhost:8090";
/// The example API's scope.
const EXAMPLE_SCOPE: &str = "cats:write";

/// How much to put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seed {
    /// The first-party clients.
    FirstParty,
    /// Those, and what the dev mode's tour needs.
    Dev,
}

/// Why a new database could not be filled.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum SeedError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the dev user {0} could not be made: {1}")]
    User(&'static str, String),
}

impl From<Denied> for SeedError {
    fn from(denied: Denied) -> Self {
        // The server is denied nothing.
        match denied {
            Denied::Store(error) => error.into(),
            denied => Self::Store(StoreError::Broken(format!("{denied:?}"))),
        }
    }
}

impl Flows {
    /// Fills a database that no server has used yet; an operator may change or delete what it puts there, so it happens once.
    ///
    /// # Errors
    /// [`SeedError`].
    pub async fn seed(self: &Arc<Self>, seed: Seed) -> Result<(), SeedError> {
        if !self.store.read().list_secret_keys().await?.is_empty() {
            return Ok(());
        }
        let now = self.clock.now();
        if seed == Seed::Dev {
            for (name, password, role) in DEV_USERS {
                self.seed_user(name, password, role).await?;
            }
        }
        for client in first_party(seed, now) {
            self.insert_client(client, By::Server, now).await?;
        }
        if seed == Seed::Dev {
            for client in examples(now) {
                self.insert_client(client, By::Server, now).await?;
            }
        }
        Ok(())
    }

    async fn seed_user(
        self: &Arc<Self>,
        name: &'static str,
        password: &str,
        role: Option<&str>,
    ) -> Result<(), SeedError> {
        let new = NewUser {
            username: name.to_owned(),
            email: format!("{name}@example.org"),
            password: NewPassword::Typed(Secret::new(password.to_owned())),
            roles: role.into_iter().map(str::to_owned).collect(),
        };
        match self.create_user(new, By::Server).await {
            Ok(_) | Err(UserRefusal::Taken(..)) => Ok(()),
            Err(UserRefusal::Store(error)) => Err(error.into()),
            Err(refusal) => Err(SeedError::User(name, format!("{refusal:?}"))),
        }
    }
}

/// The clients of every new database.
fn first_party(seed: Seed, now: Timestamp) -> [Client; 3] {
    [("swagger-ui", "Swagger UI"), ("grant-cli", "grant, in the terminal"), (WEB, "Web client")].map(|(id, name)| {
        let mut client = Client::new(id.to_owned(), ClientType::Public, now);
        client.name = Some(name.to_owned());
        client.grants = vec![GrantType::Password, GrantType::RefreshToken];
        client.scopes = Scopes::of(scope::KNOWN);
        if seed == Seed::Dev {
            client.scopes = Scopes::of(scope::KNOWN.into_iter().chain([EXAMPLE_SCOPE]));
            client.resources = vec![EXAMPLE_API.to_owned()];
        }
        client
    })
}

/// The clients of the dev mode's tour.
fn examples(now: Timestamp) -> [Client; 2] {
    let confidential = |id: &str, name: &str, secret: &str| {
        let mut client = Client::new(id.to_owned(), ClientType::Confidential, now);
        client.name = Some(name.to_owned());
        client.secret_hash = Some(secret_hash(&Secret::new(secret.to_owned())));
        client
    };
    let mut api = confidential("demo-api", "Example API", "demo-api-dev-secret");
    api.resource_server = true;
    api.audiences = vec![EXAMPLE_API.to_owned()];
    let mut service = confidential("demo-service", "Example service", "demo-service-dev-secret");
    service.grants = vec![GrantType::ClientCredentials];
    [api, service]
}
