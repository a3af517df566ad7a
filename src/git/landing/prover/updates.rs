//! Merges of the base into a request, and nothing else: they bring nothing that were not in the
//! request or on the branch.

use crate::landing::attempts::MergeAttempt;
use crate::landing::prover::{LandingTrees, Prover};
use crate::object::revision_of;
use git2::Oid;
use portcullis_model::change::{Revision, Updates};
use portcullis_model::fact::{Gap, GapReason};

/// So many merges of the base into a request are followed.
const UPDATE_LIMIT: usize = 200;

impl Prover<'_, '_> {
    /// Is what landed the candidate with nothing but clean merges of the branch into it?
    pub(super) fn is_updated_replay(&mut self, at: &LandingTrees, head: Oid) -> Result<bool, Gap> {
        let parents = self.graph.parents(at.landed)?.to_vec();
        let [_, tip] = parents.as_slice() else { return Ok(false) };
        if *tip == head || !self.is_update_of(at, head, *tip)? {
            return Ok(false);
        }
        let explained = matches!(self.fold(at, &[*tip])?, MergeAttempt::Explained);
        Ok(explained)
    }

    fn is_update_of(&mut self, at: &LandingTrees, head: Oid, tip: Oid) -> Result<bool, Gap> {
        let mut on_the_way = tip;
        for _ in 0..UPDATE_LIMIT {
            if on_the_way == head {
                return Ok(true);
            }
            let Some(before) = self.before_update(on_the_way, at.parent)? else { return Ok(false) };
            on_the_way = before;
        }
        Ok(false)
    }

    /// What a head is, but for clean merges of the base into it.
    pub fn updates(&mut self, base: Oid, head: Oid) -> Updates {
        let mut updates = Updates::default();
        updates.unseen = self.follow(base, head, &mut updates.before).err();
        updates
    }

    /// Those of some commits that are clean merges of the base into a change, each by itself. One
    /// that cannot be seen is none.
    pub fn updates_among(&mut self, base: Oid, commits: &[Oid]) -> Vec<Oid> {
        let is_update = |commit: &&Oid| matches!(self.is_update(base, **commit), Ok(true));
        commits.iter().take(UPDATE_LIMIT).filter(is_update).copied().collect()
    }

    fn is_update(&mut self, base: Oid, commit: Oid) -> Result<bool, Gap> {
        match self.before_update(commit, base)? {
            Some(before) => Ok(!self.graph.is_reached(before, &[base])?),
            None => Ok(false),
        }
    }

    fn follow(&mut self, base: Oid, head: Oid, found: &mut Vec<Revision>) -> Result<(), Gap> {
        let mut at = head;
        for _ in 0..UPDATE_LIMIT {
            let Some(before) = self.before_update(at, base)? else { return Ok(()) };
            if self.graph.is_reached(before, &[base])? {
                return Ok(());
            }
            found.push(revision_of(before)?);
            at = before;
        }
        Err(Gap::new(
            "what was merged into the change",
            GapReason::Truncated,
            format!("the base was merged into it more than {UPDATE_LIMIT} times"),
            "Have the head itself approved",
        ))
    }

    /// What a commit merges the branch into, if it adds nothing itself: its first parent.
    fn before_update(&mut self, commit: Oid, branch: Oid) -> Result<Option<Oid>, Gap> {
        let &[first, second] = self.graph.parents(commit)? else { return Ok(None) };
        let is_update = self.graph.is_reached(second, &[branch])?
            && self.is_clean_merge(commit, first, second, branch)?;
        Ok(is_update.then_some(first))
    }

    /// Does it bring all that the first parent holds beyond the branch? If a merge base keeps
    /// something out, the approval of the first parent is not one of the merge.
    fn is_clean_merge(&mut self, merge: Oid, first: Oid, second: Oid, branch: Oid) -> Result<bool, Gap> {
        let (tree_before, tree_after) = (self.store.tree_of(first)?, self.store.tree_of(merge)?);
        let place = LandingTrees { branch, parent: first, landed: merge, tree_before, tree_after };
        match self.merged(&place, &[second])? {
            (MergeAttempt::Explained, added) => Ok(self.basis_of_all(branch, &added)?.is_some()),
            _ => Ok(false),
        }
    }
}
