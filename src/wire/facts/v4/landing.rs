//! The steps of a deployment branch, and what of their content approved commits explain.

use super::change::{CommitV4, SideV4};
use super::fact::GapV4;
use crate::decision::v1::RequestV1;
use crate::form::{choices, objects};
use crate::text::{CommitText, DigestText, PathText};
use portcullis_model::landing::{
    Candidate, Coverage, Distance, Landing, Miss, Residual, ResidualHunk, Span, Step,
};

objects! {
    /// A commit of the first-parent line of a branch, with the commits that it brought.
    StepV4 = Step {
        /// The commit on the line.
        commit: CommitV4,
        /// The other commits that it has and its first parent does not, sorted by name.
        brought: Vec<CommitV4>,
    }

    /// A landing, and what may explain it.
    LandingV4 = Landing {
        /// The tip of the branch before.
        parent: CommitText,
        /// The tip of the branch after.
        landed: CommitText,
        /// What may explain it, in the order of landing.
        candidates: Vec<CandidateV4>,
    }

    /// A commit that may have been approved for a request.
    CandidateV4 = Candidate {
        /// The request.
        request: RequestV1,
        /// The commit.
        head: CommitText,
    }

    /// What a landing changed that no candidate explains.
    ResidualV4 = Residual {
        /// The candidates whose merge comes nearest.
        nearest: Vec<CandidateV4>,
        /// The differences, sorted by path, side and line.
        hunks: Vec<ResidualHunkV4>,
    }

    /// Lines that the landing has and the recomputed merge does not have, or the other way round.
    ResidualHunkV4 = ResidualHunk {
        /// The file.
        path: PathText,
        /// Lines that the landing added, or removed.
        side: SideV4,
        /// The first line, counted from 1; null when the file counts as a whole.
        line: Option<u64>,
        /// How many lines; 0 when the file counts as a whole.
        lines: u64,
        /// The SHA-256 of the lines; for a whole file, of its mode, a space and its object name.
        digest: DigestText,
    }

    /// Candidates that do not explain a landing.
    MissV4 = Miss {
        /// The candidates, in the order of merging.
        candidates: Vec<CandidateV4>,
        /// How far they are from the landing.
        distance: DistanceV4,
    }
}

choices! {
    /// The way from one commit to another on a branch.
    SpanV4 = Span {
        /// The steps of the first-parent line between them, oldest first.
        Steps(steps: Vec<StepV4>),
        /// They are one commit.
        Equal,
        /// The second is an ancestor of the first.
        Behind,
        /// The first is an ancestor of the second, and was never the tip of the branch.
        Beside,
        /// Each has commits that the other does not have.
        Diverged,
        /// They have no common ancestor.
        Unrelated,
    }

    /// What of a landing's content is explained.
    LandingProofV4 = Coverage {
        /// The tree did not change.
        Unchanged,
        /// The tree is that of the candidate.
        Identity(candidate: CandidateV4),
        /// The tree is that of merging the candidate.
        Replay(candidate: CandidateV4),
        /// Each tree is that of replaying the candidate's commits one by one.
        Rebase(candidate: CandidateV4),
        /// The tree is that of merging several candidates in this order.
        Train(candidates: Vec<CandidateV4>),
        /// Something is left that no candidate explains.
        Residual(residual: ResidualV4),
        /// It could not be recomputed.
        Unverifiable(gap: GapV4),
    }

    /// How far recomputed content is from what landed.
    DistanceV4 = Distance {
        /// What differs.
        Differs {
            /// So many files.
            files: u64,
            /// So many lines that only the landing has.
            added: u64,
            /// So many lines that the landing does not have.
            dropped: u64,
        },
        /// It was not measured, because other candidates explain the landing.
        NotMeasured,
        /// The landing holds commits of another request, too.
        HoldsMore,
        /// The histories have nothing in common.
        Unrelated,
        /// It could not be recomputed.
        Unseen(gap: GapV4),
    }
}
