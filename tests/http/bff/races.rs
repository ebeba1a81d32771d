//! What happens when many tabs do something with one cookie at once?

use std::collections::BTreeSet;

use grantd_tests::server::TestServer;
use grantd_tests::wire::{self, Reply};

use super::{Browser, expect_refusal, told};

const ROUNDS: usize = 8;

/// The cookie that an answer sets, name and value.
fn cookie(reply: &Reply) -> String {
    let set = reply.header("set-cookie").unwrap_or_else(|| panic!("no cookie: {}", reply.head));
    set.split(';').next().unwrap_or_default().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tabs_that_refresh_at_once_all_get_the_same_cookie() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    for _ in 0..ROUNDS {
        let request = browser.bytes("refresh", "");
        let replies = wire::at_once(vec![(browser.client.address(), request); 16]).await;
        assert!(replies.iter().all(|reply| reply.status == 200), "{replies:?}");
        let cookies: BTreeSet<_> = replies.iter().map(cookie).collect();
        assert_eq!(cookies.len(), 1);
        browser = browser.with_cookie(cookies.first().expect("one"));
    }
    browser.user().await.expect(200);
    assert_eq!(told(&server).await, ["signed_in"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_sign_out_beside_a_refresh_wins() {
    let server = TestServer::start().await;
    for _ in 0..ROUNDS {
        let browser = Browser::of_ada(&server).await;
        let address = browser.client.address();
        let (out, renewal) = (browser.bytes("logout", ""), browser.bytes("refresh", ""));
        let replies = wire::at_once(vec![(address, renewal), (address, out)]).await;
        assert_eq!(replies[1].status, 204);
        let mut left = vec![browser.cookie.clone().expect("a cookie")];
        match replies[0].status {
            200 => left.push(cookie(&replies[0])),
            status => assert_eq!((status, replies[0].json()["reason"].as_str()), (401, Some("signed_out"))),
        }
        for cookie in left {
            expect_refusal(browser.with_cookie(&cookie).user().await, 401, "signed_out", true);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sign_ins_at_once_end_the_old_session_once() {
    let server = TestServer::start().await;
    let browser = Browser::of_ada(&server).await;
    let body = r#"{"username":"bob","password":"bob-dev-password"}"#;
    let request = browser.bytes("login", body);
    let replies = wire::at_once(vec![(browser.client.address(), request); 8]).await;
    let cookies: BTreeSet<_> = replies.iter().map(cookie).collect();
    assert_eq!(cookies.len(), 8, "each is a sign-in");
    for cookie in &cookies {
        assert_eq!(browser.with_cookie(cookie).user().await.expect(200)["user"]["username"], "bob");
    }
    expect_refusal(browser.copy().user().await, 401, "signed_out", true);
    assert_eq!(told(&server).await, ["signed_in", "signed_out: signed_out"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cookies_that_were_replaced_end_the_session_once() {
    let server = TestServer::start().await;
    let mut browser = Browser::of_ada(&server).await;
    let old = browser.copy();
    browser.refresh().await.expect(200);
    browser.refresh().await.expect(200);
    let replies = wire::at_once(vec![(old.client.address(), old.bytes("refresh", "")); 16]).await;
    for reply in replies {
        assert_eq!((reply.status, reply.json()["reason"].as_str()), (401, Some("refresh_token_reused")));
        assert!(reply.header("set-cookie").is_some_and(|set| set.contains("Max-Age=0")));
    }
    assert_eq!(told(&server).await, ["signed_in", "refresh_token_reused: refresh_token_reused"]);
}
