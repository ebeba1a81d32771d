//! How is a JSON body read? With a reason for each member that is missing, of the wrong type or not to be set, and never an echo of a value.

use std::borrow::Cow;

use poem::http::header;
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaMediaType, MetaRequest, Registry};
use poem_openapi::types::{MaybeUndefined, ParseFromJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::{Map, Value};

use super::error::{Fault, Refused};
use super::form::{media_type, read_body};
use crate::model::change::Change;
use crate::model::reason::Reason;

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// A member of a body.
#[derive(Clone, Copy)]
pub struct Member {
    name: &'static str,
    kind: Kind,
    required: bool,
    nullable: bool,
}

/// What a member's value is.
#[derive(Clone, Copy)]
pub enum Kind {
    /// A string.
    Text,
    /// An array of strings.
    Texts,
    /// A string or an array of strings.
    TextOrTexts,
    /// True or false.
    Flag,
    /// A whole number.
    Whole,
}

impl Member {
    /// One that may be left out.
    pub const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, required: false, nullable: false }
    }

    /// One that must be there.
    pub const fn required(self) -> Self {
        Self { required: true, ..self }
    }

    /// One that may be null, which takes its value away (RFC 7396).
    pub const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }

    /// What is wrong with its value, if anything.
    fn fault(&self, value: Option<&Value>) -> Option<Reason> {
        let is_text = |value: &Value| value.is_string();
        let are_texts = |value: &Value| value.as_array().is_some_and(|texts| texts.iter().all(is_text));
        let fits = match (value, self.kind) {
            (None, _) => return self.required.then_some(Reason::MissingParameter),
            (Some(Value::Null), _) => return (!self.nullable).then_some(Reason::MissingParameter),
            (Some(value), Kind::Text) => is_text(value),
            (Some(value), Kind::Texts) => are_texts(value),
            (Some(value), Kind::TextOrTexts) => is_text(value) || are_texts(value),
            (Some(value), Kind::Flag) => value.is_boolean(),
            (Some(value), Kind::Whole) => value.as_i64().is_some(),
        };
        (!fits).then_some(Reason::MalformedRequest)
    }
}

/// A body whose members are known.
pub trait Members: ParseFromJSON {
    /// Those that can be set.
    const MEMBERS: &'static [Member];
    /// Those that answers show and nobody sets.
    const READ_ONLY: &'static [&'static str] = &[];
    /// Whether members that nobody knows are passed over.
    const LENIENT: bool = false;
    /// Whether the body may be left out.
    const OPTIONAL: bool = false;
}

/// A JSON body of type `T`.
pub struct JsonBody<T>(Result<T, Refused>);

/// A merge patch (RFC 7396) of type `T`. The document calls it plain JSON, which it may be called: generators of clients know one type a body.
pub struct MergePatch<T>(Result<T, Refused>);

/// What a patch says of a member.
pub fn patched<T>(member: MaybeUndefined<T>) -> Change<T> {
    match member {
        MaybeUndefined::Undefined => Change::Keep,
        MaybeUndefined::Null => Change::Clear,
        MaybeUndefined::Value(value) => Change::Set(value),
    }
}

async fn read<T: Members>(request: &Request, body: &mut RequestBody, types: &[&str]) -> Result<T, Refused> {
    let fits = |given: &str| types.iter().any(|known| given.eq_ignore_ascii_case(known));
    let nothing = T::OPTIONAL && !request.headers().contains_key(header::CONTENT_TYPE);
    if !nothing && !media_type(request).is_some_and(fits) {
        return Err(Refused::unsupported_content_type());
    }
    let bytes = read_body(body).await?;
    let malformed = || Refused::request(Reason::MalformedRequest);
    let members = match serde_json::from_slice(&bytes) {
        _ if nothing && bytes.is_empty() => Map::new(),
        Ok(Value::Object(members)) if !nothing => members,
        _ if nothing => return Err(Refused::unsupported_content_type()),
        _ => return Err(malformed()),
    };
    let faults = faults::<T>(&members);
    if !faults.is_empty() {
        return Err(Refused::fields(faults));
    }
    T::parse_from_json(Some(Value::Object(members))).map_err(|_| malformed())
}

fn faults<T: Members>(members: &Map<String, Value>) -> Vec<Fault> {
    let known =
        T::MEMBERS.iter().filter_map(|member| Some(Fault::new(member.name, member.fault(members.get(member.name))?)));
    let is_known = |name: &str| T::MEMBERS.iter().any(|member| member.name == name);
    let others = members.keys().filter(|name| !is_known(name)).filter_map(|name| {
        match T::READ_ONLY.iter().find(|read_only| *read_only == name) {
            Some(name) => Some(Fault::new(name, Reason::ReadOnly)),
            None if T::LENIENT => None,
            None => Some(Fault { field: unknown(name), ..Fault::new("", Reason::UnknownValue) }),
        }
    });
    known.chain(others).collect()
}

/// The name of a member that nobody knows, if it is one that could have been meant: anything else is not repeated.
fn unknown(name: &str) -> Cow<'static, str> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
    if name.len() <= 32 && name.bytes().all(plain) { Cow::Owned(name.to_owned()) } else { Cow::Borrowed("-") }
}

macro_rules! body {
    ($name:ident $content_type:ident $($other:ident)?) => {
        impl<T> $name<T> {
            /// What it says. Asked after who asks is known: nobody else learns what is wrong with it.
            pub fn read(self) -> Result<T, Refused> {
                self.0
            }
        }

        impl<'a, T: Members + Type> ApiExtractor<'a> for $name<T> {
            const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

            type ParamType = ();
            type ParamRawType = ();

            fn register(registry: &mut Registry) {
                T::register(registry);
            }

            fn request_meta() -> Option<MetaRequest> {
                let content = vec![MetaMediaType { content_type: $content_type, schema: T::schema_ref() }];
                Some(MetaRequest { description: None, content, required: !T::OPTIONAL })
            }

            async fn from_request(
                request: &'a Request,
                body: &mut RequestBody,
                _: ExtractParamOptions<()>,
            ) -> poem::Result<Self> {
                Ok(Self(read(request, body, &[$content_type $(, $other)?]).await))
            }
        }
    };
}

body! { JsonBody JSON }
body! { MergePatch JSON MERGE_PATCH }
