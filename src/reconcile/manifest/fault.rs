//! Why a manifest cannot be written or is refused.

use std::fmt;
use std::io;
use std::path::Path;

/// What is wrong with a manifest, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultKind {
    /// There is none, or a file of it is missing.
    Absent,
    /// A file ends early, or is longer than its header says.
    Truncated,
    /// It is of another side, or a bucket has the rows of another one.
    Swapped,
    /// It is of another dataset.
    OtherDataset,
    /// It was made under another key.
    OtherKey,
    /// It has another version of the header, the rows or the canonical form.
    OtherVersion,
    /// It was made by other fields or rules.
    OtherDefinition,
    /// The system was read by other settings.
    OtherSettings,
    /// It is of other records than those that were asked for.
    OtherScope,
    /// Numbers of the header contradict each other or the rows.
    WrongCount,
    /// Bytes are not those that the header names.
    WrongDigest,
    /// A row is not of the plain form, or not in its place.
    BadRow,
    /// The header is no header.
    BadHeader,
    /// There is no room left.
    DiskFull,
    /// Something is there already.
    Occupied,
    /// Another file or system error.
    Unreadable,
}

/// Why a manifest cannot be written or is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManifestFault {
    /// What is wrong, in one word.
    pub kind: FaultKind,
    /// The file or folder.
    pub place: String,
    /// What was required and what was found.
    pub problem: String,
    /// What to do.
    pub remedy: String,
}

/// What to do about a file that is not what its header says.
const EXTRACT_AGAIN: &str = "Copy the manifest again from where it was made, or extract it again.";

impl ManifestFault {
    /// A fault of a file or folder.
    pub(crate) fn new(kind: FaultKind, place: &Path, problem: impl Into<String>, remedy: &str) -> Self {
        Self { kind, place: place.display().to_string(), problem: problem.into(), remedy: remedy.to_string() }
    }

    /// A file that is not what its header says.
    pub(crate) fn damaged(kind: FaultKind, place: &Path, problem: impl Into<String>) -> Self {
        Self::new(kind, place, problem, EXTRACT_AGAIN)
    }

    /// What the system says of a file that was to be written or read.
    pub(crate) fn of_system(place: &Path, error: &io::Error) -> Self {
        let (kind, remedy) = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => (
                FaultKind::DiskFull,
                "Make room, or name a folder on another disk. What was written so far is no manifest.",
            ),
            io::ErrorKind::NotFound => (FaultKind::Absent, EXTRACT_AGAIN),
            io::ErrorKind::AlreadyExists => (FaultKind::Occupied, "Remove it, or name another folder."),
            _ => (FaultKind::Unreadable, "Check the path and its permissions."),
        };
        Self::new(kind, place, error.to_string(), remedy)
    }
}

impl fmt::Display for ManifestFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}. {}", self.place, self.problem.trim_end_matches('.'), self.remedy)
    }
}

impl std::error::Error for ManifestFault {}
