//! Does the web client at `/app/` keep its promises? Each test is the scene of the same name in `app/*.mjs`.

use std::sync::Arc;

use grantd::clock::Clock;
use grantd_tests::postgres::free_port;
use grantd_tests::server::{BEGIN, Home, Settings, TestServer};
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

/// Plays a scene at a server in this process, which stands still or goes as the scene wishes.
fn play(file: &str, scene: &str, mode: &str, settings: Settings<'_>) {
    let Some(script) = script(&format!("app/{file}")) else { return };
    let runtime = Runtime::new().expect("a runtime");
    let mut stage = runtime.block_on(Stage::open(settings));
    script.talk(&[&stage.url(), scene, mode], |wish| runtime.block_on(stage.grant(wish)));
}

/// A server at one address that can go and come back, and a clock.
struct Stage {
    home: Arc<Home>,
    clock: Clock,
    listen: String,
    settings: Vec<(&'static str, String)>,
    server: Option<TestServer>,
}

impl Stage {
    async fn open(settings: Settings<'_>) -> Self {
        let settings = settings.iter().map(|(key, value)| (*key, (*value).to_owned())).collect();
        let home = Arc::new(Home::in_memory().await);
        let listen = format!("127.0.0.1:{}", free_port());
        let mut stage = Self { home, clock: Clock::manual(BEGIN), listen, settings, server: None };
        stage.start().await;
        stage
    }

    fn url(&self) -> String {
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

    async fn grant(&mut self, wish: &str) {
        match wish.split_once(": ").unwrap_or((wish, "")) {
            ("stop", _) => self.stop().await,
            ("start", _) => self.start().await,
            ("seconds pass", seconds) => self.clock.advance(seconds.parse().expect("seconds")),
            ("close sign-up", _) => {
                self.stop().await;
                self.settings.push(("signup", "closed".to_owned()));
                self.start().await;
            }
            other => panic!("what is {other:?}?"),
        }
    }
}
