//! What if an answer is lost on its way? The server has done what it was asked, and nobody has heard of it.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use grantd_tests::postgres::free_port;

use crate::machine::Machine;

/// The way to a server, which loses as many answers to renewals as it is told.
struct Way {
    url: String,
    to_lose: Arc<AtomicUsize>,
    lost: Arc<AtomicUsize>,
    /// What happens while the next renewal is under way.
    meanwhile: Meanwhile,
}

type Meanwhile = Arc<Mutex<Option<Box<dyn FnOnce() + Send>>>>;

impl Way {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let way = Self { url, to_lose: Arc::default(), lost: Arc::default(), meanwhile: Arc::default() };
        let (to_lose, lost, meanwhile) = (Arc::clone(&way.to_lose), Arc::clone(&way.lost), Arc::clone(&way.meanwhile));
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
                carry(&client.expect("a connection"), &server, &to_lose, &lost, &meanwhile);
            }
        });
        way
    }
}

/// Carries bytes both ways, until an answer is to be lost.
fn carry(
    client: &TcpStream,
    server: &TcpStream,
    to_lose: &Arc<AtomicUsize>,
    lost: &Arc<AtomicUsize>,
    meanwhile: &Meanwhile,
) {
    let renews = Arc::new(AtomicBool::new(false));
    let both = || (client.try_clone().expect("a stream"), server.try_clone().expect("a stream"));
    let (asked, meanwhile) = (Arc::clone(&renews), Arc::clone(meanwhile));
    let (mut from, mut to) = both();
    thread::spawn(move || {
        let mut bytes = [0; 16384];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            if String::from_utf8_lossy(&bytes[..length]).contains("grant_type=refresh_token") {
                asked.store(true, Ordering::SeqCst);
                if let Some(happens) = meanwhile.lock().expect("the test lives").take() {
                    happens();
                }
            }
            if to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
    let (mut to, mut from) = both();
    let (to_lose, lost) = (Arc::clone(to_lose), Arc::clone(lost));
    thread::spawn(move || {
        let mut bytes = [0; 16384];
        while let Ok(length @ 1..) = from.read(&mut bytes) {
            let one_less = |left: usize| left.checked_sub(1);
            if renews.load(Ordering::SeqCst)
                && to_lose.fetch_update(Ordering::SeqCst, Ordering::SeqCst, one_less).is_ok()
            {
                lost.fetch_add(1, Ordering::SeqCst);
                break;
            }
            if to.write_all(&bytes[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_to_a_renewal_costs_nothing() {
    let port = free_port();
    let way = Way::to(port);
    let machine = Machine::at(port, &way.url).signed_in();
    let first = machine.token();
    // Asked once more with the same refresh token, at once.
    machine.end_in(-5);
    way.to_lose.store(1, Ordering::SeqCst);
    let second = machine.token();
    assert_ne!(second, first);
    assert_eq!(way.lost.load(Ordering::SeqCst), 1);
    // Lost twice: 3, and nothing is given up.
    machine.end_in(-5);
    let entry = machine.entry();
    way.to_lose.store(2, Ordering::SeqCst);
    machine.run(&["token"]).expect(3);
    assert_eq!(way.lost.load(Ordering::SeqCst), 3);
    assert_eq!(machine.entry(), entry);
    let third = machine.token();
    assert!(machine.server.client().is_active(&third).await);
    assert_eq!(machine.entry()["sid"], entry["sid"]);
}

#[test]
fn a_refusal_after_another_program_renewed_the_session_is_answered_with_its_tokens() {
    let port = free_port();
    let way = Way::to(port);
    let machine = Machine::at(port, &way.url).signed_in();
    let (file, good) = (machine.entry_file(), machine.entry());
    // What the other program has replaced: the server knows it no more.
    let mut old = good.clone();
    (old["rt"], old["at"], old["exp"]) = ("grt_replaced".into(), "replaced".into(), 0.into());
    fs::write(&file, old.to_string()).expect("the entry can be written");
    let written = good.to_string();
    *way.meanwhile.lock().expect("nobody else") =
        Some(Box::new(move || fs::write(file, written).expect("the entry can be written")));
    assert_eq!(machine.token(), good["at"].as_str().expect("a token"));
    assert_eq!(machine.entry(), good);
    // The same when what the other left is due already.
    let (file, mut due) = (machine.entry_file(), good.clone());
    due["exp"] = 0.into();
    fs::write(&file, old.to_string()).expect("the entry can be written");
    *way.meanwhile.lock().expect("nobody else") =
        Some(Box::new(move || fs::write(file, due.to_string()).expect("the entry can be written")));
    assert_ne!(machine.token(), good["at"].as_str().expect("a token"));
    assert_eq!(machine.entry()["sid"], good["sid"]);
    machine.run(&["status"]).expect(0);
}
