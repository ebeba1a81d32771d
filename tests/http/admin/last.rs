//! Does a server always keep an administrator? However they are unseated, alone or by each other at once.

use grantd_tests::wire;
use reqwest::Method;
use serde_json::{Value, json};

use super::{API, Admin, PASSWORD, sign_in};
use crate::errors::expect_problem;
use crate::told;

/// The ways in which an administrator is one no longer: method, what follows its address, body.
fn ways() -> [(Method, Value); 4] {
    [
        (Method::PATCH, json!({"roles": []})),
        (Method::PATCH, json!({"roles": ["Admin", "keeper"], "name": "X"})),
        (Method::PATCH, json!({"locked": true})),
        (Method::DELETE, json!({})),
    ]
}

const ADMINISTRATORS: &str = "users WHERE roles = 'admin' AND locked_at IS NULL";

#[tokio::test(flavor = "multi_thread")]
async fn the_last_administrator_is_neither_stripped_nor_locked_nor_deleted() {
    let admin = Admin::begin().await;
    let ada = admin.path_of("ada").await;
    // One who is locked is none.
    admin.user("grace", &["admin"]).await;
    admin.server.set_locked("grace", true).await.expect("a lock");
    let before = admin.get(&ada).await.expect(200).json;
    for (method, body) in ways() {
        let answer = admin.client.send(method, &format!("{API}{ada}"), &admin.access, &body).await;
        expect_problem(answer, 409, "last_administrator");
    }
    expect_problem(admin.client.delete("/api/v1/me", &admin.access).await, 409, "last_administrator");
    assert_eq!(admin.get(&ada).await.expect(200).json, before);
    admin.patch(&ada, json!({"roles": ["keeper", "admin"], "locked": false})).await.expect(200);
    let grace = admin.path_of("grace").await;
    admin.patch(&grace, json!({"locked": false})).await.expect(200);
    admin.patch(&ada, json!({"roles": []})).await.expect(200);
    expect_problem(admin.get("/users").await, 403, "role_missing");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_with_another_beside_may_go_in_every_way() {
    let admin = Admin::begin().await;
    for (number, (method, body)) in ways().into_iter().enumerate() {
        for own in [false, true] {
            let name = format!("grace{number}{own}");
            let id = admin.user(&name, &["admin"]).await;
            let access = if own { sign_in(&admin.client, &name, PASSWORD).await } else { admin.access.clone() };
            let answer = admin.client.send(method.clone(), &format!("{API}/users/{id}"), &access, &body).await;
            assert!([200, 204].contains(&answer.status), "{answer}");
            assert_eq!(admin.count(ADMINISTRATORS).await, 1, "{name}");
        }
    }
}

/// Two administrators, who do this to each other, or to themselves, at once.
async fn at_once(admin: &Admin, round: usize, method: &Method, body: &Value, to_oneself: bool) {
    let names = [format!("one{round}"), format!("two{round}")];
    let mut pairs = Vec::new();
    for name in &names {
        let id = admin.user(name, &["admin"]).await;
        pairs.push((id, sign_in(&admin.client, name, PASSWORD).await));
    }
    // ada, who made them, is none meanwhile.
    let rows = admin.server.home().rows();
    rows.execute("UPDATE users SET roles = '' WHERE username = 'ada'").await;
    let targets = if to_oneself { [0, 1] } else { [1, 0] };
    let requests = pairs.iter().zip(targets).map(|((_, access), target)| {
        let path = format!("{API}/users/{}", pairs[target].0);
        (admin.client.address(), told::json(method.as_str(), &path, access, body))
    });
    let replies = wire::at_once(requests.collect()).await;
    assert_eq!(admin.count(ADMINISTRATORS).await, 1, "round {round} of {method} {body}");
    let done = replies.iter().filter(|reply| [200, 204].contains(&reply.status)).count();
    assert_eq!(done, 1, "round {round}: {replies:?}");
    for reply in replies.iter().filter(|reply| ![200, 204].contains(&reply.status)) {
        let told = reply.json();
        let told = (reply.status, told["reason"].as_str().unwrap_or_default());
        let refusals = if to_oneself {
            vec![(409, "last_administrator")]
        } else {
            vec![(403, "role_missing"), (401, "user_locked"), (401, "user_deleted"), (409, "last_administrator")]
        };
        assert!(refusals.contains(&told), "round {round}: {told:?}");
    }
    rows.execute("UPDATE users SET roles = 'admin' WHERE username = 'ada'").await;
    for (id, _) in pairs {
        admin.delete(&format!("/users/{id}")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_who_unseat_each_other_at_once_leave_one() {
    let admin = Admin::begin().await;
    for round in 0..20 {
        let (method, body) = ways()[round % 4].clone();
        at_once(&admin, round, &method, &body, false).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_administrators_who_resign_at_once_leave_one() {
    let admin = Admin::begin().await;
    for round in 0..20 {
        let (method, body) = ways()[round % 4].clone();
        at_once(&admin, round, &method, &body, true).await;
    }
}
