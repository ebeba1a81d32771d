//! `grant credential`: how do git, docker, cargo and kubectl get the token? Each in its own protocol, and only for the server that gave it.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use clap::{Args, ValueEnum};
use grant::accounts::Accounts;
use grant::clock;
use grant::failure::{Code, Failure, plain};
use grant::jwt;
use grant::oauth::Issuer;
use grant::renewal::{Held, Wish};
use grant::settings::variable;
use serde_json::{Value, json};
use url::Url;

use super::{Context, Done, say};

/// Nobody asks for a credential in more words.
const MAX_REQUEST: u64 = 64 << 10;
/// What docker knows as "there is none", word for word.
const DOCKER_HAS_NONE: &str = "credentials not found in native keychain";
/// The version of kubectl's protocol that is spoken.
const KUBERNETES: &str = "client.authentication.k8s.io/v1";

/// How each tool is told to ask.
pub const WIRING: &str =
    "The answer is for the host and the port of the account's server alone; `store` and `erase` change nothing.

git:
  git config --global credential.https://id.example.org.helper '!grant credential git'

docker looks for a program of this name, and config.json names it by its end:
  ln -s \"$(command -v grant)\" ~/.local/bin/docker-credential-grant
  {\"credHelpers\": {\"id.example.org\": \"grant\"}}

cargo, in ~/.cargo/config.toml:
  [registries.example]
  index = \"sparse+https://id.example.org/index/\"
  credential-provider = [\"grant\"]

kubectl, in the kubeconfig; it says where the token goes only with provideClusterInfo:
  users:
  - name: example
    user:
      exec:
        apiVersion: client.authentication.k8s.io/v1
        command: grant
        args: [credential, kubernetes]
        interactiveMode: Never
        provideClusterInfo: true

Example:
  printf 'protocol=https\\nhost=id.example.org\\n' | grant credential git get";

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Tool {
    Git,
    Docker,
    Cargo,
    Kubernetes,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Action {
    /// Answer with the token
    Get,
    /// Nothing: `grant login` keeps what there is to keep
    Store,
    /// Nothing: `grant logout` forgets
    Erase,
    /// Say for which server there is one; docker alone asks that
    #[value(hide = true)]
    List,
}

#[derive(Args)]
pub struct Credential {
    /// Who asks
    tool: Tool,
    /// What for
    #[arg(default_value = "get")]
    action: Action,
}

/// The command line as it is meant: docker calls us by another name, and cargo with an argument of its own.
pub fn called_as(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut args: Vec<_> = args.collect();
    let name = args.first().and_then(|program| Path::new(program).file_stem()).unwrap_or_default();
    let insert: &[&str] = if name == "docker-credential-grant" {
        &["credential", "docker"]
    } else if args.get(1).is_some_and(|arg| arg == "--cargo-plugin") {
        args.truncate(1);
        &["credential", "cargo"]
    } else {
        &[]
    };
    args.splice(1.min(args.len())..1.min(args.len()), insert.iter().map(OsString::from));
    args
}

pub async fn credential(context: &Context, credential: &Credential) -> Done {
    match (credential.tool, credential.action) {
        (Tool::Docker, Action::List) => docker_list(context),
        (_, Action::List) => Err(Failure::usage("only docker asks for a list")),
        (_, Action::Store | Action::Erase) => request().map(|_| 0),
        (Tool::Git, Action::Get) => git(context).await,
        (Tool::Docker, Action::Get) => docker(context).await,
        (Tool::Cargo, Action::Get) => cargo(context).await,
        (Tool::Kubernetes, Action::Get) => kubernetes(context).await,
    }
}

/// Whose token it is that may be given, and where it may go.
struct Owner {
    issuer: Issuer,
    username: String,
}

impl Owner {
    /// None when nobody is signed in: then nothing is ours to answer.
    fn find(context: &Context) -> Result<Option<Self>, Failure> {
        if let Some(token) = context.token_of_environment() {
            let username = jwt::text_claim(token.expose(), "sub").unwrap_or_default();
            let (server, _) = Context::access_of_environment(token)?;
            return Ok(Some(Self { issuer: server.issuer().clone(), username }));
        }
        let accounts = Accounts::read(&context.settings.folders)?;
        match accounts.chosen(context.account.as_deref(), &context.settings) {
            Ok(account) => Ok(Some(Self {
                issuer: Issuer::parse(&account.issuer)?,
                // A line of its own in git's protocol.
                username: plain(&account.username),
            })),
            Err(failure) if failure.code == Code::SignIn => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    fn is_at(&self, address: &str) -> bool {
        Url::parse(address).is_ok_and(|url| self.issuer.is_at(&url))
    }
}

/// What is asked on standard input.
fn request() -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(MAX_REQUEST + 1).read_to_end(&mut bytes);
    read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))?;
    if bytes.len() as u64 > MAX_REQUEST {
        return Err(Failure::usage("standard input is too long for a request"));
    }
    String::from_utf8(bytes).map_err(|_| Failure::usage("standard input is not UTF-8"))
}

async fn held(context: &Context) -> Result<Held, Failure> {
    Ok(context.access(Wish::default()).await?.1)
}

/// gitcredentials(7): a line each, `key=value`. Without an answer git asks the next helper.
async fn git(context: &Context) -> Done {
    let request = request()?;
    let asked = |name: &str| {
        let values = request.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once('='));
        values.filter(|(key, _)| *key == name).last().map(|(_, value)| value)
    };
    let address = format!("{}://{}", asked("protocol").unwrap_or_default(), asked("host").unwrap_or_default());
    let Some(owner) = Owner::find(context)?.filter(|owner| owner.is_at(&address)) else { return Ok(0) };
    if asked("username").is_some_and(|name| name != owner.username) {
        return Ok(0);
    }
    let held = held(context).await?;
    let (name, token, until) = (&owner.username, held.access_token.expose(), held.expires_at);
    say(format!("username={name}\npassword={token}\npassword_expiry_utc={until}"))?;
    Ok(0)
}

/// docker-credential-helpers: the server on standard input, an object or an error on standard output.
async fn docker(context: &Context) -> Done {
    let request = request()?;
    let server = request.trim();
    let answer = async {
        let Some(owner) = Owner::find(context)? else { return Ok(None) };
        let address =
            if server.contains("://") { server.to_owned() } else { format!("{}://{server}", owner.issuer.scheme()) };
        if !owner.is_at(&address) {
            return Ok(None);
        }
        let held = held(context).await?;
        Ok(Some(json!({ "ServerURL": server, "Username": owner.username, "Secret": held.access_token.expose() })))
    };
    match answer.await {
        Ok(Some(answer)) => say(answer)?,
        Ok(None) => {
            say(DOCKER_HAS_NONE)?;
            return Ok(Code::Other as u8);
        }
        // It shows what stands on standard output.
        Err(failure) => {
            let failure: Failure = failure;
            say(failure.text().replace('\n', ";"))?;
            return Ok(failure.code as u8);
        }
    }
    Ok(0)
}

fn docker_list(context: &Context) -> Done {
    let owner = Owner::find(context)?;
    say(owner.map_or_else(|| json!({}), |owner| json!({ owner.issuer.as_str(): owner.username })))?;
    Ok(0)
}

/// Cargo's credential provider protocol: it is greeted, and each of its lines is answered by one.
async fn cargo(context: &Context) -> Done {
    say(json!({ "v": [1] }))?;
    let mut lines = BufReader::new(std::io::stdin());
    loop {
        let mut line = Vec::new();
        let read = lines.by_ref().take(MAX_REQUEST).read_until(b'\n', &mut line);
        if read.map_err(|error| Failure::usage(format!("standard input cannot be read: {error}")))? == 0 {
            return Ok(0);
        }
        if line.len() as u64 == MAX_REQUEST {
            return Err(Failure::usage("a line of standard input is too long for a request"));
        }
        let answer = match serde_json::from_slice::<Value>(&line) {
            Ok(request) => cargo_answer(context, &request).await,
            Err(error) => other(&format!("this is no request of cargo's: {error}")),
        };
        say(answer)?;
    }
}

fn other(message: &str) -> Value {
    json!({ "Err": { "kind": "other", "message": message, "caused-by": [] } })
}

async fn cargo_answer(context: &Context, request: &Value) -> Value {
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    if request.get("v") != Some(&json!(1)) {
        return other("only version 1 of the protocol is spoken");
    }
    if text(request, "kind") != "get" {
        // `cargo login` and `cargo logout`: what there is to keep, `grant login` keeps.
        return json!({ "Err": { "kind": "operation-not-supported" } });
    }
    let index = request.get("registry").map(|registry| text(registry, "index-url")).unwrap_or_default();
    let address = index.strip_prefix("sparse+").unwrap_or(&index);
    let held = match Owner::find(context) {
        Ok(Some(owner)) if owner.is_at(address) => held(context).await,
        Ok(_) => return json!({ "Err": { "kind": "url-not-supported" } }),
        Err(failure) => Err(failure),
    };
    match held {
        // Cargo sends it as the whole Authorization header.
        Ok(held) => json!({ "Ok": {
            "kind": "get",
            "token": format!("Bearer {}", held.access_token.expose()),
            "cache": "expires",
            "expiration": held.expires_at,
            "operation_independent": true,
        } }),
        Err(failure) => other(&failure.text().replace("\n  ", "; ")),
    }
}

/// An exec credential plugin of client-go. Which cluster it is for is only said when the kubeconfig has `provideClusterInfo`.
async fn kubernetes(context: &Context) -> Done {
    let asked = variable("KUBERNETES_EXEC_INFO").unwrap_or_default();
    let asked: Value = if asked.is_empty() {
        Value::Null
    } else {
        serde_json::from_str(&asked)
            .map_err(|error| Failure::usage(format!("KUBERNETES_EXEC_INFO is not JSON: {error}")))?
    };
    let version = asked.get("apiVersion").and_then(Value::as_str).unwrap_or(KUBERNETES);
    if version != KUBERNETES && version != "client.authentication.k8s.io/v1beta1" {
        return Err(Failure::usage(format!("kubectl asks for {version}")).hint(format!("apiVersion: {KUBERNETES}")));
    }
    if let Some(server) = asked.pointer("/spec/cluster/server").and_then(Value::as_str)
        && !Owner::find(context)?.is_none_or(|owner| owner.is_at(server))
    {
        return Err(Failure::new(Code::Refused, format!("the token is not for {server}"))
            .detail("it goes to the host and the port of the account's server alone")
            .hint("choose another account with --account, or take provideClusterInfo out to decide yourself"));
    }
    let held = held(context).await?;
    say(json!({
        "kind": "ExecCredential",
        "apiVersion": version,
        "status": {
            "expirationTimestamp": clock::rfc3339(held.expires_at),
            "token": held.access_token.expose(),
        },
    }))?;
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn docker_and_cargo_call_us_in_their_own_way() {
        let called = |args: &[&str]| {
            let args = called_as(args.iter().map(OsString::from));
            args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            called(&["/bin/docker-credential-grant", "get"]),
            "/bin/docker-credential-grant credential docker get"
        );
        assert_eq!(called(&["grant", "--cargo-plugin"]), "grant credential cargo");
        assert_eq!(called(&["grant", "token", "--json"]), "grant token --json");
        assert_eq!(called(&["grant"]), "grant");
        assert_eq!(called(&[]), "");
    }
}
