//! Exceptions, who allowed them, and what could not be shown.

use crate::decision::v1::FindingV1;
use serde::{Deserialize, Serialize};

/// A requirement that an item does not meet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExceptionV1 {
    /// The control, or the word `population` or `records` for what no control is about.
    pub control: String,
    /// The id of the item.
    pub item: String,
    /// What was found.
    pub finding: FindingV1,
    /// Is it open?
    pub standing: ExceptionStandingV1,
    /// Who allowed it, as far as that is known.
    pub let_through: Vec<PassageV1>,
    /// Whether what it owes took place.
    pub follow_up: FollowUpV1,
}

/// How an exception stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ExceptionStandingV1 {
    /// No one entitled to has allowed it, or its review afterwards is overdue.
    Open,
    /// A waiver allows it.
    Waived,
}

/// Who allowed an exception.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PassageV1 {
    /// By what.
    pub by: PassedByV1,
    /// Who: the approver of a waiver, an account; null where that is not known.
    pub who: Option<String>,
    /// The waiver, or the place where it was seen, in a few words.
    pub what: String,
}

/// How an exception was allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PassedByV1 {
    /// A waiver that was in force when the item came in.
    Waiver,
    /// A waiver that a later deployment was decided with.
    WaiverAtDeployment,
    /// An account that may bypass a rule of the branch, as the protection that was seen says.
    Bypass,
    /// An account that administers the repository.
    Administrator,
}

/// Whether what an exception owes took place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum FollowUpV1 {
    /// Nothing is owed.
    None,
    /// A review afterwards is owed and not yet due.
    Due,
    /// The review took place.
    Done,
    /// The review took place after it was due.
    Late,
    /// The review is overdue.
    Overdue,
    /// The text of a waiver was not seen, so it is not known whether a review is owed.
    Unseen,
}

/// What a control found in the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedControlV1 {
    /// The control.
    pub control: String,
    /// Findings that it is met.
    pub met: u64,
    /// Findings that it is not met, where no waiver allows that.
    pub broken: u64,
    /// Findings that it could not be seen.
    pub unproven: u64,
    /// Findings that a waiver allows.
    pub waived: u64,
    /// Findings that a rule of the policy exempts.
    pub exempt: u64,
    /// The clauses of laws and standards that the control gives evidence for, one each.
    pub clauses: Vec<String>,
}

/// A waiver or a rollback.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct UsedWaiverV1 {
    /// Its id.
    pub id: String,
    /// What it is.
    pub kind: WaiverKindV1,
    /// What it covers, in one sentence.
    pub covers: String,
    /// Why it was needed: text from outside.
    pub reason: String,
    /// Where the request for it is kept: text from outside.
    pub ticket: String,
    /// Who asked for it.
    pub requester: String,
    /// Who granted it.
    pub approver: String,
    /// The first moment at which it is in force.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub created: String,
    /// The first moment at which it is no longer in force.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub expires: String,
    /// Is it signed? The signature is verified where the policy asks for one.
    pub signed: bool,
    /// The items of which it allows a finding, by id, sorted.
    pub used_by: Vec<String>,
    /// The review that an emergency owes; null where it was no emergency.
    pub emergency: Option<EmergencyV1>,
}

/// What a grant is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum WaiverKindV1 {
    /// It allows a finding.
    Waiver,
    /// It allows an earlier commit to be deployed again.
    Rollback,
}

/// The review that an emergency owes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EmergencyV1 {
    /// From when it is overdue.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub due: String,
    /// Who reviewed it; null where no one has.
    pub reviewer: Option<String>,
    /// When; null where no one has.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub reviewed: Option<String>,
    /// How it stands.
    pub standing: EmergencyStandingV1,
}

/// How the review of an emergency stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EmergencyStandingV1 {
    /// It is not yet due.
    Due,
    /// It took place in time.
    Done,
    /// It took place after it was due.
    Late,
    /// It is overdue.
    Overdue,
}

/// Something that could not be shown.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditGapV1 {
    /// What could not be shown.
    pub what: String,
    /// Why, in one sentence.
    pub why: String,
    /// What to do about it, in one sentence; null where nothing can be done.
    pub remedy: Option<String>,
    /// How many items it is about; 0 where it is about the whole.
    pub items: u64,
    /// The first of them, by id; at most ten.
    pub first_items: Vec<String>,
}
