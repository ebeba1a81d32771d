//! Does what the README shows print what it says? Each program of its tour, and the example API's, as it stands there, against a server
//! just started.

use std::path::Path;
use std::process::Command;

use grantd_tests::process::{self, Output, grant_binary};
use grantd_tests::temp::TempDir;
use grantd_tests::{skip, wait_for};

use crate::tools::{finish, program, read};

/// Where the README's server is.
const THERE: &str = "http://localhost:8080";
const TOUR: &str = "A first tour";

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

/// The programs below this heading.
fn snippets(heading: &str) -> Vec<Snippet> {
    let readme = read("README.md");
    let (_, section) = readme.split_once(&format!("\n## {heading}\n")).expect("a section");
    let (section, _) = section.split_once("\n## ").expect("an end of it");
    let blocks = section.split("```").skip(1).step_by(2);
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
    // What whoever runs the tests has settled for `grant` is theirs.
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GRANT_") || name.starts_with("XDG_")) {
            command.env_remove(name);
        }
    }
    Ok(finish(process::without_proxies(&mut command).env("HOME", home)))
}

/// Runs the section's programs in this language.
fn walk(heading: &str, language: &str) {
    let (data, home) = (TempDir::new(), TempDir::new());
    let server = process::dev(data.path()).start();
    let cats = process::call(&process::example("cats"), &[] as &[&str]).env("CATS_LISTEN", "127.0.0.1:0");
    let cats = cats.env("CATS_ISSUER", server.url()).spawn();
    let cats_url = wait_for("the example API listens", || {
        Some(cats.output().split_once("/cats,")?.0.trim_start_matches("cats: ").to_owned())
    });
    let mut snippets = snippets(heading);
    snippets.retain(|snippet| snippet.language == language);
    assert!(!snippets.is_empty(), "{heading} has nothing in {language}");
    for snippet in &mut snippets {
        // Where it is, that is; what it is called stays.
        snippet.text = snippet.text.replace("cats=http://localhost:8090", &format!("cats={cats_url}"));
    }
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
    walk(TOUR, "bash");
}

#[test]
fn the_tour_in_python_prints_what_it_says() {
    walk(TOUR, "python");
}

#[test]
fn the_tour_in_javascript_prints_what_it_says() {
    walk(TOUR, "js");
}

#[test]
fn the_example_api_answers_what_the_readme_says() {
    walk("Protect your own API", "bash");
}

#[test]
fn the_tour_is_in_no_other_language() {
    let known = ["bash", "python", "js"];
    assert!(snippets(TOUR).iter().all(|snippet| known.contains(&snippet.language.as_str())));
}
