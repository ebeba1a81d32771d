//! Do people sign in whose password another program hashed? Once with that hash, then with ours (DESIGN.md §7).

use grantd::flows::{By, HashFault, NewPassword, NewUser, UserRefusal};
use grantd::model::reason::Reason;
use grantd::model::secret::Secret;
use grantd_tests::server::TestServer;
use grantd_tests::wire;

use super::errors::expect_oauth;

const PASSWORD: &str = "a few words of Zoë";

/// A name, and what Django, passlib, bcrypt and argon2-cffi made of [`PASSWORD`] at next to no cost.
const SAMPLES: [(&str, &str); 9] = [
    ("django-pbkdf2", "pbkdf2_sha256$1000$saltOfDjango22$IOk70Qdr1eL84NDE20GGuS/DYJQKjKQ2anWplyQQHn8="),
    (
        "django-scrypt",
        "scrypt$16$saltOfDjango22$8$5$KyiPCLFLypjIG+ubKqH6MWFuq3+oDZrnwqyF7L6S7n9tuxURwESAndZIEQB4TIhueczc0a805ezEPZrP/ablVA==",
    ),
    ("django-bcrypt", "bcrypt_sha256$$2b$04$abcdefghijklmnopqrstuuysyESTA6LglCDyXfoAK0sMn7teQq06G"),
    ("bcrypt", "$2b$04$abcdefghijklmnopqrstuuqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2"),
    ("php", "$2y$04$abcdefghijklmnopqrstuuqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2"),
    ("passlib", "$pbkdf2-sha256$1000$....IHNhbHQgb2YgMTYgYg$AJ31Nyh8lOg11OH9zJIxcWeqq9kMWvGe0ZgfSK4tO1g"),
    ("phc", "$pbkdf2-sha256$i=1000,l=32$++++IHNhbHQgb2YgMTYgYg$AJ31Nyh8lOg11OH9zJIxcWeqq9kMWvGe0ZgfSK4tO1g"),
    ("scrypt", "$scrypt$ln=4,r=8,p=1$++++IHNhbHQgb2YgMTYgYg$EFp1vPcTy/piNw5Em1rl/uy6GHHnhn3/lT/zcJnr1VI"),
    ("argon2", "$argon2id$v=19$m=64,t=1,p=2$++++IHNhbHQgb2YgMTYgYg$2YHZeCPi0wCz1gSgp1Yn+Fli+U7nGgVTUgRrShqvbvg"),
];

async fn bring(server: &TestServer, name: &str, hash: &str) -> Result<(), UserRefusal> {
    let new = NewUser {
        username: name.to_owned(),
        email: format!("{name}@example.org"),
        password: NewPassword::Hashed(Secret::new(hash.to_owned())),
        roles: Vec::new(),
    };
    server.flows().create_user(new, By::CommandLine).await.map(drop)
}

/// Whether the hash that is kept begins so.
async fn is_kept_as(server: &TestServer, name: &str, begin: &str) -> bool {
    let sql = format!("SELECT count(*) FROM users WHERE username = '{name}' AND password_hash LIKE '{begin}%'");
    server.home().rows().numbers(&sql).await == [1]
}

#[tokio::test(flavor = "multi_thread")]
async fn each_kind_signs_in_and_is_our_own_from_then_on() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, hash) in SAMPLES {
        bring(&server, name, hash).await.expect("a user with this hash");
        client.try_sign_in(name, "a few words of Zoe").await.expect_error(400, "invalid_grant");
        assert!(is_kept_as(&server, name, hash).await, "a wrong password changed the hash: {hash}");
        client.sign_in(name, PASSWORD).await;
        assert!(is_kept_as(&server, name, "$argon2id$v=19$m=8,t=1,p=1$").await, "not hashed anew: {hash}");
        client.sign_in(name, PASSWORD).await;
        client.try_sign_in(name, "a few words of Zoe").await.expect_error(400, "invalid_grant");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn first_sign_ins_at_once_all_succeed() {
    let server = TestServer::start().await;
    let client = server.client();
    for (name, hash) in SAMPLES {
        bring(&server, name, hash).await.expect("a user with this hash");
        let body = format!("grant_type=password&client_id=web&username={name}&password=a+few+words+of+Zo%C3%AB");
        let requests = (0..8).map(|_| (client.address(), wire::form("/oauth2/token", "", &body))).collect();
        for reply in wire::at_once(requests).await {
            assert_eq!(reply.status, 200, "{hash}\n{}\n\n{}", reply.head, reply.text());
        }
        client.sign_in(name, PASSWORD).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_bcrypt_did_not_count_of_a_long_password_counts_after_the_first_sign_in() {
    let server = TestServer::start().await;
    let client = server.client();
    bring(&server, "long", "$2b$04$abcdefghijklmnopqrstuubzadhGtS2zEF.gu0yd0opP6cVzb.e0i").await.expect("a user");
    let long = "x".repeat(80);
    client.try_sign_in("long", &long[..71]).await.expect_error(400, "invalid_grant");
    client.sign_in("long", &long).await;
    client.sign_in("long", &long).await;
    client.try_sign_in("long", &long[..72]).await.expect_error(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_was_hashed_decomposed_signs_in_composed_after_the_first_time() {
    let server = TestServer::start().await;
    let client = server.client();
    let hash = "pbkdf2_sha256$1000$saltOfDjango22$a3Fgg7dFORX5gAY66/GXgEnUwCOrNHZq8TTML2Zar/I=";
    bring(&server, "zoe", hash).await.expect("a user");
    client.sign_in("zoe", "Zoe\u{308} of old").await;
    client.sign_in("zoe", "Zo\u{eb} of old").await;
    client.sign_in("zoe", "Zoe\u{308} of old").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_of_an_unknown_kind_or_an_absurd_cost_makes_no_user() {
    let server = TestServer::start().await;
    for (hash, fault) in [
        ("", HashFault::Unknown),
        ("md5$salt$67a1e09bb1f83f5007dc119c14d663aa", HashFault::Unknown),
        ("$2b$31$abcdefghijklmnopqrstuuqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2", HashFault::TooCostly),
    ] {
        let refused = bring(&server, "brought", hash).await;
        let Err(UserRefusal::InvalidHash(faults, why)) = &refused else { panic!("{refused:?}: {hash}") };
        assert_eq!((faults.as_slice(), *why), (&[("password_hash", Reason::UnknownValue)][..], fault), "{hash}");
    }
    bring(&server, "brought", SAMPLES[0].1).await.expect("a name that is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_that_should_not_be_there_is_nobodys_and_never_computed() {
    let server = TestServer::start().await;
    let client = server.client();
    for hash in [
        // 4 TiB and some 2^31 rounds: whoever computed them would not answer today.
        "$argon2id$v=19$m=4294967295,t=4294967295,p=1$++++IHNhbHQgb2YgMTYgYg$fbfu22ZO2qT37n2QbOMWgw",
        "$2b$31$abcdefghijklmnopqrstuuqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2",
        "no hash at all",
        "",
    ] {
        server
            .home()
            .rows()
            .execute(&format!("UPDATE users SET password_hash = '{hash}' WHERE username = 'bob'"))
            .await;
        let refused = client.try_sign_in("bob", "bob-dev-password").await;
        expect_oauth(refused, 400, "invalid_grant", "sign_in_failed");
    }
    client.sign_in_ada().await;
}
