//! What does Grantd cost? Requests a second, latency and the server's CPU for each thing it does, on each database.
//!
//! It measures the release binary in a process of its own, over connections that are kept alive, and judges nothing:
//! figures of two machines do not compare.

mod report;
mod requests;
mod sweep;
mod timing;
mod workers;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use clap::Parser;
use grantd_tests::postgres::{Cluster, Database};
use grantd_tests::process::{self, Grantd};
use grantd_tests::rows::Rows;
use grantd_tests::temp::TempDir;

use report::{Report, Run, Start};
use requests::Row;
use workers::Figures;

/// Connections, each with one request under way.
const CONNECTIONS: usize = 16;
/// Starts that are measured; the median is told.
const STARTS: usize = 9;

/// Measures a release build of grantd on each database.
#[derive(Debug, Parser)]
#[command(after_help = "Example: cargo run --release --bin grantd-load -- --quick")]
#[expect(clippy::struct_excessive_bools, reason = "one a flag")]
struct Args {
    /// Two seconds a row instead of ten.
    #[arg(long)]
    quick: bool,
    /// Seconds a row, instead of two or ten.
    #[arg(long)]
    seconds: Option<u64>,
    /// Only rows whose name contains this.
    #[arg(long)]
    only: Option<String>,
    /// Only this database.
    #[arg(long, value_parser = ["sqlite", "postgres"])]
    database: Option<String>,
    /// Instead: what requests notice of the sweep.
    #[arg(long)]
    sweep: bool,
    /// Instead: whether known names can be told from unknown ones by the time that a refusal takes.
    #[arg(long)]
    timing: bool,
    /// One JSON value instead of a table.
    #[arg(long)]
    json: bool,
}

impl Args {
    /// Whether this row is asked for.
    fn wants(&self, row: Row) -> bool {
        self.only.as_ref().is_none_or(|only| row.name().contains(only))
    }

    /// How long a row is measured.
    fn length(&self) -> Duration {
        Duration::from_secs(self.seconds.unwrap_or(if self.quick { 2 } else { 10 }))
    }
}

/// Where a server keeps its things.
struct Place<'a> {
    data: TempDir,
    database: Option<&'a Database>,
}

impl<'a> Place<'a> {
    /// A new one, on SQLite or in this PostgreSQL database.
    fn new(database: Option<&'a Database>) -> anyhow::Result<Self> {
        let data = TempDir::new();
        if database.is_some() {
            // A key for several nodes is given, never generated.
            let made = process::grantd(&["init", &data.path().display().to_string()]).run();
            ensure!(made.code == 0, "grantd init failed:{made}");
        }
        Ok(Self { data, database })
    }

    /// `grantd dev` on it.
    fn launch(&self, port: u16) -> process::Call {
        let data = self.data.path().display().to_string();
        let call = process::grantd(&["dev", "--port", &port.to_string(), "--data", &data]);
        let Some(database) = self.database else { return call };
        call.env("GRANTD_DATABASE__URL", database.url())
            .env("GRANTD_SECRET_KEY_FILE", self.data.join("secret.key").display().to_string())
    }

    /// Its rows.
    fn rows(&self) -> Rows {
        match self.database {
            Some(database) => Rows::Postgres(database.url().to_owned()),
            None => Rows::Sqlite(self.data.join("grantd.db")),
        }
    }
}

/// One thread: what the client takes is taken from the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    if args.timing {
        return timing::run().await;
    }
    let mut report = Report::new(std::fs::metadata(process::binary())?.len());
    if cfg!(debug_assertions) {
        report.remark("this is no release build: the figures say nothing");
    }
    let wanted = |database: &str| args.database.as_deref().is_none_or(|only| only == database);
    if wanted("sqlite") {
        measure("SQLite", None, &args, &mut report).await?;
    }
    if wanted("postgres") {
        match Cluster::new() {
            Ok(cluster) => {
                let database = Arc::new(cluster).fresh_database().await;
                measure("PostgreSQL", Some(&database), &args, &mut report).await?;
            }
            Err(reason) => report.remark(&format!("NO POSTGRESQL, so nothing is said about it: {reason}")),
        }
    }
    let text = if args.json { format!("{:#}\n", report.json()) } else { report.table() };
    io::stdout().write_all(text.as_bytes())?;
    Ok(())
}

/// What is asked for, on one database.
async fn measure(
    name: &'static str,
    database: Option<&Database>,
    args: &Args,
    report: &mut Report,
) -> anyhow::Result<()> {
    if args.sweep {
        report.sweeps.push(sweep::measure(name, database, args).await?);
    } else {
        report.runs.push(measure_all(name, database, args).await?);
    }
    Ok(())
}

/// All rows on one database.
async fn measure_all(name: &'static str, database: Option<&Database>, args: &Args) -> anyhow::Result<Run> {
    let place = Place::new(database)?;
    // The first start makes keys, users and clients; those that are measured find them.
    let port = stop(place.launch(0).start())?;
    let start = measure_start(&|| place.launch(port), port).await?;
    let server = place.launch(port).start();
    let idle_kib = server.resident_kib();

    let mut rows = Vec::new();
    for row in Row::ALL.into_iter().filter(|row| args.wants(*row)) {
        rows.push((row, measure_row(row, &server, args).await.with_context(|| row.name())?));
    }
    let loaded_kib = server.resident_kib();
    stop(server)?;
    Ok(Run { database: name, start, idle_kib, loaded_kib, rows })
}

/// One row.
async fn measure_row(row: Row, server: &Grantd, args: &Args) -> anyhow::Result<Figures> {
    let mut workers = Vec::new();
    for _ in 0..CONNECTIONS {
        workers.push(requests::worker(row, server).await?);
    }
    workers::measure(workers, server, args.length()).await
}

/// Starts the server on existing data a few times: milliseconds from spawn to the first 200 of `/readyz`.
async fn measure_start(launch: &impl Fn() -> process::Call, port: u16) -> anyhow::Result<Start> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let call = launch();
        let from = Instant::now();
        let server = call.spawn_at(port);
        while !server.is_ready() {
            ensure!(!server.has_ended(), "the server did not start: {}", server.output());
            tokio::time::sleep(Duration::from_micros(200)).await;
        }
        times.push(from.elapsed());
        stop(server)?;
    }
    times.sort();
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    Ok(Start { best: at(0), median: at(STARTS / 2) })
}

/// Stops a server and says which port it had.
fn stop(server: Grantd) -> anyhow::Result<u16> {
    let port = server.address().port();
    let left = server.stop();
    ensure!(
        left.code == 0,
        "the server ended with exit code {}: {}",
        left.code,
        left.stderr.chars().take(2000).collect::<String>()
    );
    Ok(port)
}
