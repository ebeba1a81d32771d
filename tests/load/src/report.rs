//! How are the figures told? As a plain aligned table, or as JSON.

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::requests::Row;
use crate::workers::Figures;

/// All that was measured.
pub struct Report {
    binary_bytes: u64,
    pub runs: Vec<Run>,
    pub sweeps: Vec<Sweep>,
    remarks: Vec<String>,
}

/// What was measured on one database.
pub struct Run {
    pub database: &'static str,
    pub start: Start,
    pub idle_kib: u64,
    pub loaded_kib: u64,
    pub rows: Vec<(Row, Figures)>,
}

/// What requests notice of the sweep on one database.
pub struct Sweep {
    pub database: &'static str,
    /// Whether it was still under way at the end.
    pub in_time: bool,
    pub rows: Vec<Beside>,
}

/// The 99th percentile of a row without a sweep and with one.
pub struct Beside {
    pub row: Row,
    pub without: Duration,
    pub with: Duration,
}

impl Beside {
    fn ratio(&self) -> f64 {
        self.with.as_secs_f64() / self.without.as_secs_f64()
    }
}

/// From spawn to the first 200, on existing data.
pub struct Start {
    pub best: Duration,
    pub median: Duration,
}

impl Report {
    pub const fn new(binary_bytes: u64) -> Self {
        Self { binary_bytes, runs: Vec::new(), sweeps: Vec::new(), remarks: Vec::new() }
    }

    /// Something to know before the figures are believed.
    pub fn remark(&mut self, remark: &str) {
        self.remarks.push(remark.to_owned());
    }

    pub fn table(&self) -> String {
        let mut text = String::new();
        for run in &self.runs {
            let _ = writeln!(
                text,
                "{:<20} {:>12} {:>9} {:>9} {:>13} {:>9}",
                run.database, "requests/s", "p50 ms", "p99 ms", "CPU s / 1000", "peers"
            );
            for (row, figures) in &run.rows {
                let peer = row.peer().map_or("-".to_owned(), |peer| format!("{peer:.2}"));
                let _ = writeln!(
                    text,
                    "{:<20} {:>12.0} {:>9.2} {:>9.2} {:>13.4} {:>9}",
                    row.name(),
                    figures.per_second,
                    milliseconds(figures.p50),
                    milliseconds(figures.p99),
                    figures.cpu,
                    peer
                );
            }
            let _ = writeln!(
                text,
                "start to first 200: {:.1} ms (median; best {:.1})   memory: {:.1} MiB idle, {:.1} MiB after the load\n",
                milliseconds(run.start.median),
                milliseconds(run.start.best),
                mebibytes(run.idle_kib * 1024),
                mebibytes(run.loaded_kib * 1024)
            );
        }
        for sweep in &self.sweeps {
            let _ = writeln!(text, "{:<20} {:>9} {:>12} {:>9}", sweep.database, "p99 ms", "with sweep", "ratio");
            for beside in &sweep.rows {
                let (name, ratio) = (beside.row.name(), beside.ratio());
                let (without, with) = (milliseconds(beside.without), milliseconds(beside.with));
                let _ = writeln!(text, "{name:<20} {without:>9.2} {with:>12.2} {ratio:>9.2}");
            }
            let over =
                if sweep.in_time { "" } else { "!!! the sweep was over before the last row had been measured\n" };
            let _ = writeln!(text, "{over}");
        }
        let _ = writeln!(text, "binary: {:.1} MiB", mebibytes(self.binary_bytes));
        for remark in &self.remarks {
            let _ = writeln!(text, "!!! {remark}");
        }
        text
    }

    pub fn json(&self) -> Value {
        let row = |(row, figures): &(Row, Figures)| {
            json!({
                "name": row.name(), "requests": figures.requests, "requests_per_second": figures.per_second,
                "p50_ms": milliseconds(figures.p50), "p99_ms": milliseconds(figures.p99),
                "cpu_seconds_per_1000": figures.cpu, "peer_cpu_seconds_per_1000": row.peer(),
            })
        };
        let run = |run: &Run| {
            json!({
                "database": run.database, "start_ms": milliseconds(run.start.median), "start_best_ms": milliseconds(run.start.best),
                "idle_rss_bytes": run.idle_kib * 1024, "loaded_rss_bytes": run.loaded_kib * 1024,
                "rows": run.rows.iter().map(row).collect::<Vec<_>>(),
            })
        };
        let beside = |beside: &Beside| {
            json!({
                "name": beside.row.name(), "p99_ms": milliseconds(beside.without),
                "p99_with_sweep_ms": milliseconds(beside.with), "ratio": beside.ratio(),
            })
        };
        let sweep = |sweep: &Sweep| {
            let rows = sweep.rows.iter().map(beside).collect::<Vec<_>>();
            json!({"database": sweep.database, "in_time": sweep.in_time, "rows": rows})
        };
        json!({
            "binary_bytes": self.binary_bytes, "remarks": self.remarks, "runs": self.runs.iter().map(run).collect::<Vec<_>>(),
            "sweeps": self.sweeps.iter().map(sweep).collect::<Vec<_>>(),
        })
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "sizes of programs and processes are far below 2^52")]
fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1024.0 / 1024.0
}
