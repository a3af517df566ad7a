//! Version 1 of a drill. The order of the fields is their order in the file.

use crate::form::MomentText;
use crate::text::DigestText;
use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What a policy would have found of the story of 2020, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A drill, version 1"))]
pub struct DrillV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: DrillKindV1,
    /// The project that the policy names.
    pub project: String,
    /// The SHA-256 of the policy.
    pub policy: DigestText,
    /// The dataset; null when the policy has none.
    pub dataset: Option<String>,
    /// How many days the story has, from day 1.
    pub days: u64,
    /// Is every fault found, and everyone told who relies on the records?
    pub complete: bool,
    /// What the merge gate says of the change that brings the test data.
    pub merge: DrilledGateV1,
    /// What the deployment gate says of it, after it landed all the same.
    pub deployment: DrilledGateV1,
    /// After how many seconds a run is due at the latest; null when the policy asks for none.
    pub run_every_seconds: Option<u64>,
    /// True when a run is also due after each deployment (the control `reconciled`).
    pub run_after_deployment: bool,
    /// The faults, in the order in which they begin.
    pub faults: Vec<DrilledFaultV1>,
    /// Who is told.
    pub told: DrilledTellingV1,
}

/// The word that says that a file is a drill.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DrillKindV1 {
    /// A drill.
    Drill,
}

/// What a gate says of a change that is pushed to an unprotected branch without reviews and tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DrilledGateV1 {
    /// False when no file could be made up that belongs to the areas, or the branch or kind of host
    /// is none of the policy's: nothing is known then.
    pub played: bool,
    /// The controls that stop it, by name.
    pub stopped_by: Vec<StoppingControlV1>,
}

/// A control that stops a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StoppingControlV1 {
    /// Its name.
    pub control: String,
    /// Why.
    pub reason: String,
}

/// A fault of the story.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DrilledFaultV1 {
    /// `test-data`, `refused-files`, `failed-amendments` or `failed-deletions`.
    pub fault: String,
    /// The day of the first load that has it.
    pub begins_on_day: u64,
    /// The first run that finds it; null when none does.
    pub found: Option<DetectionV1>,
    /// What would have to be in the policy for it to be found; empty when it is found, or when what
    /// was tried does not suffice. All of it is needed.
    pub settings: Vec<String>,
    /// The day on which it would be found with these settings.
    pub then_on_day: Option<u64>,
}

/// A run that finds a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DetectionV1 {
    /// The day.
    pub day: u64,
    /// When the run is due.
    pub at: MomentText,
    /// How it ends: `unconfirmed`, `over budget` or `broken`.
    pub outcome: String,
    /// The classes over their budgets.
    pub classes: Vec<ExceededClassV1>,
}

/// A class over its budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ExceededClassV1 {
    /// The class.
    pub class: String,
    /// How many records count.
    pub records: u64,
    /// How many the policy allows.
    pub budget: u64,
}

/// Who is told that there is something.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DrilledTellingV1 {
    /// Those who rely on the records, by time. Supervisory authorities are not among them.
    pub parties: Vec<ToldPartyV1>,
    /// What would have to be in the policy, where someone who relies on the records is not told.
    pub settings: Vec<String>,
}

/// A party that is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ToldPartyV1 {
    /// Its name in the policy.
    pub party: String,
    /// What people call it.
    pub title: String,
    /// The day until whose end it hears of it at the latest.
    pub day: u64,
    /// Until when.
    pub due: MomentText,
}
