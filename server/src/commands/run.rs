//! `grantd dev` and `grantd serve`: run the server until somebody ends it.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::Args;
use grantd::clock::Clock;
use grantd::config::{Config, Database, LogFormat, LogLevel, Mode};
use grantd::flows::{SecretKeys, Seed};
use grantd::server::{Ports, Server};
use grantd::store::Store;
use tokio::signal::unix::{SignalKind, signal};
use tracing_subscriber::EnvFilter;

use super::{Done, Failed, complain, runtime, settings};

#[derive(Args)]
pub struct Dev {
    /// Where to listen on this machine; 0 picks a free port
    #[arg(long, value_name = "PORT")]
    port: Option<u16>,
    /// Where the data is kept [default: ./.grantd-dev]
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Forget what is there and start over
    #[arg(long)]
    fresh: bool,
}

pub fn dev(file: Option<&Path>, dev: &Dev) -> Done {
    let port = dev.port.map(|port| ("server.listen", format!("127.0.0.1:{port}")));
    let data = dev.data.as_ref().map(|data| ("data_dir", data.display().to_string()));
    let flags: Vec<_> = port.into_iter().chain(data).collect();
    let (mut config, _) = settings(Mode::Dev, file, &flags)?;
    start_log(&config);
    runtime()?.block_on(async {
        let data = config.data_dir.display().to_string();
        let ports = Ports::bind(&mut config).await?;
        if dev.fresh {
            forget(&config)?;
        }
        let server = Server::open(ports, config, Clock::system(), Seed::Dev).await?;
        let asked_to_end = asked_to_end()?;
        introduce_dev(server.flows().config(), &data);
        Ok(server.run(asked_to_end).await?)
    })
}

pub fn serve(file: Option<&Path>) -> Done {
    let (config, _) = settings(Mode::Serve, file, &[])?;
    start_log(&config);
    runtime()?.block_on(async {
        let server = Server::bind(config, Clock::system(), Seed::FirstParty).await?;
        let asked_to_end = asked_to_end()?;
        introduce(&server).await?;
        Ok(server.run(asked_to_end).await?)
    })
}

/// Starts over: only what `grantd dev` made is forgotten.
fn forget(config: &Config) -> Done {
    let Database::Sqlite { path } = &config.database else {
        return Err(Failed::usage(
            "--fresh forgets the SQLite file of `grantd dev`; empty the PostgreSQL database yourself",
        ));
    };
    let keys = SecretKeys::of_server(&config.secret_key_file, Seed::Dev).map_err(Failed::usage)?;
    let made_by_dev = keys.as_ref().is_some_and(|keys| keys.iter().all(|key| key.development));
    if (path.exists() || keys.is_some()) && !made_by_dev {
        let (data, key) = (path.display(), config.secret_key_file.display());
        return Err(Failed::because(format!(
            "nothing says that `grantd dev` made {data}: {key} is not a development key; --fresh leaves it alone"
        )));
    }
    if path.exists() {
        Store::erase(path)?;
    }
    if keys.is_some() {
        std::fs::remove_file(&config.secret_key_file)?;
    }
    Ok(())
}

/// What to try, with addresses that answer.
fn introduce_dev(config: &Config, data: &str) {
    let issuer = config.issuer.as_str();
    let version = env!("CARGO_PKG_VERSION");
    let docs = config.docs.enabled.then(|| format!("{issuer}/docs"));
    if !std::io::stderr().is_terminal() {
        tracing::info!(
            version,
            issuer,
            start = format!("{issuer}/"),
            web_client = format!("{issuer}/app/"),
            docs,
            document = format!("{issuer}/openapi.yaml"),
            discovery = format!("{issuer}/.well-known/openid-configuration"),
            data,
            "ready: dev mode, seeded data, weak keys, loopback only"
        );
        return;
    }
    let docs = docs.map(|docs| format!("\n  API             {docs}       press Authorize")).unwrap_or_default();
    complain(&format!(
        "grantd {version}  dev mode: seeded data, weak keys, loopback only

  Start           {issuer}/{docs}
  Web client      {issuer}/app/
  Users           ada / ada-dev-password   (admin)
                  bob / bob-dev-password
  Clients         web, grant-cli, swagger-ui      no secret: people sign in with name and password
                  demo-service / demo-service-dev-secret      a service
                  demo-api / demo-api-dev-secret              an API that introspects
  Discovery       {issuer}/.well-known/openid-configuration
  API document    {issuer}/openapi.yaml
  Errors          {issuer}/errors

  Sign in         curl -d grant_type=password -d client_id=web \\
                       -d username=ada -d password=ada-dev-password {issuer}/oauth2/token

  data {data}   ctrl-c stops   --fresh starts over
"
    ));
}

/// Where the server is, and what to do first if nobody can administer it.
async fn introduce(server: &Server) -> Done {
    let config = server.flows().config();
    tracing::info!(
        version = env!("CARGO_PKG_VERSION"),
        issuer = config.issuer.as_str(),
        listen = %server.address(),
        metrics = server.metrics_address().map(tracing::field::display),
        "ready"
    );
    if !server.flows().has_administrator().await? {
        let advice = "no administrator yet; make one: grantd user create NAME --email NAME@example.org --role admin";
        // A log that machines read holds nothing but its lines.
        if config.log.format == LogFormat::Json { tracing::error!("{advice}") } else { complain(advice) }
    }
    Ok(())
}

/// Until SIGTERM or Ctrl-C; a second one does not wait for requests under way. It listens from the call on, not from the first wait.
fn asked_to_end() -> std::io::Result<impl Future<Output = ()> + Send> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
        tracing::info!("asked to end; answering what is under way");
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {} _ = interrupt.recv() => {} }
            std::process::exit(0);
        });
    })
}

/// One line a request on standard error; of other libraries only what is wrong.
fn start_log(config: &Config) {
    let others = match config.log.level {
        LogLevel::Error => "error",
        LogLevel::Trace => "info",
        _ => "warn",
    };
    let filter = EnvFilter::new(format!("{others},grantd={}", config.log.level.as_str()));
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false);
    match config.log.format {
        LogFormat::Text => log.with_ansi(std::io::stderr().is_terminal()).init(),
        LogFormat::Json => log.json().flatten_event(true).with_current_span(false).with_span_list(false).init(),
    }
}
