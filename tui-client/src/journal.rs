//! Which process of this machine renewed an account's tokens, and when? A few lines a renewal, without secrets.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use tracing::info;

use crate::clock;
use crate::files;
use crate::settings::Folders;

/// A longer file is cut to its newer half.
const MAX_BYTES: u64 = 64 << 10;

static COMMAND: OnceLock<String> = OnceLock::new();

/// Says which command this process is, once.
pub fn called(command: &str) {
    let _ = COMMAND.set(command.to_owned());
}

/// What came of a renewal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// There are new tokens.
    Renewed,
    /// The server could not be asked, or did not answer as it should.
    Failed,
    /// The session has ended.
    Ended,
}

/// One renewal, or the try at one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Renewal {
    /// When, in Unix seconds of this machine.
    pub at: i64,
    /// By which process.
    pub pid: u32,
    /// By which command of ours: `grant token`.
    pub command: String,
    /// What came of it.
    pub outcome: Outcome,
}

/// Where an account's renewals are noted.
#[must_use]
pub fn path(folders: &Folders, key: &str) -> PathBuf {
    folders.state.join("renewals").join(files::name_of(key)).with_extension("jsonl")
}

/// Notes what came of a renewal; its caller holds the account's lock. That it cannot be noted keeps nobody from a token.
pub fn note(folders: &Folders, key: &str, outcome: Outcome) {
    let command = COMMAND.get().map_or_else(|| "grant".to_owned(), |command| format!("grant {command}"));
    info!(?outcome, "renewal");
    let renewal = Renewal { at: clock::now(), pid: std::process::id(), command, outcome };
    let _ = append(&path(folders, key), &renewal);
}

fn append(path: &Path, renewal: &Renewal) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        files::make_private_folder(folder)?;
    }
    if fs::metadata(path).is_ok_and(|file| file.len() > MAX_BYTES) {
        let text = text_of(path)?;
        let lines: Vec<_> = text.lines().collect();
        let newer = lines.get(lines.len() / 2..).unwrap_or_default().join("\n") + "\n";
        files::replace(path, newer.as_bytes())?;
    }
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let line = serde_json::to_string(renewal)? + "\n";
    options.open(path)?.write_all(line.as_bytes())
}

/// One damaged byte costs its own line, no more.
fn text_of(path: &Path) -> std::io::Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

/// The renewals that are remembered, the newest first. A line that was cut short by a power cut is none.
#[must_use]
pub fn read(folders: &Folders, key: &str) -> Vec<Renewal> {
    let text = text_of(&path(folders, key)).unwrap_or_default();
    text.lines().rev().filter_map(|line| serde_json::from_str(line).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_byte_hides_its_line_alone_and_keeps_nothing_from_being_noted() {
        let file = std::env::temp_dir().join(format!("grant-journal-{}.jsonl", std::process::id()));
        let renewal = Renewal { at: 1, pid: 2, command: "grant token".to_owned(), outcome: Outcome::Renewed };
        fs::write(&file, b"\xff\n").unwrap();
        // Past the length from which it is cut.
        while fs::metadata(&file).unwrap().len() <= MAX_BYTES {
            append(&file, &renewal).unwrap();
        }
        append(&file, &renewal).unwrap();
        let (text, length) = (text_of(&file).unwrap(), fs::metadata(&file).unwrap().len());
        fs::remove_file(&file).unwrap();
        assert!(length < MAX_BYTES && text.lines().all(|line| serde_json::from_str::<Renewal>(line).is_ok()), "{text}");
    }
}
