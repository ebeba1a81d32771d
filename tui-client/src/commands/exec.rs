//! `grant exec`: run a program with the token in its environment, where no other user of the machine reads it.

use std::process::Command;

use clap::Args;
use grant::failure::Failure;
use grant::renewal::Wish;

use super::{Context, Done, complain};

#[derive(Args)]
pub struct Exec {
    /// The variable that gets the token
    #[arg(long, value_name = "VARIABLE", default_value = "GRANT_TOKEN")]
    env: String,
    /// The program and its arguments
    #[arg(required = true, trailing_var_arg = true, allow_hyphen_values = true, value_name = "COMMAND")]
    command: Vec<std::ffi::OsString>,
}

pub async fn exec(context: &Context, exec: &Exec) -> Done {
    let Some((program, args)) = exec.command.split_first() else {
        return Err(Failure::usage("run which program?"));
    };
    if exec.env.is_empty() || exec.env.contains(['=', '\0']) {
        return Err(Failure::usage(format!("`{}` is no name of a variable", exec.env)));
    }
    let (_, held) = context.access(Wish::default()).await?;
    let mut command = Command::new(program);
    command.args(args).env(&exec.env, held.access_token.expose());
    let failed = |error: std::io::Error| {
        Failure::new(grant::failure::Code::Other, format!("{} cannot be run: {error}", program.display()))
    };
    // In our place, so that signals and the exit code are its own.
    #[cfg(unix)]
    {
        let error = std::os::unix::process::CommandExt::exec(&mut command);
        // As a shell says it.
        let code = if error.kind() == std::io::ErrorKind::NotFound { 127 } else { 126 };
        complain(&failed(error).text());
        Ok(code)
    }
    #[cfg(not(unix))]
    command.status().map(|status| u8::try_from(status.code().unwrap_or(1)).unwrap_or(1)).map_err(failed)
}
