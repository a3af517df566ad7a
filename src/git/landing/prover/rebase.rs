//! Landings that replay the commits of a candidate one by one, as a rebase does.

use crate::landing::attempts::MergeAttempt;
use crate::landing::merge::MergeSides;
use crate::landing::prover::Prover;
use crate::landing::prover::landing_trees::LandingTrees;
use git2::Oid;
use portcullis_model::fact::Gap;

/// A series longer than this is not replayed commit by commit.
const SERIES_LIMIT: usize = 2_000;

impl Prover<'_, '_> {
    /// Do the landing's commits replay those of the candidate, one by one? Only asked of landings
    /// of several commits.
    pub(super) fn is_rebase(&mut self, at: &LandingTrees, head: Oid, bases: &[Oid]) -> Result<bool, Gap> {
        let [base] = bases else { return Ok(false) };
        let Some(landed) = self.series(at.parent, at.landed)?.filter(|landed| landed.len() > 1) else {
            return Ok(false);
        };
        let Some(approved) = self.series(*base, head)? else { return Ok(false) };
        if approved.len() != landed.len() {
            return Ok(false);
        }
        let (mut ours, mut before) = (at.tree_before, self.store.tree_of(*base)?);
        for (approved, landed) in approved.into_iter().zip(landed) {
            let (after, actual) = (self.store.tree_of(approved)?, self.store.tree_of(landed)?);
            let sides = MergeSides { base: Some(before), ours: Some(ours), theirs: Some(after) };
            if !matches!(self.recompute(sides, None, actual)?, MergeAttempt::Explained) {
                return Ok(false);
            }
            (ours, before) = (actual, after);
        }
        Ok(true)
    }

    /// The commits from `base` (without it) to `head`, oldest first, if they are one line without
    /// merges.
    fn series(&mut self, base: Oid, head: Oid) -> Result<Option<Vec<Oid>>, Gap> {
        let (mut series, mut at) = (Vec::new(), head);
        while at != base {
            let [parent] = self.graph.parents(at)? else { return Ok(None) };
            series.push(at);
            at = *parent;
            if series.len() > SERIES_LIMIT {
                return Ok(None);
            }
        }
        series.reverse();
        Ok(Some(series))
    }
}
