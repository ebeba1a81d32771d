//! What becomes of bad input at the doors of users and administrators? A clear no in the words of the place, never a fault of ours.

use grantd_tests::client::{Answer, Client};
use grantd_tests::server::TestServer;
use reqwest::Method;
use reqwest::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::{CLIENTS, USERS, administrator, at};
use crate::errors::{expect_problem, media_type};

const JSON: &str = "application/json";
const LISTS: [&str; 7] = [
    "/api/v1/me/sessions",
    "/api/v1/me/activity",
    "/api/v1/admin/users",
    "/api/v1/admin/clients",
    "/api/v1/admin/sessions",
    "/api/v1/admin/events",
    "/api/v1/admin/keys",
];

/// Where JSON goes, and what it may say there: text, texts, a flag, a whole number.
struct Door {
    method: Method,
    path: String,
    members: Vec<(&'static str, Value)>,
}

async fn open(server: &TestServer) -> (Client, String, Vec<Door>) {
    let client = server.client();
    let access = administrator(&client).await.access;
    let bob = at(server, "bob").await;
    let door = |method, path: &str, members: &[(&'static str, Value)]| Door {
        method,
        path: path.to_owned(),
        members: members.to_vec(),
    };
    let client_members = |id: &[(&'static str, Value)]| {
        let mut members = vec![
            ("name", json!("x")),
            ("grants", json!(["password"])),
            ("scopes", json!(["openid"])),
            ("resources", json!([])),
            ("redirect_uris", json!([])),
            ("origins", json!([])),
            ("rotation", json!(true)),
            ("resource_server", json!(false)),
            ("access_ttl", json!(60)),
            ("refresh_ttl", json!(60)),
        ];
        members.extend_from_slice(id);
        members
    };
    let text = || json!("x");
    let doors = vec![
        door(Method::PATCH, "/api/v1/me", &[("name", text()), ("picture", text()), ("email", text())]),
        door(Method::PUT, "/api/v1/me/password", &[("current_password", text()), ("new_password", text())]),
        door(
            Method::POST,
            USERS,
            &[("username", text()), ("email", text()), ("password", text()), ("roles", json!([]))],
        ),
        door(
            Method::PATCH,
            &bob,
            &[
                ("username", text()),
                ("email", text()),
                ("name", text()),
                ("roles", json!([])),
                ("locked", json!(false)),
            ],
        ),
        door(Method::PUT, &format!("{bob}/password"), &[("password", text())]),
        door(Method::POST, CLIENTS, &client_members(&[("id", text()), ("type", text()), ("client_secret", text())])),
        door(Method::PATCH, &format!("{CLIENTS}/demo-service"), &client_members(&[])),
        door(Method::POST, &format!("{CLIENTS}/demo-service/secret"), &[("grace", json!(0))]),
        door(Method::POST, "/api/v1/admin/keys", &[("now", json!(false))]),
    ];
    (client, access, doors)
}

impl Door {
    async fn send(&self, client: &Client, access: &str, body: impl Into<Vec<u8>>) -> Answer {
        let request = client.bearer(self.method.clone(), &self.path, access).header(CONTENT_TYPE, JSON);
        client.answer(request.body(body.into())).await
    }
}

/// A refusal of the client's own making, and a problem.
#[track_caller]
fn expect_refused(answer: Answer, what: &str) {
    assert!((400..500).contains(&answer.status), "{what}{answer}");
    let (status, reason) = (answer.status, answer.text("reason"));
    expect_problem(answer, status, &reason);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_json_object_is_malformed_at_every_door() {
    let server = TestServer::start().await;
    let (client, access, doors) = open(&server).await;
    let deep = "[".repeat(10_000);
    let bodies: Vec<Vec<u8>> = vec![
        b"".to_vec(),
        b"{".to_vec(),
        b"[]".to_vec(),
        b"null".to_vec(),
        b"\"x\"".to_vec(),
        b"1e400".to_vec(),
        b"{} {}".to_vec(),
        b"\xff".to_vec(),
        b"{\"name\":\"\\ud800\"}".to_vec(),
        b"{\"\\udfff\":1}".to_vec(),
        b"{\"name\":1e400}".to_vec(),
        b"{\"name\":01}".to_vec(),
        b"\xef\xbb\xbf{}".to_vec(),
        b"\x1f\x8b\x08\x00".to_vec(),
        format!("{deep}{}", "]".repeat(10_000)).into(),
        format!("{{\"name\":{deep}").into(),
        "{\"a\":".repeat(10_000).into(),
    ];
    for door in &doors {
        for body in &bodies {
            let answer = door.send(&client, &access, body.clone()).await;
            expect_problem(answer, 400, "malformed_request");
        }
        let answer = door.send(&client, &access, format!("{{}}{}", " ".repeat(64 * 1024))).await;
        expect_problem(answer, 413, "body_too_large");
        for wrong in ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "*/*"] {
            let request = client.bearer(door.method.clone(), &door.path, &access).header(CONTENT_TYPE, wrong);
            expect_problem(client.answer(request.body("{}")).await, 415, "unsupported_content_type");
        }
    }
    client.sign_in_bob().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_member_of_another_type_is_named_at_every_door() {
    let server = TestServer::start().await;
    let (client, access, doors) = open(&server).await;
    let texts = ["true", "1", "-0", "1.0", "9223372036854775808", "18446744073709551616", "\"x\"", "[1]", "[[]]", "{}"];
    for door in &doors {
        for (member, right) in &door.members {
            for wrong in texts {
                let value: Value = serde_json::from_str(wrong).expect("JSON");
                let fits = match right {
                    Value::Array(_) => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
                    Value::Number(_) => value.is_i64(),
                    right => std::mem::discriminant(right) == std::mem::discriminant(&value),
                };
                if fits {
                    continue;
                }
                let answer = door.send(&client, &access, format!("{{\"{member}\":{wrong}}}")).await.expect(422);
                let told = answer["errors"].as_array().expect("errors").iter().any(|error| error["field"] == *member);
                assert!(told, "{member}: {wrong}{answer}");
                assert_eq!(media_type(&answer), "application/problem+json", "{answer}");
            }
        }
        let answer = door.send(&client, &access, "{\"__proto__\":{},\"nonsense\":1,\"\\u0000\":1}").await;
        expect_refused(answer, "members that nobody knows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_out_of_every_range_is_refused() {
    let server = TestServer::start().await;
    let (client, access, doors) = open(&server).await;
    for door in &doors {
        for (member, _) in door.members.iter().filter(|(_, right)| right.is_number()) {
            for wrong in ["-1", "9223372036854775807", "-9223372036854775808", "315360001", "1e3"] {
                let answer = door.send(&client, &access, format!("{{\"{member}\":{wrong},\"id\":\"x\"}}")).await;
                expect_refused(answer, &format!("{member}: {wrong}"));
            }
        }
    }
    let shown = client.get(&format!("{CLIENTS}/demo-service"), &access).await.expect(200);
    assert_eq!((&shown["access_ttl"], &shown["refresh_ttl"]), (&Value::Null, &Value::Null), "{shown}");
}

// PostgreSQL has no text with a NUL in it, and nobody has a use for one.
#[tokio::test(flavor = "multi_thread")]
async fn a_nul_breaks_no_door() {
    let server = TestServer::start().await;
    let (client, access, doors) = open(&server).await;
    for door in &doors {
        for (member, right) in &door.members {
            let with_nul = match right {
                Value::String(_) => json!("a\0b@example.org, somebody"),
                Value::Array(_) => json!(["a\0b"]),
                _ => continue,
            };
            let body = json!({ *member: with_nul }).to_string();
            let answer = door.send(&client, &access, body).await;
            if answer.status != 204 {
                expect_refused(answer, member);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_that_names_nothing_is_not_found() {
    let server = TestServer::start().await;
    let client = server.client();
    let tokens = administrator(&client).await;
    let bob = server.user_id("bob").await.to_string();
    let sid = tokens.claims()["sid"].as_str().expect("a session").to_owned();
    let long = "a".repeat(4_000);
    let segments = [
        "x",
        "%00",
        "%2F",
        "%2f..%2f",
        "..%2fusers",
        "%2e%2e",
        ".",
        "%ff",
        "%F0%9F%A6%80",
        "usr_",
        "*",
        "%25",
        "'%20or%201=1--",
        &long,
        "usr_00000000000000000000000000",
        "ses_00000000000000000000000000",
        "evt_00000000000000000000000000",
    ];
    for kind in ["users", "clients", "sessions", "events", "keys"] {
        let others = [bob.as_str(), sid.as_str(), "web"].into_iter().filter(|id| match kind {
            "users" => *id != bob,
            "sessions" => *id != sid,
            "clients" => *id != "web",
            _ => true,
        });
        for segment in segments.into_iter().chain(others) {
            for (method, tail) in
                [("GET", ""), ("PATCH", ""), ("DELETE", ""), ("PUT", "/password"), ("POST", "/secret")]
            {
                let path = format!("/api/v1/admin/{kind}/{segment}{tail}");
                // As bytes: a URL library would tidy the dots away.
                let request = format!(
                    "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\nContent-Type: {JSON}\r\nContent-Length: 2\r\n\r\n{{}}",
                    tokens.access
                );
                let reply = client.raw(request).await;
                assert!(
                    [400, 404, 405, 422].contains(&reply.status),
                    "{method} {path}\n{}\n{}",
                    reply.head,
                    reply.text()
                );
                assert_eq!(reply.header("content-type"), Some("application/problem+json"), "{path}\n{}", reply.head);
            }
        }
    }
    client.get("/api/v1/me", &tokens.access).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_list_is_refused_or_names_a_place() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = administrator(&client).await.access;
    administrator(&client).await;
    let mut cursors = vec![];
    for list in LISTS {
        let page = client.get(&format!("{list}?limit=1"), &access).await.expect(200);
        let cursor = page["next_cursor"].as_str().unwrap_or_else(|| panic!("no next page{page}")).to_owned();
        for place in [0, cursor.len() / 2, cursor.len() - 1] {
            let mut flipped = cursor.clone().into_bytes();
            flipped[place] = if flipped[place] == b'A' { b'B' } else { b'A' };
            cursors.push(String::from_utf8(flipped).expect("ASCII"));
        }
        cursors.extend([format!("{cursor}A"), cursor[1..].to_owned(), cursor]);
    }
    // The ends of the numbers that a place can be.
    cursors.extend(["f_________8", "gAAAAAAAAAA", "__________8", "AAAAAAAAAAAA", "=", "%00", "%ff"].map(str::to_owned));
    for list in LISTS {
        for cursor in &cursors {
            let answer = client.get(&format!("{list}?limit=200&cursor={cursor}"), &access).await;
            if answer.status != 200 {
                let reason = answer.text("reason");
                assert!(["unknown_value", "malformed_request"].contains(&reason.as_str()), "{answer}");
                expect_problem(answer, 400, &reason);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_filter_that_means_nothing_is_refused() {
    let server = TestServer::start().await;
    let client = server.client();
    let access = administrator(&client).await.access;
    let mut queries = vec![];
    for limit in ["0", "201", "-1", "1.0", "1e2", "99999999999999999999", "x", "", "%00", "+5", "0x10"] {
        queries.extend(LISTS.map(|list| format!("{list}?limit={limit}")));
    }
    queries.extend(LISTS.map(|list| format!("{list}?nonsense=1")));
    queries.extend(LISTS.map(|list| format!("{list}?limit=1&limit=2")));
    for (list, names) in [
        ("users", &["q", "role", "locked"][..]),
        ("clients", &["q"]),
        ("sessions", &["user_id", "client_id"]),
        ("events", &["type", "reason", "user_id", "client_id", "session_id"]),
    ] {
        let long = "q".repeat(257);
        for name in names {
            for value in ["", "%00", "%ff", "a%00b", &long] {
                queries.push(format!("/api/v1/admin/{list}?{name}={value}"));
            }
        }
    }
    for query in queries {
        let answer = client.get(&query, &access).await;
        assert_eq!(answer.status, 400, "{query}{answer}");
        assert_eq!(media_type(&answer), "application/problem+json", "{query}{answer}");
    }
    // What stands for something in a pattern stands for itself.
    for q in ["%25", "_da", "a%25", "%5C", "%27%20OR%201=1--", "%5C%25", "%22"] {
        for list in ["users", "clients"] {
            let found = client.get(&format!("/api/v1/admin/{list}?q={q}"), &access).await.expect(200);
            assert_eq!(found["items"], json!([]), "{q}{found}");
        }
    }
    assert_eq!(client.get("/api/v1/admin/users?role=%25", &access).await["items"], json!([]));
}
