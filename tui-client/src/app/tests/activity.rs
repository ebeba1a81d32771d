//! Is what happened there and here one list, and does who follows ask no more than they should?

use super::*;
use crate::api::Event;
use crate::app::parts::layer::Layer;
use crate::app::parts::list::Row;
use crate::failure::{Code, Failure};
use crate::journal::{Outcome, Renewal};

fn event(id: &str, at: &str, kind: &str, reason: Option<&str>) -> Event {
    Event {
        id: id.to_owned(),
        at: at.to_owned(),
        kind: kind.to_owned(),
        reason: reason.map(str::to_owned),
        client_id: Some("grant-cli".to_owned()),
        session_id: Some("ses_01jq".to_owned()),
        ip: Some("203.0.113.7".to_owned()),
        ..Event::default()
    }
}

fn events() -> Vec<Event> {
    vec![
        event("evt_05", "2026-11-21T14:02:05Z", "moon_landed", None),
        event("evt_04", "2026-11-21T13:59:00Z", "refresh_token_reused", Some("refresh_token_reused")),
        event("evt_03", "2026-11-21T13:58:00Z", "sign_in_failed", Some("sign_in_failed")),
        event("evt_02", "2026-11-20T12:01:00Z", "signed_in", None),
        event("evt_01", "2025-12-31T23:00:00Z", "user_created", None),
    ]
}

fn renewal(ago: i64, pid: u32, outcome: Outcome) -> Renewal {
    Renewal { at: NOW - ago, pid, command: "grant token".to_owned(), outcome }
}

fn away() -> Failure {
    Failure::new(Code::Away, "https://id.example.org cannot be reached: connection refused").hint("check your network")
}

fn answer(app: &mut App, events: Result<Vec<Event>, Failure>) -> Vec<Task> {
    tell(app, Did::Got(Ask::Activity, events.map(Got::Events)))
}

fn with_activity() -> App {
    let mut app = signed_in();
    let renewals = vec![renewal(108, 4121, Outcome::Renewed), renewal(400, 77, Outcome::Failed)];
    tell(&mut app, Did::Looked(Look { entry: Ok(entry(108)), renewals }));
    assert_eq!(press(&mut app, "4"), [Task::Get(Ask::Activity)]);
    answer(&mut app, Ok(events()));
    app
}

#[test]
fn what_happened_there_and_here_is_one_list_by_time() {
    let mut app = with_activity();
    let shown: Vec<_> = app.activity.list.shown(&app).iter().map(|row| row.cells(&app).join(" | ")).collect();
    assert_eq!(shown[1], "14:00:23 | token renewed | local: grant token, pid 4121 | ok");
    assert_eq!(shown[2], "13:59:00 | refresh token reuse | grant-cli · 203.0.113.7 | REUSE");
    assert_eq!(shown.len(), 7);
    insta::assert_snapshot!("activity", screens(&mut app));
}

#[test]
fn the_list_says_that_it_is_loading_empty_or_could_not_be_fetched() {
    let mut app = signed_in();
    press(&mut app, "4");
    app.time.steady += 200;
    insta::assert_snapshot!("activity-loading", screens(&mut app));
    answer(&mut app, Ok(Vec::new()));
    insta::assert_snapshot!("activity-empty", screens(&mut app));
    press(&mut app, "R");
    answer(&mut app, Err(away()));
    insta::assert_snapshot!("activity-failed", screens(&mut app));
}

#[test]
fn reuse_has_a_colour_of_its_own_and_its_word() {
    let mut app = with_activity();
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw::draw(&mut app, frame)).unwrap();
    let color = crate::app::theme::Role::Alarm;
    let style = Theme::Dark.color(color);
    let marked = terminal.backend().buffer().content.iter().filter(|cell| Some(cell.fg) == style);
    let text: String = marked.map(ratatui::buffer::Cell::symbol).collect();
    assert!(text.contains("refresh token reuse") && text.contains("REUSE"), "{text}");
    assert!(!text.contains("token renewed"), "{text}");
}

#[test]
fn an_event_is_opened_with_its_reason_as_a_sentence_or_as_json() {
    let mut app = with_activity();
    press(&mut app, "jj<enter>");
    insta::assert_snapshot!("activity-detail", screens(&mut app));
    press(&mut app, "<esc>x");
    insta::assert_snapshot!("activity-json", screens(&mut app));
    press(&mut app, "<esc>kx");
    let Some(Layer::Text { lines, .. }) = app.layers.last() else { panic!("{:?}", app.layers) };
    let json: serde_json::Value = serde_json::from_str(&lines.join("\n")).unwrap();
    assert_eq!((&json["local"], &json["pid"], &json["type"]), (&true.into(), &4121.into(), &"token_renewed".into()));
}

#[test]
fn who_follows_asks_every_five_seconds_and_once_at_a_time() {
    let mut app = with_activity();
    assert_eq!(press(&mut app, "f"), [Task::Get(Ask::Activity)]);
    assert_eq!(pass(&mut app, 20), [], "an answer is awaited");
    answer(&mut app, Ok(events()));
    assert_eq!(pass(&mut app, 4), []);
    assert_eq!(pass(&mut app, 1), [Task::Get(Ask::Activity)]);
    answer(&mut app, Ok(events()));
    insta::assert_snapshot!("activity-following", screens(&mut app));
    press(&mut app, "1");
    assert_eq!(pass(&mut app, 20), [], "nobody looks");
    press(&mut app, "4");
    answer(&mut app, Ok(events()));
    press(&mut app, "f");
    assert_eq!(pass(&mut app, 20), []);
}

#[test]
fn who_follows_waits_longer_and_longer_while_the_server_is_away() {
    let mut app = with_activity();
    press(&mut app, "f");
    for wait in [10, 20, 40, 60, 60] {
        answer(&mut app, Err(away()));
        assert_eq!(pass(&mut app, wait - 1).iter().filter(|task| matches!(task, Task::Get(_))).count(), 0, "{wait}");
        assert!(pass(&mut app, 1).contains(&Task::Get(Ask::Activity)), "{wait}");
    }
    answer(&mut app, Err(away()));
    insta::assert_snapshot!("activity-away", screens(&mut app));
    pass(&mut app, 60);
    answer(&mut app, Ok(events()));
    assert!(pass(&mut app, 5).contains(&Task::Get(Ask::Activity)));
    answer(&mut app, Err(Failure::new(Code::SignIn, "the session has ended").reason(Some("expired"))));
    assert_eq!(app.activity.follow, None);
}

#[test]
fn what_went_wrong_is_listed_once_with_its_way_on() {
    let mut app = with_activity();
    for _ in 0..3 {
        press(&mut app, "2R");
        tell(&mut app, Did::Got(Ask::Sessions, Err(away())));
    }
    press(&mut app, "4");
    assert_eq!(app.activity.list.shown(&app).len(), 8);
    press(&mut app, "g<enter>");
    insta::assert_snapshot!("activity-fault", screens(&mut app));
    for at in 0..200 {
        app.complain(&Failure::new(Code::Other, format!("fault {at}")));
    }
    assert_eq!(app.faults.len(), 50);
}

#[test]
fn the_selection_stays_with_its_event_when_newer_ones_come() {
    let mut app = with_activity();
    press(&mut app, "jj");
    let mut newer = events();
    newer.insert(0, event("evt_06", "2026-11-21T14:02:10Z", "signed_out", None));
    answer(&mut app, Ok(newer));
    assert_eq!(app.activity.list.current(&app).map(|row| row.id().to_owned()).as_deref(), Some("evt_04"));
    press(&mut app, "/reuse<enter>");
    insta::assert_snapshot!("activity-filter", screens(&mut app));
}
