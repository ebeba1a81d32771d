//! Grantd: an OAuth 2.x and OpenID Connect server. Four floors, and an import points down only:
//! `server → http → flows → store → model`; `config` and `clock` lie at the bottom, beside `model`.

pub mod clock;
pub mod config;
pub mod flows;
pub mod http;
pub mod model;
pub mod server;
pub mod store;
