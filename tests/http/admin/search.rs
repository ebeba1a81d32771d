//! Whom does a filter find? What is typed is searched for as it is, a role by its whole word.

use serde_json::{Value, json};

use super::{API, Admin, PASSWORD};
use crate::errors::expect_problem;
use crate::told::{items, texts};

/// The usernames that a query finds, oldest first. The parameters are given as they are.
async fn found(admin: &Admin, parameters: &[(&str, &str)]) -> Vec<String> {
    names(admin, "users", parameters, "username").await
}

async fn names(admin: &Admin, list: &str, parameters: &[(&str, &str)], member: &str) -> Vec<String> {
    let mut url = reqwest::Url::parse(&format!("{}{API}/{list}", admin.client.base())).expect("a URL");
    url.query_pairs_mut().extend_pairs(parameters);
    let answer = admin.client.get(url.as_str(), &admin.access).await.expect(200);
    let mut names = texts(&items(&answer), member);
    names.reverse();
    names
}

async fn person(admin: &Admin, username: &str, email: &str, name: Option<&str>) {
    let body = json!({"username": username, "email": email, "password": PASSWORD});
    let id = admin.post("/users", body).await.expect(201).text("id");
    if let Some(name) = name {
        admin.patch(&format!("/users/{id}"), json!({"name": name})).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_username_address_or_name_finds_a_user_in_any_case() {
    let admin = Admin::begin().await;
    person(&admin, "Grace.Hopper", "amazing@navy.example", Some("Admiral 100% \\o/ O'Hara")).await;
    person(&admin, "under_score", "u@example.org", None).await;
    person(&admin, "Straße", "s@example.org", Some("Ärger ÉÉ")).await;
    person(&admin, "ｗide", "w@example.org", None).await;
    let grace = ["Grace.Hopper"];
    for part in [
        "Grace.Hopper",
        "grace",
        "GRACE.H",
        "hopper",
        ".",
        "AMAZING@",
        "navy",
        "admiral",
        "100%",
        "\\o/",
        "o'hara",
        "\\",
        "%",
    ] {
        let found = found(&admin, &[("q", part)]).await;
        // A dot stands in every address.
        assert!(if part == "." { found.len() == 6 } else { found == grace }, "{part}: {found:?}");
    }
    for part in ["_", "r_s", "UNDER_"] {
        assert_eq!(found(&admin, &[("q", part)]).await, ["under_score"], "{part}");
    }
    for part in ["Straße", "STRASSE", "straß", "Ärger", "ÉÉ", "A\u{308}rger"] {
        assert_eq!(found(&admin, &[("q", part)]).await, ["Straße"], "{part}");
    }
    for part in ["ｗide", "wide", "WIDE"] {
        assert_eq!(found(&admin, &[("q", part)]).await, ["ｗide"], "{part}");
    }
    for part in ["%%", "a%", "__", "nobody", "' OR '1'='1", "usr_"] {
        assert_eq!(found(&admin, &[("q", part)]).await, [""; 0], "{part}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_can_be_called_is_not_searched_for() {
    let admin = Admin::begin().await;
    let long = "x".repeat(257);
    for list in ["users", "clients"] {
        for part in ["", "%0A", "a%09b", "%7F", "%C2%85", long.as_str()] {
            expect_problem(admin.get(&format!("/{list}?q={part}")).await, 400, "unknown_value");
        }
        for part in ["%FF", "%00", "a%00b", "%C3", "%"] {
            expect_problem(admin.get(&format!("/{list}?q={part}")).await, 400, "malformed_request");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_found_by_its_whole_word_only() {
    let admin = Admin::begin().await;
    for (name, roles) in [
        ("one", vec!["keeper"]),
        ("first", vec!["keeper", "x"]),
        ("middle", vec!["x", "keeper", "y"]),
        ("last", vec!["x", "keeper"]),
        ("upper", vec!["KEEPER", "x", "Keeper"]),
        ("longer", vec!["keepers", "zookeeper", "keeper:cats"]),
        ("wild", vec!["k%r", "x"]),
        ("line", vec!["k______", "\\"]),
    ] {
        admin.user(name, &roles).await;
    }
    assert_eq!(found(&admin, &[("role", "keeper")]).await, ["one", "first", "middle", "last"]);
    assert_eq!(found(&admin, &[("role", "KEEPER")]).await, ["upper"]);
    assert_eq!(found(&admin, &[("role", "k%r")]).await, ["wild"]);
    assert_eq!(found(&admin, &[("role", "k_____")]).await, [""; 0]);
    assert_eq!(found(&admin, &[("role", "\\")]).await, ["line"]);
    assert_eq!(found(&admin, &[("role", "admin")]).await, ["ada"]);
    assert_eq!(found(&admin, &[("role", "x"), ("q", "last")]).await, ["last"]);
    for role in ["", "two%20words", "%7F", "r%C3%B4le", &"x".repeat(65)] {
        expect_problem(admin.get(&format!("/users?role={role}")).await, 400, "unknown_value");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_locked_are_told_from_the_others() {
    let admin = Admin::begin().await;
    admin.server.set_locked("bob", true).await.expect("a lock");
    assert_eq!(found(&admin, &[("locked", "true")]).await, ["bob"]);
    assert_eq!(found(&admin, &[("locked", "false")]).await, ["ada"]);
    assert_eq!(found(&admin, &[("locked", "true"), ("role", "admin")]).await, [""; 0]);
    for value in ["", "1", "yes", "TRUE", "null", "%00"] {
        let answer = admin.get(&format!("/users?locked={value}")).await.expect(400);
        let reason = answer.text("reason");
        expect_problem(answer, 400, &reason);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_id_or_name_finds_a_client() {
    let admin = Admin::begin().await;
    admin.post("/clients", json!({"id": "Cat_Shop", "name": "Ärmel & 50% off"})).await.expect(201);
    let found = async |part: &str| names(&admin, "clients", &[("q", part)], "id").await;
    for part in ["Cat_Shop", "cat_", "SHOP", "Ärmel", "50%", "& 50"] {
        assert_eq!(found(part).await, ["Cat_Shop"], "{part}");
    }
    assert_eq!(found("demo-").await, ["demo-api", "demo-service"]);
    assert_eq!(found("%").await, ["Cat_Shop"]);
    assert_eq!(found("t-s").await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn sessions_and_events_are_found_by_all_that_they_name() {
    let admin = Admin::begin().await;
    let (web, cli) = (admin.client.sign_in_bob().await, admin.client.as_public("grant-cli").sign_in_bob().await);
    admin.client.try_sign_in("bob", "wrong").await.expect(400);
    let bob = admin.server.user_id("bob").await.to_string();
    let [web, cli] = [&web, &cli].map(crate::told::sid);
    assert_eq!(names(&admin, "sessions", &[("user_id", &bob)], "id").await, [web.clone(), cli.clone()]);
    assert_eq!(names(&admin, "sessions", &[("user_id", &bob), ("client_id", "web")], "id").await, [web.as_str()]);
    assert_eq!(names(&admin, "sessions", &[("client_id", "grant-cli")], "id").await, [cli.as_str()]);
    assert_eq!(names(&admin, "sessions", &[("client_id", "nobody")], "id").await, [""; 0]);
    let types = async |parameters: &[(&str, &str)]| names(&admin, "events", parameters, "type").await;
    assert_eq!(types(&[("user_id", &bob)]).await, ["user_created", "signed_in", "signed_in", "sign_in_failed"]);
    assert_eq!(types(&[("session_id", &cli)]).await, ["signed_in"]);
    assert_eq!(types(&[("reason", "sign_in_failed")]).await, ["sign_in_failed"]);
    assert_eq!(types(&[("type", "signed_in"), ("client_id", "web")]).await, ["signed_in", "signed_in"]);
    assert_eq!(types(&[("client_id", "grant-cli")]).await, ["client_created", "signed_in"]);
    assert_eq!(types(&[("type", "key_rotated")]).await, [""; 0]);
    let event = admin.get("/events?limit=1").await.expect(200)["items"][0].clone();
    let path = format!("/events/{}", event["id"].as_str().expect("an id"));
    assert_eq!(admin.get(&path).await.expect(200).json, event);
    assert_eq!(event["user_id"], Value::from(bob));
}
