//! Is the account shown, and its password changed, as somebody who types would have it?

use super::*;
use crate::app::message::Change;
use crate::app::parts::loaded::Loaded;
use crate::failure::{Code, Failure, Fault};
use crate::session::Reach;

fn change(tasks: &[Task]) -> Change {
    let [Task::Change(change)] = tasks else { panic!("{tasks:?}") };
    change.clone()
}

fn wrong(field: &str, reason: &str, detail: &str) -> Failure {
    let fault = Fault { field: field.to_owned(), reason: reason.to_owned(), detail: detail.to_owned() };
    Failure::new(Code::Other, format!("https://id.example.org: {detail}")).faults(vec![fault])
}

/// The form of the password, filled in and sent.
fn sent() -> (App, Change) {
    let mut app = signed_in();
    let tasks = press(&mut app, "5pold secret<enter>new secret<tab>new secret<enter>");
    (app, change(&tasks))
}

#[test]
fn the_account_says_who_it_is() {
    let mut app = signed_in();
    assert_eq!(press(&mut app, "5"), []);
    insta::assert_snapshot!("account", screens(&mut app));
    assert_eq!(press(&mut app, "R"), [Task::Get(Ask::Me)]);
    app.time.steady += 200;
    assert!(screen(&mut app, (80, 24)).contains("Account updating"));
}

#[test]
fn an_account_that_is_not_known_yet_is_loading_and_one_that_cannot_be_fetched_says_why() {
    let mut app = signed_in();
    app.me = Loaded::default();
    assert_eq!(press(&mut app, "5"), [Task::Get(Ask::Me)]);
    assert_eq!(press(&mut app, "e"), []);
    assert!(app.layers.is_empty(), "a name that is not known is not changed");
    app.notice = None;
    app.time.steady += 200;
    insta::assert_snapshot!("account-loading", screens(&mut app));
    let away = Failure::new(Code::Away, "https://id.example.org cannot be reached: connection refused");
    tell(&mut app, Did::Got(Ask::Me, Err(away)));
    insta::assert_snapshot!("account-failed", screens(&mut app));
    app.account.as_mut().unwrap().ended = Some("password_changed".to_owned());
    insta::assert_snapshot!("account-ended", screens(&mut app));
    assert_eq!(press(&mut app, "p"), []);
    assert!(app.layers.is_empty());
}

#[test]
fn a_password_is_changed_in_a_form_that_stays_until_the_server_has_answered() {
    let (mut app, change) = sent();
    assert_eq!((change.method, change.path.as_str()), ("PUT", "/api/v1/me/password"));
    let body = serde_json::json!({ "current_password": "old secret", "new_password": "new secret" });
    assert_eq!(change.body, Some(body));
    assert!(!format!("{change:?}{:?}", app.layers).contains("secret"));
    assert!(app.is_waiting());
    // It is sent once, as it was typed.
    assert_eq!(press(&mut app, "<enter>x<enter>"), []);
    update(&mut app, Message::Paste("more".to_owned()), time(0));
    insta::assert_snapshot!("password-sent", screens(&mut app));
    assert_eq!(tell(&mut app, Did::Changed(change, Ok(None))), [Task::Get(Ask::Sessions)]);
    assert!(app.layers.is_empty());
    assert!(screen(&mut app, (80, 24)).contains("the password is changed, and all other sessions have ended"));
}

#[test]
fn a_password_that_is_missing_or_not_typed_the_same_twice_is_not_sent() {
    for (keys, told) in [
        ("<enter><enter><enter>", "is empty"),
        ("old<tab><tab>new<enter>", "is empty"),
        ("old<tab>new<tab>nev<enter>", "differs"),
    ] {
        let mut app = signed_in();
        assert_eq!(press(&mut app, &format!("5p{keys}")), [], "{keys}");
        assert!(screen(&mut app, (60, 16)).contains(told), "{keys}");
    }
    let mut app = signed_in();
    press(&mut app, "5pold<tab>new<tab>nev<enter>");
    insta::assert_snapshot!("password-differs", screens(&mut app));
}

#[test]
fn a_password_that_is_refused_says_why_beside_it_and_is_typed_anew() {
    let throttled = wrong("current_password", "sign_in_failed", "Too many tries with a wrong password.");
    for (name, failure) in [
        ("wrong", wrong("current_password", "sign_in_failed", "That is not the current password.")),
        ("throttled", throttled.hint("try again in 12 seconds")),
        (
            "weak",
            wrong("new_password", "too_common", "The password is one of those that are tried first.")
                .hint("see https://id.example.org/errors#too_common"),
        ),
    ] {
        let (mut app, change) = sent();
        assert_eq!(tell(&mut app, Did::Changed(change, Err(failure))), []);
        insta::assert_snapshot!(format!("password-{name}"), screens(&mut app));
        assert_eq!(press(&mut app, "<enter><enter><enter>"), [], "{name}");
        assert_eq!(press(&mut app, "a<tab>b<tab>b<enter>").len(), 1, "{name}");
    }
}

#[test]
fn a_server_that_is_away_can_be_asked_again_with_what_was_typed() {
    let (mut app, first) = sent();
    let away = Failure::new(Code::Away, "https://id.example.org cannot be reached: it does not answer in time");
    let away = away.hint("check the address and your network, then try again");
    assert_eq!(tell(&mut app, Did::Changed(first.clone(), Err(away))), []);
    insta::assert_snapshot!("password-away", screens(&mut app));
    assert_eq!(change(&press(&mut app, "<enter>")), first);
}

#[test]
fn a_session_that_has_ended_meanwhile_is_looked_up() {
    let (mut app, change) = sent();
    let ended = Failure::new(Code::SignIn, "`ada` is signed out").reason(Some("session_ended"));
    assert_eq!(tell(&mut app, Did::Changed(change, Err(ended))), [Task::Accounts]);
}

#[test]
fn a_form_that_was_closed_does_not_come_back_and_another_one_takes_no_answer_of_its() {
    let (mut app, change) = sent();
    press(&mut app, "<esc>e");
    tell(&mut app, Did::Changed(change, Err(Failure::new(Code::Other, "no"))));
    assert_eq!(app.layers.len(), 1);
    assert_eq!(app.notice.as_ref().map(|notice| notice.text.as_str()), Some("no"));
}

#[test]
fn a_name_is_changed_and_taken_away() {
    let mut app = signed_in();
    assert_eq!(press(&mut app, "5e<enter>"), [], "it is the same");
    let tasks = press(&mut app, "e<ctrl-u>Countess<enter>");
    let changed = change(&tasks);
    assert_eq!((changed.method, changed.path.as_str()), ("PATCH", "/api/v1/me"));
    assert_eq!(changed.body, Some(serde_json::json!({ "name": "Countess" })));
    insta::assert_snapshot!("name-sent", screens(&mut app));
    assert_eq!(tell(&mut app, Did::Changed(changed.clone(), Ok(None))), [Task::Get(Ask::Me)]);
    assert!(app.layers.is_empty());
    let tasks = press(&mut app, "e<ctrl-u>   <enter>");
    assert_eq!(change(&tasks).body, Some(serde_json::json!({ "name": null })));
    let long = wrong("name", "too_long", "The value is too long.");
    tell(&mut app, Did::Changed(change(&tasks), Err(long)));
    assert!(screen(&mut app, (80, 24)).contains("too long"));
}

#[test]
fn signing_out_here_and_everywhere_are_two_keys_with_a_question_each() {
    for (key, reach) in [("l", Reach::Session), ("E", Reach::Everywhere)] {
        let mut app = signed_in();
        assert_eq!(press(&mut app, &format!("5{key}")), []);
        assert_eq!(press(&mut app, "<enter>"), [], "the answer is no unless it is yes");
        assert_eq!(press(&mut app, &format!("{key}y")), [Task::SignOut(account(), reach)]);
    }
    let mut app = signed_in();
    press(&mut app, "5E");
    insta::assert_snapshot!("question-everywhere", screens(&mut app));
}
