//! Which clients does `grantd client create` make, and which not?

use std::thread;

use crate::site::{self, command, run};

const SECRET: &str = "exactly-24-characters-ok";

#[test]
fn without_a_grant_a_confidential_client_is_a_service_and_a_resource_server_has_none() {
    let data = site::migrated();
    let service = run(&data, &["client", "create", "billing", "--json"]).expect(0).json();
    assert_eq!(
        (&service["type"], &service["grants"]),
        (&"confidential".into(), &serde_json::json!(["client_credentials"]))
    );
    assert_eq!(service["scopes"], serde_json::json!(["openid", "profile", "email"]));
    assert_eq!((&service["rotation"], &service["resource_server"]), (&true.into(), &false.into()));
    let api = run(
        &data,
        &["client", "create", "api", "--resource-server", "--audience", "https://api.example.org", "--json"],
    );
    let api = api.expect(0).json();
    assert_eq!((&api["grants"], &api["resource_server"]), (&serde_json::json!([]), &true.into()));
    assert_eq!(api["audiences"], serde_json::json!(["https://api.example.org"]));
    let both =
        run(&data, &["client", "create", "both", "--resource-server", "--grant", "client_credentials", "--json"]);
    assert_eq!(both.expect(0).json()["grants"], serde_json::json!(["client_credentials"]));
}

#[test]
fn a_public_client_has_to_be_told_its_grants() {
    let data = site::migrated();
    let refused = run(&data, &["client", "create", "app", "--type", "public"]).expect(2);
    for choice in ["--grant", "password", "refresh_token"] {
        assert!(refused.stderr.contains(choice), "no {choice}{refused}");
    }
    let args =
        ["client", "create", "app", "--type", "public", "--grant", "password", "--grant", "refresh_token", "--json"];
    let made = run(&data, &args).expect(0).json();
    assert_eq!(made["grants"], serde_json::json!(["password", "refresh_token"]));
    assert_eq!(made["client_secret"], serde_json::Value::Null);
}

#[test]
fn what_a_public_client_cannot_have_is_refused() {
    let data = site::migrated();
    let public = ["client", "create", "app", "--type", "public", "--grant", "password"];
    for more in
        [&["--secret-file", "-"][..], &["--resource-server"], &["--grant", "client_credentials"], &["--no-rotation"]]
    {
        let refused = command(&data, &[&public[..], more].concat()).input(SECRET).run().expect(2);
        assert!(refused.stderr.starts_with("grantd: "), "{more:?}{refused}");
    }
    run(&data, &["client", "create", "app", "--audience", "https://api.example.org"]).expect(2);
    assert_eq!(run(&data, &["client", "list", "--json"]).expect(0).json(), serde_json::json!([]));
}

#[test]
fn a_secret_has_24_characters_at_least() {
    let data = site::migrated();
    let args = ["client", "create", "app", "--secret-file", "-", "--json"];
    let refused = command(&data, &args).input(&SECRET[1..]).run().expect(2);
    assert!(refused.stderr.contains("24"), "{refused}");
    assert!(!refused.stderr.contains(&SECRET[1..]), "it repeats the secret{refused}");
    // A line break at its end does not count.
    command(&data, &args).input(format!("{}\n", &SECRET[1..])).run().expect(2);
    command(&data, &args).input("").run().expect(2);
    let made = command(&data, &args).input(format!("{SECRET}\n")).run().expect(0);
    assert!(!made.to_string().contains(SECRET), "what was given need not be shown{made}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_given_secret_is_taken_as_it_is_from_a_file_or_from_standard_input() {
    let data = grantd_tests::temp::TempDir::new();
    let server = site::dev(&data).start();
    let secret = "  with spaces & signs: %+= \"at both ends\" ";
    let file = data.write("secret", format!("{secret}\n"));
    run(&data, &["client", "create", "one", "--secret-file", &site::text(&file)]).expect(0);
    command(&data, &["client", "create", "two", "--secret-file", "-"]).input(secret).run().expect(0);
    for id in ["one", "two"] {
        // In the body: what HTTP Basic makes of such characters is another matter.
        let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
        server.client().bare_form("/oauth2/token", &form).await.expect(200);
    }
    let missing = run(&data, &["client", "create", "three", "--secret-file", "no-such-file"]).expect(1);
    assert!(missing.stderr.contains("no-such-file"), "{missing}");
}

#[test]
fn a_secret_that_was_made_is_shown_once() {
    let data = site::migrated();
    let people = run(&data, &["client", "create", "one"]).expect(0);
    let json = run(&data, &["client", "create", "two", "--json"]).expect(0);
    let secret = json.json()["client_secret"].as_str().expect("a secret").to_owned();
    let line = people.stdout.lines().find(|line| line.starts_with("client_secret")).expect("a secret");
    let other = line.split_whitespace().last().expect("a secret").to_owned();
    assert_ne!(secret, other);
    for args in [
        &["client", "list", "--json"][..],
        &["client", "list"],
        &["client", "show", "one"],
        &["client", "show", "two", "--json"],
        &["client", "create", "one", "--if-absent"],
        &["client", "create", "two", "--if-absent", "--json"],
    ] {
        let shown = run(&data, args).expect(0);
        assert!(!shown.stdout.contains("gcs_") && !shown.stdout.contains("secret"), "{args:?}{shown}");
    }
    for secret in [&secret, &other] {
        let found =
            site::kept(data.path()).values().any(|bytes| bytes.windows(secret.len()).any(|w| w == secret.as_bytes()));
        assert!(!found, "the secret itself is kept");
    }
}

#[test]
fn an_id_is_short_plain_and_never_a_users() {
    let data = site::migrated();
    for id in ["", "usr_06m1", "a b", "a/b", "ü", "a:b", "a@b", &"x".repeat(65)] {
        run(&data, &["client", "create", id]).expect(2);
    }
    for id in ["a", "A.b_c-9", "usr", "USR_1", &"x".repeat(64)] {
        run(&data, &["client", "create", id]).expect(0);
    }
    let taken = run(&data, &["client", "create", "a"]).expect(1);
    assert!(taken.stderr.contains("`a`") && taken.stderr.contains("already"), "{taken}");
    // Ids are compared byte for byte.
    run(&data, &["client", "create", "a.B_c-9"]).expect(0);
}

#[test]
fn a_redirect_uri_is_https_or_loopback_or_a_scheme_of_ones_own() {
    let data = site::migrated();
    for (number, uri) in [
        "https://app.example.org/callback",
        "https://app.example.org/callback?x=1",
        "http://localhost:3000/callback",
        "http://127.0.0.1/callback",
        "http://[::1]:5000/",
        "org.example.app:/callback",
    ]
    .into_iter()
    .enumerate()
    {
        let id = format!("good-{number}");
        let made = run(&data, &["client", "create", &id, "--redirect-uri", uri, "--json"]).expect(0).json();
        assert_eq!(made["redirect_uris"], serde_json::json!([uri]));
    }
    for uri in [
        "/callback",
        "app.example.org",
        "http://app.example.org/callback",
        "https://app.example.org/#x",
        "https://app.example.org/#",
        "https://app.example.org/a b",
        "javascript:alert(1)",
        "data:text/html,x",
        "app:/callback",
        "",
    ] {
        let refused = run(&data, &["client", "create", "bad", "--redirect-uri", uri]).expect(2);
        assert!(refused.stderr.contains("--redirect-uri"), "{uri}{refused}");
    }
}

#[test]
fn an_origin_a_resource_a_scope_and_a_duration_are_judged() {
    let data = site::migrated();
    for more in [
        &["--origin", "https://app.example.org/"][..],
        &["--origin", "app.example.org"],
        &["--origin", "*"],
        &["--resource", "api"],
        &["--resource", "https://api.example.org/#x"],
        &["--resource-server", "--audience", "api example"],
        &["--scope", "two words"],
        &["--scope", "\"quoted\""],
        &["--scope", ""],
        &["--access-ttl", "5"],
        &["--access-ttl", "0s"],
        &["--access-ttl", "5 m"],
        &["--access-ttl", "soon"],
        &["--refresh-ttl", "-1d"],
        &["--refresh-ttl", "4000d"],
    ] {
        let refused = run(&data, &[&["client", "create", "bad"][..], more].concat()).expect(2);
        assert!(refused.stdout.is_empty() && !refused.stderr.is_empty(), "{more:?}{refused}");
    }
    let args =
        ["client", "create", "good", "--origin", "https://app.example.org", "--resource", "https://api.example.org/v1"];
    let more = [
        "--scope",
        "cats:read",
        "--scope",
        "openid",
        "--access-ttl",
        "1s",
        "--refresh-ttl",
        "90d",
        "--name",
        "Käse",
        "--json",
    ];
    let made = run(&data, &[&args[..], &more].concat()).expect(0).json();
    assert_eq!((&made["access_ttl"], &made["refresh_ttl"]), (&1.into(), &7_776_000.into()));
    assert_eq!((&made["name"], &made["scopes"]), (&"Käse".into(), &serde_json::json!(["cats:read", "openid"])));
    assert_eq!(made["resources"], serde_json::json!(["https://api.example.org/v1"]));
    assert_eq!(made["origins"], serde_json::json!(["https://app.example.org"]));
    let shown = run(&data, &["client", "show", "good", "--json"]).expect(0).json();
    let mut without_secret = made.clone();
    without_secret.as_object_mut().expect("an object").remove("client_secret");
    assert_eq!(shown, without_secret);
}

#[test]
fn if_absent_makes_a_client_once_and_changes_nothing_then() {
    let data = site::migrated();
    let first = run(&data, &["client", "create", "app", "--if-absent", "--json"]).expect(0).json();
    assert!(first["client_secret"].is_string());
    let before = site::kept(data.path());
    let args = ["client", "create", "app", "--if-absent", "--name", "another", "--secret-file", "-", "--json"];
    let again = command(&data, &args).input(SECRET).run().expect(0);
    assert!(again.stderr.contains("already") && again.json()["name"].is_null(), "{again}");
    assert_eq!(site::kept(data.path()), before);
}

#[test]
fn two_that_make_the_same_client_at_once_both_succeed_with_if_absent() {
    let data = site::migrated();
    for round in 0..3 {
        let id = format!("app-{round}");
        let made: Vec<_> = thread::scope(|scope| {
            let call = || run(&data, &["client", "create", &id, "--if-absent", "--json"]).expect(0).json();
            let started: Vec<_> = (0..4).map(|_| scope.spawn(call)).collect();
            started.into_iter().map(|one| one.join().expect("exit code 0")).collect()
        });
        let secrets = made.iter().filter(|one| one["client_secret"].is_string()).count();
        assert_eq!(secrets, 1, "one made it, and only that one has its secret: {made:?}");
    }
}
