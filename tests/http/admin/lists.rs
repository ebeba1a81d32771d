//! How does a long list come? Page by page, each item once, and what is asked wrongly is not answered.

use std::collections::BTreeSet;

use serde_json::json;

use super::{API, Admin};
use crate::errors::expect_problem;
use crate::told::{page, texts};

const LISTS: [&str; 5] = ["users", "clients", "sessions", "keys", "events"];

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_1_to_200() {
    let admin = Admin::begin().await;
    for list in LISTS {
        for limit in ["0", "201", "-1", "abc", "", "1.5", "1e1", "65537", "%00", "%201"] {
            let answer = admin.get(&format!("/{list}?limit={limit}")).await.expect(400);
            let reason = answer.text("reason");
            expect_problem(answer, 400, &reason);
        }
        for limit in ["1", "200"] {
            admin.get(&format!("/{list}?limit={limit}")).await.expect(200);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parameter_that_is_misspelt_is_not_passed_over() {
    let admin = Admin::begin().await;
    for list in LISTS {
        for query in ["limt=1", "Limit=1", "curser=x", "page=2", "offset=0", "limit%00=1", "q%20=x"] {
            let answer = admin.get(&format!("/{list}?{query}")).await.expect(400);
            let reason = answer.text("reason");
            expect_problem(answer, 400, &reason);
        }
    }
    for query in
        ["keys?q=x", "sessions?q=x", "events?role=x", "users?client_id=web", "clients?user_id=x", "users?roles=x"]
    {
        expect_problem(admin.get(&format!("/{query}")).await, 400, "unknown_value");
    }
    let bob = admin.path_of("bob").await;
    expect_problem(admin.get(&format!("{bob}?x=1")).await, 400, "unknown_value");
    expect_problem(admin.delete(&format!("{bob}?dry_run=true")).await, 400, "unknown_value");
    admin.get(&bob).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_of_another_list_or_of_nobody_is_refused() {
    let admin = Admin::begin().await;
    admin.client.sign_in_bob().await;
    let mut cursors = Vec::new();
    for list in LISTS {
        let (_, next) = page(&admin.client, &admin.access, &format!("{API}/{list}?limit=1"), None).await;
        cursors.push(next.unwrap_or_else(|| panic!("one page of {list} only")));
    }
    for (place, list) in LISTS.iter().enumerate() {
        let others = cursors.iter().enumerate().filter(|(other, _)| *other != place).map(|(_, cursor)| cursor.as_str());
        for cursor in others.chain(["", "x", "AAAA", "AAAAAAAAAAA", "%20", "null", "-1", "usr_", "%27", "////"]) {
            let answer = admin.get(&format!("/{list}?cursor={cursor}")).await;
            expect_problem(answer, 400, "unknown_value");
        }
        admin.get(&format!("/{list}?cursor={}", cursors[place])).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_meets_every_item_once_while_more_are_added() {
    let admin = Admin::begin().await;
    let mut number = 0;
    let mut add = async |times: usize| {
        for _ in 0..times {
            number += 1;
            admin.user(&format!("user{number}"), &[]).await;
            let body = json!({"id": format!("client{number}"), "type": "confidential"});
            admin.post("/clients", body).await.expect(201);
            admin.client.sign_in_bob().await;
            // Several within one second.
            admin.server.clock().advance(i64::from(number % 3 == 0));
        }
    };
    add(10).await;
    for list in ["users", "clients", "sessions", "events"] {
        let name = "id";
        let before: BTreeSet<_> = texts(&admin.walk(&format!("/{list}?limit=200")).await, name).into_iter().collect();
        for limit in [1, 3, 7] {
            let path = format!("{API}/{list}?limit={limit}");
            let (mut seen, mut next) = page(&admin.client, &admin.access, &path, None).await;
            while let Some(cursor) = next {
                if seen.len() < 3 * limit {
                    add(1).await;
                }
                let (items, after) = page(&admin.client, &admin.access, &path, Some(&cursor)).await;
                assert!((1..=limit).contains(&items.len()), "{list} by {limit}");
                seen.extend(items);
                next = after;
            }
            let all: BTreeSet<_> = texts(&seen, name).into_iter().collect();
            assert_eq!(all.len(), seen.len(), "an item of {list} came twice");
            assert!(before.is_subset(&all), "an item of {list} never came: {:?}", before.difference(&all));
            let times = texts(&seen, if list == "events" { "at" } else { "created_at" });
            assert!(times.is_sorted_by(|newer, older| newer >= older), "{list}: {times:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_walk_goes_on_when_the_item_before_it_is_gone() {
    let admin = Admin::begin().await;
    for number in 0..4 {
        admin.server.clock().advance(1);
        admin.user(&format!("user{number}"), &[]).await;
        admin.post("/clients", json!({"id": format!("client{number}")})).await.expect(201);
    }
    for list in ["users", "clients"] {
        let path = format!("{API}/{list}?limit=2");
        let (first, next) = page(&admin.client, &admin.access, &path, None).await;
        let last = first[1]["id"].as_str().expect("an id");
        admin.delete(&format!("/{list}/{last}")).await.expect(204);
        let (second, _) = page(&admin.client, &admin.access, &path, next.as_deref()).await;
        let name = if list == "users" { "username" } else { "id" };
        let wanted = ["1", "0"].map(|number| format!("{}{number}", list.trim_end_matches('s')));
        assert_eq!(texts(&second, name), wanted);
    }
}
