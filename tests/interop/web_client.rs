//! Is the web client what it says it is? Modules of plain JavaScript that TypeScript finds no fault with, small and as they are served.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use super::document::npm;

/// Compressed, and added up: UX.md §5, line 91.
const MOST_BYTES: usize = 20_000;

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../web-client"))
}

#[test]
fn typescript_finds_no_fault_with_the_web_client() {
    let project = directory().join("jsconfig.json").display().to_string();
    let Some(output) = npm("tsc", &["--project", &project]) else { return };
    assert_eq!(output.expect(0).stdout, "");
}

/// UX.md §5, line 91. That it asks nobody else is judged in each test of `tests/browser/app.rs`.
#[test]
fn the_web_client_is_small_and_has_no_build_step() {
    let mut sum = 0;
    for entry in fs::read_dir(directory()).expect("a directory") {
        let path = entry.expect("a file").path();
        let kind = path.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        // What is sent; the other two are for readers and for editors.
        if !["html", "css", "js"].contains(&kind) {
            assert!(["md", "json"].contains(&kind), "{} needs a tool", path.display());
            continue;
        }
        let gzip = Command::new("gzip").args(["-9", "-c"]).arg(&path).stdin(Stdio::null()).output().expect("gzip");
        assert!(gzip.status.success(), "{gzip:?}");
        sum += gzip.stdout.len();
    }
    assert!((1..MOST_BYTES).contains(&sum), "{sum} bytes");
}
