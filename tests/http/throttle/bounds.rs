//! What stops a guesser with many addresses, or with many names? 200 failures in a minute, of one account or from one address.

use grantd_tests::client::Client;
use grantd_tests::server::TestServer;

use super::{DAY, LONGEST, behind_proxy, from, wait};

/// An address that nobody else has.
fn address(number: usize) -> String {
    format!("10.1.{}.{}", number / 200, number % 200)
}

/// Guesses ada's password from so many addresses.
async fn spread(client: &Client, times: usize) {
    for number in 0..times {
        assert_eq!(wait(from(client, &address(number), "ada", "wrong").await), None, "guess {number}");
    }
}

/// Guesses one password for so many names from one address.
async fn spray(client: &Client, ip: &str, times: usize) {
    for number in 0..times {
        assert_eq!(wait(from(client, ip, &format!("name{number}"), "wrong").await), None, "guess {number}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_guessed_at_200_times_a_minute_from_wherever() {
    let server = behind_proxy().await;
    let client = server.client();
    spread(&client, 199).await;
    server.clock().advance(20);
    assert_eq!(wait(from(&client, "10.9.9.9", "ada", "wrong").await), None);
    let told = wait(from(&client, "10.9.9.10", "ada", "ada-dev-password").await);
    assert!(told.is_some_and(|seconds| (1..=60).contains(&seconds)), "{told:?}");
    from(&client, "10.9.9.10", "bob", "bob-dev-password").await.expect(200);
    server.clock().advance(told.unwrap_or_default());
    from(&client, "10.9.9.10", "ada", "ada-dev-password").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_guesses_200_times_a_minute_at_whomever() {
    let server = behind_proxy().await;
    let client = server.client();
    spray(&client, "10.2.0.1", 200).await;
    for (name, password) in [("ada", "ada-dev-password"), ("name-that-is-new", "wrong")] {
        let told = wait(from(&client, "10.2.0.1", name, password).await);
        assert!(told.is_some_and(|seconds| (1..=60).contains(&seconds)), "{told:?}");
    }
    from(&client, "10.2.0.2", "ada", "ada-dev-password").await.expect(200);
    server.clock().advance(60);
    from(&client, "10.2.0.1", "ada", "ada-dev-password").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_ipv6_network_guesses_as_one_address_does() {
    let server = behind_proxy().await;
    let client = server.client();
    for number in 0..200 {
        let ip = format!("2001:db8:5:5::{number:x}");
        assert_eq!(wait(from(&client, &ip, &format!("name{number}"), "wrong").await), None, "guess {number}");
    }
    let told = wait(from(&client, "2001:db8:5:5:1::", "ada", "ada-dev-password").await);
    assert!(told.is_some_and(|seconds| (1..=60).contains(&seconds)), "{told:?}");
    from(&client, "2001:db8:5:6::", "ada", "ada-dev-password").await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn failures_of_different_minutes_do_not_add_up() {
    let server = behind_proxy().await;
    let client = server.client();
    for minute in 0..3 {
        spray(&client, &format!("10.3.0.{minute}"), 1).await;
        spread(&client, 120).await;
        server.clock().advance(61);
        for number in 0..120 {
            from(&client, &address(number), "ada", "ada-dev-password").await.expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn right_sign_ins_are_not_counted() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..230 {
        client.sign_in_ada().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_back_shuts_no_account_and_no_address_out() {
    let server = behind_proxy().await;
    let client = server.client();
    spread(&client, 200).await;
    spray(&client, "10.2.0.1", 200).await;
    server.clock().advance(-DAY);
    for (ip, name, password) in [("10.9.9.9", "ada", "ada-dev-password"), ("10.2.0.1", "bob", "bob-dev-password")] {
        let answer = from(&client, ip, name, password).await;
        if answer.status != 200 {
            let told = wait(answer);
            assert!(told.is_some_and(|seconds| seconds <= LONGEST), "{told:?}");
        }
    }
    server.clock().advance(LONGEST);
    from(&client, "10.9.9.9", "ada", "ada-dev-password").await.expect(200);
    from(&client, "10.2.0.1", "bob", "bob-dev-password").await.expect(200);
}
