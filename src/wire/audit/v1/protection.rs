//! What protected a branch over time. It is known at each look, and claimed only between two looks
//! that agree.

use crate::text::{CommitText, DigestText};
use serde::{Deserialize, Serialize};

/// A branch and what protected it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProtectedBranchV1 {
    /// The branch.
    pub branch: String,
    /// Every look, oldest first.
    pub looks: Vec<LookV1>,
    /// The longest time between two looks, or between a look and an end of the period, in seconds;
    /// null where there is no look or the period has no times.
    pub longest_unwatched: Option<u64>,
    /// Each requirement that was seen or that the policy asks for, sorted.
    pub requirements: Vec<RequirementOverTimeV1>,
    /// The snapshots that looks come from. Missing where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<AuditedSnapshotsV1>,
}

/// The snapshots of the protection of a branch, as far as the audit looks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedSnapshotsV1 {
    /// How many there are: the number of the last.
    pub count: u64,
    /// The commit of the last, in the repository.
    pub tip: CommitText,
    /// The SHA-256 of the last `snapshot.json`, in the repository.
    pub digest: DigestText,
}

/// A look at the protection of a branch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LookV1 {
    /// When.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub at: String,
    /// Who looked: `production#3` for a record, or the name of a snapshot.
    pub source: String,
    /// Why nothing was seen; null where something was.
    pub unseen: Option<String>,
    /// Parts that could not be seen, one sentence each.
    pub gaps: Vec<String>,
}

/// A requirement over the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RequirementOverTimeV1 {
    /// The requirement, as findings of the control name it: `force-push`.
    pub requirement: String,
    /// What was seen, without overlaps, oldest first. What lies between two of them was not seen.
    pub spans: Vec<HeldSpanV1>,
    /// Since when it has held without a lapse up to the last look; null where it did not hold then.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub since: Option<String>,
    /// Each time that it was seen not to hold.
    pub lapses: Vec<LapseV1>,
}

/// A span of time between looks that agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HeldSpanV1 {
    /// The first look.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub from: String,
    /// The last look that agrees with it; the same moment where there is only one.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub to: String,
    /// What was seen.
    pub state: ProtectionStateV1,
    /// How it held or what was missing, in a few words.
    pub detail: String,
}

/// What was seen of a requirement. The order is the order of severity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProtectionStateV1 {
    /// It held, with no more ways round it than before.
    Held,
    /// It could not be seen.
    Hidden,
    /// It held with more ways round it, or with a smaller number, than at the look before.
    Weaker,
    /// It did not hold.
    Off,
}

/// A lapse: from the last look at which a requirement held to the next at which it did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LapseV1 {
    /// The last look before at which it held; null where there is none.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub after: Option<String>,
    /// The first look afterwards at which it held again; null where there is none.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub before: Option<String>,
    /// The worst that was seen.
    pub state: ProtectionStateV1,
    /// The landings that may have come in meanwhile, by id.
    pub landings: Vec<String>,
    /// The areas that these touch, sorted.
    pub areas: Vec<String>,
}
