//! The command line: which command was asked for, and what came of it?

mod commands;
mod plain;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser, Subcommand};
use grant::failure::{Code, Failure};
use grant::settings::{Settings, variable};
use grant::{journal, logging};

use commands::{
    Context, accounts, activity, admin, api, completion, config, credential, doctor, exec, inspect, login, logout,
    sessions, status, token,
};

/// Signs in to Grantd from a terminal and hands tokens to other programs.
#[derive(Parser)]
#[command(
    name = "grant",
    version,
    after_help = "Example:\n  grant login http://localhost:8080 --username ada\n  curl -H \"$(grant token --format header)\" http://localhost:8080/api/v1/me\n\nEvery command has an example: grant COMMAND --help\nFor administrators of a server: grant admin --help"
)]
struct Cli {
    /// Whose tokens [default: those of the active account]
    #[arg(short, long, value_name = "NAME", global = true)]
    account: Option<String>,
    /// Say everything in JSON, errors too
    #[arg(long, global = true)]
    json: bool,
    /// Ask with a numbered menu instead of drawing a screen; so does a terminal that cannot be drawn on
    #[arg(long, conflicts_with = "json")]
    plain: bool,
    /// Without one, the application for a terminal
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Sign in, and keep the tokens
    #[command(after_help = "Example:\n  grant login https://id.example.org --username ada --password-file ./password")]
    Login(login::Login),
    /// End the session and forget its tokens
    #[command(after_help = "Example:\n  grant logout --everywhere")]
    Logout(logout::Logout),
    /// Say who is signed in where, and for how long
    #[command(after_help = "Example:\n  grant status --json")]
    Status(status::Status),
    /// Print an access token, renewed when it is due
    #[command(after_help = "Example:\n  curl -H \"$(grant token --format header)\" https://api.example.org/")]
    Token(token::Token),
    /// Run a program with the token in its environment
    #[command(after_help = "Example:\n  grant exec -- ./deploy --now")]
    Exec(exec::Exec),
    /// Call the server with the token
    #[command(after_help = "Example:\n  grant api PATCH /api/v1/me -f name='Ada L.'")]
    Api(api::Api),
    /// Show what a token says, without sending it anywhere
    #[command(after_help = "Example:\n  grant inspect")]
    Inspect(inspect::Inspect),
    /// Show and end the sessions of the user
    #[command(after_help = "Example:\n  grant sessions revoke --others --yes")]
    Sessions(sessions::Sessions),
    /// Show what happened to the user's account
    #[command(after_help = "Example:\n  grant activity --since 24h")]
    Activity(activity::Activity),
    /// Show, choose, rename and remove the accounts of this machine
    #[command(after_help = "Example:\n  grant accounts use ada")]
    Accounts(accounts::Accounts),
    /// Administer the server: users, clients, sessions, keys, events
    #[command(
        subcommand,
        hide = true,
        after_help = "Needs the role admin at the server.\n\nExample:\n  grant admin users list --role admin"
    )]
    Admin(admin::Admin),
    /// Answer git, docker, cargo and kubectl when they ask for a credential
    #[command(after_help = credential::WIRING)]
    Credential(credential::Credential),
    /// Show and change the settings
    #[command(after_help = "Example:\n  grant config set issuer https://id.example.org")]
    Config(config::Config),
    /// Say what keeps this program from working on this machine
    #[command(after_help = doctor::ABOUT)]
    Doctor,
    /// Print what makes a shell complete this program's commands
    #[command(after_help = "Example:\n  grant completion bash > ~/.local/share/bash-completion/completions/grant")]
    Completion(completion::Completion),
    /// Print the manual, or write it into a folder
    #[command(after_help = "Example:\n  grant man ~/.local/share/man/man1")]
    Man(completion::Manual),
    /// Say which version this is
    #[command(after_help = "Example:\n  grant version --json")]
    Version,
}

fn main() -> ExitCode {
    let parsed = Cli::command().try_get_matches_from(credential::called_as(std::env::args_os())).and_then(|matches| {
        if let Some(command) = matches.subcommand_name() {
            journal::called(command);
        }
        Cli::from_arg_matches(&matches).map(|cli| Cli { json: cli.json || format_is_json(&matches), ..cli })
    });
    let cli = match parsed {
        Ok(cli) => cli,
        Err(error) => return misused(&error),
    };
    let json = cli.json;
    let Some(command) = cli.command else { return without_command(&cli) };
    let done = Settings::read().and_then(|settings| {
        let context = Context { settings, account: cli.account, json };
        let runtime = runtime()?;
        let done = runtime.block_on(run(&context, command));
        // A keyring that nobody unlocks must not keep us.
        runtime.shutdown_background();
        done
    });
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => tell(&failure, json),
    }
}

fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| Failure::new(Code::Other, error))
}

/// The application, where there is a terminal for it; elsewhere a short help.
fn without_command(cli: &Cli) -> ExitCode {
    let person = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    if !person || cli.json {
        commands::complain(&Cli::command().render_help().to_string());
        return ExitCode::from(2);
    }
    let dumb = variable("TERM").is_none_or(|terminal| terminal == "dumb");
    let done = if cli.plain || (dumb && cfg!(unix)) { menu(cli.account.as_ref()) } else { application(cli) };
    match done {
        Ok(code) => ExitCode::from(code),
        Err(failure) => tell(&failure, false),
    }
}

fn application(cli: &Cli) -> commands::Done {
    // While there is one thread: nobody changes the environment from which it is read.
    let zone = time::UtcOffset::current_local_offset().map_or(0, |offset| i64::from(offset.whole_seconds()));
    let settings = Settings::read()?;
    let (settled, accounts, account) = commands::application(&settings, cli.account.as_deref(), zone)?;
    logging::to_file(&settings.folders)?;
    let runtime = runtime()?;
    let done = runtime.block_on(grant::app::run(settings.folders, settled, accounts, account));
    runtime.shutdown_background();
    done
}

/// One command after the other, until somebody leaves. What goes wrong with one is told, and the next is asked for.
fn menu(account: Option<&String>) -> commands::Done {
    let runtime = runtime()?;
    while let Some(command) = plain::ask()? {
        let context = Context { settings: Settings::read()?, account: account.cloned(), json: false };
        if let Err(failure) = runtime.block_on(run(&context, command)) {
            commands::complain(&failure.text());
        }
    }
    runtime.shutdown_background();
    Ok(0)
}

/// Whether `--format json` was said, which is `--json`.
fn format_is_json(matches: &ArgMatches) -> bool {
    if let Some((_, matches)) = matches.subcommand() {
        return format_is_json(matches);
    }
    let named = matches.try_get_raw("format").ok().flatten();
    named.is_some_and(|mut values| values.any(|value| value == "json"))
}

async fn run(context: &Context, command: Command) -> commands::Done {
    logging::to_stderr()?;
    match command {
        Command::Login(login) => login::login(context, &login).await,
        Command::Logout(logout) => logout::logout(context, &logout).await,
        Command::Status(status) => status::status(context, &status).await,
        Command::Token(token) => token::token(context, &token).await,
        Command::Exec(exec) => exec::exec(context, &exec).await,
        Command::Api(api) => api::api(context, &api).await,
        Command::Inspect(inspect) => inspect::inspect(context, &inspect).await,
        Command::Sessions(sessions) => sessions::sessions(context, &sessions).await,
        Command::Activity(activity) => activity::activity(context, &activity).await,
        Command::Accounts(accounts) => accounts::accounts(context, &accounts).await,
        Command::Credential(credential) => credential::credential(context, &credential).await,
        Command::Admin(admin) => admin::admin(context, &admin).await,
        Command::Config(config) => config::config(context, &config),
        Command::Doctor => doctor::doctor(context).await,
        Command::Completion(completion) => completion::completion(Cli::command(), &completion),
        Command::Man(manual) => completion::man(Cli::command(), &manual),
        Command::Version => commands::version(context),
    }
}

fn tell(failure: &Failure, json: bool) -> ExitCode {
    commands::complain(&if json { failure.json().to_string() } else { failure.text() });
    ExitCode::from(failure.code as u8)
}

/// What clap says of a command line, in JSON too when that was asked for.
fn misused(error: &clap::Error) -> ExitCode {
    let shown = matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion);
    let json = std::env::args_os().take_while(|arg| arg != "--").any(|arg| arg == "--json");
    if json && !shown {
        let text = error.render().to_string();
        let line = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
        return tell(&Failure::usage(line).hint("grant --help"), true);
    }
    let _ = error.print();
    ExitCode::from(if shown { 0 } else { 2 })
}
