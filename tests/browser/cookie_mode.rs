//! Does the web client keep its promises in the cookie mode too? Scenes of `app/*.mjs`, some of them played in both modes.

use std::process::Command;

use grantd_tests::postgres::free_port;
use grantd_tests::rows::Rows;
use grantd_tests::skip;
use grantd_tests::temp::TempDir;
use tokio::runtime::Runtime;

use super::app::Stage;
use super::{dev, script};

scenes! { "cookie", "screens.mjs";
    a_newcomer_signs_up_and_is_signed_in [];
    one_signs_in_by_username_or_email_and_out_again [];
    a_session_is_signed_out_from_another [];
    signing_out_everywhere_is_noticed_by_another_browser [];
    after_a_signout_neither_reload_nor_back_shows_anything_private [];
}

scenes! { "cookie", "input.mjs";
    a_wrong_password_is_refused_and_soon_has_to_wait [];
    two_presses_send_a_form_once [];
    what_was_typed_waits_for_whom_the_server_signed_out [];
    a_locked_user_is_told_why [];
}

scenes! { "cookie", "trouble.mjs";
    a_server_that_is_away_signs_nobody_out [];
    who_answers_in_the_servers_place_signs_nobody_out [];
    a_server_that_asks_to_wait_is_believed [];
    a_refusal_is_met_with_one_new_token_and_no_second [];
    the_token_is_renewed_under_a_page_that_slept [];
    a_session_that_idled_too_long_says_so [];
}

scenes! { "cookie", "tabs.mjs";
    a_signout_reaches_the_other_tabs_within_a_second [];
    a_signin_reaches_the_other_tabs [];
    nothing_is_sent_as_somebody_who_signed_in_elsewhere [];
    a_signout_during_a_renewal_holds [];
}

scenes! { "cookie", "cookie.mjs";
    /// UX.md §5, line 89.
    nothing_that_a_script_can_look_at_holds_a_token [];
    over_plain_http_the_cookie_is_for_this_host_alone_and_the_page_says_what_it_is_worth [];
    a_cookie_that_is_none_is_taken_away_with_its_reason [];
    the_cookie_of_another_user_makes_the_page_his [];
    two_cookies_of_the_name_sign_nobody_out_but_whoever_wants_to_go [];
    a_cookie_that_is_gone_is_a_signout_at_the_next_renewal [];
    an_old_cookie_that_comes_again_ends_the_session_and_is_told_of [];
    what_comes_late_takes_nothing_from_the_form [];
    everybody_can_read_each_screen [];
}

scenes! { "localStorage", "switch.mjs";
    the_choice_survives_a_reload_and_reaches_the_other_tabs [];
    the_switch_ends_the_session_at_the_server_there_and_back [];
    without_the_server_the_switch_pretends_nothing [];
    what_was_typed_survives_the_switch [];
}

scenes! { "cookie", "sites.mjs";
    /// UX.md §5, line 90.
    a_page_of_another_site_gets_nowhere [];
}

/// UX.md §5, line 84.
#[tokio::test(flavor = "multi_thread")]
async fn eight_tabs_with_one_cookie_renew_their_tokens_for_a_minute_and_nobody_notices() {
    let data = TempDir::new();
    let Some(script) = script("app/eight.mjs") else { return };
    let server = dev(&data).env("GRANTD_TOKENS__ACCESS_TTL", "2s").start();
    let scene = "eight_tabs_with_one_cookie_renew_their_tokens_for_a_minute_and_nobody_notices";
    script.run(&[&server.url(), scene, "cookie"]);
    let events = "SELECT count(*) FROM events WHERE event_type IN ('refresh_token_reused', 'refresh_retried')";
    assert_eq!(Rows::Sqlite(data.join("grantd.db")).numbers(events).await, [0]);
}

/// Plays a scene that puts a program before the server, where its issuer says that it is.
fn play_behind(scheme: &str, scene: &str, mode: &str) {
    let Some(script) = script("app/proxy.mjs") else { return };
    if scheme == "https" && Command::new("openssl").arg("version").output().is_err() {
        return skip("there is no openssl to make a certificate with");
    }
    let issuer = format!("{scheme}://localhost:{}", free_port());
    let runtime = Runtime::new().expect("a runtime");
    let stage = runtime.block_on(Stage::open(&[("issuer", &issuer)]));
    script.run(&[&issuer, scene, mode, "127.0.0.1:9", &stage.url()]);
}

const ROUND: &str = "over_https_the_whole_round_works_with_a_cookie_that_no_other_host_can_set";

#[test]
fn over_https_the_whole_round_works_with_a_cookie_that_no_other_host_can_set() {
    play_behind("https", ROUND, "cookie");
}

#[test]
fn over_https_the_whole_round_works_with_local_storage() {
    play_behind("https", ROUND, "localStorage");
}

#[test]
fn an_answer_that_comes_late_brings_no_old_cookie_back() {
    play_behind("http", "an_answer_that_comes_late_brings_no_old_cookie_back", "cookie");
}
