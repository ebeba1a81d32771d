//! What does `grantd key list|rotate [--now]` do beside servers that run?

use std::collections::BTreeSet;
use std::fs;

use grantd_tests::client::{Client, header};
use grantd_tests::{eventually, process};
use serde_json::Value;

use crate::nodes::on_both;
use crate::site::{self, Site, new_dev_key, text, write_private};

/// The `kid`s of a list of keys in this state.
fn kids(list: &Value, state: &str) -> BTreeSet<String> {
    let keys = list.as_array().unwrap_or_else(|| panic!("no list: {list}")).iter();
    keys.filter(|key| key["state"] == state).map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

async fn published(client: &Client) -> BTreeSet<String> {
    let set = client.get("/.well-known/jwks.json", "").await.expect(200);
    let keys = set["keys"].as_array().expect("keys").iter();
    keys.map(|key| key["kid"].as_str().expect("a kid").to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn new_keys_are_announced_by_every_node_within_five_seconds_and_sign_nothing_yet() {
    on_both(async |nodes| {
        let tokens = nodes.client().sign_in_bob().await;
        let old = kids(&nodes.json(&["key", "list"]), "active");
        assert_eq!(old.len(), 2);
        let told = nodes.run(&["key", "rotate", "--json"]);
        let new = kids(&told.json(), "announced");
        assert!(new.len() == 2 && old.is_disjoint(&new) && told.stderr.contains("sign from"), "{told}");
        let list = nodes.json(&["key", "list"]);
        assert_eq!((kids(&list, "active"), kids(&list, "announced")), (old.clone(), new.clone()));
        for key in list.as_array().expect("a list") {
            let of_old = key["state"] == "active";
            assert!(key["active_at"].is_string() && key["retired_at"].is_string() == of_old, "{key}");
            assert!(["ES256", "RS256"].contains(&key["alg"].as_str().expect("an algorithm")), "{key}");
        }
        let people = nodes.run(&["key", "list"]);
        assert!(old.iter().chain(&new).all(|kid| people.stdout.contains(kid)), "{people}");
        for client in nodes.clients() {
            eventually("all four are published", || async {
                (published(&client).await == old.union(&new).cloned().collect()).then_some(())
            })
            .await;
        }
        let tokens = nodes.taken(tokens, "web").await;
        assert!(old.contains(header(&tokens.access)["kid"].as_str().expect("a kid")));
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_leaked_key_signed_is_refused_at_the_next_request_of_every_node_and_a_refresh_goes_on() {
    on_both(async |nodes| {
        let mut tokens = nodes.taken(nodes.client().sign_in_bob().await, "web").await;
        let service = nodes.client().as_demo_service().client_credentials().await.text("access_token");
        let new = kids(&nodes.json(&["key", "rotate", "--now"]), "active");
        assert_eq!((new.len(), kids(&nodes.json(&["key", "list"]), "gone").len()), (2, 2));
        let leaked = tokens.access.clone();
        for client in nodes.clients() {
            client.userinfo(&leaked).await.expect(401).expect_reason("unknown_token");
            client.get("/api/v1/me", &leaked).await.expect(401).expect_reason("unknown_token");
            assert!(!client.is_active(&leaked).await && !client.is_active(&service).await);
            tokens = client.refresh(&tokens.refresh).await.tokens();
            let kid = header(&tokens.access)["kid"].as_str().expect("a kid").to_owned();
            assert!(new.contains(&kid));
            // A node whose token is this one has met the key, and whoever looks for it finds it there.
            assert!(published(&client).await.contains(&kid));
            for other in nodes.clients() {
                other.userinfo(&tokens.access).await.expect(200);
            }
        }
        for client in nodes.clients() {
            eventually("the new keys alone are published", || async {
                (published(&client).await == new).then_some(())
            })
            .await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_needs_the_secret_key_of_the_data_and_changes_nothing_without_it() {
    on_both(async |nodes| {
        let keys = "SELECT count(*), count(retired_at) FROM signing_keys";
        let file = nodes.site.data.join("other.key");
        let refused = |told: &str| {
            for how in [&["key", "rotate"][..], &["key", "rotate", "--now", "--json"]] {
                let call = nodes.site.command(how).env("GRANTD_SECRET_KEY_FILE", text(&file));
                let output = call.run().expect(2);
                assert!(output.stderr.contains(told) && output.stderr.contains("other.key"), "{output}");
                assert_eq!(output.stdout, "");
            }
        };
        refused("no such file");
        write_private(&file, &new_dev_key());
        refused("was not made for this data");
        write_private(&file, "# nothing\n");
        refused("holds no key");
        site::set_mode(&file, 0o644);
        refused("others can read it");
        assert_eq!(nodes.site.rows().numbers(keys).await, [2, 0]);
        // What shows them needs none.
        let list = nodes.site.command(&["key", "list", "--json"]).env("GRANTD_SECRET_KEY_FILE", text(&file));
        assert_eq!(kids(&list.run().expect(0).json(), "active").len(), 2);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn new_signing_keys_are_sealed_with_a_secret_key_that_the_servers_know() {
    on_both(async |nodes| {
        let tokens = nodes.client().sign_in_bob().await;
        let file = nodes.site.data.join("secret.key");
        let old = fs::read_to_string(&file).expect("a key");
        // Put in front a moment ago: no server has read it yet.
        let new = new_dev_key();
        write_private(&file, &format!("{new}\n{old}"));
        let told = nodes.run(&["key", "rotate", "--now", "--json"]);
        let secrets = [new.as_str(), old.lines().last().expect("a key")].map(|line| &line[line.len() - 20..]);
        assert!(secrets.iter().all(|secret| !told.to_string().contains(secret)), "a secret key is told{told}");
        let foreign = "SELECT count(*) FROM signing_keys WHERE secret_key_id NOT IN (SELECT id FROM secret_keys)";
        assert_eq!(nodes.site.rows().numbers(foreign).await, [0], "sealed with a key that no server has");
        for client in nodes.clients() {
            client.sign_in_bob().await;
        }
        let refreshed = nodes.client().refresh(&tokens.refresh).await.tokens();
        nodes.taken(refreshed, "web").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_that_were_rotated_before_the_first_start_are_those_of_the_server() {
    let site = Site::sqlite();
    site.command(&["migrate"]).run().expect(0);
    write_private(&site.data.join("secret.key"), &new_dev_key());
    let made = kids(&site.command(&["key", "rotate", "--json"]).run().expect(0).json(), "announced");
    let server = site.dev().start();
    assert_eq!(published(&server.client()).await, made);
    let tokens = server.client().sign_in_bob().await;
    server.client().userinfo(&tokens.access).await.expect(200);
    assert_eq!(process::run(site.data.path(), &["key", "rotate"]).code, 0);
}
