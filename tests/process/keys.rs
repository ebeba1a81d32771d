//! What does a server do with its secret keys? It starts with the right ones only, and makes its signing keys once.

use std::fs;
use std::thread;

use grantd_tests::client::Tokens;
use grantd_tests::postgres::{Database, free_port};
use grantd_tests::process::{self, Grantd, Output};
use grantd_tests::skip;
use grantd_tests::temp::TempDir;

use crate::site::{self, PASSWORD, Production, Site, new_dev_key, text, write_private};

/// Data that a server has used, and what is needed to use it again. The port stays, and with it the issuer of the tokens.
struct Used {
    data: TempDir,
    port: u16,
    key: String,
    tokens: Tokens,
}

impl Used {
    async fn new() -> Self {
        let (data, port) = (TempDir::new(), free_port());
        let server = start(&data, port);
        let tokens = server.client().sign_in_ada().await;
        server.stop().expect(0);
        let key = fs::read_to_string(data.join("secret.key")).expect("a key");
        Self { data, port, key, tokens }
    }

    fn write_key(&self, text: &str) {
        write_private(&self.data.join("secret.key"), text);
    }

    fn start(&self) -> Grantd {
        start(&self.data, self.port)
    }
}

fn start(data: &TempDir, port: u16) -> Grantd {
    site::cheap(process::grantd(&["dev", "--port", &port.to_string(), "--data", &text(data.path())])).start()
}

/// A start that is refused without touching anything; what it said.
#[track_caller]
fn refused(data: &TempDir) -> Output {
    let before = site::kept(data.path());
    let output = site::dev(data).try_start().expect_err("it served").expect(2);
    assert!(output.stderr.contains("secret_key_file") || output.stderr.contains("secret.key"), "which file?{output}");
    assert!(!output.stderr.contains("panicked"), "{output}");
    assert_eq!(site::kept(data.path()), before, "a refused start changed something");
    output
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_exposed_malformed_or_too_short_is_refused_and_the_data_untouched() {
    let used = Used::new().await;
    let (data, key, tokens) = (&used.data, &used.key, &used.tokens);
    let file = data.join("secret.key");

    site::set_mode(&file, 0o644);
    let output = refused(data);
    assert!(output.stderr.contains("chmod 600"), "{output}");
    site::set_mode(&file, 0o620);
    refused(data);

    fs::remove_file(&file).expect("the key");
    let output = refused(data);
    assert!(output.stderr.contains("no such file"), "{output}");
    assert!(!file.exists(), "another key was made for data that has one");

    fs::create_dir(&file).expect("a directory where the key was");
    let before = fs::read(data.join("grantd.db")).expect("the data");
    site::dev(data).try_start().expect_err("it served").expect(2);
    assert_eq!(fs::read(data.join("grantd.db")).expect("the data"), before);
    fs::remove_dir(&file).expect("the directory");

    let line = key.lines().last().expect("a key");
    for (wrong, told) in [
        (String::new(), "holds no key"),
        ("# nothing but words\n\n".to_owned(), "holds no key"),
        (line[..line.len() - 3].to_owned(), "not a key"),
        ("grantd-key:AAAA\n".to_owned(), "line 1"),
        (format!("{line}A\n"), "not a key"),
        (format!("{key}and more\n"), "line 3"),
        (line.replace("grantd-dev-key:", ""), "not a key"),
        (line.replace("key:", "key:!"), "not a key"),
    ] {
        used.write_key(&wrong);
        let output = refused(data);
        assert!(output.stderr.contains(told), "{wrong:?} is refused otherwise{output}");
        let secret = line.split(':').next_back().expect("a key");
        assert!(!output.stderr.contains(&secret[..20]), "the key is told{output}");
    }
    fs::write(&file, b"grantd-key:\xff\xfe").expect("a file");
    refused(data);

    used.write_key(key);
    let server = used.start();
    server.client().refresh(&tokens.refresh).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_is_refused_and_the_data_untouched() {
    let used = Used::new().await;
    let (data, key, tokens) = (&used.data, &used.key, &used.tokens);
    used.write_key(&new_dev_key());
    let output = refused(data);
    assert!(output.stderr.contains("was not made for this data"), "{output}");
    used.write_key(&format!("{}\n{}\n", new_dev_key(), new_dev_key()));
    refused(data);
    used.write_key(key);
    let server = used.start();
    server.client().refresh(&tokens.refresh).await.expect(200);
    server.client().userinfo(&tokens.access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_key_does_not_bring_older_data_up_to_date() {
    let used = Used::new().await;
    let (data, key) = (&used.data, &used.key);
    site::rows(data).execute(&(site::make_older() + site::SETTLE)).await;
    used.write_key(&new_dev_key());
    refused(data);
    site::set_mode(&data.join("secret.key"), 0o644);
    refused(data);
    used.write_key(key);
    let server = used.start();
    server.client().sign_in_ada().await;
}

#[test]
fn a_key_that_cannot_be_used_leaves_no_new_data() {
    let data = TempDir::new();
    fs::write(data.join("secret.key"), new_dev_key()).expect("a file");
    site::set_mode(&data.join("secret.key"), 0o644);
    site::dev(&data).try_start().expect_err("it served").expect(2);
    let kept: Vec<_> = site::kept(data.path()).into_keys().collect();
    assert_eq!(kept, ["secret.key"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_replaced_without_signing_anyone_out_while_the_old_one_stays() {
    let used = Used::new().await;
    let (data, old, tokens) = (&used.data, &used.key, &used.tokens);
    let new = new_dev_key();
    used.write_key(&format!("{new}\n{old}"));
    let server = used.start();
    let client = server.client();
    client.userinfo(&tokens.access).await.expect(200);
    let of_old = client.refresh(&tokens.refresh).await.tokens();
    let of_new = client.sign_in_bob().await;
    server.stop().expect(0);

    // Taken out, the old one takes its families with it, and nothing else.
    used.write_key(&format!("{new}\n"));
    let server = used.start();
    let client = server.client();
    client.refresh(&of_old.refresh).await.expect_error(400, "invalid_grant").expect_reason("key_removed");
    client.refresh(&of_new.refresh).await.expect(200);
    client.userinfo(&of_new.access).await.expect(200);
    client.sign_in_ada().await;
    server.stop().expect(0);

    // Put back, it gives them back: nothing was revoked for a file that was mended too late.
    used.write_key(&format!("{new}\n{old}"));
    let server = used.start();
    server.client().refresh(&of_old.refresh).await.expect(200);
    server.stop().expect(0);

    // The newest cannot be taken out again: the signing keys are sealed with it.
    used.write_key(old);
    refused(data);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_published_keys_stay_the_same_when_the_secret_key_is_replaced() {
    let used = Used::new().await;
    let (old, tokens) = (&used.key, &used.tokens);
    let read = |server: &Grantd| {
        let client = server.client();
        async move { client.get("/.well-known/jwks.json", "").await.expect(200).body }
    };
    let server = used.start();
    let before = read(&server).await;
    server.stop().expect(0);
    used.write_key(&format!("{}\n{old}", new_dev_key()));
    let server = used.start();
    assert_eq!(read(&server).await, before);
    server.client().userinfo(&tokens.access).await.expect(200);
}

#[test]
fn production_refuses_an_exposed_key_too() {
    let production = Production::new();
    production.start().stop().expect(0);
    let before = site::kept(&production.dir.join("data"));
    site::set_mode(&production.dir.join("secret.key"), 0o640);
    let output = production.serve().try_start().expect_err("it served").expect(2);
    assert!(output.stderr.contains(&text(&production.dir.join("secret.key"))), "{output}");
    assert_eq!(site::kept(&production.dir.join("data")), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_that_start_at_once_on_one_postgresql_make_the_keys_and_the_seeds_once() {
    for _ in 0..3 {
        let database = match Database::fresh().await {
            Ok(database) => database,
            Err(reason) => return skip(&reason),
        };
        let site = Site::on(database);
        let nodes: Vec<_> = thread::scope(|scope| {
            let started: Vec<_> = (0..3).map(|_| scope.spawn(|| site.dev().start())).collect();
            started.into_iter().map(|node| node.join().expect("a server that is ready")).collect()
        });
        let mut documents = Vec::new();
        for node in &nodes {
            documents.push(node.client().get("/.well-known/jwks.json", "").await.expect(200).json);
        }
        assert_eq!(documents[0]["keys"].as_array().map(Vec::len), Some(2), "{}", documents[0]);
        assert!(documents.iter().all(|document| *document == documents[0]), "{documents:?}");
        let rows = site.rows();
        assert_eq!(rows.numbers("SELECT count(*) FROM signing_keys").await, [2]);
        assert_eq!(rows.numbers("SELECT count(*) FROM users").await, [2]);
        assert_eq!(rows.numbers("SELECT count(*) FROM clients").await, [5]);
        assert_eq!(rows.numbers("SELECT count(*) FROM events WHERE event_type = 'user_created'").await, [2]);
        // What one signs another takes.
        for (one, other) in nodes.iter().zip(nodes.iter().cycle().skip(1)) {
            let tokens = one.client().sign_in("ada@example.org", "ada-dev-password").await;
            other.client().refresh(&tokens.refresh).await.expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_with_another_key_refuses_to_join() {
    let database = match Database::fresh().await {
        Ok(database) => database,
        Err(reason) => return skip(&reason),
    };
    let site = Site::on(database);
    let node = site.dev().start();
    let tokens = node.client().sign_in_ada().await;
    let foreign = site.data.join("foreign.key");
    write_private(&foreign, &new_dev_key());
    let joining = site.dev().env("GRANTD_SECRET_KEY_FILE", text(&foreign));
    let output = joining.try_start().expect_err("it served").expect(2);
    assert!(output.stderr.contains("was not made for this data"), "{output}");
    assert_eq!(site.rows().numbers("SELECT count(*) FROM secret_keys").await, [1]);
    node.client().refresh(&tokens.refresh).await.expect(200);
    site.command(&["user", "create", "eve", "--email", "eve@example.org"]).input(PASSWORD).run().expect(0);
}
