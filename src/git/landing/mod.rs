//! The git half of the deployment gate: which landings lie between two commits, and what of each is
//! explained.
//!
//! | file | holds |
//! | --- | --- |
//! | `steps` | the steps of a branch between two commits |
//! | `prover` | a landing and the candidates that may explain it |
//! | `merge` | merging trees, the entries at one path, and files that were renamed |
//! | `merge_text`, `histogram`, `myers` | merging contents, and the line differences below it |
//! | `tree_builder`, `store`, `tree_offsets` | trees that are made, and trees that are kept |
//! | `cached_tree_diff` | the paths in which two kept trees differ |
//! | `attempts` | what was tried in vain |
//! | `push_tips` | commits that were never the tip, by the host's list of pushes |
//! | `residual`, `patch` | what is left unexplained: where it is, and its text |

use crate::Repository;
use crate::graph::Graph;
use crate::graph::prefetch::prefetch_pair;
use crate::object::{Objects, object_name, parse_oid};
use crate::parallel::{JobSource, Readers, ResultSink, threads_for};
use git2::Oid;
use portcullis_model::change::{Basis, ObjectName, Revision, Updates};
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::landing::{BranchPush, Candidate, Coverage, Landing, Miss, Span};
use portcullis_model::patch::Patch;
use prover::history::{HistoryAnswers, HistoryReader};
use std::collections::BTreeSet;
use std::ops::Range;

mod attempts;
mod cached_tree_diff;
mod histogram;
mod merge;
mod merge_text;
mod myers;
mod patch;
mod prover;
mod push_tips;
mod residual;
mod steps;
mod store;
mod tree_builder;
mod tree_offsets;

pub use steps::BranchPosition;

/// So many earlier tips of a branch are merged with a head, to see which of them it was tested
/// with.
const EARLIER: usize = 256;

/// So many landings are proved one after the other by one thread.
const LANDINGS: usize = 32;

/// Landings for which more commits than this have to be looked at come last: meanwhile the others
/// are proved.
const NEAR: usize = 4_096;

impl Repository {
    /// How `head` lies to `baseline`, with every step of the branch between them.
    pub fn span(&self, baseline: &Revision, head: &Revision) -> Fact<Span> {
        let read = || {
            let objects = self.trusted_objects()?;
            steps::span(&objects, parse_oid(baseline.as_str())?, parse_oid(head.as_str())?)
        };
        read().into()
    }

    /// Proves of each landing what its candidates explain. `each` gets the number of the landing,
    /// its proof, and what was tried in vain, in the order of the landings.
    pub fn prove_landings(&self, landings: &[Landing], mut each: impl FnMut(usize, Coverage, Vec<Miss>)) {
        let (found, gap) = match prove_all(self, landings, &mut each) {
            Ok(found) => (found, lost_thread()),
            Err(gap) => (0, gap),
        };
        let unseen = || Coverage::Unverifiable(gap.clone());
        (found..landings.len()).for_each(|number| each(number, unseen(), Vec::new()));
    }

    /// Is a commit what merging a head into a base gives, and nothing else? What the merge base
    /// stands for does not matter.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn is_merge_of(&self, base: &Revision, head: &Revision, commit: &Revision) -> Result<bool, Gap> {
        let candidates = vec![Candidate { request: 0.into(), head: head.clone() }];
        let landing = Landing { parent: base.clone(), landed: commit.clone(), candidates };
        let objects = self.trusted_objects()?;
        let coverage = prover::Prover::of_results(&objects).prove(&landing);
        Ok(matches!(coverage, Coverage::Identity(_) | Coverage::Replay(_)))
    }

    /// The tree that merging a head into a base gives; `None` where a person or the version of git
    /// decides what it is.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn landing_tree(&self, base: &Revision, head: &Revision) -> Result<Option<ObjectName>, Gap> {
        let objects = self.trusted_objects()?;
        let mut prover = prover::Prover::of_results(&objects);
        let tree = prover.given(parse_oid(base.as_str())?, parse_oid(head.as_str())?)?;
        tree.map(object_name).transpose()
    }

    /// Those of these trees that are what merging a head into an earlier tip of the base gives, and
    /// nothing else: into a commit of the base's first-parent line that the head does not hold. Of
    /// those the newest are tried.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn merged_earlier(
        &self,
        base: &Revision,
        head: &Revision,
        mut trees: BTreeSet<ObjectName>,
    ) -> Result<BTreeSet<ObjectName>, Gap> {
        let objects = self.trusted_objects()?;
        let (mut at, head) = (parse_oid(base.as_str())?, parse_oid(head.as_str())?);
        let (mut graph, mut prover) = (Graph::new(&objects), prover::Prover::of_results(&objects));
        let mut found = BTreeSet::new();
        for _ in 0..EARLIER {
            let Some(before) = graph.parents(at)?.first().copied() else { break };
            if trees.is_empty() || graph.is_reached(before, &[head])? {
                break;
            }
            if let Some(tree) = prover.given(before, head)? {
                found.extend(trees.take(&object_name(tree)?));
            }
            at = before;
        }
        Ok(found)
    }

    /// The residual of a landing with the text of its lines; `None` when it has none.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn residual(&self, landing: &Landing) -> Result<Option<Patch>, Gap> {
        let objects = self.trusted_objects()?;
        let mut prover = prover::Prover::new(&objects);
        match prover.prove(landing) {
            Coverage::Unverifiable(gap) => Err(gap),
            _ => prover.patch(),
        }
    }

    /// Where a commit is on the branch with this tip; `None` when the branch does not hold it.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn place(&self, tip: &Revision, commit: &Revision) -> Result<Option<BranchPosition>, Gap> {
        let objects = self.trusted_objects()?;
        steps::place(&objects, parse_oid(tip.as_str())?, parse_oid(commit.as_str())?)
    }
}

/// For what a thread should have found, and no thread has.
fn lost_thread() -> Gap {
    let remedy = "Report this as a defect of Portcullis";
    Gap::new("the landings", GapReason::Unsupported, "a thread ended before its work was done", remedy)
}

/// Numbers, so many at a time.
fn chunk_numbers(numbers: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    numbers.clone().step_by(size).map(move |start| start..numbers.end.min(start + size))
}

/// Proves landings on several threads, while one more reads the history and another one helps it.
/// Returns how many landings `each` was told of.
fn prove_all(
    repository: &Repository,
    landings: &[Landing],
    mut each: impl FnMut(usize, Coverage, Vec<Miss>),
) -> Result<usize, Gap> {
    let provers = Readers::of(repository, threads_for(landings.len().div_ceil(LANDINGS)))?;
    let (history, helpers) = (repository.trusted_objects()?, Readers::of(repository, 1)?);
    let feed = move |hand_out: &dyn Fn(ProofJob)| hand_out_landings(&history, &helpers, landings, hand_out);
    let work = |objects: &Objects<'_>, next: JobSource<'_, ProofJob>, give: ResultSink<'_, _>| {
        let mut prover = prover::Prover::new(objects);
        while let Some(job) = next() {
            let cover = |(number, answers): (usize, HistoryAnswers)| {
                let coverage = prover.prove_knowing(&landings[number], answers);
                (number, (coverage, prover.misses()))
            };
            give(job.into_iter().map(cover).collect());
        }
    };
    Ok(provers.pipeline(feed, work, |number, (coverage, misses)| each(number, coverage, misses)))
}

/// Numbers of landings, each with what its proof is going to ask.
type ProofJob = Vec<(usize, HistoryAnswers)>;

/// The far ones come last. Then a helper reads ahead, because one of them may need the whole
/// history.
fn hand_out_landings(
    history: &Objects<'_>,
    helpers: &Readers<'_>,
    landings: &[Landing],
    hand_out: &dyn Fn(ProofJob),
) {
    let (prefetch, helper) = prefetch_pair();
    let feed = || {
        let mut reader = HistoryReader::new(Graph::helped(history, prefetch), landings);
        let mut far = Vec::new();
        for numbers in chunk_numbers(0..landings.len(), LANDINGS) {
            let mut near = ProofJob::new();
            for number in numbers {
                match reader.answers(&landings[number], NEAR) {
                    Some(answers) => near.push((number, answers)),
                    None => far.push(number),
                }
            }
            hand_out(near);
        }
        if !far.is_empty() {
            reader.call_help();
        }
        for number in far {
            let answers = reader.answers(&landings[number], usize::MAX).unwrap_or_default();
            hand_out(vec![(number, answers)]);
        }
    };
    helpers.beside(feed, |objects| helper.run(objects));
}

/// What a head is, but for clean merges of the base into it.
pub fn updates(objects: &Objects<'_>, base: Oid, head: Oid) -> Updates {
    prover::Prover::new(objects).updates(base, head)
}

/// Those of some commits of a change that are clean merges of the base into it, each by itself.
pub fn updates_among(objects: &Objects<'_>, base: Oid, commits: &[Oid]) -> Vec<Oid> {
    prover::Prover::new(objects).updates_among(base, commits)
}

/// The paths that merging a head into a base changes, the same with every git; `None` where there
/// is no such merge.
///
/// # Errors
/// An object is missing or cannot be trusted.
pub fn paths_merged(objects: &Objects<'_>, base: Oid, head: Oid) -> Result<Option<BTreeSet<Vec<u8>>>, Gap> {
    prover::Prover::new(objects).paths_merged(base, head)
}

/// Why merging a head into a base brings all that it holds beyond that.
///
/// # Errors
/// It does not, or it could not be seen.
pub fn basis(objects: &Objects<'_>, base: Oid, head: Oid) -> Result<Basis, Gap> {
    prover::Prover::new(objects).basis(base, head)
}

/// The commits of the base's first-parent line of which it matters whether they were the tip: for
/// merging a head, and for the updates in it.
///
/// # Errors
/// An object is missing or cannot be trusted.
pub fn tips_asked(
    objects: &Objects<'_>,
    base: Oid,
    bases: &[Oid],
    updates: &[Oid],
) -> Result<BTreeSet<Oid>, Gap> {
    let mut graph = Graph::new(objects);
    let mut sought = push_tips::sought(&mut graph, base, bases)?;
    for update in updates {
        if let [first, second] = *graph.parents(*update)? {
            let bases = graph.merge_bases(&[first], second)?;
            sought.extend(push_tips::sought(&mut graph, base, &bases)?);
        }
    }
    Ok(sought)
}

/// The same questions, where the host has told of the pushes to the base branch, newest first.
pub struct AfterPushes<'o, 'r> {
    prover: prover::Prover<'o, 'r>,
    base: Oid,
}

impl<'o, 'r> AfterPushes<'o, 'r> {
    /// Of these tips it matters whether they were any.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn new(
        objects: &'o Objects<'r>,
        base: Oid,
        sought: &BTreeSet<Oid>,
        pushes: &[BranchPush],
    ) -> Result<Self, Gap> {
        let within = push_tips::within(&mut Graph::new(objects), base, pushes, sought)?;
        Ok(AfterPushes { prover: prover::Prover::beside(objects, within), base })
    }

    /// See [`basis`].
    ///
    /// # Errors
    /// It does not, or it could not be seen.
    pub fn basis(&mut self, head: Oid) -> Result<Basis, Gap> {
        self.prover.basis(self.base, head)
    }

    /// See [`updates`].
    pub fn updates(&mut self, head: Oid) -> Updates {
        self.prover.updates(self.base, head)
    }

    /// See [`updates_among`].
    pub fn updates_among(&mut self, commits: &[Oid]) -> Vec<Oid> {
        self.prover.updates_among(self.base, commits)
    }
}

#[cfg(test)]
mod tests;
