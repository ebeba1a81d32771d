//! What do commands do on data that is not there, or not of this version? Nothing, and they name the way on.

use std::fs;

use grantd_tests::postgres::Database;
use grantd_tests::process;
use grantd_tests::skip;
use grantd_tests::temp::TempDir;

use crate::site::{self, PASSWORD, Site, command, run, text};

/// Every command that works on data.
const COMMANDS: [&[&str]; 22] = [
    &["user", "create", "eve", "--email", "eve@example.org"],
    &["user", "list"],
    &["user", "list", "--json"],
    &["user", "show", "ada"],
    &["user", "lock", "ada"],
    &["user", "unlock", "ada"],
    &["user", "set-password", "ada"],
    &["user", "update", "ada", "--name", "Ada"],
    &["user", "set-roles", "bob", "--role", "admin"],
    &["user", "delete", "bob"],
    &["client", "create", "app"],
    &["client", "list"],
    &["client", "show", "web"],
    &["client", "update", "web", "--name", "Another"],
    &["client", "rotate-secret", "demo-service", "--json"],
    &["client", "delete", "web"],
    &["key", "list"],
    &["key", "rotate"],
    &["key", "rotate", "--now", "--json"],
    &["session", "list"],
    &["session", "revoke", "--all"],
    &["session", "revoke", "ses_00000000000000000000000000"],
];

/// Makes it the data of a program that nobody has yet.
const MAKE_NEWER: &str = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_000001_tomorrow', 0);";
async fn change(data: &TempDir, sql: &str) {
    site::rows(data).execute(&format!("{sql}{}", site::SETTLE)).await;
}

#[test]
fn a_command_on_data_that_is_not_there_makes_nothing_and_names_what_does() {
    let home = TempDir::new();
    for args in COMMANDS {
        let nowhere = home.join("nowhere");
        let call = process::grantd(args).directory(home.path()).env("GRANTD_DATA_DIR", text(&nowhere)).input(PASSWORD);
        let failed = call.run().expect(1);
        assert!(failed.stderr.contains("grantd migrate") && failed.stdout.is_empty(), "{args:?}{failed}");
        assert!(failed.stderr.contains(&text(&nowhere)), "where did it look?{failed}");
        assert_eq!(fs::read_dir(home.path()).expect("a directory").count(), 0, "{args:?} made something");
    }
    let dry = process::grantd(&["migrate", "--dry-run"]).directory(home.path()).run().expect(0);
    assert!(dry.stdout.contains("create_users") && dry.stdout.contains("would make"), "{dry}");
    process::grantd(&["user", "list"]).directory(home.path()).run().expect(1);
    assert_eq!(fs::read_dir(home.path()).expect("a directory").count(), 0, "something was made");
}

#[test]
fn a_command_where_only_dev_keeps_data_names_the_variable_that_finds_it() {
    let home = TempDir::new();
    let dev_data = home.join(".grantd-dev");
    site::cheap(process::dev(&dev_data)).start().stop().expect(0);
    for args in COMMANDS {
        let failed = process::grantd(args).directory(home.path()).input(PASSWORD).run().expect(1);
        assert!(failed.stderr.contains("GRANTD_DATA_DIR=./.grantd-dev"), "{args:?}{failed}");
        assert!(!home.join("grantd-data").exists(), "{args:?} made something");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_command_on_older_data_changes_nothing_until_somebody_migrates() {
    let data = TempDir::new();
    site::dev(&data).start().stop().expect(0);
    change(&data, &site::make_older()).await;
    let before = site::kept(data.path());
    for args in COMMANDS {
        let failed = command(&data, args).input(PASSWORD).run().expect(1);
        assert!(failed.stderr.contains("older") && failed.stderr.contains("grantd migrate"), "{args:?}{failed}");
        assert_eq!(failed.stdout, "");
    }
    let dry = run(&data, &["migrate", "--dry-run", "--json"]).expect(0).json();
    assert_eq!((dry["changes"].as_array().map(Vec::len), &dry["dry_run"]), (Some(1), &true.into()));
    let people = run(&data, &["migrate", "--dry-run"]).expect(0);
    let change = dry["changes"][0].as_str().expect("the name of a change");
    assert!(people.stdout.contains("would make") && people.stdout.contains(change), "{people}");
    assert_eq!(site::kept(data.path()), before, "a dry run changed something");

    let done = run(&data, &["migrate", "--json"]).expect(0).json();
    assert_eq!((&done["changes"], &done["dry_run"]), (&dry["changes"], &false.into()));
    assert!(run(&data, &["user", "list"]).expect(0).stdout.contains("ada"));
    assert!(run(&data, &["migrate"]).expect(0).stdout.contains("nothing to do"));
    let server = site::dev(&data).start();
    server.client().sign_in_ada().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_brings_older_data_up_to_date() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let tokens = server.client().sign_in_ada().await;
    server.stop().expect(0);
    change(&data, &site::make_older()).await;
    let server = site::dev(&data).start();
    server.client().refresh(&tokens.refresh).await.expect(200);
    server.client().sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn newer_data_is_left_alone_by_everything() {
    let data = TempDir::new();
    site::dev(&data).start().stop().expect(0);
    change(&data, MAKE_NEWER).await;
    let before = site::kept(data.path());
    let newer = |output: process::Output| {
        let failed = output.expect(1);
        assert!(failed.stderr.contains("newer") && failed.stdout.is_empty(), "{failed}");
    };
    for args in COMMANDS.into_iter().chain([&["migrate"][..], &["migrate", "--dry-run"]]) {
        newer(command(&data, args).input(PASSWORD).run());
    }
    newer(site::dev(&data).try_start().expect_err("served"));
    assert_eq!(site::kept(data.path()), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn on_postgresql_commands_wait_for_migrate_too() {
    let database = match Database::fresh().await {
        Ok(database) => database,
        Err(reason) => return skip(&reason),
    };
    let site = Site::on(database);
    let tables = "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()";
    for args in COMMANDS {
        let failed = site.command(args).input(PASSWORD).run().expect(1);
        assert!(failed.stderr.contains("grantd migrate"), "{args:?}{failed}");
        assert!(!failed.stderr.contains("cluster-test-password"), "{failed}");
    }
    assert_eq!(site.rows().numbers(tables).await, [0], "a command made something");
    let all = site.command(&["migrate", "--dry-run", "--json"]).run().expect(0).json();
    assert_eq!(site.rows().numbers(tables).await, [0], "a dry run made something");
    let made = site.command(&["migrate", "--json"]).run().expect(0).json();
    assert_eq!(made["changes"], all["changes"]);
    site.command(&["user", "create", "eve", "--email", "eve@example.org"]).input(PASSWORD).run().expect(0);

    site.rows().execute(&site::make_older()).await;
    let failed = site.command(&["user", "list"]).run().expect(1);
    assert!(failed.stderr.contains("older") && failed.stderr.contains("grantd migrate"), "{failed}");
    site.command(&["migrate"]).run().expect(0);
    assert!(site.command(&["user", "list"]).run().expect(0).stdout.contains("eve"));

    site.rows().execute(MAKE_NEWER).await;
    for args in [&["user", "list"][..], &["migrate"]] {
        let failed = site.command(args).run().expect(1);
        assert!(failed.stderr.contains("newer"), "{failed}");
    }
}

#[test]
fn migrate_is_run_twice_and_at_once_without_harm() {
    let data = TempDir::new();
    std::thread::scope(|scope| {
        let both: Vec<_> = (0..4).map(|_| scope.spawn(|| run(&data, &["migrate"]).expect(0))).collect();
        for one in both {
            one.join().expect("exit code 0");
        }
    });
    assert!(run(&data, &["migrate"]).expect(0).stdout.contains("nothing to do"));
    assert_eq!(run(&data, &["user", "list", "--json"]).expect(0).json(), serde_json::json!([]));
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let data = TempDir::new();
    data.write("grantd.db", "this was never a database, and it is longer than a header of one: ".repeat(20));
    let before = site::kept(data.path());
    for args in [&["user", "list"][..], &["migrate", "--dry-run"], &["migrate"]] {
        let failed = run(&data, args).expect(1);
        assert!(failed.stderr.contains("grantd.db"), "{failed}");
    }
    site::dev(&data).try_start().expect_err("served").expect(1);
    assert_eq!(site::kept(data.path())["grantd.db"], before["grantd.db"]);
}
