//! Do two nodes of one PostgreSQL agree on their keys?

use std::sync::Arc;

use grantd::clock::Clock;
use grantd::flows::{By, RotationRefusal};
use grantd_tests::server::{BEGIN, Home, TestServer};
use grantd_tests::{eventually, skip};

use super::at_once::refused_everywhere;
use super::{ANNOUNCED, ISSUER, kid, published, rotate};

/// Two nodes, each with a clock of its own.
async fn two() -> Result<[TestServer; 2], String> {
    let home = Arc::new(Home::on_postgres().await?);
    let node = || TestServer::at(Arc::clone(&home), Clock::manual(BEGIN), &[("issuer", ISSUER)]);
    Ok([node().await, node().await])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_key_is_refused_at_the_next_request_on_both_nodes_even_by_a_clock_that_is_behind() {
    let nodes = match two().await {
        Ok(nodes) => nodes,
        Err(reason) => return skip(&reason),
    };
    let [one, other] = &nodes;
    other.clock().advance(-50);
    for round in 0..10 {
        let tokens = one.client().sign_in_bob().await;
        for node in &nodes {
            node.client().userinfo(&tokens.access).await.expect(200);
        }
        let new = rotate(one, true).await;
        for node in &nodes {
            refused_everywhere(&node.client(), &tokens.access).await;
        }
        // What one signs with the new key the other takes at once, however lately it has looked at the keys.
        let nonsense = tokens.access.replacen(&tokens.access[..20], &"e".repeat(20), 1);
        other.client().userinfo(&nonsense).await.expect(401);
        let next = one.client().refresh(&tokens.refresh).await.tokens();
        assert_eq!(kid(&next.access), new["ES256"]);
        other.client().userinfo(&next.access).await.expect(200);
        let next = other.client().refresh(&next.refresh).await.tokens();
        assert_eq!(kid(&next.access), new["ES256"], "round {round}: the other signs with a key that has leaked");
        one.client().userinfo(&next.access).await.expect(200);
        // The other has met the new key, and so publishes it.
        assert!(published(&other.client()).await.contains(&new["ES256"]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn within_five_seconds_a_node_publishes_the_keys_that_another_made() {
    let nodes = match two().await {
        Ok(nodes) => nodes,
        Err(reason) => return skip(&reason),
    };
    let [one, other] = &nodes;
    let new = rotate(one, false).await;
    let since = std::time::Instant::now();
    eventually("the other publishes them", || async {
        let public = published(&other.client()).await;
        new.values().all(|kid| public.contains(kid)).then_some(())
    })
    .await;
    assert!(since.elapsed().as_secs_f64() < 6.0, "{:?}", since.elapsed());
    // By the moved clock too.
    let new = rotate(one, false).await;
    other.clock().advance(5);
    let public = published(&other.client()).await;
    assert!(new.values().all(|kid| public.contains(kid)), "{public:?}");
    // And both sign with them when it is time.
    for node in &nodes {
        node.clock().set(BEGIN + ANNOUNCED);
        let tokens = node.client().sign_in_bob().await;
        assert_eq!(kid(&tokens.access), new["ES256"]);
        for taker in &nodes {
            taker.client().userinfo(&tokens.access).await.expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_rotations_at_once_each_is_whole_or_was_overtaken() {
    let nodes = match two().await {
        Ok(nodes) => nodes,
        Err(reason) => return skip(&reason),
    };
    let tokens = nodes[0].client().sign_in_bob().await;
    let mut overtaken = 0;
    for round in 0..8 {
        let rotations: Vec<_> = nodes
            .iter()
            .map(|node| {
                let flows = Arc::clone(node.flows());
                tokio::spawn(async move { flows.rotate_keys(round % 2 == 1, By::CommandLine).await })
            })
            .collect();
        let mut made = Vec::new();
        for rotation in rotations {
            match rotation.await.expect("a task") {
                Ok(keys) => made.push(keys),
                Err(RotationRefusal::Overtaken) => overtaken += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert!(!made.is_empty(), "both were overtaken");
        let signing = "SELECT count(*) FROM signing_keys WHERE retired_at IS NULL";
        assert_eq!(nodes[0].home().rows().numbers(signing).await, [2], "one key of each algorithm is the last");
        for node in &nodes {
            node.clock().advance(ANNOUNCED);
        }
    }
    assert!(overtaken > 0, "no two of them met: the test shows little");
    let tokens = nodes[1].client().refresh(&tokens.refresh).await.tokens();
    nodes[0].client().userinfo(&tokens.access).await.expect(200);
}
