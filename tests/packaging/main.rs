//! Does what operators are handed work? The Dockerfile, the compose file, the proxy's file and the unit, as they are shipped.

mod compose;
mod container;
mod documents;
mod image;
mod proxy;
mod recipes;
mod setup;
mod tools;
mod tour;
mod unit;
