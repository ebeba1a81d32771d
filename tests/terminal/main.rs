//! How does `grant` behave? The real program against a real server.

mod app;
mod credential;
mod doctor;
mod end;
mod inspect;
mod keyring;
mod log;
mod machine;
mod offline;
mod person;
mod race;
mod refusals;
mod settings;
mod sign_in;
mod stores;
mod token;
mod upkeep;
mod way;
