//! The text says what the comparison says, in every engine that is there; lies are named.
#![allow(
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests start engines, read and write files, and end where they cannot go on"
)]

mod cluster;
mod corpus;
mod differential;
mod engines;
mod hiding;
mod honest;
mod lies;
mod seeds;
mod text;
