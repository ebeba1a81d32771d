//! What does the server say over HTTP? Every endpoint, every refusal, in the test's own process.

mod access_token;
mod activity;
mod attack;
mod bad_input;
mod bearer;
mod client_authentication;
mod cors;
mod discovery;
mod endings;
mod errors;
mod introspection;
mod legacy_hashes;
mod metrics;
mod new_client;
mod pages;
mod refresh;
mod revocation;
mod sessions;
mod sign_in;
mod sign_up;
mod smoke;
mod throttle;
mod token;
