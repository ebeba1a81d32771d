//! What do the commands share? Whose token they use, what they print, and how they ask a person.

pub mod accounts;
pub mod activity;
pub mod admin;
pub mod api;
pub mod completion;
pub mod config;
pub mod credential;
pub mod doctor;
pub mod exec;
pub mod follow;
pub mod inspect;
pub mod login;
pub mod logout;
pub mod page;
pub mod sessions;
pub mod status;
pub mod table;
pub mod token;

use std::fmt::Display;
use std::io::{IsTerminal, Read, Write};
use std::path::Path;
#[cfg(unix)]
use std::sync::atomic::{AtomicBool, Ordering};
#[cfg(unix)]
use std::sync::{Arc, OnceLock};

use grant::accounts::{Account, Accounts};
use grant::app::keys::Keymap;
use grant::app::state::Settled;
use grant::app::theme::{Theme, wants_ascii};
use grant::failure::{Code, Failure, plain};
use grant::jwt;
use grant::oauth::{Answer, Issuer, Server};
use grant::renewal::{Held, Keeper, Wish};
use grant::secret::Secret;
use grant::settings::{Settings, variable};
use grant::token_store::StoreKind;
use reqwest::Method;
use serde_json::{Value, json};

pub use table::say_table;

/// The exit code, or why not.
pub type Done = Result<u8, Failure>;

/// What every command is called with.
pub struct Context {
    pub settings: Settings,
    /// Whose tokens, when that was said.
    pub account: Option<String>,
    pub json: bool,
}

impl Context {
    /// Whether there is a person to ask.
    pub fn may_ask(&self) -> bool {
        !self.settings.no_input && std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
    }

    /// What a token in the environment says; it wins over every store.
    pub fn token_of_environment(&self) -> Option<Secret> {
        // Whoever names an account means its own token.
        if self.account.is_some() { None } else { variable("GRANT_TOKEN").map(Secret::new) }
    }

    /// The account that is meant.
    pub fn keeper(&self) -> Result<Keeper, Failure> {
        let accounts = Accounts::read(&self.settings.folders)?;
        Keeper::new(&self.settings.folders, accounts.chosen(self.account.as_deref(), &self.settings)?)
    }

    /// An access token that does, and the server that gave it.
    pub async fn access(&self, wish: Wish) -> Result<(Server, Held), Failure> {
        if let Some(token) = self.token_of_environment() {
            return Self::access_of_environment(token);
        }
        let keeper = self.keeper()?;
        let held = keeper.token(wish).await?;
        if let Some(warning) = &held.warning {
            warn(warning);
        }
        Ok((keeper.server().clone(), held))
    }

    pub fn access_of_environment(access_token: Secret) -> Result<(Server, Held), Failure> {
        if !jwt::is_token(access_token.expose()) {
            return Err(Failure::usage("GRANT_TOKEN is no token: it has characters that none has")
                .hint("set another, or unset it"));
        }
        let issuer = variable("GRANT_ISSUER").or_else(|| jwt::text_claim(access_token.expose(), "iss"));
        let issuer =
            issuer.ok_or_else(|| Failure::usage("GRANT_TOKEN does not say whose it is").hint("set GRANT_ISSUER"))?;
        let server = Server::new(Issuer::parse(&issuer)?)?;
        let claims = jwt::decode(access_token.expose()).map(|(_, claims)| claims).unwrap_or_default();
        let expires_at = claims.get("exp").and_then(Value::as_i64).unwrap_or(i64::MAX);
        let scope = jwt::text_claim(access_token.expose(), "scope").unwrap_or_default();
        Ok((server, Held { access_token, expires_at, scope, warning: None }))
    }

    /// Who asks the server for things.
    pub fn caller(&self) -> Result<Caller, Failure> {
        Ok(match self.token_of_environment() {
            Some(token) => {
                let (server, held) = Self::access_of_environment(token)?;
                Caller::Environment(server, held.access_token)
            }
            None => Caller::Account(Box::new(self.keeper()?)),
        })
    }

    /// Asks the server for something; a 401 is followed by one renewal and one more try.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<(Server, Answer), Failure> {
        let caller = self.caller()?;
        let answer = caller.ask(method, path, body).await?;
        Ok((caller.server().clone(), answer))
    }

    /// Asks whether to go on; where nobody can be asked, `--yes` is to be given.
    pub fn confirm(&self, yes: bool, question: &str) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !self.may_ask() {
            return Err(Failure::usage(format!("{question} Nobody is there to be asked")).hint("give --yes"));
        }
        if matches!(ask_line(&format!("{question} [y/N] "))?.as_str(), "y" | "Y" | "yes") {
            return Ok(());
        }
        Err(Failure::new(Code::Other, "nothing was done"))
    }

    /// Asks for the name of what is to go for good.
    pub fn confirm_name(&self, yes: bool, question: &str, name: &str) -> Result<(), Failure> {
        if yes {
            return Ok(());
        }
        if !self.may_ask() {
            return self.confirm(yes, question);
        }
        if ask_line(&format!("{question} Type {} to go on: ", plain(name)))? == name {
            return Ok(());
        }
        Err(Failure::new(Code::Other, "that is another name; nothing was done"))
    }
}

/// Who asks the server for things, once or often: the store is opened once.
pub enum Caller {
    /// Whoever was given a token, which nobody renews.
    Environment(Server, Secret),
    /// An account, its tokens renewed when they are due.
    Account(Box<Keeper>),
}

impl Caller {
    /// Whom it asks.
    pub fn server(&self) -> &Server {
        match self {
            Self::Environment(server, _) => server,
            Self::Account(keeper) => keeper.server(),
        }
    }

    /// Whom it asks, by name.
    pub fn issuer(&self) -> &str {
        self.server().issuer().as_str()
    }

    /// Asks for something; a 401 is followed by one renewal and one more try.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Answer, Failure> {
        match self {
            Self::Environment(server, token) => server.ask(method, path, token, body).await,
            Self::Account(keeper) => {
                let (answer, warning) = keeper.ask(method, path, body).await?;
                if let Some(warning) = warning {
                    warn(warning);
                }
                Ok(answer)
            }
        }
    }

    /// The same, for an answer that has to be a yes.
    pub async fn send(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Failure> {
        let answer = self.ask(method, path, body).await?;
        if !answer.status.is_success() {
            return Err(self.server().failure_of(&answer));
        }
        Ok(answer.json().unwrap_or_default())
    }

    /// The same without a body.
    pub async fn ask_for(&self, method: Method, path: &str) -> Result<Value, Failure> {
        self.send(method, path, None).await
    }
}

/// What the application begins with.
pub fn application(
    settings: &Settings,
    named: Option<&str>,
    zone: i64,
) -> Result<(Settled, Accounts, Option<Account>), Failure> {
    let accounts = Accounts::read(&settings.folders)?;
    let account = match (named.or(settings.account.as_deref()), accounts.accounts.is_empty()) {
        (None, true) => None,
        _ => Some(accounts.chosen(named, settings)?.clone()),
    };
    let settled = Settled {
        theme: Theme::choose(&settings.theme, variable("NO_COLOR").is_some()),
        ascii: wants_ascii(variable),
        still: variable("GRANT_NO_ANIMATION").is_some(),
        keys: Keymap::new(&settings.keys)?,
        mouse: settings.mouse,
        zone,
        issuer: settings.issuer.clone(),
        store: StoreKind::parse(settings.store.as_deref().unwrap_or("auto"))?,
    };
    Ok((settled, accounts, account))
}

/// A line that a person types; an empty one when there is nobody any more.
pub fn ask_line(prompt: &str) -> Result<String, Failure> {
    Ok(ask_line_or_end(prompt)?.unwrap_or_default())
}

/// A line that a person types; none at the end of what they have to say.
pub fn ask_line_or_end(prompt: &str) -> Result<Option<String>, Failure> {
    let mut stderr = std::io::stderr().lock();
    stderr.write_all(prompt.as_bytes()).and_then(|()| stderr.flush()).map_err(|error| Failure::unread(&error))?;
    let mut line = String::new();
    let read = std::io::stdin().read_line(&mut line).map_err(|error| Failure::unread(&error))?;
    Ok((read > 0).then(|| line.trim().to_owned()))
}

/// A secret that a person types, shown nowhere.
pub fn ask_secret(prompt: &str) -> Result<Secret, Failure> {
    // The prompt takes Ctrl-C for itself and then sends it to us, while the terminal shows no letters: who dies of it leaves it so.
    #[cfg(unix)]
    let mortal = mortal().map_err(|error| Failure::unread(&error))?;
    #[cfg(unix)]
    mortal.store(false, Ordering::SeqCst);
    let typed = rpassword::prompt_password(prompt);
    #[cfg(unix)]
    mortal.store(true, Ordering::SeqCst);
    typed.map(Secret::new).map_err(|error| Failure::unread(&error))
}

/// Whether Ctrl-C ends this program, as it does unless told otherwise.
#[cfg(unix)]
fn mortal() -> std::io::Result<&'static Arc<AtomicBool>> {
    static MORTAL: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    if MORTAL.get().is_none() {
        let flag = Arc::new(AtomicBool::new(true));
        signal_hook::flag::register_conditional_default(signal_hook::consts::SIGINT, Arc::clone(&flag))?;
        let _ = MORTAL.set(flag);
    }
    MORTAL.get().ok_or_else(|| std::io::ErrorKind::Other.into())
}

/// A secret from a file, or from standard input: as it is but for one line break.
pub fn read_secret(file: Option<&Path>) -> Result<Secret, Failure> {
    let (name, read) = if let Some(path) = file.filter(|path| *path != Path::new("-")) {
        (path.display().to_string(), std::fs::read(path))
    } else {
        let mut bytes = Vec::new();
        ("standard input".to_owned(), std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes))
    };
    let bytes = read.map_err(|error| Failure::usage(format!("{name} cannot be read: {error}")))?;
    let text = String::from_utf8(bytes).map_err(|_| Failure::usage(format!("{name} is not UTF-8")))?;
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    Ok(Secret::new(text.to_owned()))
}

/// A span of time as it is typed, in seconds.
pub fn seconds(text: &str) -> Result<i64, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.get(number.len()..) {
        Some("" | "s") => 1,
        Some("m") => 60,
        Some("h") => 3600,
        Some("d") => 86_400,
        _ => 0,
    };
    let number = number.parse::<u32>().ok().filter(|_| factor > 0);
    number.map(|number| i64::from(number) * factor).ok_or_else(|| "write it as 90, 90s, 5m, 1h or 7d".to_owned())
}

/// Bytes on standard output. A reader that has gone away is no fault of ours.
pub fn say_bytes(bytes: &[u8]) -> Result<(), Failure> {
    try_say_bytes(bytes).map(|_| ())
}

/// The same, and whether somebody still reads.
fn try_say_bytes(bytes: &[u8]) -> Result<bool, Failure> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(Failure::new(Code::Other, format!("standard output: {error}"))),
    }
}

/// A line on standard output, and whether somebody still reads.
pub fn try_say(line: impl Display) -> Result<bool, Failure> {
    try_say_bytes(format!("{line}\n").as_bytes())
}

/// A line on standard output: what was asked for.
pub fn say(line: impl Display) -> Result<(), Failure> {
    say_bytes(format!("{line}\n").as_bytes())
}

/// One JSON object on standard output.
pub fn say_json(value: &Value) -> Result<(), Failure> {
    say(format!("{value:#}"))
}

/// A line on standard error: what is to be known besides.
pub fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// What does not keep a command from being done.
pub fn warn(line: impl Display) {
    complain(&format!("warning: {line}"));
}

/// `grant version`.
pub fn version(context: &Context) -> Done {
    let version = env!("CARGO_PKG_VERSION");
    if context.json {
        say_json(&json!({ "schema": 1, "version": version, "commit": option_env!("GRANT_COMMIT") }))?;
    } else {
        say(format!("grant {version}"))?;
    }
    Ok(0)
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn a_time_is_seconds_minutes_hours_or_days() {
        assert_eq!(
            ["90", "90s", "5m", "1h", "2d", "0"].map(|text| seconds(text).unwrap()),
            [90, 90, 300, 3600, 172_800, 0]
        );
        assert!(["", "s", "-1", "1w", "1.5m", "1ms", "99999999999d"].iter().all(|text| seconds(text).is_err()));
    }
}
