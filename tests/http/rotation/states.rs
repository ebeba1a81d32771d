//! When does a key change its state, to the second? As `GET /api/v1/admin/keys` tells it.

use grantd::flows::{By, ClientChange, NewClient};
use grantd::model::change::Change;
use grantd_tests::server::{BEGIN, TestServer};

use super::{ACCESS_TTL, ANNOUNCED, ISSUER, kid, published, rotate, states};
use crate::new_client::{make, public};

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_announced_active_retired_and_gone_to_the_second() {
    let server = TestServer::start().await;
    let (client, clock) = (server.client(), server.clock());
    let old = published(&client).await;
    assert!(states(&client).await.values().all(|state| state == "active"));
    clock.advance(100);
    let new = rotate(&server, false).await;
    let gone_after = ANNOUNCED + ACCESS_TTL + 60;
    for (after, of_old, of_new) in [
        (0, "active", "announced"),
        (ANNOUNCED - 1, "active", "announced"),
        (ANNOUNCED, "retired", "active"),
        (gone_after - 1, "retired", "active"),
        (gone_after, "gone", "active"),
        (gone_after + 5, "gone", "active"),
        (gone_after + 1_000_000, "gone", "active"),
    ] {
        clock.set(BEGIN + 100 + after);
        let told = states(&client).await;
        assert_eq!(told.len(), 4);
        assert!(old.iter().all(|kid| told[kid] == of_old), "{after}: {told:?}");
        assert!(new.values().all(|kid| told[kid] == of_new), "{after}: {told:?}");
        let signs = kid(&client.sign_in_bob().await.access);
        assert_eq!(signs == new["ES256"], of_new == "active", "{after}: {signs} signs");
        let public = published(&client).await;
        // What is published may be as old as five seconds.
        if after != gone_after {
            assert_eq!(old.iter().all(|kid| public.contains(kid)), of_old != "gone", "{after}: {public:?}");
        }
        assert!(new.values().all(|kid| public.contains(kid)), "{after}: {public:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_longest_token_of_any_client_is_waited_for() {
    let server = TestServer::start().await;
    let (client, clock) = (server.client(), server.clock());
    let long = make(&server, NewClient { access_ttl: Some(86_400), ..public("long") }).await;
    rotate(&server, false).await;
    clock.advance(ANNOUNCED - 1);
    let last = long.sign_in_bob().await;
    for (at, good) in [(86_399, true), (86_400, false)] {
        clock.set(BEGIN + ANNOUNCED - 1 + at);
        assert_eq!(client.is_active(&last.access).await, good, "{at}");
    }
    let old = kid(&last.access);
    assert_eq!(states(&client).await[&old], "retired", "it is kept a little longer than its last token");
    clock.advance(61);
    assert_eq!(states(&client).await[&old], "gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_whose_life_became_longer_after_a_rotation_ends_with_its_key_and_says_so() {
    let server = TestServer::start().await;
    let (client, clock) = (server.client(), server.clock());
    let app = make(&server, public("app")).await;
    let signs = kid(&app.sign_in_bob().await.access);
    rotate(&server, false).await;
    let longer = ClientChange { access_ttl: Change::Set(86_400), ..ClientChange::default() };
    server.flows().change_client("app", longer, By::CommandLine).await.expect("a change");
    let tokens = app.sign_in_bob().await;
    assert_eq!(kid(&tokens.access), signs);
    let gone_at = BEGIN + ANNOUNCED + ACCESS_TTL + 60;
    assert_eq!((tokens.claims()["exp"].as_i64(), tokens.expires_in), (Some(gone_at), gone_at - BEGIN));
    for (now, good) in [(gone_at - 1, true), (gone_at, false)] {
        clock.set(now);
        assert_eq!(client.is_active(&tokens.access).await, good);
    }
    assert_eq!(app.refresh(&tokens.refresh).await.tokens().expires_in, 86_400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_rotation_within_the_announcement_leaves_no_gap() {
    let server = TestServer::start().await;
    let (client, clock) = (server.client(), server.clock());
    let mut tokens = client.sign_in_bob().await;
    let first = kid(&tokens.access);
    let second = rotate(&server, false).await["ES256"].clone();
    clock.advance(10);
    let third = rotate(&server, false).await["ES256"].clone();
    for (now, signs) in [
        (ANNOUNCED - 1, &first),
        (ANNOUNCED, &second),
        (ANNOUNCED + 9, &second),
        (ANNOUNCED + 10, &third),
        (ANNOUNCED + 1_000, &third),
    ] {
        clock.set(BEGIN + now);
        tokens = client.refresh(&tokens.refresh).await.tokens();
        assert_eq!(kid(&tokens.access), *signs, "{now} s after the first");
        client.userinfo(&tokens.access).await.expect(200);
    }
    let told = states(&client).await;
    assert_eq!([&first, &second, &third].map(|kid| told[kid].as_str()), ["gone", "gone", "active"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_by_a_clock_that_is_behind_lets_no_retired_key_sign_again() {
    let server = TestServer::start().await;
    let (client, clock) = (server.client(), server.clock());
    let ahead = rotate(&server, false).await["ES256"].clone();
    // Another node's clock, or this one set right.
    clock.advance(-60);
    let behind = rotate(&server, false).await["ES256"].clone();
    let mut tokens = client.sign_in_bob().await;
    for after in [ANNOUNCED - 60, ANNOUNCED - 1, ANNOUNCED, ANNOUNCED + 1, ANNOUNCED + 600] {
        clock.set(BEGIN + after);
        tokens = client.refresh(&tokens.refresh).await.tokens();
        let told = states(&client).await;
        assert_eq!((kid(&tokens.access), told[&behind].as_str()), (behind.clone(), "active"), "{after}: {told:?}");
        assert_ne!(told[&ahead], "active", "{after}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_goes_back_finds_a_key_that_signs_and_one_that_verifies() {
    let server = TestServer::start().await;
    let (client, clock) = (server.client(), server.clock());
    for back in [1, 3_600, 1_000_000_000] {
        clock.advance(-back);
        let tokens = client.sign_in_bob().await;
        client.userinfo(&tokens.access).await.expect(200);
        assert!(published(&client).await.contains(&kid(&tokens.access)), "{back} s back");
        clock.advance(back);
    }
    // In the middle of a rotation the one before signs again, whom everybody knows.
    let old = kid(&client.sign_in_bob().await.access);
    rotate(&server, false).await;
    clock.advance(ANNOUNCED);
    let new = client.sign_in_bob().await;
    clock.advance(-1);
    assert_eq!(kid(&client.sign_in_bob().await.access), old);
    client.userinfo(&new.access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_algorithm_and_back_lose_no_token_and_no_rotation() {
    let settings = |alg| [("issuer", ISSUER), ("tokens.signing_alg", alg)];
    let server = TestServer::with(&settings("ES256")).await;
    let tokens = server.client().sign_in_bob().await;
    let server = server.restart(&settings("EdDSA")).await;
    server.client().userinfo(&tokens.access).await.expect(200);
    let of_eddsa = server.client().refresh(&tokens.refresh).await.tokens();
    let public = published(&server.client()).await;
    assert!([&tokens, &of_eddsa].iter().all(|tokens| public.contains(&kid(&tokens.access))), "{public:?}");
    // A rotation in between replaces the one that rests, too.
    let new = rotate(&server, false).await;
    assert_eq!(new.keys().copied().collect::<Vec<_>>(), ["ES256", "EdDSA", "RS256"]);
    server.clock().advance(ANNOUNCED);
    let server = server.restart(&settings("ES256")).await;
    let client = server.client();
    let back = client.refresh(&of_eddsa.refresh).await.tokens();
    assert_eq!(kid(&back.access), new["ES256"]);
    for (old, good) in [(&tokens, false), (&of_eddsa, false), (&back, true)] {
        assert_eq!(client.is_active(&old.access).await, good, "their 300 s are over, its are not");
    }
    assert_eq!(published(&client).await.len(), 6, "three that sign, three that have retired");
}
