//! `grant admin users`: make, show, change, lock and delete users.

use clap::{Args, Subcommand};
use grant::failure::Failure;
use reqwest::Method;
use serde_json::{Value, json};

use super::{NewPassword, USERS, done, members, or_null, text};
use crate::commands::page::{self, Columns, Form, Paging};
use crate::commands::{Caller, Context, Done};

const COLUMNS: &Columns = &[
    ("USERNAME", "username"),
    ("E-MAIL", "email"),
    ("ROLES", "roles"),
    ("LOCKED", "locked"),
    ("LAST SEEN", "last_seen_at"),
    ("ID", "id"),
];

#[derive(Subcommand)]
pub enum Users {
    /// Show them, the newest first
    #[command(after_help = "Example:\n  grant admin users list --role admin --all")]
    List(List),
    /// Show one
    #[command(after_help = "Example:\n  grant admin users show ada@example.org")]
    Show(Named),
    /// Make one
    #[command(
        after_help = "Example:\n  grant admin users create bob --email bob@example.org --role editor --password-file bob.password"
    )]
    Create(Create),
    /// Change a user's name, e-mail, picture; an empty text takes a name or a picture away
    #[command(after_help = "Example:\n  grant admin users update bob --email bob@example.net")]
    Update(Update),
    /// Say what a user may do beyond oneself; without --role, nothing
    #[command(after_help = "Example:\n  grant admin users set-roles bob --role admin --role editor")]
    SetRoles {
        #[command(flatten)]
        named: Named,
        /// What the user may do beyond oneself; may repeat
        #[arg(long)]
        role: Vec<String>,
    },
    /// Lock a user out and end all its sessions
    #[command(after_help = "Example:\n  grant admin users lock bob")]
    Lock(Named),
    /// Let a locked user in again
    #[command(after_help = "Example:\n  grant admin users unlock bob")]
    Unlock(Named),
    /// Give a user another password and end all its sessions
    #[command(after_help = "Example:\n  grant admin users set-password bob --password-file bob.password")]
    SetPassword {
        #[command(flatten)]
        named: Named,
        #[command(flatten)]
        password: NewPassword,
    },
    /// Delete a user and end all its sessions; asks for the username
    #[command(after_help = "Example:\n  grant admin users delete bob --yes")]
    Delete {
        #[command(flatten)]
        named: Named,
        /// Ask nothing
        #[arg(short, long)]
        yes: bool,
    },
}

#[derive(Args)]
pub struct Named {
    /// Username, e-mail address or id
    user: String,
}

#[derive(Args)]
pub struct List {
    /// Only those whose username, e-mail or name contains this
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only those with this role
    #[arg(long)]
    role: Option<String>,
    /// Only those who are locked, or with false who are not
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    locked: Option<bool>,
    #[command(flatten)]
    paging: Paging,
    #[command(flatten)]
    form: Form,
}

#[derive(Args)]
pub struct Create {
    /// The username
    username: String,
    /// The e-mail address
    #[arg(long)]
    email: String,
    /// What the user may do beyond oneself; may repeat
    #[arg(long)]
    role: Vec<String>,
    #[command(flatten)]
    password: NewPassword,
}

#[derive(Args)]
pub struct Update {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    changes: Changes,
}

#[derive(Args)]
#[group(required = true, multiple = true)]
struct Changes {
    /// Another username
    #[arg(long)]
    username: Option<String>,
    /// Another e-mail address
    #[arg(long)]
    email: Option<String>,
    /// What the person wants to be called
    #[arg(long)]
    name: Option<String>,
    /// The address of a picture
    #[arg(long, value_name = "URL")]
    picture: Option<String>,
}

pub async fn users(context: &Context, users: &Users) -> Done {
    match users {
        Users::List(wanted) => list(context, wanted).await,
        Users::Show(named) => {
            page::show_one(context, "user", &super::user(&context.caller()?, &named.user).await?)?;
            Ok(0)
        }
        Users::Create(new) => create(context, new).await,
        Users::Update(Update { named, changes }) => {
            let change = members([
                ("username", changes.username.as_ref().map(|text| json!(text))),
                ("email", changes.email.as_ref().map(|text| json!(text))),
                ("name", or_null(changes.name.as_ref())),
                ("picture", or_null(changes.picture.as_ref())),
            ]);
            change_user(context, named, &change).await
        }
        Users::SetRoles { named, role } => change_user(context, named, &json!({ "roles": role })).await,
        Users::Lock(named) => change_user(context, named, &json!({ "locked": true })).await,
        Users::Unlock(named) => change_user(context, named, &json!({ "locked": false })).await,
        Users::SetPassword { named, password } => set_password(context, named, password).await,
        Users::Delete { named, yes } => delete(context, named, *yes).await,
    }
}

async fn list(context: &Context, wanted: &List) -> Done {
    wanted.form.of(context)?;
    let locked = wanted.locked.map(|locked| locked.to_string());
    let filters = [("q", wanted.search.as_deref()), ("role", wanted.role.as_deref()), ("locked", locked.as_deref())];
    let users = page::fetch(&context.caller()?, USERS, &filters, wanted.paging.most(), |_| true).await?;
    page::show(context, &wanted.form, "users", &users, COLUMNS)?;
    Ok(0)
}

async fn create(context: &Context, new: &Create) -> Done {
    let caller = context.caller()?;
    let password = new.password.read(context, &new.username)?;
    let body = json!({
        "username": new.username,
        "email": new.email,
        "password": password.expose(),
        "roles": new.role,
    });
    let user = caller.send(Method::POST, USERS, Some(&body)).await?;
    page::show_one(context, "user", &user)?;
    Ok(0)
}

async fn change_user(context: &Context, named: &Named, change: &Value) -> Done {
    let caller = context.caller()?;
    let (_, path) = found(&caller, named).await?;
    page::show_one(context, "user", &caller.send(Method::PATCH, &path, Some(change)).await?)?;
    Ok(0)
}

async fn set_password(context: &Context, named: &Named, password: &NewPassword) -> Done {
    let caller = context.caller()?;
    // Before anything is typed in vain.
    let (user, path) = found(&caller, named).await?;
    let password = password.read(context, text(&user, "username"))?;
    let body = json!({ "password": password.expose() });
    caller.send(Method::PUT, &format!("{path}/password"), Some(&body)).await?;
    let sentence = format!("changed the password of {} and ended its sessions", text(&user, "username"));
    done(context, &sentence, &json!({ "schema": 1, "user_id": user.get("id") }))
}

async fn delete(context: &Context, named: &Named, yes: bool) -> Done {
    let caller = context.caller()?;
    let (user, path) = found(&caller, named).await?;
    let name = text(&user, "username");
    context.confirm_name(yes, &format!("Delete the user {name} and end all its sessions?"), name)?;
    caller.send(Method::DELETE, &path, None).await?;
    done(context, &format!("deleted {name}"), &json!({ "schema": 1, "deleted": user.get("id") }))
}

/// A user, and where it is at the server.
async fn found(caller: &Caller, named: &Named) -> Result<(Value, String), Failure> {
    let user = super::user(caller, &named.user).await?;
    let path = format!("{USERS}/{}", super::user_segment(text(&user, "id"))?);
    Ok((user, path))
}
