//! Version 1 of an evidence file: what an exporter of another version control system states of one
//! change. The documentation of types and fields is that of the schema: it is written for people
//! who write an exporter.
//!
//! A member that is not known is an error, and so is one that is there twice.

use crate::form::{MomentText, NamedValues, present};
use crate::text::DigestText;
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// Defines the objects and words of the form.
macro_rules! stated {
    ($($(#[$doc:meta])+ struct $name:ident { $($(#[$note:meta])+ $member:ident : $type:ty,)+ })*) => { $(
        $(#[$doc])+
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$note])+ pub $member: $type,)+ }
    )* };
}

macro_rules! stated_words {
    ($($(#[$doc:meta])+ enum $name:ident { $($(#[$note:meta])+ $word:ident,)+ })*) => { $(
        $(#[$doc])+
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(rename_all = "kebab-case")]
        pub enum $name { $($(#[$note])+ $word,)+ }
    )* };
}

/// What an exporter states of one change in a version control system other than git.
///
/// Each topic (`change`, `texts`, `reviews`, `protection`, `tests`) is `known`, or a `gap` with why
/// it is not known and what to do. A topic that is left out is a gap too, and never "there is
/// nothing".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "An evidence file, version 1"))]
#[serde(deny_unknown_fields)]
pub struct EvidenceFileV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// The word that says that this is an evidence file.
    pub kind: EvidenceKindV1,
    /// The program that wrote the file.
    pub exporter: StatedProgramV1,
    /// The version control system that it asked.
    pub system: StatedProgramV1,
    /// The repository, by a name that no other has, such as its address or its UUID. The policy
    /// names it, too.
    pub repository: String,
    /// When the system was asked: RFC 3339, with an offset.
    pub exported: MomentText,
    /// The branch, trunk or line of development that would receive the change.
    pub branch: StatedBranchV1,
    /// What would be received.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<StatedV1<StatedChangeV1>>,
    /// The texts of files that steer the gate, by path: `portcullis.toml` and the waivers where the
    /// policy is kept in the repository, CODEOWNERS, and whatever else the policy reads. An empty
    /// object says that the repository holds none of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<StatedV1<NamedValues<String, StatedTextV1>>>,
    /// Every review of the change, oldest first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviews: Option<StatedV1<Vec<StatedReviewV1>>>,
    /// What protects the branch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub protection: Option<StatedV1<StatedProtectionV1>>,
    /// Every test report of a run on a revision of the change. The reports themselves are given
    /// with `--report`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tests: Option<StatedV1<Vec<StatedReportV1>>>,
}

/// What is stated of a topic.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StatedV1<T> {
    /// It is known, and complete.
    Known(T),
    /// It is not known, or not completely.
    Gap(StatedGapV1),
}

stated! {
    /// Why a topic is not known.
    struct StatedGapV1 {
        /// Why, in one sentence.
        why: String,
        /// What to do about it, in one sentence.
        remedy: String,
    }

    /// A program.
    struct StatedProgramV1 {
        /// Its name.
        name: String,
        /// Its version.
        version: String,
    }

    /// A branch.
    struct StatedBranchV1 {
        /// Its name, as the policy lists it under `[branches]`.
        name: String,
        /// Its newest revision.
        tip: String,
    }

    /// A change that would be received by the branch.
    struct StatedChangeV1 {
        /// What the system calls it: a branch, a ticket, a request.
        name: String,
        /// What it is about, in one line.
        title: String,
        /// Who proposed it; null where no one does that in this system.
        #[serde(deserialize_with = "present")]
        proposer: Option<StatedAccountV1>,
        /// The revision of the branch that it was made on. Its files are compared with it.
        base: String,
        /// The revision that would be received: the last of `revisions`.
        head: String,
        /// Every revision that the change brings, oldest first, each made on the one before it.
        revisions: Vec<StatedRevisionV1>,
        /// Every path that differs between `base` and `head`.
        files: Vec<StatedFileV1>,
    }

    /// A revision (commit, check-in, change set).
    struct StatedRevisionV1 {
        /// What the system calls it, whole: all digits of a hash. Not a name that can move.
        id: String,
        /// When the repository received it.
        time: MomentText,
        /// Who wrote it; null where that is not known.
        #[serde(deserialize_with = "present")]
        author: Option<StatedAccountV1>,
        /// Who committed it; null where that is not known.
        #[serde(deserialize_with = "present")]
        committer: Option<StatedAccountV1>,
        /// Whom else it names as an author.
        others: Vec<StatedAccountV1>,
        /// From whom the repository received it: the account that the server authenticated, which
        /// in a central system is the committer's; null where that is not known.
        #[serde(deserialize_with = "present")]
        received_from: Option<StatedAccountV1>,
        /// The first line of its message.
        message: String,
    }

    /// An account. Case does not tell accounts apart.
    struct StatedAccountV1 {
        /// Its name in the system.
        name: String,
        /// Who uses it.
        kind: StatedKindV1,
    }

    /// A path that differs, or two for a rename or copy.
    struct StatedFileV1 {
        /// What happened.
        status: StatedStatusV1,
        /// What was there before; null where there was nothing.
        #[serde(deserialize_with = "present")]
        before: Option<StatedEntryV1>,
        /// What is there after; null where there is nothing any more.
        #[serde(deserialize_with = "present")]
        after: Option<StatedEntryV1>,
        /// The lines that differ: of a rename, a copy or another kind of file every line of both
        /// sides.
        lines: StatedLinesV1,
    }

    /// What is at a path.
    struct StatedEntryV1 {
        /// The path from the root of the branch, with `/` between its parts.
        path: String,
        /// What it is.
        kind: StatedEntryKindV1,
        /// Where a link leads, from the root of the branch; null for anything else, and for a link
        /// that leads outside.
        #[serde(deserialize_with = "present")]
        target: Option<String>,
    }

    /// Lines that are there on one side only.
    struct StatedDifferenceV1 {
        /// Those that the change takes away, with their numbers before.
        removed: Vec<StatedLineV1>,
        /// Those that the change adds, with their numbers after.
        added: Vec<StatedLineV1>,
    }

    /// A line.
    struct StatedLineV1 {
        /// Its number, counted from 1.
        number: u64,
        /// Its text, without the line break.
        text: String,
    }

    /// The text of a file that steers the gate.
    struct StatedTextV1 {
        /// Its text at the base; null where there is no such file.
        #[serde(deserialize_with = "present")]
        before: Option<String>,
        /// Its text as the change would leave it; null where there is no such file.
        #[serde(deserialize_with = "present")]
        after: Option<String>,
    }

    /// A review.
    struct StatedReviewV1 {
        /// Who gave it.
        account: StatedAccountV1,
        /// What it says.
        verdict: StatedVerdictV1,
        /// The revision that it was given on: the one that the reviewer read, as the system
        /// recorded it with the review.
        revision: String,
        /// When the system recorded it.
        time: MomentText,
    }

    /// What protects a branch.
    struct StatedProtectionV1 {
        /// The rules that were looked for. A rule that is not listed is not known.
        rules: Vec<StatedRuleV1>,
        /// Who gets round them: everyone who could change the branch or a rule although a rule
        /// forbids it.
        bypass: StatedV1<Vec<StatedActorV1>>,
    }

    /// A rule on a branch.
    struct StatedRuleV1 {
        /// The rule.
        rule: StatedRuleNameV1,
        /// How many approvals, for `approvals`; null for any other.
        #[serde(deserialize_with = "present")]
        count: Option<u64>,
        /// The name of the check, for `check`; null for any other.
        #[serde(deserialize_with = "present")]
        check: Option<String>,
        /// Does it hold?
        state: StatedStateV1,
        /// What imposes it, for people: a hook, a setting.
        by: String,
    }

    /// Someone who gets round the rules.
    struct StatedActorV1 {
        /// What they are.
        kind: StatedActorKindV1,
        /// Their name; null where they have none.
        #[serde(deserialize_with = "present")]
        name: Option<String>,
    }

    /// A test report.
    struct StatedReportV1 {
        /// The suite, as the policy names it.
        suite: String,
        /// The name of the file, for people.
        file: String,
        /// The SHA-256 of its bytes.
        digest: DigestText,
        /// The revision that the suite ran on.
        revision: String,
    }
}

stated_words! {
    /// The word that says that a file is an evidence file.
    enum EvidenceKindV1 {
        /// It is one.
        EvidenceFile,
    }

    /// Who uses an account.
    enum StatedKindV1 {
        /// One person.
        Person,
        /// A program.
        Machine,
        /// Several people, or no one knows.
        Other,
    }

    /// What happened to a path.
    enum StatedStatusV1 {
        /// It is new.
        Added,
        /// It is gone.
        Deleted,
        /// Its content changed.
        Modified,
        /// Only its permissions or properties changed.
        ModeChanged,
        /// It became another kind of thing.
        TypeChanged,
        /// It moved.
        Renamed,
        /// It was copied from a path that stays.
        Copied,
    }

    /// Kinds of things at a path.
    enum StatedEntryKindV1 {
        /// A file.
        File,
        /// A file with the permission to execute it.
        Executable,
        /// A symbolic link.
        Link,
        /// Something that brings files of another repository, or of another revision: a submodule,
        /// `svn:externals`.
        External,
    }

    /// What a review says.
    enum StatedVerdictV1 {
        /// In favour.
        Approve,
        /// Against.
        Reject,
        /// Neither.
        Comment,
        /// The reviewer takes back what they said before.
        Withdraw,
    }

    /// Rules on a branch, by the names that they have in Portcullis.
    enum StatedRuleNameV1 {
        /// Changes come to the branch only as changes that were proposed and judged.
        ChangeRequest,
        /// A change needs a number of approvals.
        Approvals,
        /// A new revision withdraws approvals.
        DismissStale,
        /// The owners of files must approve.
        CodeOwners,
        /// The last revision must be approved by someone else than its committer.
        LastPushApproval,
        /// Every conversation must be resolved.
        ConversationResolution,
        /// A check must succeed.
        Check,
        /// The change must be made on the newest revision.
        UpToDate,
        /// No revision of the branch can be discarded or replaced.
        NoForcePush,
        /// The branch cannot be deleted.
        NoDeletion,
        /// Revisions must be signed.
        SignedCommits,
        /// No merges.
        LinearHistory,
    }

    /// Whether a rule holds.
    enum StatedStateV1 {
        /// It does.
        Held,
        /// It does not.
        NotHeld,
        /// No one looked, or it could not be seen.
        NotKnown,
    }

    /// Kinds of those who get round rules.
    enum StatedActorKindV1 {
        /// The administrators of the repository.
        Administrators,
        /// Everyone who can change the repository on the server itself.
        ServerAccess,
        /// An account.
        User,
        /// A team or group.
        Team,
        /// Every account that may write.
        Writers,
        /// Anyone else.
        Other,
    }
}

/// The lines of a file that differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum StatedLinesV1 {
    /// All of them.
    Stated(StatedDifferenceV1),
    /// It is not text.
    Binary,
    /// The exporter does not state them.
    NotStated,
}
