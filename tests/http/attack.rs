//! What can somebody do who means harm? A hostile user, client, resource server, and one who was an administrator.

mod administrator;
mod confusion;
mod input;
mod races;
mod rounds;

use grantd_tests::client::{Client, Tokens};
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::Value;

const USERS: &str = "/api/v1/admin/users";
const CLIENTS: &str = "/api/v1/admin/clients";

/// Every scope that an administrator's token can have.
const ALL: &str = "openid profile email account sessions admin";

/// ada, with a token to administer with.
async fn administrator(client: &Client) -> Tokens {
    client.sign_in_for("ada", "ada-dev-password", ALL).await
}

/// A user as administrators see it.
async fn user(server: &TestServer, name: &str, admin: &str) -> Value {
    let id = server.user_id(name).await;
    server.client().get(&format!("{USERS}/{id}"), admin).await.expect(200).json
}

/// Where a user is changed.
async fn at(server: &TestServer, name: &str) -> String {
    format!("{USERS}/{}", server.user_id(name).await)
}

/// Every operation of the administration that changes nothing when it is refused.
async fn doors(server: &TestServer) -> Vec<(Method, String, Value)> {
    let bob = at(server, "bob").await;
    vec![
        (Method::GET, USERS.to_owned(), Value::Null),
        (Method::GET, bob.clone(), Value::Null),
        (Method::PATCH, bob.clone(), serde_json::json!({"roles": ["admin"]})),
        (Method::PUT, format!("{bob}/password"), serde_json::json!({"password": "taken over by somebody"})),
        (Method::DELETE, bob, Value::Null),
        (Method::GET, CLIENTS.to_owned(), Value::Null),
        (Method::POST, CLIENTS.to_owned(), serde_json::json!({"id": "backdoor"})),
        (Method::POST, format!("{CLIENTS}/demo-api/secret"), Value::Null),
        (Method::DELETE, format!("{CLIENTS}/web"), Value::Null),
        (Method::GET, "/api/v1/admin/sessions".to_owned(), Value::Null),
        (Method::GET, "/api/v1/admin/events".to_owned(), Value::Null),
        (Method::GET, "/api/v1/admin/keys".to_owned(), Value::Null),
        (Method::POST, "/api/v1/admin/keys".to_owned(), serde_json::json!({"now": true})),
    ]
}
