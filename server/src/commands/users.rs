//! `grantd user`: make, show, lock users, or give them a password.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use grantd::flows::{By, Flows, NewPassword, NewUser, UserChange, UserRefusal};
use grantd::model::timestamp::Timestamp;
use grantd::model::user::{User, parse_roles};
use serde_json::{Value, json};

use super::{Done, Failed, complain, on_data, said, say, say_json, say_members, say_table, secret, time};

#[derive(Subcommand)]
pub enum UserCommand {
    /// Make a user
    #[command(
        after_help = "Examples:\n  grantd user create ada --email ada@example.org --role admin --password-file ada.password\n  \
                      grantd user create eve --email eve@example.org --password-hash-file eve.hash"
    )]
    Create {
        /// The username
        name: String,
        /// The e-mail address
        #[arg(long)]
        email: String,
        /// What the user may do beyond oneself; may repeat
        #[arg(long)]
        role: Vec<String>,
        #[command(flatten)]
        password: PasswordFile,
        /// It is fine if there is one of this name
        #[arg(long)]
        if_absent: bool,
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show every user
    #[command(after_help = "Example:\n  grantd user list --json")]
    List {
        /// Say it in JSON
        #[arg(long)]
        json: bool,
    },
    /// Show a user
    #[command(after_help = "Example:\n  grantd user show ada")]
    Show(Named),
    /// Change a user's name, e-mail, picture; an empty text takes a name or a picture away
    #[command(
        after_help = "Examples:\n  grantd user update bob --email bob@example.net\n  grantd user update bob --name ''"
    )]
    Update {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        update: Changes,
    },
    /// Say what a user may do beyond oneself; without --role, nothing
    #[command(after_help = "Example:\n  grantd user set-roles bob --role admin --role editor")]
    SetRoles {
        #[command(flatten)]
        named: Named,
        /// What the user may do beyond oneself; may repeat
        #[arg(long)]
        role: Vec<String>,
    },
    /// Delete a user and end all its sessions
    #[command(after_help = "Example:\n  grantd user delete bob")]
    Delete(Named),
    /// Lock a user out and end all its sessions
    #[command(after_help = "Example:\n  grantd user lock bob")]
    Lock(Named),
    /// Let a locked user in again
    #[command(after_help = "Example:\n  grantd user unlock bob")]
    Unlock(Named),
    /// Give a user another password and end all its sessions
    #[command(after_help = "Example:\n  grantd user set-password ada --password-file ada.password")]
    SetPassword {
        #[command(flatten)]
        named: Named,
        /// Where the password stands; - or nothing is standard input
        #[arg(long, value_name = "FILE")]
        password_file: Option<PathBuf>,
    },
}

#[derive(clap::Args)]
#[group(required = true, multiple = true)]
pub struct Changes {
    /// Another username
    #[arg(long)]
    username: Option<String>,
    /// Another e-mail address
    #[arg(long)]
    email: Option<String>,
    /// What the person wants to be called
    #[arg(long = "name", id = "person", value_name = "NAME")]
    person: Option<String>,
    /// The address of a picture
    #[arg(long, value_name = "URL")]
    picture: Option<String>,
}

#[derive(clap::Args)]
pub struct PasswordFile {
    /// Where the password stands; - or nothing is standard input
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
    /// Where a hash of it stands that another program made; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "password_file")]
    password_hash_file: Option<PathBuf>,
}

impl PasswordFile {
    fn read(&self) -> Result<NewPassword, Failed> {
        match &self.password_hash_file {
            Some(file) => secret(Some(file), "Password hash").map(NewPassword::Hashed),
            None => secret(self.password_file.as_deref(), "Password").map(NewPassword::Typed),
        }
    }
}

#[derive(clap::Args)]
pub struct Named {
    /// Username or e-mail
    name: String,
    /// Say it in JSON
    #[arg(long)]
    json: bool,
}

pub fn user(file: Option<&Path>, command: UserCommand) -> Done {
    match command {
        UserCommand::Create { name, email, role, password, if_absent, json } => {
            create(file, &name, email, role, &password, if_absent, json)
        }
        UserCommand::List { json } => list(file, json),
        UserCommand::Show(Named { name, json }) => show(file, &name, json),
        UserCommand::Update { named, update } => {
            let change = UserChange {
                username: update.username,
                email: update.email,
                name: said(update.person),
                picture: said(update.picture),
                ..UserChange::default()
            };
            change_user(file, &named, change)
        }
        UserCommand::SetRoles { named, role } => {
            judge_roles(&role)?;
            change_user(file, &named, UserChange { roles: Some(role), ..UserChange::default() })
        }
        UserCommand::Delete(Named { name, json }) => delete(file, &name, json),
        UserCommand::Lock(Named { name, json }) => set_locked(file, &name, true, json),
        UserCommand::Unlock(Named { name, json }) => set_locked(file, &name, false, json),
        UserCommand::SetPassword { named: Named { name, json }, password_file } => {
            set_password(file, &name, password_file.as_deref(), json)
        }
    }
}

fn create(
    file: Option<&Path>,
    username: &str,
    email: String,
    roles: Vec<String>,
    password: &PasswordFile,
    if_absent: bool,
    json: bool,
) -> Done {
    judge_roles(&roles)?;
    on_data(file, async |flows| {
        let there = async || Ok::<_, Failed>(if if_absent { flows.find_user(username).await? } else { None });
        if let Some(user) = there().await? {
            return tell_of_present(&flows, &user, json).await;
        }
        let password = password.read()?;
        let new = NewUser { username: username.to_owned(), email, password, roles };
        match flows.create_user(new, By::CommandLine).await {
            // Somebody else made it meanwhile.
            Err(refusal @ UserRefusal::Taken(..)) => match there().await? {
                Some(user) => tell_of_present(&flows, &user, json).await,
                None => Err(refusal.into()),
            },
            created => tell(&flows, &created?, None, json),
        }
    })
}

/// What could never be a role is a mistake in the call.
fn judge_roles(roles: &[String]) -> Done {
    match roles.iter().find(|role| parse_roles(std::slice::from_ref(*role)).is_err()) {
        Some(role) => {
            Err(Failed::usage(format!("`{role}` cannot be a role: a word of at most 64 visible ASCII characters")))
        }
        None => Ok(()),
    }
}

async fn tell_of_present(flows: &Flows, user: &User, json: bool) -> Done {
    complain("there is one already; nothing was changed");
    tell(flows, user, flows.last_seen(&user.id).await?, json)
}

fn list(file: Option<&Path>, json: bool) -> Done {
    on_data(file, async |flows| {
        let users = flows.list_users().await?;
        if json {
            return say_json(&users.iter().map(|(user, seen)| as_json(&flows, user, *seen)).collect());
        }
        let rows: Vec<_> = users
            .iter()
            .map(|(user, seen)| {
                let locked = if user.locked_at.is_some() { "locked" } else { "" };
                vec![
                    user.username.clone(),
                    user.email.clone(),
                    user.roles.join(" "),
                    locked.to_owned(),
                    seen.map(time).unwrap_or_default(),
                    user.id.to_string(),
                ]
            })
            .collect();
        say_table(&["USERNAME", "E-MAIL", "ROLES", "STATE", "LAST SEEN", "ID"], &rows)
    })
}

fn show(file: Option<&Path>, name: &str, json: bool) -> Done {
    on_data(file, async |flows| {
        let user = flows.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
        let seen = flows.last_seen(&user.id).await?;
        tell(&flows, &user, seen, json)
    })
}

fn change_user(file: Option<&Path>, named: &Named, change: UserChange) -> Done {
    on_data(file, async |flows| {
        let user = flows.find_user(&named.name).await?.ok_or(UserRefusal::NotFound)?;
        let (user, changed) = flows.change_user(&user.id, change, By::CommandLine).await?;
        if !changed {
            complain("nothing was changed");
        }
        let seen = flows.last_seen(&user.id).await?;
        tell(&flows, &user, seen, named.json)
    })
}

fn delete(file: Option<&Path>, name: &str, json: bool) -> Done {
    on_data(file, async |flows| {
        let user = flows.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
        flows.delete_user(&user.id, By::CommandLine).await?;
        if json {
            return say_json(&json!({ "deleted": user.id.as_str() }));
        }
        say(&format!("deleted {} and ended its sessions", user.username))
    })
}

fn set_locked(file: Option<&Path>, name: &str, locked: bool, json: bool) -> Done {
    on_data(file, async |flows| {
        let user = flows.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
        let change = UserChange { locked: Some(locked), ..UserChange::default() };
        let (_, changed) = flows.change_user(&user.id, change, By::CommandLine).await?;
        if !changed {
            complain(if locked { "locked already; nothing was changed" } else { "not locked; nothing was changed" });
            return if json { show_again(&flows, name).await } else { Ok(()) };
        }
        if json {
            return show_again(&flows, name).await;
        }
        say(&if locked { format!("locked {name} and ended its sessions") } else { format!("unlocked {name}") })
    })
}

fn set_password(file: Option<&Path>, name: &str, password_file: Option<&Path>, json: bool) -> Done {
    on_data(file, async |flows| {
        // Before anything is typed in vain.
        let user = flows.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
        let password = secret(password_file, "New password")?;
        flows.set_password(&user.id, &password, By::CommandLine).await?;
        if json {
            return show_again(&flows, name).await;
        }
        say(&format!("changed the password of {name} and ended its sessions"))
    })
}

async fn show_again(flows: &Flows, name: &str) -> Done {
    let user = flows.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
    say_json(&as_json(flows, &user, flows.last_seen(&user.id).await?))
}

fn tell(flows: &Flows, user: &User, seen: Option<Timestamp>, json: bool) -> Done {
    let value = as_json(flows, user, seen);
    if json { say_json(&value) } else { say_members(&value) }
}

fn as_json(flows: &Flows, user: &User, seen: Option<Timestamp>) -> Value {
    json!({
        "id": user.id.as_str(),
        "username": user.username,
        "email": user.email,
        "name": user.name,
        "picture": flows.picture_of(user),
        "roles": user.roles,
        "created_at": time(user.created_at),
        "locked": user.locked_at.is_some(),
        "email_verified": false,
        "last_seen_at": seen.map(time),
    })
}
