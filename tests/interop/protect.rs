//! Do the programs that the README shows for other languages protect an API? Each as it stands there, with the libraries that it names.

use std::os::unix::fs::symlink;
use std::path::Path;

use grantd_tests::client::{Answer, Client};
use grantd_tests::issuer::{Issuer, SigningKey};
use grantd_tests::postgres::free_port;
use grantd_tests::process::{self, Grantd, call};
use grantd_tests::temp::TempDir;
use grantd_tests::{eventually, wait_for};
use reqwest::Method;
use serde_json::{Value, json};

use super::{here, is_installed};

const AUDIENCE: &str = "http://localhost:8090";
const INVALID: &str = r#"error="invalid_token""#;

#[tokio::test(flavor = "multi_thread")]
async fn the_fastapi_program_of_the_readme_protects_an_api() {
    protects("FastAPI", "api.py", "../.venv/bin/uvicorn").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_flask_program_of_the_readme_protects_an_api() {
    protects("Flask", "api.py", "../.venv/bin/flask").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_express_program_of_the_readme_protects_an_api() {
    protects("Express", "api.mjs", "node_modules/express").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_go_program_of_the_readme_protects_an_api() {
    protects("Go", "main.go", "../.go/interop").await;
}

/// Runs it for users of a server, and of an issuer that signs what no server would.
async fn protects(name: &str, file: &str, installed: &str) {
    if is_installed(installed) {
        for_users_of_a_server(name, file).await;
        for_tokens_of_all_kinds(name, file).await;
    }
}

async fn for_users_of_a_server(name: &str, file: &str) {
    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    let brief = ["client", "create", "brief", "--type", "public", "--grant", "password", "--resource", AUDIENCE];
    process::run(data.path(), &[&brief[..], &["--access-ttl", "1s"]].concat()).expect(0);
    let api = Api::start(name, file, &server.url());

    let tokens = |client: Client, scope: &'static str| async move {
        let who = [("grant_type", "password"), ("username", "bob"), ("password", "bob-dev-password")];
        client.token(&[&who[..], &[("scope", scope), ("resource", AUDIENCE)]].concat()).await.tokens()
    };
    let bob = tokens(server.client(), "openid cats:write").await;
    let subject = &bob.claims()["sub"];
    assert_eq!(&api.get(&bob.access).await.expect(200)["sub"], subject);
    assert_eq!(&api.post(&bob.access).await.expect(201)["owner"], subject);
    let bare = api.get("").await;
    assert!(!bare.header("www-authenticate").unwrap_or_default().contains("error"), "{bare}");
    refused(bare, 401, "Bearer");
    refused(
        api.client.answer(api.client.request(Method::GET, "/me").basic_auth("bob", Some("x"))).await,
        401,
        "Bearer",
    );
    let elsewhere = server.client().sign_in_bob().await.access;
    for token in ["garbage", "a.b.c", bob.refresh.as_str(), elsewhere.as_str(), &format!("{}x", bob.access)] {
        refused(api.get(token).await, 401, INVALID);
        refused(api.post(token).await, 401, INVALID);
    }
    let narrow = tokens(server.client(), "openid").await;
    api.get(&narrow.access).await.expect(200);
    refused(api.post(&narrow.access).await, 403, r#"error="insufficient_scope", scope="cats:write""#);

    let brief = tokens(server.client().as_public("brief"), "openid").await;
    eventually("it expires", || async { (api.get(&brief.access).await.status != 200).then_some(()) }).await;
    refused(api.get(&brief.access).await, 401, INVALID);

    process::run(data.path(), &["key", "rotate"]).expect(0);
    api.get(&tokens(server.client(), "openid").await.access).await.expect(200);
    api.get(&bob.access).await.expect(200);
}

async fn for_tokens_of_all_kinds(name: &str, file: &str) {
    let key = SigningKey::new("one");
    let issuer = Issuer::start(&[&key]).await;
    let api = Api::start(name, file, &issuer.url());
    let good = issuer.claims(AUDIENCE);
    let token = key.sign(Some("at+jwt"), &good);
    issuer.answer(500, "", "");
    // The token is not to blame, and nobody is to be signed out.
    assert_eq!(api.get(&token).await.expect(503).header("www-authenticate"), None);
    issuer.publish(&[&key]);
    assert_eq!(api.get(&token).await.expect(200)["sub"], good["sub"]);

    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        key.sign(Some("at+jwt"), &claims)
    };
    let mut endless = good.clone();
    endless.as_object_mut().expect("an object").remove("exp");
    for token in [
        key.sign(Some("JWT"), &good),
        key.sign(None, &good),
        key.forge("none", &good),
        key.forge("HS256", &good),
        SigningKey::new("one").sign(Some("at+jwt"), &good),
        with("exp", json!(jsonwebtoken::get_current_timestamp())),
        key.sign(Some("at+jwt"), &endless),
        with("iss", json!("http://elsewhere")),
        with("aud", json!([issuer.url()])),
    ] {
        refused(api.get(&token).await, 401, INVALID);
    }
    api.get(&token).await.expect(200);
}

/// A program of the README, running.
struct Api {
    client: Client,
    _process: Grantd,
    _folder: TempDir,
}

impl Api {
    /// Starts the program for users of this issuer, as its first line says.
    fn start(name: &str, file: &str, issuer: &str) -> Self {
        let port = free_port();
        let readme = std::fs::read_to_string(here().join("../../README.md")).expect("the README");
        let (_, text) = readme.split_once(&format!("<summary>{name},")).expect("its program");
        let program = text.split("```").nth(1).and_then(|block| block.split_once('\n')).expect("its text").1;
        // What it is called stays, wherever it listens.
        let elsewhere = |part: &str| part.replace("8090", &port.to_string());
        let program = program.split(AUDIENCE).map(elsewhere).collect::<Vec<_>>().join(AUDIENCE);
        let program = program.replace("http://localhost:8080", issuer);
        let command = program.lines().next().and_then(|line| line.rsplit_once("&& ")).expect("how it is run").1;

        let folder = TempDir::new();
        folder.write(file, &program);
        symlink(here().join("node_modules"), folder.join("node_modules")).expect("a link");
        for module in ["go.mod", "go.sum"] {
            folder.write(module, std::fs::read(here().join("go").join(module)).expect(module));
        }
        // `go run` would live on in a process that is not ours to end.
        let command =
            if command == "go run ." { "go build -o api . && exec ./api" } else { &format!("exec {command}") };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = [here().join("../.venv/bin")].into_iter().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(path).expect("a PATH").display().to_string();
        let mut api = call(Path::new("sh"), &["-c", command]).directory(folder.path()).env("PATH", path);
        // Where Go keeps what tests/run fetched.
        for (name, value) in std::env::vars() {
            if name == "HOME" || name.starts_with("GO") || name.starts_with("XDG_CACHE") {
                api = api.env(&name, value);
            }
        }
        let process = api.env("CGO_ENABLED", "0").env("GOTOOLCHAIN", "local").spawn();
        wait_for("it listens", || {
            assert!(!process.has_ended(), "{}", process.output());
            std::net::TcpStream::connect(("127.0.0.1", port)).ok()
        });
        Self { client: Client::new(&format!("http://127.0.0.1:{port}")), _process: process, _folder: folder }
    }

    async fn get(&self, token: &str) -> Answer {
        self.client.get("/me", token).await
    }

    async fn post(&self, token: &str) -> Answer {
        self.client.send(Method::POST, "/cats", token, &json!({})).await
    }
}

/// A refusal with a challenge that says this.
#[track_caller]
fn refused(answer: Answer, status: u16, said: &str) {
    let answer = answer.expect(status);
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with("Bearer") && challenge.contains(said), "{answer}");
}
