//! How does a no look on the wire? In two dialects: RFC 6749 §5.2 and RFC 9457.

mod status;

use std::borrow::Cow;

use maud::html;
use poem::http::{HeaderName, HeaderValue, StatusCode, header};
use poem::{Error, Response};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, MetaSchemaRef, Registry};
use poem_openapi::types::{ToJSON, Type};
use poem_openapi::{ApiResponse, Object};

use super::{cookie, page};
use crate::config::Issuer;
use crate::flows::Failure;
use crate::model::reason::Reason;

/// An error of a protocol endpoint (RFC 6749 §5.2).
#[derive(Debug, Object)]
#[oai(rename = "OAuthError", skip_serializing_if_is_none)]
pub struct OAuthErrorBody {
    /// The specification's word.
    error: String,
    /// What happened, in a sentence.
    error_description: String,
    /// The stable reason.
    reason: String,
    /// A page that explains the reason.
    error_uri: String,
}

/// An error of anything else (RFC 9457).
#[derive(Debug, Object)]
#[oai(rename = "Problem", skip_serializing_if_is_none)]
pub struct ProblemBody {
    /// A page that explains the reason.
    #[oai(rename = "type")]
    type_: String,
    /// The status in words.
    title: String,
    /// The status.
    status: u16,
    /// What happened, in a sentence.
    detail: String,
    /// The stable reason.
    reason: String,
    /// The values that break a rule.
    errors: Option<Vec<FieldError>>,
}

/// A value that breaks a rule.
#[derive(Debug, Object)]
pub struct FieldError {
    /// Where it stands.
    field: String,
    /// The stable reason.
    reason: String,
    /// What is wrong, in a sentence.
    detail: String,
}

/// A no, before it is known where it is said.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    status: StatusCode,
    /// The specification's word at protocol endpoints.
    word: &'static str,
    reason: Reason,
    fields: Vec<Fault>,
    retry_after: Option<i64>,
    challenge: Option<Challenge>,
    /// The methods that would have been answered (RFC 9110 §15.5.6).
    allow: Option<String>,
    /// Whether the cookie of the cookie mode is no good any more.
    clears_cookie: bool,
    /// For the log alone.
    pub(super) cause: Option<String>,
}

/// A value that breaks a rule.
#[derive(Debug)]
pub(super) struct Fault {
    /// Where it stands.
    pub(super) field: Cow<'static, str>,
    /// Why.
    pub(super) reason: Reason,
    /// The same in a sentence, where there is a better one than the reason's.
    pub(super) why: Option<&'static str>,
}

/// How to come back with credentials.
#[derive(Clone, Copy, Debug)]
enum Challenge {
    /// RFC 7617.
    Basic,
    /// RFC 6750 §3; without an error where no credentials were sent.
    Bearer { error: Option<&'static str>, scope: Option<&'static str> },
    /// RFC 9470 §3: with a token of a sign-in that is at most so many seconds old.
    Recent(i64),
}

/// In which words errors are said at an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// RFC 6749 §5.2.
    OAuth,
    /// RFC 9457.
    Problem,
    /// The same for a person with a browser.
    Page,
}

impl Dialect {
    /// What the API document calls its body.
    pub(super) fn schema(self) -> Cow<'static, str> {
        match self {
            Self::OAuth => OAuthErrorBody::name(),
            Self::Problem | Self::Page => ProblemBody::name(),
        }
    }
}

/// A no at a protocol endpoint, for the API document.
#[derive(Debug)]
pub struct OAuthRefused(Refused);

/// A no anywhere else, for the API document.
#[derive(Debug)]
pub struct ProblemRefused(Refused);

impl Fault {
    pub(super) const fn new(field: &'static str, reason: Reason) -> Self {
        Self { field: Cow::Borrowed(field), reason, why: None }
    }
}

impl Refused {
    /// The answer, in the words of the place.
    pub(super) fn render(self, dialect: Dialect, issuer: &Issuer) -> Response {
        let base = issuer.path();
        let cleared = self.clears_cookie.then(|| cookie::clear(issuer));
        let issuer = issuer.as_str();
        let explained = format!("{issuer}/errors#{}", self.reason);
        let sentence = self.sentence();
        let (content_type, body) = match dialect {
            Dialect::OAuth => {
                let body = OAuthErrorBody {
                    error: self.word.to_owned(),
                    error_description: sentence.to_string(),
                    reason: self.reason.to_string(),
                    error_uri: explained,
                };
                ("application/json", body.to_json_string())
            }
            Dialect::Problem => ("application/problem+json", self.problem(explained).to_json_string()),
            Dialect::Page => ("text/html; charset=utf-8", self.page(base)),
        };
        let mut response = Response::builder().status(self.status).content_type(content_type).body(body);
        let headers = response.headers_mut();
        let mut add = |name: HeaderName, value: String| {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.append(name, value);
            }
        };
        if let Some(seconds) = self.retry_after {
            add(header::RETRY_AFTER, seconds.to_string());
        }
        if let Some(cookie) = cleared {
            add(header::SET_COOKIE, cookie);
        }
        if let Some(methods) = self.allow {
            add(header::ALLOW, methods);
        }
        if let Some(challenge) = self.challenge {
            add(header::WWW_AUTHENTICATE, challenge.write(issuer, &sentence));
        }
        if dialect != Dialect::OAuth {
            headers.append(header::VARY, HeaderValue::from_static("Accept"));
        }
        if dialect == Dialect::Page {
            page::protect(headers);
        }
        response
    }

    fn problem(&self, explained: String) -> ProblemBody {
        let errors: Vec<_> = self
            .fields
            .iter()
            .map(|Fault { field, reason, why }| FieldError {
                field: field.to_string(),
                reason: reason.to_string(),
                detail: why.unwrap_or(reason.sentence()).to_owned(),
            })
            .collect();
        ProblemBody {
            type_: explained,
            title: self.title().to_owned(),
            status: self.status.as_u16(),
            detail: self.sentence().into_owned(),
            reason: self.reason.to_string(),
            errors: (!errors.is_empty()).then_some(errors),
        }
    }

    fn page(&self, base: &str) -> String {
        let content = html! {
            h1 { (self.status.as_u16()) " " (self.title()) }
            p { (self.sentence()) " " (self.reason.way_on()) }
            p { a href=(format!("{base}/errors#{}", self.reason)) { "All reasons" } " · " a href=(format!("{base}/")) { "Start" } }
        };
        page::write(self.title(), base, &content)
    }

    /// What happened, in a sentence.
    fn sentence(&self) -> Cow<'static, str> {
        let sentence = self.reason.sentence();
        match self.challenge {
            Some(Challenge::Bearer { scope: Some(scope), .. }) => {
                format!("{sentence} It needs the scope {scope}.").into()
            }
            _ => sentence.into(),
        }
    }

    fn title(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("Error")
    }

    pub(super) const fn status(&self) -> StatusCode {
        self.status
    }

    /// For the log line of the request.
    pub(super) const fn reason(&self) -> Reason {
        self.reason
    }
}

impl Challenge {
    fn write(self, issuer: &str, sentence: &str) -> String {
        match self {
            Self::Basic => format!("Basic realm=\"{issuer}\", charset=\"UTF-8\""),
            Self::Bearer { error, scope } => {
                let error = error
                    .map(|error| format!(", error=\"{error}\", error_description=\"{sentence}\""))
                    .unwrap_or_default();
                let scope = scope.map(|scope| format!(", scope=\"{scope}\"")).unwrap_or_default();
                format!("Bearer realm=\"{issuer}\"{error}{scope}")
            }
            Self::Recent(seconds) => format!(
                "Bearer realm=\"{issuer}\", error=\"insufficient_user_authentication\", \
                 error_description=\"{sentence}\", max_age=\"{seconds}\""
            ),
        }
    }
}

/// How a client has named itself decides what a browser does with the answer (RFC 6749 §5.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Named {
    /// By the Authorization header, or not at all: 401 with a challenge.
    ByHeader,
    /// In the body: 400, or a browser would open its password box.
    InBody,
}

impl OAuthRefused {
    /// `failure`, said to a client that has named itself so.
    pub(super) fn to(named: Named, failure: Failure) -> Self {
        let refused = Refused::from(failure);
        if refused.word == "invalid_client" && named == Named::ByHeader {
            Self(refused.unauthorized())
        } else {
            Self(refused)
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        let status = refused.status;
        Self::new(refused, status)
    }
}

macro_rules! document {
    ($name:ident $body:ident) => {
        impl<T: Into<Refused>> From<T> for $name {
            fn from(refusal: T) -> Self {
                Self(refusal.into())
            }
        }

        impl From<$name> for Error {
            fn from($name(refused): $name) -> Self {
                refused.into()
            }
        }

        impl ApiResponse for $name {
            // One that every operation may say, for the schema's sake; `docs/refusals.rs` tells all of each operation.
            fn meta() -> MetaResponses {
                let schema = MetaSchemaRef::Reference($body::name().into_owned());
                let response = MetaResponse {
                    description: "",
                    status: Some(503),
                    status_range: None,
                    content: vec![MetaMediaType { content_type: "application/json", schema }],
                    headers: Vec::new(),
                };
                MetaResponses { responses: vec![response] }
            }

            fn register(registry: &mut Registry) {
                $body::register(registry);
            }
        }
    };
}

document! { OAuthRefused OAuthErrorBody }
document! { ProblemRefused ProblemBody }
