//! What merging a head into a branch gives, where nothing has landed yet to compare it with.

use crate::landing::histogram::Git;
use crate::landing::merge::{MergeSides, merge_trees};
use crate::landing::prover::Prover;
use crate::landing::tree_builder;
use crate::tree_diff;
use git2::Oid;
use portcullis_model::fact::Gap;
use std::collections::BTreeSet;

impl Prover<'_, '_> {
    /// The tree that every git gives for merging a head into a branch, whatever its merge base
    /// stands for. `None`: a person is needed, versions of git give different ones, or there is no
    /// history in common.
    pub fn given(&mut self, branch: Oid, head: Oid) -> Result<Option<Oid>, Gap> {
        let bases = self.merge_bases(&[branch], head)?;
        if bases.is_empty() {
            return Ok(None);
        }
        let (ours, theirs) = (Some(self.store.tree_of(branch)?), self.store.tree_of(head)?);
        let base = self.base(&[branch], head, &bases, Git::Older, 0)?;
        if base.depends_on_version {
            return Ok(None);
        }
        let base = base.for_merge(&self.store, ours, theirs)?;
        let merged = merge_trees(&self.store, MergeSides { base, ours, theirs: Some(theirs) }, None)?;
        let is_sure = merged.conflicts.is_empty() && merged.depend_on_version.is_empty();
        let tree = tree_builder::tree(&self.store, ours, &merged)?;
        Ok(tree.filter(|_| is_sure))
    }

    /// The paths that merging a head into a branch changes there, with every git; `None` where
    /// there is no such merge.
    pub fn paths_merged(&mut self, branch: Oid, head: Oid) -> Result<Option<BTreeSet<Vec<u8>>>, Gap> {
        let Some(merged) = self.given(branch, head)? else { return Ok(None) };
        let before = self.store.tree_of(branch)?;
        let changes = tree_diff::diff_trees(&self.store.objects, Some(before), Some(merged))?;
        Ok(Some(changes.into_iter().map(|change| change.path).collect()))
    }
}
