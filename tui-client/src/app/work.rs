//! How is a task done? Beside the screen, with the account's keeper; what comes of it is sent back as a message.

use std::fs;
use std::path::PathBuf;
use std::time::{Instant, SystemTime};

use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::mpsc::UnboundedSender;

use super::message::{Ask, Change, Did, Got, Health, Look, Message, SignIn, Task};
use super::parts::list::{MOST, PAGE};
use crate::accounts::{Account, Accounts};
use crate::failure::{Code, Failure};
use crate::journal;
use crate::oauth::{Answer, Issuer, Server};
use crate::pages::pages;
use crate::renewal::{Keeper, Wish};
use crate::session;
use crate::settings::Folders;
use crate::token_store::TokenStore;
use crate::verify;

/// Does what is asked for, several things at once.
pub struct Worker {
    folders: Folders,
    messages: UnboundedSender<Message>,
    shown: Option<Account>,
    /// Of the account that is shown, or why there is none.
    keeper: Result<Keeper, Failure>,
    /// When the files of other processes were last seen to change.
    seen: [Option<SystemTime>; 2],
}

impl Worker {
    /// For these folders; what is done is told there.
    #[must_use]
    pub fn new(folders: Folders, messages: UnboundedSender<Message>) -> Self {
        Self { folders, messages, keeper: Err(nobody()), shown: None, seen: [None; 2] }
    }

    /// The account that is shown now: one keeper a turn, so that its store and its connections are opened once.
    pub fn turn_to(&mut self, account: Option<&Account>) {
        if self.shown.as_ref() == account {
            return;
        }
        self.keeper = match (account, &self.keeper) {
            (None, _) => Err(nobody()),
            // It has ended, or begun again: the same store and server.
            (Some(account), Ok(keeper))
                if keeper.account().key() == account.key() && keeper.account().store == account.store =>
            {
                Ok(keeper.with(account))
            }
            (Some(account), _) => Keeper::new(&self.folders, account),
        };
        self.shown = account.cloned();
        self.look_around();
    }

    /// Whether another process has changed the accounts, or renewed the tokens, since we looked last. Two looks at a folder, no more.
    pub fn look_around(&mut self) -> Option<Task> {
        let changed = |path: PathBuf| fs::metadata(path).and_then(|file| file.modified()).ok();
        let renewals =
            self.keeper.as_ref().ok().and_then(|keeper| changed(journal::path(&self.folders, &keeper.account().key())));
        let now = [changed(Accounts::path(&self.folders)), renewals];
        let before = std::mem::replace(&mut self.seen, now);
        if before[0] != now[0] {
            return Some(Task::Accounts);
        }
        (before[1] != now[1]).then_some(Task::Look)
    }

    /// Begins a task of this turn.
    pub fn begin(&self, turn: u32, task: Task) {
        let (folders, messages, keeper) = (self.folders.clone(), self.messages.clone(), self.keeper.clone());
        tokio::spawn(async move {
            if let Some(did) = work(folders, keeper, task).await {
                // Whoever left wants no answer.
                let _ = messages.send(Message::Done(turn, Box::new(did)));
            }
        });
    }
}

fn nobody() -> Failure {
    Failure::new(Code::SignIn, "nobody is signed in")
}

async fn work(folders: Folders, keeper: Result<Keeper, Failure>, task: Task) -> Option<Did> {
    Some(match task {
        Task::Accounts => Did::Accounts(Accounts::read(&folders)),
        Task::Probe(kind) => Did::Probed(kind, TokenStore::new(kind, &folders).probe().await),
        Task::Check(server) => {
            let checked = check(&server).await;
            Did::Checked(server, checked)
        }
        Task::SignIn(wanted) => Did::SignedIn(sign_in(&folders, wanted).await),
        Task::SignOut(account, reach) => {
            let ended = session::end(&folders, &account, reach).await;
            Did::SignedOut(account, ended)
        }
        Task::Use(account) => {
            let used = Accounts::change(&folders, |accounts| {
                accounts.active = Some(accounts.expect_named(&account.name)?.name.clone());
                Ok(accounts.clone())
            });
            Did::Accounts(used.await)
        }
        Task::Look => Did::Looked(look(&folders, keeper.as_ref()).await),
        Task::Renew { new } => {
            let held = match &keeper {
                Ok(keeper) => keeper.token(Wish { new, ..Wish::default() }).await,
                Err(failure) => Err(failure.clone()),
            };
            Did::Renewed(held.map(|held| held.warning), look(&folders, keeper.as_ref()).await)
        }
        Task::Health => Did::Health(match keeper {
            Ok(keeper) => health(keeper.server()).await,
            Err(failure) => Err(failure),
        }),
        Task::Get(ask) => {
            let got = match keeper {
                Ok(keeper) => get(&keeper, &ask).await,
                Err(failure) => Err(failure),
            };
            Did::Got(ask, got)
        }
        Task::Change(change) => {
            let changed = match keeper {
                Ok(keeper) => send(&keeper, &change).await,
                Err(failure) => Err(failure),
            };
            Did::Changed(change, changed)
        }
        Task::Verify(token) => {
            let checks = match keeper {
                Ok(keeper) => verify::checks(&folders, keeper.server(), token.expose()).await,
                Err(failure) => Err(failure),
            };
            Did::Verified(token, checks)
        }
        // The loop does them itself: they are about the terminal.
        Task::Copy(..) | Task::Mouse(_) | Task::Suspend | Task::Redraw | Task::Quit => return None,
    })
}

async fn look(folders: &Folders, keeper: Result<&Keeper, &Failure>) -> Look {
    match keeper {
        Ok(keeper) => Look { entry: keeper.entry().await, renewals: journal::read(folders, &keeper.account().key()) },
        Err(failure) => Look { entry: Err(failure.clone()), renewals: Vec::new() },
    }
}

async fn check(typed: &str) -> Result<u128, Failure> {
    let server = Server::new(Issuer::parse(typed)?)?;
    let begun = Instant::now();
    server.check().await?;
    Ok(begun.elapsed().as_millis())
}

async fn sign_in(folders: &Folders, wanted: SignIn) -> Result<(Account, Option<String>), Failure> {
    let server = Server::new(Issuer::parse(&wanted.server)?)?;
    let store = TokenStore::new(wanted.store, folders);
    store.probe().await?;
    server.check().await?;
    let label = wanted.label.as_deref();
    let begun = session::begin(folders, &server, &store, label, &wanted.username, &wanted.password).await?;
    Ok((begun.account, begun.warning))
}

async fn health(server: &Server) -> Result<Health, Failure> {
    let begun = Instant::now();
    let answer = server.get("/.well-known/jwks.json").await?;
    let millis = begun.elapsed().as_millis();
    let judged = judged(server, answer)?;
    let keys = judged.json().and_then(|body| Some(body.get("keys")?.as_array()?.len())).unwrap_or(0);
    Ok(Health { millis, keys, clock_skew: judged.clock_skew })
}

fn judged(server: &Server, answer: Answer) -> Result<Answer, Failure> {
    if answer.status.is_success() { Ok(answer) } else { Err(server.failure_of(&answer)) }
}

async fn fetch<T: DeserializeOwned>(keeper: &Keeper, path: &str) -> Result<T, Failure> {
    let (answer, _) = keeper.ask(Method::GET, path, None).await?;
    let answer = judged(keeper.server(), answer)?;
    serde_json::from_slice(&answer.body).map_err(|error| strange(keeper, path, &error))
}

/// The whole list; of the longest ones the newest rows.
async fn rows<T: DeserializeOwned>(keeper: &Keeper, path: &str, most: usize) -> Result<Vec<T>, Failure> {
    let ask = |path: String| async move { fetch::<Value>(keeper, &path).await };
    let items = pages(ask, path, Some(most), |_| true).await?.items;
    let rows = items.into_iter().map(serde_json::from_value);
    rows.collect::<Result<_, _>>().map_err(|error| strange(keeper, path, &error))
}

fn strange(keeper: &Keeper, path: &str, error: &serde_json::Error) -> Failure {
    let issuer = keeper.server().issuer().as_str();
    Failure::new(Code::Other, format!("{issuer} answers {path} in a way that is not known: {error}"))
}

async fn get(keeper: &Keeper, ask: &Ask) -> Result<Got, Failure> {
    Ok(match ask {
        Ask::Me => Got::Me(fetch(keeper, "/api/v1/me").await?),
        Ask::Sessions => Got::Sessions(rows(keeper, "/api/v1/me/sessions", MOST).await?),
        Ask::Activity => Got::Events(rows(keeper, "/api/v1/me/activity", PAGE).await?),
        Ask::Users => Got::Users(rows(keeper, "/api/v1/admin/users", MOST).await?),
        Ask::Clients => Got::Clients(rows(keeper, "/api/v1/admin/clients", MOST).await?),
        Ask::Keys => Got::Keys(rows(keeper, "/api/v1/admin/keys", PAGE).await?),
        Ask::Events => Got::Events(rows(keeper, "/api/v1/admin/events", PAGE).await?),
    })
}

async fn send(keeper: &Keeper, change: &Change) -> Result<Option<serde_json::Value>, Failure> {
    let method = Method::from_bytes(change.method.as_bytes()).unwrap_or(Method::GET);
    let (answer, _) = keeper.ask(method, &change.path, change.body.as_ref()).await?;
    Ok(judged(keeper.server(), answer)?.json())
}
