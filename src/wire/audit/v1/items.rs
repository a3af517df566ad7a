//! The items of an audit: landings and deployments, with their attributes.

use crate::decision::v1::{FindingV1, OutcomeV1, RequestV1, TouchedAreaV1};
use crate::text::{CommitText, DigestText, EnvironmentText, PathText};
use serde::{Deserialize, Serialize};

/// A landing: one step of a branch, or several that came in together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedLandingV1 {
    /// The id of the item: the branch, `@` and the commit that was the tip of the branch after it.
    /// Samples are drawn from it.
    pub id: String,
    /// The place among the landings of the branch in the period, counted from 1 for the oldest.
    pub number: u64,
    /// The branch.
    pub branch: String,
    /// The tip of the branch before.
    pub parent: CommitText,
    /// The tip of the branch after.
    pub landed: CommitText,
    /// The commits of the first-parent line that it consists of, oldest first; the last is
    /// `landed`.
    pub steps: Vec<CommitText>,
    /// How many commits it brought, the steps included.
    pub commits: u64,
    /// When it came in.
    pub time: AuditedTimeV1,
    /// What it was for: the title of its first request, else the first line of the message of
    /// `landed`. Text from outside.
    pub subject: String,
    /// What in titles and branch names looks like the number of a ticket, sorted.
    pub tickets: Vec<String>,
    /// The requests that brought it; null where that could not be seen, empty for a direct push.
    pub requests: Option<Vec<AuditedRequestV1>>,
    /// Who wrote, committed or co-authored its commits, sorted.
    pub authors: Vec<String>,
    /// Every approval of its requests, whether it counts or not; empty where they could not be
    /// seen.
    pub approvals: Vec<AuditedApprovalV1>,
    /// Why the approvals could not be seen, or not be counted; missing where they were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approvals_unseen: Option<String>,
    /// The checks of the heads of its requests that the host showed.
    pub checks: Vec<AuditedCheckV1>,
    /// What explains its content.
    pub explanation: ExplanationV1,
    /// The data-processing areas that it touches, with the rules that say so, by the policy in
    /// force; null where that could not be seen.
    pub areas: Option<Vec<TouchedAreaV1>>,
    /// The verdict by the policy at the commit that it landed on, at the moment it came in.
    pub then: ItemVerdictV1,
    /// The verdict by the policy of today; null where there is none.
    pub today: Option<ItemVerdictV1>,
    /// The waivers that cover one of its findings, by id, sorted.
    pub waivers: Vec<String>,
    /// The deployments that brought it, the first of each environment.
    pub deployments: Vec<DeploymentReferenceV1>,
    /// Where its facts come from, in one sentence.
    pub source: String,
}

/// A deployment that a record allowed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedDeploymentV1 {
    /// The id of the item: the environment, `#` and the number of the record.
    pub id: String,
    /// The environment.
    pub environment: EnvironmentText,
    /// The number of the record.
    pub number: u64,
    /// The commit of the record.
    pub record: CommitText,
    /// The SHA-256 of the record's `record.json`.
    pub digest: DigestText,
    /// When it was recorded.
    pub time: AuditedTimeV1,
    /// The branch that it was deployed from; null where the record keeps no facts.
    pub branch: Option<String>,
    /// The commit that was deployed before.
    pub baseline: CommitText,
    /// Who says that it was: `recorded`, `host`, `asserted` or `rollback`.
    pub baseline_origin: String,
    /// The commit that was to be deployed.
    pub candidate: CommitText,
    /// Is it an approved way back to an earlier commit?
    pub rollback: bool,
    /// Who recorded it, by their own account.
    pub recorder: String,
    /// Who deployed; null where that is not known.
    pub deployer: Option<String>,
    /// Does the CI system say who deployed? Otherwise the person who ran the gate says so.
    pub deployer_known: bool,
    /// The landings of the period that it brought, by id.
    pub landings: Vec<String>,
    /// How many landings from outside the period it brought.
    pub other_landings: u64,
    /// What was decided, with everything that was found but for what is met of single landings.
    pub decision: ItemVerdictV1,
    /// How far the record proves its decision.
    pub standing: RecordStandingV1,
    /// Why it does not, in one sentence; null where it does.
    pub why: Option<String>,
    /// Who vouches for it. Missing where no one does, and its policy asks for no signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<AuditedSignatureV1>,
}

/// The signature of a record, in the repository.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedSignatureV1 {
    /// What it is worth.
    pub standing: SignatureStandingV1,
    /// The fingerprint of the key; null where none signed. A pack has a token in its place.
    pub key: Option<String>,
    /// What the allowed signers call the owner of the key.
    pub signers: Vec<String>,
}

/// What the signature of a record is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SignatureStandingV1 {
    /// No one signed, although the policy of the record asks for it.
    Missing,
    /// Someone did who may sign records.
    Signed,
    /// Someone did; the policy of the record does not say who may.
    Unlisted,
    /// It proves nothing.
    Invalid,
    /// It could not be seen who may sign.
    Unseen,
}

/// How far a record proves its decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RecordStandingV1 {
    /// The decision follows again from the facts that it keeps.
    Reproduced,
    /// Nothing can be taken again, for example because it keeps no facts.
    Irreproducible,
    /// The repository does not show what it is about.
    Unseen,
    /// It does not hold together.
    Broken,
}

/// A deployment that brought a landing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DeploymentReferenceV1 {
    /// The environment.
    pub environment: EnvironmentText,
    /// The number of the record.
    pub number: u64,
}

/// A moment, and who says so.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedTimeV1 {
    /// The moment; null where it is not known.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub at: Option<String>,
    /// Who says so.
    pub source: TimeSourceV1,
}

/// Who says when something was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TimeSourceV1 {
    /// The host.
    Host,
    /// A deployment record, by the clock of the machine that recorded.
    Record,
    /// The commit, by the clock of its committer: it can be forged.
    Commit,
    /// No one.
    Unknown,
}

/// A change request of a landing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedRequestV1 {
    /// The request; null where it could not be seen.
    pub request: Option<RequestV1>,
    /// Its title: text from outside.
    pub title: Option<String>,
    /// Who opened it.
    pub author: Option<String>,
    /// The head that landed.
    pub head: Option<CommitText>,
    /// When the host says that it landed.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub merged: Option<String>,
    /// Why nothing is known of it; null where something is.
    pub unseen: Option<String>,
}

/// One approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedApprovalV1 {
    /// The request; null where it could not be seen.
    pub request: Option<RequestV1>,
    /// Who approved; null where the account is gone.
    pub approver: Option<String>,
    /// The identifier of the review.
    pub review: String,
    /// The roles of the policy in force that the approver has, sorted; empty where that could not
    /// be seen.
    pub roles: Vec<String>,
    /// When it was given, with its source.
    pub time: AuditedTimeV1,
    /// The commit that it was given on; null where the host does not know it, and for a tree.
    pub commit: Option<CommitText>,
    /// Does it count by the policy in force: independent, before the landing, and on the content
    /// that landed? Null where that could not be seen.
    pub counts: Option<bool>,
    /// Was it given before the landing came in? Null where a time is not known.
    pub before_landing: Option<bool>,
    /// Why it does not count, or what could not be seen; null where it counts.
    pub why_not: Option<String>,
}

/// One check of the head of a request.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedCheckV1 {
    /// The name of the check: text from outside.
    pub name: String,
    /// How it ended, in a word.
    pub conclusion: String,
}

/// What explains the content of a landing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExplanationV1 {
    /// How it is explained.
    pub by: ExplainedByV1,
    /// The requests that explain it, in the order in which they landed; for `residual` those that
    /// come nearest.
    pub requests: Vec<RequestV1>,
    /// The lines that no one approved; at most 100 of them.
    pub residual: Vec<ResidualPartV1>,
    /// How many such parts there are.
    pub residual_parts: u64,
    /// Why it cannot be said; null where it can.
    pub unseen: Option<String>,
}

/// How a landing is explained.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExplainedByV1 {
    /// It changes nothing.
    Unchanged,
    /// It is the head of the request.
    Identity,
    /// It is what merging the request gives.
    Replay,
    /// It is what rebasing the request gives.
    Rebase,
    /// It is what merging several requests gives.
    Train,
    /// Something is left that no request explains.
    Residual,
    /// It cannot be said.
    Unverifiable,
}

/// Lines of a landing that no request explains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ResidualPartV1 {
    /// The file.
    pub path: PathText,
    /// Did the landing add them? It dropped them otherwise.
    pub added: bool,
    /// The first line, counted from 1; null for a whole file.
    pub line: Option<u64>,
    /// How many lines; 0 for a whole file.
    pub lines: u64,
}

/// The verdict on an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ItemVerdictV1 {
    /// The outcome.
    pub outcome: OutcomeV1,
    /// The SHA-256 of the policy's text; null where there was none.
    pub policy: Option<DigestText>,
    /// What was found, worst first; in a verdict by the policy of today only what the verdict by
    /// the policy in force does not have.
    pub findings: Vec<FindingV1>,
}
