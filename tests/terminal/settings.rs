//! How are the settings read, changed and refused?

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use grantd_tests::process::{self, Output};
use grantd_tests::temp::TempDir;

/// The home of somebody with these settings, and where they are.
fn settled(text: &str) -> (TempDir, PathBuf) {
    let home = TempDir::new();
    let folder = home.join(".config/grant");
    fs::create_dir_all(&folder).expect("a folder");
    fs::write(folder.join("config.toml"), text).expect("a file");
    let file = folder.join("config.toml");
    (home, file)
}

fn config(home: &TempDir, args: &[&str]) -> Output {
    process::grant(home.path(), &[&["config"], args].concat()).run()
}

fn read(file: &PathBuf) -> String {
    fs::read_to_string(file).expect("the settings")
}

#[test]
fn a_setting_is_changed_in_its_place_and_comments_stay() {
    let (home, file) =
        settled("# mine\nissuer = \"https://old.example\" # for now\n\n[keys] # as in vi\nquit = \"q\"\n");
    config(&home, &["set", "issuer", "https://id.example.org"]).expect(0);
    config(&home, &["set", "mouse", "false"]).expect(0);
    config(&home, &["set", "keys.reload", "R", "f6"]).expect(0);
    config(&home, &["set", "keys.quit", "Q"]).expect(0);
    let expected = "# mine\nissuer = \"https://id.example.org\" # for now\nmouse = false\n\n[keys] # as in vi\nquit = \"Q\"\nreload = [\"R\", \"f6\"]\n";
    assert_eq!(read(&file), expected);
    assert_eq!(config(&home, &["get", "issuer"]).expect(0).stdout, "https://id.example.org\n");
    assert_eq!(config(&home, &["get", "keys.reload"]).expect(0).stdout, "R f6\n");
    assert_eq!(config(&home, &["get", "theme"]).expect(0).stdout, "auto\n");
    let shown = config(&home, &["list", "--origin", "--json"]).expect(0).json();
    assert_eq!(config(&home, &["--json"]).expect(0).json(), shown);
    assert_eq!(shown["settings"]["mouse"]["value"], false);
    assert_eq!(shown["settings"]["keys"]["value"]["reload"][1], "f6");
    assert_eq!(shown["settings"]["theme"]["from"], "default");
    config(&home, &["get", "store"]).expect(6);
    // A file that is kept elsewhere and linked to stays there.
    let kept = home.join("dotfiles.toml");
    fs::rename(&file, &kept).and_then(|()| symlink(&kept, &file)).expect("a link");
    config(&home, &["set", "theme", "mono"]).expect(0);
    assert!(file.is_symlink() && read(&kept).contains("theme = \"mono\""));
    // Where there is no file yet, there is one then.
    let home = TempDir::new();
    config(&home, &["set", "store", "file"]).expect(0);
    assert_eq!(read(&home.join(".config/grant/config.toml")), "store = \"file\"\n");
}

#[test]
fn an_unknown_key_or_store_is_2_with_its_line_and_nothing_is_changed() {
    let (home, file) = settled("issuer = \"https://id.example\"\n");
    let before = read(&file);
    for (args, complaint) in [
        (["set", "colour", "red"], "config.toml:2: unknown key colour"),
        (["set", "store", "chest"], "config.toml:2: store takes one of auto, keyring, session, file, memory"),
        (["set", "mouse", "maybe"], "config.toml:2: mouse takes true or false"),
        (["set", "keys", "q"], "keys is a table"),
        (["set", "issuer.host", "x"], "config.toml:2: unknown key issuer.host"),
    ] {
        let output = config(&home, &args).expect(2);
        assert!(output.stderr.contains(complaint), "{output}");
        assert_eq!(read(&file), before);
    }
    assert!(config(&home, &["get", "colour"]).expect(2).stderr.contains("unknown key colour"));
    config(&home, &["set", "issuer", "a", "b"]).expect(2);
    config(&home, &["set", "issuer"]).expect(2);
    for (text, complaint) in [
        ("\nstore = \"chest\"\n", "config.toml:2: store takes one of"),
        ("\n\ncolour = \"red\"\n", "config.toml:3: unknown key colour"),
        ("theme = 3\n", "config.toml:1: theme takes one of"),
        ("issuer = \"a\"\nissuer = \"b\"\n", "config.toml:2: not TOML"),
    ] {
        let (home, _) = settled(text);
        for command in ["status", "token", "version", "doctor"] {
            let output = process::grant(home.path(), &[command]).run().expect(2);
            assert!(output.stderr.contains(complaint), "{output}");
        }
    }
}

#[test]
fn an_editor_changes_the_settings_and_what_is_wrong_with_them_is_found_before() {
    let (home, file) = settled("theme = \"dark\"\n");
    let edit = |editor: &str| {
        let call = process::grant(home.path(), &["config", "edit"]).env("EDITOR", "false");
        call.env("VISUAL", editor).run()
    };
    edit("sed -i s/dark/light/").expect(0);
    assert_eq!(read(&file), "theme = \"light\"\n");
    let output = edit("sed -i s/light/pink/").expect(2);
    assert!(output.stderr.contains(":1: theme takes one of") && output.stderr.contains("is as it was"), "{output}");
    assert_eq!(read(&file), "theme = \"light\"\n");
    // The next edit goes on with what was typed.
    edit("sed -i s/pink/mono/").expect(0);
    assert_eq!(read(&file), "theme = \"mono\"\n");
    edit("false").expect(1);
    edit("no-such-editor").expect(1);
    assert_eq!(read(&file), "theme = \"mono\"\n");
    // Whoever begins finds every key, with none of them set.
    let home = TempDir::new();
    process::grant(home.path(), &["config", "edit"]).env("VISUAL", "true").run().expect(0);
    let text = read(&home.join(".config/grant/config.toml"));
    assert!(text.contains("# theme = \"auto\"") && text.lines().all(|line| line.is_empty() || line.starts_with('#')));
}

#[test]
fn keys_that_the_application_would_not_take_are_not_written() {
    let home = TempDir::new();
    let run = |args: &[&str]| process::grant(home.path(), &[&["config", "set"], args].concat()).run();
    for (args, told) in [
        (["keys.nosuch", "x"], "there is no action `nosuch`"),
        (["keys.renew", "y"], "`y` is both renew and copy"),
        (["keys.renew", "ctrl-"], "`ctrl-` is no key"),
    ] {
        let output = run(&args).expect(2);
        assert!(output.stderr.contains(told), "{output}");
    }
    run(&["keys.renew", "f9"]).expect(0);
    assert_eq!(process::grant(home.path(), &["config", "get", "keys.renew"]).run().expect(0).stdout.trim(), "f9");
}
