//! How does the real binary behave? Its command line, its signals, its death, and two of it at once.

mod away;
mod beside;
mod clients;
mod data;
mod dev;
mod document;
mod end;
mod harness;
mod hashes;
mod keys;
mod log;
mod metrics;
mod race;
mod refresh;
mod serve;
mod settings;
mod site;
mod smoke;
mod sweep;
mod terminal;
mod usage;
mod users;
