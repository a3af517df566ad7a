//! The edge: asks the world, and writes down facts and gaps. It sees what to ask
//! ([`crate::model::inquiry::Inquiry`]) and never what would please the judge.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this room is where the outside world comes in"
)]

pub mod deployment;
pub mod elsewhere;
pub mod evidence;
pub mod gather;
pub mod git;
pub mod host;
pub mod line_coverage;
mod reading;
pub mod recorded;
pub mod reports;
