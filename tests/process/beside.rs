//! Do commands beside a running server hold at its next request? What an administrator decides, on the data of a server that runs.

use grantd_tests::process;
use grantd_tests::temp::TempDir;

use crate::site::{self, PASSWORD, create_eve, run};

#[tokio::test(flavor = "multi_thread")]
async fn a_user_that_was_made_can_sign_in() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let args = ["user", "create", "Eve", "--email", "Eve@Example.org", "--role", "admin", "--role", "editor"];
    let made = site::command(&data, &args).input(PASSWORD).run().expect(0);
    assert!(made.stdout.contains("Eve") && !made.to_string().contains(PASSWORD), "{made}");
    let tokens = server.client().sign_in("eve", PASSWORD).await;
    assert_eq!(tokens.claims()["roles"], serde_json::json!(["admin", "editor"]));
    let shown = run(&data, &["user", "show", "eve@example.org", "--json"]).expect(0).json();
    assert_eq!(shown["id"], tokens.claims()["sub"]);
    assert_eq!((&shown["username"], &shown["email"]), (&"Eve".into(), &"Eve@Example.org".into()));
    assert!(shown["last_seen_at"].is_string(), "{shown}");
    // A command without the server's costs: the first sign-in hashes anew, and the next is as good.
    let set = process::grantd(&["user", "set-password", "eve"]).env("GRANTD_DATA_DIR", site::text(data.path()));
    set.input(PASSWORD).run().expect(0);
    server.client().sign_in("eve@EXAMPLE.org", PASSWORD).await;
    server.client().sign_in("EVE", PASSWORD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_users_access_token_is_refused_at_the_next_request() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let client = server.client();
    let (tokens, ada) = (client.sign_in_bob().await, client.sign_in_ada().await);
    client.userinfo(&tokens.access).await.expect(200);
    run(&data, &["user", "lock", "bob"]).expect(0);
    client.userinfo(&tokens.access).await.expect(401).expect_reason("user_locked");
    client.get("/api/v1/me", &tokens.access).await.expect(401).expect_reason("user_locked");
    assert!(!client.is_active(&tokens.access).await);
    assert!(!client.is_active(&tokens.refresh).await);
    client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("user_locked");
    client
        .try_sign_in("bob", "bob-dev-password")
        .await
        .expect_error(400, "invalid_grant")
        .expect_reason("sign_in_failed");
    client.userinfo(&ada.access).await.expect(200);
    assert_eq!(run(&data, &["user", "show", "bob", "--json"]).expect(0).json()["locked"], true);

    let again = run(&data, &["user", "lock", "bob"]).expect(0);
    assert!(again.stderr.contains("locked already"), "{again}");
    run(&data, &["user", "unlock", "bob"]).expect(0);
    let anew = client.sign_in_bob().await;
    client.userinfo(&anew.access).await.expect(200);
    // What was ended stays ended.
    client.userinfo(&tokens.access).await.expect(401).expect_reason("user_locked");
    client.refresh(&tokens.refresh).await.expect_error(400, "invalid_grant").expect_reason("user_locked");
    let again = run(&data, &["user", "unlock", "bob"]).expect(0);
    assert!(again.stderr.contains("not locked"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_an_administrator_sets_ends_every_session() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let client = server.client();
    let sessions = [client.sign_in_bob().await, client.as_public("grant-cli").sign_in_bob().await];
    let ada = client.sign_in_ada().await;
    site::command(&data, &["user", "set-password", "bob@example.org"]).input(PASSWORD).run().expect(0);
    for (tokens, id) in sessions.iter().zip(["web", "grant-cli"]) {
        client.userinfo(&tokens.access).await.expect(401).expect_reason("password_changed");
        assert!(!client.is_active(&tokens.access).await);
        let refused = client.as_public(id).refresh(&tokens.refresh).await;
        refused.expect_error(400, "invalid_grant").expect_reason("password_changed");
    }
    client.refresh(&ada.refresh).await.expect(200);
    client.try_sign_in("bob", "bob-dev-password").await.expect_error(400, "invalid_grant");
    let anew = client.sign_in("bob", PASSWORD).await;
    let activity = client.get("/api/v1/me/activity", &anew.access).await.expect(200);
    let told = |event_type: &str| {
        let all = activity["items"].as_array().expect("a list").iter();
        all.filter(|event| event["type"] == event_type && event["reason"] == "password_changed").count()
    };
    assert_eq!((told("password_changed"), told("session_ended")), (1, 2), "{activity}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_was_made_gets_a_token_with_the_secret_that_was_shown() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let made = run(&data, &["client", "create", "billing", "--scope", "invoices:write", "--json"]).expect(0).json();
    let secret = made["client_secret"].as_str().expect("a secret");
    assert!(secret.starts_with("gcs_") && secret.len() >= 24, "{made}");
    let client = server.client().as_confidential("billing", secret);
    let token = client.client_credentials().await.expect(200);
    assert_eq!(token["scope"], "invoices:write");
    let wrong = server.client().as_confidential("billing", "gcs_something-else-altogether");
    wrong.client_credentials().await.expect_error(401, "invalid_client");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_goes_by_the_lives_that_were_given_to_it() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let mut args =
        vec!["client", "create", "app", "--type", "public", "--grant", "password", "--grant", "refresh_token"];
    args.extend(["--access-ttl", "90s", "--refresh-ttl", "1h", "--origin", "https://app.example.org"]);
    run(&data, &args).expect(0);
    let client = server.client().as_public("app");
    let tokens = client.sign_in_bob().await;
    assert_eq!(tokens.expires_in, 90);
    let session = run(&data, &["session", "list", "--json"]).expect(0).json()[0].clone();
    assert_eq!(session["client_id"], "app");
    assert_ne!(session["expires_at"], session["created_at"]);
    let request = client.request(reqwest::Method::POST, "/oauth2/token").header("Origin", "https://app.example.org");
    let answer = client.answer(request.form(&[("grant_type", "password")])).await;
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://app.example.org"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_an_administrator_ends_is_refused_with_ended_by_admin() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let client = server.client();
    let (one, other) = (client.sign_in_bob().await, client.sign_in_bob().await);
    let sid = one.claims()["sid"].as_str().expect("a session").to_owned();
    let listed = run(&data, &["session", "list", "--json"]).expect(0).json();
    let ids: Vec<_> = listed.as_array().expect("a list").iter().filter_map(|session| session["id"].as_str()).collect();
    assert!(ids.len() == 2 && ids.contains(&sid.as_str()), "{listed}");
    let people = run(&data, &["session", "list"]).expect(0);
    assert!(people.stdout.contains(&sid), "{people}");

    run(&data, &["session", "revoke", &sid]).expect(0);
    client.userinfo(&one.access).await.expect(401).expect_reason("ended_by_admin");
    assert!(!client.is_active(&one.access).await);
    client.refresh(&one.refresh).await.expect_error(400, "invalid_grant").expect_reason("ended_by_admin");
    client.userinfo(&other.access).await.expect(200);
    client.refresh(&other.refresh).await.expect(200);
    // It has ended, and there never was one of that name.
    for none in [sid.as_str(), "ses_00000000000000000000000000", "nonsense"] {
        let refused = run(&data, &["session", "revoke", none]).expect(1);
        assert!(refused.stderr.contains("grantd session list") && refused.stdout.is_empty(), "{refused}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_session_can_be_ended_at_once() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let client = server.client();
    let all =
        [client.sign_in_ada().await, client.sign_in_bob().await, client.as_public("grant-cli").sign_in_bob().await];
    let ended = run(&data, &["session", "revoke", "--all", "--json"]).expect(0).json();
    assert_eq!(ended["ended"], 3);
    for tokens in &all {
        client.userinfo(&tokens.access).await.expect(401).expect_reason("ended_by_admin");
    }
    client.refresh(&all[0].refresh).await.expect_error(400, "invalid_grant").expect_reason("ended_by_admin");
    assert_eq!(run(&data, &["session", "list", "--json"]).expect(0).json(), serde_json::json!([]));
    client.sign_in_ada().await;
    assert_eq!(run(&data, &["session", "revoke", "--all"]).expect(0).stdout, "ended 1 session\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_says_whose_it_is_and_from_where() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    create_eve(&data);
    let tokens = server.client().sign_in("eve", PASSWORD).await;
    let listed = run(&data, &["session", "list", "--json"]).expect(0).json();
    let (session, claims) = (&listed[0], tokens.claims());
    assert_eq!((&session["id"], &session["user_id"]), (&claims["sid"], &claims["sub"]));
    assert_eq!((&session["client_id"], &session["client_name"]), (&"web".into(), &"Web client".into()));
    assert_eq!(session["ip"], "127.0.0.1");
    for time in ["created_at", "last_used_at", "expires_at"] {
        assert!(session[time].as_str().is_some_and(|time| time.ends_with('Z')), "{session}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_client_without_the_refresh_grant_gets_no_refresh_token() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    run(&data, &["client", "create", "kiosk", "--type", "public", "--grant", "password"]).expect(0);
    let tokens = server.client().as_public("kiosk").sign_in_bob().await;
    assert_eq!(tokens.refresh, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_confidential_client_without_rotation_keeps_its_refresh_token() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let args =
        ["client", "create", "portal", "--grant", "password", "--grant", "refresh_token", "--no-rotation", "--json"];
    let made = run(&data, &args).expect(0).json();
    assert_eq!(made["rotation"], false);
    let client = server.client().as_confidential("portal", made["client_secret"].as_str().expect("a secret"));
    let tokens = client.sign_in_bob().await;
    let next = client.refresh(&tokens.refresh).await.tokens();
    assert_eq!(next.refresh, tokens.refresh);
    assert_ne!(next.access, tokens.access);
}
