//! What are the things Grantd speaks of, and which rules hold for them? Pure: no I/O, no clock, no framework.

pub mod change;
pub mod client;
pub mod event;
pub mod id;
pub mod password;
pub mod reason;
pub mod scope;
pub mod secret;
pub mod session;
pub mod signing_key;
pub mod text;
pub mod throttle;
pub mod timestamp;
pub mod token_family;
pub mod user;
