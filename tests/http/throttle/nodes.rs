//! Is the throttle exact on two nodes of one PostgreSQL? As many hashes as tries that are let through, wherever they arrive.

use std::sync::Arc;

use grantd::clock::Clock;
use grantd_tests::client::Answer;
use grantd_tests::server::{BEGIN, Home, TestServer};
use grantd_tests::{skip, wire};
use reqwest::Method;
use serde_json::json;

use super::{from, guess, wait};

const AT_ONCE: usize = 64;

/// Two nodes by one clock, with these settings besides.
async fn two(settings: &[(&'static str, &str)]) -> Result<[TestServer; 2], String> {
    let home = Arc::new(Home::on_postgres().await?);
    let settings = [&[("issuer", "http://localhost:8080")], settings].concat();
    let clock = Clock::manual(BEGIN);
    let node = || TestServer::at(Arc::clone(&home), clock.clone(), &settings);
    Ok([node().await, node().await])
}

/// Hashes that both have computed.
async fn hashed(nodes: &[TestServer; 2]) -> u64 {
    let mut sum = 0;
    for node in nodes {
        sum += node.flows().measure().await.passwords_hashed;
    }
    sum
}

/// So many sign-ins of ada at once, at one node and the other in turn.
async fn at_once(nodes: &[TestServer; 2], password: &str) -> Vec<wire::Reply> {
    let form = format!("grant_type=password&client_id=web&username=ada&password={password}");
    let request = wire::form("/oauth2/token", "", &form);
    let addresses = nodes.each_ref().map(|node| node.client().address());
    wire::at_once((0..AT_ONCE).map(|number| (addresses[number % 2], request.clone())).collect()).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_sixty_four_wrong_passwords_at_once_one_is_hashed_an_interval() {
    let nodes = match two(&[]).await {
        Ok(nodes) => nodes,
        Err(reason) => return skip(&reason),
    };
    guess(&nodes[0].client(), "ada", 3).await;
    guess(&nodes[1].client(), "ada", 2).await;
    let mut before = hashed(&nodes).await;
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        // A second too early none is, and nothing is put off by it.
        nodes[0].clock().advance(seconds - 1);
        assert!(at_once(&nodes, "wrong").await.iter().all(|reply| reply.header("retry-after") == Some("1")));
        assert_eq!(hashed(&nodes).await, before, "{seconds}: hashed too early");
        nodes[0].clock().advance(1);
        let replies = at_once(&nodes, "wrong").await;
        let through = replies.iter().filter(|reply| reply.header("retry-after").is_none()).count();
        let after = hashed(&nodes).await;
        assert_eq!((through, after - before), (1, 1), "after {seconds} s");
        let next = (2 * seconds).min(900).to_string();
        let next = if seconds == 512 { "900" } else { &next };
        for reply in replies {
            assert_eq!((reply.status, reply.json()["reason"].as_str()), (400, Some("sign_in_failed")));
            assert!(reply.header("retry-after").is_none_or(|told| told == next), "{}", reply.head);
        }
        before = after;
    }
    // The right one among the wrong is let through alone, and opens the door.
    nodes[0].clock().advance(900);
    let replies = at_once(&nodes, "ada-dev-password").await;
    let (good, put_off): (Vec<_>, Vec<_>) = replies.into_iter().partition(|reply| reply.status == 200);
    assert!(!good.is_empty() && put_off.iter().all(|reply| reply.header("retry-after") == Some("900")), "{put_off:?}");
    assert!(at_once(&nodes, "ada-dev-password").await.iter().all(|reply| reply.status == 200), "it is open again");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixty_four_right_passwords_at_once_all_succeed() {
    let nodes = match two(&[]).await {
        Ok(nodes) => nodes,
        Err(reason) => return skip(&reason),
    };
    for failures in [0, 4] {
        guess(&nodes[0].client(), "ada", failures).await;
        let before = hashed(&nodes).await;
        for reply in at_once(&nodes, "ada-dev-password").await {
            assert_eq!(reply.status, 200, "after {failures}: {}", reply.text());
        }
        assert_eq!(hashed(&nodes).await - before, AT_ONCE as u64);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_attacker_at_one_address_keeps_nobody_waiting_at_another() {
    let nodes = match two(&[("server.trusted_proxies", "127.0.0.1")]).await {
        Ok(nodes) => nodes,
        Err(reason) => return skip(&reason),
    };
    let [one, other] = nodes.each_ref().map(TestServer::client);
    for _ in 0..20 {
        for client in [&one, &other] {
            wait(from(client, "203.0.113.9", "ada", "wrong").await);
        }
        nodes[0].clock().advance(60);
    }
    for client in [&one, &other] {
        assert!(wait(from(client, "203.0.113.9", "ada", "ada-dev-password").await).is_some());
        from(client, "203.0.113.10", "ada", "ada-dev-password").await.expect(200);
    }
}

/// Wants another password at a node, with this for the present one.
async fn put(node: &TestServer, access: &str, current: &str) -> Answer {
    let body = json!({ "current_password": current, "new_password": "something else entirely" });
    node.client().send(Method::PUT, "/api/v1/me/password", access, &body).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_sign_in_and_the_change_of_a_password_share_one_count_on_both_nodes() {
    let nodes = match two(&[]).await {
        Ok(nodes) => nodes,
        Err(reason) => return skip(&reason),
    };
    let access = nodes[0].client().sign_in_for("ada", "ada-dev-password", "openid account").await.access;
    let before = hashed(&nodes).await;
    for node in [&nodes[0], &nodes[1], &nodes[0]] {
        let refused = put(node, &access, "wrong").await.expect(422);
        assert_eq!(refused["errors"][0]["reason"], "sign_in_failed", "{refused}");
        assert_eq!(refused.header("retry-after"), None, "{refused}");
    }
    guess(&nodes[1].client(), "ada", 2).await;
    assert_eq!(hashed(&nodes).await - before, 5);
    for node in &nodes {
        assert_eq!(put(node, &access, "ada-dev-password").await.expect(422).header("retry-after"), Some("1"));
        assert_eq!(wait(node.client().try_sign_in("ada", "ada-dev-password").await), Some(1));
    }
    assert_eq!(hashed(&nodes).await - before, 5, "hashed though it had to wait");
    // The one that is let through at one door is the one for both.
    nodes[0].clock().advance(1);
    assert_eq!(put(&nodes[1], &access, "wrong").await.expect(422).header("retry-after"), None);
    assert_eq!(wait(nodes[0].client().try_sign_in("ada", "wrong").await), Some(2));
    nodes[0].clock().advance(2);
    put(&nodes[0], &access, "ada-dev-password").await.expect(204);
    guess(&nodes[1].client(), "ada", 5).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_clients_secret_has_one_count_for_every_door_of_both_nodes() {
    let nodes = match two(&[]).await {
        Ok(nodes) => nodes,
        Err(reason) => return skip(&reason),
    };
    let ask = async |node: &TestServer, secret: &str, door: usize| {
        let client = node.client().as_confidential("demo-api", secret);
        match door % 3 {
            0 => client.introspect("x").await,
            1 => client.revoke("x").await,
            _ => client.client_credentials().await,
        }
    };
    let right = "demo-api-dev-secret";
    for number in 0..20 {
        let refused = ask(&nodes[number % 2], "wrong", number).await.expect_error(401, "invalid_client");
        assert_eq!(refused.header("retry-after"), None, "{number}{refused}");
    }
    for number in 0..6 {
        let refused = ask(&nodes[number % 2], right, number).await.expect_error(401, "invalid_client");
        assert_eq!(refused.header("retry-after"), Some("1"), "{refused}");
    }
    for seconds in [1, 2, 4] {
        nodes[0].clock().advance(seconds);
        let form = wire::form("/oauth2/introspect", "", "client_id=demo-api&client_secret=wrong&token=x");
        let addresses = nodes.each_ref().map(|node| node.client().address());
        let replies = wire::at_once((0..AT_ONCE).map(|number| (addresses[number % 2], form.clone())).collect()).await;
        let through = replies.iter().filter(|reply| reply.header("retry-after").is_none()).count();
        assert_eq!(through, 1, "after {seconds} s");
    }
    nodes[0].clock().advance(8);
    ask(&nodes[1], right, 0).await.expect(200);
    ask(&nodes[0], "wrong", 1).await.expect_error(401, "invalid_client");
    ask(&nodes[0], right, 1).await.expect(200);
}
