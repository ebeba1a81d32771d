//! What do others meet while the signing keys change? Never a signature that they cannot check, unless a key has leaked. (DESIGN.md §6)

mod at_once;
mod caching;
mod nodes;
mod states;

use std::collections::BTreeMap;

use grantd::flows::By;
use grantd_tests::client::{self, Client};
use grantd_tests::server::TestServer;

/// What the tokens of a test say, whichever port a server has.
pub const ISSUER: &str = "http://localhost:8080";
/// From a rotation until the new keys sign: the JWKS's max-age and a minute.
const ANNOUNCED: i64 = 300 + 60;
/// Life of access tokens unless somebody says otherwise.
const ACCESS_TTL: i64 = 300;

/// Rotates the keys as an operator does; the names of the new ones by algorithm.
async fn rotate(server: &TestServer, at_once: bool) -> BTreeMap<&'static str, String> {
    let made = server.flows().rotate_keys(at_once, By::CommandLine).await.expect("new keys");
    made.into_iter().map(|key| (key.alg.as_str(), key.kid)).collect()
}

/// The names of the published keys.
async fn published(client: &Client) -> Vec<String> {
    let set = client.get("/.well-known/jwks.json", "").await.expect(200);
    let keys = set["keys"].as_array().unwrap_or_else(|| panic!("no keys{set}"));
    keys.iter().map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

/// Which key a token is signed with.
fn kid(token: &str) -> String {
    client::header(token)["kid"].as_str().expect("a kid").to_owned()
}

/// Each key's state, as an administrator is told.
async fn states(client: &Client) -> BTreeMap<String, String> {
    let ada = client.sign_in_for("ada", "ada-dev-password", "openid admin").await;
    let list = client.get("/api/v1/admin/keys", &ada.access).await.expect(200);
    let keys = list["items"].as_array().unwrap_or_else(|| panic!("no items{list}"));
    let text = |key: &serde_json::Value, name: &str| key[name].as_str().expect("a text").to_owned();
    keys.iter().map(|key| (text(key, "kid"), text(key, "state"))).collect()
}
