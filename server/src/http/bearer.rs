//! Where is the access token of a request? In the Authorization header, or in a form that is posted; never in the address
//! (RFC 6750 §2, OAuth 2.1 §5.1).

use poem::http::{Method, header};
use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaOAuthFlow, MetaOAuthFlows, MetaOAuthScope, MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use serde_json::Value;

use super::error::Refused;
use super::form;
use crate::model::reason::Reason;
use crate::model::scope;

/// The name of the scheme in the API document.
pub(super) const SCHEME: &str = "grantd";

/// The access token, if one was sent. What it is worth is for the flow to say.
pub struct Bearer(Option<String>);

impl Bearer {
    /// The token.
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        self.0.as_deref()
    }
}

/// The token of the header; a request with two of them, or with one in its address, is refused.
pub(super) fn read(request: &Request) -> Result<Option<String>, Refused> {
    let query = request.uri().query().unwrap_or_default();
    let named = |pair: &str| form::decode(pair.split('=').next().unwrap_or_default().as_bytes());
    if query.split('&').any(|pair| named(pair).is_ok_and(|name| name == "access_token")) {
        return Err(Refused::request(Reason::MalformedRequest));
    }
    let mut headers = request.headers().get_all(header::AUTHORIZATION).iter();
    let value = headers.next();
    if headers.next().is_some() {
        return Err(Refused::request(Reason::RepeatedParameter));
    }
    let Some((scheme, token)) = value.and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' '))
    else {
        return Ok(None);
    };
    let token = token.trim();
    Ok((scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| token.to_owned()))
}

impl<'a> ApiExtractor<'a> for Bearer {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        let words = [
            (scope::OPENID, "Know who you are"),
            (scope::PROFILE, "Read your profile"),
            (scope::EMAIL, "Read your e-mail address"),
            (scope::ACCOUNT, "Change or delete your account"),
            (scope::SESSIONS, "See and end your sessions"),
            (scope::ADMIN, "Administer the server"),
        ];
        let flow = |refresh_url| MetaOAuthFlow {
            authorization_url: None,
            token_url: Some("/oauth2/token"),
            refresh_url,
            scopes: words.map(|(name, description)| MetaOAuthScope { name, description: Some(description) }).into(),
        };
        registry.create_security_scheme(
            SCHEME,
            MetaSecurityScheme {
                ty: "oauth2",
                description: Some("Sign in with name and password. What a service gets for itself (client credentials) is for other services: no operation here takes it."),
                name: None,
                key_in: None,
                scheme: None,
                bearer_format: None,
                flows: Some(MetaOAuthFlows {
                    implicit: None,
                    password: Some(flow(Some("/oauth2/token"))),
                    client_credentials: Some(flow(None)),
                    authorization_code: None,
                }),
                openid_connect_url: None,
            },
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![SCHEME]
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let in_header = read(request)?;
        if request.method() != Method::POST || !form::is_form(request) {
            return Ok(Self(in_header));
        }
        let mut fields = form::parse(&form::read_body(body).await?)?;
        match (in_header, fields.remove("access_token")) {
            (Some(_), Some(_)) => Err(Refused::request(Reason::MalformedRequest).into()),
            (None, Some(Value::String(token))) => Ok(Self(Some(token))),
            (in_header, _) => Ok(Self(in_header)),
        }
    }
}
