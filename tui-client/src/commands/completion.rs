//! `grant completion` and `grant man`: what does a shell complete, and what does a manual say?

use std::path::PathBuf;

use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;
use grant::failure::{Code, Failure};

use super::{Done, say_bytes};

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

pub fn completion(mut command: Command, completion: &Completion) -> Done {
    let mut script = Vec::new();
    clap_complete::generate(completion.shell, &mut command, "grant", &mut script);
    say_bytes(&script)?;
    Ok(0)
}

pub fn man(command: Command, manual: &Manual) -> Done {
    let failed = |error| Failure::new(Code::Other, format!("the manual cannot be written: {error}"));
    if let Some(folder) = &manual.folder {
        std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder)).map_err(failed)?;
    } else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).map_err(failed)?;
        say_bytes(&page)?;
    }
    Ok(0)
}
