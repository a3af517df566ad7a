//! Version 1 of the status of an environment. The order of the fields is their order in the file.

use crate::decision::v1::{FindingV1, OutcomeV1};
use crate::record_list::v1::ListedRecordV1;
use crate::text::{CommitText, EnvironmentText};
use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What is deployed to an environment, what waits, and what blocks it now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The status of an environment, version 1"))]
pub struct StatusV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: StatusKindV1,
    /// The environment.
    pub environment: EnvironmentText,
    /// How many records it has.
    pub records: u64,
    /// The newest record: what was allowed last.
    pub deployed: ListedRecordV1,
    /// The subject of the deployed commit: text from outside; null when the clone does not hold it.
    pub subject: Option<String>,
    /// The branch that is deployed from, without `refs/heads/`.
    pub branch: String,
    /// The commit up to which landings were looked at.
    pub tip: CommitText,
    /// The name that the commit was found under, such as `refs/remotes/origin/main`.
    pub tip_name: String,
    /// The host that was asked; `none` without one.
    pub host: String,
    /// The landings since the deployed commit, oldest first; null when they could not be seen.
    pub waiting: Option<Vec<WaitingLandingV1>>,
    /// What the gate would say of the tip; null when nothing waits.
    pub outcome: Option<OutcomeV1>,
    /// What blocks beside the landings, and what could not be seen.
    pub blocks: Vec<FindingV1>,
}

/// The word that says that a file is a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum StatusKindV1 {
    /// A status.
    Status,
}

/// A landing that waits to be deployed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WaitingLandingV1 {
    /// The commit that was the tip of the branch after it.
    pub landed: CommitText,
    /// The subject of that commit: text from outside; null when the clone does not hold it.
    pub subject: Option<String>,
    /// The change requests behind it, as their host names them.
    pub requests: Vec<String>,
    /// How the deployment gate judges it.
    pub state: LandingStateV1,
    /// What is broken or unproven about it.
    pub findings: Vec<FindingV1>,
}

/// How the deployment gate judges a landing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum LandingStateV1 {
    /// Nothing is against it.
    Allowed,
    /// Something is, and a waiver in force allows it.
    Waived,
    /// Something could not be seen.
    Undetermined,
    /// A control is not met.
    Blocked,
}
