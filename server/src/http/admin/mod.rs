//! `/api/v1/admin`: users, clients, sessions, keys, events, for administrators: the token needs the scope `admin`, the user the role.

pub mod clients;
pub mod events;
pub mod keys;
pub mod sessions;
pub mod users;

use poem::Request;

use super::bearer::Bearer;
use super::error::Refused;
use super::origin;
use crate::flows::{By, Denied, Flows, Signed};
use crate::model::id::UserId;
use crate::model::reason::Reason;

/// The administrator who asks, in whose name things are changed.
async fn admit(flows: &Flows, request: &Request, bearer: &Bearer) -> Result<(Signed, By), Denied> {
    let signed = flows.admit_administrator(bearer.token()).await?;
    let origin = origin::read(request, &flows.config().server.trusted_proxies);
    let by = signed.administrator(&origin);
    Ok((signed, by))
}

/// The id of a user in the address.
fn user_id(id: &str) -> Result<UserId, Refused> {
    UserId::parse(id).ok_or_else(Refused::not_found)
}

/// What a filter's text means, if it was sent: one that means nothing is not taken for none.
fn filter<T>(text: Option<String>, parse: impl Fn(&str) -> Option<T>) -> Result<Option<T>, Refused> {
    text.map(|text| parse(&text).ok_or_else(|| Refused::request(Reason::UnknownValue))).transpose()
}

/// A text to search for: the database takes no other.
fn searchable(text: &str) -> Option<String> {
    (!text.is_empty() && text.chars().count() <= 256 && !text.contains(char::is_control)).then(|| text.to_owned())
}
