//! What does `grant` say of itself: its settings, its manual, its version, and what a shell completes?

use std::fs;
use std::process::Command;

use grantd_tests::process;
use grantd_tests::temp::TempDir;

use crate::machine::files;

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
fn a_shell_takes_what_it_is_to_complete_and_the_manual_has_a_page_for_each_command() {
    let home = TempDir::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = process::grant(home.path(), &["completion", shell]).run().expect(0).stdout;
        assert!(script.contains("force-refresh"), "{shell}");
        if shell == "bash" {
            let file = home.write("completion", script);
            assert!(Command::new("bash").arg("-n").arg(file).status().expect("bash").success());
        }
    }
    process::grant(home.path(), &["completion", "command.com"]).run().expect(2);
    assert!(process::grant(home.path(), &["man"]).run().expect(0).stdout.contains(".TH"));
    let pages = home.join("man");
    process::grant(home.path(), &["man", &pages.display().to_string()]).run().expect(0);
    assert!(files(&pages).iter().any(|page| page.ends_with("grant-token.1")));
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
fn the_version_is_a_line_or_an_object_and_every_command_has_an_example() {
    let home = TempDir::new();
    let run = |args: &[&str]| process::grant(home.path(), args).run();
    let version = run(&["version", "--json"]).expect(0).json();
    assert_eq!(run(&["version"]).expect(0).stdout, format!("grant {}\n", version["version"].as_str().expect("a text")));
    assert!(version.get("commit").is_some());
    let help = run(&["--help"]).expect(0).stdout;
    let (_, commands) = help.split_once("Commands:\n").expect("a list of commands");
    let (commands, _) = commands.split_once("\n\n").expect("its end");
    for command in commands.lines().filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help") {
        let help = run(&[command, "--help"]).expect(0).stdout;
        assert!(help.contains("Example:\n  "), "{command}");
    }
    run(&[]).expect(2);
    for (args, near) in
        [(["token", "--min-tll=9"], "--min-ttl"), (["tokn", "--json=x"], "token"), (["inspect", "--verfy"], "--verify")]
    {
        let output = run(&args).expect(2);
        assert!(output.stderr.contains(near), "{output}");
    }
}
