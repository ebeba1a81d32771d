//! Which picture does a user have? The one that was set, else that of a Gravatar, where those are on.

use grantd_tests::client::Client;
use grantd_tests::server::TestServer;
use serde_json::{Value, json};

use super::{me, patch};
use crate::told::faults;

/// SHA-256 of `bob@example.org`.
const BOBS: &str = "https://gravatar.com/avatar/686b5e4cf4f963adf8f51468a48028ef8d15bd02fa335f821279a3d1678c9615";

/// The picture at `/api/v1/me`, which is that of userinfo.
async fn picture(client: &Client, access: &str) -> Value {
    let shown = me(client, access).await["picture"].take();
    let info = client.userinfo(access).await.expect(200);
    assert_eq!(info["picture"], shown, "{info}");
    shown
}

#[tokio::test(flavor = "multi_thread")]
async fn the_gravatar_of_the_address_stands_in_for_a_picture() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    assert_eq!(picture(&client, &access).await, BOBS);
    let own = "http://example.org/b.png?s=200";
    patch(&client, &access, json!({"picture": own})).await.expect(200);
    assert_eq!(picture(&client, &access).await, own);
    patch(&client, &access, json!({"picture": null, "email": "BOB@example.org"})).await.expect(200);
    assert_eq!(picture(&client, &access).await, BOBS, "the address in lower case");
    let narrow = client.sign_in_for("bob", "bob-dev-password", "openid email").await;
    let info = client.userinfo(&narrow.access).await.expect(200);
    assert!(info.json.get("picture").is_none_or(Value::is_null), "without the scope `profile`{info}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_may_do_without_gravatars() {
    let server = TestServer::with(&[("profile.gravatar", "false")]).await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    assert_eq!(picture(&client, &access).await, json!(null));
    patch(&client, &access, json!({"picture": "https://example.org/b.png"})).await.expect(200);
    assert_eq!(picture(&client, &access).await, "https://example.org/b.png");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_an_address_on_the_web() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    let long = format!("https://example.org/{}", "a".repeat(2048));
    let odd = [
        "",
        "b.png",
        "//example.org/b.png",
        "javascript:alert(1)",
        "JavaScript:alert(1)//https://example.org",
        "data:image/png;base64,AAAA",
        "file:///etc/passwd",
        "ftp://example.org/b.png",
        "https://",
        "https://a b/",
        "https://example.org/\u{e9}.png",
        "https://example.org/\n.png",
        "https://example.org/\0",
        " https://example.org/",
        "blob:https://example.org/1",
    ];
    let odd = odd.map(|address| (address, "malformed_request"));
    for (address, reason) in odd.into_iter().chain([(long.as_str(), "too_long")]) {
        let answer = patch(&client, &access, json!({"picture": address})).await;
        assert_eq!(faults(answer), [format!("picture: {reason}")], "{address:?}");
    }
    assert_eq!(picture(&client, &access).await, BOBS);
}
