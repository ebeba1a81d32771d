//! Does the gauge say how the token stands, and is it renewed when it should be?

use super::*;
use crate::app::message::Task;
use crate::app::parts::gauge::State;
use crate::app::state::Renewing;
use crate::failure::{Code, Failure};
use crate::journal::{Outcome, Renewal};

fn away() -> Failure {
    Failure::new(Code::Away, "https://id.example.org cannot be reached").hint("check your network")
}

fn ended() -> Failure {
    Failure::new(Code::SignIn, "`ada` is signed out").reason(Some("session_ended"))
}

/// What is in the store already.
fn look(app: &App) -> Look {
    Look { entry: Ok(app.entry.clone().unwrap()), renewals: app.renewals.clone() }
}

#[test]
fn the_gauge_has_a_word_and_a_time_in_each_of_its_states() {
    let mut valid = signed_in();
    let mut soon = signed_in();
    // Soon is when it is renewed: what is seen is that it is being done.
    soon.renewals.clear();
    soon.entry = Some(entry(250));
    let mut renewing = signed_in();
    press(&mut renewing, "r");
    let mut expired = signed_in();
    expired.entry = Some(entry(301));
    let mut offline = signed_in();
    press(&mut offline, "r");
    let now = look(&offline);
    tell(&mut offline, Did::Renewed(Err(away()), now));
    let mut over = signed_in();
    let now = look(&over);
    tell(&mut over, Did::Renewed(Err(ended()), now));
    let apps = [&mut valid, &mut soon, &mut renewing, &mut expired, &mut offline, &mut over];
    let words = ["VALID", "SOON", "RENEWING", "EXPIRED", "OFFLINE", "ENDED"];
    for (app, word) in apps.into_iter().zip(words) {
        assert_eq!(State::of(app).word(), word);
        insta::assert_snapshot!(format!("gauge-{}", word.to_lowercase()), screens(app));
    }
}

#[test]
fn a_token_that_ends_soon_is_renewed_by_itself_once() {
    let mut app = signed_in();
    assert_eq!(pass(&mut app, 137), []);
    assert_eq!(State::of(&app), State::Soon);
    assert_eq!(pass(&mut app, 1), [Task::Renew { new: false }]);
    assert!(matches!(app.renewing, Renewing::Since(_)));
    let renewal = Renewal { at: NOW + 138, pid: 4121, command: "grant token".to_owned(), outcome: Outcome::Renewed };
    let mut fresh = entry(0);
    fresh.expires_at += 138;
    let look = Look { entry: Ok(fresh), renewals: vec![renewal] };
    assert_eq!(tell(&mut app, Did::Renewed(Ok(None), look)), []);
    assert_eq!(State::of(&app), State::Valid);
    assert!(screen(&mut app, (80, 24)).contains("14:04:29 renewed by pid 4121 (grant token)"));
}

#[test]
fn after_a_sleep_of_ten_minutes_the_state_is_right_at_once() {
    let mut app = signed_in();
    // The steady clock stood still while the machine slept.
    let tasks = update(&mut app, Message::Tick, Time { wall: (NOW + 601) * 1000, steady: 1000 });
    assert_eq!(tasks, [Task::Accounts, Task::Renew { new: false }]);
    assert_eq!(app.entry.as_ref().map(|entry| entry.left(app.now())), Some(0));
}

#[test]
fn a_clock_that_was_set_does_not_end_a_token_early() {
    let mut app = signed_in();
    let before = screen(&mut app, (80, 24));
    // Somebody's second: too little to be a sleep.
    update(&mut app, Message::Tick, Time { wall: (NOW + 1) * 1000, steady: 0 });
    assert_eq!(screen(&mut app, (80, 24)), before);
}

#[test]
fn a_server_that_is_away_is_asked_again_later_and_later() {
    let mut app = signed_in();
    app.entry = Some(entry(299));
    assert_eq!(pass(&mut app, 1), [Task::Renew { new: false }]);
    for wait in [5, 10, 20, 40, 60, 60] {
        let now = look(&app);
        tell(&mut app, Did::Renewed(Err(away()), now));
        assert_eq!(State::of(&app), State::Offline);
        assert_eq!(pass(&mut app, wait - 1), [], "{wait}");
        assert_eq!(pass(&mut app, 1), [Task::Renew { new: false }], "{wait}");
    }
}

#[test]
fn a_session_that_was_ended_elsewhere_says_why_and_enter_signs_in_again() {
    let mut app = signed_in();
    let now = look(&app);
    tell(&mut app, Did::Renewed(Err(ended()), now));
    let shown = screen(&mut app, (80, 24));
    assert!(shown.contains("ENDED") && shown.contains("The session was ended from another one."), "{shown}");
    assert_eq!(pass(&mut app, 100), []);
    press(&mut app, "<enter>");
    let shown = screen(&mut app, (80, 24));
    assert!(shown.contains("sign in") && shown.contains("https://id.example.org") && shown.contains("ada"), "{shown}");
}

#[test]
fn a_token_that_is_due_again_at_once_is_left_alone_for_a_while() {
    let mut app = signed_in();
    // Its store has no room for an access token.
    let bare = Entry { access_token: None, ..entry(0) };
    tell(&mut app, Did::Looked(Look { entry: Ok(bare.clone()), renewals: Vec::new() }));
    assert!(matches!(app.renewing, Renewing::Since(_)));
    let again = tell(&mut app, Did::Renewed(Ok(None), Look { entry: Ok(bare), renewals: Vec::new() }));
    assert_eq!(again, []);
    assert_eq!(pass(&mut app, 9), []);
    assert_eq!(pass(&mut app, 1), [Task::Renew { new: false }]);
}

#[test]
fn a_refusal_without_a_reason_is_told_and_is_no_end() {
    let mut app = signed_in();
    press(&mut app, "r");
    let now = look(&app);
    let refused = Failure::new(Code::SignIn, "https://id.example.org: 401 Unauthorized");
    assert_eq!(tell(&mut app, Did::Renewed(Err(refused), now)), []);
    assert_eq!((app.ended(), app.notice.as_ref().map(|notice| notice.bad)), (None, Some(true)));
    assert_eq!(State::of(&app), State::Valid);
    assert_eq!(pass(&mut app, 4), []);
}

#[test]
fn a_token_that_is_refused_for_itself_ends_no_session() {
    for (reason, word) in [("unknown_token", "VALID"), ("expired", "VALID"), ("user_locked", "ENDED")] {
        let mut app = signed_in();
        let refused = Failure::new(Code::SignIn, "refused").reason(Some(reason));
        tell(&mut app, Did::Got(Ask::Sessions, Err(refused)));
        assert_eq!(State::of(&app).word(), word, "{reason}");
    }
}
