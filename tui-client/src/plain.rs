//! What does somebody get whose terminal cannot be drawn on, or who has it read aloud? A numbered menu of the commands.

use clap::Parser;
use grant::failure::Failure;

use crate::commands::{ask_line, ask_line_or_end, complain};
use crate::{Cli, Command};

/// A line of the menu, and the command that it is. A word after `?` is asked for.
const MENU: [(&str, &[&str]); 11] = [
    ("how things stand", &["status"]),
    ("my sessions", &["sessions"]),
    ("end a session", &["sessions", "revoke", "?Its id"]),
    ("end all other sessions", &["sessions", "revoke", "--others"]),
    ("what my token says", &["inspect"]),
    ("what happened to my account", &["activity"]),
    ("who I am", &["api", "GET", "/api/v1/me"]),
    ("sign in", &["login"]),
    ("sign out", &["logout"]),
    ("the accounts of this machine", &["accounts"]),
    ("use another account", &["accounts", "use", "?Its name"]),
];

/// Asks what to do; none when somebody leaves.
///
/// # Errors
/// A terminal that cannot be read.
pub fn ask() -> Result<Option<Command>, Failure> {
    loop {
        complain("");
        for (at, (title, _)) in MENU.iter().enumerate() {
            complain(&format!("{:>3} {title}", at + 1));
        }
        complain("  0 leave");
        let Some(typed) = ask_line_or_end("Number: ")? else {
            complain("");
            return Ok(None);
        };
        let chosen = match typed.parse::<usize>() {
            Ok(0) => return Ok(None),
            Ok(number) => MENU.get(number - 1),
            Err(_) if matches!(typed.as_str(), "q" | "quit" | "exit") => return Ok(None),
            Err(_) => None,
        };
        let Some((_, words)) = chosen else {
            complain(&format!("`{typed}` is none of the numbers"));
            continue;
        };
        let mut line = vec!["grant".to_owned()];
        for word in *words {
            match word.strip_prefix('?') {
                Some(prompt) => line.push(ask_line(&format!("{prompt}: "))?),
                None => line.push((*word).to_owned()),
            }
        }
        match Cli::try_parse_from(line) {
            Ok(cli) => return Ok(cli.command),
            Err(error) => complain(&error.to_string()),
        }
    }
}
