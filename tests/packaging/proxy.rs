//! Does the proxy's file work? A real Caddy before two real nodes on one PostgreSQL: the file itself, told where they are.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use grantd_tests::postgres::{Database, free_port};
use grantd_tests::process::{self, Call, Grantd};
use grantd_tests::temp::TempDir;
use grantd_tests::{skip, wait_for};
use serde_json::Value;

use crate::tools::{self, finish, program};

/// A name that Caddy signs a certificate for by itself.
const SITE: &str = "auth.internal";
const PASSWORD: &str = "one of a kind, I hope";
/// Where the clients of these tests are; the proxy and the nodes are on 127.0.0.1.
const CLIENT: &str = "127.0.0.2";
/// An address that nobody here has.
const FORGED: &str = "203.0.113.9";
/// What a hash costs: memory in KiB, and passes.
type Costs = [&'static str; 2];
/// Next to nothing.
const CHEAP: Costs = ["8", "1"];
/// As much as the settings allow: more than a second.
const SLOW: Costs = ["131072", "32"];

/// A proxy before two nodes.
struct Site {
    nodes: [Grantd; 2],
    caddy: Child,
    http: u16,
    https: u16,
    data: TempDir,
    database: Database,
    costs: Costs,
}

/// What a client heard.
#[derive(Debug)]
struct Heard {
    status: u16,
    head: String,
    body: String,
}

impl Heard {
    #[track_caller]
    fn expect(self, status: u16) -> Self {
        assert_eq!(self.status, status, "the status\n{}\n{}", self.head, self.body);
        self
    }

    fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("no JSON: {error}\n{}\n{}", self.head, self.body))
    }
}

impl Site {
    /// Everything started and answering.
    ///
    /// # Errors
    /// What is missing, for [`grantd_tests::skip`].
    async fn start(costs: Costs) -> Result<Self, String> {
        let (caddy, _) = (program("caddy")?, program("curl")?);
        let (database, data) = (Database::fresh().await?, TempDir::new());
        process::grantd(&["init", &data.path().display().to_string()]).run().expect(0);
        let nodes = [(); 2].map(|()| node(&data, &database, costs, free_port()));
        nodes.iter().for_each(wait_until_ready);
        let (http, https) = (free_port(), free_port());
        let log = File::create(data.join("caddy.log")).expect("a log");
        let caddy = configured(&caddy, &data)
            .env("SITE", SITE)
            .env("NODES", nodes.each_ref().map(|node| node.address().to_string()).join(" "))
            .env("HTTP_PORT", http.to_string())
            .env("HTTPS_PORT", https.to_string())
            .args(["run", "--adapter", "caddyfile", "--config"])
            .arg(tools::shipped("packaging/Caddyfile"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .map_err(|error| error.to_string())?;
        let site = Self { nodes, caddy, http, https, data, database, costs };
        wait_for("the proxy finds its nodes", || (site.ask("/readyz", &[]).status == 200).then_some(()));
        Ok(site)
    }

    /// Starts a node again where it was.
    fn restart(&mut self, which: usize) {
        let port = self.nodes[which].address().port();
        self.nodes[which] = node(&self.data, &self.database, self.costs, port);
        wait_until_ready(&self.nodes[which]);
    }

    /// Makes the user `eve`.
    fn create_eve(&self) {
        let args = ["user", "create", "eve", "--email", "eve@example.org"];
        let call = process::grantd(&args).env("GRANTD_DATABASE__URL", self.database.url());
        at(self.costs, call).input(PASSWORD).run().expect(0);
    }

    /// One request over TLS, whose certificate is checked; a status of 0 when there was no answer.
    fn ask(&self, path: &str, args: &[&str]) -> Heard {
        self.hear(&format!("https://{SITE}:{}{path}", self.https), args)
    }

    fn hear(&self, url: &str, args: &[&str]) -> Heard {
        let done = finish(&mut self.curl(url, args));
        let (head, body) = done.stdout.split_once("\r\n\r\n").unwrap_or_default();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_default();
        Heard { status, head: head.to_owned(), body: body.to_owned() }
    }

    fn curl(&self, url: &str, args: &[&str]) -> Command {
        let mut curl = Command::new("curl");
        let authority = self.data.join("caddy/pki/authorities/local/root.crt");
        curl.env_remove("CURL_CA_BUNDLE").args(["--silent", "--http1.1", "--include", "--noproxy", "*"]);
        curl.args(["--max-time", "60", "--interface", CLIENT]).arg("--cacert").arg(authority);
        for port in [self.http, self.https] {
            curl.arg("--resolve").arg(format!("{SITE}:{port}:127.0.0.1"));
        }
        curl.args(args).arg(url);
        curl
    }

    fn sign_in(&self, args: &[&str]) -> Heard {
        let form = ["--data", "grant_type=password&client_id=web&username=eve", "--data-urlencode"];
        let password = format!("password={PASSWORD}");
        self.ask("/oauth2/token", &[&form[..], &[&password, "--data", "scope=openid profile sessions"], args].concat())
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = self.caddy.kill();
        let _ = self.caddy.wait();
    }
}

/// A node as production runs it, which believes what the proxy says of addresses.
fn node(data: &TempDir, database: &Database, costs: Costs, port: u16) -> Grantd {
    let call = process::grantd(&["serve"])
        .env("GRANTD_ISSUER", format!("https://{SITE}"))
        .env("GRANTD_SERVER__LISTEN", format!("127.0.0.1:{port}"))
        .env("GRANTD_SERVER__TRUSTED_PROXIES", "127.0.0.1")
        .env("GRANTD_DATABASE__URL", database.url())
        .env("GRANTD_SECRET_KEY_FILE", data.join("secret.key").display().to_string());
    at(costs, call).spawn_at(port)
}

fn wait_until_ready(node: &Grantd) {
    wait_for("a node is ready", || {
        assert!(!node.has_ended(), "a node ended:\n{}", node.output());
        node.is_ready().then_some(())
    });
}

fn at([memory, iterations]: Costs, call: Call) -> Call {
    call.env("GRANTD_PASSWORD__MEMORY_KIB", memory).env("GRANTD_PASSWORD__ITERATIONS", iterations)
}

/// Caddy, with its files where the test's are.
fn configured(caddy: &Path, data: &TempDir) -> Command {
    let mut command = Command::new(caddy);
    command.env_clear().env("HOME", data.path()).env("BIND", "127.0.0.1");
    command.env("XDG_DATA_HOME", data.path()).env("XDG_CONFIG_HOME", data.path());
    command
}

#[test]
fn the_proxys_file_is_valid_and_well_formed() {
    let caddy: PathBuf = match program("caddy") {
        Ok(caddy) => caddy,
        Err(reason) => return skip(&reason),
    };
    let (data, file) = (TempDir::new(), tools::shipped("packaging/Caddyfile"));
    let valid = finish(configured(&caddy, &data).args(["validate", "--adapter", "caddyfile", "--config"]).arg(&file));
    assert!(!valid.stderr.contains("\"level\":\"warn\""), "{valid}");
    valid.expect(0);
    finish(configured(&caddy, &data).args(["fmt", "--diff"]).arg(&file)).expect(0);
}

#[tokio::test(flavor = "multi_thread")]
async fn people_sign_in_through_the_proxy_and_are_known_by_their_own_address() {
    let site = match Site::start(CHEAP).await {
        Ok(site) => site,
        Err(reason) => return skip(&reason),
    };
    site.create_eve();
    let lie = |name: &str| format!("{name}: {FORGED}");
    let (forwarded, list, real) = (format!("Forwarded: for={FORGED}"), lie("X-Forwarded-For"), lie("X-Real-IP"));
    let plain = site.sign_in(&[]).expect(200);
    let forged = site.sign_in(&["--header", &forwarded, "--header", &list, "--header", &real]).expect(200);
    assert!(plain.head.to_ascii_lowercase().contains("strict-transport-security: max-age="), "{}", plain.head);
    let access = forged.json()["access_token"].as_str().expect("a token").to_owned();
    let sessions = site.ask("/api/v1/me/sessions", &["--oauth2-bearer", &access]).expect(200).json();
    let addresses: Vec<_> = sessions["items"].as_array().expect("a list").iter().map(|item| &item["ip"]).collect();
    assert_eq!(addresses, [CLIENT, CLIENT], "{sessions}");
    // Nobody is answered without TLS, and what is for the operator is behind another door.
    let unsafe_url = format!("http://{SITE}:{}/readyz", site.http);
    let sent_on = site.hear(&unsafe_url, &[]).expect(308).head;
    assert!(sent_on.contains(&format!("Location: https://{SITE}/readyz")), "{sent_on}");
    site.ask("/metrics", &[]).expect(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_notices_that_a_node_has_died() {
    let mut site = match Site::start(CHEAP).await {
        Ok(site) => site,
        Err(reason) => return skip(&reason),
    };
    site.create_eve();
    site.sign_in(&[]).expect(200);
    site.nodes[0].kill();
    for _ in 0..10 {
        site.sign_in(&[]).expect(200);
    }
    site.restart(0);
    let back = "the proxy has found the node again";
    wait_for(back, || {
        site.sign_in(&[]).expect(200);
        site.nodes[0].output().contains("/oauth2/token").then_some(())
    });
    site.nodes[1].kill();
    for _ in 0..10 {
        site.sign_in(&[]).expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_that_a_node_died_with_is_not_made_again_behind_the_clients_back() {
    let site = match Site::start(SLOW).await {
        Ok(site) => site,
        Err(reason) => return skip(&reason),
    };
    // Nobody of that name: it costs as much as somebody.
    let url = format!("https://{SITE}:{}/oauth2/token", site.https);
    let form = "grant_type=password&client_id=web&username=nobody&password=whatever+it+is";
    let before = site.nodes.each_ref().map(Grantd::cpu_seconds);
    let mut asking = site.curl(&url, &["--data", form]).stdout(Stdio::piped()).spawn().expect("curl");
    let busy = wait_for("a node hashes the password", || {
        assert!(asking.try_wait().expect("our own child").is_none(), "it was answered already");
        (0..2).find(|which| site.nodes[*which].cpu_seconds() > before[*which] + 0.2)
    });
    site.nodes[busy].kill();
    let heard = asking.wait_with_output().expect("what curl heard");
    let heard = String::from_utf8_lossy(&heard.stdout);
    assert!(heard.starts_with("HTTP/1.1 502 "), "{heard}");
}
