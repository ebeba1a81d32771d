//! What does this program say of its work? What `GRANT_LOG` asks for: requests, stores, locks and renewals, never a secret.

use std::fs::{self, OpenOptions};
use std::path::PathBuf;
use std::sync::Mutex;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::failure::{Code, Failure};
use crate::files;
use crate::settings::{Folders, variable};

/// A longer log is put aside when the next one begins.
const MAX_BYTES: u64 = 1 << 20;

fn level() -> Result<Option<LevelFilter>, Failure> {
    let Some(name) = variable("GRANT_LOG") else { return Ok(None) };
    Ok(Some(match name.to_ascii_lowercase().as_str() {
        "error" => LevelFilter::ERROR,
        "warn" => LevelFilter::WARN,
        "info" => LevelFilter::INFO,
        "debug" => LevelFilter::DEBUG,
        "trace" => LevelFilter::TRACE,
        _ => return Err(Failure::usage("GRANT_LOG is none of error, warn, info, debug and trace")),
    }))
}

/// Logs to standard error, when `GRANT_LOG` asks for it: for a command.
///
/// # Errors
/// A level that is none.
pub fn to_stderr() -> Result<(), Failure> {
    if let Some(level) = level()? {
        start(level, std::io::stderr);
    }
    Ok(())
}

/// Logs to a file in the state folder, when `GRANT_LOG` asks for it, and says to which: for the application, which has the screen for
/// itself.
///
/// # Errors
/// A level that is none, or a file that cannot be written.
pub fn to_file(folders: &Folders) -> Result<Option<PathBuf>, Failure> {
    let Some(level) = level()? else { return Ok(None) };
    let path = folders.state.join("grant.log");
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let opened = files::make_private_folder(&folders.state).and_then(|()| {
        if fs::metadata(&path).is_ok_and(|file| file.len() > MAX_BYTES) {
            fs::rename(&path, path.with_extension("log.old"))?;
        }
        options.open(&path)
    });
    let file = opened.map_err(|error| {
        Failure::new(Code::Other, format!("the log {} cannot be written: {error}", path.display()))
            .hint("make its folder writable, or unset GRANT_LOG")
    })?;
    start(level, Mutex::new(file));
    Ok(Some(path))
}

/// Our own lines alone: libraries that speak of requests quote their headers.
fn start(level: LevelFilter, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    // A second start in one process changes nothing.
    let _ = tracing_subscriber::registry().with(lines).with(Targets::new().with_target("grant", level)).try_init();
}
