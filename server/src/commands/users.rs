//! `grantd user`: make, show, lock users, or give them a password.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use grantd::flows::{NewPassword, NewUser, UserRefusal};
use grantd::model::timestamp::Timestamp;
use grantd::model::user::User;
use serde_json::{Value, json};

use super::{Done, Failed, complain, on_data, say, say_json, say_members, say_table, secret, time};

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
    if let Some(role) =
        roles.iter().find(|role| role.is_empty() || role.contains(|c: char| c.is_whitespace() || c.is_control()))
    {
        return Err(Failed::usage(format!("`{role}` cannot be a role: a word without spaces")));
    }
    on_data(file, async |flows| {
        let there = async || Ok::<_, Failed>(if if_absent { flows.find_user(username).await? } else { None });
        if let Some(user) = there().await? {
            return tell_of_present(&flows, &user, json).await;
        }
        let password = password.read()?;
        match flows.create_user(NewUser { username: username.to_owned(), email, password, roles }).await {
            // Somebody else made it meanwhile.
            Err(refusal @ UserRefusal::Taken(..)) => match there().await? {
                Some(user) => tell_of_present(&flows, &user, json).await,
                None => Err(refusal.into()),
            },
            created => tell(&created?, None, json),
        }
    })
}

async fn tell_of_present(flows: &grantd::flows::Flows, user: &User, json: bool) -> Done {
    complain("there is one already; nothing was changed");
    tell(user, flows.last_seen(&user.id).await?, json)
}

fn list(file: Option<&Path>, json: bool) -> Done {
    on_data(file, async |flows| {
        let users = flows.list_users().await?;
        if json {
            return say_json(&users.iter().map(|(user, seen)| as_json(user, *seen)).collect());
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
        tell(&user, seen, json)
    })
}

fn set_locked(file: Option<&Path>, name: &str, locked: bool, json: bool) -> Done {
    on_data(file, async |flows| {
        if !flows.set_locked(name, locked).await? {
            complain(if locked { "locked already" } else { "not locked" });
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
        flows.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
        let password = secret(password_file, "New password")?;
        flows.set_password(name, &password).await?;
        if json {
            return show_again(&flows, name).await;
        }
        say(&format!("changed the password of {name} and ended its sessions"))
    })
}

async fn show_again(flows: &grantd::flows::Flows, name: &str) -> Done {
    let user = flows.find_user(name).await?.ok_or(UserRefusal::NotFound)?;
    say_json(&as_json(&user, flows.last_seen(&user.id).await?))
}

fn tell(user: &User, seen: Option<Timestamp>, json: bool) -> Done {
    let value = as_json(user, seen);
    if json { say_json(&value) } else { say_members(&value) }
}

fn as_json(user: &User, seen: Option<Timestamp>) -> Value {
    json!({
        "id": user.id.as_str(),
        "username": user.username,
        "email": user.email,
        "name": user.name,
        "picture": user.picture,
        "roles": user.roles,
        "created_at": time(user.created_at),
        "locked": user.locked_at.is_some(),
        "email_verified": false,
        "last_seen_at": seen.map(time),
    })
}
