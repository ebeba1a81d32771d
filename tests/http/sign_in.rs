//! Who is let in by name and password, and can a guesser tell the refusals apart? (DESIGN.md §7)

use grantd::model::secret::Secret;
use grantd_tests::client::Answer;
use grantd_tests::server::{Settings, TestServer};
use grantd_tests::wire;

use super::errors::{expect_oauth, expect_problem};

/// Hashing as slow as a machine under load has it, and room for one who waits.
const SLOW: Settings<'static> = &[
    ("password.memory_kib", "65536"),
    ("password.iterations", "8"),
    ("password.threads", "1"),
    ("password.queue", "1"),
];

/// What a guesser sees of an answer.
fn seen(answer: &Answer) -> (u16, Vec<String>, String) {
    let mut headers: Vec<_> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date", "retry-after"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    (answer.status, headers, answer.body.clone())
}

fn sign_in_bytes(username: &str, password: &str) -> Vec<u8> {
    let body = format!("grant_type=password&client_id=web&username={username}&password={password}");
    wire::form("/oauth2/token", "", &body)
}

#[tokio::test(flavor = "multi_thread")]
async fn name_and_email_sign_in_in_any_case() {
    let server = TestServer::start().await;
    let client = server.client();
    client.sign_up("Jürgen", "J.Maier@Example.org", "a few words of mine").await.expect(201);
    for (name, password) in [
        ("ada", "ada-dev-password"),
        ("ADA", "ada-dev-password"),
        ("ａｄａ", "ada-dev-password"),
        ("ada@example.org", "ada-dev-password"),
        ("ADA@Example.ORG", "ada-dev-password"),
        ("JÜRGEN", "a few words of mine"),
        ("ju\u{308}rgen", "a few words of mine"),
        ("j.maier@example.org", "a few words of mine"),
    ] {
        let tokens = client.sign_in(name, password).await;
        let me = client.userinfo(&tokens.access).await.expect(200);
        assert_eq!(me["sub"], tokens.claims()["sub"], "{name}");
    }
    for (name, password) in [("ada", "ADA-dev-password"), ("ada ", "ada-dev-password"), (" ada", "ada-dev-password")] {
        client.try_sign_in(name, password).await.expect_error(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_wrong_locked_and_throttled_look_alike() {
    let server = TestServer::start().await;
    let client = server.client();
    client.sign_up("locked", "locked@example.org", "a few words of mine").await.expect(201);
    server.set_locked("locked", true).await.expect("a user that is locked");
    let mut answers = vec![
        client.try_sign_in("ada", "wrong").await,
        client.try_sign_in("ada", "short").await,
        client.try_sign_in("ada", &"x".repeat(300)).await,
        client.try_sign_in("ada@example.org", "wrong").await,
        client.try_sign_in("nobody", "wrong").await,
        client.try_sign_in("nobody@example.org", "ada-dev-password").await,
        client.try_sign_in("no such name!", "wrong").await,
        client.try_sign_in("locked", "wrong").await,
        client.try_sign_in("locked", "a few words of mine").await,
    ];
    for _ in 0..5 {
        client.try_sign_in("bob", "wrong").await;
        client.try_sign_in("unknown", "wrong").await;
    }
    for name in ["bob", "unknown"] {
        let throttled = client.try_sign_in(name, "bob-dev-password").await;
        assert_eq!(throttled.header("retry-after"), Some("1"), "{throttled}");
        answers.push(throttled);
    }
    for answer in &answers {
        assert_eq!(seen(answer), seen(&answers[0]), "another answer than the first{answer}");
    }
    for answer in &answers[..9] {
        assert!(answer.header("retry-after").is_none(), "{answer}");
    }
    expect_oauth(answers.remove(0), 400, "invalid_grant", "sign_in_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_user_signs_in_again_once_unlocked() {
    let server = TestServer::start().await;
    let client = server.client();
    server.set_locked("bob", true).await.expect("a user that is locked");
    for name in ["bob", "bob@example.org"] {
        let answer = client.try_sign_in(name, "bob-dev-password").await;
        expect_oauth(answer, 400, "invalid_grant", "sign_in_failed");
    }
    server.set_locked("bob", false).await.expect("a user that is unlocked");
    client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_holds_at_the_next_sign_in() {
    let server = TestServer::start().await;
    let client = server.client();
    let password = Secret::new("nine lives of a cat".to_owned());
    server.set_password("bob", &password).await.expect("a password that is changed");
    let answer = client.try_sign_in("bob", "bob-dev-password").await;
    expect_oauth(answer, 400, "invalid_grant", "sign_in_failed");
    client.sign_in("bob", "nine lives of a cat").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_without_name_or_password_is_no_guess() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..10 {
        for form in [
            vec![("grant_type", "password"), ("username", "bob")],
            vec![("grant_type", "password"), ("password", "wrong")],
            vec![("grant_type", "password")],
        ] {
            expect_oauth(client.token(&form).await, 400, "invalid_request", "missing_parameter");
        }
    }
    client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_refused_for_its_scope_is_no_guess() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..10 {
        let form = [("grant_type", "password"), ("username", "bob"), ("password", "wrong"), ("scope", "no-such-scope")];
        expect_oauth(client.token(&form).await, 400, "invalid_scope", "scope_not_allowed");
    }
    client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn many_right_sign_ins_at_once_all_succeed() {
    let server = TestServer::start().await;
    let client = server.client();
    for _ in 0..4 {
        client.try_sign_in("ada", "wrong").await.expect(400);
    }
    let requests = (0..48).map(|_| (client.address(), sign_in_bytes("ada", "ada-dev-password"))).collect();
    for reply in wire::at_once(requests).await {
        assert_eq!(reply.status, 200, "{}\n\n{}", reply.head, reply.text());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_right_sign_ins_at_once_succeed_though_a_rehash_is_due() {
    let server = TestServer::start().await;
    let server = server.restart(&[("password.memory_kib", "16"), ("password.iterations", "2")]).await;
    let client = server.client();
    let requests = (0..16).map(|_| (client.address(), sign_in_bytes("ada", "ada-dev-password"))).collect();
    for reply in wire::at_once(requests).await {
        assert_eq!(reply.status, 200, "{}\n\n{}", reply.head, reply.text());
    }
    client.sign_in_ada().await;
    client.try_sign_in("ada", "wrong").await.expect(400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_hashing_queue_is_said_at_once_and_is_no_failure() {
    let server = TestServer::with(SLOW).await;
    let client = server.client();
    let requests = (0..24).map(|_| (client.address(), sign_in_bytes("bob", "bob-dev-password"))).collect();
    let replies = wire::at_once(requests).await;
    let (done, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert!(!done.is_empty() && refused.len() > 10, "{} done, {} refused", done.len(), refused.len());
    for reply in refused {
        assert_eq!(reply.status, 503, "{}\n\n{}", reply.head, reply.text());
        let told = reply.json();
        assert_eq!((&told["error"], &told["reason"]), (&"temporarily_unavailable".into(), &"overloaded".into()));
        let seconds = reply.header("retry-after").and_then(|seconds| seconds.parse::<u32>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 0), "{}", reply.head);
    }
    let tokens = client.sign_in_bob().await;
    let log = client.get("/api/v1/me/activity?limit=200", &tokens.access).await.expect(200);
    assert!(!log.body.contains("sign_in_failed"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn other_requests_are_answered_while_the_hashing_queue_is_full() {
    let server = TestServer::with(SLOW).await;
    let client = server.client();
    let tokens = client.sign_in_bob().await;
    let requests = (0..16).map(|_| (client.address(), sign_in_bytes("bob", "bob-dev-password"))).collect();
    let flood = tokio::spawn(wire::at_once(requests));
    let tokens = client.refresh(&tokens.refresh).await.tokens();
    client.userinfo(&tokens.access).await.expect(200);
    flood.await.expect("the flood");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_up_into_a_full_hashing_queue_is_put_off() {
    let server = TestServer::with(SLOW).await;
    let client = server.client();
    let sign_ups: Vec<_> = (0..24)
        .map(|number| {
            let client = client.apart();
            tokio::spawn(async move {
                let (name, email) = (format!("new{number}"), format!("new{number}@example.org"));
                client.sign_up(&name, &email, "a few words of mine").await
            })
        })
        .collect();
    let (mut made, mut refused) = (0, 0);
    for sign_up in sign_ups {
        let answer = sign_up.await.expect("a task");
        if answer.status == 201 {
            made += 1;
        } else {
            refused += 1;
            assert!(answer.header("retry-after").is_some(), "{answer}");
            expect_problem(answer, 503, "overloaded");
        }
    }
    assert!(made > 0 && refused > 0, "{made} made, {refused} refused");
}
