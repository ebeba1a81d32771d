//! Does the inspector say what a token says, and show nobody the token itself unasked?

use super::*;
use crate::check::Check;
use crate::failure::{Code, Failure};

/// A token with these claims, of nobody that we know.
fn foreign(header: &str, claims: &str) -> String {
    [header, claims, "a signature that nobody has checked"].map(|part| URL_SAFE_NO_PAD.encode(part)).join(".")
}

fn stranger() -> String {
    foreign(
        r#"{"alg":"RS256","typ":"JWT","kid":"other"}"#,
        r#"{"iss":"https://other.example","sub":"eve","aud":["a","b"],"sid":"ses_9","azp":"web","roles":["x","y"],"address":{"city":"Rome"},"iat":1795000000,"exp":1795003600}"#,
    )
}

fn pasted(token: &str) -> App {
    let mut app = signed_in();
    press(&mut app, "3");
    paste(&mut app, token);
    app
}

fn paste(app: &mut App, text: &str) -> Vec<Task> {
    let now = app.time;
    update(app, Message::Paste(text.to_owned()), now)
}

fn good() -> Vec<Check> {
    vec![Check::good("signature", "EdDSA, key 2026-11")]
}

#[test]
fn a_token_is_read_and_what_it_means_stands_beside() {
    let mut app = signed_in();
    let own = access_token(108);
    assert_eq!(press(&mut app, "3"), [Task::Verify(own.clone())]);
    insta::assert_snapshot!("token", screens(&mut app));
    // A token is asked about once.
    assert_eq!(press(&mut app, "13"), []);
    tell(&mut app, Did::Verified(own.clone(), Ok(good())));
    insta::assert_snapshot!("token-verified", screens(&mut app));
    assert_eq!(press(&mut app, "R"), [Task::Look, Task::Verify(own)]);
}

#[test]
fn a_raw_token_is_hidden_until_it_is_asked_for_and_again_after_ten_seconds() {
    let (mut app, own) = (signed_in(), access_token(108));
    let (start, end) = own.expose().split_at(20);
    press(&mut app, "3");
    let seen = |app: &mut App| screen(app, (120, 40)).contains(start);
    assert!(!seen(&mut app) && !screen(&mut app, (120, 40)).contains(&end[20..40]));
    press(&mut app, "v");
    assert!(seen(&mut app));
    insta::assert_snapshot!("token-revealed", screens(&mut app));
    pass(&mut app, 9);
    assert!(seen(&mut app));
    pass(&mut app, 1);
    assert!(!seen(&mut app));
    press(&mut app, "v");
    assert!(seen(&mut app));
    press(&mut app, "v");
    assert!(!seen(&mut app), "the same key hides it");
    press(&mut app, "v23");
    assert!(!seen(&mut app), "leaving the screen hides it");
    press(&mut app, "v<tab><tab>");
    assert!(!seen(&mut app), "another token hides it");
    press(&mut app, "v");
    let back = Time { wall: app.time.wall - 3_600_000, steady: app.time.steady };
    update(&mut app, Message::Tick, back);
    assert!(!seen(&mut app), "a clock that was put back hides it");
}

#[test]
fn a_refresh_token_says_nothing_and_is_copied_only_when_it_is_shown() {
    let mut app = signed_in();
    press(&mut app, "3<tab>");
    insta::assert_snapshot!("token-refresh", screens(&mut app));
    assert!(!screen(&mut app, (120, 40)).contains("grt_refresh"));
    assert_eq!(press(&mut app, "yx"), []);
    let tasks = press(&mut app, "vy");
    assert_eq!(tasks, [Task::Copy(Secret::new("grt_refresh".to_owned()), "refresh token")]);
    assert!(screen(&mut app, (60, 16)).contains("grt_refresh"));
    press(&mut app, "<backtab>");
    assert_eq!(press(&mut app, "y"), [Task::Copy(access_token(108), "access token")]);
}

#[test]
fn a_token_is_shown_as_json() {
    let mut app = signed_in();
    press(&mut app, "3x");
    insta::assert_snapshot!("token-json", screens(&mut app));
}

#[test]
fn a_token_from_elsewhere_is_read_here_and_used_for_nothing() {
    let token = Secret::new(stranger());
    let mut app = signed_in();
    press(&mut app, "3e");
    insta::assert_snapshot!("token-form", screens(&mut app));
    assert_eq!(press(&mut app, "<enter>"), []);
    assert!(screen(&mut app, (60, 16)).contains("is empty"));
    assert_eq!(press(&mut app, &format!("{}<enter>", token.expose())), [Task::Verify(token.clone())]);
    insta::assert_snapshot!("token-foreign", screens(&mut app));
    // What asks the server knows nothing of it, and it is kept nowhere.
    assert_eq!(app.entry, Some(entry(108)));
    assert_eq!(press(&mut app, "y"), [Task::Copy(token, "token")]);
    assert_eq!(press(&mut app, "<esc>"), [Task::Verify(access_token(108))]);
    assert!(screen(&mut app, (80, 24)).contains("usr_01jq"));
}

#[test]
fn a_token_is_pasted_with_what_it_was_copied_with() {
    let token = stranger();
    let (start, end) = token.split_at(60);
    for text in [
        token.clone(),
        format!("Authorization: Bearer {token}\n"),
        format!("\"{token}\""),
        format!("  {start}\n{end}\r\n"),
    ] {
        let mut app = signed_in();
        press(&mut app, "3");
        assert_eq!(paste(&mut app, &text), [Task::Verify(Secret::new(token.clone()))], "{text}");
        let mut app = signed_in();
        press(&mut app, "3e");
        assert_eq!(paste(&mut app, &text), [Task::Verify(Secret::new(token.clone()))], "{text}");
        assert!(app.layers.is_empty());
    }
}

#[test]
fn what_cannot_be_read_is_told_with_its_reason() {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"EdDSA"}"#);
    for (text, told) in [
        ("grt_something".to_owned(), "This is a refresh token"),
        ("hello".to_owned(), "it has one part"),
        ("a.b".to_owned(), "it has 2 parts"),
        ("a.b.c".to_owned(), "its header"),
        (format!("{header}.b.c"), "its claims"),
        (format!("{header}.{}.c", URL_SAFE_NO_PAD.encode("[1]")), "its claims"),
    ] {
        let mut app = pasted(&text);
        let shown = screen(&mut app, (120, 40));
        assert!(shown.contains(told), "{text}: {shown}");
        assert_eq!(press(&mut app, "x"), [], "{text}");
        assert!(app.layers.is_empty());
    }
    let mut app = signed_in();
    app.entry.as_mut().unwrap().access_token = Some(Secret::new(format!("{header}.damaged.signature-of-it")));
    assert_eq!(press(&mut app, "3"), []);
    insta::assert_snapshot!("token-damaged", screens(&mut app));
}

#[test]
fn where_there_is_no_token_it_is_said_why() {
    let mut app = signed_in();
    app.entry.as_mut().unwrap().access_token = None;
    assert_eq!(press(&mut app, "3vyx"), [Task::Renew { new: false }]);
    insta::assert_snapshot!("token-missing", screens(&mut app));
    app.entry = None;
    assert!(screen(&mut app, (80, 24)).contains("reading the store"));
    let locked = Failure::new(Code::Store, "the keyring of this machine cannot be used").hint("unlock it");
    app.store_failure = Some(locked);
    insta::assert_snapshot!("token-no-store", screens(&mut app));
    app.account.as_mut().unwrap().ended = Some("session_ended".to_owned());
    assert!(screen(&mut app, (80, 24)).contains("The session was ended from another one."));
}

#[test]
fn a_finding_is_told_of_its_own_token_alone() {
    let mut app = pasted(&stranger());
    tell(&mut app, Did::Verified(access_token(108), Ok(good())));
    assert!(screen(&mut app, (80, 24)).contains("not checked yet"));
    let check = Check::bad("signature", "it does not fit the token");
    tell(&mut app, Did::Verified(Secret::new(stranger()), Ok(vec![check])));
    let shown = screen(&mut app, (120, 40));
    assert!(shown.contains("it does not fit the token") && shown.contains("! what it says may be made up"), "{shown}");
    let away = Failure::new(Code::Away, "https://id.example.org cannot be reached");
    tell(&mut app, Did::Verified(Secret::new(stranger()), Err(away)));
    assert!(screen(&mut app, (120, 40)).contains("not checked: https://id.example.org"));
}

#[test]
fn a_renewed_token_is_looked_at_anew_and_a_foreign_one_stays() {
    let mut app = signed_in();
    press(&mut app, "3");
    let renewed = || Did::Looked(Look { entry: Ok(entry(0)), renewals: Vec::new() });
    assert_eq!(tell(&mut app, renewed()), [Task::Verify(access_token(0))]);
    assert_eq!(tell(&mut app, renewed()), []);
    let mut app = pasted(&stranger());
    assert_eq!(tell(&mut app, renewed()), []);
    assert!(screen(&mut app, (80, 24)).contains("https://other.example"));
}

#[test]
fn hostile_claims_neither_break_nor_command_anything() {
    let hostile = [
        r#"{"exp":9223372036854775807,"iat":-9223372036854775808,"nbf":9223372036854775807}"#,
        r#"{"exp":"soon","iat":null,"aud":[1,{}],"iss":[],"sid":5,"client_id":{}}"#,
        r#"{"exp":1e300,"\u001b[2J":"\u001b]52;c;x\u0007","sub":"\u202egnp"}"#,
        "{}",
    ];
    for claims in hostile {
        let mut app = pasted(&foreign(r#"{"alg":"none","crit":["b64"]}"#, claims));
        for size in SIZES {
            let shown = screen(&mut app, size);
            assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{claims}: {shown:?}");
        }
        press(&mut app, "vx");
        assert!(!screen(&mut app, (120, 40)).contains(['\u{1b}', '\u{7}', '\u{202e}']), "{claims}");
        assert!(screen(&mut pasted(&foreign(r#"{"alg":"none"}"#, claims)), (120, 40)).contains("anybody can have"));
    }
    let long = foreign(r#"{"alg":"EdDSA"}"#, &format!(r#"{{"sub":"{}"}}"#, "x".repeat(60_000)));
    let mut app = pasted(&long);
    press(&mut app, "Gv");
    screen(&mut app, (60, 16));
    press(&mut app, "vGkg");
    assert!(screen(&mut app, (60, 16)).contains("signature"));
}

#[test]
fn what_has_no_room_is_scrolled_to() {
    let mut app = signed_in();
    press(&mut app, "3");
    assert!(screen(&mut app, (60, 16)).contains("more"));
    press(&mut app, "G");
    let shown = screen(&mut app, (60, 16));
    assert!(shown.contains("exp") && !shown.contains("more"), "{shown}");
    insta::assert_snapshot!("token-scrolled", shown);
}
