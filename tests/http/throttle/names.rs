//! Does the throttle tell who has an account? Every way to write a name is counted as it is looked for. (DESIGN.md §7)

use grantd_tests::server::TestServer;

use super::{guess, wait};

/// The same address with a full-width at sign: another name, and nobody's.
const LOOKS_LIKE: [(&str, &str); 2] =
    [("ada@example.org", "ada\u{ff20}example.org"), ("nobody@example.org", "nobody\u{ff20}example.org")];

#[tokio::test(flavor = "multi_thread")]
async fn a_known_and_an_unknown_email_are_told_from_their_lookalikes_alike() {
    for (email, lookalike) in LOOKS_LIKE {
        let server = TestServer::start().await;
        let client = server.client();
        guess(&client, email, 5).await;
        assert_eq!(wait(client.try_sign_in(lookalike, "wrong").await), None, "{lookalike}");
        assert_eq!(wait(client.try_sign_in(&email.to_uppercase(), "wrong").await), Some(1), "{email}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_users_id_typed_as_a_name_is_nobodys_account() {
    let server = TestServer::start().await;
    let client = server.client();
    let sub = client.sign_in_ada().await.claims()["sub"].as_str().expect("a sub").to_owned();
    guess(&client, &sub, 5).await;
    client.sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_longer_than_any_counts_as_a_failure() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..5 {
        assert_eq!(wait(client.try_sign_in("ada", &"x".repeat(2000)).await), None);
    }
    assert_eq!(wait(client.try_sign_in("ada", "ada-dev-password").await), Some(1));
}
