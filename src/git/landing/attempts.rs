//! What was tried in vain for a landing, and how far it misses.

use git2::Oid;
use portcullis_model::change::Side;
use portcullis_model::fact::Gap;
use portcullis_model::landing::{Candidate, Distance, Miss, ResidualHunk};
use portcullis_model::path::RepoPath;
use std::collections::BTreeSet;

/// What recomputing with some candidates led to.
pub enum MergeAttempt {
    /// The landed tree, beyond doubt.
    Explained,
    /// The recomputed tree, and the paths that need a person.
    Departs(Option<Oid>, Vec<Vec<u8>>),
    /// They have no history in common with the branch.
    Unrelated,
}

/// The two trees between which a residual lies.
#[derive(Clone, Debug)]
pub struct ResidualTrees {
    /// What the nearest candidates give.
    pub recomputed: Option<Oid>,
    /// What landed.
    pub landed: Oid,
    /// Where they need a person.
    pub conflicts: Vec<Vec<u8>>,
}

/// What was tried for one landing, in vain.
#[derive(Default)]
pub struct FailedAttempts {
    /// The recomputed trees that are not the landed one, and whose they are.
    pub departures: Vec<(Vec<Candidate>, MergeAttempt)>,
    /// What was tried otherwise.
    pub misses: Vec<Miss>,
    /// The first thing that could not be seen.
    pub gap: Option<Gap>,
}

impl FailedAttempts {
    /// Candidates that do not explain it.
    pub fn missed(&mut self, candidates: &[Candidate], distance: Distance) {
        self.misses.push(Miss { candidates: candidates.to_vec(), distance });
    }

    /// Candidates of which it is unknown whether they explain it.
    pub fn unseen(&mut self, candidates: &[Candidate], gap: Gap) {
        self.missed(candidates, Distance::Unseen(gap.clone()));
        self.gap.get_or_insert(gap);
    }

    /// Where the landing is not a residual, it is not measured how far what was tried departs from
    /// it.
    pub fn unmeasured(mut self) -> Vec<Miss> {
        for (candidates, attempt) in std::mem::take(&mut self.departures) {
            let unrelated = matches!(attempt, MergeAttempt::Unrelated);
            self.missed(&candidates, if unrelated { Distance::Unrelated } else { Distance::NotMeasured });
        }
        self.misses
    }
}

/// How much is left; what has no lines weighs as much as one.
pub fn weight_of(hunks: &[ResidualHunk]) -> u64 {
    hunks.iter().map(|hunk| hunk.lines.max(1)).sum()
}

/// How far a recomputed tree is from the landed one.
pub fn distance_of(hunks: &[ResidualHunk]) -> Distance {
    let lines = |side| hunks.iter().filter(|hunk| hunk.side == side).map(|hunk| hunk.lines).sum();
    let files: BTreeSet<&RepoPath> = hunks.iter().map(|hunk| &hunk.path).collect();
    Distance::Differs { files: files.len() as u64, added: lines(Side::Added), dropped: lines(Side::Removed) }
}
