//! What does the server say over HTTP? Every endpoint, every refusal, in the test's own process.

mod new_client;
mod race;
mod refresh;
mod smoke;
