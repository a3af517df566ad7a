//! Gitea's dialect of CODEOWNERS. It cannot be read yet: nothing in the file owns a path, and every
//! path is in doubt.

use super::{InvalidLine, OwnerRules, Ownership};
use crate::path::RepoPath;

/// A file as Gitea reads it.
#[derive(Debug)]
pub(super) struct GiteaOwners {
    invalid: [InvalidLine; 1],
}

impl GiteaOwners {
    /// Reads a whole file.
    pub(super) fn parse(_text: &str) -> Self {
        let reason = "this version of portcullis cannot read Gitea's dialect".to_string();
        GiteaOwners { invalid: [InvalidLine { line: 1, reason }] }
    }
}

impl OwnerRules for GiteaOwners {
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
