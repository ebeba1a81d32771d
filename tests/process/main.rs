//! How does the real binary behave? Its command line, its signals, its death, and two of it at once.

mod harness;
mod refresh;
mod smoke;
mod two_nodes;
