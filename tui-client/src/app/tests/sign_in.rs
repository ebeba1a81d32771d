//! Does the screen that signs in tell what is wrong, and keep what was typed?

use super::*;
use crate::app::screens::Screen;
use crate::failure::{Code, Failure};

fn filled_in() -> App {
    let mut app = signed_out();
    press(&mut app, "id.example.org<tab>ada<tab>ada's password?");
    tell(&mut app, Did::Probed(StoreKind::File, Ok(())));
    tell(&mut app, Did::Checked("id.example.org".to_owned(), Ok(12)));
    app
}

#[test]
fn the_screen_that_signs_in_shows_no_password() {
    let mut app = filled_in();
    insta::assert_snapshot!("sign-in", screens(&mut app));
    let tasks = press(&mut app, "<enter>");
    let [Task::SignIn(wanted)] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!((wanted.username.as_str(), wanted.password.expose()), ("ada", "ada's password?"));
    assert!(!format!("{tasks:?}").contains("password?"));
    insta::assert_snapshot!("sign-in-busy", screens(&mut app));
}

#[test]
fn a_refusal_keeps_what_was_typed_but_for_the_password() {
    let mut app = filled_in();
    press(&mut app, "<enter>");
    let refused =
        Failure::new(Code::SignIn, "the name and the password do not fit together").hint("check both and try again");
    tell(&mut app, Did::SignedIn(Err(refused)));
    insta::assert_snapshot!("sign-in-refused", screens(&mut app));
    assert_eq!(press(&mut app, "<enter>"), []);
}

#[test]
fn a_store_that_cannot_be_used_keeps_anything_from_being_sent() {
    let mut app = filled_in();
    let locked =
        Failure::new(Code::Store, "the keyring of this machine cannot be used: it is locked").hint("unlock it");
    tell(&mut app, Did::Probed(StoreKind::File, Err(locked)));
    assert_eq!(press(&mut app, "<enter>"), []);
    insta::assert_snapshot!("sign-in-no-store", screens(&mut app));
}

#[test]
fn a_server_is_asked_when_its_name_is_complete_and_what_it_says_is_shown() {
    let mut app = signed_out();
    assert_eq!(press(&mut app, "id.example.org"), []);
    assert_eq!(press(&mut app, "<tab>"), [Task::Check("id.example.org".to_owned())]);
    let stranger = Failure::new(Code::Other, "https://id.example.org is not a Grantd server").hint("check the address");
    tell(&mut app, Did::Checked("id.example.org".to_owned(), Err(stranger)));
    insta::assert_snapshot!("sign-in-stranger", screens(&mut app));
}

#[test]
fn somebody_who_has_signed_in_leaves_nothing_typed_and_nothing_waiting() {
    let mut app = filled_in();
    press(&mut app, "<enter>");
    assert!(app.is_waiting());
    // Nothing leads away while the server is asked.
    for keys in ["a", "<enter>", "2", ":", "?"] {
        assert_eq!(press(&mut app, keys), [], "{keys}");
    }
    assert!(app.layers.is_empty());
    tell(&mut app, Did::SignedIn(Ok((account(), None))));
    assert_eq!(app.screen, Screen::Overview);
    tell(&mut app, Did::Health(Ok(Health { millis: 12, keys: 2, clock_skew: Some(0) })));
    tell(&mut app, Did::Got(Ask::Me, Ok(Got::Me(ada()))));
    tell(&mut app, Did::Got(Ask::Sessions, Ok(Got::Sessions(Vec::new()))));
    assert!(!app.is_waiting());
    press(&mut app, "i");
    assert!(!screen(&mut app, (80, 24)).contains("•••"));
}

#[test]
fn a_sign_in_that_is_answered_late_is_shown_and_an_account_without_a_store_stays_a_choice() {
    let mut app = signed_in();
    let turn = app.turn;
    app.forget_account();
    let memory = Account { name: "ada".to_owned(), store: StoreKind::Memory, ..account() };
    let now = app.time;
    update(&mut app, Message::Done(turn, Box::new(Did::SignedIn(Ok((memory.clone(), None))))), now);
    assert_eq!(app.account, Some(memory.clone()));
    // The list that others read knows nothing of it.
    let listed = Accounts { active: Some("ada".to_owned()), accounts: vec![account()] };
    tell(&mut app, Did::Accounts(Ok(listed)));
    assert_eq!(app.account, Some(memory));
    assert_eq!(app.accounts.accounts.len(), 2);
    // Going to the other one is noted, coming back is not.
    assert_eq!(press(&mut app, "ak<enter>").first(), Some(&Task::Use(account())));
    assert!(!press(&mut app, "aj<enter>").iter().any(|task| matches!(task, Task::Use(_))));
}

#[test]
fn a_password_is_taken_as_it_is_typed_and_pasted() {
    let mut app = signed_out();
    press(&mut app, "id.example.org<tab>ada<tab>");
    let now = app.time;
    update(&mut app, Message::Paste(" \u{200e}\tx \n".to_owned()), now);
    tell(&mut app, Did::Probed(StoreKind::File, Ok(())));
    let tasks = press(&mut app, "<enter>");
    let Some(Task::SignIn(wanted)) = tasks.last() else { panic!("{tasks:?}") };
    assert_eq!(wanted.password.expose(), " \u{200e}\tx ");
}

#[test]
fn a_stop_is_possible_while_something_is_typed() {
    let mut app = signed_out();
    assert_eq!(press(&mut app, "ada<ctrl-z>"), [Task::Suspend]);
    let mut app = signed_in();
    assert_eq!(press(&mut app, "l<ctrl-z>"), [Task::Suspend]);
    assert!(!app.layers.is_empty());
}

#[test]
fn an_account_that_another_program_signs_out_is_shown_as_ended_and_typing_goes_on() {
    let mut app = signed_in();
    press(&mut app, "5psecret");
    tell(&mut app, Did::Accounts(Ok(Accounts::default())));
    press(&mut app, "more");
    let shown = screen(&mut app, (80, 24));
    assert!(shown.contains("••••••••••") && !shown.contains("more"), "{shown}");
    press(&mut app, "<esc>1");
    assert!(screen(&mut app, (80, 24)).contains("ENDED"));
    press(&mut app, "<enter>");
    let shown = screen(&mut app, (80, 24));
    assert!(shown.contains("https://id.example.org") && shown.contains("> Password"), "{shown}");
}
