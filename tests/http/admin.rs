//! What may administrators do, and who may not? (DESIGN.md §2 "Answers of /api/v1")

mod clients;
mod events;
mod gate;
mod ids;
mod keys;
mod last;
mod lists;
mod roles;
mod search;
mod sessions;
mod users;

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::{Settings, TestServer};
use reqwest::Method;
use serde_json::{Value, json};

use super::told;

/// Where the API for administrators begins.
const API: &str = "/api/v1/admin";
/// A password that nobody minds.
const PASSWORD: &str = "a few words of mine";

/// A server and its administrator.
struct Admin {
    server: TestServer,
    client: Client,
    access: String,
}

impl Admin {
    async fn begin() -> Self {
        Self::with(&[]).await
    }

    async fn with(settings: Settings<'_>) -> Self {
        let server = TestServer::with(settings).await;
        let client = server.client();
        let access = sign_in(&client, "ada", "ada-dev-password").await;
        Self { server, client, access }
    }

    async fn get(&self, path: &str) -> Answer {
        self.client.get(&format!("{API}{path}"), &self.access).await
    }

    async fn delete(&self, path: &str) -> Answer {
        self.client.delete(&format!("{API}{path}"), &self.access).await
    }

    async fn post(&self, path: &str, body: Value) -> Answer {
        self.client.send(Method::POST, &format!("{API}{path}"), &self.access, &body).await
    }

    async fn put(&self, path: &str, body: Value) -> Answer {
        self.client.send(Method::PUT, &format!("{API}{path}"), &self.access, &body).await
    }

    async fn patch(&self, path: &str, body: Value) -> Answer {
        self.client.send(Method::PATCH, &format!("{API}{path}"), &self.access, &body).await
    }

    /// The whole of a list, page by page.
    async fn walk(&self, path: &str) -> Vec<Value> {
        told::walk(&self.client, &self.access, &format!("{API}{path}")).await
    }

    /// Makes a user, whose password is [`PASSWORD`]; its id.
    async fn user(&self, name: &str, roles: &[&str]) -> String {
        let email = format!("{name}@example.org");
        let body = json!({"username": name, "email": email, "password": PASSWORD, "roles": roles});
        self.post("/users", body).await.expect(201).text("id")
    }

    /// The address of a seeded user.
    async fn path_of(&self, name: &str) -> String {
        format!("/users/{}", self.server.user_id(name).await)
    }

    /// How many rows there are: `users WHERE …`.
    async fn count(&self, rows: &str) -> i64 {
        self.server.home().rows().numbers(&format!("SELECT count(*) FROM {rows}")).await[0]
    }

    /// What `act` wrote into the log, oldest first.
    async fn events_of(&self, act: impl AsyncFnOnce()) -> Vec<Value> {
        let before = self.walk("/events?limit=200").await.len();
        act().await;
        let mut events = self.walk("/events?limit=200").await;
        events.truncate(events.len() - before);
        events.reverse();
        events
    }
}

/// Signs in with every scope that an administrator has use for.
async fn sign_in(client: &Client, name: &str, password: &str) -> String {
    client.sign_in_for(name, password, "openid profile account sessions admin").await.access
}

/// A user as administrators are told of it.
fn user(id: &str, name: &str, roles: &[&str]) -> Value {
    json!({
        "id": id, "username": name, "email": format!("{name}@example.org"), "name": null, "picture": null, "roles": roles,
        "created_at": "2027-01-15T08:00:00Z", "locked": false, "email_verified": false, "last_seen_at": null,
    })
}
