//! `grant completion` and `grant man`: what does a shell complete, and what does a manual say?

use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueEnum};
use clap_complete::{Generator, Shell as Common, generate};
use clap_complete_nushell::Nushell;
use clap_mangen::Man;
use grant::failure::{Code, Failure};

use super::{Done, say_bytes};

/// When the commands last changed: a manual page says so.
const DATE: &str = "2026-11-21";

#[derive(Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
    Nushell,
}

#[derive(Args)]
pub struct Completion {
    /// For which shell
    shell: Shell,
}

#[derive(Args)]
pub struct Manual {
    /// A folder that gets a page for each command [default: the first page, on standard output]
    folder: Option<PathBuf>,
}

pub fn completion(command: Command, completion: &Completion) -> Done {
    let script = match completion.shell {
        Shell::Bash => script(Common::Bash, command),
        Shell::Zsh => script(Common::Zsh, command),
        Shell::Fish => script(Common::Fish, command),
        Shell::Powershell => script(Common::PowerShell, command),
        Shell::Elvish => script(Common::Elvish, command),
        Shell::Nushell => script(Nushell, command),
    };
    say_bytes(&script)?;
    Ok(0)
}

fn script(shell: impl Generator, command: Command) -> Vec<u8> {
    let mut script = Vec::new();
    generate(shell, &mut whole(command), "grant", &mut script);
    script
}

/// With the commands that the first help does not list.
fn whole(command: Command) -> Command {
    command.mut_subcommands(|command| command.hide(false))
}

pub fn man(command: Command, manual: &Manual) -> Done {
    let failed = |error| Failure::new(Code::Other, format!("the manual cannot be written: {error}"));
    let mut command = whole(command).disable_help_subcommand(true);
    command.build();
    if let Some(folder) = &manual.folder {
        std::fs::create_dir_all(folder).and_then(|()| write_pages(&command, folder)).map_err(failed)?;
    } else {
        say_bytes(page(&command).map_err(failed)?.as_bytes())?;
    }
    Ok(0)
}

fn write_pages(command: &Command, folder: &Path) -> std::io::Result<()> {
    std::fs::write(folder.join(format!("{}.1", name(command))), page(command)?)?;
    command.get_subcommands().try_for_each(|command| write_pages(command, folder))
}

/// `grant-token`.
fn name(command: &Command) -> &str {
    command.get_display_name().unwrap_or(command.get_name())
}

fn page(command: &Command) -> std::io::Result<String> {
    let mut page = Vec::new();
    Man::new(command.clone())
        .title(name(command).to_uppercase())
        .date(DATE)
        .source(concat!("grant ", env!("CARGO_PKG_VERSION")))
        .manual("User Commands")
        .render(&mut page)?;
    // What the renderer says twice: a break beside a space, and a space at the end of a line.
    let page = String::from_utf8_lossy(&page).replace("\n.br\n\n.br\n", "\n.sp\n");
    Ok(page.lines().flat_map(|line| [line.trim_end(), "\n"]).collect())
}
