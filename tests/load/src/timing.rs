//! Can known names be told from unknown ones by how long a refusal takes? Pairs of sign-ins over one connection, and a rank test of each.
//!
//! Each guess comes from an address of its own, as behind a proxy, so that no throttle shortens it unless it is to.

use std::cmp::Ordering;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context, ensure};
use grantd_tests::client::Client;
use grantd_tests::postgres::{Cluster, Database};
use grantd_tests::process::{self, Grantd};
use grantd_tests::temp::TempDir;
use grantd_tests::wire::{Connection, form};

/// Pairs of each comparison: as many failures of one account as a minute lets through.
const PAIRS: u32 = 200;

/// Two kinds of sign-ins that fail, which should take equally long.
struct Comparison {
    name: &'static str,
    /// The name and the password of each.
    kinds: [(Name, &'static str); 2],
    /// Whether both come from one address, which has failed too often.
    throttled: bool,
}

/// What a comparison of passwords costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hashes {
    /// As the server is set: what a guesser meets.
    OfToday,
    /// Next to nothing: what is beside the hash, which hides it.
    Cheap,
}

/// Who is said to sign in.
#[derive(Clone, Copy)]
enum Name {
    Known(&'static str),
    /// A name that nobody has, another in each pair.
    Unknown,
    /// The same of an e-mail address.
    UnknownEmail,
    /// A name that nobody has, the same in each pair.
    OneUnknown,
}

const WRONG: &str = "a+guess+of+somebody";

const COMPARISONS: [Comparison; 6] = [
    Comparison {
        name: "known and unknown name",
        kinds: [(Name::Known("timed-1"), WRONG), (Name::Unknown, WRONG)],
        throttled: false,
    },
    Comparison {
        name: "unknown and unknown name (nothing to find)",
        kinds: [(Name::Unknown, WRONG), (Name::Unknown, WRONG)],
        throttled: false,
    },
    Comparison {
        name: "known and unknown e-mail",
        kinds: [(Name::Known("timed-2@example.org"), WRONG), (Name::UnknownEmail, WRONG)],
        throttled: false,
    },
    Comparison {
        name: "locked user and unknown name",
        kinds: [(Name::Known("timed-3"), WRONG), (Name::Unknown, WRONG)],
        throttled: false,
    },
    Comparison {
        name: "locked user with the right password and unknown name",
        kinds: [(Name::Known("timed-4"), "the+password+of+all"), (Name::Unknown, WRONG)],
        throttled: false,
    },
    Comparison {
        name: "known and unknown name, throttled",
        kinds: [(Name::Known("timed-5"), WRONG), (Name::OneUnknown, WRONG)],
        throttled: true,
    },
];
/// Users that are locked before anything is measured.
const LOCKED: [&str; 2] = ["timed-3", "timed-4"];

/// What a rank test says.
struct Ranks {
    u: f64,
    z: f64,
}

/// Measures on each database, and tells a line a comparison.
///
/// # Errors
/// The server does not do what it should.
pub async fn run() -> anyhow::Result<()> {
    for hashes in [Hashes::OfToday, Hashes::Cheap] {
        measure("SQLite", None, hashes).await?;
    }
    let cluster = match Cluster::new() {
        Ok(cluster) => Arc::new(cluster),
        Err(reason) => return tell(&format!("NO POSTGRESQL, so nothing is said about it: {reason}\n")),
    };
    for hashes in [Hashes::OfToday, Hashes::Cheap] {
        measure("PostgreSQL", Some(&cluster.fresh_database().await), hashes).await?;
    }
    Ok(())
}

fn tell(text: &str) -> anyhow::Result<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}

async fn measure(name: &str, database: Option<&Database>, hashes: Hashes) -> anyhow::Result<()> {
    let data = TempDir::new();
    let mut call = process::dev(data.path()).env("GRANTD_SERVER__TRUSTED_PROXIES", "127.0.0.1");
    if hashes == Hashes::Cheap {
        call = call.env("GRANTD_PASSWORD__MEMORY_KIB", "8").env("GRANTD_PASSWORD__ITERATIONS", "1");
    }
    if let Some(database) = database {
        let key = TempDir::new();
        process::grantd(&["init", &key.path().display().to_string()]).run().expect(0);
        std::fs::rename(key.join("secret.key"), data.join("secret.key"))?;
        call = call.env("GRANTD_DATABASE__URL", database.url());
    }
    let server = call.start();
    prepare(&server).await?;
    let cost = if hashes == Hashes::Cheap { ", where hashes cost next to nothing" } else { "" };
    tell(&format!("{name}{cost}: {PAIRS} pairs each; |z| under 2 is what chance does\n"))?;
    let mut connection = Connection::open(server.address()).await?;
    let mut address: u32 = 0;
    for Comparison { name, kinds: [one, other], throttled } in &COMPARISONS {
        if *throttled {
            for kind in [one, other] {
                for _ in 0..8 {
                    sign_in(&mut connection, *kind, 0, 0).await?;
                }
            }
        }
        let (mut ones, mut others) = (Vec::new(), Vec::new());
        for pair in 0..PAIRS {
            let mut sides = [(one, &mut ones), (other, &mut others)];
            // Who is first would otherwise be warmer, or colder.
            if pair % 2 == 1 {
                sides.reverse();
            }
            for (kind, times) in sides {
                address += 1;
                let from = if *throttled { 0 } else { address };
                times.push(sign_in(&mut connection, *kind, address, from).await?);
            }
        }
        let Ranks { u, z } = rank(&ones, &others);
        let (one, other) = (median(ones), median(others));
        tell(&format!("  {name:<54} U {u:>7.1}  z {z:>6.2}  medians {one:>6} and {other:>6} µs\n"))?;
    }
    server.stop().expect(0);
    Ok(())
}

/// Makes the users, and locks those that are to be.
async fn prepare(server: &Grantd) -> anyhow::Result<()> {
    let client: Client = server.client();
    let admin = client.sign_in_for("ada", "ada-dev-password", "openid admin").await.access;
    for number in 1..=5 {
        let name = format!("timed-{number}");
        let made = client.sign_up(&name, &format!("{name}@example.org"), "the password of all").await.expect(201);
        if LOCKED.contains(&name.as_str()) {
            let (id, body) = (made.text("id"), r#"{"locked":true}"#);
            let request = format!(
                "PATCH /api/v1/admin/users/{id} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {admin}\r\n\
                 Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            );
            let reply = client.raw(request).await;
            ensure!(reply.status == 200, "{}\n{}", reply.head, reply.text());
        }
    }
    Ok(())
}

/// Nanoseconds that one refusal took.
async fn sign_in(
    connection: &mut Connection,
    (name, password): (Name, &str),
    number: u32,
    from: u32,
) -> anyhow::Result<u64> {
    let name = match name {
        Name::Known(name) => name.to_owned(),
        Name::Unknown => format!("nobody{number}"),
        Name::UnknownEmail => format!("nobody{number}@example.org"),
        Name::OneUnknown => "nobody".to_owned(),
    };
    let [_, b, c, d] = from.to_be_bytes();
    let body = format!("grant_type=password&client_id=web&username={name}&password={password}");
    let request = form("/oauth2/token", &format!("X-Forwarded-For: 10.{b}.{c}.{d}\r\n"), &body);
    let begun = Instant::now();
    let reply = connection.exchange(&request).await.context("no answer")?;
    let took = begun.elapsed();
    ensure!(reply.status == 400 && reply.text().contains("\"sign_in_failed\""), "{}\n{}", reply.head, reply.text());
    Ok(u64::try_from(took.as_nanos())?)
}

/// The test of Mann and Whitney: how often the first took longer, and how far that is from chance in standard deviations.
fn rank(ones: &[u64], others: &[u64]) -> Ranks {
    let beats = |one: &u64| -> f64 {
        let against = |other: &u64| match one.cmp(other) {
            Ordering::Greater => 1.0,
            Ordering::Equal => 0.5,
            Ordering::Less => 0.0,
        };
        others.iter().map(against).sum()
    };
    let (u, pairs): (f64, _) = (ones.iter().map(beats).sum(), f64::from(PAIRS));
    let deviation = (pairs * pairs * (2.0 * pairs + 1.0) / 12.0).sqrt();
    Ranks { u, z: (u - pairs * pairs / 2.0) / deviation }
}

fn median(mut times: Vec<u64>) -> u64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default() / 1000
}
