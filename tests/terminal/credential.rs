//! Do git, docker, cargo and kubectl get the token, for its own server and for no other? The real programs, where there are some.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use grantd_tests::postgres::free_port;
use grantd_tests::process::{Output, grant_binary};
use grantd_tests::{skip, wait_for};
use serde_json::Value;

use crate::machine::Machine;

/// A host on which a Grantd lives beside other things: a registry of images, one of crates, a cluster. They let in whoever shows
/// anything at all, and remember what.
struct Host {
    machine: Machine,
    url: String,
    shown: Arc<Mutex<Vec<String>>>,
}

impl Host {
    fn new() -> Self {
        let port = free_port();
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let shown = Arc::new(Mutex::new(Vec::new()));
        let (own, seen) = (url.clone(), Arc::clone(&shown));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (own, seen) = (own.clone(), Arc::clone(&seen));
                thread::spawn(move || serve(client.expect("a connection"), port, &own, &seen));
            }
        });
        let machine = Machine::at(port, &url);
        let login = ["login", &url, "--username", "ada", "--password-stdin", "--store", "file"];
        machine.grant(&login).input(crate::machine::PASSWORD).run().expect(0);
        Self { machine, url, shown }
    }

    /// Its name and port.
    fn host(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// What it was last shown.
    #[track_caller]
    fn last_shown(&self) -> String {
        self.shown.lock().expect("the host lives").last().cloned().expect("somebody showed something")
    }

    /// A command in the home of the one who is signed in; `grant` and its name for docker are in the PATH.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let bin = self.machine.home.join("bin");
        if !bin.exists() {
            fs::create_dir(&bin).expect("a folder");
            for name in ["grant", "docker-credential-grant"] {
                symlink(grant_binary(), bin.join(name)).expect("a link");
            }
        }
        let mut command = Command::new(program);
        let path = std::env::var("PATH").expect("a PATH");
        command.env_clear().env("HOME", self.machine.home.path()).env("PATH", format!("{}:{path}", bin.display()));
        command.current_dir(self.machine.home.path()).stdin(Stdio::null());
        command
    }
}

fn serve(mut client: TcpStream, port: u16, own: &str, seen: &Mutex<Vec<String>>) {
    loop {
        let mut head = [0; 16384];
        // Looked at, and left where it is: it may be Grantd's.
        let Ok(length @ 1..) = client.peek(&mut head) else { return };
        if !head[0].is_ascii_uppercase() {
            // Whoever tries TLS first hears at once that there is none.
            let _ = client.read(&mut head).and_then(|_| client.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n"));
            return;
        }
        let text = String::from_utf8_lossy(&head[..length]).into_owned();
        let path = text.split(' ').nth(1).unwrap_or_default();
        if ["/readyz", "/oauth2/", "/.well-known/", "/api/v1/me"].iter().any(|own| path.starts_with(own)) {
            return carry(&client, &TcpStream::connect(("127.0.0.1", port)).expect("grantd"));
        }
        if !text.contains("\r\n\r\n") {
            continue;
        }
        client.read_exact(&mut head[..length]).expect("what was looked at");
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("authorization").then(|| value.to_owned())
        };
        let (status, body) = match text.lines().find_map(header) {
            None => ("401 Unauthorized", String::new()),
            Some(value) => {
                seen.lock().expect("the test lives").push(value);
                match path {
                    "/index/config.json" => {
                        ("200 OK", format!(r#"{{"dl":"{own}/dl","api":"{own}","auth-required":true}}"#))
                    }
                    "/v2/" => ("200 OK", "{}".to_owned()),
                    _ => ("404 Not Found", "{}".to_owned()),
                }
            }
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\nWWW-Authenticate: Basic realm=\"host\"\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        if client.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn carry(client: &TcpStream, server: &TcpStream) {
    let both = || (client.try_clone().expect("a stream"), server.try_clone().expect("a stream"));
    let (mut from, mut to) = both();
    let there = thread::spawn(move || {
        let _ = std::io::copy(&mut from, &mut to);
        let _ = to.shutdown(Shutdown::Write);
    });
    let (mut to, mut from) = both();
    let _ = std::io::copy(&mut from, &mut to);
    let _ = to.shutdown(Shutdown::Both);
    let _ = there.join();
}

/// What a program left that was told something on standard input; none where it is missing.
fn run(command: &mut Command, input: &str) -> Option<Output> {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.ok()?;
    child.stdin.take().expect("its input").write_all(input.as_bytes()).expect("it reads");
    let output = child.wait_with_output().expect("it ends");
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Some(Output { code: output.status.code().unwrap_or(-1), stdout: text(output.stdout), stderr: text(output.stderr) })
}

#[test]
fn git_fetches_the_token_for_its_own_host_and_port_and_nothing_for_others() {
    let host = Host::new();
    let token = host.machine.token();
    let git = |action: &str, request: &str| {
        let mut command = host.command("git");
        command.args(["-c", "credential.helper=!grant credential git", "credential", action]);
        command.env("GIT_TERMINAL_PROMPT", "0").env("GIT_CONFIG_NOSYSTEM", "1");
        run(&mut command, request)
    };
    let own = format!("protocol=http\nhost={}\npath=repository.git\n\n", host.host());
    let Some(filled) = git("fill", &own) else { return skip("no git") };
    let filled = filled.expect(0);
    assert!(
        filled.stdout.contains("username=ada\n") && filled.stdout.contains(&format!("password={token}\n")),
        "{filled}"
    );
    // What git is told to keep or to forget is not ours to keep or to forget.
    let entry = host.machine.entry();
    git("approve", &filled.stdout).expect("git").expect(0);
    git("reject", &filled.stdout).expect("git").expect(0);
    assert_eq!(host.machine.entry(), entry);
    for other in [
        format!("protocol=https\nhost={}\n\n", host.host()),
        "protocol=http\nhost=localhost\n\n".to_owned(),
        "protocol=https\nhost=github.com\n\n".to_owned(),
        format!("protocol=http\nhost={}\nusername=bob\n\n", host.host()),
    ] {
        let output = git("fill", &other).expect("git");
        assert!(output.code != 0 && !output.stdout.contains("password="), "{output}");
        let asked = host.machine.grant(&["credential", "git", "get"]).input(&other).run().expect(0);
        assert_eq!((asked.stdout.as_str(), asked.stderr.as_str()), ("", ""));
    }
}

#[test]
fn docker_fetches_the_token_through_a_helper_of_its_name_and_is_told_that_there_is_none_for_others() {
    let host = Host::new();
    let token = host.machine.token();
    let ask = |action: &str, input: &str| {
        run(
            &mut {
                let mut command = host.command(host.machine.home.join("bin/docker-credential-grant"));
                command.arg(action);
                command
            },
            input,
        )
        .expect("our own program")
    };
    let answer = ask("get", &format!("{}\n", host.host())).expect(0).json();
    let expected = serde_json::json!({ "ServerURL": host.host(), "Username": "ada", "Secret": token });
    assert_eq!(answer, expected);
    for other in ["https://index.docker.io/v1/", "localhost:1", "", "\u{1b}[2J"] {
        let output = ask("get", other).expect(1);
        assert_eq!(output.stdout, "credentials not found in native keychain\n");
    }
    let entry = host.machine.entry();
    ask("store", &answer.to_string()).expect(0);
    ask("erase", host.host()).expect(0);
    assert_eq!(host.machine.entry(), entry);
    assert_eq!(ask("list", "").expect(0).json()[host.url.as_str()], "ada");

    let config = host.machine.home.join(".docker");
    fs::create_dir(&config).expect("a folder");
    let helpers = serde_json::json!({ "credHelpers": { host.host(): "grant" } });
    fs::write(config.join("config.json"), helpers.to_string()).expect("a file");
    let image = format!("{}/image:1", host.host());
    let mut docker = host.command("docker");
    docker.args(["manifest", "inspect", "--insecure", &image]);
    let Some(output) = run(&mut docker, "") else { return skip("no docker; its protocol was spoken without it") };
    assert!(output.stderr.contains("manifest"), "{output}");
    assert_eq!(host.last_shown(), format!("Basic {}", STANDARD.encode(format!("ada:{token}"))));
}

#[test]
fn cargo_fetches_the_token_for_a_registry_of_its_own_host() {
    let host = Host::new();
    let token = host.machine.token();
    let say = |line: &Value| host.machine.grant(&["--cargo-plugin"]).input(format!("{line}\n")).run().expect(0).stdout;
    let get = |index: &str| serde_json::json!({ "v": 1, "kind": "get", "operation": "read", "registry": { "index-url": index }, "args": [] });
    let elsewhere = say(&get("sparse+https://index.crates.io/"));
    assert_eq!(elsewhere, "{\"v\":[1]}\n{\"Err\":{\"kind\":\"url-not-supported\"}}\n");
    for elsewhere in ["sparse+http://localhost:1/index/", "https://github.com/rust-lang/crates.io-index", "", "sparse+"]
    {
        assert!(say(&get(elsewhere)).contains("url-not-supported"), "{elsewhere}");
    }
    let mut login = get(&format!("sparse+{}/index/", host.url));
    login["kind"] = "login".into();
    assert!(say(&login).contains("operation-not-supported"));
    assert!(say(&serde_json::json!({ "v": 2 })).contains("only version 1") && say(&Value::Null).contains("\"Err\""));

    let home = host.machine.home.path();
    let write = |path: &str, text: &str| {
        let path = home.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).and_then(|()| fs::write(path, text)).expect("a file");
    };
    let registry =
        format!("[registries.host]\nindex = \"sparse+{}/index/\"\ncredential-provider = [\"grant\"]\n", host.url);
    write("cargo/config.toml", &registry);
    write(
        "crate/Cargo.toml",
        "[package]\nname = \"a\"\n[lib]\npath = \"lib.rs\"\n[dependencies]\nthing = { version = \"1\", registry = \"host\" }\n",
    );
    write("crate/lib.rs", "");
    // The cargo of the tool chain that runs this, and its rustc.
    let Some(program) = std::env::var_os("CARGO") else { return skip("no cargo that says where it is") };
    let mut cargo = host.command(&program);
    let rustc = Path::new(&program).with_file_name("rustc");
    cargo.args(["generate-lockfile"]).current_dir(home.join("crate"));
    cargo.env("CARGO_HOME", home.join("cargo")).env("RUSTC", rustc);
    let output = run(&mut cargo, "").expect("cargo");
    assert!(output.stderr.contains("no matching package named `thing` found"), "{output}");
    assert_eq!(host.last_shown(), format!("Bearer {token}"));
}

#[test]
fn kubectl_fetches_the_token_and_tells_where_it_goes_when_it_is_told_to() {
    let host = Host::new();
    let token = host.machine.token();
    let kubeconfig = |server: &str, told: bool| {
        let exec = serde_json::json!({
            "apiVersion": "client.authentication.k8s.io/v1", "command": "grant", "args": ["credential", "kubernetes", "get"],
            "interactiveMode": "Never", "provideClusterInfo": told,
        });
        serde_json::json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "c",
            "clusters": [{ "name": "c", "cluster": { "server": server, "insecure-skip-tls-verify": true } }],
            "users": [{ "name": "u", "user": { "exec": exec } }],
            "contexts": [{ "name": "c", "context": { "cluster": "c", "user": "u" } }],
        })
    };
    let credential =
        |info: &str| host.machine.grant(&["credential", "kubernetes"]).env("KUBERNETES_EXEC_INFO", info).run();
    let answer = credential("").expect(0).json();
    assert_eq!((&answer["kind"], &answer["status"]["token"]), (&"ExecCredential".into(), &token.as_str().into()));
    assert_eq!(answer["apiVersion"], "client.authentication.k8s.io/v1");
    assert!(answer["status"]["expirationTimestamp"].as_str().expect("a time").ends_with('Z'));
    credential("{").expect(2);
    credential(r#"{"apiVersion":"client.authentication.k8s.io/v9"}"#).expect(2);
    let refused = credential(r#"{"spec":{"cluster":{"server":"https://elsewhere.example"}}}"#).expect(5);
    assert_eq!(refused.stdout, "");

    credential(&serde_json::json!({ "spec": { "cluster": { "server": host.url } } }).to_string()).expect(0);

    let ask = |server: &str, told: bool| {
        let file = host.machine.home.write("kubeconfig", kubeconfig(server, told).to_string());
        let mut kubectl = host.command("kubectl");
        kubectl.arg("--kubeconfig").arg(file).args(["get", "--raw", "/version", "--request-timeout=5s"]);
        run(&mut kubectl, "")
    };
    let port = free_port();
    let cluster = format!("https://localhost:{port}");
    let Some(output) = ask(&cluster, true) else { return skip("no kubectl; its protocol was spoken without it") };
    assert!(output.code != 0 && output.stderr.contains("the token is not for"), "{output}");
    // Without TLS it asks for no credential: one connection of openssl's is the cluster.
    let Some(mut cluster_process) = cluster_at(&host, port) else { return skip("no openssl") };
    // What it asks after that nobody answers: some kubectl ask for the version first, to choose another of their kind.
    ask(&cluster, false).expect("kubectl");
    cluster_process.kill().expect("our own child");
    let seen = cluster_process.wait_with_output().expect("its output").stdout;
    assert!(String::from_utf8_lossy(&seen).contains(&format!("Authorization: Bearer {token}\r\n")));
}

/// A cluster that answers one request, and writes down what it was asked.
fn cluster_at(host: &Host, port: u16) -> Option<std::process::Child> {
    let (key, cert) = (host.machine.home.join("key.pem"), host.machine.home.join("cert.pem"));
    let mut make = host.command("openssl");
    make.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=localhost",
    ]);
    make.arg("-keyout").arg(&key).arg("-out").arg(&cert);
    run(&mut make, "")?.expect(0);
    let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"major\":\"1\"}";
    let mut serve = host.command("openssl");
    serve
        .args(["s_server", "-quiet", "-naccept", "1", "-accept", &port.to_string(), "-key"])
        .arg(key)
        .arg("-cert")
        .arg(cert);
    let mut child = serve.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    child.stdin.as_mut()?.write_all(answer.as_bytes()).expect("it reads");
    wait_for("the cluster listens", || {
        let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].map(|file| fs::read_to_string(file).unwrap_or_default());
        sockets.concat().contains(&format!(":{port:04X} ")).then_some(())
    });
    Some(child)
}

#[test]
fn who_is_signed_out_is_told_so_by_the_helper_that_speaks_for_the_own_host() {
    let host = Host::new();
    let request = format!("protocol=http\nhost={}\n", host.host());
    host.machine.run(&["logout"]).expect(0);
    let nobody = host.machine.grant(&["credential", "git", "get"]).input(&request).run().expect(0);
    assert_eq!((nobody.stdout.as_str(), nobody.stderr.as_str()), ("", ""));
    host.machine.grant(&["credential", "docker", "get"]).input(host.host()).run().expect(1);
    host.machine.run(&["credential", "kubernetes", "get"]).expect(4);
    host.machine.grant(&["credential", "git", "get"]).input([0xff, 0xfe]).run().expect(2);
    host.machine.grant(&["credential", "git", "get"]).input("x".repeat(70_000)).run().expect(2);
    host.machine.run(&["credential", "svn", "get"]).expect(2);
    host.machine.run(&["credential", "git", "list"]).expect(2);
}
