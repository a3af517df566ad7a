//! What of a landing's content is explained by the commits that were approved.
//!
//! Titles, times and trailers are not looked at: what the candidates would give is recomputed and
//! compared with what landed. Only trees count. A merge is made as git makes it
//! ([`crate::landing::merge`], [`crate::landing::merge::renames`]):
//! clean and as landed, it explains; a conflict never does, whatever landed.
//!
//! What a merge gives depends on its merge base. Where that is a commit which the branch holds
//! without its content, the candidate explains nothing, because its approval may be of another
//! change: see [`basis`].

use crate::graph::Graph;
use crate::landing::attempts::{FailedAttempts, MergeAttempt, ResidualTrees, distance_of, weight_of};
use crate::landing::histogram::Git;
use crate::landing::merge::entry::REVIEW;
#[cfg(test)]
use crate::landing::merge::model::Versions;
use crate::landing::merge::{Merge, MergeSides, merge_towards, merge_trees};
use crate::landing::patch;
use crate::landing::residual;
use crate::landing::store::Store;
use crate::landing::tree_builder;
use crate::object::parse_oid;
use basis::Added;
use git2::Oid;
use history::{HistoryAnswers, Within};
use landing_trees::LandingTrees;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::landing::{Candidate, Coverage, Distance, Landing, Miss, Residual};
use portcullis_model::patch::Patch;
use std::collections::BTreeMap;
use virtual_base::MergeBase;
pub use virtual_base::VIRTUAL_LIMIT;

mod basis;
pub mod history;
mod landing_trees;
mod merge_result;
mod order;
mod rebase;
mod updates;
mod virtual_base;

/// Looks at one landing after the other, and remembers what it read.
pub struct Prover<'o, 'r> {
    store: Store<'o, 'r>,
    graph: Graph<'o, 'r>,
    /// Merge bases that were asked for, or found beforehand.
    answers: HistoryAnswers,
    /// What stands for several merge bases, each for the depth at which it was asked for: marks of
    /// conflicts depend on it.
    virtual_bases: BTreeMap<(Git, usize, Vec<Oid>), MergeBase>,
    /// Did an answer about merge bases end at the limit of how deep they are looked at?
    is_too_deep: bool,
    /// Does it matter what merge bases stand for? Not where only the result counts.
    asks_basis: bool,
    /// Of the last landing: what was tried in vain.
    misses: Vec<Miss>,
    /// Of the last landing: between which trees its residual lies.
    left: Option<ResidualTrees>,
}

impl<'o, 'r> Prover<'o, 'r> {
    /// A prover that has read nothing yet.
    pub fn new(objects: &'o crate::object::Objects<'r>) -> Self {
        Prover {
            store: Store::new(objects),
            graph: Graph::new(objects),
            answers: HistoryAnswers::default(),
            virtual_bases: BTreeMap::new(),
            is_too_deep: false,
            asks_basis: true,
            misses: Vec::new(),
            left: None,
        }
    }

    /// A prover that knows which commits of the first-parent line never were the tip.
    pub fn beside(objects: &'o crate::object::Objects<'r>, within: Within) -> Self {
        Prover { answers: HistoryAnswers::beside(within), ..Prover::new(objects) }
    }

    /// A prover that asks only what a merge gives, and not what its merge base stands for.
    pub fn of_results(objects: &'o crate::object::Objects<'r>) -> Self {
        Prover { asks_basis: false, ..Prover::new(objects) }
    }

    /// The same as [`Prover::prove`], with merge bases that another thread has found already.
    pub fn prove_knowing(&mut self, landing: &Landing, answers: HistoryAnswers) -> Coverage {
        self.answers = answers;
        self.prove(landing)
    }

    /// What is explained. What could not be seen is [`Coverage::Unverifiable`].
    pub fn prove(&mut self, landing: &Landing) -> Coverage {
        (self.misses, self.left) = (Vec::new(), None);
        self.explain(landing).unwrap_or_else(Coverage::Unverifiable)
    }

    /// What was tried in vain for the landing that was covered last.
    pub fn misses(&mut self) -> Vec<Miss> {
        std::mem::take(&mut self.misses)
    }

    /// The residual of that landing with the text of its lines, if it has one.
    pub fn patch(&self) -> Result<Option<Patch>, Gap> {
        self.left.as_ref().map(|left| patch::patch(&self.store.objects, left)).transpose()
    }

    /// What it reads from and makes merges in.
    #[cfg(test)]
    pub fn store(&self) -> &Store<'o, 'r> {
        &self.store
    }

    fn merge_bases(&mut self, tips: &[Oid], head: Oid) -> Result<Vec<Oid>, Gap> {
        if let Some(bases) = self.answers.get(tips, head) {
            return Ok(bases);
        }
        let bases = self.graph.merge_bases(tips, head)?;
        self.answers.add(tips, head, bases.clone());
        Ok(bases)
    }

    fn explain(&mut self, landing: &Landing) -> Result<Coverage, Gap> {
        let at = LandingTrees::read(self, landing)?;
        if landing.candidates.is_empty() {
            return self.direct(&at);
        }
        let mut tried = FailedAttempts::default();
        if let Some(coverage) = self.explained(&at, &landing.candidates, &mut tried) {
            self.misses = tried.unmeasured();
            return Ok(coverage);
        }
        match tried.gap.take() {
            Some(gap) => {
                self.misses = tried.unmeasured();
                Err(gap)
            }
            None => self.nearest(&at, tried),
        }
    }

    /// The first proof that holds.
    fn explained(
        &mut self,
        at: &LandingTrees,
        candidates: &[Candidate],
        tried: &mut FailedAttempts,
    ) -> Option<Coverage> {
        for candidate in candidates {
            let one = std::slice::from_ref(candidate);
            match self.alone(at, candidate, candidates) {
                Ok(None) => tried.missed(one, Distance::HoldsMore),
                Ok(Some(Ok(coverage))) => return Some(coverage),
                Ok(Some(Err(attempt))) => tried.departures.push((one.to_vec(), attempt)),
                Err(gap) => tried.unseen(one, gap),
            }
        }
        if candidates.len() > 1 {
            match self.train(at, candidates) {
                Ok((train, MergeAttempt::Explained)) => return Some(Coverage::Train(train)),
                Ok(departure) => tried.departures.push(departure),
                Err(gap) => tried.unseen(candidates, gap),
            }
        }
        None
    }

    /// What one of several candidates explains; `None` when the landing holds another one's commits
    /// besides: then the content of that one has to be there too.
    fn alone(
        &mut self,
        at: &LandingTrees,
        candidate: &Candidate,
        all: &[Candidate],
    ) -> Result<Option<Result<Coverage, MergeAttempt>>, Gap> {
        let head = parse_oid(candidate.head.as_str())?;
        for other in all.iter().filter(|other| *other != candidate) {
            let other = parse_oid(other.head.as_str())?;
            let is_here = self.graph.is_reached(other, &[at.landed])?;
            if is_here && !self.graph.is_reached(other, &[at.parent, head])? {
                return Ok(None);
            }
        }
        self.single(at, candidate).map(Some)
    }

    /// No request claims it: whatever it changed is unexplained.
    fn direct(&mut self, at: &LandingTrees) -> Result<Coverage, Gap> {
        if at.tree_before == at.tree_after {
            return self.unchanged(at);
        }
        self.left = Some(ResidualTrees {
            recomputed: Some(at.tree_before),
            landed: at.tree_after,
            conflicts: Vec::new(),
        });
        let hunks = residual::hunks(&self.store.objects, Some(at.tree_before), Some(at.tree_after), &[])?;
        Ok(Coverage::Residual(Residual { nearest: Vec::new(), hunks }))
    }

    /// What one candidate explains, or how far it misses.
    fn single(
        &mut self,
        at: &LandingTrees,
        candidate: &Candidate,
    ) -> Result<Result<Coverage, MergeAttempt>, Gap> {
        let head = parse_oid(candidate.head.as_str())?;
        let bases = self.merge_bases(&[at.parent], head)?;
        if bases == [at.parent] && self.store.tree_of(head)? == at.tree_after {
            return Ok(Ok(Coverage::Identity(candidate.clone())));
        }
        if self.is_rebase(at, head, &bases)? {
            let added = Added { head, bases, ours: Some(at.tree_before), result: Some(at.tree_after) };
            self.expect_basis(at.branch, &[added])?;
            return Ok(Ok(Coverage::Rebase(candidate.clone())));
        }
        let attempt = self.fold(at, &[head])?;
        if matches!(attempt, MergeAttempt::Explained) || self.is_updated_replay(at, head)? {
            return Ok(Ok(Coverage::Replay(candidate.clone())));
        }
        Ok(Err(attempt))
    }

    /// Several candidates one after the other; parents of the landing come in the order in which it
    /// names them.
    fn train(
        &mut self,
        at: &LandingTrees,
        candidates: &[Candidate],
    ) -> Result<(Vec<Candidate>, MergeAttempt), Gap> {
        let parents = self.graph.parents(at.landed)?.to_vec();
        let place = |candidate: &Candidate| {
            let named = parents.iter().position(|id| id.to_string() == candidate.head.as_str());
            named.unwrap_or(parents.len())
        };
        let mut train = candidates.to_vec();
        train.sort_by_key(place);
        let heads = train.iter().map(|one| parse_oid(one.head.as_str())).collect::<Result<Vec<_>, _>>()?;
        let attempt = self.fold(at, &heads)?;
        Ok((train, attempt))
    }

    /// Merges heads into the landing's parent, one after the other.
    ///
    /// # Errors
    /// Also where what landed comes of it, but only over a merge base that keeps something of the
    /// heads out.
    fn fold(&mut self, at: &LandingTrees, heads: &[Oid]) -> Result<MergeAttempt, Gap> {
        let (attempt, added) = self.merged(at, heads)?;
        if matches!(attempt, MergeAttempt::Explained) {
            self.expect_basis(at.branch, &added)?;
        }
        Ok(attempt)
    }

    /// The same, whatever the merge bases are, with what was added one after the other.
    fn merged(&mut self, at: &LandingTrees, heads: &[Oid]) -> Result<(MergeAttempt, Vec<Added>), Gap> {
        let mut ours = Some(at.tree_before);
        let mut tips = vec![at.parent];
        let mut conflicts = Vec::new();
        let mut added = Vec::new();
        for (number, head) in heads.iter().enumerate() {
            let bases = self.merge_bases(&tips, *head)?;
            if bases.is_empty() {
                return Ok((MergeAttempt::Unrelated, added));
            }
            let is_last = number + 1 == heads.len();
            if is_last && conflicts.is_empty() {
                let attempt = match tips[..] {
                    [_] => self.onto_parent(at, *head, &bases)?,
                    _ => self.onto(at, ours, &tips, *head, &bases)?,
                };
                added.push(Added { head: *head, bases, ours, result: Some(at.tree_after) });
                return Ok((attempt, added));
            }
            let theirs = self.store.tree_of(*head)?;
            let base =
                self.base(&tips, *head, &bases, Git::Older, 0)?.for_merge(&self.store, ours, theirs)?;
            let sides = MergeSides { base, ours, theirs: Some(theirs) };
            let merged = merge_trees(&self.store, sides, None)?;
            let result = tree_builder::tree(&self.store, ours, &merged)?;
            added.push(Added { head: *head, bases, ours, result });
            ours = result;
            conflicts.extend(merged.conflicts);
            tips.push(*head);
        }
        Ok((MergeAttempt::Departs(ours, conflicts), added))
    }

    /// Merges a head into the landing's parent, unless it is known that this gives what landed.
    fn onto_parent(&mut self, at: &LandingTrees, head: Oid, bases: &[Oid]) -> Result<MergeAttempt, Gap> {
        let merge = (at.landed, at.parent, head);
        if self.answers.is_explained(merge) {
            return Ok(MergeAttempt::Explained);
        }
        let attempt = self.onto(at, Some(at.tree_before), &[at.parent], head, bases)?;
        if matches!(attempt, MergeAttempt::Explained) {
            self.answers.know_explained(merge);
        }
        Ok(attempt)
    }

    /// Merges a head into what is ours, over these merge bases. Where versions of git disagree
    /// about the merge of several, each in turn.
    fn onto(
        &mut self,
        at: &LandingTrees,
        ours: Option<Oid>,
        tips: &[Oid],
        head: Oid,
        bases: &[Oid],
    ) -> Result<MergeAttempt, Gap> {
        let theirs = self.store.tree_of(head)?;
        let mut with = |git: Git| {
            let base = self.base(tips, head, bases, git, 0)?;
            let by = base.depends_on_version.then_some(git);
            let base = base.for_merge(&self.store, ours, theirs)?;
            let sides = MergeSides { base, ours, theirs: Some(theirs) };
            Ok((self.recompute(sides, by, at.tree_after)?, by))
        };
        match with(Git::Older)? {
            (MergeAttempt::Departs(tree, conflicts), Some(_)) => match with(Git::Newer)?.0 {
                MergeAttempt::Departs(..) => Ok(MergeAttempt::Departs(tree, conflicts)),
                newer => Ok(newer),
            },
            (attempt, _) => Ok(attempt),
        }
    }

    /// Recomputes a merge. `by` is the version of git that the base depends on.
    pub(super) fn recompute(
        &self,
        sides: MergeSides,
        by: Option<Git>,
        landed: Oid,
    ) -> Result<MergeAttempt, Gap> {
        let merged = merge_trees(&self.store, sides, Some(Some(landed)))?;
        self.attempt(sides, merged, by, landed)
    }

    /// Whether a merge arrives at what landed.
    fn attempt(
        &self,
        sides: MergeSides,
        mut merged: Merge,
        by: Option<Git>,
        landed: Oid,
    ) -> Result<MergeAttempt, Gap> {
        if !merged.versions.are_of_one_git(by) {
            // No git arrives there: each makes the whole merge.
            let paths = merged.depend_on_version.clone();
            (merged.matches, merged.conflicts) = (false, [merged.conflicts, paths].concat());
        }
        if merged.matches && merged.conflicts.is_empty() && merged.is_plain {
            return Ok(MergeAttempt::Explained);
        }
        let recomputed = tree_builder::tree(&self.store, sides.ours, &merged)?;
        if recomputed == Some(landed) && merged.conflicts.is_empty() {
            return Ok(MergeAttempt::Explained);
        }
        Ok(MergeAttempt::Departs(recomputed, merged.conflicts))
    }

    /// Which versions of git arrive at what landed by merging these two.
    #[cfg(test)]
    pub(super) fn versions(&mut self, ours: Oid, theirs: Oid, landed: Oid) -> Result<Versions, Gap> {
        let bases = self.merge_bases(&[ours], theirs)?;
        let base = self.base(&[ours], theirs, &bases, Git::Older, 0)?;
        let [ours, theirs, landed] = [ours, theirs, landed].map(|id| self.store.tree_of(id));
        let (ours, theirs) = (Some(ours?), theirs?);
        let base = base.for_merge(&self.store, ours, theirs)?;
        let sides = MergeSides { base, ours, theirs: Some(theirs) };
        Ok(merge_trees(&self.store, sides, Some(Some(landed?)))?.versions)
    }

    /// Does this merge give that tree, without a doubt?
    pub(super) fn gives(&self, sides: MergeSides, by: Option<Git>, tree: Oid) -> Result<bool, Gap> {
        let Some(merged) = merge_towards(&self.store, sides, tree)? else { return Ok(false) };
        match self.attempt(sides, merged, by, tree) {
            Ok(attempt) => Ok(matches!(attempt, MergeAttempt::Explained)),
            Err(gap) if gap.reason == GapReason::Contradiction => Ok(false),
            Err(gap) => Err(gap),
        }
    }

    /// The tree that a merge gives; `None` when it needs a person, or gives the empty tree.
    fn result(&self, sides: MergeSides) -> Result<Option<Oid>, Gap> {
        let merged = merge_trees(&self.store, sides, None)?;
        let recomputed = tree_builder::tree(&self.store, sides.ours, &merged)?;
        Ok(recomputed.filter(|_| merged.conflicts.is_empty()))
    }

    /// The residual against the candidates that leave least.
    fn nearest(&mut self, at: &LandingTrees, mut tried: FailedAttempts) -> Result<Coverage, Gap> {
        let mut best: Option<Residual> = None;
        for (candidates, attempt) in std::mem::take(&mut tried.departures) {
            let unrelated = matches!(attempt, MergeAttempt::Unrelated);
            let (nearest, tree, conflicts) = match attempt {
                MergeAttempt::Departs(tree, conflicts) => (candidates.clone(), tree, conflicts),
                MergeAttempt::Explained | MergeAttempt::Unrelated => {
                    (Vec::new(), Some(at.tree_before), Vec::new())
                }
            };
            let hunks = residual::hunks(&self.store.objects, tree, Some(at.tree_after), &conflicts)?;
            tried.missed(&candidates, if unrelated { Distance::Unrelated } else { distance_of(&hunks) });
            if best.as_ref().is_none_or(|best| weight_of(&hunks) < weight_of(&best.hunks)) {
                self.left = Some(ResidualTrees { recomputed: tree, landed: at.tree_after, conflicts });
                best = Some(Residual { nearest, hunks });
            }
        }
        self.misses = tried.misses;
        match best {
            Some(best) if !best.hunks.is_empty() => Ok(Coverage::Residual(best)),
            _ if at.tree_before == at.tree_after => self.unchanged(at),
            _ => Err(contradicting_trees(at.tree_after)),
        }
    }
}

/// Nothing is left over, and yet nothing explains it.
fn contradicting_trees(landed: Oid) -> Gap {
    Gap::new(
        "a recomputed merge",
        GapReason::Contradiction,
        format!("it does not lead to the tree {landed}, which landed, and does not differ from it either"),
        REVIEW,
    )
}
