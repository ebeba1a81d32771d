//! Do the web client and the example API get along, however the page keeps its tokens? Scenes of `app/cats.mjs`, with the real example.

use std::net::{SocketAddr, TcpStream};

use grantd_tests::postgres::free_port;
use grantd_tests::process::{self, Grantd};
use grantd_tests::temp::TempDir;
use grantd_tests::wait_for;

use super::{dev, script};

/// Starts the example for users of this issuer.
fn start(listen: SocketAddr, issuer: &str) -> Grantd {
    let none: &[&str] = &[];
    let call = process::call(&process::example("cats"), none);
    let cats = call.env("CATS_LISTEN", listen.to_string()).env("CATS_ISSUER", issuer).spawn();
    wait_for("the example listens", || {
        assert!(!cats.has_ended(), "{}", cats.output());
        TcpStream::connect(listen).ok()
    });
    cats
}

/// Plays a scene in this mode.
fn play(scene: &str, mode: &str) {
    let Some(script) = script("app/cats.mjs") else { return };
    let data = TempDir::new();
    // The example goes by the machine's clock, and so does the server.
    let server = dev(&data).env("GRANTD_TOKENS__ACCESS_TTL", "5m").start();
    let listen = SocketAddr::from(([127, 0, 0, 1], free_port()));
    let mut cats = Some(start(listen, &server.url()));
    script.talk(&[&server.url(), scene, mode, &listen.to_string()], |wish| match wish {
        "stop cats" => drop(cats.take()),
        "start cats" => cats = Some(start(listen, &server.url())),
        other => panic!("what is {other}?"),
    });
}

macro_rules! scenes_in {
    ($module:ident, $mode:literal; $($scene:ident)*) => {
        mod $module {
            $(#[test]
            fn $scene() {
                super::play(stringify!($scene), $mode);
            })*
        }
    };
}

scenes_in! { with_a_cookie, "cookie";
    cats_are_listed_and_added_and_a_name_that_is_refused_stays_typed
    a_signout_elsewhere_holds_at_once_and_while_the_api_is_away_nothing_typed_is_lost
}

scenes_in! { with_local_storage, "localStorage";
    cats_are_listed_and_added_and_a_name_that_is_refused_stays_typed
    a_signout_elsewhere_holds_at_once_and_while_the_api_is_away_nothing_typed_is_lost
}
