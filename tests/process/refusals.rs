//! What do commands that change something say when they do not? One line on standard error, an exit code, and the data stays as it is.

use grantd_tests::temp::TempDir;

use crate::site::{self, run};

/// 1: it failed. 2: it was called wrongly.
const REFUSED: [(&[&str], u8, &str); 36] = [
    (&["user", "update", "nobody", "--name", "N"], 1, "grantd user list"),
    (&["user", "set-roles", "nobody", "--role", "admin"], 1, "grantd user list"),
    (&["user", "delete", "nobody"], 1, "grantd user list"),
    (&["user", "update", "bob", "--username", "ADA"], 1, "username_taken"),
    (&["user", "update", "bob", "--email", "Ada@Example.org"], 1, "email_taken"),
    (&["user", "update", "bob", "--email", "nonsense"], 1, "not_an_email"),
    (&["user", "update", "bob", "--username", "two words"], 1, "not_allowed_characters"),
    (&["user", "update", "bob", "--username", ""], 1, "username"),
    (&["user", "update", "bob", "--picture", "javascript:alert(1)"], 1, "picture"),
    (&["user", "update", "bob", "--name", "bo\u{7}b"], 1, "name"),
    (&["user", "update", "bob"], 2, "--username"),
    (&["user", "update"], 2, "NAME"),
    (&["user", "update", "bob", "--role", "admin"], 2, "--role"),
    (&["user", "set-roles", "bob", "--role", "two words"], 2, "two words"),
    (&["user", "set-roles", "bob", "--role", ""], 2, "role"),
    (&["user", "set-roles"], 2, "NAME"),
    (&["user", "delete"], 2, "NAME"),
    (&["client", "update", "nobody", "--name", "N"], 1, "grantd client list"),
    (&["client", "rotate-secret", "nobody"], 1, "grantd client list"),
    (&["client", "delete", "nobody"], 1, "grantd client list"),
    (&["client", "update", "web"], 2, "--name"),
    (&["client", "update", "web", "--access-ttl", "0s"], 2, "--access-ttl"),
    (&["client", "update", "web", "--access-ttl", "100000d"], 2, "--access-ttl"),
    (&["client", "update", "web", "--grant", "magic"], 2, "magic"),
    (&["client", "update", "web", "--grant", ""], 2, "grant"),
    (&["client", "update", "web", "--grant", "client_credentials"], 2, "client_credentials"),
    (&["client", "update", "web", "--scope", "two words"], 2, "two words"),
    (&["client", "update", "web", "--rotation", "false"], 2, "rotation"),
    (&["client", "update", "web", "--origin", "https://a.example/path"], 2, "https://a.example/path"),
    (&["client", "update", "demo-service", "--audience", "https://a.example"], 2, "audiences"),
    (&["client", "rotate-secret", "web"], 1, "public"),
    (&["client", "rotate-secret", "demo-service", "--grace", "soon"], 2, "--grace"),
    (&["client", "rotate-secret", "demo-service", "--grace", "100000d"], 2, "grace"),
    (&["key", "rotate", "now"], 2, "now"),
    (&["session", "revoke", "ses_00000000000000000000000000"], 1, "grantd session list"),
    (&["session", "revoke"], 2, "ID"),
];

#[test]
fn a_refused_change_changes_nothing_and_says_why_on_standard_error_alone() {
    let data = TempDir::new();
    site::dev(&data).start().stop().expect(0);
    let before = site::kept(data.path());
    for (args, code, told) in REFUSED {
        for json in [&[][..], &["--json"]] {
            let output = run(&data, &[args, json].concat());
            assert_eq!((output.code, output.stdout.as_str()), (i32::from(code), ""), "{args:?}{output}");
            assert!(output.stderr.contains(told) && !output.stderr.contains("panicked"), "{args:?}{output}");
        }
    }
    assert_eq!(site::kept(data.path()), before, "something was changed");
}
