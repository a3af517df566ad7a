//! Landings: how a deployment branch came from one commit to another, and what explains each step.
//!
//! A deployment branch grows along its first parents. Each commit of that line is a [`Step`]; it
//! brings itself and everything that it reaches and its first parent does not. So every commit
//! between the deployed one and the candidate belongs to exactly one step, and nobody can hide one
//! between two landings.
//!
//! A [`Landing`] is one step, or several that came together (a rebased series, a fast-forward). Its
//! [`Coverage`] says what of its content is explained by commits that somebody approved. Nothing
//! here judges: whether the approval of a [`Candidate`] counts is asked elsewhere.

use crate::change::{Commit, Revision, Side};
use crate::digest::Digest;
use crate::fact::Gap;
use crate::id::RequestId;
use crate::path::RepoPath;

/// How the commit that would be deployed lies to the one that is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// The baseline is on the first-parent line of the head: every step between them, oldest first.
    Steps(Vec<Step>),
    /// They are one commit: nothing is to be proved, and nothing would be deployed.
    Equal,
    /// The head is an ancestor of the baseline: a rollback.
    Behind,
    /// The baseline is an ancestor of the head, but came in through another parent: it never was
    /// this branch's tip.
    Beside,
    /// They have common ancestors, and each has commits that the other lacks.
    Diverged,
    /// They have no common ancestor.
    Unrelated,
}

/// One commit of the first-parent line, with what it brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The commit on the line. Its first parent is the step before, or the baseline.
    pub commit: Commit,
    /// Every other commit that it reaches and its first parent does not, sorted by name.
    pub brought: Vec<Commit>,
}

impl Step {
    /// How many commits belong to this step, its own included.
    pub fn size(&self) -> usize {
        self.brought.len() + 1
    }
}

/// One move of a branch, as its host keeps it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchPush {
    /// The tip before; `None` where the branch was created.
    pub before: Option<Revision>,
    /// The tip after; `None` where the branch was deleted.
    pub after: Option<Revision>,
}

/// A commit that somebody approved for a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Candidate {
    /// The request.
    pub request: RequestId,
    /// The commit.
    pub head: Revision,
}

/// One landing, and what might explain it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Landing {
    /// The tip of the branch before.
    pub parent: Revision,
    /// The tip of the branch after.
    pub landed: Revision,
    /// What might explain it, in the order in which it would have landed.
    pub candidates: Vec<Candidate>,
}

/// What of a landing's content is explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Coverage {
    /// Its tree is that of its parent, and nobody claims that it brought something.
    Unchanged,
    /// Its tree is that of the candidate, which is built on the landing's parent.
    Identity(Candidate),
    /// Its tree is what merging the candidate into the landing's parent gives, without a conflict:
    /// a merge, a squash.
    Replay(Candidate),
    /// Each of its commits has the tree that replaying the candidate's commits one by one gives.
    Rebase(Candidate),
    /// Its tree is what merging several candidates in this order gives.
    Train(Vec<Candidate>),
    /// Something is left that no candidate explains.
    Residual(Residual),
    /// It cannot be said: an object is missing, or two ways of recomputing disagree.
    Unverifiable(Gap),
}

/// What a landing changed that nobody approved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Residual {
    /// The candidates whose merge comes nearest to the landing; none: all that it changed is
    /// listed.
    pub nearest: Vec<Candidate>,
    /// Sorted by path, then by side and line. Never empty.
    pub hunks: Vec<ResidualHunk>,
}

/// A run of lines that the landing has and the recomputed merge has not, or the other way round.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResidualHunk {
    /// The file.
    pub path: RepoPath,
    /// Lines that the landing added, or lines that it dropped.
    pub side: Side,
    /// The first line, counted from 1, in the landed file or (dropped) in the recomputed one.
    /// `None`: what stands at the path counts as a whole, because it is binary, a link, a submodule
    /// or too large, or because only its mode differs.
    pub line: Option<u64>,
    /// How many lines; 0 for a whole.
    pub lines: u64,
    /// The SHA-256 of the lines; for a whole, of its mode (octal), a space and its object name.
    pub digest: Digest,
}

/// Candidates that were tried in vain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The candidates, in the order in which they were merged.
    pub candidates: Vec<Candidate>,
    /// How far they are from the landing.
    pub distance: Distance,
}

/// How far the recomputed content is from what landed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Distance {
    /// What differs. A file without lines counts as a file only.
    Differs {
        /// So many files.
        files: u64,
        /// So many lines that only the landing has.
        added: u64,
        /// So many lines that the landing lacks.
        dropped: u64,
    },
    /// Nobody measured it, because others explain the landing.
    NotMeasured,
    /// The landing holds commits of another request besides, whose content has to be there too.
    HoldsMore,
    /// They have no history in common with the branch.
    Unrelated,
    /// It could not be recomputed.
    Unseen(Gap),
}

impl std::fmt::Display for Distance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let plural = |number: u64| if number == 1 { "" } else { "s" };
        match self {
            Distance::Differs { files, added, dropped } => write!(
                f,
                "differs in {files} file{}, {added} line{} added and {dropped} dropped",
                plural(*files),
                plural(*added)
            ),
            Distance::NotMeasured => f.write_str("does not explain it"),
            Distance::HoldsMore => {
                f.write_str("cannot explain it alone, because it holds commits of another request besides")
            }
            Distance::Unrelated => f.write_str("has no history in common with the branch"),
            Distance::Unseen(gap) => write!(f, "cannot be said, because {gap}"),
        }
    }
}
