//! What can be wrong with a pack.

use std::fmt;

/// Something that is wrong with a pack: an item, and what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct PackFault {
    /// The path of the file, or what else is named: an entry of an archive, a record.
    pub item: String,
    /// What is wrong with it.
    pub wrong: PackWrong,
}

impl PackFault {
    /// A fault of this item.
    pub fn new(item: impl fmt::Display, wrong: PackWrong) -> PackFault {
        PackFault { item: item.to_string(), wrong }
    }
}

impl fmt::Display for PackFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.item.escape_debug(), self.wrong)
    }
}

impl std::error::Error for PackFault {}

/// What is wrong with an item of a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackWrong {
    /// The pack has to hold it and does not.
    Missing,
    /// The manifest does not name it.
    Extra,
    /// Its length is another one than the manifest says.
    Length {
        /// What the manifest says.
        said: u64,
        /// What is there.
        found: u64,
    },
    /// Its bytes are other ones than the manifest says.
    Changed,
    /// Its bytes are those of another file, by the manifest.
    Swapped(String),
    /// It says something else than another file of the pack.
    Disagrees(String),
    /// It does not follow from the other files of the pack.
    NotDerived(String),
    /// It is not of the form that it has to have.
    Unreadable(String),
    /// The archive or folder holds something that no pack holds.
    Refused(String),
    /// It comes before or after its place.
    Order,
    /// It is there twice.
    Repeated,
    /// It ends before its end.
    Truncated,
    /// A decision, taken again, or a record is wrong.
    Record(String),
    /// A clone of the repository shows something else.
    Repository(String),
    /// It could not be read.
    Io(String),
}

impl fmt::Display for PackWrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            PackWrong::Missing => f.write_str("missing, although the pack has to hold it"),
            PackWrong::Extra => f.write_str("extra: the manifest does not name it"),
            PackWrong::Length { said, found } => {
                write!(f, "changed: {found} bytes, where the manifest says {said}")
            }
            PackWrong::Changed => f.write_str("changed: its SHA-256 is not the one in the manifest"),
            PackWrong::Swapped(other) => write!(f, "swapped: it holds the bytes of {other}"),
            PackWrong::Order => f.write_str("out of order: files lie in the order of their paths"),
            PackWrong::Repeated => f.write_str("there twice"),
            PackWrong::Truncated => f.write_str("truncated: it ends before its end"),
            PackWrong::Disagrees(what)
            | PackWrong::NotDerived(what)
            | PackWrong::Unreadable(what)
            | PackWrong::Refused(what)
            | PackWrong::Record(what)
            | PackWrong::Repository(what)
            | PackWrong::Io(what) => f.write_str(what),
        }
    }
}
