//! What is sent at `/app/`? The web client's files, a page that may talk to its APIs alone, and settings of this very server.

use grantd::flows::{By, ClientChange};
use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;

use super::errors::{expect_problem, media_type};

const CATS: &str = "http://localhost:8090";
/// The files that the page names, and those that these import.
const FILES: [(&str, &str); 12] = [
    ("", "text/html"),
    ("style.css", "text/css"),
    ("config.js", "text/javascript"),
    ("main.js", "text/javascript"),
    ("screens.js", "text/javascript"),
    ("parts.js", "text/javascript"),
    ("api.js", "text/javascript"),
    ("oauth.js", "text/javascript"),
    ("cookie.js", "text/javascript"),
    ("http.js", "text/javascript"),
    ("tabs.js", "text/javascript"),
    ("token.js", "text/javascript"),
];

/// Gives `web` these resources, as an operator does.
async fn set_resources(server: &TestServer, resources: &[&str]) {
    let resources = Some(resources.iter().map(|&resource| resource.to_owned()).collect());
    let change = ClientChange { resources, ..ClientChange::default() };
    server.flows().change_client("web", change, By::CommandLine).await.expect("a change");
}

async fn get(client: &Client, name: &str) -> Answer {
    client.get(&format!("/app/{name}"), "").await
}

/// The policy with these origins to talk to.
fn policy(connect: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src {connect}; \
         base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn every_file_is_of_its_type_and_asked_for_again_each_time() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, wanted) in FILES {
        let file = get(&client, name).await.expect(200);
        assert_eq!(media_type(&file), wanted, "{name}");
        assert!(file.header("content-type").is_some_and(|value| value.ends_with("charset=utf-8")), "{file}");
        assert_eq!(file.header("cache-control"), Some("no-cache"), "{name}");
        assert_eq!(file.header("x-content-type-options"), Some("nosniff"), "{name}");
        assert!(file.header("set-cookie").is_none() && file.header("access-control-allow-origin").is_none(), "{file}");
        let tag = file.header("etag").unwrap_or_else(|| panic!("no ETag{file}")).to_owned();
        let again = client.request(Method::GET, &format!("/app/{name}")).header("if-none-match", &tag);
        let again = client.answer(again).await.expect(304);
        assert_eq!((again.body.as_str(), again.header("etag")), ("", Some(&*tag)), "{again}");
        assert_eq!(again.header("content-security-policy"), file.header("content-security-policy"), "{again}");
        let head = client.answer(client.request(Method::HEAD, &format!("/app/{name}"))).await.expect(200);
        assert_eq!((head.body.as_str(), head.header("etag")), ("", Some(&*tag)), "{head}");
        let post = client.answer(client.request(Method::POST, &format!("/app/{name}"))).await;
        expect_problem(post, 405, "method_not_allowed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_names_nothing_that_is_not_there() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, kind) in FILES {
        let body = get(&client, name).await.expect(200).body;
        let (mark, end) = if kind == "text/html" { ("=\"", '"') } else { ("from './", '\'') };
        for named in body.split(mark).skip(1).filter_map(|rest| rest.split(end).next()) {
            if [".js", ".css"].iter().any(|end| named.ends_with(end)) {
                assert!(FILES.iter().any(|(file, _)| *file == named), "{name} names {named}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_slash_the_page_moves_and_below_it_nothing_else_is_found() {
    let server = TestServer::start().await;
    let client = server.client();
    let moved = client.get("/app", "").await.expect(308);
    assert_eq!(moved.header("location"), Some("/app/"), "{moved}");
    for name in
        ["sessions", "index.html", "jsconfig.json", "main.js/", "../Cargo.toml", "%2e%2e/Cargo.toml", "main.js%00"]
    {
        let answer = get(&client, name).await;
        expect_problem(answer, 404, "not_found");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_may_talk_to_the_apis_of_its_client_alone() {
    let server = TestServer::start().await;
    let client = server.client();
    let page = get(&client, "").await.expect(200);
    assert_eq!(page.header("content-security-policy"), Some(&*policy(&format!("'self' {CATS}"))), "{page}");
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{page}");
    assert_eq!(page.header("cross-origin-opener-policy"), Some("same-origin"), "{page}");

    set_resources(&server, &["https://api.example.org/v1", "https://api.example.org:8443/", "urn:not:an:address"])
        .await;
    let page = get(&client, "").await.expect(200);
    let wanted = policy("'self' https://api.example.org https://api.example.org:8443");
    assert_eq!(page.header("content-security-policy"), Some(&*wanted), "{page}");

    set_resources(&server, &[]).await;
    let page = get(&client, "").await.expect(200);
    assert_eq!(page.header("content-security-policy"), Some(&*policy("'self'")), "{page}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_settings_name_this_server_and_change_with_it() {
    let server = TestServer::start().await;
    let client = server.client();
    let settings = get(&client, "config.js").await.expect(200);
    for line in [
        format!("issuer: \"{}\",", server.url()),
        "client: \"web\",".to_owned(),
        "signUp: true,".to_owned(),
        format!("cats: \"{CATS}\","),
        // By whatever name somebody came.
        "server: new URL('..', import.meta.url).href.slice(0, -1),".to_owned(),
    ] {
        assert!(settings.body.contains(&line), "no {line}{settings}");
    }
    let tag = settings.header("etag").expect("an ETag").to_owned();

    // What an operator may call an API is not always its address, and not always harmless where it stands in a script.
    let names = ["https://api.example.org/it's\\\"</script>", "urn:not:an:address", "https://cats.example.org"];
    set_resources(&server, &names).await;
    let again = client.request(Method::GET, "/app/config.js").header("if-none-match", tag);
    let settings = client.answer(again).await.expect(200);
    assert!(settings.body.contains("cats: \"https://cats.example.org\","), "{settings}");
    set_resources(&server, &names[..2]).await;
    let settings = get(&client, "config.js").await.expect(200);
    assert!(settings.body.contains("cats: \"\","), "{settings}");

    set_resources(&server, &[]).await;
    let settings = get(&client, "config.js").await.expect(200);
    assert!(settings.body.contains("cats: \"\","), "{settings}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_client_the_page_is_there_and_talks_to_the_server_alone() {
    let server = TestServer::start().await;
    server.flows().delete_client("web", By::CommandLine).await.expect("a client less");
    let client = server.client();
    let page = get(&client, "").await.expect(200);
    assert_eq!(page.header("content-security-policy"), Some(&*policy("'self'")), "{page}");
    assert!(get(&client, "config.js").await.expect(200).body.contains("cats: \"\","));
}

#[tokio::test(flavor = "multi_thread")]
async fn below_the_path_of_an_issuer_all_is_there_too() {
    let server = TestServer::with(&[("issuer", "http://localhost:1/auth")]).await;
    let client = server.client();
    let moved = client.get("/auth/app", "").await.expect(308);
    assert_eq!(moved.header("location"), Some("/auth/app/"), "{moved}");
    for (name, _) in FILES {
        client.get(&format!("/auth/app/{name}"), "").await.expect(200);
    }
    let settings = client.get("/auth/app/config.js", "").await.expect(200);
    assert!(settings.body.contains("issuer: \"http://localhost:1/auth"), "{settings}");
    client.get("/app/", "").await.expect(404);
}
