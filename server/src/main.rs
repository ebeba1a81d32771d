//! The command line: which command was asked for, with which settings, and what came of it?

mod commands;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use commands::{Failed, clients, configuration, keys, run, sessions, upkeep, users};

/// An OAuth 2.x and OpenID Connect server in one binary.
#[derive(Parser)]
#[command(
    name = "grantd",
    version,
    arg_required_else_help = true,
    after_help = "Example:\n  grantd dev                    a seeded server on http://localhost:8080\n\nEvery command has an example: grantd COMMAND --help"
)]
struct Cli {
    /// The settings; without it ./grantd.toml, if there
    #[arg(short, long, value_name = "FILE", global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a seeded server on this machine, to develop against
    #[command(after_help = "Example:\n  grantd dev --port 0 --data /tmp/try --fresh")]
    Dev(run::Dev),
    /// Run the server, in production
    #[command(after_help = "Example:\n  grantd serve -c /etc/grantd/grantd.toml")]
    Serve,
    /// Write a commented grantd.toml and a secret key; never overwrites
    #[command(after_help = "Example:\n  grantd init /etc/grantd")]
    Init(configuration::Init),
    /// Check or show the settings
    #[command(subcommand, after_help = "Example:\n  grantd config check")]
    Config(configuration::ConfigCommand),
    /// Make, show, change, lock and delete users
    #[command(subcommand, after_help = "Example:\n  grantd user list")]
    User(users::UserCommand),
    /// Register, show, change and delete clients
    #[command(subcommand, after_help = "Example:\n  grantd client list")]
    Client(clients::ClientCommand),
    /// Show and rotate the keys that sign tokens
    #[command(subcommand, after_help = "Example:\n  grantd key rotate")]
    Key(keys::KeyCommand),
    /// Show and end sessions
    #[command(subcommand, after_help = "Example:\n  grantd session list")]
    Session(sessions::SessionCommand),
    /// Bring the data to this program's version
    #[command(after_help = "Example:\n  grantd migrate --dry-run")]
    Migrate(upkeep::Migrate),
    /// Print the API document
    #[command(after_help = "Example:\n  grantd openapi --json > grantd.json")]
    Openapi(upkeep::Openapi),
    /// Ask a running server whether it can serve
    #[command(after_help = "Example:\n  grantd healthcheck http://127.0.0.1:8080/readyz")]
    Healthcheck(upkeep::Healthcheck),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let file = cli.config.as_deref();
    let done = match cli.command {
        Command::Dev(dev) => run::dev(file, &dev),
        Command::Serve => run::serve(file),
        Command::Init(init) => configuration::init(&init),
        Command::Config(command) => configuration::config(file, &command),
        Command::User(command) => users::user(file, command),
        Command::Client(command) => clients::client(file, command),
        Command::Key(command) => keys::key(file, &command),
        Command::Session(command) => sessions::session(file, command),
        Command::Migrate(migrate) => upkeep::migrate(file, &migrate),
        Command::Openapi(openapi) => upkeep::openapi(file, &openapi),
        Command::Healthcheck(healthcheck) => upkeep::healthcheck(file, &healthcheck),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => failed.tell(),
    }
}

impl Failed {
    fn tell(self) -> ExitCode {
        if !self.message.is_empty() {
            commands::complain(&format!("grantd: {}", self.message));
        }
        ExitCode::from(self.code)
    }
}
