//! What does the log say of a run? One line a request, and never a secret.

use std::collections::BTreeSet;
use std::fs;

use grantd_tests::client::{Answer, Client};
use grantd_tests::postgres::Database;
use grantd_tests::process::{self, Grantd};
use grantd_tests::skip;
use grantd_tests::temp::TempDir;
use reqwest::Method;
use serde_json::{Value, json};

use crate::site::{self, Production, Site};

/// The lines of a log that are about requests, each a JSON object.
fn requests(output: &str) -> Vec<Value> {
    let lines = output.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")));
    lines.filter(|line: &Value| line["message"] == "request").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_is_piped_is_one_json_line_a_request() {
    let data = TempDir::new();
    let server = site::dev(&data).start();
    let before = requests(&server.output()).len();
    let client = server.client();
    let mut answers: Vec<(&str, &str, Answer)> = vec![
        ("POST", "/oauth2/token", client.try_sign_in("ada", "ada-dev-password").await.expect(200)),
        ("POST", "/oauth2/token", client.try_sign_in("ada", "wrong").await.expect(400)),
        ("GET", "/.well-known/jwks.json", client.get("/.well-known/jwks.json", "").await.expect(200)),
        ("GET", "-", client.get("/nowhere", "").await.expect(404)),
        ("GET", "/oauth2/userinfo", client.get("/oauth2/userinfo", "").await.expect(401)),
        ("DELETE", "/oauth2/token", client.delete("/oauth2/token", "").await.expect(405)),
    ];
    let tokens = client.sign_in_ada().await;
    let session = format!("/api/v1/me/sessions/{}", tokens.claims()["sid"].as_str().expect("a session"));
    answers.push(("DELETE", "/api/v1/me/sessions/:id", client.delete(&session, &tokens.access).await.expect(204)));
    let stopped = server.stop().expect(0);
    assert_eq!(stopped.stdout, "", "the log goes to standard error");
    let lines = requests(&stopped.stderr);
    assert_eq!(lines.len(), before + answers.len() + 1, "one line a request{stopped}");
    for (method, route, answer) in &answers {
        let id = answer.header("x-request-id").expect("every answer has a request id");
        let own: Vec<_> = lines.iter().filter(|line| line["id"] == id).collect();
        assert_eq!(own.len(), 1, "{id}{stopped}");
        let line = own[0];
        assert_eq!((&line["method"], &line["status"]), (&(*method).into(), &answer.status.into()), "{line}");
        if *route != "/api/v1/me/sessions/:id" {
            assert_eq!(line["route"], *route, "{line}");
        }
        assert!(line["timestamp"].is_string() && line["level"] == "INFO" && line["us"].is_u64(), "{line}");
    }
    let ids: BTreeSet<_> = lines.iter().map(|line| line["id"].to_string()).collect();
    assert_eq!(ids.len(), lines.len(), "no two requests share an id");
    assert!(!stopped.stderr.contains(&session), "a route is named without what varies in it{stopped}");
    let refused = lines.iter().find(|line| line["status"] == 400).expect("the refusal");
    assert_eq!(refused["reason"], "sign_in_failed");
}

#[test]
fn all_that_a_production_server_says_when_piped_is_json() {
    let production = Production::new();
    let server = production.start();
    server.wait_for_output("--role admin");
    let stopped = server.stop().expect(0);
    for line in stopped.stderr.lines() {
        assert!(serde_json::from_str::<Value>(line).is_ok_and(|line| line.is_object()), "no JSON: {line}");
    }
    assert_eq!(stopped.stdout, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_text_where_that_is_asked_for() {
    let data = TempDir::new();
    let server = site::dev(&data).env("GRANTD_LOG__FORMAT", "text").start();
    server.client().sign_in_ada().await;
    let stopped = server.stop().expect(0);
    let line = stopped
        .stderr
        .lines()
        .find(|line| line.contains("route=\"/oauth2/token\""))
        .unwrap_or_else(|| panic!("{stopped}"));
    assert!(
        line.contains("INFO") && line.contains("status=200") && serde_json::from_str::<Value>(line).is_err(),
        "{line}"
    );
    assert!(!stopped.stderr.contains('\u{1b}'), "colours in a file{stopped}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_above_info_leaves_requests_out() {
    let production = Production::new();
    let server = production.serve().env("GRANTD_LOG__LEVEL", "error").start();
    server.client().get("/", "").await.expect(200);
    let stopped = server.stop().expect(0);
    assert!(!stopped.stderr.contains("\"request\""), "{stopped}");
}

#[test]
fn a_server_with_an_http_issuer_warns_once_of_the_cookie_that_it_sends() {
    let warnings = |stopped: &process::Output| {
        let lines = stopped.stderr.lines().filter(|line| line.contains("\"WARN\""));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let production = Production::new();
    let http = production.start().stop().expect(0);
    assert!(matches!(&warnings(&http)[..], [one] if one.contains("without Secure")), "{http}");
    let https = production.serve().env("GRANTD_ISSUER", "https://auth.example.org").start().stop().expect(0);
    assert!(warnings(&https).is_empty(), "{https}");
}

/// All that must stand nowhere in an output.
#[derive(Default)]
struct Secrets(Vec<(&'static str, String)>);

impl Secrets {
    fn add(&mut self, what: &'static str, secret: impl Into<String>) -> String {
        let secret = secret.into();
        assert!(secret.len() >= 8, "too short to be looked for: {what}");
        self.0.push((what, secret.clone()));
        secret
    }

    /// Both tokens of an answer, and their parts that are secret by themselves.
    fn add_tokens(&mut self, answer: &Answer) -> (String, String) {
        let access = self.add("an access token", answer.text("access_token"));
        self.add("an access token's signature", access.rsplit('.').next().unwrap_or_default());
        let refresh = answer["refresh_token"].as_str().unwrap_or_default().to_owned();
        if !refresh.is_empty() {
            self.add("a refresh token", refresh.trim_start_matches("grt_"));
        }
        (access, refresh)
    }

    fn are_not_in(&self, output: &str) {
        for (what, secret) in &self.0 {
            for form in [secret.clone(), secret.replace(' ', "+"), secret.replace(' ', "%20")] {
                assert!(!output.contains(&form), "the output tells {what}: {form}");
            }
        }
    }
}

/// Uses every kind of secret, in the right places and in wrong ones.
async fn use_secrets(site: &Site, server: &Grantd, secrets: &mut Secrets) -> String {
    let client = server.client();
    let mut said = String::new();
    let password = secrets.add("a password", "the password of grace, no less");
    client.sign_up("grace", "grace@example.org", &password).await.expect(201);
    let (access, refresh) = secrets.add_tokens(&client.try_sign_in("grace", &password).await.expect(200));
    let (access, refresh) = {
        client.userinfo(&access).await.expect(200);
        secrets.add_tokens(&client.refresh(&refresh).await.expect(200))
    };
    use_cookies(&client, &password, secrets).await;
    let wrong = secrets.add("a wrong password", "not the password of anybody");
    client.try_sign_in("grace", &wrong).await.expect(400);
    client.try_sign_in(&wrong, &password).await.expect(400);
    client.sign_up("grace", "other@example.org", &wrong).await.expect(409);
    let new = secrets.add("a new password", "grace has chosen another one");
    let change = serde_json::json!({"current_password": password, "new_password": new});
    client.send(Method::PUT, "/api/v1/me/password", &access, &change).await;

    let made = site.command(&["client", "create", "billing", "--json"]).run().expect(0);
    let secret = secrets.add("a client secret", made.json()["client_secret"].as_str().expect("a secret"));
    said.push_str(&made.stderr);
    let service = client.as_confidential("billing", &secret);
    let own = service.client_credentials().await.expect(200);
    secrets.add_tokens(&own);
    service.introspect(&own.text("access_token")).await.expect(200);
    let near = secrets.add(
        "a wrong client secret",
        format!("{}{}", &secret[..secret.len() - 1], if secret.ends_with('x') { 'y' } else { 'x' }),
    );
    client.as_confidential("billing", &near).client_credentials().await.expect(401);
    client.as_demo_api().introspect(&refresh).await.expect(200);
    secrets.add("a seeded secret", "demo-api-dev-secret");
    secrets.add("a seeded password", "ada-dev-password");
    secrets.add_tokens(&client.try_sign_in("ada", "ada-dev-password").await.expect(200));

    // Where they do not belong.
    for path in [
        format!("/oauth2/userinfo?access_token={access}"),
        format!("/oauth2/token?refresh_token={refresh}"),
        format!("/{access}"),
        format!("/api/v1/me/sessions/{refresh}"),
        format!("/api/v1/me/sessions?cursor={access}"),
    ] {
        client.get(&path, &access).await;
    }
    client.get("/api/v1/me", &format!("{access}x")).await.expect(401);
    client.refresh(&format!("{refresh}x")).await.expect(400);
    client.bare_form("/oauth2/token", &[(&access, &refresh), (&wrong, &password)]).await.expect(401);
    let odd = client.request(Method::POST, "/api/v1/users").header("Content-Type", "application/json");
    client.answer(odd.body(format!("{{\"password\": \"{password}\", "))).await;
    let odd = client.request(Method::POST, "/oauth2/token").header("Authorization", format!("Basic {secret}:{access}"));
    client.answer(odd).await;

    use_administration(site, server, secrets, &mut said).await;

    let set = secrets.add("a password that is set", "an administrator's idea of one");
    let weak = secrets.add("a weak password", "password1");
    for (args, input) in [
        (&["user", "set-password", "grace"][..], set.as_str()),
        (&["user", "set-password", "grace"], weak.as_str()),
        (&["user", "create", "hedy", "--email", "hedy@example.org"], set.as_str()),
        (&["user", "create", "hedy", "--email", "nonsense"], weak.as_str()),
        (&["client", "create", "other", "--secret-file", "-"], secret.as_str()),
        (&["client", "create", "another", "--secret-file", "-"], weak.as_str()),
        (&["config", "show", "--origin"], ""),
        (&["session", "list"], ""),
    ] {
        said.push_str(&site.command(args).input(input).run().to_string());
    }
    client.sign_in("hedy", &set).await;
    client.revoke(&refresh).await;
    said
}

/// The same in the cookie mode.
async fn use_cookies(client: &Client, password: &str, secrets: &mut Secrets) {
    let post = |path: &str, cookie: &str| {
        let request = client.request(Method::POST, path).header("X-Grantd", "1").header("Origin", client.base());
        request.header("Cookie", cookie)
    };
    let mut cookie = String::new();
    let sign_in = json!({"username": "grace", "password": password});
    for (path, status) in [("/bff/login", 200), ("/bff/refresh", 200), ("/bff/login", 403), ("/bff/logout", 204)] {
        let request = post(path, &cookie).json(&sign_in);
        // A page of another site is refused with the cookie that came.
        let request = if status == 403 { request.header("Sec-Fetch-Site", "cross-site") } else { request };
        let answer = client.answer(request).await.expect(status);
        if status == 200 {
            secrets.add("an access token", answer.text("access_token"));
            let set = answer.header("set-cookie").expect("a cookie").split(';').next().unwrap_or_default();
            let (_, value) = set.split_once("=grt_").expect("a refresh token");
            secrets.add("a cookie", value);
            set.clone_into(&mut cookie);
        }
    }
    let who = client.request(Method::GET, "/bff/user");
    client.answer(who.header("Cookie", format!("{cookie}x"))).await.expect(401);
    client.answer(post("/bff/refresh", &format!("{cookie}; {cookie}"))).await.expect(400);
    client.answer(post(&format!("/bff/refresh?{cookie}"), &cookie)).await.expect(401);
}

/// The same at the doors of administrators and with the commands that are theirs.
async fn use_administration(site: &Site, server: &Grantd, secrets: &mut Secrets, said: &mut String) {
    let client = server.client();
    let scopes = "openid profile account sessions admin";
    let form = [("grant_type", "password"), ("username", "ada"), ("password", "ada-dev-password"), ("scope", scopes)];
    let (admin, _) = secrets.add_tokens(&client.token(&form).await.expect(200));
    let send = async |method: Method, path: &str, body: Value| client.send(method, path, &admin, &body).await;

    let password = secrets.add("a password of an administrator's choice", "chosen for mary by somebody");
    let user = json!({"username": "mary", "email": "mary@example.org", "password": password, "roles": []});
    let made = send(Method::POST, "/api/v1/admin/users", user.clone()).await.expect(201);
    send(Method::POST, "/api/v1/admin/users", user).await.expect(409);
    let path = format!("/api/v1/admin/users/{}", made.text("id"));
    let next = secrets.add("the next password", "chosen for mary once more");
    send(Method::PUT, &format!("{path}/password"), json!({"password": next})).await.expect(204);
    send(Method::PUT, &format!("{path}/password"), json!({"password": next, "strange": next})).await.expect(422);
    send(Method::PATCH, &path, json!({"password": next, "password_hash": next})).await.expect(422);
    let (own, _) = secrets.add_tokens(&client.try_sign_in("mary", &next).await.expect(200));
    let last = secrets.add("the last password", "chosen by mary herself");
    let change = json!({"current_password": last, "new_password": last});
    client.send(Method::PUT, "/api/v1/me/password", &own, &change).await.expect(422);
    let change = json!({"current_password": next, "new_password": last});
    client.send(Method::PUT, "/api/v1/me/password", &own, &change).await.expect(204);

    let given = secrets.add("a secret that is given", "a-secret-of-the-operators-own");
    let new = json!({"id": "reports", "client_secret": given});
    send(Method::POST, "/api/v1/admin/clients", new.clone()).await.expect(201);
    send(Method::POST, "/api/v1/admin/clients", new).await.expect(409);
    secrets.add_tokens(&client.as_confidential("reports", &given).client_credentials().await.expect(200));
    let rotated = send(Method::POST, "/api/v1/admin/clients/reports/secret", json!({"grace": 60})).await.expect(201);
    let secret = secrets.add("a secret that is made", rotated.text("client_secret"));
    secrets.add_tokens(&client.as_confidential("reports", &secret).client_credentials().await.expect(200));
    send(Method::PATCH, "/api/v1/admin/clients/reports", json!({"client_secret": secret})).await.expect(422);
    for wrong in [&secret, &password, &admin] {
        send(Method::GET, &format!("/api/v1/admin/users/{wrong}"), Value::Null).await;
        send(Method::GET, &format!("/api/v1/admin/users?q={wrong}&limit={wrong}"), Value::Null).await;
        send(Method::DELETE, &format!("/api/v1/admin/clients/{wrong}"), Value::Null).await;
        send(Method::GET, &format!("/api/v1/admin/events?cursor={wrong}"), Value::Null).await;
    }

    let by_command = site.command(&["client", "rotate-secret", "reports", "--json"]).run().expect(0);
    secrets.add("a secret that a command made", by_command.json()["client_secret"].as_str().expect("a secret"));
    said.push_str(&by_command.stderr);
    let hash = secrets.add("a hash", "$2b$04$4V2vI1yl7qJ1ZQ1w8nPVxO6uXq4n0rZ9e8bS3m0sYk5d1fHc2Gz1e");
    let odd = secrets.add("a hash that is none", "$2b$99$a-hash-of-absurd-cost-and-form");
    for (args, input) in [
        (&["user", "create", "anna", "--email", "anna@example.org", "--password-hash-file", "-"][..], hash.as_str()),
        (&["user", "create", "otto", "--email", "otto@example.org", "--password-hash-file", "-"], odd.as_str()),
        (&["user", "show", "anna"], ""),
        (&["user", "show", "anna", "--json"], ""),
        (&["user", "list", "--json"], ""),
        (&["client", "show", "reports", "--json"], ""),
        (&["key", "rotate"], ""),
        (&["key", "list", "--json"], ""),
        (&["config", "show", "--origin"], ""),
    ] {
        said.push_str(&site.command(args).input(input).run().to_string());
    }
    client.try_sign_in("anna", &last).await.expect(400);
    let stored = "a password hash as it is kept";
    for part in ["$argon2id$", "m=8,t=1,p=1"] {
        assert!(!said.contains(part), "{stored}: {said}");
    }
    send(Method::POST, "/api/v1/admin/keys", json!({"now": true})).await.expect(201);
}

async fn tells_no_secret(site: Site, format: &str) {
    let mut secrets = Secrets::default();
    let server = site.dev().env("GRANTD_LOG__LEVEL", "trace").env("GRANTD_LOG__FORMAT", format).start();
    let said = use_secrets(&site, &server, &mut secrets).await;
    let key = fs::read_to_string(site.data.join("secret.key")).expect("a key");
    secrets.add("the secret key", key.trim_end().rsplit(':').next().unwrap_or_default());
    secrets.add("the database's password", "cluster-test-password");
    let stopped = server.stop().expect(0);
    assert!(stopped.stderr.matches("route").count() > 50, "the run was logged{stopped}");
    secrets.are_not_in(&said);
    secrets.are_not_in(&stopped.stderr);
    secrets.are_not_in(&stopped.stdout);
    assert!(!stopped.stderr.contains("$argon2id$"), "a hash is told");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_of_a_whole_run_tells_a_secret_on_sqlite() {
    tells_no_secret(Site::sqlite(), "json").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_output_of_a_whole_run_tells_a_secret_on_postgresql() {
    match Database::fresh().await {
        Ok(database) => tells_no_secret(Site::on(database), "text").await,
        Err(reason) => skip(&reason),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_told_would_be_found() {
    let mut secrets = Secrets::default();
    secrets.add("a password", "one that is told");
    let told = std::panic::catch_unwind(|| secrets.are_not_in("{\"message\":\"one+that+is+told\"}"));
    assert!(told.is_err());
    let output = process::Output { code: 0, stdout: String::new(), stderr: "nothing".to_owned() };
    secrets.are_not_in(&output.to_string());
}
