//! Version 1 of an audit. The order of the fields is their order in the file, and the documentation
//! of types and fields is that of the schema: it is written for readers of the file.
//!
//! The types are the values that the program works with, too: an audit is rendered from what is
//! written here and from nothing else, so that anyone who has the file can render it again.

use crate::decision::v1::PolicyOriginV1;
use crate::strict::StrictValue;
use crate::text::{CommitText, DigestText};
use serde::{Deserialize, Serialize};

mod arrivals;
mod exceptions;
mod items;
mod people;
mod population;
mod protection;
mod sample;
mod sealed;

pub use arrivals::{
    AgedClassV1, ArrivalsV1, AuditedChainV1, AuditedDatasetV1, AuditedIncidentV1, AuditedNoticeV1,
    AuditedRegisterV1, AuditedRunV1, BadStretchV1, CountedClassV1, IncidentClassV1, OpenBreakV1,
    OpenBreaksV1, OverBudgetV1, RunJudgeV1, RunMarkV1, RunSilenceV1, SetAsideNoticeV1,
};
pub use exceptions::{
    AuditGapV1, AuditedControlV1, EmergencyStandingV1, EmergencyV1, ExceptionStandingV1, ExceptionV1,
    FollowUpV1, PassageV1, PassedByV1, UsedWaiverV1, WaiverKindV1,
};
pub use items::{
    AuditedApprovalV1, AuditedCheckV1, AuditedDeploymentV1, AuditedLandingV1, AuditedRequestV1,
    AuditedSignatureV1, AuditedTimeV1, DeploymentReferenceV1, ExplainedByV1, ExplanationV1, ItemVerdictV1,
    RecordStandingV1, ResidualPartV1, SignatureStandingV1, TimeSourceV1,
};
pub use people::{AuditedPersonV1, DutyConflictV1, DutyV1};
pub use population::{
    AuditedAreaV1, BranchPopulationV1, DateAnomalyV1, EnvironmentPopulationV1, ExcludedV1,
    ListedDeploymentV1, PopulationProofV1,
};
pub use protection::{
    AuditedSnapshotsV1, HeldSpanV1, LapseV1, LookV1, ProtectedBranchV1, ProtectionStateV1,
    RequirementOverTimeV1,
};
pub use sample::{SampleV1, SampledItemV1, StratumV1};
pub use sealed::{AuditedSealV1, SealStandingV1};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// An audit of the landings and deployments of a period: the population with the proof that it is
/// complete, each item with its attributes and its verdict, the exceptions, and what could not be
/// shown.
///
/// Everything that a report of the audit says follows from this document. Moments are RFC 3339 in
/// UTC. People are logins; the author of a commit that no account is known for is `mailbox:` and
/// the first 16 digits of the SHA-256 of the address in lower case. A reader refuses members that
/// it does not know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "An audit of Portcullis, version 1"))]
#[serde(deny_unknown_fields)]
pub struct AuditV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What was audited, when, and by which policies.
    pub title: AuditTitleV1,
    /// How the audit ends.
    pub outcome: AuditOutcomeV1,
    /// How many items there are of each kind.
    pub counts: AuditCountsV1,
    /// The counts over the period, oldest first.
    pub trend: Vec<TrendPointV1>,
    /// The landings of each branch as a population, sorted by branch.
    pub branches: Vec<BranchPopulationV1>,
    /// The deployments to each environment as a population, sorted by environment.
    pub environments: Vec<EnvironmentPopulationV1>,
    /// The exceptions, by control, worst first within each.
    pub exceptions: Vec<ExceptionV1>,
    /// What each control of the policies found, sorted by name.
    pub controls: Vec<AuditedControlV1>,
    /// The waivers and rollbacks that were granted for the period or used in it, sorted by id.
    pub waivers: Vec<UsedWaiverV1>,
    /// The people of the period with their duties, sorted by name.
    pub people: Vec<AuditedPersonV1>,
    /// Where one person held two duties for one item.
    pub conflicts: Vec<DutyConflictV1>,
    /// The data-processing areas of the policies, sorted by name.
    pub areas: Vec<AuditedAreaV1>,
    /// What protected each branch over the period.
    pub protection: Vec<ProtectedBranchV1>,
    /// What could not be shown. The outcome is never `no-exceptions` when there is any.
    pub gaps: Vec<AuditGapV1>,
    /// The sample, where one was asked for.
    pub sample: Option<SampleV1>,
    /// Every landing of the period, by branch, oldest first.
    pub landings: Vec<AuditedLandingV1>,
    /// Every deployment of the period, by environment, oldest first.
    pub deployments: Vec<AuditedDeploymentV1>,
    /// What this audit covers and what it cannot show, one sentence each.
    pub limits: Vec<String>,
    /// The sealed decisions that were handed over, oldest first. Missing where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sealed: Vec<AuditedSealV1>,
    /// The runs of reconciliation and the incidents of the period. Missing where the policy of
    /// today defines no dataset and names no one who has to be told of incidents, where no run and
    /// no register is here, for a range of commits, and in audits of earlier programs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arrivals: Option<ArrivalsV1>,
}

/// What was audited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditTitleV1 {
    /// The project, as the newest policy names it; null where no policy could be read.
    pub project: Option<String>,
    /// Who answers for the project, as the newest policy says; null where it says nothing.
    pub accountable: Option<String>,
    /// The kind of host; `none` where none was asked.
    pub host: String,
    /// The repository as its host names it; null where no host was asked and no record names it.
    pub repository: Option<String>,
    /// The period.
    pub period: AuditPeriodV1,
    /// The moment that the audit takes for the present, for reviews that are due and for records in
    /// the future.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub as_of: String,
    /// The program that made it, with its version.
    pub program: String,
    /// Where the facts come from, one sentence each.
    pub sources: Vec<String>,
    /// The policies that were in force for landings of the period, oldest first.
    pub policies: Vec<PolicyInForceV1>,
    /// The policy of the present, by which each item is judged a second time; null where there is
    /// none that can be read.
    pub policy_today: Option<PolicyTodayV1>,
}

/// The period, and how an item belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditPeriodV1 {
    /// The first moment of the period; null where it is a range of commits.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub since: Option<String>,
    /// The first moment after the period; null where it is a range of commits.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub until: Option<String>,
    /// The range of commits that was asked for, as it was written; null where it is a time.
    pub range: Option<String>,
    /// The rule by which a landing belongs to the period, in one sentence.
    pub rule: String,
}

/// A policy that was in force for landings of the period: the one at the commit that they landed
/// on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyInForceV1 {
    /// The branch.
    pub branch: String,
    /// The SHA-256 of its text; null where there was no policy.
    pub digest: Option<DigestText>,
    /// The SHA-256 of the house policy that it extends. Missing where it extends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house: Option<DigestText>,
    /// Where the text came from.
    pub origin: PolicyOriginV1,
    /// The first landing that it was in force for, by the commit that it landed on.
    pub from: CommitText,
    /// When that landing came in; null where it is not known.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub since: Option<String>,
    /// When the last landing that it was in force for came in; null where it is not known.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub until: Option<String>,
    /// How many landings it was in force for.
    pub landings: u64,
    /// Why it cannot be read; null where it can.
    pub problem: Option<String>,
}

/// The policy by which each item is judged a second time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PolicyTodayV1 {
    /// The SHA-256 of its text.
    pub digest: DigestText,
    /// The SHA-256 of the house policy that it extends. Missing where it extends none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house: Option<DigestText>,
    /// Where the text came from.
    pub origin: PolicyOriginV1,
}

/// How an audit ends. The command exits with 0 for `no-exceptions`, 1 for `exceptions`, 3 for
/// `undetermined` and `empty`, and 6 for `unverified`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum AuditOutcomeV1 {
    /// Every item was shown to meet the policy that was in force for it.
    NoExceptions,
    /// The period has neither a landing nor a deployment: nothing is shown.
    Empty,
    /// There is no exception among what could be shown, and something could not be shown.
    Undetermined,
    /// There are exceptions.
    Exceptions,
    /// Records of the period do not verify.
    Unverified,
}

/// How many items there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditCountsV1 {
    /// Landings.
    pub landings: u64,
    /// Commits in them.
    pub commits: u64,
    /// Deployments.
    pub deployments: u64,
    /// Landings that the policy in force allows, without any waiver.
    pub allowed: u64,
    /// Landings of which something could not be shown, and nothing is broken.
    pub undetermined: u64,
    /// Landings in which a waiver allowed something, and nothing is broken.
    pub waived: u64,
    /// Landings that the policy in force blocks.
    pub blocked: u64,
    /// Landings that the policy of today blocks and the policy in force did not.
    pub blocked_today: u64,
    /// Landings that no record of a deployment holds.
    pub never_deployed: u64,
    /// Exceptions.
    pub exceptions: u64,
    /// Exceptions that no one entitled to has allowed, or whose review afterwards is overdue.
    pub open_exceptions: u64,
}

/// The counts of one month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct TrendPointV1 {
    /// The month, `2026-03`; `unknown` for items whose time is not known.
    pub month: String,
    /// Landings.
    pub landings: u64,
    /// Landings that the policy in force allows, without any waiver.
    pub allowed: u64,
    /// Landings of which something could not be shown, and nothing is broken.
    pub undetermined: u64,
    /// Landings in which a waiver allowed something, and nothing is broken.
    pub waived: u64,
    /// Landings that the policy in force blocks.
    pub blocked: u64,
    /// Deployments.
    pub deployments: u64,
}

/// Why a document is no audit of version 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotAnAudit {
    /// It is of this other version.
    Version(u64),
    /// It is not of this form; why.
    Form(String),
}

impl std::fmt::Display for NotAnAudit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotAnAudit::Version(other) => write!(f, "the audit is of schema {other}, not {VERSION}"),
            NotAnAudit::Form(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for NotAnAudit {}

/// Reads an audit. A name that an object holds twice, a member that this form does not have and one
/// that is missing are mistakes.
///
/// # Errors
/// The bytes are no audit of this version.
pub fn read_audit(bytes: &[u8]) -> Result<AuditV1, NotAnAudit> {
    let form = |error: serde_json::Error| NotAnAudit::Form(error.to_string());
    let StrictValue(value) = serde_json::from_slice(bytes).map_err(form)?;
    match value.get("schema").and_then(serde_json::Value::as_u64) {
        Some(version) if version != u64::from(VERSION) => return Err(NotAnAudit::Version(version)),
        Some(_) | None => {}
    }
    let audit: AuditV1 = serde_json::from_value(value.clone()).map_err(form)?;
    // serde takes a member that is missing for one that is null.
    match serde_json::to_value(&audit).map_err(form)? == value {
        true => Ok(audit),
        false => Err(NotAnAudit::Form("a member is missing, or written in another way".to_string())),
    }
}

/// Writes an audit: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_audit(audit: &AuditV1) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(audit)? + "\n")
}
