//! What does `grant inspect` find out about a token, and what does it keep to itself?

use std::fs;
use std::path::PathBuf;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use grantd_tests::process::Output;
use grantd_tests::wait_for;
use serde_json::Value;

use crate::machine::{Machine, files};

/// Verifies a token that stands in a file.
fn verify(machine: &Machine, token: &str) -> Output {
    let file = machine.home.write("token", token);
    machine.run(&["inspect", &format!("file:{}", file.display()), "--verify", "--json"])
}

/// The names of the checks that failed.
#[track_caller]
fn failed(output: &Output) -> Vec<String> {
    let checks = output.json()["checks"].as_array().expect("checks").clone();
    assert_eq!(checks.len(), 5, "{output}");
    let name = |check: &Value| check["name"].as_str().expect("a name").to_owned();
    checks.iter().filter(|check| check["ok"] == false).map(name).collect()
}

/// How often the server was asked for its keys.
fn asked_for_keys(machine: &Machine) -> usize {
    machine.server.output().matches("\"/.well-known/jwks.json\"").count()
}

fn cache(machine: &Machine) -> PathBuf {
    let files = files(&machine.home.join(".cache/grant"));
    assert_eq!(files.len(), 1, "{files:?}");
    files[0].clone()
}

/// A token with another header or other claims, and the signature that it had.
fn with(token: &str, part: usize, change: impl FnOnce(&mut Value)) -> String {
    let mut parts: Vec<_> = token.split('.').map(str::to_owned).collect();
    let mut value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&parts[part]).expect("base64")).expect("JSON");
    change(&mut value);
    parts[part] = URL_SAFE_NO_PAD.encode(value.to_string());
    parts.join(".")
}

#[test]
fn a_token_is_verified_with_keys_that_are_kept_also_with_the_network_cut() {
    let machine = Machine::new().signed_in();
    let token = machine.token();
    let output = machine.run(&["inspect", "--verify", "--json"]).expect(0);
    assert_eq!(failed(&output), Vec::<String>::new());
    let audience = &output.json()["claims"]["aud"];
    assert_eq!(&output.json()["checks"][3]["detail"], audience);
    let shown = machine.run(&["inspect", "--verify"]).expect(0);
    assert!(shown.stdout.contains("ok  signature") && shown.stdout.contains("who may take it"), "{shown}");
    assert_eq!(asked_for_keys(&machine), 1);
    machine.server.kill();
    assert_eq!(failed(&verify(&machine, &token).expect(0)), Vec::<String>::new());
    // Keys of an hour ago are better than none, and said to be.
    let mut keys: Value = serde_json::from_slice(&fs::read(cache(&machine)).expect("keys")).expect("JSON");
    keys["fetched_at"] = (keys["fetched_at"].as_i64().expect("a time") - 3600).into();
    fs::write(cache(&machine), keys.to_string()).expect("the keys");
    let output = verify(&machine, &token).expect(0);
    assert!(output.stdout.contains("the server is away"), "{output}");
    fs::write(cache(&machine), "{").expect("the keys");
    verify(&machine, &token).expect(3);
    machine.run(&["inspect"]).expect(0);
}

#[test]
fn a_token_of_each_algorithm_is_verified() {
    for alg in ["ES256", "EdDSA", "RS256"] {
        let machine = Machine::with(&[("GRANTD_TOKENS__SIGNING_ALG", alg)]).signed_in();
        let output = machine.run(&["inspect", "--verify", "--json"]).expect(0);
        assert_eq!(output.json()["header"]["alg"], alg);
    }
}

#[test]
fn a_token_that_was_tampered_with_or_has_ended_fails_its_check() {
    let machine = Machine::with(&[("GRANTD_TOKENS__ACCESS_TTL", "2s")]).signed_in();
    let token = machine.token();
    let forged = with(&token, 1, |claims| claims["sub"] = "usr_somebody_else".into());
    assert_eq!(failed(&verify(&machine, &forged).expect(1))[0], "signature");
    let unsigned = with(&token, 0, |header| header["alg"] = "none".into());
    assert_eq!(failed(&verify(&machine, &unsigned).expect(1))[0], "signature");
    let by_hand = with(&token, 0, |header| header["alg"] = "HS256".into());
    assert_eq!(failed(&verify(&machine, &by_hand).expect(1))[0], "signature");
    let other = with(&token, 0, |header| header["typ"] = "JWT".into());
    assert!(failed(&verify(&machine, &other).expect(1)).contains(&"typ".to_owned()));
    let ended = wait_for("the token ends", || Some(verify(&machine, &token)).filter(|output| output.code != 0));
    assert_eq!(failed(&ended.expect(1)), ["lives"]);
    for nonsense in ["", "a.b.c", "grt_x", "e30.e30."] {
        assert!(verify(&machine, nonsense).code != 0, "{nonsense}");
    }
    machine.run(&["inspect", "file:/nonexistent", "--verify"]).expect(2);
}

#[test]
fn a_foreign_token_never_leaves_the_machine_and_an_unknown_key_is_asked_for_once() {
    let machine = Machine::new().signed_in();
    let token = machine.token();
    let before = machine.server.output();
    let foreign = with(&token, 1, |claims| claims["iss"] = "https://id.example.org".into());
    assert_eq!(failed(&verify(&machine, &foreign).expect(1)), ["issuer", "signature"]);
    assert_eq!(machine.server.output(), before);
    let unknown = with(&token, 0, |header| header["kid"] = "nobody".into());
    assert_eq!(failed(&verify(&machine, &unknown).expect(1)), ["signature"]);
    assert_eq!(asked_for_keys(&machine), 1);
    // Just fetched: it would not be there now either.
    verify(&machine, &unknown).expect(1);
    assert_eq!(asked_for_keys(&machine), 1);
    let mut keys: Value = serde_json::from_slice(&fs::read(cache(&machine)).expect("keys")).expect("JSON");
    keys["fetched_at"] = (keys["fetched_at"].as_i64().expect("a time") - 100).into();
    fs::write(cache(&machine), keys.to_string()).expect("the keys");
    // A known one is not asked for, an unknown one once.
    verify(&machine, &token).expect(0);
    assert_eq!(asked_for_keys(&machine), 1);
    verify(&machine, &unknown).expect(1);
    verify(&machine, &unknown).expect(1);
    assert_eq!(asked_for_keys(&machine), 2);
    assert!(!machine.server.output().contains("/oauth2/introspect"));
    // Whose keys, when nobody is signed in?
    machine.run(&["logout"]).expect(0);
    verify(&machine, &token).expect(4);
}
