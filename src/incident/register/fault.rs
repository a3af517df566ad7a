//! What can be wrong with an entry of the register, in words for people.

use crate::{INCIDENT_FILE, INCIDENT_SIGNATURE, LARGEST_ENTRY};
use portcullis_model::change::Revision;
use portcullis_model::incident::IncidentId;

/// Something wrong with one entry of the register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentProblem {
    /// Its place in the register, counted from 1 for the oldest: the number that it should have.
    pub place: u64,
    /// Its commit.
    pub commit: Revision,
    /// What is wrong.
    pub fault: IncidentFault,
}

impl std::fmt::Display for IncidentProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "entry {} ({}): {}", self.place, self.commit.short(), self.fault)
    }
}

/// What is wrong. It holds texts from outside as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentFault {
    /// Its tree holds something else than the files of an entry.
    Files,
    /// The file is larger than any that is written.
    Large,
    /// The file is not of this form.
    Unreadable(String),
    /// The file says the right things in other bytes.
    NotCanonical,
    /// Another version of the form.
    Schema(u32),
    /// Not the number of its place.
    Number(u64),
    /// Not exactly one parent, the entry before (none for the first).
    Parents,
    /// It was written after another entry than the one before it.
    Previous,
    /// Its time is from before that of the entry before it, or not in whole seconds.
    Time,
    /// Its time is in the future.
    Future,
    /// The commit is not the one that follows from the file.
    Commit,
    /// The register begins where it has begun already.
    BegunAgain,
    /// An incident with this identifier is open already.
    OpenedAgain(IncidentId),
    /// The identifier does not follow from what is said of the incident.
    Id,
    /// Awareness is said to have begun after the incident was entered.
    AwareAfter,
    /// No entry before it opens this incident.
    NoSuchIncident(IncidentId),
    /// The incident was closed already.
    ClosedAgain(IncidentId),
}

impl std::fmt::Display for IncidentFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            IncidentFault::Files => write!(
                f,
                "its tree is not a plain `{INCIDENT_FILE}`, with or without a `{INCIDENT_SIGNATURE}`"
            ),
            IncidentFault::Large => write!(f, "its `{INCIDENT_FILE}` has more than {LARGEST_ENTRY} bytes"),
            IncidentFault::Unreadable(why) => write!(f, "its `{INCIDENT_FILE}` cannot be read: {why}"),
            IncidentFault::NotCanonical => write!(f, "its `{INCIDENT_FILE}` is not written as it should be"),
            IncidentFault::Schema(other) => write!(f, "it is of schema {other}, which is not known"),
            IncidentFault::Number(number) => write!(f, "it says that it is number {number}"),
            IncidentFault::Parents => f.write_str("its only parent is not the entry before it"),
            IncidentFault::Previous => {
                f.write_str("it was written after another entry than the one before it")
            }
            IncidentFault::Time => {
                f.write_str("its time is from before the entry before it, or not in whole seconds")
            }
            IncidentFault::Future => f.write_str("its time is in the future"),
            IncidentFault::Commit => write!(f, "its commit does not follow from its `{INCIDENT_FILE}`"),
            IncidentFault::BegunAgain => f.write_str("the register has begun already"),
            IncidentFault::OpenedAgain(id) => write!(f, "the incident {id} was opened already"),
            IncidentFault::Id => {
                f.write_str("the identifier of the incident does not follow from what is said of it")
            }
            IncidentFault::AwareAfter => {
                f.write_str("it says that the incident became known after it was entered")
            }
            IncidentFault::NoSuchIncident(id) => write!(f, "no entry before it opens the incident {id}"),
            IncidentFault::ClosedAgain(id) => write!(f, "the incident {id} was closed already"),
        }
    }
}
