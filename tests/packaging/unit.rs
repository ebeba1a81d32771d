//! Does the unit of systemd hold, and does the server work in what it allows?

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use grantd_tests::client::Client;
use grantd_tests::eventually;
use grantd_tests::postgres::free_port;
use grantd_tests::skip;
use grantd_tests::temp::TempDir;
use serde_json::{Value, json};

use crate::container::Container;
use crate::image::Image;
use crate::tools::{self, finish, program};

const UNIT: &str = "packaging/grantd.service";

#[test]
fn the_unit_has_no_fault_that_systemd_knows() {
    let analyze = match program("systemd-analyze") {
        Ok(analyze) => analyze,
        Err(reason) => return skip(&reason),
    };
    let dir = TempDir::new();
    // The program is not where it will be.
    let unit = tools::read(UNIT).replace("=/usr/local/bin/grantd ", "=/bin/true ");
    assert!(unit.contains("/bin/true"), "it starts something else");
    let unit = dir.write("grantd.service", unit);
    let verified = finish(Command::new(analyze).args(["verify", "--man=no"]).arg(unit)).expect(0);
    // An unknown key is no failure to it, only something to say.
    assert!(!verified.stderr.contains("grantd.service"), "{verified}");
}

#[test]
fn the_unit_is_rated_below_2() {
    let analyze = match program("systemd-analyze") {
        Ok(analyze) => analyze,
        Err(reason) => return skip(&reason),
    };
    let mut rate = Command::new(analyze);
    rate.args(["security", "--offline=true", "--no-pager", "--threshold=20"]).arg(tools::shipped(UNIT));
    finish(&mut rate).expect(0);
}

/// Its filter is put in force by the kernel as systemd would do it, and memory that is writable and executable refused.
#[tokio::test(flavor = "multi_thread")]
async fn the_server_works_with_the_system_calls_that_the_unit_allows() {
    let image = Image::shipped();
    let (mut container, analyze) = match program("systemd-analyze").and_then(|it| Ok((Container::new(&image)?, it))) {
        Ok(both) => both,
        Err(reason) => return skip(&reason),
    };
    let sets = finish(Command::new(analyze).args(["syscall-filter", "--no-pager"])).expect(0).stdout;
    container.restrict(profile(&allowed(&tools::read(UNIT), &sets)));
    container.volume(&image.volume);
    container.share_network();
    let port = free_port();
    container.env("GRANTD_SERVER__LISTEN", &format!("127.0.0.1:{port}"));
    container.env("GRANTD_SIGNUP", "open");
    let running = container.start();
    let client = Client::new(&format!("http://localhost:{port}"));
    let sign_up = || async {
        let body = json!({"username": "eve", "email": "eve@example.org", "password": "one of a kind, I hope"});
        let request = client.request(reqwest::Method::POST, "/api/v1/users").json(&body);
        client.try_answer(request).await.ok()
    };
    eventually("somebody signs up", sign_up).await.expect(201);
    let tokens = client.sign_in("eve", "one of a kind, I hope").await;
    client.refresh(&tokens.refresh).await.expect(200);
    running.exec(&["grantd", "session", "revoke", "--all"]).expect(0);
    let filtered = fs::read_to_string(format!("/proc/{}/status", running.pid())).expect("a living process");
    assert!(filtered.contains("Seccomp:\t2"), "nothing was filtered");
    running.stop().expect(0);
}

/// The system calls that a unit's `SystemCallFilter` allows: sets are named by `@`, taken away after a `~`.
fn allowed(unit: &str, sets: &str) -> BTreeSet<String> {
    let mut known: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut set = "";
    for line in sets.lines() {
        match line.strip_prefix(' ').map(str::trim) {
            None => set = line.trim(),
            Some(name) if !name.starts_with('#') => known.entry(set).or_default().push(name),
            Some(_) => {}
        }
    }
    let mut allowed = BTreeSet::new();
    for filter in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        let names = filter.trim_start_matches('~').split_whitespace();
        let names: BTreeSet<_> = names.flat_map(|name| expanded(name, &known)).collect();
        if filter.starts_with('~') { allowed.retain(|name| !names.contains(name)) } else { allowed.extend(names) }
    }
    assert!(allowed.contains("read") && !allowed.contains("reboot"), "not what the unit says: {allowed:?}");
    allowed
}

fn expanded(name: &str, known: &BTreeMap<&str, Vec<&str>>) -> Vec<String> {
    match known.get(name) {
        Some(names) => names.iter().flat_map(|name| expanded(name, known)).collect(),
        None if name.starts_with('@') => panic!("systemd knows no {name}"),
        None => vec![name.to_owned()],
    }
}

/// The same for runc, with `MemoryDenyWriteExecute`: no memory is both writable and executable, and none becomes executable.
fn profile(allowed: &BTreeSet<String>) -> Value {
    const WRITE: u32 = 2;
    const EXECUTE: u32 = 4;
    let bounded = |name: &str, mask: u32, value: u32| {
        let protection = json!({"index": 2, "value": mask, "valueTwo": value, "op": "SCMP_CMP_MASKED_EQ"});
        json!({"names": [name], "action": "SCMP_ACT_ALLOW", "args": [protection]})
    };
    let free: Vec<_> =
        allowed.iter().filter(|name| !["mmap", "mprotect", "pkey_mprotect"].contains(&name.as_str())).collect();
    let mut calls = vec![json!({"names": free, "action": "SCMP_ACT_ALLOW"})];
    calls.extend([0, WRITE, EXECUTE].map(|protection| bounded("mmap", WRITE | EXECUTE, protection)));
    calls.push(bounded("mprotect", EXECUTE, 0));
    json!({"defaultAction": "SCMP_ACT_ERRNO", "syscalls": calls})
}
