//! Grantd: an OAuth 2.x and OpenID Connect server. Four floors, and an import points down only:
//! `server → http → flows → store → model`; `config` and `clock` lie at the bottom, beside `model`.

pub mod clock;
pub mod config;
pub mod flows;
pub mod http;
pub mod model;
pub mod server;
pub mod store;

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    /// Each floor, and what it may name of this crate besides itself.
    const FLOORS: [(&str, &[&str]); 7] = [
        ("model", &[]),
        ("clock", &["model"]),
        ("config", &["model"]),
        ("store", &["model", "config"]),
        ("flows", &["model", "config", "clock", "store"]),
        ("http", &["model", "config", "flows", "store::StoreError"]),
        ("server", &["model", "config", "clock", "store", "flows", "http"]),
    ];

    /// Libraries that one floor alone may name, `main` and `commands` aside.
    const LIBRARIES: [(&str, &[&str]); 7] = [
        ("sea_orm", &["store"]),
        ("sqlx", &["store"]),
        ("cookie", &["http"]),
        ("poem", &["http", "server"]),
        ("poem_openapi", &["http"]),
        ("prometheus_client", &["http"]),
        ("utoipa_swagger_ui_vendored", &["http"]),
    ];

    fn files(folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        entries
            .flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] })
            .filter(|path| path.extension().is_some_and(|e| e == "rs"))
            .collect()
    }

    /// Every source file: its floor, its name and its text.
    fn sources() -> Vec<(String, String, String)> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let sources = files(&root).into_iter().map(|path| {
            let name = path.strip_prefix(&root).unwrap().display().to_string();
            let floor = name.split(['/', '.']).next().unwrap().to_owned();
            (floor, name, fs::read_to_string(path).unwrap())
        });
        sources.collect()
    }

    #[test]
    fn an_import_points_down_only() {
        for (floor, name, text) in sources() {
            let Some((_, below)) = FLOORS.iter().find(|(own, _)| *own == floor) else { continue };
            for import in text.split("crate::").skip(1) {
                let allowed = |floor: &str| {
                    import.strip_prefix(floor).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
                };
                assert!(
                    allowed(&floor) || below.iter().any(|below| allowed(below)),
                    "{name} names {}",
                    import.lines().next().unwrap()
                );
            }
        }
    }

    #[test]
    fn a_library_is_named_on_its_own_floor_only() {
        for (floor, name, text) in
            sources().into_iter().filter(|(floor, ..)| FLOORS.iter().any(|(own, _)| own == floor))
        {
            for (library, _) in LIBRARIES.iter().filter(|(_, floors)| !floors.contains(&floor.as_str())) {
                assert!(!text.contains(&format!("{library}::")), "{name} names {library}");
            }
        }
    }

    #[test]
    fn the_clock_is_read_and_transactions_are_begun_by_flows_alone() {
        for (_, name, text) in
            sources().into_iter().filter(|(floor, ..)| !["flows", "lib", "main", "commands"].contains(&floor.as_str()))
        {
            assert!(!text.contains("clock.now()"), "{name} reads the clock");
            assert!(!text.contains("store.begin()"), "{name} begins a transaction");
        }
    }

    #[test]
    fn the_model_is_pure() {
        for (_, name, text) in sources().into_iter().filter(|(floor, ..)| floor == "model") {
            for word in ["async ", "std::fs", "std::io", "SystemTime", "serde"] {
                assert!(!text.contains(word), "{name} says {word}");
            }
        }
    }

    #[test]
    fn every_file_says_first_which_question_it_answers() {
        for (_, name, text) in sources() {
            assert!(text.starts_with("//! "), "{name}");
        }
    }

    #[test]
    fn the_architecture_page_names_only_what_is_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let page = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
        let quoted: Vec<_> = page.split('`').skip(1).step_by(2).collect();
        let paths: Vec<_> = quoted
            .into_iter()
            .filter(|quoted| {
                !quoted.starts_with('/') && !quoted.contains(' ') && (quoted.contains('/') || *quoted == "README.md")
            })
            .collect();
        assert!(paths.len() > 30, "{paths:?}");
        for path in paths {
            assert!(root.join(path).exists(), "ARCHITECTURE.md names {path}");
        }
        assert!(page.lines().count() < 200);
    }
}
