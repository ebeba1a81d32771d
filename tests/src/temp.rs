//! Where may a test leave files? In a directory of its own, gone when it ends.

use std::collections::hash_map::RandomState;
use std::fs::{self, DirBuilder};
use std::hash::BuildHasher;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// An empty directory that only its owner can read, removed with all that is in it at drop.
#[derive(Debug)]
pub struct TempDir(PathBuf);

impl TempDir {
    /// A new one below the system's directory for such things.
    pub fn new() -> Self {
        Self::below(&std::env::temp_dir())
    }

    /// A new one in memory where the system has a place for it: for a test that would else measure how fast a disk syncs.
    pub fn in_memory() -> Self {
        let memory = Path::new("/dev/shm");
        if memory.is_dir() { Self::below(memory) } else { Self::new() }
    }

    fn below(folder: &Path) -> Self {
        let chance = RandomState::new().hash_one(std::process::id());
        let path = folder.join(format!("grantd-test-{chance:016x}"));
        DirBuilder::new().mode(0o700).create(&path).expect("a new temporary directory");
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A path in it.
    pub fn join(&self, name: impl AsRef<Path>) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file into it and says where.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        fs::write(&path, content).expect("a file in the temporary directory");
        path
    }
}

impl Default for TempDir {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
