//! What does an administrator fill in, and which request does it make? A table of the values of each form.

use serde_json::{Map, Value, json};

use super::path;
use crate::app::message::{Ask, Change};
use crate::app::parts::form::Field;
use crate::app::parts::layer::{Form, Purpose as Of};

/// What a form of this screen is for. A change knows what was there before, so that it sends no more than what is different.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A new user.
    NewUser,
    /// Another name, address or other roles for a user.
    User {
        /// Which.
        id: String,
        /// What was there.
        was: Vec<String>,
    },
    /// Another password for a user.
    Password {
        /// Which.
        id: String,
        /// What that is called.
        username: String,
    },
    /// A new client.
    NewClient,
    /// Other names and rights for a client.
    Client {
        /// Which.
        id: String,
        /// What was there.
        was: Vec<String>,
    },
}

/// How a value is typed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// As text, which may be left out.
    Text,
    /// As text.
    Needed,
    /// As words with spaces between.
    Words,
    /// As a password, never shown.
    Password,
    /// As the password once more; it is not sent.
    Again,
}

/// A member of the request, what it is called, how it is typed, and what is said beside it.
type Member = (&'static str, &'static str, Kind, &'static str);

const ROLES: Member = ("roles", "Roles", Kind::Words, "as in: admin editor");
const EMAIL: Member = ("email", "E-mail", Kind::Needed, "");
const NAME: Member = ("name", "Name", Kind::Text, "may be empty");
const PASSWORD: Member = ("password", "Password", Kind::Password, "");
const AGAIN: Member = ("", "Again", Kind::Again, "");
const GRANTS: Member = ("grants", "Grants", Kind::Words, "as in: password refresh_token");
const SCOPES: Member = ("scopes", "Scopes", Kind::Words, "as in: openid profile email");
const REDIRECTS: Member = ("redirect_uris", "Redirects", Kind::Words, "addresses, spaces between");

impl Purpose {
    const fn members(&self) -> &'static [Member] {
        match self {
            Self::NewUser => &[("username", "Username", Kind::Needed, ""), EMAIL, PASSWORD, AGAIN, ROLES],
            Self::User { .. } => &[NAME, EMAIL, ROLES],
            Self::Password { .. } => {
                &[("password", "Password", Kind::Password, "signs the user out everywhere"), AGAIN]
            }
            Self::NewClient => &[
                ("id", "Id", Kind::Needed, ""),
                NAME,
                ("type", "Type", Kind::Needed, "public or confidential"),
                GRANTS,
                SCOPES,
                REDIRECTS,
            ],
            Self::Client { .. } => &[NAME, GRANTS, SCOPES, REDIRECTS],
        }
    }

    /// What its fields hold at first.
    fn was(&self) -> Vec<String> {
        match self {
            Self::User { was, .. } | Self::Client { was, .. } => was.clone(),
            Self::NewClient => ["", "", "confidential"].map(str::to_owned).to_vec(),
            Self::NewUser | Self::Password { .. } => Vec::new(),
        }
    }
}

/// The form for it.
pub fn form(title: &str, purpose: Purpose) -> Form {
    let was = purpose.was();
    let field = |(at, (member, label, kind, note)): (usize, &Member)| {
        let field = Field::new(label).named(member).with(was.get(at).map(String::as_str).unwrap_or_default());
        let field = if matches!(kind, Kind::Password | Kind::Again) { field.secret() } else { field };
        Field { note: (!note.is_empty()).then(|| (*note).to_owned()), ..field }
    };
    let fields = purpose.members().iter().enumerate().map(field).collect();
    Form::new(title, Of::Admin(purpose), fields)
}

/// What is sent; or which field is wrong, in a word and in a sentence.
pub fn body(form: &Form, purpose: &Purpose) -> Result<Value, (usize, &'static str, String)> {
    let changes = matches!(purpose, Purpose::User { .. } | Purpose::Client { .. });
    let was = purpose.was();
    let mut body = Map::new();
    let mut password = "";
    for (at, ((member, label, kind, _), field)) in purpose.members().iter().zip(&form.fields).enumerate() {
        // A password may begin with a space.
        let typed = if field.secret { field.value() } else { field.value().trim() };
        if typed.is_empty() && matches!(kind, Kind::Needed | Kind::Password) {
            return Err((at, "is empty", format!("{label} is needed.")));
        }
        if *kind == Kind::Again && typed != password {
            return Err((at, "differs", "The password was not typed the same twice.".to_owned()));
        }
        if changes && was.get(at).is_some_and(|was| was == typed) {
            continue;
        }
        let value = match kind {
            Kind::Again => continue,
            Kind::Words | Kind::Text if typed.is_empty() && !changes => continue,
            Kind::Text if typed.is_empty() => Value::Null,
            Kind::Words => typed.split_whitespace().collect(),
            Kind::Text | Kind::Needed => json!(typed),
            Kind::Password => {
                password = typed;
                json!(typed)
            }
        };
        body.insert((*member).to_owned(), value);
    }
    Ok(Value::Object(body))
}

/// The request that it makes.
pub fn change(purpose: Purpose, body: Value) -> Change {
    let named = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let (method, path, done, then) = match purpose {
        Purpose::NewUser => {
            ("POST", "/api/v1/admin/users".to_owned(), format!("made the user {}", named("username")), Ask::Users)
        }
        Purpose::User { id, .. } => ("PATCH", path("users", &id), "changed the user".to_owned(), Ask::Users),
        Purpose::Password { id, username } => {
            let done = format!("{username} has another password, and was signed out everywhere");
            ("PUT", path("users", &id) + "/password", done, Ask::Users)
        }
        Purpose::NewClient => {
            ("POST", "/api/v1/admin/clients".to_owned(), format!("made the client {}", named("id")), Ask::Clients)
        }
        Purpose::Client { id, .. } => ("PATCH", path("clients", &id), format!("changed {id}"), Ask::Clients),
    };
    // Whoever changes oneself sees that everywhere.
    let then = if then == Ask::Users { vec![then, Ask::Events, Ask::Me] } else { vec![then, Ask::Events] };
    Change { method, path, body: Some(body), done, then }
}
