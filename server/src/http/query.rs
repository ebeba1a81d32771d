//! Which query parameters does an operation of the API know? A filter that is misspelt must not be taken for none.

use std::collections::HashMap;

use poem::http::Method;
use poem_openapi::registry::{MetaApi, MetaParamIn};

use super::edge::names;
use super::error::Refused;
use crate::model::reason::Reason;

/// The parameters of every operation of the account and administration API, by method and route.
pub struct Queries(HashMap<(Method, String), Vec<String>>);

impl Queries {
    /// Those that the document names, for routes below `base`.
    pub(super) fn of(apis: &[MetaApi], base: &str) -> Self {
        let paths = apis.iter().flat_map(|api| &api.paths).filter(|path| path.path.starts_with("/api/"));
        let operations = paths.flat_map(|path| path.operations.iter().map(move |operation| (path, operation)));
        let known = operations.map(|(path, operation)| {
            let in_query = operation.params.iter().filter(|param| param.in_type == MetaParamIn::Query);
            let names = in_query.map(|param| param.name.clone()).collect();
            ((operation.method.clone(), format!("{base}{}", path.path)), names)
        });
        Self(known.collect())
    }

    /// Refuses what the operation does not know. Where a token stands in the address, who looks for tokens says so.
    pub(super) fn check(&self, method: &Method, route: &str, query: &str) -> Result<(), Refused> {
        if query.is_empty() {
            return Ok(());
        }
        let Some(known) = self.0.get(&(method.clone(), route.to_owned())) else {
            return Ok(());
        };
        let strange = names(query)?.into_iter().any(|name| name != "access_token" && !known.contains(&name));
        if strange { Err(Refused::request(Reason::UnknownValue)) } else { Ok(()) }
    }
}
