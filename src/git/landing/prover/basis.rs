//! Is what a merge brings all that the merged head holds beyond the branch?
//!
//! A merge brings what lies between a merge base and the head. Reviewers saw what lay between the
//! head and the merge base of their day. An author who makes a commit of a request an ancestor of
//! the branch without its content moves the merge base, and so decides what merging the request
//! brings: `git merge -s ours`, a merge settled in favour of the branch, a request that holds the
//! commit and its revert.
//!
//! The newest former tip of the branch that the head reaches does not move: it is in the head's
//! history or it is not. (Former tips are the commits of the first-parent line, but for those
//! inside of a push or a landing of several commits.) So over that one the merge is recomputed
//! where the merge base is another. If the tree is the same, the merge base makes no difference. If
//! it is another, each merge base has to have come with its content: adding it to the tree of the
//! step of the line that first held it has to change nothing. That keeps requests that are built on
//! others honest, also after the branch has changed the same lines again.
//!
//! What a former tip of the branch held and the branch took back is no matter of merge bases:
//! taking it back was a landing that showed it.

use crate::landing::attempts::MergeAttempt;
use crate::landing::histogram::Git;
use crate::landing::merge::{MergeSides, departs_over_all};
use crate::landing::prover::{LandingTrees, Prover, VIRTUAL_LIMIT};
use crate::object::revision_of;
use git2::Oid;
use portcullis_model::change::{Basis, Revision};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::landing::Coverage;

/// More merge bases than this that are not on the line are not looked at one by one.
pub const BASES_LIMIT: usize = 64;

/// To merge so many merge bases takes longer than to look first whether that matters.
const MANY_BASES: usize = 3;

/// Steps of a landing that are searched for merged commits.
const STEPS_LIMIT: usize = 2_000;

/// One head that was merged into the branch, or would be.
pub struct Added {
    /// What was merged.
    pub head: Oid,
    /// Its merge bases with everything before.
    pub bases: Vec<Oid>,
    /// The tree that it was merged into.
    pub ours: Option<Oid>,
    /// The tree that came of it; `None` where none is known.
    pub result: Option<Oid>,
}

/// Where a commit came to a branch.
struct Came<'a> {
    /// The branch before.
    branch: Oid,
    /// What was merged since.
    before: &'a [Added],
    /// The tree with it.
    tree: Option<Oid>,
    /// The step of the line, if it is one.
    step: Option<Oid>,
}

impl Came<'_> {
    /// What the branch and the heads that were merged since reach.
    fn tips(&self) -> Vec<Oid> {
        std::iter::once(self.branch).chain(self.before.iter().map(|one| one.head)).collect()
    }
}

impl Prover<'_, '_> {
    /// Why merging a head into a branch brings all that it holds beyond that; a gap when it does
    /// not.
    pub fn basis(&mut self, branch: Oid, head: Oid) -> Result<Basis, Gap> {
        let bases = self.merge_bases(&[branch], head)?;
        if bases.is_empty() || bases == [head] {
            return Ok(Basis::FirstParent);
        }
        let (ours, theirs) = (Some(self.store.tree_of(branch)?), self.store.tree_of(head)?);
        let base = self.base(&[branch], head, &bases, Git::Older, 0)?;
        let base = base.for_merge(&self.store, ours, theirs)?;
        let sides = MergeSides { base, ours, theirs: Some(theirs) };
        let result = self.result(sides)?;
        let added = [Added { head, bases, ours, result }];
        self.basis_of_all(branch, &added)?.map_or_else(|| Err(content_left_out(head, &added[0].bases)), Ok)
    }

    /// Heads that were merged into a branch one after the other bring all that they hold.
    ///
    /// # Errors
    /// One does not, or it could not be seen.
    pub(super) fn expect_basis(&mut self, branch: Oid, added: &[Added]) -> Result<(), Gap> {
        if !self.asks_basis || self.are_known(branch, added)? || self.basis_of_all(branch, added)?.is_some() {
            return Ok(());
        }
        let last = added.last().map(|one| (one.head, one.bases.as_slice()));
        Err(last.map_or_else(hidden_merge, |(head, bases)| content_left_out(head, bases)))
    }

    /// Is it known already, from other landings, that all merge bases came with their content?
    fn are_known(&mut self, branch: Oid, added: &[Added]) -> Result<bool, Gap> {
        for base in added.iter().flat_map(|one| &one.bases) {
            if !self.is_known(branch, *base)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_known(&mut self, branch: Oid, commit: Oid) -> Result<bool, Gap> {
        if self.answers.was_tip(&mut self.graph, branch, commit)? {
            return Ok(true);
        }
        let Some(arrival) = self.answers.arrival(&mut self.graph, branch, commit)? else { return Ok(false) };
        let known = self.answers.was_incorporated(arrival.with, commit, 0);
        Ok(arrival.with == commit || known.is_some_and(|(is_incorporated, _)| is_incorporated))
    }

    /// The weakest reason of all; `None` when one has none.
    pub(super) fn basis_of_all(&mut self, branch: Oid, added: &[Added]) -> Result<Option<Basis>, Gap> {
        let mut weakest = Basis::FirstParent;
        for (number, one) in added.iter().enumerate() {
            match self.basis_of(branch, &added[..number], one)? {
                Some(Basis::FirstParent) => {}
                Some(other) => weakest = other,
                None => return Ok(None),
            }
        }
        Ok(Some(weakest))
    }

    fn basis_of(&mut self, branch: Oid, before: &[Added], one: &Added) -> Result<Option<Basis>, Gap> {
        if self.were_tips(branch, &one.bases)? {
            return Ok(Some(Basis::FirstParent));
        }
        if self.is_same_over_fork(branch, one)? {
            return Ok(Some(Basis::SameTree));
        }
        let all = self.are_incorporated(branch, before, &one.bases, 0)?;
        Ok(all.then_some(Basis::Incorporated))
    }

    fn were_tips(&mut self, branch: Oid, bases: &[Oid]) -> Result<bool, Gap> {
        for base in bases {
            if !self.answers.was_tip(&mut self.graph, branch, *base)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Does merging over the newest commit of the line that the head reaches give the same tree?
    fn is_same_over_fork(&mut self, branch: Oid, one: &Added) -> Result<bool, Gap> {
        let Some(result) = one.result else { return Ok(false) };
        let Some(fork) = self.answers.fork(&mut self.graph, branch, &one.bases)? else { return Ok(false) };
        let base = Some(self.store.tree_of(fork)?);
        let sides = MergeSides { base, ours: one.ours, theirs: Some(self.store.tree_of(one.head)?) };
        self.gives(sides, None, result)
    }

    fn are_incorporated(
        &mut self,
        branch: Oid,
        before: &[Added],
        bases: &[Oid],
        depth: usize,
    ) -> Result<bool, Gap> {
        if depth >= VIRTUAL_LIMIT || bases.len() > BASES_LIMIT {
            self.is_too_deep |= depth >= VIRTUAL_LIMIT;
            return Ok(false);
        }
        for base in bases {
            if !self.is_incorporated(branch, before, *base, depth)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Did this commit come with its content?
    fn is_incorporated(
        &mut self,
        branch: Oid,
        before: &[Added],
        commit: Oid,
        depth: usize,
    ) -> Result<bool, Gap> {
        if self.answers.was_tip(&mut self.graph, branch, commit)? {
            return Ok(true);
        }
        let Some(came) = self.came(branch, before, commit)? else { return Ok(false) };
        if came.step == Some(commit) {
            return Ok(true);
        }
        let Some(step) = came.step else { return self.adds_nothing(&came, commit, depth) };
        if let Some((answer, depends_on_depth)) = self.answers.was_incorporated(step, commit, depth) {
            self.is_too_deep |= depends_on_depth;
            return Ok(answer);
        }
        let was_too_deep = std::mem::take(&mut self.is_too_deep);
        let answer = self.adds_nothing(&came, commit, depth)?;
        let hangs_on = self.is_too_deep.then_some(depth);
        self.answers.know_incorporated(step, commit, hangs_on, answer);
        self.is_too_deep |= was_too_deep;
        Ok(answer)
    }

    fn came<'a>(&mut self, branch: Oid, before: &'a [Added], commit: Oid) -> Result<Option<Came<'a>>, Gap> {
        if let Some(arrival) = self.answers.arrival(&mut self.graph, branch, commit)? {
            if arrival.with == commit {
                // A former tip after all: a date had hidden it.
                return Ok(Some(Came { branch: commit, before: &[], tree: None, step: Some(commit) }));
            }
            let Some(after) = arrival.after else { return Ok(None) };
            self.answers.add(&[after], commit, arrival.bases);
            let tree = Some(self.store.tree_of(arrival.with)?);
            return Ok(Some(Came { branch: after, before: &[], tree, step: Some(arrival.with) }));
        }
        for (number, one) in before.iter().enumerate() {
            if self.graph.is_reached(commit, &[one.head])? {
                return Ok(Some(Came { branch, before: &before[..number], tree: one.result, step: None }));
            }
        }
        Ok(None)
    }

    /// Is all of a commit's content in the tree with which it came? What is added is what it holds
    /// beyond the branch of then.
    fn adds_nothing(&mut self, came: &Came<'_>, commit: Oid, depth: usize) -> Result<bool, Gap> {
        let Some(tree) = came.tree else { return Ok(false) };
        let bases = self.merge_bases(&came.tips(), commit)?;
        // Asked first, because mostly this settles it, and whether the merge bases came with their
        // content takes long to find out.
        if !self.is_in(came, tree, commit, &bases)? {
            return Ok(false);
        }
        if self.are_incorporated(came.branch, came.before, &bases, depth + 1)? {
            return Ok(true);
        }
        // From a former tip on, nothing can have been left out before.
        let Some(fork) = self.answers.fork(&mut self.graph, came.branch, &bases)? else { return Ok(false) };
        let theirs = Some(self.store.tree_of(commit)?);
        self.gives(MergeSides { base: Some(self.store.tree_of(fork)?), ours: came.tree, theirs }, None, tree)
    }

    /// The same, whatever its merge bases are.
    fn is_in(&mut self, came: &Came<'_>, tree: Oid, commit: Oid, bases: &[Oid]) -> Result<bool, Gap> {
        let merge = self.brought_by(came, tree, commit)?;
        if merge.as_ref().is_some_and(|at| self.answers.is_explained((at.landed, at.parent, commit))) {
            return Ok(true);
        }
        let theirs = self.store.tree_of(commit)?;
        let into = [came.tree, merge.as_ref().map(|at| at.tree_before)];
        if bases.len() >= MANY_BASES && self.depart_over_all(bases, into, theirs, tree)? {
            return Ok(false);
        }
        if let Some(at) = merge
            && self.is_merge(&at, commit, bases)?
        {
            return Ok(true);
        }
        let base = self.base(&came.tips(), commit, bases, Git::Older, 0)?;
        let by = base.depends_on_version.then_some(Git::Older);
        let base = base.for_merge(&self.store, came.tree, theirs)?;
        self.gives(MergeSides { base, ours: came.tree, theirs: Some(theirs) }, by, tree)
    }

    /// The landing by which a commit came, if that is a merge of it.
    fn brought_by(&mut self, came: &Came<'_>, tree: Oid, commit: Oid) -> Result<Option<LandingTrees>, Gap> {
        let Some(landed) = came.step else { return Ok(None) };
        if !self.graph.parents(landed)?.iter().skip(1).any(|merged| *merged == commit) {
            return Ok(None);
        }
        let (parent, tree_before) = (came.branch, self.store.tree_of(came.branch)?);
        Ok(Some(LandingTrees { branch: parent, parent, landed, tree_before, tree_after: tree }))
    }

    /// Is it sure that merging a commit into none of these gives a tree?
    fn depart_over_all(
        &self,
        bases: &[Oid],
        into: [Option<Oid>; 2],
        theirs: Oid,
        tree: Oid,
    ) -> Result<bool, Gap> {
        let bases = bases.iter().map(|base| self.store.tree_of(*base)).collect::<Result<Vec<_>, _>>()?;
        for ours in into.into_iter().flatten() {
            if !departs_over_all(&self.store, &bases, [Some(ours), Some(theirs)], tree)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Is a landing what a version of git makes by merging a head? Then all of the head's content
    /// is in it. Its own proof asks the same.
    fn is_merge(&mut self, at: &LandingTrees, head: Oid, bases: &[Oid]) -> Result<bool, Gap> {
        let (ours, theirs) = (Some(at.tree_before), self.store.tree_of(head)?);
        for git in [Git::Older, Git::Newer] {
            let base = self.base(&[at.parent], head, bases, git, 0)?;
            let by = base.depends_on_version.then_some(git);
            let base = base.for_merge(&self.store, ours, theirs)?;
            if self.gives(MergeSides { base, ours, theirs: Some(theirs) }, by, at.tree_after)? {
                self.answers.know_explained((at.landed, at.parent, head));
                return Ok(true);
            }
            if by.is_none() {
                break;
            }
        }
        Ok(false)
    }

    /// A landing that changes no content and that no request brought. What it merges becomes part
    /// of the branch all the same, so its content has to be there.
    pub(super) fn unchanged(&mut self, at: &LandingTrees) -> Result<Coverage, Gap> {
        let mut new = Vec::new();
        for commit in self.merged_into(at)? {
            if !self.graph.is_reached(commit, &[at.parent])? {
                new.push(commit);
            }
        }
        if new.is_empty() || matches!(self.fold(at, &new), Ok(MergeAttempt::Explained)) {
            return Ok(Coverage::Unchanged);
        }
        Err(hidden_merge())
    }

    /// The other parents of each step of a landing.
    fn merged_into(&mut self, at: &LandingTrees) -> Result<Vec<Oid>, Gap> {
        let (mut merged, mut step) = (Vec::new(), at.landed);
        for _ in 0..STEPS_LIMIT {
            if step == at.parent {
                return Ok(merged);
            }
            let Some((before, others)) = self.graph.parents(step)?.split_first() else { break };
            merged.extend_from_slice(others);
            step = *before;
        }
        Err(hidden_merge())
    }
}

fn content_left_out(head: Oid, bases: &[Oid]) -> Gap {
    let short = |id: &Oid| revision_of(*id).map(|id: Revision| id.short().to_string()).unwrap_or_default();
    let named: Vec<String> = bases.iter().take(3).map(short).collect();
    let detail = format!(
        "its diff begins at {}, which the base branch holds as an ancestor, but without its content (it was merged and \
         left out, or taken back with what brought it); so merging the head brings less, or other lines, than it holds beyond \
         the branch",
        named.join(", ")
    );
    Gap::new(
        format!("what an approval of {} is of", short(&head)),
        GapReason::Contradiction,
        detail,
        "Update the branch (merge the base branch into the request, or rebase it), so that its diff shows what lands and its tests \
         run on that, and have the new head approved; if it has landed already, have what landed reviewed, and grant a waiver for \
         the commit",
    )
}

fn hidden_merge() -> Gap {
    Gap::new(
        "who wanted what the landing merges",
        GapReason::NotVisible,
        "it makes commits part of the branch and leaves their content out, which decides what later merges of them bring, and no \
         change request shows it",
        "Bring such a merge through a change request; for this one, have it reviewed, and grant a waiver of `reviewed-landings` \
         for its commit",
    )
}
