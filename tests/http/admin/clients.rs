//! How do administrators register, change and delete clients?

mod changes;
mod end;
mod rules;
mod secrets;

use serde_json::{Value, json};

use super::Admin;
use crate::errors::expect_problem;
use crate::told::{items, texts};

/// A client as administrators are told of it: what is not said is as it is made.
fn client(id: &str, said: &Value) -> Value {
    let mut client = json!({
        "id": id, "name": null, "type": "confidential", "grants": ["client_credentials"],
        "scopes": ["openid", "profile", "email"], "resources": [], "audiences": [], "redirect_uris": [], "origins": [],
        "resource_server": false, "rotation": true, "access_ttl": null, "refresh_ttl": null,
        "created_at": "2027-01-15T08:00:00Z",
    });
    for (member, value) in said.as_object().expect("an object") {
        client[member] = value.clone();
    }
    client
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_is_made_shown_and_listed() {
    let admin = Admin::begin().await;
    let made = admin.post("/clients", json!({"id": "robot"})).await.expect(201);
    let mut wanted = client("robot", &json!({}));
    assert_eq!(admin.get("/clients/robot").await.expect(200).json, wanted);
    wanted["client_secret"] = json!(made.text("client_secret"));
    assert_eq!(made.json, wanted);
    let whole = json!({
        "name": "Cat shop", "type": "public", "grants": ["password", "refresh_token"], "scopes": ["openid", "cats:write"],
        "resources": ["https://api.example.org", "urn:cats"], "redirect_uris": ["https://app.example.org/cb", "org.example.app:/cb"],
        "origins": ["https://app.example.org"], "access_ttl": 60, "refresh_ttl": 3600,
    });
    let mut body = whole.clone();
    body["id"] = json!("shop");
    let made = admin.post("/clients", body).await.expect(201);
    assert_eq!(made["client_secret"], json!(null), "a public client has none{made}");
    assert_eq!(admin.get("/clients/shop").await.expect(200).json, client("shop", &whole));
    let body = json!({"id": "api", "resource_server": true, "audiences": ["https://api.example.org"], "rotation": false, "name": null});
    admin.post("/clients", body).await.expect(201);
    let wanted =
        json!({"grants": [], "resource_server": true, "audiences": ["https://api.example.org"], "rotation": false});
    assert_eq!(admin.get("/clients/api").await.expect(200).json, client("api", &wanted));
    let list = items(&admin.get("/clients").await.expect(200));
    let mut ids = texts(&list, "id");
    ids.sort_unstable();
    assert_eq!(ids, ["api", "demo-api", "demo-service", "grant-cli", "robot", "shop", "swagger-ui", "web"]);
    assert!(list.iter().all(|client| client.get("client_secret").is_none() && client.get("secret_hash").is_none()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_is_taken_stays_whose_it_was() {
    let admin = Admin::begin().await;
    let before = admin.get("/clients/demo-api").await.expect(200).json;
    let answer =
        expect_problem(admin.post("/clients", json!({"id": "demo-api", "name": "X"})).await, 409, "client_id_taken");
    assert_eq!(answer["errors"][0]["field"], "id", "{answer}");
    assert_eq!(admin.get("/clients/demo-api").await.expect(200).json, before);
    admin.post("/clients", json!({"id": "Demo-API"})).await.expect(201);
}
