//! What does `grantd user update|set-roles|delete` and `grantd session revoke` change? At the next request of each node, and nothing when refused.

use grantd_tests::client::Tokens;
use serde_json::json;

use crate::nodes::{Nodes, on_both};

const BOB: &str = "bob-dev-password";

/// Bob's tokens with the scope of an administrator, as far as he gets it.
async fn bob(nodes: &Nodes) -> Tokens {
    nodes.client().sign_in_for("bob", BOB, "openid profile admin").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_user_is_out_at_the_next_request_of_every_node() {
    on_both(async |nodes| {
        let (bob, ada) = (nodes.client().sign_in_bob().await, nodes.client().sign_in_ada().await);
        let id = bob.claims()["sub"].clone();
        nodes.taken(ada.clone(), "web").await;
        let bob = nodes.taken(bob, "web").await;
        assert_eq!(nodes.json(&["user", "delete", "bob"]), json!({ "deleted": id }));
        nodes.refused(&bob, "web", "user_deleted").await;
        for client in nodes.clients() {
            client.try_sign_in("bob", BOB).await.expect_error(400, "invalid_grant").expect_reason("sign_in_failed");
        }
        // Another of the name is another.
        let create = ["user", "create", "bob", "--email", "bob@example.org", "--json"];
        let anew = nodes.site.command(&create).input("quite another password").run().expect(0).json();
        assert_ne!(anew["id"], id);
        nodes.refused(&bob, "web", "user_deleted").await;
        nodes.taken(nodes.client().sign_in("bob", "quite another password").await, "web").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn roles_hold_at_the_next_request_of_every_node_and_in_the_next_token() {
    on_both(async |nodes| {
        let plain = bob(&nodes).await;
        assert_eq!((plain.claims()["roles"].clone(), plain.scope.contains("admin")), (json!([]), false));
        let set = nodes.json(&["user", "set-roles", "bob@example.org", "--role", "editor", "--role", "admin"]);
        assert_eq!(set["roles"], json!(["editor", "admin"]));
        for client in nodes.clients() {
            let told = client.as_demo_api().introspect(&plain.access).await.expect(200);
            assert_eq!(told["roles"], set["roles"], "today's roles{told}");
        }
        // The family was never granted the scope; a new one is.
        let administrator = bob(&nodes).await;
        assert!(administrator.scope.contains("admin"));
        for client in nodes.clients() {
            client.get("/api/v1/admin/users", &administrator.access).await.expect(200);
        }
        assert_eq!(nodes.json(&["user", "set-roles", "bob"])["roles"], json!([]));
        let mut tokens = administrator.clone();
        for client in nodes.clients() {
            client.get("/api/v1/admin/users", &administrator.access).await.expect(403).expect_reason("role_missing");
            let told = client.as_demo_api().introspect(&administrator.access).await.expect(200);
            assert_eq!((told["active"].clone(), told["roles"].clone()), (json!(true), json!([])));
            tokens = client.refresh(&tokens.refresh).await.tokens();
            assert_eq!((tokens.claims()["roles"].clone(), tokens.scope.contains("admin")), (json!([]), false));
        }
        let again = nodes.run(&["user", "set-roles", "bob"]);
        assert!(again.stderr.contains("nothing was changed"), "{again}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_holds_at_the_next_request_of_every_node() {
    on_both(async |nodes| {
        let tokens = nodes.taken(nodes.client().sign_in_bob().await, "web").await;
        assert_eq!(nodes.json(&["user", "lock", "bob"])["locked"], true);
        nodes.refused(&tokens, "web", "user_locked").await;
        for client in nodes.clients() {
            client.try_sign_in("bob", BOB).await.expect_error(400, "invalid_grant").expect_reason("sign_in_failed");
        }
        assert_eq!(nodes.json(&["user", "unlock", "bob"])["locked"], false);
        nodes.refused(&tokens, "web", "user_locked").await;
        nodes.taken(nodes.client().sign_in_bob().await, "web").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_changes_under_living_sessions() {
    on_both(async |nodes| {
        let tokens = nodes.client().sign_in_bob().await;
        let mut args = vec!["user", "update", "bob", "--username", "Robert", "--email", "Robert@Example.net"];
        args.extend(["--name", "Bob the Builder", "--picture", "https://example.net/bob.png"]);
        let told = nodes.json(&args);
        for client in nodes.clients() {
            let me = client.get("/api/v1/me", &tokens.access).await.expect(200);
            for (member, value) in [
                ("username", "Robert"),
                ("email", "Robert@Example.net"),
                ("name", "Bob the Builder"),
                ("picture", "https://example.net/bob.png"),
            ] {
                assert_eq!((&told[member], &me[member]), (&json!(value), &json!(value)), "{member}{me}");
            }
            client.sign_in("robert", BOB).await;
            client.sign_in("ROBERT@example.NET", BOB).await;
            client.try_sign_in("bob", BOB).await.expect_error(400, "invalid_grant");
        }
        nodes.taken(tokens, "web").await;
        let emptied = nodes.json(&["user", "update", "robert", "--name", "", "--picture", ""]);
        assert_eq!(emptied["name"], json!(null));
        assert!(emptied["picture"].as_str().is_none_or(|picture| picture.contains("gravatar")), "{emptied}");
        let again = nodes.run(&["user", "update", "robert", "--email", "Robert@Example.net"]);
        assert!(again.stderr.contains("nothing was changed"), "{again}");
        // One's own name in another spelling is not taken.
        assert_eq!(nodes.json(&["user", "update", "robert", "--username", "ROBERT"])["username"], "ROBERT");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_revoked_is_out_at_the_next_request_of_every_node_and_the_others_are_not() {
    on_both(async |nodes| {
        let (one, other) = (nodes.client().sign_in_bob().await, nodes.client().sign_in_bob().await);
        let other = nodes.taken(other, "web").await;
        let sid = one.claims()["sid"].as_str().expect("a session").to_owned();
        assert_eq!(nodes.json(&["session", "revoke", &sid]), json!({ "ended": 1 }));
        nodes.refused(&one, "web", "ended_by_admin").await;
        let other = nodes.taken(other, "web").await;
        nodes.site.command(&["session", "revoke", &sid, "--json"]).run().expect(1);
        assert_eq!(nodes.json(&["session", "revoke", "--all"])["ended"], 1);
        nodes.refused(&other, "web", "ended_by_admin").await;
        nodes.taken(nodes.client().sign_in_bob().await, "web").await;
    })
    .await;
}
