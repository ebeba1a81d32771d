//! Does `grant doctor` find what is wrong with a machine, and nothing where nothing is?

use std::fs::{self, Permissions};
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::thread;

use grantd_tests::postgres::free_port;
use grantd_tests::process::Output;
use serde_json::Value;

use crate::machine::Machine;

/// The check of this name.
#[track_caller]
fn check(output: &Output, name: &str) -> Value {
    let checks = output.json()["checks"].clone();
    let found = checks.as_array().expect("checks").iter().find(|check| check["name"] == name).cloned();
    found.unwrap_or_else(|| panic!("no check {name}{output}"))
}

#[test]
fn nothing_is_wrong_with_a_machine_on_which_somebody_is_signed_in() {
    let machine = Machine::new().signed_in();
    let output = machine.run(&["doctor", "--json"]).expect(0);
    assert_eq!(output.json()["schema"], 1);
    for name in ["config", "config_folder", "state_folder", "cache_folder", "account", "store_keyring", "store_session"]
    {
        assert_eq!(check(&output, name)["ok"], true, "{output}");
    }
    for name in ["store_file", "tls", "server", "issuer", "clock", "proxy"] {
        let check = check(&output, name);
        assert!(check["ok"] == true && check["hint"].is_null() && check["detail"].is_string(), "{output}");
    }
    let shown = machine.run(&["doctor"]).expect(0);
    assert!(shown.stdout.contains("ok  server") && !shown.stdout.contains("NO"), "{shown}");
    assert_eq!(machine.entry_file().parent().expect("a folder").read_dir().expect("a folder").count(), 1);
}

#[test]
fn each_thing_that_is_wrong_is_found_with_a_way_on_and_its_own_code() {
    let machine = Machine::new();
    // The keyring that the first sign-in would take is not there.
    let output = machine.run(&["doctor", "--json"]).expect(7);
    assert!(check(&output, "store_keyring")["hint"].as_str().expect("a way on").contains("--store file"), "{output}");
    assert_eq!(check(&output, "account")["ok"], true);
    let machine = machine.signed_in();
    let open = |mode| fs::set_permissions(machine.state(), Permissions::from_mode(mode)).expect("our own folder");
    open(0o755);
    let output = machine.run(&["doctor", "--json"]).expect(7);
    let hint = format!("chmod 700 {}", machine.state().display());
    assert_eq!(check(&output, "state_folder")["hint"], hint.as_str());
    open(0o700);
    let proxied =
        machine.grant(&["doctor", "--json"]).env("HTTPS_PROXY", "http://user:hidden@proxy.example:3128").run();
    let proxied = proxied.expect(0);
    assert_eq!(check(&proxied, "proxy")["detail"], "HTTPS_PROXY leads to proxy.example:3128");
    assert!(!proxied.stdout.contains("hidden"));
    let over = machine.grant(&["doctor", "--json"]).env("GRANT_TOKEN", "opaque");
    let over =
        over.env("GRANT_ISSUER", format!("https://localhost:{}", free_port())).env("SSL_CERT_FILE", "/nonexistent");
    let over = over.run().expect(2);
    assert!(check(&over, "tls")["detail"].as_str().expect("a text").contains("SSL_CERT_FILE"), "{over}");
    let session = machine.entry()["sid"].as_str().expect("an id").to_owned();
    machine.run(&["sessions", "revoke", &session]).expect(0);
    machine.run(&["status"]).expect(4);
    let output = machine.run(&["doctor", "--json"]).expect(4);
    assert!(check(&output, "account")["hint"].as_str().expect("a way on").contains("grant login"), "{output}");
    machine.login(&[]).run().expect(0);
    machine.run(&["doctor"]).expect(0);
    machine.server.kill();
    let output = machine.run(&["doctor", "--json"]).expect(3);
    assert_eq!(check(&output, "server")["ok"], false);
    machine.run(&["doctor", "--account", "nobody"]).expect(2);
}

/// A server with this metadata, whose clock stands still.
fn standing_still(metadata: impl Fn(&str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
    let body = metadata(&url);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let _ = stream.read(&mut [0; 4096]);
            let date = "Sun, 06 Nov 1994 08:49:37 GMT";
            let length = body.len();
            let _ = write!(
                stream,
                "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            );
        }
    });
    url
}

#[test]
fn a_server_that_is_none_of_grantds_and_a_clock_that_is_off_are_found() {
    let machine = Machine::new();
    let doctor = |issuer: &str| {
        machine.grant(&["doctor", "--json"]).env("GRANT_STORE", "file").env("GRANT_ISSUER", issuer).run().expect(1)
    };
    let stranger = doctor(&standing_still(|_| "{}".to_owned()));
    assert_eq!((&check(&stranger, "server")["ok"], &check(&stranger, "issuer")["ok"]), (&true.into(), &false.into()));
    let grantd = |own: &str| {
        let at = |name: &str| format!("{own}/oauth2/{name}");
        let (token, revoke, userinfo) = (at("token"), at("revoke"), at("userinfo"));
        serde_json::json!({
            "issuer": own, "token_endpoint": token, "revocation_endpoint": revoke, "userinfo_endpoint": userinfo,
        })
        .to_string()
    };
    let late = doctor(&standing_still(grantd));
    let clock = check(&late, "clock");
    assert!(clock["ok"] == false && clock["hint"].as_str().expect("a way on").contains("clock"), "{late}");
    assert_eq!(check(&late, "issuer")["ok"], true);
}
