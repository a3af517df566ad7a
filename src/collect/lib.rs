//! The edge: asks the world, and writes down facts and gaps. It sees what to ask
//! ([`portcullis_model::inquiry::Inquiry`]) and never what would please the judge.
#![allow(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "this room is where the outside world comes in"
)]

mod asked_requests;
pub mod asserted;
pub mod audit;
pub mod bare;
pub mod baseline;
pub mod batch;
mod candidates;
mod coverage_paths;
pub mod crew;
pub mod deployment;
pub mod elsewhere;
pub mod evidence;
pub mod fleet;
pub mod gather;
pub mod imports;
pub mod incidents;
mod line_checksum;
pub mod line_coverage;
pub mod naming;
pub mod policy_texts;
mod reading;
pub mod record_signatures;
pub mod record_writer;
pub mod recorded;
pub mod records;
pub mod reports;
pub mod request;
mod request_facts;
pub mod round_signatures;
pub mod runs;
mod series;
mod side_by_side;
mod signed_requests;
pub mod signed_reviews;
pub mod snapshots;
pub mod sources;
pub mod training;
mod unhosted;
