//! How do administrators make, change, lock and delete users?

use grantd_tests::client::Tokens;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{API, Admin, PASSWORD, sign_in, user};
use crate::errors::{expect_oauth, expect_problem};
use crate::told::{faults, items, texts};

async fn refused(admin: &Admin, tokens: &Tokens, reason: &str) {
    expect_problem(admin.client.get("/api/v1/me", &tokens.access).await, 401, reason);
    expect_oauth(admin.client.refresh(&tokens.refresh).await, 400, "invalid_grant", reason);
    assert!(!admin.client.is_active(&tokens.access).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_is_made_shown_listed_and_signs_in() {
    let admin = Admin::with(&[("signup", "closed"), ("profile.gravatar", "false")]).await;
    let body = json!({"username": "grace", "email": "grace@example.org", "password": PASSWORD, "roles": ["keeper", "x", "keeper"]});
    let made = admin.post("/users", body).await.expect(201);
    let id = made.text("id");
    let mut wanted = user(&id, "grace", &["keeper", "x"]);
    assert_eq!(made.json, wanted, "{made}");
    assert_eq!(admin.get(&format!("/users/{id}")).await.expect(200).json, wanted);
    admin.server.clock().advance(60);
    let tokens = admin.client.sign_in("grace", PASSWORD).await;
    assert_eq!((&tokens.claims()["sub"], &tokens.claims()["roles"]), (&json!(id), &json!(["keeper", "x"])));
    wanted["last_seen_at"] = json!("2027-01-15T08:01:00Z");
    let list = items(&admin.get("/users").await.expect(200));
    assert_eq!(texts(&list, "username"), ["grace", "bob", "ada"]);
    assert_eq!(list[0], wanted);
    let body = json!({"username": "plain", "email": "plain@example.org", "password": PASSWORD});
    assert_eq!(admin.post("/users", body).await.expect(201)["roles"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_to_be_is_judged_as_at_sign_up() {
    let admin = Admin::begin().await;
    let fine = json!({"username": "new", "email": "new@example.org", "password": PASSWORD});
    let with = |member: &str, value: Value| {
        let mut body = fine.clone();
        body[member] = value;
        body
    };
    let cases = [
        (with("username", json!("a b")), "username: not_allowed_characters"),
        (with("username", json!("ad\u{3164}a")), "username: not_allowed_characters"),
        (with("username", json!("\u{202e}new")), "username: not_allowed_characters"),
        (with("email", json!("new")), "email: not_an_email"),
        (with("password", json!("seven77")), "password: too_short"),
        (with("password", json!("password1")), "password: too_common"),
        (with("roles", json!(["two words"])), "roles: not_allowed_characters"),
        (with("roles", json!([""])), "roles: too_short"),
        (with("roles", json!(["x".repeat(65)])), "roles: too_long"),
        (with("roles", json!("admin")), "roles: malformed_request"),
        (with("roles", json!(["admin", 1])), "roles: malformed_request"),
        (with("roles", json!(null)), "roles: missing_parameter"),
        (with("id", json!("usr_00000000000000000000000000")), "id: read_only"),
        (with("created_at", json!("2027-01-15T08:00:00Z")), "created_at: read_only"),
        (with("email_verified", json!(true)), "email_verified: read_only"),
        (with("is_admin", json!(true)), "is_admin: unknown_value"),
        (with("password_hash", json!("$2b$")), "password_hash: unknown_value"),
    ];
    for (body, wanted) in cases {
        assert_eq!(faults(admin.post("/users", body).await), [wanted]);
    }
    let answer = admin.post("/users", json!({"username": "", "email": "x", "password": "", "roles": [" "]})).await;
    let wanted = ["username: too_short", "email: not_an_email", "password: too_short", "roles: not_allowed_characters"];
    assert_eq!(faults(answer), wanted);
    for (member, value, reason) in
        [("username", "ＢＯＢ", "username_taken"), ("email", "Bob@Example.org", "email_taken")]
    {
        expect_problem(admin.post("/users", with(member, json!(value))).await, 409, reason);
    }
    assert_eq!(admin.count("users").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_of_a_user_is_changed_at_once() {
    let admin = Admin::begin().await;
    let (path, tokens) = (admin.path_of("bob").await, admin.client.sign_in_bob().await);
    let before = admin.get(&path).await.expect(200).json;
    let body = json!({
        "username": "Robert", "email": "robert@example.org", "name": " Bob ", "picture": "https://example.org/b.png",
        "roles": ["keeper"], "locked": false,
    });
    let answer = admin.patch(&path, body).await.expect(200);
    let mut wanted = before;
    for (member, value) in [("username", "Robert"), ("email", "robert@example.org"), ("name", "Bob")] {
        wanted[member] = json!(value);
    }
    (wanted["picture"], wanted["roles"]) = (json!("https://example.org/b.png"), json!(["keeper"]));
    assert_eq!(answer.json, wanted, "{answer}");
    assert_eq!(admin.get(&path).await.expect(200).json, wanted);
    for name in ["robert", "robert@example.org"] {
        admin.client.sign_in(name, "bob-dev-password").await;
    }
    for name in ["bob", "bob@example.org"] {
        admin.client.try_sign_in(name, "bob-dev-password").await.expect(400);
    }
    admin.client.refresh(&tokens.refresh).await.tokens();
    let merge = admin.client.bearer(Method::PATCH, &format!("{API}{path}"), &admin.access);
    let merge = merge.header(CONTENT_TYPE, "application/merge-patch+json").body("{\"name\":null,\"picture\":null}");
    let answer = admin.client.answer(merge).await.expect(200);
    assert_eq!(answer["name"], json!(null), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_a_rule_changes_nothing() {
    let admin = Admin::begin().await;
    let path = admin.path_of("bob").await;
    let before = admin.get(&path).await.expect(200).json;
    let cases = [
        (json!({"username": null}), "username: missing_parameter"),
        (json!({"email": null}), "email: missing_parameter"),
        (json!({"roles": null}), "roles: missing_parameter"),
        (json!({"locked": null}), "locked: missing_parameter"),
        (json!({"locked": "true"}), "locked: malformed_request"),
        (json!({"locked": 1}), "locked: malformed_request"),
        (json!({"roles": {"admin": true}}), "roles: malformed_request"),
        (json!({"roles": ["ok", "not ok"]}), "roles: not_allowed_characters"),
        (json!({"username": "b\u{200b}ob"}), "username: not_allowed_characters"),
        (json!({"username": "\u{ffa0}"}), "username: not_allowed_characters"),
        (json!({"name": "a\0b"}), "name: not_allowed_characters"),
        (json!({"picture": "data:image/png;base64,AA"}), "picture: malformed_request"),
        (json!({"password": PASSWORD}), "password: read_only"),
        (json!({"id": "x"}), "id: read_only"),
        (json!({"created_at": "x"}), "created_at: read_only"),
        (json!({"email_verified": true}), "email_verified: read_only"),
        (json!({"last_seen_at": null}), "last_seen_at: read_only"),
        (json!({"locked_at": 1}), "locked_at: unknown_value"),
    ];
    for (mut body, wanted) in cases {
        if body.get("name").is_none() {
            body["name"] = json!("Robert");
        }
        assert_eq!(faults(admin.patch(&path, body).await), [wanted]);
    }
    for (body, reason) in
        [(json!({"username": "ADA"}), "username_taken"), (json!({"email": "ADA@example.org"}), "email_taken")]
    {
        expect_problem(admin.patch(&path, body).await, 409, reason);
    }
    expect_problem(admin.patch(&path, json!([])).await, 400, "malformed_request");
    assert_eq!(admin.get(&path).await.expect(200).json, before);
    assert_eq!(admin.patch(&path, json!({})).await.expect(200).json, before);
    assert_eq!(
        admin.patch(&path, json!({"username": "BOB", "email": "Bob@example.org"})).await.expect(200)["username"],
        "BOB"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_ends_every_session_and_lets_nobody_in_until_it_is_lifted() {
    let admin = Admin::begin().await;
    let path = admin.path_of("bob").await;
    let tokens = [admin.client.sign_in_bob().await, admin.client.sign_in_bob().await];
    let answer = admin.patch(&path, json!({"locked": true})).await.expect(200);
    assert_eq!(answer["locked"], true, "{answer}");
    for tokens in &tokens {
        refused(&admin, tokens, "user_locked").await;
    }
    let answer = admin.client.try_sign_in("bob", "bob-dev-password").await;
    expect_oauth(answer, 400, "invalid_grant", "sign_in_failed");
    assert_eq!(admin.patch(&path, json!({"locked": false})).await.expect(200)["locked"], false);
    refused(&admin, &tokens[0], "user_locked").await;
    admin.client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_is_set_ends_every_session_ones_own_too() {
    let admin = Admin::begin().await;
    let (path, tokens) = (admin.path_of("bob").await, admin.client.sign_in_bob().await);
    for (body, wanted) in [
        (json!({}), "password: missing_parameter"),
        (json!({"password": null}), "password: missing_parameter"),
        (json!({"password": 12_345_678}), "password: malformed_request"),
        (json!({"password": "seven77"}), "password: too_short"),
        (json!({"password": "x".repeat(257)}), "password: too_long"),
        (json!({"password": "iloveyou"}), "password: too_common"),
        (json!({"password": PASSWORD, "current_password": "x"}), "current_password: unknown_value"),
    ] {
        assert_eq!(faults(admin.put(&format!("{path}/password"), body).await), [wanted]);
    }
    admin.client.refresh(&tokens.refresh).await.tokens();
    let answer = admin.put(&format!("{path}/password"), json!({"password": PASSWORD})).await.expect(204);
    assert_eq!(answer.body, "");
    refused(&admin, &tokens, "password_changed").await;
    admin.client.try_sign_in("bob", "bob-dev-password").await.expect(400);
    admin.client.sign_in("bob", PASSWORD).await;
    let ada = admin.path_of("ada").await;
    admin.put(&format!("{ada}/password"), json!({"password": PASSWORD})).await.expect(204);
    expect_problem(admin.get("/users").await, 401, "password_changed");
    sign_in(&admin.client, "ada", PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_is_gone_with_every_session() {
    let admin = Admin::begin().await;
    let (path, tokens) = (admin.path_of("bob").await, admin.client.sign_in_bob().await);
    assert_eq!(admin.delete(&path).await.expect(204).body, "");
    refused(&admin, &tokens, "user_deleted").await;
    for answer in [
        admin.get(&path).await,
        admin.delete(&path).await,
        admin.patch(&path, json!({"locked": true})).await,
        admin.put(&format!("{path}/password"), json!({"password": PASSWORD})).await,
        admin.delete(&path.replace("/users/", "/sessions?user_id=")).await,
    ] {
        expect_problem(answer, 404, "not_found");
    }
    assert_eq!(admin.count("users").await, 1);
    assert_eq!(admin.count("sessions WHERE ip IS NOT NULL OR user_agent IS NOT NULL").await, 1, "ada's alone");
    admin.user("bob", &[]).await;
}
