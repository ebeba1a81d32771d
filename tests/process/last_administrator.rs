//! Can a command leave the server without anybody to administer it? Not one, and not two at once.

use std::thread;

use grantd_tests::skip;

use crate::site::{PASSWORD, Site};

/// Those who can administer, whatever the order of their roles.
const SEATED: &str = "SELECT count(*) FROM users WHERE ' ' || roles || ' ' LIKE '%admin%' AND locked_at IS NULL";
/// All that could have changed.
const KEPT: &str = "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM events), \
                    (SELECT count(*) FROM sessions WHERE ended_at IS NULL), (SELECT count(*) FROM users WHERE locked_at IS NULL)";

/// What unseats an administrator.
const UNSEATING: [&[&str]; 3] = [&["user", "delete"], &["user", "lock"], &["user", "set-roles", "--role", "editor"]];

fn unseat<'a>(how: &[&'a str], name: &'a str) -> Vec<&'a str> {
    [how, &[name]].concat()
}

async fn the_only_one(site: Site) {
    let server = site.dev().start();
    let tokens = server.client().sign_in_ada().await;
    let before = site.rows().numbers(KEPT).await;
    for how in UNSEATING {
        let refused = site.command(&unseat(how, "ada")).arg("--json").run().expect(1);
        assert!(refused.stderr.contains("last_administrator") && refused.stdout.is_empty(), "{refused}");
        assert_eq!(site.rows().numbers(KEPT).await, before, "{how:?} changed something");
    }
    server.client().userinfo(&tokens.access).await.expect(200);
    // One who is locked is no other, and one who is not the last may go.
    let create = ["user", "create", "eve", "--email", "eve@example.org", "--role", "admin"];
    site.command(&create).input(PASSWORD).run().expect(0);
    site.command(&["user", "lock", "eve"]).run().expect(0);
    for how in UNSEATING {
        site.command(&unseat(how, "ada")).run().expect(1);
    }
    site.command(&["user", "unlock", "eve"]).run().expect(0);
    site.command(&["user", "set-roles", "ada", "--role", "editor"]).run().expect(0);
    for how in UNSEATING {
        site.command(&unseat(how, "eve")).run().expect(1);
    }
    assert_eq!(site.rows().numbers(SEATED).await, [1]);
    // What unseats nobody is no matter.
    site.command(&["user", "set-roles", "eve", "--role", "other", "--role", "admin"]).run().expect(0);
    site.command(&["user", "delete", "ada"]).run().expect(0);
}

async fn two_at_once(site: Site) {
    site.dev().start().stop().expect(0);
    let seat = |name: &str| {
        let email = format!("{name}@example.org");
        let create = ["user", "create", name, "--email", &email, "--role", "admin", "--if-absent"];
        site.command(&create).input(PASSWORD).run().expect(0);
        site.command(&["user", "unlock", name]).run().expect(0);
        site.command(&["user", "set-roles", name, "--role", "admin"]).run().expect(0);
    };
    for round in 0..9 {
        seat("ada");
        seat("eve");
        assert_eq!(site.rows().numbers(SEATED).await, [2]);
        let commands = [("ada", UNSEATING[round % 3]), ("eve", UNSEATING[round / 3])];
        let codes: Vec<_> = thread::scope(|scope| {
            let run = |(name, how): (&'static str, &[&'static str])| site.command(&unseat(how, name)).run();
            let both = commands.map(|command| scope.spawn(move || run(command)));
            both.into_iter().map(|one| one.join().expect("an exit code")).collect()
        });
        let won = codes.iter().filter(|output| output.code == 0).count();
        let lost = codes.iter().filter(|output| output.code == 1 && output.stderr.contains("last_administrator"));
        assert_eq!((won, lost.count()), (1, 1), "{commands:?}: {codes:?}");
        assert_eq!(site.rows().numbers(SEATED).await, [1], "{commands:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_is_neither_deleted_nor_locked_nor_stripped_on_sqlite() {
    the_only_one(Site::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_is_neither_deleted_nor_locked_nor_stripped_on_postgresql() {
    match Site::postgres().await {
        Ok(site) => the_only_one(site).await,
        Err(reason) => skip(&reason),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_commands_that_unseat_the_last_two_administrators_at_once_one_wins_on_sqlite() {
    two_at_once(Site::sqlite()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_commands_that_unseat_the_last_two_administrators_at_once_one_wins_on_postgresql() {
    match Site::postgres().await {
        Ok(site) => two_at_once(site).await,
        Err(reason) => skip(&reason),
    }
}
