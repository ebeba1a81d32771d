//! What does a person see in a browser? Chromium at the pages of a real server, driven by scripts.

#[macro_use]
mod app;
mod cats;
mod cookie_mode;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use grantd_tests::postgres::free_port;
use grantd_tests::process::{self, Call};
use grantd_tests::rows::Rows;
use grantd_tests::skip;
use grantd_tests::temp::TempDir;

/// The page takes a token that lives so short for one that is about to run out: it refreshes before each request.
const SHORT: &str = "9s";

/// With hashes that cost next to nothing, and such tokens.
fn cheap(call: Call) -> Call {
    let settings = [("PASSWORD__MEMORY_KIB", "8"), ("PASSWORD__ITERATIONS", "1"), ("TOKENS__ACCESS_TTL", SHORT)];
    settings.into_iter().fold(call, |call, (key, value)| call.env(&format!("GRANTD_{key}"), value))
}

fn dev(data: &TempDir) -> Call {
    cheap(process::dev(data.path()))
}

#[test]
fn a_newcomer_signs_in_tries_an_operation_and_signs_out() {
    let data = TempDir::new();
    let Some(script) = script("sign-in.mjs") else { return };
    // With tokens that live for minutes, nothing is refreshed.
    script.run(&[&dev(&data).env("GRANTD_TOKENS__ACCESS_TTL", "5m").start().url()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_refreshed_once_for_all_requests_and_tabs() {
    let data = TempDir::new();
    let Some(script) = script("refresh.mjs") else { return };
    let server = dev(&data).start();
    script.talk(&[&server.url()], |wish| match wish {
        "no access token is good any more" => {
            drop(process::run(data.path(), &["key", "rotate", "--now"]).expect(0));
        }
        other => panic!("what is {other}?"),
    });
    let events = "SELECT count(*) FROM events WHERE event_type = 'refresh_token_reused'";
    assert_eq!(Rows::Sqlite(data.join("grantd.db")).numbers(events).await, [0]);
}

#[test]
fn who_loses_the_session_or_the_server_is_told_how_to_go_on() {
    let data = TempDir::new();
    let Some(script) = script("trouble.mjs") else { return };
    let port = free_port();
    let start = || {
        let (port, data) = (port.to_string(), data.path().display().to_string());
        let call = process::grantd(&["dev", "--port", &port, "--data", &data]);
        cheap(call).start()
    };
    let mut server = Some(start());
    script.talk(&[&format!("http://localhost:{port}")], |wish| match wish {
        "stop" => drop(server.take().expect("a server").stop().expect(0)),
        "start" => server = Some(start()),
        other => panic!("what is {other}?"),
    });
}

#[test]
fn everybody_can_read_the_pages() {
    let data = TempDir::new();
    let Some(script) = script("pages.mjs") else { return };
    script.run(&[&dev(&data).start().url()]);
}

#[test]
fn a_browser_keeps_the_cookie_from_scripts_of_the_api_page_too() {
    let data = TempDir::new();
    let Some(script) = script("cookie.mjs") else { return };
    script.run(&[&dev(&data).start().url()]);
}

#[test]
fn docs_work_below_the_path_of_an_issuer() {
    let data = TempDir::new();
    let Some(script) = script("place.mjs") else { return };
    let port = free_port();
    let issuer = format!("http://localhost:{port}/auth");
    let mut call =
        cheap(process::grantd(&["dev", "--port", &port.to_string(), "--data"])).arg(data.path().display().to_string());
    call = call.env("GRANTD_ISSUER", &issuer);
    let server = call.spawn_at(port);
    grantd_tests::wait_for("it listens", || std::net::TcpStream::connect(server.address()).ok());
    script.run(&[&issuer, "ada", "ada-dev-password", "dev"]);
}

#[test]
fn docs_work_by_a_name_that_is_not_the_issuers() {
    let data = TempDir::new();
    let Some(script) = script("place.mjs") else { return };
    let server = dev(&data).start();
    script.run(&[&format!("http://{}", server.address()), "ada", "ada-dev-password", "dev"]);
}

#[test]
fn in_production_a_sign_in_ends_with_its_page() {
    let dir = TempDir::new();
    let Some(script) = script("place.mjs") else { return };
    let (port, home) = (free_port(), dir.path().display().to_string());
    process::grantd(&["init", &home]).run().expect(0);
    let issuer = format!("http://localhost:{port}");
    let settings = |call: Call| {
        cheap(call)
            .env("GRANTD_DATA_DIR", format!("{home}/data"))
            .env("GRANTD_SERVER__LISTEN", format!("127.0.0.1:{port}"))
            .env("GRANTD_ISSUER", &issuer)
    };
    let config = dir.join("grantd.toml");
    let server = settings(process::serve(&config, port)).start();
    let create = ["user", "create", "eve", "--email", "eve@example.org", "-c", &config.display().to_string()];
    settings(process::grantd(&create)).input("one of a kind, I hope").run().expect(0);
    script.run(&[&server.url(), "eve", "one of a kind, I hope", "serve"]);
    // The page that was left by the reload ended its session.
    let left = settings(process::grantd(&["session", "list", "--json", "-c", &config.display().to_string()])).run();
    assert_eq!(left.expect(0).json().as_array().map(Vec::len), Some(0));
}

/// A script that can be run here.
struct Script(PathBuf);

/// Finds a script, or says why it cannot run here.
fn script(name: &str) -> Option<Script> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    let chromium = std::env::var("GRANTD_TEST_CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned());
    let lacking = [
        (
            dir.join("node_modules/playwright-core").exists(),
            "playwright-core is not installed in tests/browser/node_modules",
        ),
        (fs::exists(&chromium).unwrap_or(false), "there is no Chromium"),
        (Command::new("node").arg("--version").output().is_ok(), "there is no node"),
    ];
    if let Some((_, what)) = lacking.iter().find(|(there, _)| !there) {
        skip(&format!("{what}: tests/run installs it"));
        return None;
    }
    Some(Script(dir.join(name)))
}

impl Script {
    /// Runs it; it exits with 0 when all was as it should be.
    fn run(&self, args: &[&str]) {
        self.talk(args, |wish| panic!("it wants {wish}"));
    }

    /// The same, and does what it asks for on the way.
    fn talk(&self, args: &[&str], mut grant: impl FnMut(&str)) {
        let mut command = Command::new("node");
        command.arg(&self.0).args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = process::without_proxies(&mut command).spawn().expect("node");
        let mut answers = child.stdin.take().expect("its input");
        let stdout = BufReader::new(child.stdout.take().expect("its output"));
        let mut stderr = child.stderr.take().expect("its errors");
        let complained = thread::spawn(move || std::io::read_to_string(&mut stderr).unwrap_or_default());
        let mut told = Vec::new();
        for line in stdout.lines().map_while(Result::ok) {
            if let Some(wish) = line.strip_prefix("! ") {
                grant(wish);
                // It may have ended meanwhile; its exit code says so.
                let _ = writeln!(answers, "done");
            }
            told.push(line);
        }
        let status = child.wait().expect("our own child");
        let (told, complained) = (told.join("\n"), complained.join().unwrap_or_default());
        assert!(status.success(), "{status}\n{complained}\n{told}");
        assert!(told.ends_with("all done"), "it did not come to its end:\n{complained}\n{told}");
    }
}
