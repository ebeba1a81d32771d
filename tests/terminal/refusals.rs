//! What is refused before a password is sent, and with which exit code?

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::thread;

use grantd_tests::postgres::free_port;

use crate::machine::{Machine, files};

/// A server that answers everything alike, and remembers what it was asked.
fn stranger(status: &'static str, body: impl Fn(&str) -> String + Send + 'static) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
    let asked = Arc::new(Mutex::new(String::new()));
    let (remembered, own) = (Arc::clone(&asked), url.clone());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let mut request = [0; 4096];
            let length = stream.read(&mut request).expect("a request");
            remembered.lock().expect("the test lives").push_str(&String::from_utf8_lossy(&request[..length]));
            let body = body(&own);
            let length = body.len();
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        }
    });
    (url, asked)
}

fn metadata(issuer: &str, token_endpoint: &str) -> String {
    let at = |path: &str| format!("{issuer}/oauth2/{path}");
    let (revoke, userinfo) = (at("revoke"), at("userinfo"));
    serde_json::json!({
        "issuer": issuer,
        "token_endpoint": token_endpoint,
        "revocation_endpoint": revoke,
        "userinfo_endpoint": userinfo,
    })
    .to_string()
}

#[test]
fn a_wrong_password_is_4_and_too_many_tries_are_3() {
    let machine = Machine::new();
    let mut last = None;
    for _ in 0..30 {
        let url = machine.server.url();
        let args = ["login", &url, "--username", "ada", "--password-stdin", "--store", "file", "--json"];
        let output = machine.grant(&args).input("wrong").run();
        let error: serde_json::Value = serde_json::from_str(&output.stderr).expect("JSON");
        assert_eq!((&error["reason"], &error["exit_code"]), (&"sign_in_failed".into(), &output.code.into()));
        assert_eq!(output.stdout, "");
        if output.code == 3 {
            assert!(error["hint"].as_str().expect("a way on").ends_with(" seconds"), "{error}");
            last = Some(output);
            break;
        }
        output.expect(4);
    }
    assert!(last.is_some(), "thirty tries were none too many");
    assert!(files(&machine.state().join("tokens")).is_empty());
}

#[test]
fn without_a_terminal_nobody_is_asked() {
    let machine = Machine::new();
    let url = machine.server.url();
    for args in [
        vec!["login", &url],
        vec!["login", &url, "--username", "ada"],
        vec!["login", &url, "--password-stdin"],
        vec!["login"],
    ] {
        let output = machine.run(&args).expect(2);
        assert!(output.stderr.contains("--username NAME") || output.stderr.contains("which server"), "{output}");
    }
}

#[test]
fn a_server_that_is_no_grantd_or_lies_gets_no_password() {
    let machine = Machine::new();
    let wrong = [
        stranger("404 Not Found", |_| "nothing".to_owned()),
        stranger("200 OK", |_| "<html>".to_owned()),
        stranger("200 OK", |_| "{}".to_owned()),
        stranger("200 OK", |_| metadata("https://id.example.org", "https://id.example.org/oauth2/token")),
        stranger("200 OK", |own| metadata(own, "https://thief.example.org/oauth2/token")),
        stranger("302 Found\r\nLocation: http://localhost:1/", |_| String::new()),
    ];
    for (url, asked) in wrong {
        let args = ["login", &url, "--username", "ada", "--password-stdin", "--store", "file"];
        let output = machine.grant(&args).input("a secret word").run().expect(1);
        assert!(output.stderr.contains("is not a Grantd server") && output.stderr.lines().count() == 3, "{output}");
        let asked = asked.lock().expect("the stranger lives").clone();
        assert!(asked.starts_with("GET ") && !asked.contains("secret") && !asked.contains("POST"), "{asked}");
    }
    let nobody = format!("http://localhost:{}", free_port());
    machine
        .grant(&["login", &nobody, "--username", "a", "--password-stdin", "--store", "file"])
        .input("b")
        .run()
        .expect(3);
    for no in ["http://id.example.org", "ftp://localhost", "", "https://a:b@id.example.org"] {
        machine
            .grant(&["login", no, "--username", "a", "--password-stdin", "--store", "file"])
            .input("b")
            .run()
            .expect(2);
    }
}

#[test]
fn an_unknown_store_setting_or_word_is_2() {
    let machine = Machine::new();
    let login = machine.login(&["--store", "chest"]).run().expect(2);
    assert!(login.stdout.is_empty(), "{login}");
    let url = machine.server.url();
    let args = ["login", &url, "--username", "ada", "--password-stdin"];
    let output = machine.grant(&args).input("x").env("GRANT_STORE", "chest").run().expect(2);
    assert!(output.stderr.contains("no store `chest`"), "{output}");
    let folder = machine.home.join(".config/grant");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.toml"), "store = \"file\"\ncolour = \"red\"\n").expect("a file");
    for command in ["status", "token", "version"] {
        let output = machine.run(&[command]).expect(2);
        assert!(output.stderr.contains("config.toml:2: unknown key colour"), "{output}");
    }
    let elsewhere = machine.grant(&["version"]).env("GRANT_CONFIG_DIR", machine.home.join("x").display().to_string());
    assert!(elsewhere.run().expect(0).stdout.starts_with("grant "));
    let misused = machine.run(&["tokn", "--json"]).expect(2);
    let error: serde_json::Value = serde_json::from_str(&misused.stderr).expect("JSON");
    assert_eq!(error["exit_code"], 2);
}

#[test]
fn a_machine_without_a_keyring_is_told_how_to_go_on_before_anything_is_sent() {
    let machine = Machine::new();
    let (url, asked) = stranger("200 OK", |_| "{}".to_owned());
    let output = machine.grant(&["login", &url, "--username", "ada", "--password-stdin"]).input("x").run().expect(7);
    assert!(
        output.stderr.contains("grant login --store file") && output.stderr.contains("nothing was sent"),
        "{output}"
    );
    assert_eq!(output.stderr.lines().count(), 3, "{output}");
    assert_eq!(asked.lock().expect("the stranger lives").as_str(), "");
    assert!(files(machine.home.path()).is_empty());
}
