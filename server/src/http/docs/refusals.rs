//! Which noes does an operation say? The very answers, written by what writes them.

#![expect(
    clippy::indexing_slicing,
    reason = "what is missing in a JSON value is null, and the document is printed by tests"
)]

use futures_util::FutureExt;
use poem::Response;
use poem::http::header;
use serde_json::{Map, Value, json};

use super::corrections::Operation;
use crate::config::Issuer;
use crate::flows::{ClientRefusal, Code, Denied, Failure, Refusal, UserRefusal};
use crate::http::error::{Dialect, Fault, Refused};
use crate::model::reason::Reason;
use crate::store::StoreError;

/// The responses of an operation that are noes, by status. Their bodies are kept in `shelf`, since most operations say the same.
pub(super) fn of(operation: &Operation, issuer: &Issuer, shelf: &mut Map<String, Value>) -> Map<String, Value> {
    let dialect = if operation.is_protocol() { Dialect::OAuth } else { Dialect::Problem };
    let schema = dialect.schema();
    let mut refusals = general(operation);
    refusals.extend(particular(&operation.id));
    refusals.sort_by_key(Refused::status);
    let mut responses = Map::new();
    for refused in refusals {
        let (status, reason) = (refused.status(), refused.reason());
        let answer = refused.render(dialect, issuer);
        let response =
            responses.entry(status.as_str()).or_insert_with(|| described(status.as_u16(), operation, dialect));
        for (name, about) in headers(&answer) {
            response["headers"][name] = about;
        }
        let media_type = answer.content_type().unwrap_or_default().to_owned();
        let body: Value = answer.into_body().into_json().now_or_never().and_then(Result::ok).unwrap_or_default();
        let field = body["errors"][0]["field"].as_str().map(|field| format!(".{field}")).unwrap_or_default();
        let name = format!("{schema}.{reason}{field}");
        let content = &mut response["content"][media_type];
        content["schema"] = json!({ "$ref": format!("#/components/schemas/{schema}") });
        content["examples"][format!("{reason}{field}")] = json!({ "$ref": format!("#/components/examples/{name}") });
        shelf.entry(name).or_insert_with(|| json!({ "summary": reason.sentence(), "value": body }));
    }
    responses
}

/// What any operation of this kind may say.
fn general(operation: &Operation) -> Vec<Refused> {
    let mut refusals = vec![
        Refused::request(Reason::MalformedRequest),
        Refused::overloaded(),
        StoreError::Unavailable(String::new()).into(),
    ];
    if operation.has_body {
        refusals.extend([Refused::body_too_large(), Refused::unsupported_content_type()]);
    }
    if let Some(scope) = operation.scope {
        let [expired, ended, no_user] =
            [Reason::Expired, Reason::SignedOut, Reason::UserNeeded].map(Denied::InvalidToken);
        refusals.extend(
            [Denied::NoCredentials, expired, ended, no_user, Denied::InsufficientScope(scope)].map(Refused::from),
        );
    }
    if operation.is_cookie_mode() {
        refusals.extend(cookie_mode(operation));
    }
    if operation.is_administration() {
        refusals.push(Denied::RoleMissing.into());
    }
    if operation.path.contains('{') {
        refusals.push(Refused::not_found());
    }
    if operation.id.starts_with("list") {
        refusals.push(Refused::request(Reason::UnknownValue));
    }
    refusals
}

/// What an operation of the cookie mode may say.
fn cookie_mode(operation: &Operation) -> Vec<Refused> {
    let said = |refusal| Refused::in_browser(Failure::from(refusal));
    let over = |reason| Refused::of_cookie(Failure::from(Refusal::invalid_grant(reason)));
    let forbidden = |code, reason| said(Refusal::new(code, reason));
    let twice = || Refused::request(Reason::RepeatedParameter);
    let wait = || said(Refusal::new(Code::TemporarilyUnavailable, Reason::WaitAndRetry).retry_after(1));
    match operation.id.as_str() {
        "logIn" => vec![
            Refused::cross_site(),
            said(Refusal::invalid_grant(Reason::SignInFailed).retry_after(8)),
            forbidden(Code::UnauthorizedClient, Reason::GrantNotAllowed),
            Refused::fields(vec![Fault::new("username", Reason::MissingParameter)]),
            Refused::fields(vec![Fault::new("resource", Reason::ResourceNotAllowed)]),
        ],
        "refreshLogin" => vec![
            Refused::cross_site(),
            Refused::no_cookie(),
            twice(),
            over(Reason::UnknownToken),
            over(Reason::RefreshTokenReused),
            over(Reason::Idle),
            forbidden(Code::UnauthorizedClient, Reason::GrantNotAllowed),
            forbidden(Code::InvalidTarget, Reason::ResourceNotAllowed),
            wait(),
        ],
        "logOut" => vec![Refused::cross_site(), wait()],
        _ => vec![Refused::no_cookie(), twice(), over(Reason::UnknownToken), over(Reason::SignedOut), wait()],
    }
}

/// What this operation may say besides.
fn particular(id: &str) -> Vec<Refused> {
    let protocol = |code, reason| Refused::from(Failure::from(Refusal::new(code, reason)));
    let missing = || protocol(Code::InvalidRequest, Reason::MissingParameter);
    // After too many tries it says when to come back.
    let client = || {
        let refusal = Refusal::new(Code::InvalidClient, Reason::ClientAuthenticationFailed).retry_after(8);
        Refused::from(Failure::from(refusal))
    };
    let wrong = |field, reason| Refused::fields(vec![Fault::new(field, reason)]);
    let taken = |field, reason| Refused::from(UserRefusal::Taken(field, reason));
    let name_taken = || taken("username", Reason::UsernameTaken);
    let email_taken = || taken("email", Reason::EmailTaken);
    let last = || Refused::from(UserRefusal::LastAdministrator);
    let stale = || Refused::from(Denied::RecentSignInNeeded);
    let new_user = || {
        vec![
            name_taken(),
            email_taken(),
            wrong("username", Reason::NotAllowedCharacters),
            wrong("email", Reason::NotAnEmail),
            wrong("password", Reason::TooCommon),
            wrong("password", Reason::MissingParameter),
        ]
    };
    match id {
        "getToken" => vec![
            Failure::from(Refusal::invalid_grant(Reason::SignInFailed).retry_after(8)).into(),
            protocol(Code::InvalidGrant, Reason::RefreshTokenReused),
            protocol(Code::InvalidGrant, Reason::Idle),
            protocol(Code::UnsupportedGrantType, Reason::UnsupportedGrantType),
            protocol(Code::UnauthorizedClient, Reason::GrantNotAllowed),
            protocol(Code::InvalidScope, Reason::ScopeNotAllowed),
            protocol(Code::InvalidTarget, Reason::ResourceNotAllowed),
            missing(),
            Refused::request(Reason::RepeatedParameter),
            client(),
            client().unauthorized(),
            Failure::from(Refusal::new(Code::TemporarilyUnavailable, Reason::WaitAndRetry).retry_after(1)).into(),
        ],
        "revokeToken" => {
            vec![missing(), protocol(Code::InvalidGrant, Reason::OtherClient), client(), client().unauthorized()]
        }
        "introspectToken" => vec![missing(), client().unauthorized()],
        "postUserInfo" => vec![Refused::body_too_large()],
        "signUp" => {
            let mut refusals = new_user();
            refusals.push(UserRefusal::SignupClosed.into());
            refusals
        }
        "changeMe" => vec![
            stale(),
            email_taken(),
            wrong("email", Reason::NotAnEmail),
            wrong("picture", Reason::MalformedRequest),
            wrong("roles", Reason::UnknownValue),
        ],
        "deleteMe" => vec![stale(), last()],
        "changeMyPassword" => {
            vec![UserRefusal::WrongPassword(Some(8)).into(), wrong("new_password", Reason::TooCommon)]
        }
        "endMySessions" => vec![Refused::request(Reason::UnknownValue)],
        "createUser" => new_user(),
        "changeUser" => vec![
            name_taken(),
            email_taken(),
            last(),
            wrong("username", Reason::NotAllowedCharacters),
            wrong("id", Reason::ReadOnly),
        ],
        "setPassword" => vec![wrong("password", Reason::TooShort)],
        "deleteUser" => vec![last()],
        "createClient" => vec![
            ClientRefusal::Taken(String::new()).into(),
            wrong("grants", Reason::UnknownValue),
            wrong("client_secret", Reason::TooShort),
        ],
        "changeClient" => vec![wrong("grants", Reason::UnknownValue), wrong("type", Reason::ReadOnly)],
        "rotateClientSecret" => vec![ClientRefusal::NoSecret.into(), wrong("grace", Reason::MalformedRequest)],
        "endSessions" => vec![Refused::request(Reason::MissingParameter), Refused::not_found()],
        "rotateKeys" => vec![wrong("now", Reason::MalformedRequest)],
        _ => Vec::new(),
    }
}

fn described(status: u16, operation: &Operation, dialect: Dialect) -> Value {
    let description = match (status, dialect) {
        (401, _) if operation.is_cookie_mode() => {
            "Name and password are refused, or there is no cookie, or one that is no good."
        }
        (403, _) if operation.is_cookie_mode() => {
            "No page of this server has sent it, or an operator has changed what those may do."
        }
        (400, Dialect::OAuth) => "The request is refused.",
        (400, _) => "The request cannot be read.",
        (401, Dialect::OAuth) => "The client or its token is refused.",
        (401, _) => "No access token, one that is no good, or one of a sign-in that is too old for this.",
        (403, _) => "The access token does not cover this, or the user may not do it.",
        (404, _) => "There is nothing here, or nothing of yours.",
        (409, _) => "It clashes with what is there.",
        (413, _) => "The body is larger than 64 KiB.",
        (415, Dialect::OAuth) => "The body is not `application/x-www-form-urlencoded`.",
        (415, _) => "The body is not `application/json`.",
        (422, _) => "Values break a rule; `errors` names each.",
        _ => "Try again after as many seconds as `Retry-After` says.",
    };
    json!({ "description": description })
}

/// The headers that a program has to act on.
fn headers(answer: &Response) -> Vec<(&'static str, Value)> {
    let header = |description, schema| json!({ "description": description, "schema": { "type": schema } });
    let known = [
        (header::WWW_AUTHENTICATE, "WWW-Authenticate", header("How to come back (RFC 6750 §3, RFC 7617).", "string")),
        (header::SET_COOKIE, "Set-Cookie", header("What takes the cookie away, if it is no good any more.", "string")),
        (header::RETRY_AFTER, "Retry-After", header("After how many seconds to try again.", "integer")),
    ];
    let there = known.into_iter().filter(|(name, ..)| answer.headers().contains_key(name));
    there.map(|(_, name, about)| (name, about)).collect()
}
