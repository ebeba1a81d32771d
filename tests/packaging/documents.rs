//! Do the documents speak of what is there? Their links, and the commands, settings and metrics that they name.

use std::collections::{BTreeMap, BTreeSet};

use grantd::config::SETTINGS;
use grantd_tests::process::{self, Call};
use grantd_tests::temp::TempDir;

use crate::tools::{read, shipped};

const DOCUMENTS: &[&str] = &[
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "CHANGELOG.md",
    "docs/grant.md",
    "docs/operating.md",
    "docs/web-client.md",
    "docker-compose.yml",
    "packaging/grantd.service",
    "tui-client/ARCHITECTURE.md",
];
/// What stands before a command.
const PROMPTS: &[&str] =
    &["`grantd ", "\n    grantd ", "\ngrantd ", "\n#     grantd ", "grantd-1 grantd ", "sudo -u grantd grantd "];

/// What follows each occurrence of `mark`.
fn after<'a>(text: &'a str, mark: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(mark).map(move |(at, _)| &text[at + mark.len()..])
}

/// The beginning of a text that consists of these characters.
fn leading(text: &str, allowed: impl Fn(char) -> bool) -> &str {
    &text[..text.find(|c| !allowed(c)).unwrap_or(text.len())]
}

#[test]
fn every_link_leads_somewhere() {
    for name in DOCUMENTS {
        let (text, folder) = (read(name), shipped(name).parent().expect("a folder").to_owned());
        let links = after(&text, "](").map(|rest| leading(rest, |c| c != ')'));
        for link in links.filter(|link| !link.starts_with("https://")) {
            let (file, heading) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { shipped(name) } else { folder.join(file) };
            assert!(target.exists(), "{name} links to {link}");
            let text = if heading.is_empty() { continue } else { std::fs::read_to_string(target).expect("a document") };
            let anchor = |title: &str| title.trim_start_matches('#').trim().to_lowercase().replace(' ', "-");
            assert!(text.lines().any(|line| line.starts_with('#') && anchor(line) == heading), "{name}: {link}");
        }
    }
}

/// Each command that stands behind one of these, in so many words at most, with its flags.
fn commands(prompts: &[&str], words: usize) -> BTreeMap<Vec<String>, BTreeSet<String>> {
    let mut named = BTreeMap::<_, BTreeSet<_>>::new();
    for name in DOCUMENTS {
        let text = read(name);
        for prompt in prompts {
            for line in after(&text, prompt).filter_map(|rest| rest.split(['`', '\n', '|', ')']).next()) {
                let line = line.split(" -- ").next().unwrap_or_default();
                let is_name =
                    |word: &&str| !word.starts_with('-') && word.chars().all(|c| c.is_ascii_lowercase() || c == '-');
                let command = line.split_whitespace().take_while(is_name).take(words).map(str::to_owned);
                let flags = line.split_whitespace().filter(|word| word.starts_with("--")).map(str::to_owned);
                named.entry(command.collect()).or_default().extend(flags);
            }
        }
    }
    assert!(named.len() > 15, "{named:?}");
    named
}

/// Asks each of them for its help, in which its flags are.
fn assert_there(named: &BTreeMap<Vec<String>, BTreeSet<String>>, call: impl Fn(&[&str]) -> Call) {
    for (words, flags) in named {
        let args: Vec<_> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = call(&args).run().expect(0).stdout;
        for flag in flags {
            assert!(help.split([' ', '\n', ',']).any(|word| word == flag), "{words:?} has no {flag}:\n{help}");
        }
    }
}

#[test]
fn every_command_that_the_documents_name_is_there() {
    assert_there(&commands(PROMPTS, 2), |args| process::grantd(args));
}

#[test]
fn every_command_of_the_terminal_client_that_the_documents_name_is_there() {
    let home = TempDir::new();
    let named = commands(&["`grant ", "\ngrant ", "| grant ", "$(grant "], 3);
    assert_there(&named, |args| process::grant(home.path(), args));
}

#[test]
fn every_setting_that_the_documents_name_is_there() {
    let keys: Vec<_> = SETTINGS.iter().flat_map(|it| [it.key.to_owned(), format!("{}_file", it.key)]).collect();
    let variables: Vec<_> = keys.iter().map(|key| key.replace('.', "__").to_uppercase()).collect();
    let sections: BTreeSet<_> = keys.iter().filter_map(|key| key.split_once('.')).map(|(section, _)| section).collect();
    let mut found = 0;
    for name in DOCUMENTS {
        let text = read(name);
        for key in after(&text, "`").map(|rest| leading(rest, |c| c.is_ascii_lowercase() || c == '.' || c == '_')) {
            if key.split_once('.').is_some_and(|(section, _)| sections.contains(section)) {
                assert!(keys.iter().any(|known| known == key), "{name} names the setting {key}");
                found += 1;
            }
        }
        for variable in after(&text, "GRANTD_").map(|rest| leading(rest, |c| c.is_ascii_uppercase() || c == '_')) {
            let is_known = variables.iter().any(|known| known == variable) || variable.starts_with("TEST_");
            assert!(is_known, "{name} names GRANTD_{variable}");
            found += 1;
        }
    }
    assert!(found > 20, "{found}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_metric_that_the_documents_name_is_there() {
    let data = TempDir::new();
    let server = process::dev(data.path()).start();
    let shown = server.client().get("/metrics", "").await.expect(200).body;
    let names: BTreeSet<_> = DOCUMENTS
        .iter()
        .flat_map(|name| {
            let text = read(name);
            let names = after(&text, "grantd_").map(|rest| leading(rest, |c| c.is_ascii_lowercase() || c == '_'));
            // The cookie is called so, too.
            names.filter(|rest| *rest != "app").map(|rest| format!("grantd_{rest}")).collect::<Vec<_>>()
        })
        .collect();
    assert!(names.len() >= 8, "{names:?}");
    for name in names {
        let has = |line: &str| line.strip_prefix(&name).is_some_and(|rest| rest.starts_with([' ', '{', '_']));
        assert!(shown.lines().any(has), "no {name}:\n{shown}");
    }
}
