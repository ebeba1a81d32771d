//! What is refused before a password is sent, and with which exit code?

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_tests::postgres::free_port;

use crate::machine::{Machine, files};

/// A server that answers everything alike, and remembers what it was asked.
fn stranger(status: &'static str, body: impl Fn(&str) -> String + Send + 'static) -> (String, Arc<Mutex<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
    let asked = Arc::new(Mutex::new(String::new()));
    let (remembered, own) = (Arc::clone(&asked), url.clone());
    answering(listener, move |request| {
        remembered.lock().expect("the test lives").push_str(request);
        (status.to_owned(), body(&own))
    });
    (url, asked)
}

/// Answers each request with a status, perhaps with headers after it, and a body.
pub fn answering(listener: TcpListener, mut answer: impl FnMut(&str) -> (String, String) + Send + 'static) {
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let request = whole_request(&mut stream);
            let (status, body) = answer(&request);
            let length = body.len();
            let _ = write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}");
        }
    });
}

/// A request with its body: who closes before the last byte was read resets the connection.
fn whole_request(stream: &mut TcpStream) -> String {
    let (mut request, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut bytes).unwrap_or_default();
        request.extend_from_slice(&bytes[..read]);
        let text = String::from_utf8_lossy(&request).into_owned();
        let end = text.split_once("\r\n\r\n").map(|(head, body)| {
            let length =
                head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
            body.len() >= length.unwrap_or(0)
        });
        if read == 0 || end == Some(true) {
            return text;
        }
    }
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

#[test]
fn a_sign_out_that_something_on_the_way_answers_forgets_and_warns_that_the_session_lives_on() {
    let port = free_port();
    let machine = Machine::at(port, &format!("http://localhost:{port}"));
    let unknown = r#"{"error":"invalid_request","reason":"unknown_token"}"#;
    let noes = [
        ("302 Found\r\nLocation: http://localhost:1/", ""),
        ("400 Bad Request", "<html>"),
        ("403 Forbidden", ""),
        ("404 Not Found", ""),
        ("405 Method Not Allowed", ""),
        ("400 Bad Request", unknown),
    ];
    for number in 0..noes.len() {
        machine.login(&["--account", &number.to_string()]).run().expect(0);
    }
    machine.server.kill();
    let mut next = noes.into_iter();
    let listener = TcpListener::bind(("127.0.0.1", port)).expect("the port of the server that has gone");
    answering(listener, move |_| next.next().map(|(status, body)| (status.to_owned(), body.to_owned())).expect("a no"));
    for (number, (status, body)) in noes.iter().enumerate() {
        let output = machine.run(&["logout", "--account", &number.to_string()]).expect(0);
        assert_eq!(output.stderr.contains("lives on"), *body != unknown, "{status}{output}");
    }
    assert!(files(&machine.state().join("tokens")).is_empty());
}

#[test]
fn a_hostile_server_writes_nothing_but_text_on_the_terminal() {
    let machine = Machine::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
    let own = url.clone();
    let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let claims = part(serde_json::json!({ "sid": "ses_\u{1b}[2J", "iat": 1000, "exp": 1300 }));
    let token = format!("{}.{claims}.x", part(serde_json::json!({})));
    let tokens = serde_json::json!({
        "access_token": token,
        "refresh_token": "grt_x",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "openid\u{1b}[2J",
    });
    let no = serde_json::json!({ "error": "invalid_grant", "reason": "\u{1b}]0;gone\u{7}\u{202e}" });
    let user = serde_json::json!({ "username": "ada\u{1b}[31m" });
    answering(listener, move |request| {
        let (status, body) = if request.starts_with("GET /.well-known/") {
            ("200 OK", metadata(&own, &format!("{own}/oauth2/token")))
        } else if request.contains("grant_type=password") {
            ("200 OK", tokens.to_string())
        } else if request.contains("grant_type=refresh_token") {
            ("400 Bad Request", no.to_string())
        } else {
            ("200 OK", user.to_string())
        };
        (status.to_owned(), body)
    });
    let login = ["login", &url, "--username", "ada", "--password-stdin", "--store", "file"];
    let signed_in = machine.grant(&login).input("a secret word").run().expect(0);
    let status = machine.run(&["status"]).expect(0);
    let offline = machine.run(&["status", "--offline"]).expect(0);
    machine.end_in(-5);
    let refused = machine.run(&["token"]).expect(4);
    let ended = machine.run(&["status"]).expect(4);
    for output in [signed_in, status, offline, refused, ended] {
        let text = output.stdout.clone() + &output.stderr;
        assert!(text.chars().all(|c| c == '\n' || !c.is_control() && c != '\u{202e}'), "{output}");
    }
    assert_eq!(machine.entry()["sid"], "ses_ [2J");
    let list = fs::read_to_string(machine.state().join("accounts.json")).expect("a list");
    assert!(!list.contains("u001b") && !list.contains('\u{202e}'), "{list}");
}

#[test]
fn a_token_that_does_not_say_how_long_it_lives_is_not_given_for_longer_than_it_does() {
    let machine = Machine::new();
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
    let own = url.clone();
    let tokens = r#"{"access_token":"opaque","refresh_token":"grt_x","token_type":"Bearer","expires_in":300}"#;
    answering(listener, move |request| {
        let found = request.starts_with("GET /.well-known/");
        let body = if found { metadata(&own, &format!("{own}/oauth2/token")) } else { tokens.to_owned() };
        ("200 OK".to_owned(), body)
    });
    let login = ["login", &url, "--username", "ada", "--password-stdin", "--store", "file"];
    machine.grant(&login).input("a secret word").run().expect(0);
    assert_eq!(machine.run(&["token", "--min-ttl", "4m"]).expect(0).stdout, "opaque\n");
    let output = machine.run(&["token", "--min-ttl", "6m"]).expect(2);
    assert!(output.stdout.is_empty() && output.stderr.contains("no token has 360 s left"), "{output}");
}

#[test]
fn a_server_that_is_overloaded_is_offline_for_a_token_of_the_environment_too() {
    let machine = Machine::new();
    for overloaded in ["503 Service Unavailable", "429 Too Many Requests"] {
        let (url, _) = stranger(overloaded, |_| String::new());
        let status = machine.grant(&["status", "--json"]).env("GRANT_TOKEN", "opaque").env("GRANT_ISSUER", &url);
        let status = status.run().expect(3).json();
        assert_eq!(status["accounts"][0]["state"], "offline");
    }
}
