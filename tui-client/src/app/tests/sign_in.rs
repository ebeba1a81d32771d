//! Does the screen that signs in tell what is wrong, and keep what was typed?

use super::*;
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
