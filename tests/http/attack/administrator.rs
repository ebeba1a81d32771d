//! What may an administrator not do, or one who was one? And what is nobody shown?

use grantd_tests::client::header;
use grantd_tests::eventually;
use grantd_tests::server::TestServer;
use reqwest::Method;
use serde_json::{Value, json};

use super::{ALL, CLIENTS, USERS, administrator, at, doors, user};
use crate::errors::expect_problem;

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_stays_one() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await;
    let path = at(&server, "ada").await;
    for change in [json!({"roles": []}), json!({"roles": ["editor"]}), json!({"locked": true})] {
        let answer = client.send(Method::PATCH, &path, &ada.access, &change).await;
        expect_problem(answer, 409, "last_administrator");
    }
    for path in [path.as_str(), "/api/v1/me"] {
        expect_problem(client.delete(path, &ada.access).await, 409, "last_administrator");
    }
    // One who is locked out does not count.
    let bob = at(&server, "bob").await;
    client.send(Method::PATCH, &bob, &ada.access, &json!({"roles": ["admin"], "locked": true})).await.expect(200);
    expect_problem(client.delete("/api/v1/me", &ada.access).await, 409, "last_administrator");
    client.send(Method::PATCH, &bob, &ada.access, &json!({"locked": false})).await.expect(200);
    client.delete("/api/v1/me", &ada.access).await.expect(204);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_an_administrator_opens_no_door() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await;
    let path = at(&server, "bob").await;
    let change = json!({"roles": ["admin"]});
    client.send(Method::PATCH, &path, &ada.access, &change).await.expect(200);
    let bob = client.sign_in_for("bob", "bob-dev-password", ALL).await;
    for (end, status, reason) in
        [(json!({"roles": []}), 403, "role_missing"), (json!({"locked": true}), 401, "user_locked")]
    {
        client.send(Method::PATCH, &path, &ada.access, &end).await.expect(200);
        for (method, path, body) in doors(&server).await {
            expect_problem(client.send(method, &path, &bob.access, &body).await, status, reason);
        }
    }
    assert_eq!(user(&server, "bob", &ada.access).await["roles"], json!([]), "nothing came of it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_keeps_for_itself_nobody_sets() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await.access;
    let bob = at(&server, "bob").await;
    let before = user(&server, "bob", &ada).await;
    for member in
        ["id", "created_at", "last_seen_at", "email_verified", "password", "password_hash", "locked_at", "username_key"]
    {
        let answer = client.send(Method::PATCH, &bob, &ada, &json!({ member: "x" })).await.expect(422);
        let told = answer["errors"][0].clone();
        assert!(
            told["field"] == member
                && ["read_only", "unknown_value"].contains(&told["reason"].as_str().unwrap_or_default()),
            "{answer}"
        );
    }
    for member in ["id", "type", "client_secret", "secret_hash", "created_at"] {
        let change = json!({ member: "x" });
        client.send(Method::PATCH, &format!("{CLIENTS}/demo-api"), &ada, &change).await.expect(422);
    }
    let mut after = user(&server, "bob", &ada).await;
    after["last_seen_at"] = before["last_seen_at"].clone();
    assert_eq!(after, before);
}

/// All that administrators are shown, after a life with everything in it.
#[tokio::test(flavor = "multi_thread")]
async fn no_answer_and_no_event_shows_a_hash_a_secret_or_a_token() {
    let server = TestServer::start().await;
    let client = server.client();
    let ada = administrator(&client).await;
    let send = |method, path: String, body: Value| {
        let (client, access) = (&client, &ada.access);
        async move { client.send(method, &path, access, &body).await }
    };
    let person = json!({"username": "eve", "email": "eve@example.org", "password": "the password of eve"});
    let mut said = vec![send(Method::POST, USERS.to_owned(), person).await.expect(201).body];
    let eve = at(&server, "eve").await;
    let set = json!({"password": "another one for eve"});
    send(Method::PUT, format!("{eve}/password"), set).await.expect(204);
    let tokens = client.sign_in("eve", "another one for eve").await;
    client.try_sign_in("eve", "a guess of somebody").await.expect(400);
    let change = json!({"current_password": "another one for eve", "new_password": "a third one for eve"});
    client.send(Method::PUT, "/api/v1/me/password", &tokens.access, &change).await.expect(204);
    said.push(send(Method::PATCH, eve, json!({"email": "e@example.org", "roles": ["a"]})).await.expect(200).body);
    let shown = json!({"id": "app", "client_secret": "a-secret-of-the-operators-own"});
    said.push(send(Method::POST, CLIENTS.to_owned(), shown).await.expect(201).body);
    let rotated = send(Method::POST, format!("{CLIENTS}/app/secret"), json!({"grace": 60})).await.expect(201);
    let secret = rotated.text("client_secret");
    client.as_confidential("app", &secret).client_credentials().await.expect(200);
    said.push(send(Method::PATCH, format!("{CLIENTS}/app"), json!({"name": "App"})).await.expect(200).body);
    said.push(send(Method::POST, "/api/v1/admin/keys".to_owned(), Value::Null).await.expect(400).body);
    let rotation = client.bearer(Method::POST, "/api/v1/admin/keys", &ada.access);
    said.push(client.answer(rotation).await.expect(201).body);
    for list in ["users", "clients", "sessions", "keys", "events"] {
        let listed = client.get(&format!("/api/v1/admin/{list}?limit=200"), &ada.access).await.expect(200);
        for item in listed["items"].as_array().expect("a list") {
            let id = if list == "keys" { &item["kid"] } else { &item["id"] };
            let id = id.as_str().expect("an id");
            said.push(client.get(&format!("/api/v1/admin/{list}/{id}"), &ada.access).await.expect(200).body);
        }
        said.push(listed.body);
    }
    let said = said.join("\n");
    let mut hidden =
        vec!["$argon2", "argon2id", "hash", "seed", "sealed", "grt_", "gcs_", "eyJ", "\"d\"", "dev-secret"];
    hidden.extend(["password of eve", "one for eve", "a guess of", "a-secret-of", &secret]);
    hidden.extend([tokens.refresh.trim_start_matches("grt_"), &ada.access]);
    for hidden in hidden {
        assert!(!said.contains(hidden), "{hidden} is shown:\n{said}");
    }
}

// A node's clock may lag, or be set back: what was ended by decision stays ended, keys like sessions.
#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_key_stays_gone_when_the_clock_goes_back() {
    let server = TestServer::start().await;
    let client = server.client();
    let (ada, bob) = (administrator(&client).await, client.sign_in_bob().await);
    let own = client.as_demo_service().client_credentials().await.tokens();
    server.clock().advance(100);
    client.send(Method::POST, "/api/v1/admin/keys", &ada.access, &json!({"now": true})).await.expect(201);
    for back in [0, 10, 60, 3_600] {
        server.clock().advance(-back);
        for tokens in [&ada, &bob] {
            client.get("/api/v1/me", &tokens.access).await.expect(401).expect_reason("unknown_token");
            client.userinfo(&tokens.access).await.expect(401);
            assert!(!client.is_active(&tokens.access).await, "{back} s back");
        }
        assert!(!client.is_active(&own.access).await, "{back} s back");
        let jwks = client.get("/.well-known/jwks.json", "").await.expect(200);
        let leaked = header(&bob.access)["kid"].as_str().expect("a kid").to_owned();
        assert!(!jwks.body.contains(&leaked), "{back} s back{jwks}");
        let anew = client.sign_in_bob().await;
        assert_ne!(header(&anew.access)["kid"], leaked.as_str(), "{back} s back");
        client.userinfo(&anew.access).await.expect(200);
    }
}

// The token was let in before, and its password takes a while to hash: it is judged once more, with its key.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_leaked_key_began_does_not_happen_after_its_replacement() {
    let dear = [("password.memory_kib", "8192"), ("password.iterations", "100")];
    let server = TestServer::with(&dear).await;
    let client = server.client();
    let ada = administrator(&client).await.access;
    let hashed = || async { server.flows().measure().await.passwords_hashed };
    let before = hashed().await;
    let (apart, forged) = (client.apart(), ada.clone());
    let person =
        json!({"username": "mallory", "email": "m@example.org", "password": "a few words of hers", "roles": ["admin"]});
    let made = tokio::spawn(async move { apart.send(Method::POST, USERS, &forged, &person).await });
    eventually("the password is being hashed", || async { (hashed().await > before).then_some(()) }).await;
    client.send(Method::POST, "/api/v1/admin/keys", &ada, &json!({"now": true})).await.expect(201);
    let made = made.await.expect("an answer");
    let sql = "SELECT count(*) FROM events WHERE event_type = 'user_created' AND detail LIKE 'by usr_%' \
               AND seq > (SELECT seq FROM events WHERE event_type = 'key_rotated')";
    assert_eq!(server.home().rows().numbers(sql).await, [0], "made after the rotation{made}");
    assert!([201, 401].contains(&made.status), "{made}");
}
