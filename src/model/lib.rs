//! Plain values: what was asked, what was seen, what was decided.
//!
//! Nothing in this room reads a file, a clock, the environment or the network, and nothing here
//! judges. Every other room speaks in these words.

pub mod administration;
pub mod assertion;
pub mod batch;
pub mod change;
pub mod check;
pub mod codeowners;
pub mod decision;
pub mod deployment;
pub mod digest;
pub mod environment;
pub mod evidence;
pub mod expectation;
pub mod fact;
pub mod facts;
pub mod fleet;
pub mod gathered;
pub mod governs;
pub mod host;
pub mod id;
pub mod incident;
pub mod inquiry;
pub mod inventory;
pub mod landing;
pub mod line_coverage;
pub mod moment;
pub mod notification;
pub mod patch;
pub mod path;
pub mod person;
pub mod plural;
pub mod protection;
pub mod reconciliation;
pub mod review;
pub mod shell;
pub mod signed;
pub mod snapshot;
pub mod test_run;
pub mod test_source;
pub mod training;
pub mod visible;
pub mod waiver;

pub use portcullis_testrun::{lines, own_times, reading};
