//! Are sessions listed, and ended only when somebody means it?

use super::*;
use crate::failure::{Code, Failure};

fn with_sessions() -> App {
    let mut app = signed_in();
    assert_eq!(press(&mut app, "2"), [Task::Get(Ask::Sessions)]);
    let sessions = vec![
        session("ses_01jq", "grant/0.1.0", "2026-11-21T14:02:09Z"),
        session("ses_02", "Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", "2026-11-21T13:58:00Z"),
        session("ses_03", "curl/8.14", "2026-11-12T14:00:00Z"),
    ];
    tell(&mut app, Did::Got(Ask::Sessions, Ok(Got::Sessions(sessions))));
    app
}

#[test]
fn the_sessions_are_listed() {
    insta::assert_snapshot!("sessions", screens(&mut with_sessions()));
}

#[test]
fn a_list_says_that_it_is_loading_that_it_is_empty_and_that_it_could_not_be_fetched() {
    let mut app = signed_in();
    press(&mut app, "2");
    app.time.steady += 200;
    insta::assert_snapshot!("sessions-loading", screens(&mut app));
    tell(&mut app, Did::Got(Ask::Sessions, Ok(Got::Sessions(Vec::new()))));
    insta::assert_snapshot!("sessions-empty", screens(&mut app));
    press(&mut app, "R");
    let failure = Failure::new(Code::Away, "https://id.example.org cannot be reached");
    tell(&mut app, Did::Got(Ask::Sessions, Err(failure)));
    insta::assert_snapshot!("sessions-failed", screens(&mut app));
}

#[test]
fn a_session_ends_after_a_question_whose_answer_is_no_unless_it_is_yes() {
    for key in ["<enter>", "<esc>", "n", "Y", "d"] {
        let mut app = with_sessions();
        assert_eq!(press(&mut app, &format!("jd{key}")), [], "{key}");
        assert!(app.layers.is_empty(), "{key}");
    }
    let mut app = with_sessions();
    press(&mut app, "jd");
    insta::assert_snapshot!("sessions-question", screens(&mut app));
    let tasks = press(&mut app, "y");
    let [Task::Change(change)] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!((change.method, change.path.as_str()), ("DELETE", "/api/v1/me/sessions/ses_02"));
    assert_eq!(tell(&mut app, Did::Changed(change.clone(), Ok(None))), [Task::Get(Ask::Sessions)]);
}

#[test]
fn marked_sessions_end_together_and_all_others_at_once() {
    let mut app = with_sessions();
    let tasks = press(&mut app, "j<space>j<space>dy");
    assert_eq!(tasks.len(), 2, "{tasks:?}");
    let mut app = with_sessions();
    let tasks = press(&mut app, "Dy");
    let [Task::Change(change)] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!(change.path, "/api/v1/me/sessions?keep=current");
}

#[test]
fn a_list_is_narrowed_and_shown_whole_again() {
    let mut app = with_sessions();
    press(&mut app, "/fire");
    assert_eq!(app.sessions.list.shown(&app).len(), 1);
    press(&mut app, "<enter><esc>");
    assert_eq!(app.sessions.list.shown(&app).len(), 3);
}
