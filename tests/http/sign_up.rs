//! Who can make an account, under which name and with which password? (DESIGN.md §2, §7)

use std::collections::BTreeSet;

use grantd_tests::server::TestServer;
use grantd_tests::wire;
use serde_json::json;

use super::errors::{expect_problem, media_type};
use super::told::faults;

const GOOD: &str = "a few words of mine";

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_is_told_and_holds_no_token() {
    let server = TestServer::start().await;
    let made = server.client().sign_up("Grace.Hopper", "Grace@Example.org", GOOD).await.expect(201);
    assert_eq!(media_type(&made), "application/json", "{made}");
    let id = made.text("id");
    assert!(id.strip_prefix("usr_").is_some_and(|rest| rest.len() == 26), "{made}");
    let whole = json!({
        "id": id, "username": "Grace.Hopper", "email": "Grace@Example.org", "name": null, "roles": [],
        // SHA-256 of the address in lower case.
        "picture": "https://gravatar.com/avatar/233ac984b593b1d70d8de3150f794304b623e57e11ae118e236205323735c59f",
        "created_at": "2027-01-15T08:00:00Z",
    });
    assert_eq!(made.json, whole, "{made}");
    assert!(made.header("set-cookie").is_none(), "{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_user_signs_in_at_once_and_reads_the_same() {
    let server = TestServer::start().await;
    let client = server.client();
    let made = client.sign_up("grace", "grace@example.org", GOOD).await.expect(201);
    let tokens = client.sign_in("grace", GOOD).await;
    assert_eq!(tokens.claims()["sub"], made["id"]);
    let me = client.get("/api/v1/me", &tokens.access).await.expect(200);
    assert_eq!(me.json, made.json, "{me}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_server_lets_nobody_sign_up() {
    let server = TestServer::with(&[("signup", "closed")]).await;
    let client = server.client();
    expect_problem(client.sign_up("grace", "grace@example.org", GOOD).await, 403, "signup_closed");
    expect_problem(client.sign_up("ada", "ada@example.org", GOOD).await, 403, "signup_closed");
    client.try_sign_in("grace", GOOD).await.expect_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_looks_like_another_is_taken() {
    let server = TestServer::start().await;
    let client = server.client();
    client.sign_up("\u{e9}va.Straße", "eva@example.org", GOOD).await.expect(201);
    for (place, name) in ["ada", "ADA", "Ada", "ａｄａ", "\u{e9}va.straße", "E\u{301}VA.STRASSE"].iter().enumerate()
    {
        let answer = client.sign_up(name, &format!("new{place}@example.org"), GOOD).await;
        expect_problem(answer, 409, "username_taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_email_of_another_is_taken_in_any_case() {
    let server = TestServer::start().await;
    let client = server.client();
    client.sign_up("eva", "\u{c9}va@Bücher.example", GOOD).await.expect(201);
    for (place, email) in
        ["ada@example.org", "ADA@EXAMPLE.ORG", "Ada@Example.Org", "\u{e9}VA@BÜCHER.example"].iter().enumerate()
    {
        let answer = client.sign_up(&format!("new{place}"), email, GOOD).await;
        expect_problem(answer, 409, "email_taken");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn usernames_of_letters_digits_dots_hyphens_underscores_are_taken() {
    let server = TestServer::start().await;
    let client = server.client();
    let long = "ä".repeat(64);
    for (place, name) in ["a", "7", "a.b-c_d", "-", "Ünïcöde", "日本語", "Ωmega", "नमन", &long].iter().enumerate()
    {
        let made = client.sign_up(name, &format!("new{place}@example.org"), GOOD).await;
        assert_eq!((made.status, made["username"].as_str()), (201, Some(*name)), "{name:?}{made}");
        client.sign_in(name, GOOD).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_usernames_are_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let long = "a".repeat(65);
    let huge = "a".repeat(10_000);
    let mut cases = vec![("", "too_short"), (long.as_str(), "too_long"), (huge.as_str(), "too_long")];
    let odd = [
        "ada lovelace",
        " grace",
        "grace ",
        "a@b",
        "grace@example.org",
        "a/b",
        "a\\b",
        "a:b",
        "a+b",
        "a\0b",
        "a\nb",
        "zero\u{200b}width",
        "\u{202e}right",
        "soft\u{ad}hyphen",
        "<b>",
        "'or'1",
        "%00",
        "emoji😀",
        "variation\u{fe0f}",
    ];
    cases.extend(odd.iter().map(|name| (*name, "not_allowed_characters")));
    for (name, reason) in cases {
        let answer = client.sign_up(name, "new@example.org", GOOD).await;
        assert_eq!(faults(answer), [format!("username: {reason}")], "{:?}", &name[..name.len().min(40)]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_email_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let odd = [
        "ada",
        "@example.org",
        "ada@",
        "a@b@c",
        "ada @example.org",
        " ada@example.org",
        "ada@example.org\n",
        "ada@exam ple.org",
        "ada@.example.org",
        "ada@example..org",
        "a\0@example.org",
        "zero\u{200b}@example.org",
    ];
    for email in odd {
        assert_eq!(faults(client.sign_up("new", email, GOOD).await), ["email: not_an_email"], "{email:?}");
    }
    let long = format!("{}@example.org", "a".repeat(10_000));
    assert_eq!(faults(client.sign_up("new", &long, GOOD).await), ["email: too_long"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_weak_password_is_refused_with_its_reason() {
    let server = TestServer::start().await;
    let client = server.client();
    let (long, huge) = ("ü".repeat(257), "a".repeat(50_000));
    for (password, reason) in [
        ("", "too_short"),
        ("seven77", "too_short"),
        // Seven characters after NFC, fourteen before.
        ("e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}", "too_short"),
        (long.as_str(), "too_long"),
        (huge.as_str(), "too_long"),
        ("password", "too_common"),
        ("PassWord", "too_common"),
        ("12345678", "too_common"),
        ("iloveyou", "too_common"),
    ] {
        let answer = client.sign_up("new", "new@example.org", password).await;
        assert_eq!(faults(answer), [format!("password: {reason}")], "{password:.20}");
    }
    client.sign_up("new", "new@example.org", GOOD).await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn passwords_of_8_and_of_256_characters_sign_in() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, password) in [
        ("shortest", "qv7.mzwx".to_owned()),
        ("longest", "ü ".repeat(128)),
        // 512 characters before NFC.
        ("composed", "e\u{301}".repeat(256)),
        ("all-the-same", "z".repeat(12)),
        ("emoji", "🦀🦞🦐🦑🐙🐚🐡🐠".to_owned()),
        ("control", "tab\tline\nbell\u{7}".to_owned()),
    ] {
        client.sign_up(name, &format!("{name}@example.org"), &password).await.expect(201);
        client.sign_in(name, &password).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_character_beyond_256_never_signs_in() {
    let server = TestServer::start().await;
    let client = server.client();
    client.sign_up("longest", "longest@example.org", &"ü ".repeat(128)).await.expect(201);
    let longer = format!("{}x", "ü ".repeat(128));
    client.try_sign_in("longest", &longer).await.expect_error(400, "invalid_grant").expect_reason("sign_in_failed");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_the_same_composed_or_not() {
    let server = TestServer::start().await;
    let client = server.client();
    let (composed, decomposed) = ("caf\u{e9} au lait \u{1e69}", "cafe\u{301} au lait s\u{323}\u{307}");
    client.sign_up("one", "one@example.org", composed).await.expect(201);
    client.sign_up("two", "two@example.org", decomposed).await.expect(201);
    for name in ["one", "two"] {
        client.sign_in(name, composed).await;
        client.sign_in(name, decomposed).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_neither_trimmed_nor_folded() {
    let server = TestServer::start().await;
    let client = server.client();
    client.sign_up("spaced", "spaced@example.org", "  Two words  ").await.expect(201);
    for wrong in ["Two words", "  Two words", "Two words  ", " Two words ", "  two words  ", "  Ｔwo words  "] {
        client.try_sign_in("spaced", wrong).await.expect_error(400, "invalid_grant");
        server.clock().advance(900);
    }
    client.sign_in("spaced", "  Two words  ").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_told_at_once() {
    let server = TestServer::start().await;
    let told: BTreeSet<_> = faults(server.client().sign_up("a b", "nowhere", "short").await).into_iter().collect();
    let wanted = ["email: not_an_email", "password: too_short", "username: not_allowed_characters"];
    assert_eq!(told, wanted.map(str::to_owned).into());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_length_counts() {
    let server = TestServer::with(&[("password.min_length", "15")]).await;
    let client = server.client();
    assert_eq!(faults(client.sign_up("new", "new@example.org", "fourteen chars").await), ["password: too_short"]);
    client.sign_up("new", "new@example.org", "fifteen chars!!").await.expect(201);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_who_want_one_name_at_once_one_gets_it() {
    let server = TestServer::start().await;
    let client = server.client();
    let requests = (0..16).map(|number| {
        let body =
            json!({"username": "wanted", "email": format!("w{number}@example.org"), "password": GOOD}).to_string();
        let head = format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        let text = format!("POST /api/v1/users HTTP/1.1\r\nHost: localhost\r\n{head}\r\n{body}");
        (client.address(), text.into_bytes())
    });
    let replies = wire::at_once(requests.collect()).await;
    let made = replies.iter().filter(|reply| reply.status == 201).count();
    let taken =
        replies.iter().filter(|reply| reply.status == 409 && reply.json()["reason"] == "username_taken").count();
    assert_eq!((made, taken), (1, 15), "{replies:?}");
    client.sign_in("wanted", GOOD).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gives_oneself_a_role_or_an_id() {
    let server = TestServer::start().await;
    let client = server.client();
    let body = json!({
        "username": "mallory", "email": "mallory@example.org", "password": GOOD, "roles": ["admin"], "role": "admin",
        "id": "usr_00000000000000000000000000", "name": "Mallory", "created_at": "1970-01-01T00:00:00Z",
        "locked": false, "email_verified": true, "password_hash": "$argon2id$x",
    });
    let made = client.send(reqwest::Method::POST, "/api/v1/users", "", &body).await.expect(201);
    assert_eq!((&made["roles"], &made["name"]), (&json!([]), &json!(null)), "{made}");
    assert_ne!(made["id"], body["id"], "{made}");
    assert_eq!(made["created_at"], "2027-01-15T08:00:00Z", "{made}");
    let tokens = client.sign_in_for("mallory", GOOD, "openid profile admin").await;
    assert_eq!(tokens.claims()["roles"], json!([]));
    assert!(!tokens.scope.split(' ').any(|scope| scope == "admin"), "{}", tokens.scope);
}
