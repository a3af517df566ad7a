//! CODEOWNERS in GitHub's dialect.

use crate::model::path::RepoPath;
use crate::model::person::{Login, TeamName};

/// Where GitHub looks, in its order; the first file found is the only one.
pub const PLACES: [&str; 3] = [".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS"];

/// Files of this size and more are ignored by GitHub (GitHub docs, "CODEOWNERS file size").
pub const SIZE_LIMIT: usize = 3 * 1024 * 1024;

/// A parsed file.
#[derive(Clone, Debug, Default)]
pub struct CodeOwners {
    /// Lines that GitHub would skip, with the reason.
    pub invalid: Vec<InvalidLine>,
}

/// A line that owns nothing because it cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidLine {
    /// Counted from 1.
    pub line: u64,
    /// What is wrong.
    pub reason: String,
}

/// An owner.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// `@login`
    User(Login),
    /// `@organisation/team`
    Team(TeamName),
    /// An address.
    Email(String),
}

/// Who owns a path. Three different things.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ownership<'a> {
    /// The last matching line names owners.
    Owned {
        /// That line, counted from 1.
        line: u64,
        /// Its owners.
        owners: &'a [Owner],
    },
    /// The last matching line names nobody.
    Unowned {
        /// That line, counted from 1.
        line: u64,
    },
    /// No line matches.
    Unmatched,
}

impl CodeOwners {
    /// Parses a whole file; see [`CodeOwners::invalid`] for what was skipped.
    pub fn parse(_text: &str) -> Self {
        todo!()
    }

    /// Who owns this path.
    pub fn owners(&self, _path: &RepoPath) -> Ownership<'_> {
        todo!()
    }

    /// Every team that owns anything.
    pub fn teams(&self) -> impl Iterator<Item = &TeamName> {
        std::iter::empty()
    }
}
