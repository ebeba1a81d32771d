//! Did a page of this server send the request? What a cookie lets in, another site must not be able to ask for.

use std::sync::Arc;

use poem::http::{HeaderMap, HeaderName, header};
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaParamIn, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::json;

use super::error::Refused;
use crate::config::Issuer;
use crate::flows::Flows;

/// A header that no form and no link can send: a page of another origin would have to ask first, and is told no.
const OWN: HeaderName = HeaderName::from_static("x-grantd");
/// What browsers say of the page that asks (Fetch Metadata §2.3); no script can write it.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Of an operation that comes first among its parameters: nothing else of a request from elsewhere is looked at.
pub struct SameOrigin;

/// Refuses what no page of the issuer's origin has sent.
fn check(headers: &HeaderMap, issuer: &Issuer) -> Result<(), Refused> {
    let says = |name: &HeaderName, wanted: &str| {
        let mut values = headers.get_all(name).iter();
        values.next().is_some_and(|value| value == wanted) && values.next().is_none()
    };
    // Only a browser too old to tell is believed by its Origin.
    let own_page =
        if headers.contains_key(&SITE) { says(&SITE, "same-origin") } else { says(&header::ORIGIN, issuer.origin()) };
    if says(&OWN, "1") && own_page { Ok(()) } else { Err(Refused::cross_site()) }
}

impl<'a> ApiExtractor<'a> for SameOrigin {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::Parameter];
    const PARAM_IS_REQUIRED: bool = true;

    type ParamType = ();
    type ParamRawType = ();

    fn param_in() -> Option<MetaParamIn> {
        Some(MetaParamIn::Header)
    }

    fn param_schema_ref() -> Option<MetaSchemaRef> {
        let schema = MetaSchema { enum_items: vec![json!("1")], ..MetaSchema::new("string") };
        Some(MetaSchemaRef::Inline(Box::new(schema)))
    }

    async fn from_request(request: &'a Request, _: &mut RequestBody, _: ExtractParamOptions<()>) -> poem::Result<Self> {
        let flows = request.data::<Arc<Flows>>();
        let flows = flows.ok_or_else(|| Refused::internal("a request without flows".to_owned()))?;
        check(request.headers(), &flows.config().issuer)?;
        Ok(Self)
    }
}
