//! For whom is a token? (RFC 8707, RFC 9068 §3)

use grantd::flows::NewClient;
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use serde_json::{Value, json};

use crate::new_client::{confidential, make, owned, portal};

const CATS: &str = "http://localhost:8090";
const DOGS: &str = "https://dogs.example";
const BIRDS: &str = "urn:example:birds";

/// A client through which people sign in, for these resources.
async fn keeper(server: &TestServer) -> Client {
    make(server, NewClient { resources: owned(&[DOGS, BIRDS]), ..portal("keeper") }).await
}

async fn ask(client: &Client, resources: &[&str]) -> Answer {
    let ada = [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password")];
    let resources = resources.iter().map(|&resource| ("resource", resource));
    client.token(&ada.into_iter().chain(resources).collect::<Vec<_>>()).await
}

async fn refresh_for(client: &Client, refresh_token: &str, resources: &[&str]) -> Answer {
    let refresh = [("grant_type", "refresh_token"), ("refresh_token", refresh_token)];
    let resources = resources.iter().map(|&resource| ("resource", resource));
    client.token(&refresh.into_iter().chain(resources).collect::<Vec<_>>()).await
}

/// The audience of a token answer, sorted.
#[track_caller]
fn audience(answer: &Answer) -> Vec<String> {
    let mut audience: Vec<String> = match answer.tokens().claims()["aud"].clone() {
        Value::String(one) => vec![one],
        more => serde_json::from_value(more).expect("a list of texts"),
    };
    audience.sort_unstable();
    audience
}

// RFC 9068 §3: without `resource`, a default.
#[tokio::test(flavor = "multi_thread")]
async fn without_a_resource_a_token_is_for_the_issuer() {
    let server = TestServer::start().await;
    let keeper = keeper(&server).await;
    assert_eq!(ask(&keeper, &[]).await.tokens().claims()["aud"], server.url());
    assert_eq!(server.client().as_demo_service().client_credentials().await.tokens().claims()["aud"], server.url());
}

// RFC 8707 §2: `resource` alone may repeat.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_for_the_resources_asked_for() {
    let server = TestServer::start().await;
    let keeper = keeper(&server).await;
    assert_eq!(audience(&ask(&keeper, &[DOGS]).await), [DOGS]);
    assert_eq!(audience(&ask(&keeper, &[BIRDS, DOGS]).await), [DOGS, BIRDS]);
    assert_eq!(audience(&ask(&keeper, &[DOGS, DOGS]).await), [DOGS]);
    let mut all = owned(&[DOGS, BIRDS, server.url()]);
    all.sort_unstable();
    assert_eq!(audience(&ask(&keeper, &[server.url(), DOGS, BIRDS]).await), all);
}

// RFC 8707 §2, RFC 9068 §3
#[tokio::test(flavor = "multi_thread")]
async fn a_resource_that_the_client_may_not_ask_for_is_an_invalid_target() {
    let server = TestServer::start().await;
    let keeper = keeper(&server).await;
    let slash = format!("{}/", server.url());
    for resource in [CATS, "https://dogs.example/", "https://DOGS.example", "dogs", "keeper", &slash, " "] {
        for resources in [&[resource][..], &[DOGS, resource]] {
            let answer = ask(&keeper, resources).await;
            answer.expect_error(400, "invalid_target").expect_reason("resource_not_allowed");
        }
    }
    let service = server.client().as_demo_service();
    let answer = service.token(&[("grant_type", "client_credentials"), ("resource", CATS)]).await;
    answer.expect_error(400, "invalid_target").expect_reason("resource_not_allowed");
}

// RFC 8707 §2
#[tokio::test(flavor = "multi_thread")]
async fn a_service_asks_for_its_resources() {
    let server = TestServer::start().await;
    let robot = make(&server, NewClient { resources: owned(&[DOGS, BIRDS]), ..confidential("robot") }).await;
    let request = [("grant_type", "client_credentials"), ("resource", DOGS), ("resource", BIRDS)];
    assert_eq!(audience(&robot.token(&request).await), [DOGS, BIRDS]);
}

// RFC 8707 §2.2: at a refresh it may only narrow, and the grant stays what it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_narrows_the_audience_and_never_the_grant() {
    let server = TestServer::start().await;
    let keeper = keeper(&server).await;
    let first = ask(&keeper, &[DOGS, server.url()]).await.tokens();
    let narrow = refresh_for(&keeper, &first.refresh, &[DOGS]).await;
    assert_eq!(audience(&narrow), [DOGS]);
    // The client's own, but not what was granted.
    for resources in [&[BIRDS][..], &[DOGS, BIRDS], &[CATS]] {
        let answer = refresh_for(&keeper, &narrow.tokens().refresh, resources).await;
        answer.expect_error(400, "invalid_target").expect_reason("resource_not_allowed");
    }
    let whole = keeper.refresh(&narrow.tokens().refresh).await;
    let mut granted = owned(&[DOGS, server.url()]);
    granted.sort_unstable();
    assert_eq!(audience(&whole), granted);
    let told = keeper.introspect(&whole.tokens().refresh).await.expect(200);
    let mut aud: Vec<String> = serde_json::from_value(told["aud"].clone()).expect("a list of texts");
    aud.sort_unstable();
    assert_eq!(aud, granted);
}

// RFC 8707 §2.2: the issuer is a resource like any other.
#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_does_not_add_the_issuer_to_the_audience() {
    let server = TestServer::start().await;
    let keeper = keeper(&server).await;
    let first = ask(&keeper, &[DOGS]).await.tokens();
    let answer = refresh_for(&keeper, &first.refresh, &[server.url()]).await;
    answer.expect_error(400, "invalid_target").expect_reason("resource_not_allowed");
    assert_eq!(audience(&keeper.refresh(&first.refresh).await), [DOGS]);
}

// DESIGN.md §2: userinfo and `/api/v1` take only tokens whose audience has the issuer.
#[tokio::test(flavor = "multi_thread")]
async fn a_token_for_others_alone_is_refused_at_our_own_doors() {
    let server = TestServer::start().await;
    let client = server.client();
    let others = ask(&client, &[CATS]).await.tokens();
    let both = ask(&client, &[CATS, server.url()]).await.tokens();
    for path in ["/oauth2/userinfo", "/api/v1/me", "/api/v1/me/sessions"] {
        let told = client.get(path, &others.access).await.expect(401);
        assert!(told.header("www-authenticate").is_some_and(|it| it.contains("error=\"invalid_token\"")), "{told}");
        client.get(path, &both.access).await.expect(200);
    }
    assert!(client.is_active(&others.access).await, "the resource server that it is for takes it");
}

// RFC 9068 §2.2, RFC 7519 §4.1.3
#[tokio::test(flavor = "multi_thread")]
async fn an_audience_of_several_is_a_list() {
    let server = TestServer::start().await;
    let claims = ask(&server.client(), &[CATS, server.url()]).await.tokens().claims();
    assert_eq!(claims["aud"], json!([CATS, server.url()]));
}
