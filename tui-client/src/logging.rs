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
    level()?.map(|level| start_file(level, folders)).transpose()
}

fn start_file(level: LevelFilter, folders: &Folders) -> Result<PathBuf, Failure> {
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
    Ok(path)
}

/// Our own lines alone: libraries that speak of requests quote their headers.
fn start(level: LevelFilter, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) {
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(writer);
    // A second start in one process changes nothing.
    let _ = tracing_subscriber::registry().with(lines).with(Targets::new().with_target("grant", level)).try_init();
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, RandomState};

    use super::*;

    #[test]
    fn the_applications_log_is_a_file_of_its_user_alone_and_a_long_one_is_put_aside() {
        let chance = RandomState::new().hash_one(0);
        let state = std::env::temp_dir().join(format!("grant-log-{chance:016x}"));
        let folders = Folders { config: state.clone(), state: state.clone(), cache: state.clone() };
        files::make_private_folder(&state).unwrap();
        fs::write(state.join("grant.log"), "x".repeat(2 << 20)).unwrap();
        let path = start_file(LevelFilter::DEBUG, &folders).unwrap();
        tracing::debug!("one of ours");
        tracing::trace!("too much");
        tracing::info!(target: "hyper", "not ours");
        let text = fs::read_to_string(&path).unwrap();
        #[cfg(unix)]
        assert_eq!(std::os::unix::fs::MetadataExt::mode(&fs::metadata(&path).unwrap()) & 0o777, 0o600);
        assert!(state.join("grant.log.old").exists());
        fs::remove_dir_all(&state).unwrap();
        assert!(text.contains("one of ours") && !text.contains("too much") && !text.contains("not ours"), "{text}");
    }
}
