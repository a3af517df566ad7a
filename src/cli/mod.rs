//! The command line: arguments in, exit code out; one file per command.
#![allow(
    clippy::disallowed_methods,
    reason = "this room is where arguments, environment and output meet the program"
)]

pub mod demo;
