//! A key has leaked: what is refused, what goes on, and how soon? (`grantd key rotate --now`)

use grantd_tests::client::Client;
use grantd_tests::server::TestServer;

use super::{ANNOUNCED, ISSUER, kid, published, rotate, states};

/// Fails the test unless every door of ours refuses the token.
pub async fn refused_everywhere(client: &Client, token: &str) {
    client.userinfo(token).await.expect(401).expect_reason("unknown_token");
    client.get("/api/v1/me", token).await.expect(401).expect_reason("unknown_token");
    assert!(!client.is_active(token).await, "introspection takes it");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_old_keys_signed_is_refused_at_the_next_request_and_a_refresh_goes_on() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = client.sign_in_bob().await;
    let service = client.as_demo_service().client_credentials().await.tokens();
    // Verified before, and remembered.
    client.userinfo(&tokens.access).await.expect(200);
    assert!(client.is_active(&service.access).await);
    let new = rotate(&server, true).await;
    refused_everywhere(&client, &tokens.access).await;
    assert!(!client.is_active(&service.access).await);
    let next = client.refresh(&tokens.refresh).await.tokens();
    assert_eq!(kid(&next.access), new["ES256"]);
    client.userinfo(&next.access).await.expect(200);
    let public = published(&client).await;
    assert!(public.len() == 2 && new.values().all(|kid| public.contains(kid)), "{public:?}");
    let told = states(&client).await;
    assert!(told.iter().all(|(kid, state)| *state == if public.contains(kid) { "active" } else { "gone" }), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_ends_an_announced_and_a_retired_key_too() {
    let server = TestServer::start().await;
    let (client, clock) = (server.client(), server.clock());
    let of_first = client.sign_in_bob().await;
    rotate(&server, false).await;
    clock.advance(ANNOUNCED - 299);
    let of_first = client.refresh(&of_first.refresh).await.tokens();
    clock.advance(299);
    let of_second = client.refresh(&of_first.refresh).await.tokens();
    let announced = rotate(&server, false).await;
    client.userinfo(&of_first.access).await.expect(200);
    let new = rotate(&server, true).await;
    for tokens in [&of_first, &of_second] {
        refused_everywhere(&client, &tokens.access).await;
    }
    clock.advance(ANNOUNCED + 1_000);
    let signs = kid(&client.refresh(&of_second.refresh).await.tokens().access);
    assert!(signs == new["ES256"] && signs != announced["ES256"]);
    assert_eq!(states(&client).await[&announced["ES256"]], "gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leaked_key_stays_dead_when_the_clock_goes_back() {
    let server = TestServer::start().await;
    let (client, clock) = (server.client(), server.clock());
    clock.advance(1_000);
    let tokens = client.sign_in_bob().await;
    let new = rotate(&server, true).await;
    for back in [1, 60, 900] {
        clock.advance(-back);
        refused_everywhere(&client, &tokens.access).await;
        let anew = client.sign_in_bob().await;
        assert_eq!(kid(&anew.access), new["ES256"], "{back} s back");
        client.userinfo(&anew.access).await.expect(200);
        assert_eq!(published(&client).await.len(), 2, "{back} s back");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_leak_ends_the_keys_of_every_algorithm_and_each_has_a_successor() {
    let settings = |alg| [("issuer", ISSUER), ("tokens.signing_alg", alg)];
    let server = TestServer::with(&settings("EdDSA")).await;
    let tokens = server.client().sign_in_bob().await;
    // Whoever rotates may be told of another algorithm than the server is.
    let server = server.restart(&settings("ES256")).await;
    rotate(&server, true).await;
    refused_everywhere(&server.client(), &tokens.access).await;
    assert_eq!(published(&server.client()).await.len(), 3);
    let server = server.restart(&settings("EdDSA")).await;
    let next = server.client().refresh(&tokens.refresh).await.tokens();
    server.client().userinfo(&next.access).await.expect(200);
}
