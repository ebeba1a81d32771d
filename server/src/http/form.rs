//! How is a form read? Strictly, as RFC 6749 §3.2 wants it: nothing twice, nothing empty, nothing that is not UTF-8.
//!
//! poem-openapi's own form payload lets all of that through.

use std::time::Duration;

use percent_encoding::percent_decode;
use poem::http::header;
use poem::{Request, RequestBody};
use poem_openapi::payload::{ParsePayload, Payload};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::{Map, Value};

use super::error::Refused;
use crate::model::reason::Reason;

/// The most bytes of a body.
pub(super) const BODY_LIMIT: usize = 64 * 1024;
/// How long a body may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);
/// The one parameter that may repeat (RFC 8707 §2).
const REPEATABLE: &str = "resource";

/// A form of type `T`.
pub struct Form<T>(pub T);

impl<T: Type> Payload for Form<T> {
    const CONTENT_TYPE: &'static str = "application/x-www-form-urlencoded";

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ParseFromJSON> ParsePayload for Form<T> {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> poem::Result<Self> {
        if !is_form(request) {
            return Err(Refused::unsupported_content_type().into());
        }
        let bytes = read_body(body).await?;
        let fields = parse(&bytes)?;
        // Every field is optional text, so this fails for nothing that a form can hold.
        T::parse_from_json(Some(Value::Object(fields)))
            .map(Self)
            .map_err(|_| Refused::request(Reason::MalformedRequest).into())
    }
}

impl<'a, T: ParseFromJSON> ApiExtractor<'a> for Form<T> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        <Self as Payload>::register(registry);
    }

    fn request_meta() -> Option<MetaRequest> {
        let content = vec![MetaMediaType { content_type: Self::CONTENT_TYPE, schema: Self::schema_ref() }];
        Some(MetaRequest { description: None, content, required: true })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        <Self as ParsePayload>::from_request(request, body).await
    }
}

/// Whether the body says that it is a form.
pub(super) fn is_form(request: &Request) -> bool {
    media_type(request).is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// The media type of the body, without its parameters.
pub(super) fn media_type(request: &Request) -> Option<&str> {
    let mut values = request.headers().get_all(header::CONTENT_TYPE).iter();
    let value = values.next()?.to_str().ok()?;
    values.next().is_none().then(|| value.split(';').next().unwrap_or_default().trim())
}

/// The body, if it is not too large.
pub(super) async fn read_body(body: &mut RequestBody) -> Result<Vec<u8>, Refused> {
    use poem::error::ReadBodyError;
    let body = body.take().map_err(|_| Refused::request(Reason::MalformedRequest))?;
    match tokio::time::timeout(PATIENCE, body.into_bytes_limit(BODY_LIMIT)).await {
        Ok(Ok(bytes)) => Ok(bytes.into()),
        Ok(Err(ReadBodyError::PayloadTooLarge)) => Err(Refused::body_too_large()),
        // One that dribbles in takes a place that others could have.
        Ok(Err(_)) | Err(_) => Err(Refused::request(Reason::MalformedRequest)),
    }
}

/// The fields of a form.
pub(super) fn parse(bytes: &[u8]) -> Result<Map<String, Value>, Refused> {
    let mut fields = Map::new();
    for pair in bytes.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let equals = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
        let (name, value) = pair.split_at(equals);
        let name = decode(name)?;
        let value = decode(value.get(1..).unwrap_or_default())?;
        if name == REPEATABLE {
            if let Value::Array(values) = fields.entry(name).or_insert_with(|| Value::Array(Vec::new()))
                && !value.is_empty()
            {
                values.push(value.into());
            }
        } else if fields.insert(name, value.into()).is_some() {
            return Err(Refused::request(Reason::RepeatedParameter));
        }
    }
    // An empty value counts as absent (RFC 6749 §3.1), but once more is once too often all the same.
    fields.retain(|_, value| value.as_str().is_none_or(|text| !text.is_empty()));
    Ok(fields)
}

/// A name or a value: `+` is a space, escapes are whole, and what comes out is text.
pub(super) fn decode(encoded: &[u8]) -> Result<String, Refused> {
    let malformed = || Refused::request(Reason::MalformedRequest);
    let whole = encoded.iter().enumerate().filter(|(_, byte)| **byte == b'%').all(|(place, _)| {
        encoded.get(place + 1..place + 3).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if !whole {
        return Err(malformed());
    }
    let spaced: Vec<u8> = encoded.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
    let text = percent_decode(&spaced).decode_utf8().map_err(|_| malformed())?;
    // No parameter of ours has one, and PostgreSQL has no text that does.
    if text.contains('\0') { Err(malformed()) } else { Ok(text.into_owned()) }
}
