//! Version 1 of a replay. The order of the fields is their order in the file.

use crate::decision::v1::{FindingV1, OutcomeV1};
use crate::sealed::v1::{SealedJudgedV1, SealedProgramV1};
use crate::text::DigestText;
use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What came of taking a decision again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A replay of a decision, version 1"))]
pub struct ReplayV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: ReplayKindV1,
    /// The file, or the name of the record: `production#3`.
    pub name: String,
    /// What came of it.
    pub result: ReplayResultV1,
    /// Why the result is not `identical`, one sentence each. They can repeat text from outside.
    pub reasons: Vec<String>,
    /// The outcome that is kept; null where it could not be read.
    pub outcome: Option<OutcomeV1>,
    /// True when the gate only advised.
    pub advisory: bool,
    /// What was judged.
    pub judged: SealedJudgedV1,
    /// The program that decided, by its own account.
    pub program: SealedProgramV1,
    /// The program that took the decision again.
    pub replayed_by: SealedProgramV1,
    /// How the decision that was taken again differs; null where it does not, or was not taken.
    pub difference: Option<ReplayDifferenceV1>,
    /// What the policy of `--policy` would have decided; null without that option, and where the
    /// result is not `identical`.
    pub other_policy: Option<OtherPolicyV1>,
}

/// The word that says that a file is a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReplayKindV1 {
    /// A replay.
    Replay,
}

/// What came of a replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReplayResultV1 {
    /// The same bytes.
    Identical,
    /// Another decision, or a file that does not hold together.
    Differs,
    /// It could not be taken again, or only in other words by another version of the program.
    NotReproducible,
}

/// How two decisions differ.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReplayDifferenceV1 {
    /// The outcome that is kept.
    pub outcome_before: String,
    /// The outcome that was found.
    pub outcome_after: String,
    /// Findings that are not in the decision that is kept.
    pub added: Vec<FindingV1>,
    /// Findings that are only in the decision that is kept.
    pub removed: Vec<FindingV1>,
    /// Findings of the same control about the same subject that say something else.
    pub changed: Vec<ChangedFindingV1>,
    /// Other members of the decision that differ.
    pub members: Vec<String>,
}

/// A finding that says something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ChangedFindingV1 {
    /// As it is kept.
    pub before: FindingV1,
    /// As it was found.
    pub after: FindingV1,
}

/// What another policy would have decided from the same facts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct OtherPolicyV1 {
    /// The SHA-256 of its text.
    pub digest: DigestText,
    /// True when it asks for something that nothing was gathered of.
    pub asks_for_more: bool,
    /// How its decision differs.
    pub difference: ReplayDifferenceV1,
}
