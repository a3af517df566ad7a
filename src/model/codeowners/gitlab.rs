//! GitLab's dialect of CODEOWNERS. It cannot be read yet: nothing in the file owns a path, and every
//! path is in doubt.

use super::{InvalidLine, OwnerRules, Ownership};
use crate::path::RepoPath;

/// A file as GitLab reads it.
#[derive(Debug)]
pub(super) struct GitlabOwners {
    invalid: [InvalidLine; 1],
}

impl GitlabOwners {
    /// Reads a whole file.
    pub(super) fn parse(_text: &str) -> Self {
        let reason = "this version of portcullis cannot read GitLab's dialect".to_string();
        GitlabOwners { invalid: [InvalidLine { line: 1, reason }] }
    }
}

impl OwnerRules for GitlabOwners {
    fn invalid(&self) -> &[InvalidLine] {
        &self.invalid
    }

    fn owners(&self, _path: &RepoPath) -> Ownership<'_> {
        Ownership::Unmatched
    }

    fn doubt(&self, _path: &RepoPath) -> Option<&InvalidLine> {
        self.invalid.first()
    }
}
