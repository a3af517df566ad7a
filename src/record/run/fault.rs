//! What can be wrong with a run, in words for people.

use super::{LARGEST_RUN, RUN_FILE};
use portcullis_model::change::Revision;

/// Something wrong with one run of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunProblem {
    /// Its place in the chain, counted from 1 for the oldest: the number that it should have.
    pub place: u64,
    /// Its commit.
    pub commit: Revision,
    /// What is wrong.
    pub fault: RunChainFault,
}

impl std::fmt::Display for RunProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "run {} ({}): {}", self.place, self.commit.short(), self.fault)
    }
}

/// What is wrong. It holds texts from outside as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunChainFault {
    /// Its tree holds something else than a run and its signature.
    Files,
    /// The file is larger than any that is written.
    Large,
    /// The file is not of this form.
    Unreadable(String),
    /// The file says the right things in other bytes.
    NotCanonical,
    /// Another version of the form.
    Schema(u32),
    /// Of another dataset than the ref's.
    Dataset(String),
    /// Not the number of its place.
    Number(u64),
    /// Not exactly one parent, the run before (none for the first).
    Parents,
    /// It was made after another run than the one before it.
    Previous,
    /// Its time is from before that of the run before it, or not in whole seconds.
    Time,
    /// Its time is in the future.
    Future,
    /// A system was read after the comparison ended.
    ReadLater(&'static str),
    /// It says how it went, and not what follows from its own faults.
    Outcome(&'static str),
    /// An open difference is younger than the run that lists it.
    Break,
    /// The commit is not the one that follows from the file.
    Commit,
}

impl std::fmt::Display for RunChainFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            RunChainFault::Files => {
                write!(f, "its tree is not a plain `{RUN_FILE}` with at most a signature")
            }
            RunChainFault::Large => write!(f, "its `{RUN_FILE}` has more than {LARGEST_RUN} bytes"),
            RunChainFault::Unreadable(why) => write!(f, "its `{RUN_FILE}` cannot be read: {why}"),
            RunChainFault::NotCanonical => write!(f, "its `{RUN_FILE}` is not written as it should be"),
            RunChainFault::Schema(other) => write!(f, "it is of schema {other}, which is not known"),
            RunChainFault::Dataset(other) => write!(f, "it is of another dataset, `{other}`"),
            RunChainFault::Number(number) => write!(f, "it says that it is number {number}"),
            RunChainFault::Parents => f.write_str("its only parent is not the run before it"),
            RunChainFault::Previous => f.write_str("it was made after another run than the one before it"),
            RunChainFault::Time => {
                f.write_str("its time is from before the run before it, or not in whole seconds")
            }
            RunChainFault::Future => f.write_str("its time is in the future"),
            RunChainFault::ReadLater(side) => write!(f, "its {side} was read after the comparison ended"),
            RunChainFault::Outcome(said) => {
                write!(f, "it says that it is {said}, and its faults say something else")
            }
            RunChainFault::Break => f.write_str("it lists a difference that is younger than the run"),
            RunChainFault::Commit => write!(f, "its commit does not follow from its `{RUN_FILE}`"),
        }
    }
}
