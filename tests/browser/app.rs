//! Does the web client at `/app/` keep its promises? Each test is the scene of the same name in `app/*.mjs`.

use std::sync::Arc;

use grantd::clock::Clock;
use grantd::flows::{By, ClientChange};
use grantd_tests::postgres::free_port;
use grantd_tests::rows::Rows;
use grantd_tests::server::{BEGIN, Home, Settings, TestServer};
use grantd_tests::temp::TempDir;
use tokio::runtime::Runtime;

use super::script;

/// Plays scenes of a script as tests, each with a server of its own; the page keeps its tokens in this mode.
macro_rules! scenes {
    ($mode:literal, $file:literal; $($(#[$about:meta])* $scene:ident $settings:expr;)*) => {
        $($(#[$about])* #[test]
        fn $scene() {
            $crate::app::play($file, stringify!($scene), $mode, &$settings);
        })*
    };
}

scenes! { "localStorage", "screens.mjs";
    a_newcomer_signs_up_and_is_signed_in [];
    one_signs_in_by_username_or_email_and_out_again [];
    a_session_is_signed_out_from_another [];
    what_happened_to_the_account_is_listed_page_by_page [];
    without_the_api_of_cats_its_screen_says_how_to_start_it [];
    signing_out_everywhere_is_noticed_by_another_browser [];
    after_a_signout_neither_reload_nor_back_shows_anything_private [];
    names_are_shown_as_they_are_however_odd [];
    who_may_not_sign_up_is_told_so [];
}

scenes! { "localStorage", "input.mjs";
    an_empty_field_is_named_and_nothing_is_sent [];
    what_cannot_be_is_blamed_on_its_field_and_stays_typed [];
    a_wrong_password_is_refused_and_soon_has_to_wait [];
    two_presses_send_a_form_once [];
    what_was_typed_waits_for_whom_the_server_signed_out [];
    a_password_of_any_letters_signs_in [];
    a_locked_user_is_told_why [];
}

scenes! { "localStorage", "trouble.mjs";
    a_server_that_is_away_signs_nobody_out [];
    a_signout_without_the_server_forgets_here_and_says_what_that_means [];
    who_answers_in_the_servers_place_signs_nobody_out [];
    a_server_that_asks_to_wait_is_believed [];
    /// UX.md §5, line 85.
    a_refusal_is_met_with_one_new_token_and_no_second [];
    the_token_is_renewed_under_a_page_that_slept [];
    a_session_that_idled_too_long_says_so [];
}

scenes! { "localStorage", "storage.mjs";
    a_damaged_entry_is_told_of_and_taken_away [];
    a_scratched_entry_is_mended_while_its_refresh_token_is_good [];
    a_refresh_token_that_is_none_ends_the_signin_with_its_reason [];
    an_access_token_of_somebody_else_lasts_until_the_next_renewal [];
    an_entry_that_is_gone_is_a_signout [];
    a_browser_that_keeps_nothing_signs_nobody_in [];
    a_store_that_is_full_for_a_while_costs_no_session [];
}

scenes! { "localStorage", "tabs.mjs";
    /// UX.md §5, line 86.
    a_signout_reaches_the_other_tabs_within_a_second [];
    a_signin_reaches_the_other_tabs [];
    nothing_is_sent_as_somebody_who_signed_in_elsewhere [];
    a_signout_during_a_renewal_holds [];
    expire_now_brings_a_new_token_for_all_tabs [];
    a_broken_refresh_token_ends_the_signin_at_the_next_renewal [];
}

scenes! { "localStorage", "everybody.mjs";
    everybody_can_read_each_screen [];
    nobody_needs_a_pointer [];
    a_page_of_another_host_signs_in_here [];
}

/// UX.md §5, line 84. It takes longest, and by its name is begun among the first.
#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_of_eight_tabs_renews_two_second_tokens_unseen() {
    last("a_crowd_of_eight_tabs_renews_two_second_tokens_unseen", "2s", [1, 100]).await;
}

/// UX.md §5, line 87.
#[tokio::test(flavor = "multi_thread")]
async fn a_browser_offline_for_thirty_seconds_stays_signed_in() {
    last("a_browser_offline_for_thirty_seconds_stays_signed_in", "5s", [1, 1]).await;
}

/// UX.md §5, line 88: over plain http, and where a browser has no locks.
#[tokio::test(flavor = "multi_thread")]
async fn without_locks_the_servers_window_keeps_the_session() {
    last("without_locks_the_servers_window_keeps_the_session", "2s", [2, 8]).await;
}

/// Plays a long scene at a real `grantd dev`, by the real clock. So many sessions were made, renewed so often at least, and none ended.
async fn last(scene: &str, access_ttl: &str, [sessions, renewals]: [i64; 2]) {
    let Some(script) = script("app/long.mjs") else { return };
    let data = TempDir::new();
    let server = super::dev(&data).env("GRANTD_TOKENS__ACCESS_TTL", access_ttl).start();
    script.run(&[&server.url(), scene, "localStorage"]);
    let rows = Rows::Sqlite(data.join("grantd.db"));
    let reused = "SELECT count(*) FROM events WHERE event_type = 'refresh_token_reused'";
    assert_eq!(rows.numbers(reused).await, [0]);
    let counts = "SELECT count(*), count(revoked_at), min(generation) - 1 FROM token_families";
    let counts = rows.numbers(counts).await;
    assert!(counts[..2] == [sessions, 0] && counts[2] >= renewals, "{counts:?} sessions, ended, renewals of each");
}

/// Plays a scene at a server in this process, which stands still or goes as the scene wishes.
pub(super) fn play(file: &str, scene: &str, mode: &str, settings: Settings<'_>) {
    let Some(script) = script(&format!("app/{file}")) else { return };
    let runtime = Runtime::new().expect("a runtime");
    let mut stage = runtime.block_on(Stage::open(settings));
    script.talk(&[&stage.url(), scene, mode], |wish| runtime.block_on(stage.grant(wish)));
}

/// A server at one address that can go and come back, and a clock.
pub(super) struct Stage {
    home: Arc<Home>,
    clock: Clock,
    listen: String,
    settings: Vec<(&'static str, String)>,
    server: Option<TestServer>,
}

impl Stage {
    pub(super) async fn open(settings: Settings<'_>) -> Self {
        let settings = settings.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let home = Arc::new(Home::in_memory().await);
        let listen = format!("127.0.0.1:{}", free_port());
        let mut stage = Self { home, clock: Clock::manual(BEGIN), listen, settings, server: None };
        stage.start().await;
        stage
    }

    pub(super) fn url(&self) -> String {
        self.listen.replace("127.0.0.1", "http://localhost")
    }

    async fn start(&mut self) {
        let settings = self.settings.iter().map(|(key, value)| (*key, value.as_str()));
        let settings: Vec<_> = settings.chain([("server.listen", self.listen.as_str())]).collect();
        self.server = Some(TestServer::at(Arc::clone(&self.home), self.clock.clone(), &settings).await);
    }

    async fn stop(&mut self) {
        self.server.take().expect("a server").stop().await;
    }

    pub(super) async fn grant(&mut self, wish: &str) {
        match wish.split_once(": ").unwrap_or((wish, "")) {
            ("stop", _) => self.stop().await,
            ("start", _) => self.start().await,
            ("seconds pass", seconds) => self.clock.advance(seconds.parse().expect("seconds")),
            ("let in", origin) => {
                let change = ClientChange { origins: Some(vec![origin.to_owned()]), ..ClientChange::default() };
                let flows = self.server.as_ref().expect("a server").flows();
                flows.change_client("web", change, By::CommandLine).await.expect("a change");
            }
            ("close sign-up", _) => {
                self.stop().await;
                self.settings.push(("signup", "closed".to_owned()));
                self.start().await;
            }
            ("refresh tokens that came again", count) => {
                let events = "SELECT count(*) FROM events WHERE event_type = 'refresh_token_reused'";
                assert_eq!(self.home.rows().numbers(events).await, [count.parse::<i64>().expect("a number")]);
            }
            other => panic!("what is {other:?}?"),
        }
    }
}
