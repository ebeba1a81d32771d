//! How does `grant` behave? The real program against a real server.

mod admin;
mod end;
mod keyring;
mod lists;
mod machine;
mod offline;
mod person;
mod race;
mod refusals;
mod schemas;
mod shells;
mod sign_in;
mod token;
mod upkeep;
mod way;
