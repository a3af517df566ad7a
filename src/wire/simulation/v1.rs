//! Version 1 of a simulation. The order of the fields is their order in the file.
//!
//! The form is none of a decision on purpose: it has no member `outcome`, and no command takes it
//! for a decision, a sealed decision or a record.

use crate::decision::v1::{FindingV1, OutcomeV1};
use crate::text::DigestText;
use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What the judge would say if something were so that is not. Nothing was decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A simulation, version 1"))]
pub struct SimulationV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is: never a decision.
    pub kind: SimulationKindV1,
    /// The file that the facts are from.
    pub name: String,
    /// The SHA-256 of the policy.
    pub policy: DigestText,
    /// What was assumed, one sentence each. None of it is so.
    pub assumed: Vec<String>,
    /// What the facts give as they are.
    pub as_it_is: OutcomeV1,
    /// What they would give with what was assumed.
    pub would_be: OutcomeV1,
    /// What stops it now and would not any more.
    pub resolved: Vec<FindingV1>,
    /// What would stop it and does not now.
    pub new: Vec<FindingV1>,
    /// What would stop it still.
    pub left: Vec<FindingV1>,
}

/// The word that says that a file is a simulation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SimulationKindV1 {
    /// A simulation.
    Simulation,
}
