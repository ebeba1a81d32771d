//! How does `grant` behave? The real program against a real server.

mod admin;
mod app;
mod clock;
mod credential;
mod doctor;
mod end;
mod inspect;
mod keyring;
mod lists;
mod log;
mod machine;
mod offline;
mod person;
mod race;
mod refusals;
mod schemas;
mod settings;
mod shells;
mod sign_in;
mod stores;
mod tls;
mod token;
mod upkeep;
mod way;
