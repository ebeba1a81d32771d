//! What does the API document say? It is made from the code, so it needs no server.

mod corrections;
mod examples;
mod limits;
mod refusals;

use std::sync::{Arc, OnceLock};

use poem::{Endpoint, Request, Response, Result};
use poem_openapi::{ContactObject, ExternalDocumentObject, LicenseObject, OpenApiService};
use serde_json::Value;

use super::prepared::Prepared;
use super::{APIS, Apis};
use crate::config::{Config, Issuer};

const ABOUT: &str = "Sign up, sign in, refresh, see who you are, sign out here or everywhere, and let other services check tokens: \
    an OAuth 2 and OpenID Connect server and its account API.\n\n\
    Requests to `/api` carry an access token: `Authorization: Bearer …`. The token endpoint gives one for a name and a password, and \
    with it a refresh token, which brings the next one and is itself another each time.\n\n\
    Whatever is refused says why in its `reason`, and `/errors` says what to do about it.";

/// The endpoints, for a server of this issuer.
pub(super) fn service(issuer: &Issuer) -> OpenApiService<Apis, ()> {
    let address = issuer.as_str();
    OpenApiService::new(APIS, "Grantd", env!("CARGO_PKG_VERSION"))
        .description(ABOUT)
        .contact(ContactObject::new().name("Whoever runs this server").url(format!("{address}/")))
        .license(LicenseObject::new("MIT OR Apache-2.0").url("https://spdx.org/licenses/"))
        .external_document(
            ExternalDocumentObject::new(format!("{address}/errors"))
                .description("Every reason that an answer can name, and what to do about it"),
        )
        .server(address)
}

/// The document of a server with these settings.
pub struct Document(Value);

impl Document {
    /// What the endpoints do.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let mut document = serde_json::from_str(&service(&config.issuer).spec()).unwrap_or_default();
        corrections::apply(&mut document, config);
        Self(document)
    }

    /// In YAML.
    #[must_use]
    pub fn yaml(&self) -> String {
        serde_yaml::to_string(&self.0).unwrap_or_default()
    }

    /// In JSON.
    #[must_use]
    pub fn json(&self) -> String {
        format!("{:#}", self.0)
    }
}

/// Which form of the document stands at an address.
pub(super) enum Form {
    /// `/openapi.yaml`.
    Yaml,
    /// `/openapi.json`.
    Json,
}

/// The document, once somebody has asked for it: most servers are never asked, and need not make it to start.
pub(super) struct Served {
    config: Arc<Config>,
    form: Form,
    written: OnceLock<Prepared>,
}

impl Served {
    pub(super) fn new(config: &Arc<Config>, form: Form) -> Self {
        Self { config: Arc::clone(config), form, written: OnceLock::new() }
    }

    fn write(&self) -> Prepared {
        let document = Document::new(&self.config);
        match self.form {
            Form::Yaml => Prepared::new(document.yaml(), "application/yaml", "no-cache"),
            Form::Json => Prepared::new(document.json(), "application/json", "no-cache"),
        }
    }
}

impl Endpoint for Served {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        Ok(self.written.get_or_init(|| self.write()).answer(request.headers()))
    }
}
