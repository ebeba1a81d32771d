//! `grantd migrate`, `grantd openapi`, `grantd healthcheck`: what keeps a server going.

use std::path::Path;
use std::time::Duration;

use clap::Args;
use grantd::config::Mode;
use grantd::http;
use grantd::store::{Purpose, Store};
use serde_json::json;

use super::{Done, Failed, runtime, say, say_json, settings};

/// How long a health check waits.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Args)]
pub struct Migrate {
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Say it in JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Openapi {
    /// In JSON rather than YAML
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
pub struct Healthcheck {
    /// What to ask [default: /readyz where the settings say that the server listens]
    url: Option<String>,
    /// Say it in JSON
    #[arg(long)]
    json: bool,
}

pub fn migrate(file: Option<&Path>, migrate: &Migrate) -> Done {
    let (config, _) = settings(Mode::Command, file, &[])?;
    let changes = runtime()?.block_on(async {
        if migrate.dry_run {
            return Ok::<_, Failed>(Store::inspect(&config.database).await?);
        }
        let opened = Store::open(&config.database, Purpose::Migrate).await?;
        if !opened.missing.is_empty() {
            opened.store.migrate().await?;
        }
        opened.store.close().await;
        Ok(opened.missing)
    })?;
    if migrate.json {
        return say_json(&json!({ "dry_run": migrate.dry_run, "changes": changes }));
    }
    let verb = if migrate.dry_run { "would make" } else { "made" };
    changes.iter().try_for_each(|change| say(change))?;
    say(&match changes.len() {
        0 => "nothing to do".to_owned(),
        1 => format!("{verb} 1 change"),
        count => format!("{verb} {count} changes"),
    })
}

pub fn openapi(file: Option<&Path>, openapi: &Openapi) -> Done {
    let (config, _) = settings(Mode::Command, file, &[])?;
    let document = http::Document::new(&config);
    say(if openapi.json { document.json() } else { document.yaml() }.trim_end())
}

pub fn healthcheck(file: Option<&Path>, healthcheck: &Healthcheck) -> Done {
    let url = if let Some(url) = &healthcheck.url {
        url.clone()
    } else {
        let (config, _) = settings(Mode::Command, file, &[])?;
        format!("http://{}{}/readyz", config.server.listen, config.issuer.path())
    };
    let asked = runtime()?.block_on(async {
        let mut client = reqwest::Client::builder().timeout(PATIENCE).no_proxy();
        if !url.starts_with("https:") {
            // Else it would look for the machine's certificates, which an image may not have.
            client = client.tls_certs_only([]);
        }
        client.build()?.get(&url).send().await
    });
    match asked {
        Ok(answer) if answer.status().is_success() => {
            if healthcheck.json {
                say_json(&json!({ "url": url, "healthy": true }))
            } else {
                say("healthy")
            }
        }
        Ok(answer) => Err(Failed::because(format!("{url} answers {}", answer.status()))),
        Err(error) if error.is_builder() => Err(Failed::usage(format!("cannot ask {url}: an http address is needed"))),
        Err(error) => Err(Failed::because(format!("{url} does not answer: {}", root_cause(&error)))),
    }
}

fn root_cause(error: &dyn std::error::Error) -> String {
    let mut cause = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}
