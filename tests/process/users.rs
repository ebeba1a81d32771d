//! Whom does `grantd user create` make, and whom not? And how is a password taken?

use std::thread;

use grantd_tests::temp::TempDir;

use crate::site::{self, PASSWORD, command, run};

const EVE: [&str; 5] = ["user", "create", "eve", "--email", "eve@example.org"];

#[test]
fn a_name_or_an_e_mail_that_differs_only_in_case_is_taken() {
    let data = site::migrated();
    command(&data, &EVE).input(PASSWORD).run().expect(0);
    for (name, email, field) in [
        ("EVE", "other@example.org", "username"),
        ("ｅｖｅ", "other@example.org", "username"),
        ("other", "EVE@Example.ORG", "email"),
    ] {
        let args = ["user", "create", name, "--email", email];
        let refused = command(&data, &args).input(PASSWORD).run().expect(1);
        assert!(refused.stderr.contains(field) && refused.stderr.contains("taken"), "{refused}");
        assert_eq!(refused.stdout, "");
    }
    assert_eq!(run(&data, &["user", "list", "--json"]).expect(0).json().as_array().map(Vec::len), Some(1));
}

#[test]
fn if_absent_makes_a_user_once_and_asks_for_no_password_then() {
    let data = site::migrated();
    let args = [&EVE[..], &["--if-absent", "--json"]].concat();
    let made = command(&data, &args).input(PASSWORD).run().expect(0).json();
    // Nothing on standard input: it would be too short a password.
    let again = run(&data, &args).expect(0);
    assert_eq!(again.json()["id"], made["id"]);
    assert!(again.stderr.contains("already"), "{again}");
    let other = ["user", "create", "mallory", "--email", "eve@example.org", "--if-absent"];
    command(&data, &other).input(PASSWORD).run().expect(1);
}

#[test]
fn two_that_make_the_same_user_at_once_both_succeed_with_if_absent() {
    let data = site::migrated();
    let args = [&EVE[..], &["--if-absent", "--json"]].concat();
    for round in 0..3 {
        let name = format!("eve{round}");
        let email = format!("{name}@example.org");
        let made: Vec<_> = thread::scope(|scope| {
            let started: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let mut args = args.clone();
                        (args[2], args[4]) = (&name, &email);
                        command(&data, &args).input(PASSWORD).run().expect(0).json()
                    })
                })
                .collect();
            started.into_iter().map(|one| one.join().expect("exit code 0")).collect()
        });
        assert!(made.iter().all(|one| one["id"] == made[0]["id"]), "{made:?}");
    }
}

#[test]
fn a_weak_password_is_refused_with_its_reason_and_every_fault_is_told_at_once() {
    let data = site::migrated();
    for (password, reason) in
        [("", "too_short"), ("seven77", "too_short"), ("PassWord1", "too_common"), (&"x".repeat(257), "too_long")]
    {
        let refused = command(&data, &EVE).input(password).run().expect(1);
        assert!(refused.stderr.contains("password") && refused.stderr.contains(reason), "{refused}");
    }
    let args = ["user", "create", "e v e", "--email", "nowhere"];
    let refused = command(&data, &args).input("short").run().expect(1);
    for told in ["username", "not_allowed_characters", "email", "not_an_email", "password", "too_short"] {
        assert!(refused.stderr.contains(told), "no {told}{refused}");
    }
    assert_eq!(run(&data, &["user", "list", "--json"]).expect(0).json(), serde_json::json!([]));
}

#[test]
fn a_weak_password_changes_nothing_at_set_password_either() {
    let data = site::migrated();
    command(&data, &EVE).input(PASSWORD).run().expect(0);
    let before = site::kept(data.path());
    let refused = command(&data, &["user", "set-password", "eve"]).input("password1").run().expect(1);
    assert!(refused.stderr.contains("too_common"), "{refused}");
    assert_eq!(site::kept(data.path()), before);
}

/// What stands in the file or on standard input, and the password that it is.
const TAKEN_AS_THEY_ARE: [(&str, &str); 7] = [
    ("plain and simple", "plain and simple"),
    ("plain and simple\n", "plain and simple"),
    ("plain and simple\r\n", "plain and simple"),
    ("  spaces at both ends  \n", "  spaces at both ends  "),
    ("two line breaks\n\n", "two line breaks\n"),
    ("\tin the\nmiddle", "\tin the\nmiddle"),
    ("a quoted \"one\" $HOME", "a quoted \"one\" $HOME"),
];

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_taken_as_it_is_but_for_one_line_break() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    for (number, (written, password)) in TAKEN_AS_THEY_ARE.into_iter().enumerate() {
        let (name, email) = (format!("eve{number}"), format!("eve{number}@example.org"));
        let args = ["user", "create", &name, "--email", &email];
        let file = data.write("password", written);
        match number % 3 {
            0 => command(&data, &args).input(written).run(),
            1 => command(&data, &args).arg("--password-file").arg("-").input(written).run(),
            _ => command(&data, &args).arg("--password-file").arg(site::text(&file)).run(),
        }
        .expect(0);
        server.client().sign_in(&name, password).await;
        if written != password {
            server.client().try_sign_in(&name, written).await.expect_error(400, "invalid_grant");
        }
        // The same doors at set-password.
        let set = ["user", "set-password", name.as_str()];
        let file = data.write("password", format!("again {written}"));
        match number % 3 {
            0 => command(&data, &set).arg("--password-file").arg(site::text(&file)).run(),
            1 => command(&data, &set).input(format!("again {written}")).run(),
            _ => command(&data, &set).arg("--password-file").arg("-").input(format!("again {written}")).run(),
        }
        .expect(0);
        server.client().sign_in(&name, &format!("again {password}")).await;
    }
}

#[test]
fn a_password_file_that_is_no_such_thing_is_named() {
    let data = site::migrated();
    let missing = command(&data, &EVE).arg("--password-file").arg("no-such-file").run().expect(1);
    assert!(missing.stderr.contains("no-such-file"), "{missing}");
    let odd = command(&data, &EVE).input(b"\xff\xfe no text at all").run().expect(1);
    assert!(odd.stderr.contains("UTF-8"), "{odd}");
    let file = data.write("password", PASSWORD);
    let both =
        command(&data, &EVE).arg("--password-file").arg(site::text(&file)).input("something else").run().expect(0);
    assert!(!both.to_string().contains(PASSWORD), "{both}");
}

#[test]
fn a_user_is_found_by_name_or_e_mail_in_any_case() {
    let data = site::migrated();
    command(&data, &EVE).input(PASSWORD).run().expect(0);
    for name in ["eve", "EVE", "eve@example.org", "Eve@EXAMPLE.org"] {
        assert_eq!(run(&data, &["user", "show", name, "--json"]).expect(0).json()["username"], "eve");
    }
    let unknown = run(&data, &["user", "show", "mallory"]).expect(1);
    assert!(unknown.stderr.contains("grantd user list"), "{unknown}");
}
