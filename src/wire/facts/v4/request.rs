//! A change request on its host: reviews, pushes, checks.

use super::account::AccountV4;
use super::fact::{FactV4, GapV4};
use super::signed::ReviewSourceV4;
use crate::decision::v1::RequestV1;
use crate::form::{MomentText, choices, objects};
use crate::text::{
    AppIdText, BranchText, CheckIdText, CommitText, ObjectText, ReviewIdText, ServiceIdText, WorkflowIdText,
};
use portcullis_model::check::{Check, Conclusion, Producer, WorkflowRun};
use portcullis_model::review::{
    ChangeRequest, CommitAccounts, Move, Permission, Push, Review, ReviewState, ReviewedContent,
};

objects! {
    /// A change request: a pull request, a merge request, a change.
    ChangeRequestV4 = ChangeRequest {
        /// The host's identifier of the request in the repository.
        id: RequestV1,
        /// The title: text from outside.
        title: String,
        /// Who opened the request; null when the account is gone.
        author: Option<AccountV4>,
        /// True while the request is open.
        open: bool,
        /// When the request landed; null while it has not.
        merged: Option<MomentText>,
        /// The branch that it would land on.
        base_branch: BranchText,
        /// The head, as the host knows it now.
        head: CommitText,
        /// The branch that it comes from; null on a host whose requests come from no branch.
        head_branch: Option<BranchText>,
        /// The repository that it comes from; null when that is gone.
        head_repository: Option<String>,
    }

    /// A review.
    ReviewV4 = Review {
        /// The host's identifier, or one made up where the host has none.
        id: ReviewIdText,
        /// The place in the host's own order of the reviews of a request: later ones are higher.
        position: u64,
        /// Who gave the review; null when the account is gone.
        reviewer: Option<AccountV4>,
        /// What the review says now.
        state: ReviewStateV4,
        /// What the review was given on.
        reviewed: ReviewedContentV4,
        /// When it was submitted; null when the host does not say.
        submitted: Option<MomentText>,
        /// Where the review comes from. Missing: from the host.
        source [default]: ReviewSourceV4,
    }

    /// A push.
    PushV4 = Push {
        /// The commit that the branch points to since then.
        after: CommitText,
        /// Who pushed; null when the account is gone.
        actor: Option<AccountV4>,
    }

    /// A move of the branch that a request comes from.
    MoveV4 = Move {
        /// The commit that the branch pointed to before; null where it began.
        before: Option<CommitText>,
        /// The commit that the branch points to since then.
        after: CommitText,
        /// Who moved it; null when the account is gone.
        actor: Option<AccountV4>,
        /// True when a commit that the move brought is in the request as it is now.
        kept: FactV4<bool>,
    }

    /// The accounts that a commit is attributed to.
    CommitAccountsV4 = CommitAccounts {
        /// The account of the author; null when the address belongs to nobody.
        author: Option<AccountV4>,
        /// The account of the committer; null when the address belongs to nobody.
        committer: Option<AccountV4>,
    }

    /// A check run or commit status.
    CheckV4 = Check {
        /// The name of the check; of a status, its context.
        name: String,
        /// The host's identifier.
        id: CheckIdText,
        /// The commit that was checked.
        head: CommitText,
        /// Who wrote it.
        producer: CheckProducerV4,
        /// How it ended.
        conclusion: ConclusionV4,
    }

    /// The run of a workflow.
    WorkflowRunV4 = WorkflowRun {
        /// The host's identifier of the workflow.
        workflow: WorkflowIdText,
        /// The number among the runs of the workflow: later ones are higher.
        number: u64,
        /// The event that started the run.
        event: String,
        /// The attempt, counted from 1; 0 where it is not known.
        attempt: u64,
    }
}

choices! {
    /// What a review was given on, and how that is known.
    ReviewedContentV4 = ReviewedContent {
        /// A commit that the host states.
        Stated(commit: CommitText),
        /// A commit that was derived from other facts of the host.
        Derived {
            /// The commit.
            commit: CommitText,
            /// What it was derived from, as a noun phrase.
            from: String,
        },
        /// A change of a base to a tree, whatever commits lead there.
        Tree {
            /// The commit that the tree was to land on.
            base: CommitText,
            /// The tree.
            tree: ObjectText,
        },
        /// The host does not know, or no longer knows.
        Unknown,
        /// It could not be seen.
        Unseen(gap: GapV4),
    }

    /// What a review says.
    ReviewStateV4 = ReviewState {
        /// The change may land.
        Approved,
        /// The change may not land as it is.
        ChangesRequested,
        /// Neither.
        Commented,
        /// An opinion that was dismissed or withdrawn.
        Dismissed,
        /// Not submitted.
        Pending,
    }

    /// What an account may do in the repository.
    PermissionV4 = Permission {
        /// Nothing.
        None,
        /// Read.
        Read,
        /// Write.
        Write,
        /// Change its settings.
        Admin,
    }

    /// Who wrote a check.
    CheckProducerV4 = Producer {
        /// An installed app.
        App {
            /// The host's identifier of the app.
            id: AppIdText,
            /// Its name in addresses.
            slug: String,
        },
        /// An account; null when it is gone.
        Account(account: Option<AccountV4>),
        /// A job of a pipeline.
        Pipeline {
            /// The project whose pipeline it is.
            project: String,
            /// What started the pipeline, in the host's word.
            source: String,
            /// What defines the pipeline.
            config: String,
        },
        /// A service outside of the host.
        Service {
            /// The host's identifier of the service.
            id: ServiceIdText,
        },
        /// The host does not say.
        Unknown,
    }

    /// How a check ended.
    ConclusionV4 = Conclusion {
        /// It has not ended.
        Running,
        /// It succeeded.
        Success,
        /// It found something wrong.
        Failure,
        /// It could not do its work.
        Error,
        /// It is neutral.
        Neutral,
        /// It was skipped.
        Skipped,
        /// It was cancelled.
        Cancelled,
        /// The host gave up on it.
        Stale,
        /// It ran out of time.
        TimedOut,
        /// It waits for a person.
        ActionRequired,
        /// It could not start.
        StartupFailure,
    }
}
