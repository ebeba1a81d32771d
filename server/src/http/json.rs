//! How is a JSON body read? With a reason for each member that is missing or of the wrong type, and never an echo of it.

use poem::{Request, RequestBody};
use poem_openapi::payload::{ParsePayload, Payload};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, Type};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::Value;

use super::error::Refused;
use super::form::{media_type, read_body};
use crate::model::reason::Reason;

/// A body whose members are known.
pub trait Members: ParseFromJSON {
    /// The members that must be there, each a text.
    const TEXTS: &'static [&'static str];
}

/// A JSON body of type `T`.
pub struct JsonBody<T>(pub T);

impl<T: Type> Payload for JsonBody<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: Members> ParsePayload for JsonBody<T> {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> poem::Result<Self> {
        if !media_type(request).is_some_and(|media_type| media_type.eq_ignore_ascii_case(Self::CONTENT_TYPE)) {
            return Err(Refused::unsupported_content_type().into());
        }
        let bytes = read_body(body).await?;
        let malformed = || Refused::request(Reason::MalformedRequest);
        let Ok(Value::Object(members)) = serde_json::from_slice(&bytes) else { return Err(malformed().into()) };
        let faults: Vec<_> = T::TEXTS
            .iter()
            .filter_map(|name| match members.get(*name) {
                None | Some(Value::Null) => Some((*name, Reason::MissingParameter)),
                Some(Value::String(_)) => None,
                Some(_) => Some((*name, Reason::MalformedRequest)),
            })
            .collect();
        if !faults.is_empty() {
            return Err(Refused::fields(faults).into());
        }
        T::parse_from_json(Some(Value::Object(members))).map(Self).map_err(|_| malformed().into())
    }
}

impl<'a, T: Members> ApiExtractor<'a> for JsonBody<T> {
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
