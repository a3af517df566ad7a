//! Facts from a git repository, read from raw objects.

use crate::model::change::{Change, Revision};
use crate::model::fact::{Fact, Gap};
use crate::model::inquiry::Inquiry;
use crate::model::path::RepoPath;
use std::path::Path;

/// An open repository, with everything neutralised that could bend what its objects say.
pub struct Repository {}

impl Repository {
    /// Opens the repository that `path` is in.
    ///
    /// # Errors
    /// There is none, or it has a format that we cannot read.
    pub fn open(_path: &Path) -> anyhow::Result<Self> {
        todo!()
    }

    /// The commit that a name stands for, now: a full object name, a full ref name, or a branch, remote branch or tag.
    ///
    /// # Errors
    /// It stands for nothing, or for more than one thing.
    pub fn resolve(&self, _name: &str) -> anyhow::Result<Revision> {
        todo!()
    }

    /// Is this commit here?
    pub fn has_commit(&self, _revision: &Revision) -> bool {
        todo!()
    }

    /// What `head` would bring to `base`.
    pub fn change(&self, _base: &Revision, _head: &Revision, _inquiry: &Inquiry) -> Fact<Change> {
        todo!()
    }

    /// The bytes of a file at a commit; `None` when there is no such file (a link or directory is none).
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn file_at(&self, _at: &Revision, _path: &RepoPath) -> Result<Option<Vec<u8>>, Gap> {
        todo!()
    }

    /// Every path at a commit, sorted.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn paths_at(&self, _at: &Revision) -> Result<Vec<RepoPath>, Gap> {
        todo!()
    }
}
