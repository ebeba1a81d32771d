//! Does `grantd user create --password-hash-file` take what other programs hashed, and say what is wrong with the rest?

use grantd_tests::temp::TempDir;

use crate::site::{self, command, run, text};

/// What bcrypt made of [`PASSWORD`] at next to no cost.
const HASH: &str = "$2b$04$abcdefghijklmnopqrstuuqVfy9ZyJ3VTJeYp32YFw5q9lcNLHqX2";
const PASSWORD: &str = "a few words of Zoë";

const EVE: [&str; 6] = ["user", "create", "eve", "--email", "eve@example.org", "--password-hash-file"];

#[tokio::test(flavor = "multi_thread")]
async fn a_hash_from_a_file_or_standard_input_signs_in_and_is_replaced() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    for (number, end) in ["", "\n", "\r\n"].into_iter().enumerate() {
        let (name, email) = (format!("eve{number}"), format!("eve{number}@example.org"));
        let args = ["user", "create", &name, "--email", &email, "--password-hash-file"];
        let hash = format!("{HASH}{end}");
        let file = text(&data.write("hash", &hash));
        let made = match number {
            0 => command(&data, &args).arg("-").input(&hash).run(),
            _ => command(&data, &args).arg(file).run(),
        };
        assert!(!made.expect(0).to_string().contains("$2b$"), "the hash was shown");
        server.client().try_sign_in(&name, HASH).await.expect_error(400, "invalid_grant");
        server.client().sign_in(&name, PASSWORD).await;
    }
    let ours = "SELECT count(*) FROM users WHERE username LIKE 'eve%' AND password_hash LIKE '$argon2id$%'";
    assert_eq!(site::rows(&data).numbers(ours).await, [3]);
}

#[test]
fn a_hash_that_cannot_be_taken_over_is_refused_with_what_is_wrong_and_never_shown() {
    let data = site::migrated();
    let (kinds, costs) = ("Known are $argon2id$; bcrypt ($2a$, $2b$, $2y$)", "The cost of the hash is too high");
    let large = "x".repeat(10_000_000);
    for (hash, told) in [
        ("", kinds),
        ("\n", kinds),
        ("one of a kind, I hope", kinds),
        ("sha1$salt$59b3e8d637cf97edbe2384cf59cb7453dfe30789", kinds),
        ("$6$salt$IxDD3jeSOb5eB1CX5LBsqZFVkJdido3OUILO5Ifz5iwMuTS4XMS130MTSuDDl3aCI6WouIL9AjRbLCelDCy.g.", kinds),
        (&format!("{HASH}\n\n"), kinds),
        (&large, kinds),
        (&HASH.replace("$04$", "$31$"), costs),
        ("$argon2id$v=19$m=4194304,t=99999999999999999999,p=1$++++IHNhbHQgb2YgMTYgYg$fbfu22ZO2qT37n2QbOMWgw", costs),
    ] {
        let refused = command(&data, &EVE).arg("-").input(hash).run().expect(1);
        for told in ["password_hash: ", "(unknown_value)", told] {
            assert!(refused.stderr.contains(told), "no {told:?}{refused}");
        }
        assert!(refused.stdout.is_empty() && refused.stderr.len() < 1000, "{refused}");
        assert!(hash.len() < 10 || !refused.stderr.contains(&hash[hash.len() / 2..]), "the hash was shown{refused}");
    }
    let odd = command(&data, &EVE).arg("-").input(b"\xff\xfe no text at all").run().expect(1);
    assert!(odd.stderr.contains("UTF-8"), "{odd}");
    assert_eq!(run(&data, &["user", "list", "--json"]).expect(0).json(), serde_json::json!([]));
}

#[test]
fn a_wrong_hash_is_told_beside_what_else_is_wrong() {
    let data = site::migrated();
    let args = ["user", "create", "e v e", "--email", "nowhere", "--password-hash-file", "-"];
    let refused = command(&data, &args).input("no hash").run().expect(1);
    for told in ["username", "not_allowed_characters", "email", "not_an_email", "password_hash", "unknown_value"] {
        assert!(refused.stderr.contains(told), "no {told}{refused}");
    }
}

#[test]
fn a_password_and_a_hash_of_one_are_too_much() {
    let data = site::migrated();
    let file = text(&data.write("hash", HASH));
    let both = command(&data, &EVE).arg(&file).arg("--password-file").arg(&file).run().expect(2);
    assert!(both.stderr.contains("--password-file") && both.stderr.contains("--password-hash-file"), "{both}");
    let missing = command(&data, &EVE).arg("no-such-file").run().expect(1);
    assert!(missing.stderr.contains("no-such-file"), "{missing}");
    assert_eq!(run(&data, &["user", "list", "--json"]).expect(0).json(), serde_json::json!([]));
}
