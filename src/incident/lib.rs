//! Incidents: the register of what was found and who was told, and the clocks that follow from it.
//!
//! Values in, values out: this room reads no clock, file, repository or network. The moment that
//! something is asked for is always an argument.
//!
//! | module | what it does |
//! | --- | --- |
//! | `register` | the chain of entries below [`REGISTER_REF`]: writing the next one, verifying all |
//! | `casefile` | what the entries say of one incident, put together |
//! | `opening` | whether the times that an opening names fit together |
//! | `exposure` | which deployments lie between the last good run and the first bad load |
//! | `calendar` | when a term ends, in clock hours or working hours |
//! | `clock` | what is owed to whom, until when, and what became of it |
//! | `letter` | the draft of a notice |
//! | `expected` | what should have happened by a moment, from whatever source |
//! | `icalendar` | dates as iCalendar (RFC 5545) |
//!
//! **What stops a clock.** Only a notice that can be true: sent when the incident was known, and
//! entered into the register in time and not before it was sent. Any other is kept, shown with what
//! is wrong with it, and stops nothing.
//!
//! **What it decides.** Nothing that is law. Whether something is a breach, and who has to be told
//! of it, people decide; the policy holds what they decided.

pub mod calendar;
pub mod casefile;
pub mod clock;
pub mod expected;
pub mod exposure;
pub mod icalendar;
pub mod letter;
pub mod opening;
pub mod register;

pub use casefile::{IncidentFile, read_casefiles};
pub use register::{IncidentLink, IncidentRegister, PendingIncident, RegisterVerifier, prepare_incident};

/// The ref of the register.
pub const REGISTER_REF: &str = "refs/portcullis/incidents";

/// The entry.
pub const INCIDENT_FILE: &str = "incident.json";

/// The signature of the entry, where someone signed: what `ssh-keygen -Y sign -n portcullis` makes
/// of it, in its armour. The only file that may be missing.
pub const INCIDENT_SIGNATURE: &str = "incident.json.sig";

/// The largest `incident.json`, in bytes.
pub const LARGEST_ENTRY: usize = 1 << 20;

/// The program that writes, with its version.
pub const TOOL: &str = concat!("portcullis ", env!("CARGO_PKG_VERSION"));

#[cfg(test)]
mod tests;
