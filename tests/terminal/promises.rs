//! Is each promise held by a test that is there? The table in `main.rs` against the files that it names.

use std::fs;
use std::path::{Path, PathBuf};

/// The file of a test that the table calls `admin`, `app/keys` or `packaging/tour`.
fn file(name: &str) -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = match name.split_once('/') {
        Some(("app", name)) => tests.join("../tui-client/src/app/tests").join(name),
        Some((binary, name)) => tests.join(binary).join(name),
        None => tests.join("terminal").join(name),
    };
    path.with_extension("rs")
}

/// Whether this function is there, and a test.
fn is_test(text: &str, name: &str) -> bool {
    let lines: Vec<_> = text.lines().collect();
    let at = lines.iter().position(|line| line.trim_start_matches("async ").starts_with(&format!("fn {name}()")));
    at.and_then(|at| lines.get(at.checked_sub(1)?)).is_some_and(|line| line.starts_with("#[t") && line.contains("test"))
}

#[test]
fn each_promise_names_tests_that_are_there_or_what_it_waits_for() {
    let table = include_str!("main.rs");
    let rows = table.lines().filter_map(|line| line.strip_prefix("//! | ")?.strip_suffix(" |"));
    let rows: Vec<Vec<_>> = rows.map(|row| row.split(" | ").collect()).filter(|row: &Vec<_>| row.len() == 3).collect();
    let numbers: Vec<_> = rows.iter().map(|row| row[0].to_owned()).collect();
    assert_eq!(numbers, (1..=49).map(|number| number.to_string()).collect::<Vec<_>>());
    for row in rows {
        let (tests, waits) = row[2].split_once("waits for ").unwrap_or((row[2], ""));
        let named: Vec<_> = tests.split([' ', ',', ';']).filter(|word| word.contains("::")).collect();
        assert!(!named.is_empty() || !waits.is_empty(), "{row:?}");
        for name in named {
            let (place, function) = name.split_once("::").expect("a file and a test");
            let text = fs::read_to_string(file(place)).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(is_test(&text, function), "promise {}: there is no test {name}", row[0]);
        }
    }
}
