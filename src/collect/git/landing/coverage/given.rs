//! What merging a head into a branch gives, where nothing has landed yet to compare it with.

use super::super::build;
use super::super::lines::Git;
use super::super::merge::{Sides, merge};
use super::Prover;
use crate::model::fact::Gap;
use git2::Oid;

impl Prover<'_, '_> {
    /// The tree that every git gives for merging a head into a branch, whatever its merge base stands for. `None`: a person is needed,
    /// versions of git give different ones, or there is no history in common.
    pub fn given(&mut self, branch: Oid, head: Oid) -> Result<Option<Oid>, Gap> {
        let bases = self.merge_bases(&[branch], head)?;
        if bases.is_empty() {
            return Ok(None);
        }
        let (ours, theirs) = (Some(self.store.tree_of(branch)?), self.store.tree_of(head)?);
        let base = self.base(&[branch], head, &bases, Git::Older, 0)?;
        if base.hangs_on_version {
            return Ok(None);
        }
        let base = base.for_merge(&self.store, ours, theirs)?;
        let merged = merge(&self.store, Sides { base, ours, theirs: Some(theirs) }, None)?;
        let is_sure = merged.conflicts.is_empty() && merged.hang_on_version.is_empty();
        let tree = build::tree(&self.store, ours, &merged)?;
        Ok(tree.filter(|_| is_sure))
    }
}
