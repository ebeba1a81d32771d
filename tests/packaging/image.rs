//! Is the image sound, and what is in it? Its Dockerfile, read and run without an engine.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use grantd_tests::process;
use grantd_tests::temp::TempDir;
use grantd_tests::{skip, wait_for};

use crate::container::Container;
use crate::tools::{self, finish, program};

/// The libraries of Debian's libc6, libgcc-s1, libstdc++6 and libgomp1, which are what `distroless/cc` has for programs.
const LIBRARIES: &[&str] =
    &["libc.so.6", "libm.so.6", "libgcc_s.so.1", "libstdc++.so.6", "libgomp.so.1", "ld-linux-x86-64.so.2"];

/// What the last stage of the Dockerfile says of the image.
pub struct Image {
    /// Each `COPY --from=build`: what, whose (root's, if nobody's), and where it goes.
    pub copies: Vec<(String, Option<String>, String)>,
    /// The environment.
    pub env: Vec<String>,
    /// The working directory.
    pub directory: String,
    /// Where data is kept.
    pub volume: String,
    /// Who runs in it.
    pub user: String,
    /// What asks whether it is healthy.
    pub healthcheck: Vec<String>,
    /// What runs in it unless told otherwise.
    pub args: Vec<String>,
}

impl Image {
    /// The one that is shipped.
    pub fn shipped() -> Self {
        let all = instructions(&tools::read("Dockerfile"));
        let last = all.iter().rposition(|(name, _)| name == "FROM").expect("a stage");
        let (runtime, of) = (&all[last..], |name: &str| value(&all[last..], name));
        let copies = runtime.iter().filter(|(name, _)| name == "COPY").map(|(_, rest)| copy(rest)).collect();
        let (_, check) = of("HEALTHCHECK").split_once("CMD ").expect("a command to ask with");
        Self {
            copies,
            env: of("ENV").split_whitespace().map(str::to_owned).collect(),
            directory: of("WORKDIR").to_owned(),
            volume: of("VOLUME").to_owned(),
            user: of("USER").to_owned(),
            healthcheck: words(check),
            args: [words(of("ENTRYPOINT")), words(of("CMD"))].concat(),
        }
    }
}

/// The instructions of a Dockerfile, each on one line.
fn instructions(text: &str) -> Vec<(String, String)> {
    let lines: Vec<_> = text.lines().filter(|line| !line.trim_start().starts_with('#')).collect();
    let whole = lines.join("\n").replace("\\\n", " ");
    whole
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(name, rest)| (name.to_owned(), rest.trim().to_owned()))
        .collect()
}

/// The one instruction of this name.
fn value<'a>(instructions: &'a [(String, String)], name: &str) -> &'a str {
    let found: Vec<_> = instructions.iter().filter(|(its_name, _)| its_name == name).collect();
    assert_eq!(found.len(), 1, "{name} stands {} times in this stage", found.len());
    &found[0].1
}

/// A command in the form that needs no shell: the image has none.
fn words(json: &str) -> Vec<String> {
    serde_json::from_str(json).unwrap_or_else(|_| panic!("not the exec form: {json}"))
}

fn copy(rest: &str) -> (String, Option<String>, String) {
    let (flags, paths): (Vec<_>, Vec<_>) = rest.split_whitespace().partition(|word| word.starts_with("--"));
    assert!(flags.contains(&"--from=build"), "copied from elsewhere: {rest}");
    let owner = flags.iter().find_map(|flag| flag.strip_prefix("--chown=")).map(str::to_owned);
    (paths[0].to_owned(), owner, paths[1].to_owned())
}

#[test]
fn the_dockerfile_has_no_fault_that_hadolint_knows() {
    let hadolint = match program("hadolint") {
        Ok(hadolint) => hadolint,
        Err(reason) => return skip(&reason),
    };
    finish(Command::new(hadolint).arg("--no-color").arg(tools::shipped("Dockerfile"))).expect(0);
}

#[test]
fn all_that_the_build_reads_is_sent_to_it() {
    // What .dockerignore lets through: it names what may go, and then names that may not, wherever they are.
    let rules = tools::read(".dockerignore");
    let rules: Vec<_> = rules.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    assert_eq!(rules.first(), Some(&"*"), "everything is kept back before anything is let through");
    let context = TempDir::new();
    for name in rules.iter().filter_map(|rule| rule.strip_prefix('!')) {
        symlink(tools::shipped(name), context.join(name)).expect("a link");
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut metadata = Command::new(cargo);
    metadata.args(["metadata", "--no-deps", "--locked", "--offline", "--format-version", "1"]);
    let known = finish(metadata.current_dir(context.path())).expect(0).json();
    let members = known["workspace_members"].as_array().expect("members").len();
    assert!(members >= 4, "{members} members");
    assert!(context.join(".cargo/config.toml").exists(), "the flags of SQLite stay behind");
    assert!(!context.join("secrets").exists() && !context.join(".git").exists());
}

#[test]
fn the_image_is_built_by_a_rust_that_is_new_enough() {
    let (dockerfile, manifest) = (tools::read("Dockerfile"), tools::read("Cargo.toml"));
    let (_, tag) = dockerfile.split_once("FROM rust:1.").expect("an image of Rust");
    let (_, least) = manifest.split_once("rust-version = \"1.").expect("a least version");
    let number = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_digit()).expect("an end");
        text[..end].parse::<u32>().expect("a number")
    };
    assert!(number(tag) >= number(least));
}

#[test]
fn the_program_needs_no_library_that_the_image_lacks() {
    let listed = finish(Command::new("ldd").arg(process::binary())).expect(0).stdout;
    let libraries = listed.lines().filter_map(|line| line.split_whitespace().next()?.rsplit('/').next());
    let lacking: Vec<_> = libraries.filter(|name| !name.contains("vdso") && !LIBRARIES.contains(name)).collect();
    assert!(lacking.is_empty(), "not in the image: {lacking:?}");
}

#[test]
fn the_image_serves_from_a_read_only_root_as_a_user_without_privileges() {
    let image = Image::shipped();
    assert_eq!(image.user, "65532:65532", "numbers: an orchestrator can tell that it is not root");
    let mut container = match Container::new(&image) {
        Ok(container) => container,
        Err(reason) => return skip(&reason),
    };
    let data = container.volume(&image.volume);
    let check: Vec<_> = image.healthcheck.iter().map(String::as_str).collect();
    let running = container.start();
    // In a network of its own: it listens as the image says.
    wait_for("the image's own question is answered", || (running.exec(&check).code == 0).then_some(()));
    assert!(data.join("grantd.db").is_file() && data.join("secret.key").is_file(), "the data is elsewhere");
    let refused = running.exec(&["grantd", "init", "/etc/grantd"]).expect(1);
    assert!(refused.stderr.contains("Read-only file system"), "{refused}");
    let status = fs::read_to_string(format!("/proc/{}/status", running.pid())).expect("a living process");
    let line = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim).map(str::to_owned);
    assert_eq!(line("Uid:").as_deref(), Some("65532\t65532\t65532\t65532"));
    assert_eq!((line("CapEff:"), line("CapBnd:")), (Some("0".repeat(16)), Some("0".repeat(16))));
    assert_eq!(line("NoNewPrivs:").as_deref(), Some("1"));
    running.stop().expect(0);
}
