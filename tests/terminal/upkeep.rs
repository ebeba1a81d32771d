//! What does `grant` say of itself: its settings, its manual, its version, and what a shell completes?

use std::fs;
use std::process::Command;

use grantd_tests::process;
use grantd_tests::temp::TempDir;

#[test]
fn each_setting_is_shown_with_where_it_is_from() {
    let home = TempDir::new();
    fs::create_dir_all(home.join(".config/grant")).expect("a folder");
    fs::write(home.join(".config/grant/config.toml"), "issuer = \"https://id.example.org\"\n").expect("a file");
    let path = process::grant(home.path(), &["config", "path"]).run().expect(0).stdout;
    assert_eq!(path, format!("{}\n", home.join(".config/grant/config.toml").display()));
    let shown =
        process::grant(home.path(), &["config", "list", "--json"]).env("GRANT_STORE", "file").run().expect(0).json();
    assert_eq!(shown["settings"]["issuer"]["value"], "https://id.example.org");
    assert_eq!(shown["settings"]["issuer"]["from"], path.trim_end());
    assert_eq!(
        (&shown["settings"]["store"]["value"], &shown["settings"]["store"]["from"]),
        (&"file".into(), &"GRANT_STORE".into())
    );
}

#[test]
fn a_reader_that_goes_away_is_no_fault() {
    let home = TempDir::new();
    let script = format!(
        "'{}' completion zsh | head -n 1 >/dev/null; echo ${{PIPESTATUS[0]}}",
        process::grant_binary().display()
    );
    let output = Command::new("bash").args(["-c", &script]).env("HOME", home.path()).output().expect("bash");
    assert_eq!((output.stdout.as_slice(), output.stderr.as_slice()), (b"0\n".as_slice(), b"".as_slice()));
}

#[test]
fn the_version_is_a_line_or_an_object() {
    let home = TempDir::new();
    let run = |args: &[&str]| process::grant(home.path(), args).run();
    let version = run(&["version", "--json"]).expect(0).json();
    assert_eq!(run(&["version"]).expect(0).stdout, format!("grant {}\n", version["version"].as_str().expect("a text")));
    assert!(version.get("commit").is_some());
}

/// The commands that a help lists.
fn commands(help: &str) -> Vec<String> {
    let Some((_, list)) = help.split_once("Commands:\n") else { return Vec::new() };
    let (list, _) = list.split_once("\n\n").expect("its end");
    // What a line of its own explains further begins further right.
    let names = list.lines().filter_map(|line| line.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

#[test]
fn every_command_has_a_help_with_an_example_and_an_unknown_flag_is_told_the_near_one() {
    let home = TempDir::new();
    let run = |args: &[String]| process::grant(home.path(), args).run();
    let mut left: Vec<Vec<String>> = vec![vec![], vec!["admin".to_owned()]];
    let mut seen = 0;
    while let Some(command) = left.pop() {
        let help = run(&[&command[..], &["--help".to_owned()]].concat()).expect(0);
        assert!(help.stdout.contains("Example:\n  ") || help.stdout.contains("Examples:\n  "), "{command:?}");
        assert_eq!(help.stderr, "");
        left.extend(commands(&help.stdout).into_iter().map(|name| [&command[..], &[name]].concat()));
        seen += 1;
        if command == ["exec"] {
            // What follows is another program's.
            continue;
        }
        let wrong = run(&[&command[..], &["--jsn".to_owned()]].concat()).expect(2);
        assert!(wrong.stderr.contains("--json") && wrong.stdout.is_empty(), "{command:?}{wrong}");
    }
    assert!(seen > 45, "{seen} commands");
    run(&[]).expect(2);
    for (args, near) in
        [(["token", "--min-tll=9"], "--min-ttl"), (["tokn", "--json=x"], "token"), (["inspect", "--verfy"], "--verify")]
    {
        let output = run(&args.map(str::to_owned)).expect(2);
        assert!(output.stderr.contains(near), "{output}");
    }
}
