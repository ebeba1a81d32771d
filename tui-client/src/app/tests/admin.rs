//! Can administrators do what the server lets them, and does what they typed or were shown once stay?

use serde_json::json;

use super::*;
use crate::api::{Client, Event, Key};
use crate::app::message::Change;
use crate::app::parts::layer::{Form, Layer};
use crate::app::screens::Screen;
use crate::failure::{Code, Failure, Fault};

fn user(id: &str, username: &str, name: Option<&str>) -> User {
    User {
        id: id.to_owned(),
        username: username.to_owned(),
        email: format!("{username}@example.org"),
        name: name.map(str::to_owned),
        roles: Vec::new(),
        created_at: "2026-01-02T03:04:05Z".to_owned(),
        locked: false,
        last_seen_at: Some("2026-11-21T13:58:00Z".to_owned()),
    }
}

fn users() -> Vec<User> {
    let mallory = User { locked: true, last_seen_at: None, ..user("usr_03", "mallory", None) };
    let alan = User { roles: vec!["editor".to_owned()], ..user("usr_02", "alan", Some("Alan Turing")) };
    vec![mallory, alan, User { last_seen_at: Some("2026-11-21T14:02:09Z".to_owned()), ..ada() }]
}

fn client(id: &str, kind: &str) -> Client {
    Client {
        id: id.to_owned(),
        name: Some(format!("The {id}")),
        kind: kind.to_owned(),
        grants: vec!["password".to_owned(), "refresh_token".to_owned()],
        scopes: vec!["openid".to_owned(), "profile".to_owned(), "sessions".to_owned()],
        redirect_uris: vec!["https://app.example.org/callback".to_owned()],
        rotation: true,
        access_ttl: Some(300),
        created_at: "2026-01-02T03:04:05Z".to_owned(),
        ..Client::default()
    }
}

fn key(kid: &str, state: &str) -> Key {
    Key {
        kid: kid.to_owned(),
        alg: "ES256".to_owned(),
        state: state.to_owned(),
        created_at: "2026-01-02T03:04:05Z".to_owned(),
        active_at: Some("2026-01-02T03:10:05Z".to_owned()),
        retired_at: None,
    }
}

fn event(id: &str, kind: &str, user: Option<&str>) -> Event {
    Event {
        id: id.to_owned(),
        at: "2026-11-21T13:59:00Z".to_owned(),
        kind: kind.to_owned(),
        reason: (kind == "refresh_token_reused").then(|| kind.to_owned()),
        client_id: Some("web".to_owned()),
        ip: Some("203.0.113.7".to_owned()),
        user_id: user.map(str::to_owned),
        detail: Some("by usr_01jq".to_owned()),
        ..Event::default()
    }
}

fn all() -> [(Ask, Got); 4] {
    let keys = vec![
        key("8CFn3slRW7dNtgnIvRW56J5h9dI_loME-_kfobWO-gQ", "announced"),
        key("jRh2zlbrqjH2-OCWXV4ojNWndlGMj8zAGwcJv_BkkPI", "active"),
    ];
    let events = vec![event("evt_02", "refresh_token_reused", Some("usr_02")), event("evt_01", "key_rotated", None)];
    [
        (Ask::Users, Got::Users(users())),
        (Ask::Clients, Got::Clients(vec![client("web", "public"), client("billing", "confidential")])),
        (Ask::Keys, Got::Keys(keys)),
        (Ask::Events, Got::Events(events)),
    ]
}

fn with_all() -> App {
    let mut app = signed_in();
    let asked = [Ask::Users, Ask::Clients, Ask::Keys, Ask::Events].map(Task::Get);
    assert_eq!(press(&mut app, "6"), asked);
    for (ask, got) in all() {
        tell(&mut app, Did::Got(ask, Ok(got)));
    }
    app
}

/// The one change that keys lead to.
fn change(app: &mut App, keys: &str) -> Change {
    let tasks = press(app, keys);
    let [Task::Change(change)] = tasks.as_slice() else { panic!("{keys}: {tasks:?}") };
    change.clone()
}

fn told(change: &Change) -> (&str, &str, serde_json::Value) {
    (change.method, &change.path, change.body.clone().unwrap_or_default())
}

fn form(app: &App) -> &Form {
    let Some(Layer::Form(form)) = app.layers.last() else { panic!("{:?}", app.layers) };
    form
}

fn away() -> Failure {
    Failure::new(Code::Away, "https://id.example.org cannot be reached: connection refused")
}

#[test]
fn each_pane_is_a_list_with_what_is_selected_beside_it() {
    let mut app = with_all();
    press(&mut app, "j");
    insta::assert_snapshot!("admin-users", screens(&mut app));
    press(&mut app, "<tab>");
    insta::assert_snapshot!("admin-clients", screens(&mut app));
    press(&mut app, "<tab>");
    insta::assert_snapshot!("admin-keys", screens(&mut app));
    press(&mut app, "<tab>");
    insta::assert_snapshot!("admin-events", screens(&mut app));
    press(&mut app, "<tab><enter>");
    insta::assert_snapshot!("admin-detail", screens(&mut app));
    press(&mut app, "<esc><backtab>");
    assert!(screen(&mut app, (80, 24)).contains("refresh token reuse"));
    assert_eq!(press(&mut app, "R"), [Task::Get(Ask::Events)]);
    assert_eq!(press(&mut app, "16"), [], "all is there");
}

#[test]
fn a_pane_says_that_it_is_loading_that_it_is_empty_and_that_it_could_not_be_fetched() {
    let mut app = signed_in();
    press(&mut app, "6");
    app.time.steady += 200;
    insta::assert_snapshot!("admin-loading", screens(&mut app));
    tell(&mut app, Did::Got(Ask::Clients, Ok(Got::Clients(Vec::new()))));
    press(&mut app, "<tab>");
    insta::assert_snapshot!("admin-empty", screens(&mut app));
    for action in ["e", "t", "d", "<enter>", "y"] {
        assert_eq!(press(&mut app, action), [], "{action}");
        assert!(app.layers.is_empty(), "{action}");
    }
    tell(&mut app, Did::Got(Ask::Users, Err(away())));
    press(&mut app, "<backtab>");
    tell(&mut app, Did::Got(Ask::Users, Err(away())));
    insta::assert_snapshot!("admin-failed", screens(&mut app));
}

#[test]
fn more_users_than_are_fetched_are_told() {
    let mut app = with_all();
    let many = (0..2000).map(|at| user(&format!("usr_{at}"), &format!("user{at}"), None));
    tell(&mut app, Did::Got(Ask::Users, Ok(Got::Users(many.collect()))));
    press(&mut app, "G");
    insta::assert_snapshot!("admin-many", screens(&mut app));
    press(&mut app, "/user1999");
    assert!(screen(&mut app, (80, 24)).contains("(1 of 2000)"));
}

#[test]
fn a_user_is_made_and_the_form_stays_until_the_server_has_answered() {
    let mut app = with_all();
    press(&mut app, "n");
    insta::assert_snapshot!("admin-new-user", screens(&mut app));
    let typed = "<enter>grace<enter>g@example.org<enter>nanoseconds of wire<enter>nanoseconds of wire<enter>admin editor<enter>";
    assert_eq!(press(&mut app, "<tab><tab><tab><tab><enter>"), [], "the name is empty");
    assert_eq!((form(&app).focus, form(&app).fault.as_deref()), (0, Some("Username is needed.")));
    let made = change(&mut app, &typed["<enter>".len()..]);
    let body = json!({"username": "grace", "email": "g@example.org", "password": "nanoseconds of wire", "roles": ["admin", "editor"]});
    assert_eq!(told(&made), ("POST", "/api/v1/admin/users", body));
    assert!(!format!("{made:?} {app:?}").contains("nanoseconds"));
    insta::assert_snapshot!("admin-new-user-busy", screens(&mut app));
    assert_eq!(press(&mut app, "<enter>x"), [], "it is being sent");
    let fault = Fault {
        field: "username".to_owned(),
        reason: "username_taken".to_owned(),
        detail: "Another user has this name, or one that cannot be told from it.".to_owned(),
    };
    let taken = Failure::new(Code::Other, format!("https://id.example.org: {}", fault.detail)).faults(vec![fault]);
    tell(&mut app, Did::Changed(made.clone(), Err(taken)));
    insta::assert_snapshot!("admin-new-user-taken", screens(&mut app));
    assert_eq!(form(&app).fields[0].value(), "grace");
    let made = change(&mut app, "2<tab><tab><tab><tab><enter>");
    assert_eq!(made.body.as_ref().unwrap()["username"], "grace2");
    let asked = tell(&mut app, Did::Changed(made, Ok(Some(json!({"id": "usr_04"})))));
    assert_eq!(asked, [Ask::Users, Ask::Events, Ask::Me].map(Task::Get));
    assert!(app.layers.is_empty());
}

#[test]
fn passwords_that_differ_are_not_sent() {
    let mut app = with_all();
    press(&mut app, "jp");
    insta::assert_snapshot!("admin-password", screens(&mut app));
    assert_eq!(press(&mut app, "one password<enter>another<enter>"), []);
    assert_eq!(form(&app).fault.as_deref(), Some("The password was not typed the same twice."));
    let changed = change(&mut app, "<ctrl-u>one password<enter>");
    let body = json!({"password": "one password"});
    assert_eq!(told(&changed), ("PUT", "/api/v1/admin/users/usr_02/password", body));
}

#[test]
fn a_change_sends_only_what_is_different() {
    let mut app = with_all();
    press(&mut app, "je");
    insta::assert_snapshot!("admin-edit-user", screens(&mut app));
    assert_eq!(press(&mut app, "<enter><enter><enter>"), []);
    assert!(app.layers.is_empty());
    let changed = change(&mut app, "e<ctrl-u><enter><enter><ctrl-u><enter>");
    assert_eq!(told(&changed), ("PATCH", "/api/v1/admin/users/usr_02", json!({"name": null, "roles": []})));
    press(&mut app, "<esc><tab>e");
    insta::assert_snapshot!("admin-edit-client", screens(&mut app));
    let changed = change(&mut app, "<tab><tab> email<tab><enter>");
    let scopes = json!({"scopes": ["openid", "profile", "sessions", "email"]});
    assert_eq!(told(&changed), ("PATCH", "/api/v1/admin/clients/web", scopes));
}

#[test]
fn a_user_is_locked_let_in_signed_out_and_deleted_after_a_question() {
    for (keys, method, path, body) in [
        ("jxy", "PATCH", "/api/v1/admin/users/usr_02", json!({"locked": true})),
        ("xy", "PATCH", "/api/v1/admin/users/usr_03", json!({"locked": false})),
        ("jDy", "DELETE", "/api/v1/admin/sessions?user_id=usr_02", json!(null)),
        ("jdalan<enter>", "DELETE", "/api/v1/admin/users/usr_02", json!(null)),
        ("<tab>dweb<enter>", "DELETE", "/api/v1/admin/clients/web", json!(null)),
        ("<tab>jty", "POST", "/api/v1/admin/clients/billing/secret", json!({})),
        ("<tab><tab>ty", "POST", "/api/v1/admin/keys", json!({})),
        ("<tab><tab>ny", "POST", "/api/v1/admin/keys", json!({})),
    ] {
        let mut app = with_all();
        assert_eq!(told(&change(&mut app, keys)), (method, path, body), "{keys}");
    }
    for keys in ["jxn", "jx<enter>", "jx<esc>", "jDn", "jdala<enter>", "jd<enter>", "jdy", "<tab>ty", "<tab><tab>tn"] {
        let mut app = with_all();
        assert_eq!(press(&mut app, keys), [], "{keys}");
    }
    let mut app = with_all();
    press(&mut app, "jdala<enter>");
    insta::assert_snapshot!("admin-delete", screens(&mut app));
    press(&mut app, "<esc>D");
    insta::assert_snapshot!("admin-end-sessions", screens(&mut app));
    press(&mut app, "<esc><tab><tab>t");
    insta::assert_snapshot!("admin-rotate-keys", screens(&mut app));
}

#[test]
fn a_secret_is_shown_until_it_is_closed_and_nowhere_else() {
    let mut app = with_all();
    press(&mut app, "<tab>n");
    insta::assert_snapshot!("admin-new-client", screens(&mut app));
    let made = change(&mut app, "billing<tab><tab><tab><tab><tab><enter>");
    assert_eq!(told(&made), ("POST", "/api/v1/admin/clients", json!({"id": "billing", "type": "confidential"})));
    let secret = "gcs_9sJ2kP4xQ7vB1nM8zR5tW3yE6uA0cD";
    tell(&mut app, Did::Changed(made, Ok(Some(json!({"id": "billing", "client_secret": secret})))));
    insta::assert_snapshot!("admin-secret", screens(&mut app));
    assert!(!format!("{app:?}").contains(secret));
    assert_eq!(press(&mut app, "y"), [Task::Copy(Secret::new(secret.to_owned()), "client secret")]);
    assert_eq!(press(&mut app, "q<enter>2x"), []);
    assert!(screen(&mut app, (80, 24)).contains(secret));
    press(&mut app, "<esc>");
    assert!(!screen(&mut app, (80, 24)).contains(secret));
}

#[test]
fn what_is_gone_leaves_the_list_and_a_lost_role_leaves_the_screen() {
    let mut app = with_all();
    let gone = change(&mut app, "jxy");
    let failure = Failure::new(Code::NotFound, "https://id.example.org: There is nothing here, or nothing of yours.");
    assert_eq!(tell(&mut app, Did::Changed(gone.clone(), Err(failure))), [Ask::Users, Ask::Events].map(Task::Get));
    let failure = Failure::new(Code::Refused, "https://id.example.org: The user does not have the role.");
    assert_eq!(tell(&mut app, Did::Changed(gone, Err(failure))), [Task::Get(Ask::Me)]);
    tell(&mut app, Did::Got(Ask::Me, Ok(Got::Me(User { roles: Vec::new(), ..ada() }))));
    assert_eq!(app.screen, Screen::Overview);
    assert_eq!(press(&mut app, "6"), []);
    insta::assert_snapshot!("admin-impossible", screens(&mut app));
}

#[test]
fn a_list_is_ordered_by_what_is_meant_and_keys_of_other_panes_only_tell() {
    let mut app = with_all();
    let first = |app: &mut App| screen(app, (60, 16)).lines().nth(4).unwrap().to_owned();
    press(&mut app, "s");
    assert!(first(&mut app).contains("ada"));
    press(&mut app, "sss");
    assert!(first(&mut app).contains("ada"), "the one who was seen last");
    for keys in ["t", "<tab>x", "p", "D", "<tab>e", "d", "x", "<tab>n", "e", "d"] {
        assert_eq!(press(&mut app, keys), [], "{keys}");
        assert!(app.layers.is_empty(), "{keys}");
        assert!(app.notice.is_some(), "{keys}");
    }
}

#[test]
fn a_pane_is_chosen_with_the_mouse_and_so_is_a_row() {
    use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
    let mut app = with_all();
    screen(&mut app, (80, 24));
    let click = |app: &mut App, column, row| {
        let kind = MouseEventKind::Down(MouseButton::Left);
        let event = MouseEvent { kind, column, row, modifiers: KeyModifiers::NONE };
        update(app, Message::Mouse(event), app.time)
    };
    click(&mut app, 14, 1);
    screen(&mut app, (80, 24));
    click(&mut app, 5, 5);
    assert!(screen(&mut app, (80, 24)).contains("The billing"));
}

#[test]
fn names_of_others_command_no_terminal() {
    let mut app = with_all();
    let evil = "a\u{1b}[31mred\u{202e}evil\u{7}";
    let hostile = User { username: evil.to_owned(), name: Some(evil.to_owned()), ..user("usr_09", "x", None) };
    tell(&mut app, Did::Got(Ask::Users, Ok(Got::Users(vec![hostile]))));
    let hostile =
        Event { detail: Some(evil.to_owned()), kind: evil.to_owned(), ..event("evt_09", "x", Some("usr_09")) };
    tell(&mut app, Did::Got(Ask::Events, Ok(Got::Events(vec![hostile]))));
    for keys in ["", "<enter>", "<esc>e", "<esc>d", "<esc>x", "<esc>p", "<esc><backtab>", "<enter>"] {
        press(&mut app, keys);
        let shown = screen(&mut app, (80, 24));
        assert!(shown.contains("red"), "{keys} {shown}");
        assert!(!shown.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{keys} {shown:?}");
    }
}

#[test]
fn the_last_line_names_only_what_the_pane_can_do() {
    let mut app = with_all();
    let last = |app: &mut App| screen(app, (120, 40)).lines().last().unwrap().to_owned();
    for (keys, named, not) in [
        ("", &["n new", "x lock", "p password", "d delete"][..], &["t rotate"][..]),
        ("<tab>", &["n new", "t rotate", "d delete"], &["x lock", "p password"]),
        ("<tab>", &["t rotate", "/ filter"], &["n new", "e edit", "d delete", "x lock"]),
        ("<tab>", &["/ filter", "s sort"], &["n new", "t rotate", "d delete"]),
    ] {
        press(&mut app, keys);
        let line = last(&mut app);
        assert!(named.iter().all(|name| line.contains(name)), "{line}");
        assert!(not.iter().all(|name| !line.contains(name)), "{line}");
    }
}
