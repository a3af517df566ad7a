//! What protects a branch.

use super::fact::{FactV4, GapV4};
use crate::form::{choices, objects};
use crate::text::{ActorIdText, AppIdText, BranchText, CommitText, ServiceIdText};
use portcullis_model::protection::{ActorKind, Branch, Bypass, BypassMode, Protection, Requirement, Rule};

objects! {
    /// A branch.
    BranchV4 = Branch {
        /// The name, without `refs/heads/`.
        name: BranchText,
        /// The commit that it points to.
        tip: CommitText,
        /// True when the host says that something protects it.
        protected: bool,
    }

    /// What protects a branch.
    ProtectionV4 = Protection {
        /// The requirements, sorted.
        requirements: Vec<RequirementV4>,
        /// Sources of requirements that could not be seen.
        unseen: Vec<GapV4>,
    }

    /// A rule of one source.
    RequirementV4 = Requirement {
        /// What is required.
        rule: RuleV4,
        /// What requires it, for people.
        source: String,
        /// The actors that this source exempts.
        bypass: FactV4<Vec<BypassV4>>,
    }

    /// An actor that is exempt from a rule.
    BypassV4 = Bypass {
        /// The kind of actor.
        kind: ActorKindV4,
        /// The host's identifier; null where it gives none.
        id: Option<ActorIdText>,
        /// The name; null where the host gives none.
        name: Option<String>,
        /// When the actor is exempt.
        mode: BypassModeV4,
    }
}

choices! {
    /// What a branch can require.
    RuleV4 = Rule {
        /// Changes land only through a change request.
        ChangeRequest,
        /// A request needs so many approvals.
        Approvals(count: u64),
        /// A push withdraws approvals.
        DismissStale,
        /// The owners in CODEOWNERS must approve.
        CodeOwners,
        /// Somebody else must approve the last push.
        LastPushApproval,
        /// Every conversation must be resolved.
        ConversationResolution,
        /// A check must succeed.
        Check {
            /// The name of the check.
            name: String,
            /// The app that must have written it; null accepts anybody.
            app: Option<AppIdText>,
        },
        /// A job of a pipeline of a project must succeed.
        PipelineCheck {
            /// The name of the check.
            name: String,
            /// The project.
            project: String,
        },
        /// A service outside the host must report a check as a success.
        ServiceCheck {
            /// The name of the check.
            name: String,
            /// The host's identifier of the service.
            service: ServiceIdText,
        },
        /// The pipeline of the change must succeed.
        Pipeline,
        /// The change must contain the tip of the branch.
        UpToDate,
        /// No push may discard commits.
        NoForcePush,
        /// The branch may not be deleted.
        NoDeletion,
        /// Commits must be signed.
        SignedCommits,
        /// No merge commits.
        LinearHistory,
    }

    /// Kinds of actors.
    ActorKindV4 = ActorKind {
        /// The administrators of the repository.
        Administrators,
        /// A role or access level in the repository.
        RepositoryRole,
        /// The owners of the organisation.
        OrganizationAdmin,
        /// The owners of the enterprise, or a role there.
        Enterprise,
        /// A team.
        Team,
        /// An account.
        User,
        /// An installed app.
        App,
        /// Any deploy key.
        DeployKey,
        /// Every account that may write to the repository.
        Writers,
        /// Whoever can change the repository on the server itself.
        ServerAccess,
        /// Another kind.
        Other,
    }

    /// When an actor is exempt.
    BypassModeV4 = BypassMode {
        /// Always.
        Always,
        /// When merging a change request.
        ChangeRequest,
        /// The rule does not run for the actor.
        Exempt,
    }
}
