//! Do shells take what they are to complete, and does a manual's reader read ours?

use std::path::Path;
use std::process::Command;

use grantd_tests::process;
use grantd_tests::skip;
use grantd_tests::temp::TempDir;

use crate::machine::files;

fn completion(home: &TempDir, shell: &str) -> String {
    let script = process::grant(home.path(), &["completion", shell]).run().expect(0).stdout;
    assert!(script.contains("force-refresh") && script.contains("rotate-secret"), "{shell}");
    home.write(shell, script).display().to_string()
}

/// What a program said that has no complaint; none where there is no such program.
fn ask(home: &Path, program: &str, args: &[&str]) -> Option<String> {
    let mut command = Command::new(program);
    command.args(args).env_clear().env("PATH", std::env::var_os("PATH")?).env("HOME", home).current_dir(home);
    let output = command.output().ok()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success() && output.stderr.is_empty(), "{program}: {}", text(&output.stderr));
    Some(text(&output.stdout))
}

#[test]
fn bash_loads_the_completion_and_completes() {
    let home = TempDir::new();
    let script = completion(&home, "bash");
    let words = "COMP_WORDS=(grant admin us); COMP_CWORD=2; _grant grant us admin; echo \"${COMPREPLY[@]}\"";
    let Some(said) = ask(home.path(), "bash", &["-c", &format!("source '{script}'; {words}")]) else {
        return skip("no bash");
    };
    assert_eq!(said, "users\n");
}

#[test]
fn zsh_loads_the_completion() {
    let home = TempDir::new();
    let script = completion(&home, "zsh");
    let load =
        format!("autoload -Uz compinit; compinit -u -D; source '{script}'; print $_comps[grant]; whence -w _grant");
    let Some(said) = ask(home.path(), "zsh", &["-fc", &load]) else { return skip("no zsh") };
    assert_eq!(said, "_grant\n_grant: function\n");
}

#[test]
fn fish_loads_the_completion_and_completes() {
    let home = TempDir::new();
    let script = completion(&home, "fish");
    let Some(said) =
        ask(home.path(), "fish", &["--no-config", "-c", &format!("source '{script}'; complete -C 'grant admin us'")])
    else {
        return skip("no fish");
    };
    assert!(said.starts_with("users\t"), "{said}");
}

#[test]
fn nushell_powershell_and_elvish_get_a_completion_and_others_none() {
    let home = TempDir::new();
    let nushell = completion(&home, "nushell");
    // No package of Debian's: where somebody has it, it loads.
    let _ = ask(home.path(), "nu", &["--no-config-file", "-c", &format!("source '{nushell}'")]);
    for shell in ["powershell", "elvish"] {
        completion(&home, shell);
    }
    process::grant(home.path(), &["completion", "command.com"]).run().expect(2);
}

#[test]
fn the_manual_has_a_page_for_each_command_and_mandoc_has_no_complaint() {
    let home = TempDir::new();
    assert!(process::grant(home.path(), &["man"]).run().expect(0).stdout.contains(".TH GRANT 1 "));
    let folder = home.join("man");
    process::grant(home.path(), &["man", &folder.display().to_string()]).run().expect(0);
    let pages: Vec<_> = files(&folder).iter().map(|page| page.display().to_string()).collect();
    for name in ["grant.1", "grant-token.1", "grant-sessions-show.1", "grant-admin-clients-rotate-secret.1"] {
        assert!(pages.iter().any(|page| page.ends_with(&format!("/{name}"))), "{name}");
    }
    let lint = ["-Tlint", "-Wwarning"].into_iter().chain(pages.iter().map(String::as_str)).collect::<Vec<_>>();
    let Some(said) = ask(home.path(), "mandoc", &lint) else { return skip("no mandoc") };
    assert_eq!(said, "");
}
