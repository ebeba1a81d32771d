//! What is said on the wire? Every route in one table, and around it what holds for all of them.

mod accept;
mod admin;
mod app;
mod bearer;
mod bff;
mod client_auth;
mod cookie;
mod cors;
mod discovery;
mod docs;
mod edge;
mod error;
mod form;
mod health;
mod home;
mod introspect;
mod json;
mod lists;
mod me;
mod metrics;
mod origin;
mod page;
mod prepared;
mod query;
mod revoke;
mod same_origin;
mod swagger;
mod time;
mod token;
mod userinfo;
mod users;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use poem::endpoint::{BoxEndpoint, DynEndpoint, ToDynEndpoint};
use poem::http::Method;
use poem::{Endpoint, EndpointExt, Response, Route, get};
use poem_openapi::{OpenApi, Tags};

pub use time::write as write_time;

pub use docs::Document;
pub use metrics::Metrics;

use crate::config::{Config, MetricsListen};
use crate::flows::Flows;
use edge::{Edge, Routes};
use home::{Home, Page};
use prepared::Prepared;
use query::Queries;

/// Which paths belong together, in the order in which a newcomer meets them.
#[derive(Tags)]
enum Tag {
    /// Sign in, refresh, sign out, ask about tokens.
    Tokens,
    /// Sign up; see, change and delete yourself.
    Account,
    /// The same for pages that keep their refresh token in a cookie, where no script can read it.
    #[oai(rename = "Cookie mode")]
    CookieMode,
    /// See where you are signed in, sign out there, and read what happened.
    Sessions,
    /// Users, clients, sessions, keys, events, for administrators.
    Administration,
}

/// Every operation of the API document.
type Apis = (
    users::UsersApi,
    token::TokenApi,
    revoke::RevokeApi,
    introspect::IntrospectApi,
    userinfo::UserInfoApi,
    bff::BffApi,
    me::MeApi,
    admin::users::AdminUsersApi,
    admin::clients::AdminClientsApi,
    admin::sessions::AdminSessionsApi,
    admin::keys::AdminKeysApi,
    admin::events::AdminEventsApi,
);
const APIS: Apis = (
    users::UsersApi,
    token::TokenApi,
    revoke::RevokeApi,
    introspect::IntrospectApi,
    userinfo::UserInfoApi,
    bff::BffApi,
    me::MeApi,
    admin::users::AdminUsersApi,
    admin::clients::AdminClientsApi,
    admin::sessions::AdminSessionsApi,
    admin::keys::AdminKeysApi,
    admin::events::AdminEventsApi,
);

/// The whole of HTTP, over the flows. `draining` turns readiness off.
pub fn endpoint(
    flows: Arc<Flows>,
    draining: Arc<AtomicBool>,
    metrics: Metrics,
) -> impl Endpoint<Output = Response> + 'static {
    let config: Arc<Config> = Arc::clone(flows.config());
    let issuer = &config.issuer;
    let style = Prepared::new(page::STYLE, "text/css; charset=utf-8", "no-cache");
    let icon = Prepared::new(page::ICON, "image/svg+xml", "public, max-age=86400");
    let yaml = docs::Served::new(&config, docs::Form::Yaml);
    let json = docs::Served::new(&config, docs::Form::Json);

    let metadata = discovery::metadata(&config);

    // Every route is named as it stands at an issuer without a path.
    let mut routes = Routes::default();
    let mut own = Route::new();
    let mut table: Vec<(&str, BoxEndpoint<'static>)> = vec![
        ("/", Home::new(&config).boxed()),
        ("/errors", Page::errors(&config).boxed()),
        ("/style.css", style.boxed()),
        ("/favicon.ico", icon.boxed()),
        ("/openapi.yaml", yaml.boxed()),
        ("/openapi.json", json.boxed()),
        ("/livez", health::Alive.boxed()),
        ("/readyz", health::Ready { flows: Arc::clone(&flows), draining }.boxed()),
        ("/.well-known/openid-configuration", metadata.clone().boxed()),
        ("/.well-known/jwks.json", discovery::Jwks(Arc::clone(&flows)).boxed()),
    ];
    if config.server.metrics_listen == MetricsListen::Main {
        table.push((metrics::PATH, metrics.clone().boxed()));
    }
    table.extend(app::files(&flows));
    if config.docs.enabled {
        table.extend(swagger::files(&config));
    }
    for (path, endpoint) in table {
        routes.add(&format!("{}{path}", issuer.path()), &[Method::GET]);
        own = own.at(path, get(endpoint));
    }
    let operations = Apis::meta();
    let queries = Queries::of(&operations, issuer.path());
    for path in operations.into_iter().flat_map(|api| api.paths) {
        let methods: Vec<_> = path.operations.iter().map(|operation| operation.method.clone()).collect();
        routes.add(&format!("{}{}", issuer.path(), path.path), &methods);
    }
    let api: Arc<dyn DynEndpoint<Output = Response>> =
        Arc::new(ToDynEndpoint(docs::service(issuer).data(Arc::clone(&flows))));
    own = own
        .nest_no_strip("/oauth2", Arc::clone(&api))
        .nest_no_strip("/bff", Arc::clone(&api))
        .nest_no_strip("/api", api);

    // A path of the issuer stands before every route but one: RFC 8414 §3 inserts its well-known part before the path.
    let inserted = format!("/.well-known/oauth-authorization-server{}", issuer.path());
    routes.add(&inserted, &[Method::GET]);
    let metadata = get(metadata);
    let whole = match issuer.path() {
        "" => own.at(inserted, metadata),
        path => Route::new().nest(path, own).at(inserted, metadata),
    };
    Edge::new(whole.boxed(), routes, queries, flows, metrics)
}

/// `/metrics` and nothing else, for a listener of its own: no path of the issuer stands before it.
pub fn metrics_endpoint(flows: Arc<Flows>, metrics: Metrics) -> impl Endpoint<Output = Response> + 'static {
    let mut routes = Routes::default();
    routes.add(metrics::PATH, &[Method::GET]);
    let whole = Route::new().at(metrics::PATH, get(metrics.clone()));
    Edge::new(whole.boxed(), routes, Queries::of(&[], ""), flows, metrics)
}
