//! Who guesses the present password where it is changed? The door is that of the sign-in (DESIGN.md §7).

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;

use super::password::{NEW, OLD, put};
use crate::told::faults;

/// Fails the test when it is no wrong password; the seconds to wait, if it names some.
#[track_caller]
fn wait(answer: Answer) -> Option<i64> {
    let seconds = answer.header("retry-after").map(|seconds| seconds.parse().expect("seconds"));
    if answer.status == 422 {
        assert_eq!(faults(answer), ["current_password: sign_in_failed"]);
    } else {
        answer.expect_error(400, "invalid_grant").expect_reason("sign_in_failed");
    }
    seconds
}

async fn guess_here(client: &Client, access: &str, times: usize) {
    for _ in 0..times {
        assert_eq!(wait(put(client, access, "wrong", NEW).await), None);
    }
}

async fn guess_there(client: &Client, times: usize) {
    for _ in 0..times {
        assert_eq!(wait(client.try_sign_in("bob", "wrong").await), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn five_failures_are_free_then_each_wait_is_twice_the_last() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    guess_here(&client, &access, 5).await;
    for seconds in [1, 2, 4, 8] {
        assert_eq!(wait(put(&client, &access, OLD, NEW).await), Some(seconds), "right or wrong, it has to wait");
        server.clock().advance(seconds);
        assert_eq!(wait(put(&client, &access, "wrong", NEW).await), None, "the one that is let through");
    }
    server.clock().advance(16);
    put(&client, &access, OLD, NEW).await.expect(204);
    guess_here(&client, &access, 5).await;
    assert_eq!(wait(put(&client, &access, NEW, OLD).await), Some(1), "the waits begin anew");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_guessed_at_one_door_is_counted_at_the_other() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    guess_here(&client, &access, 5).await;
    assert_eq!(wait(client.try_sign_in("bob", OLD).await), Some(1));
    assert_eq!(wait(client.try_sign_in("bob@example.org", OLD).await), Some(1));
    client.sign_in_ada().await;
    server.clock().advance(1);
    client.sign_in_bob().await;
    guess_there(&client, 5).await;
    assert_eq!(wait(put(&client, &access, OLD, NEW).await), Some(1));
    server.clock().advance(1);
    put(&client, &access, OLD, NEW).await.expect(204);
    guess_there(&client, 3).await;
    guess_here(&client, &access, 2).await;
    assert_eq!(wait(client.try_sign_in("bob", NEW).await), Some(1));
    assert_eq!(wait(put(&client, &access, NEW, OLD).await), Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_that_can_be_none_is_not_counted() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = client.sign_in_bob().await.access;
    for _ in 0..9 {
        assert_eq!(faults(put(&client, &access, "wrong", "short").await), ["new_password: too_short"]);
    }
    guess_here(&client, &access, 5).await;
}
