//! What can be wrong with a snapshot, in words for people.

use super::{LARGEST_SNAPSHOT, SNAPSHOT};
use portcullis_model::change::{BranchName, Revision};

/// Something wrong with one snapshot of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotProblem {
    /// Its place in the chain, counted from 1 for the oldest: the number that it should have.
    pub place: u64,
    /// Its commit.
    pub commit: Revision,
    /// What is wrong.
    pub fault: SnapshotFault,
}

impl std::fmt::Display for SnapshotProblem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "snapshot {} ({}): {}", self.place, self.commit.short(), self.fault)
    }
}

/// What is wrong. It holds texts from outside as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SnapshotFault {
    /// Its tree is not one plain `snapshot.json`.
    Files,
    /// The file is larger than any that is written.
    Large,
    /// The file is not of this form.
    Unreadable(String),
    /// The file says the right things in other bytes.
    NotCanonical,
    /// Another version of the form.
    Schema(u32),
    /// Of another branch than the ref's.
    Branch(BranchName),
    /// Of another repository than the chain, or than the one that was asked for.
    Repository(String, String),
    /// Not the number of its place.
    Number(u64),
    /// Not exactly one parent, the snapshot before (none for the first).
    Parents,
    /// It was made after another snapshot than the one before it.
    Previous,
    /// Its time is from before that of the snapshot before it, or not in whole seconds.
    Time,
    /// Its time is in the future.
    Future,
    /// It says that it saw what another snapshot holds, and that one is not the newest that holds a
    /// look.
    NoSuchLook(u64),
    /// The look that it names is another one by now.
    OtherLook(u64),
    /// The commit is not the one that follows from the file.
    Commit,
}

impl std::fmt::Display for SnapshotFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SnapshotFault::Files => write!(f, "its tree is not a plain `{SNAPSHOT}` alone"),
            SnapshotFault::Large => write!(f, "its `{SNAPSHOT}` has more than {LARGEST_SNAPSHOT} bytes"),
            SnapshotFault::Unreadable(why) => write!(f, "its `{SNAPSHOT}` cannot be read: {why}"),
            SnapshotFault::NotCanonical => write!(f, "its `{SNAPSHOT}` is not written as it should be"),
            SnapshotFault::Schema(other) => write!(f, "it is of schema {other}, which is not known"),
            SnapshotFault::Branch(other) => write!(f, "it is of another branch, {other}"),
            SnapshotFault::Repository(found, expected) => {
                write!(f, "it is of another repository: {found} instead of {expected}")
            }
            SnapshotFault::Number(number) => write!(f, "it says that it is number {number}"),
            SnapshotFault::Parents => f.write_str("its only parent is not the snapshot before it"),
            SnapshotFault::Previous => {
                f.write_str("it was made after another snapshot than the one before it")
            }
            SnapshotFault::Time => {
                f.write_str("its time is from before the snapshot before it, or not in whole seconds")
            }
            SnapshotFault::Future => f.write_str("its time is in the future"),
            SnapshotFault::NoSuchLook(number) => {
                write!(f, "it saw the same as snapshot {number}, which is not the newest that holds a look")
            }
            SnapshotFault::OtherLook(number) => {
                write!(f, "it saw the same as snapshot {number}, which holds another look")
            }
            SnapshotFault::Commit => write!(f, "its commit does not follow from its `{SNAPSHOT}`"),
        }
    }
}
