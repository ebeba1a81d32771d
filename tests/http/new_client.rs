//! Which clients do tests make? One call each; what is not said is as `grantd client create` has it.

use grantd::flows::NewClient;
use grantd::model::client::{ClientType, GrantType};
use grantd::model::secret::Secret;
use grantd_tests::client::Client;
use grantd_tests::server::TestServer;

/// The secret of every confidential client that tests make.
pub const SECRET: &str = "a-secret-long-enough-to-be-one";

/// A confidential client that may do nothing but ask for tokens for itself.
pub fn confidential(id: &str) -> NewClient {
    NewClient {
        id: id.to_owned(),
        name: None,
        client_type: ClientType::Confidential,
        secret: Some(Secret::new(SECRET.to_owned())),
        grants: vec![GrantType::ClientCredentials],
        scopes: Vec::new(),
        redirect_uris: Vec::new(),
        origins: Vec::new(),
        resources: Vec::new(),
        resource_server: false,
        audiences: Vec::new(),
        access_ttl: None,
        refresh_ttl: None,
        rotation: true,
    }
}

/// A confidential client through which people sign in.
pub fn portal(id: &str) -> NewClient {
    NewClient { grants: vec![GrantType::Password, GrantType::RefreshToken], ..confidential(id) }
}

/// A public client through which people sign in.
pub fn public(id: &str) -> NewClient {
    NewClient { client_type: ClientType::Public, secret: None, ..portal(id) }
}

/// A resource server of these audiences.
pub fn resource_server(id: &str, audiences: &[&str]) -> NewClient {
    NewClient { resource_server: true, grants: Vec::new(), audiences: owned(audiences), ..confidential(id) }
}

/// Texts of one's own.
pub fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|&text| text.to_owned()).collect()
}

/// Makes the client, and speaks in its name: by HTTP Basic if it has a secret.
pub async fn make(server: &TestServer, new: NewClient) -> Client {
    let client = match &new.secret {
        Some(secret) => server.client().as_confidential(&new.id, secret.expose()),
        None => server.client().as_public(&new.id),
    };
    server.create_client(new).await.expect("a new client");
    client
}
