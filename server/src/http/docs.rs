//! What does the API document say? It is made from the code, so it needs no server.

use poem_openapi::OpenApiService;

use super::{APIS, Apis};
use crate::config::Issuer;

/// The endpoints and their document, for a server of this issuer.
pub(super) fn service(issuer: &Issuer) -> OpenApiService<Apis, ()> {
    OpenApiService::new(APIS, "Grantd", env!("CARGO_PKG_VERSION"))
        .description("Sign up, sign in, refresh, sign out: an OAuth 2 and OpenID Connect server and its account API.")
        .license("MIT OR Apache-2.0")
        .server(issuer.as_str())
}

/// The document in YAML.
#[must_use]
pub fn yaml(issuer: &Issuer) -> String {
    service(issuer).spec_yaml()
}

/// The document in JSON.
#[must_use]
pub fn json(issuer: &Issuer) -> String {
    service(issuer).spec()
}
