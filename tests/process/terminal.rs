//! What does a person at a terminal see?

use grantd_tests::temp::TempDir;
use grantd_tests::terminal::Terminal;
use grantd_tests::{process, skip};

use crate::site::{self, PASSWORD, text};

/// Runs `grantd ARGS` in a terminal; `None` where there is no `script`.
fn grantd_in_terminal(data: &TempDir, args: &str) -> Option<Terminal> {
    let settings = [("GRANTD_DATA_DIR", text(data.path())), ("GRANTD_PASSWORD__MEMORY_KIB", "8".to_owned())];
    Terminal::run(&format!("'{}' {args}", process::binary().display()), &settings)
}

#[tokio::test(flavor = "multi_thread")]
async fn dev_tells_a_person_who_may_sign_in_and_every_address_that_it_names_answers() {
    let data = TempDir::new();
    let Some(mut terminal) = grantd_in_terminal(&data, "dev --port 0") else { return skip("no `script`") };
    terminal.wait_for("ctrl-c stops");
    let screen = terminal.screen();
    for told in [
        "dev mode: seeded data, weak keys, loopback only",
        "ada / ada-dev-password",
        "bob / bob-dev-password",
        "demo-service / demo-service-dev-secret",
        "demo-api / demo-api-dev-secret",
        "--fresh starts over",
        &text(data.path()),
    ] {
        assert!(screen.contains(told), "no {told:?}:\n{screen}");
    }
    let addresses: Vec<_> =
        screen.split_whitespace().filter(|word| word.starts_with("http://")).map(str::to_owned).collect();
    assert!(addresses.len() >= 5, "{screen}");
    let base = addresses[0].trim_end_matches('/').to_owned();
    let client = grantd_tests::client::Client::new(&base);
    client.sign_in_ada().await;
    for address in addresses.iter().filter(|address| !address.ends_with("/oauth2/token")) {
        client.get(address, "").await.expect(200);
    }
    // A line a request, for people.
    terminal.wait_for("/oauth2/token");
    assert!(!terminal.screen().contains("{\""), "JSON for people:\n{}", terminal.screen());
    // Ctrl-C.
    terminal.press("\u{3}");
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_asked_for_twice_and_never_shown() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let Some(mut terminal) = grantd_in_terminal(&data, "user create eve --email eve@example.org") else {
        return skip("no `script`");
    };
    terminal.type_secretly("Password: ", PASSWORD);
    terminal.type_secretly("Password, again: ", PASSWORD);
    assert_eq!(terminal.exit_code(), 0, "{}", terminal.screen());
    assert!(!terminal.screen().contains(PASSWORD), "{}", terminal.screen());
    server.client().sign_in("eve", PASSWORD).await;

    let mut terminal = grantd_in_terminal(&data, "user set-password eve").expect("a terminal");
    terminal.type_secretly("New password: ", "one of these two");
    terminal.type_secretly("New password, again: ", "is not the other");
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.screen());
    server.client().sign_in("eve", PASSWORD).await;
}

#[test]
fn nobody_is_asked_for_a_password_of_a_user_who_is_not_there() {
    let data = site::migrated();
    let Some(mut terminal) = grantd_in_terminal(&data, "user set-password nobody") else { return skip("no `script`") };
    assert_eq!(terminal.exit_code(), 1, "{}", terminal.screen());
    assert!(!terminal.screen().contains("assword: "), "{}", terminal.screen());
}
