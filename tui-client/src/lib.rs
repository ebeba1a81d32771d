//! `grant`: signs in to Grantd from a terminal, keeps the tokens, and hands them to other programs. Three floors, and an import points
//! down only: `app, commands → session → renewal → token_store, oauth, accounts`; what is below them asks nobody.

pub mod accounts;
pub mod api;
pub mod app;
pub mod check;
pub mod claims;
pub mod clock;
pub mod device;
pub mod doctor;
pub mod event;
pub mod failure;
pub mod files;
pub mod journal;
pub mod jwt;
pub mod logging;
pub mod oauth;
pub mod pages;
pub mod reason;
pub mod renewal;
pub mod secret;
pub mod session;
pub mod settings;
pub mod token_store;
pub mod verify;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Each file at the top, and what it may name of this crate besides itself.
    const FLOORS: [(&str, &[&str]); 22] = [
        ("secret", &[]),
        ("api", &[]),
        ("clock", &[]),
        ("event", &[]),
        ("reason", &[]),
        ("failure", &[]),
        ("jwt", &[]),
        ("check", &["failure"]),
        ("claims", &["clock", "failure"]),
        ("files", &["failure"]),
        ("pages", &["failure"]),
        ("settings", &["failure"]),
        ("device", &["failure", "settings"]),
        ("journal", &["clock", "files", "settings"]),
        ("token_store", &["secret", "clock", "jwt", "failure", "files", "settings"]),
        ("accounts", &["token_store", "failure", "files", "settings", "reason"]),
        ("oauth", &["secret", "clock", "device", "failure", "jwt"]),
        ("logging", &["failure", "files", "settings"]),
        ("verify", &["check", "claims", "clock", "failure", "files", "jwt", "oauth", "settings"]),
        (
            "renewal",
            &[
                "secret",
                "clock",
                "reason",
                "failure",
                "jwt",
                "files",
                "settings",
                "journal",
                "token_store",
                "accounts",
                "oauth",
            ],
        ),
        (
            "doctor",
            &["accounts", "check", "clock", "failure", "jwt", "oauth", "reason", "renewal", "settings", "token_store"],
        ),
        ("session", &["secret", "reason", "failure", "settings", "token_store", "accounts", "oauth", "renewal"]),
    ];

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
    }

    #[test]
    fn an_import_points_down_only_and_every_file_says_which_question_it_answers() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        for path in files(&root).into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs")) {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            let text = fs::read_to_string(&path).unwrap();
            assert!(text.starts_with("//! "), "{name}");
            let floor = name.split(['/', '.']).next().unwrap();
            let Some((_, below)) = FLOORS.iter().find(|(own, _)| *own == floor) else { continue };
            for import in text.split("crate::").skip(1) {
                let named = import.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap();
                assert!(named == floor || below.contains(&named), "{name} names {named}");
            }
        }
    }

    #[test]
    fn the_architecture_page_names_only_what_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
        let quoted = page.split('`').skip(1).step_by(2).filter(|quoted| quoted.contains('/') && !quoted.contains(' '));
        let paths: Vec<_> = quoted.collect();
        assert!(paths.len() > 15 && page.lines().count() < 200, "{paths:?}");
        for path in paths {
            assert!(root.join(path).exists(), "ARCHITECTURE.md names {path}");
        }
    }
}
