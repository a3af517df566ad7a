//! `[reviews]` of a policy: reviews beside those of a host.

use portcullis_model::path::RepoPath;
use portcullis_model::signed::ImportSource;
use std::collections::BTreeSet;

/// Which reviews count beside those of the host.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReviewSettings {
    /// The file of allowed signers of reviews; `None`: signed reviews do not count.
    pub signers: Option<RepoPath>,
    /// Do signed reviews count where the host has reviews of its own?
    pub beside_host: bool,
    /// The other systems whose reviews are read.
    pub imports: BTreeSet<ImportSource>,
    /// The people whose imported reviews count, by their names in `[[people]]`. Their places there
    /// change where a register of people adds to them.
    pub imported_reviewers: BTreeSet<String>,
}

impl ReviewSettings {
    /// Are there reviews beside those of a host?
    pub fn is_asking(&self) -> bool {
        self.signers.is_some() || !self.imports.is_empty()
    }
}
