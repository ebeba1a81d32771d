//! What do these tests read and run? The files that are shipped, and programs that `tests/run` installs.

use std::fs;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use grantd_tests::process::Output;

/// A file of the repository.
pub fn shipped(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(name)
}

/// What it says.
pub fn read(name: &str) -> String {
    fs::read_to_string(shipped(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// A program, from those of the tests or from the PATH.
///
/// # Errors
/// That it is not there, for [`grantd_tests::skip`].
pub fn program(name: &str) -> Result<PathBuf, String> {
    let ours = [shipped("tests/.venv/bin"), shipped("tests/.go")];
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut places = ours.into_iter().chain(std::env::split_paths(&path)).map(|dir| dir.join(name));
    places.find(|path| path.is_file()).ok_or_else(|| format!("{name} is not installed: tests/run does it"))
}

/// Runs a program to its end.
pub fn finish(command: &mut Command) -> Output {
    let done = command.stdin(Stdio::null()).output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let code = done.status.code().or_else(|| done.status.signal().map(|signal| 128 + signal)).unwrap_or(-1);
    Output { code, stdout: text(done.stdout), stderr: text(done.stderr) }
}

/// Whether this process may give files away and enter namespaces.
///
/// # Errors
/// That it may not, for [`grantd_tests::skip`].
pub fn as_root() -> Result<(), String> {
    use std::os::unix::fs::MetadataExt;
    let own = fs::metadata("/proc/self").map_err(|error| format!("/proc/self: {error}"))?.uid();
    if own == 0 { Ok(()) } else { Err("only root can give files to other users and run containers".to_owned()) }
}
