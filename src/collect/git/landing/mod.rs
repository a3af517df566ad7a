//! The git half of the deployment gate: which landings lie between two commits, and what of each is explained.
//!
//! | file | holds |
//! | --- | --- |
//! | `line` | the steps of a branch between two commits |
//! | `coverage` | a landing and the candidates that may explain it, also with clean merges of the base in them; whether merge bases keep something out |
//! | `merge`, `items` | trees, and what stands at one path |
//! | `moves` | files that moved |
//! | `merge_text`, `lines`, `myers` | merging contents, and the line differences it rests on |
//! | `build`, `store`, `starts` | trees made and trees kept |
//! | `tried` | what was tried in vain |
//! | `residual`, `patch` | what is left: its places, and its text |
//! | `paths` | the paths that landings change |
//! | `work` | several threads |

use super::Repository;
use super::graph::Graph;
use super::graph::ahead::Ahead;
use super::object::{Objects, object_name, oid};
use crate::model::change::{Basis, ObjectName, Revision, Updates};
use crate::model::fact::{Fact, Gap, GapReason};
use crate::model::landing::{BranchPush, Candidate, Coverage, Landing, Miss, Span};
use crate::model::patch::Patch;
use coverage::answers::{Answers, Reader};
use git2::Oid;
use std::collections::BTreeSet;
use std::ops::Range;
use std::thread;
use work::{Jobs, Results};

mod build;
mod coverage;
mod items;
mod line;
mod lines;
mod merge;
mod merge_text;
mod moves;
mod myers;
mod patch;
mod paths;
mod pushed;
mod residual;
mod starts;
mod store;
mod tried;
mod work;

pub use line::Place;

/// So many earlier tips of a branch are merged with a head, to see which of them it was tested with.
const EARLIER: usize = 256;

/// So many landings are proved one after the other by one thread.
const LANDINGS: usize = 32;

/// Landings for which more commits than this have to be looked at come last: meanwhile the others are proved.
const NEAR: usize = 4_096;

impl Repository {
    /// How `head` lies to `baseline`, with every step of the branch between them.
    pub fn span(&self, baseline: &Revision, head: &Revision) -> Fact<Span> {
        let read = || {
            let objects = self.trusted_objects()?;
            line::span(&objects, oid(baseline.as_str())?, oid(head.as_str())?)
        };
        read().into()
    }

    /// What of each landing is explained by its candidates: `each` gets the number of the landing, and its coverage.
    pub fn coverage(&self, landings: &[Landing], mut each: impl FnMut(usize, Coverage)) {
        self.proofs(landings, |number, coverage, _| each(number, coverage));
    }

    /// The same, with what was tried in vain.
    pub fn proofs(&self, landings: &[Landing], mut each: impl FnMut(usize, Coverage, Vec<Miss>)) {
        // Two threads more read the history.
        let threads = work::threads_for(landings.len().div_ceil(LANDINGS)) + 2;
        let (found, gap) = match work::for_threads(self, threads) {
            Ok(objects) => (prove(objects, landings, &mut each), lost()),
            Err(gap) => (0, gap),
        };
        let unseen = || Coverage::Unverifiable(gap.clone());
        (found..landings.len()).for_each(|number| each(number, unseen(), Vec::new()));
    }

    /// Is a commit what merging a head into a base gives, and nothing else? What the merge base stands for does not matter.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn is_merge_of(&self, base: &Revision, head: &Revision, commit: &Revision) -> Result<bool, Gap> {
        let candidates = vec![Candidate { request: 0.into(), head: head.clone() }];
        let landing = Landing { parent: base.clone(), landed: commit.clone(), candidates };
        let objects = self.trusted_objects()?;
        let coverage = coverage::Prover::of_results(&objects).cover(&landing);
        Ok(matches!(coverage, Coverage::Identity(_) | Coverage::Replay(_)))
    }

    /// Those of these trees that are what merging a head into an earlier tip of the base gives, and nothing else: into a commit of the base's
    /// first-parent line that the head does not hold. Of those the newest are tried.
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
        let (mut at, head) = (oid(base.as_str())?, oid(head.as_str())?);
        let (mut graph, mut prover) = (Graph::new(&objects), coverage::Prover::of_results(&objects));
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
        let mut prover = coverage::Prover::new(&objects);
        match prover.cover(landing) {
            Coverage::Unverifiable(gap) => Err(gap),
            _ => prover.left().map(|left| patch::patch(&objects, left)).transpose(),
        }
    }

    /// Where a commit stands on the branch with this tip; `None` when the branch does not hold it.
    ///
    /// # Errors
    /// An object is missing or cannot be trusted.
    pub fn place(&self, tip: &Revision, commit: &Revision) -> Result<Option<Place>, Gap> {
        let objects = self.trusted_objects()?;
        line::place(&objects, oid(tip.as_str())?, oid(commit.as_str())?)
    }
}

/// For what a thread should have found, and no thread has.
fn lost() -> Gap {
    let remedy = "Report this as a defect of Portcullis";
    Gap::new("the landings", GapReason::Unsupported, "a thread ended before its work was done", remedy)
}

/// Numbers, so many at a time.
fn chunks(numbers: Range<usize>, size: usize) -> impl Iterator<Item = Range<usize>> {
    numbers.clone().step_by(size).map(move |start| start..numbers.end.min(start + size))
}

/// The last two of these objects are for reading the history, the others for proving. How many landings were looked at.
fn prove(
    mut objects: Vec<Objects<'_>>,
    landings: &[Landing],
    mut each: impl FnMut(usize, Coverage, Vec<Miss>),
) -> usize {
    let Some((history, helper)) = objects.pop().zip(objects.pop()) else { return 0 };
    let feed = move |hand_out: &dyn Fn(Job)| hand_out_landings(&history, helper, landings, hand_out);
    let work = |objects: &Objects<'_>, next: Jobs<'_, Job>, give: Results<'_, _>| {
        let mut prover = coverage::Prover::new(objects);
        while let Some(job) = next() {
            let cover = |(number, answers): (usize, Answers)| {
                let coverage = prover.cover_knowing(&landings[number], answers);
                (number, (coverage, prover.misses()))
            };
            give(job.into_iter().map(cover).collect());
        }
    };
    work::side_by_side(objects, feed, work, |number, (coverage, misses)| each(number, coverage, misses))
}

/// Numbers of landings, each with what its proof is going to ask.
type Job = Vec<(usize, Answers)>;

/// The far ones come last. Then a helper reads ahead, because one of them may need the whole history.
fn hand_out_landings(
    history: &Objects<'_>,
    helper: Objects<'_>,
    landings: &[Landing],
    hand_out: &dyn Fn(Job),
) {
    let ahead = &Ahead::default();
    thread::scope(|scope| {
        scope.spawn(move || ahead.help(&helper));
        let _closing = ahead.closing();
        let mut reader = Reader::new(Graph::helped(history, ahead), landings);
        let mut far = Vec::new();
        for numbers in chunks(0..landings.len(), LANDINGS) {
            let mut near = Job::new();
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
    });
}

/// What a head is, but for clean merges of the base into it.
pub fn updates(objects: &Objects<'_>, base: Oid, head: Oid) -> Updates {
    coverage::Prover::new(objects).updates(base, head)
}

/// Those of some commits of a change that are clean merges of the base into it, each by itself.
pub fn updates_among(objects: &Objects<'_>, base: Oid, commits: &[Oid]) -> Vec<Oid> {
    coverage::Prover::new(objects).updates_among(base, commits)
}

/// The tree that merging a head into a base gives with every git; `None` where there is no such tree.
///
/// # Errors
/// An object is missing or cannot be trusted.
pub fn given(objects: &Objects<'_>, base: Oid, head: Oid) -> Result<Option<Oid>, Gap> {
    coverage::Prover::new(objects).given(base, head)
}

/// Why merging a head into a base brings all that it holds beyond that.
///
/// # Errors
/// It does not, or it could not be seen.
pub fn basis(objects: &Objects<'_>, base: Oid, head: Oid) -> Result<Basis, Gap> {
    coverage::Prover::new(objects).basis(base, head)
}

/// The commits of the base's first-parent line of which it matters whether they were the tip: for merging a head, and for the updates in it.
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
    let mut sought = pushed::sought(&mut graph, base, bases)?;
    for update in updates {
        if let [first, second] = *graph.parents(*update)? {
            let bases = graph.merge_bases(&[first], second)?;
            sought.extend(pushed::sought(&mut graph, base, &bases)?);
        }
    }
    Ok(sought)
}

/// The same questions, where the host has told of the pushes to the base branch, newest first.
pub struct AfterPushes<'o, 'r> {
    prover: coverage::Prover<'o, 'r>,
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
        let within = pushed::within(&mut Graph::new(objects), base, pushes, sought)?;
        Ok(AfterPushes { prover: coverage::Prover::beside(objects, within), base })
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
