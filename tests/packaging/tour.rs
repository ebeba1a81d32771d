//! Does the tour of the README print what it says? Each of its programs, as it stands there, against a server just started.

use std::path::Path;
use std::process::Command;

use grantd_tests::process::{self, Output, grant_binary};
use grantd_tests::skip;
use grantd_tests::temp::TempDir;

use crate::tools::{finish, program, read};

/// Where the tour's server is.
const THERE: &str = "http://localhost:8080";

/// A program of the README.
struct Snippet {
    language: String,
    text: String,
}

impl Snippet {
    /// What it is said to print, a line each.
    fn promised(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.strip_prefix("#> ").or_else(|| line.strip_prefix("//> "))).collect()
    }
}

fn snippets() -> Vec<Snippet> {
    let readme = read("README.md");
    let (_, tour) = readme.split_once("## A first tour\n").expect("a tour");
    let (tour, _) = tour.split_once("\n## ").expect("an end of it");
    let blocks = tour.split("```").skip(1).step_by(2);
    let snippet = |block: &str| {
        let (language, text) = block.split_once('\n').expect("a language");
        Snippet { language: language.to_owned(), text: text.to_owned() }
    };
    blocks.map(snippet).collect()
}

/// Runs a program against the server at this address, in somebody's home.
fn run(snippet: &Snippet, url: &str, home: &Path) -> Result<Output, String> {
    let text = snippet.text.replace(THERE, url);
    let mut command = match snippet.language.as_str() {
        "bash" => {
            program("jq").and(program("curl"))?;
            let mut bash = Command::new(program("bash")?);
            bash.args(["-euo", "pipefail", "-c", &text]);
            let ours = grant_binary().parent().expect("a folder").to_owned();
            let path = std::env::var_os("PATH").unwrap_or_default();
            let path = std::env::join_paths(std::iter::once(ours).chain(std::env::split_paths(&path)));
            bash.env("PATH", path.expect("a PATH"));
            bash
        }
        "python" => {
            let mut python = Command::new(program("python")?);
            python.args(["-c", &text]);
            python
        }
        "js" => {
            let mut node = Command::new(program("node")?);
            node.args(["--input-type=module", "--eval", &text]);
            node
        }
        other => panic!("nothing runs {other}"),
    };
    for proxy in ["http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"] {
        command.env_remove(proxy);
    }
    // What whoever runs the tests has settled for `grant` is theirs.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GRANT_") || name.starts_with("XDG_")) {
            command.env_remove(name);
        }
    }
    Ok(finish(command.env("HOME", home)))
}

/// Runs the tour's programs in this language.
fn walk(language: &str) {
    let (data, home) = (TempDir::new(), TempDir::new());
    let server = process::dev(data.path()).start();
    let snippets: Vec<_> = snippets().into_iter().filter(|snippet| snippet.language == language).collect();
    assert!(!snippets.is_empty(), "the tour has nothing in {language}");
    for snippet in &snippets {
        assert!(!snippet.promised().is_empty() && snippet.text.contains(THERE), "{}", snippet.text);
        let output = match run(snippet, &server.url(), home.path()) {
            Ok(output) => output.expect(0),
            Err(missing) => return skip(&missing),
        };
        assert_eq!(output.stdout.lines().collect::<Vec<_>>(), snippet.promised(), "{output}");
    }
}

#[test]
fn every_command_of_the_tour_prints_what_it_says() {
    walk("bash");
}

#[test]
fn the_tour_in_python_prints_what_it_says() {
    walk("python");
}

#[test]
fn the_tour_in_javascript_prints_what_it_says() {
    walk("js");
}

#[test]
fn the_tour_is_in_no_other_language() {
    let known = ["bash", "python", "js"];
    assert!(snippets().iter().all(|snippet| known.contains(&snippet.language.as_str())));
}
