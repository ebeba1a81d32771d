//! How are files written that are this user's alone, and how does one process wait for another?

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};
use tracing::debug;

use crate::failure::{Code, Failure};

/// How the name of a file ends that is to replace another.
const UNFINISHED: &str = ".new";

/// Makes a folder that only its owner can enter.
///
/// # Errors
/// What the system says.
pub fn make_private_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Replaces a file as a whole, readable by its owner alone: a reader sees the old or the new, also after a power cut.
///
/// # Errors
/// What the system says; the old file is then as it was.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().ok_or(ErrorKind::InvalidInput)?;
    make_private_folder(folder)?;
    let chance = RandomState::new().hash_one(std::process::id());
    let new = path.with_extension(format!("{chance:016x}{UNFINISHED}"));
    let written = write_new(&new, content).and_then(|()| fs::rename(&new, path));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written?;
    // The name is only as lasting as its folder.
    #[cfg(unix)]
    match File::open(folder)?.sync_all() {
        Err(error) if !keeps_no_folders(&error) => return Err(error),
        _ => {}
    }
    Ok(())
}

/// Whether a file system says that it has no way to make a folder lasting, as some of networks and of user space do: the file was
/// replaced all the same.
#[cfg(unix)]
fn keeps_no_folders(error: &io::Error) -> bool {
    use rustix::io::Errno;
    Errno::from_io_error(error).is_some_and(|errno| [Errno::INVAL, Errno::NOTSUP, Errno::BADF].contains(&errno))
}

/// Removes what a process left that was killed while it replaced this file; whoever calls is the only one who replaces it.
///
/// # Errors
/// What the system says of a file that it does not remove.
pub fn remove_unfinished(path: &Path) -> io::Result<()> {
    let (Some(folder), Some(stem)) = (path.parent(), path.file_stem().and_then(OsStr::to_str)) else { return Ok(()) };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name();
        let chance =
            name.to_str().and_then(|name| name.strip_prefix(stem)?.strip_prefix('.')?.strip_suffix(UNFINISHED));
        if chance.is_some_and(|chance| chance.len() == 16) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn write_new(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(content)?;
    file.sync_all()
}

/// Waits for a lock and holds it until the file is dropped; the kernel gives it back when a process dies.
///
/// # Errors
/// A folder that cannot be written, or somebody who holds it for too long.
pub async fn lock(path: &Path, wait: Duration) -> Result<File, Failure> {
    let failed = |error: &dyn std::fmt::Display| {
        Failure::new(Code::Other, format!("the lock {} cannot be had: {error}", path.display()))
            .hint("make that folder writable, or set XDG_STATE_HOME to one that is")
    };
    let folder = path.parent().unwrap_or(Path::new("."));
    make_private_folder(folder).map_err(|error| failed(&error))?;
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let file = options.open(path).map_err(|error| failed(&error))?;
    let started = Instant::now();
    let locked = tokio::task::spawn_blocking(move || file.lock().map(|()| file));
    let locked = tokio::time::timeout(wait, locked).await;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    debug!(lock = %name, ms = started.elapsed().as_millis(), got = locked.is_ok(), "lock");
    match locked {
        Ok(Ok(Ok(file))) => Ok(file),
        Ok(Ok(Err(error))) => Err(failed(&error)),
        Ok(Err(error)) => Err(failed(&error)),
        Err(_) => Err(Failure::new(Code::Away, format!("another process has held {} for {wait:?}", path.display()))
            .hint("try again")),
    }
}

/// A file name for what may hold any character.
#[must_use]
pub fn name_of(text: &str) -> String {
    let mut name = String::new();
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(name, "{byte:02x}");
    }
    name
}

#[cfg(all(test, unix))]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn a_folder_that_cannot_be_made_lasting_is_none_that_cannot_be_written() {
        let skipped = |errno: Errno| keeps_no_folders(&errno.into());
        assert!([Errno::INVAL, Errno::NOTSUP, Errno::BADF].into_iter().all(skipped));
        assert!(![Errno::IO, Errno::NOSPC, Errno::ROFS].into_iter().any(skipped));
    }
}
