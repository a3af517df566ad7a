//! Populations, and what shows that they are complete.

use super::items::AuditedTimeV1;
use crate::text::{CommitText, DigestText, EnvironmentText};
use serde::{Deserialize, Serialize};

/// The landings of a branch in the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BranchPopulationV1 {
    /// The branch.
    pub branch: String,
    /// The tip of the branch that was read.
    pub tip: CommitText,
    /// Where the tip comes from: `host`, or the name of the ref.
    pub tip_source: String,
    /// The last commit of the first-parent line from before the period; null where the history
    /// begins in it.
    pub from: Option<CommitText>,
    /// The last commit of the first-parent line in the period; null where the period has none.
    pub to: Option<CommitText>,
    /// Landings in the period.
    pub landings: u64,
    /// Commits of the first-parent line in the period.
    pub steps: u64,
    /// All commits that came to the branch in the period, over every parent.
    pub commits: u64,
    /// What shows that nothing is missing; null where that could not be shown.
    pub proof: Option<PopulationProofV1>,
    /// What lies outside of the period, and why.
    pub excluded: Vec<ExcludedV1>,
    /// Commits of the first-parent line whose dates cannot be right, or contradict another source.
    pub anomalies: Vec<DateAnomalyV1>,
    /// Commits that records allowed or that are known as former tips and that the branch no longer
    /// holds: it was rewound or made anew.
    pub lost: Vec<CommitText>,
}

/// What anyone with a clone can count again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct PopulationProofV1 {
    /// The range of commits, as git writes it.
    pub range: String,
    /// The SHA-256 of the names of the first-parent line in the range, oldest first, each followed
    /// by a line break.
    pub first_parents: DigestText,
    /// The command that gives that text.
    pub first_parents_by: String,
    /// The SHA-256 of the names of all commits in the range, sorted, each followed by a line break.
    pub all_commits: DigestText,
    /// The command that gives that text.
    pub all_commits_by: String,
    /// Does every commit of the range belong to exactly one landing of the list?
    pub each_in_one_landing: bool,
}

/// Commits of the first-parent line that are not of the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExcludedV1 {
    /// How many.
    pub steps: u64,
    /// Why, in one sentence.
    pub why: String,
}

/// A commit whose date cannot be right, or that another source contradicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DateAnomalyV1 {
    /// The commit.
    pub commit: CommitText,
    /// Its committer date; null where it is no moment.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub said: Option<String>,
    /// What is odd, in one sentence.
    pub why: String,
    /// Is it counted in the period?
    pub in_period: bool,
}

/// The deployments to an environment in the period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EnvironmentPopulationV1 {
    /// The environment.
    pub environment: EnvironmentText,
    /// How many records the chain holds, of any time; 0 where this repository holds none.
    pub records: u64,
    /// The commit of the newest record; null where there is none.
    pub tip: Option<CommitText>,
    /// The number of the first record of the period; null where it has none.
    pub first: Option<u64>,
    /// The number of the last record of the period; null where it has none.
    pub last: Option<u64>,
    /// Numbers that the chain should hold and does not.
    pub holes: Vec<u64>,
    /// What is wrong with the chain, one sentence each.
    pub problems: Vec<String>,
    /// What was not checked of the chain, one sentence each: a chain that was cut at its end
    /// verifies.
    pub unchecked: Vec<String>,
    /// Deployments that the host lists: what is deployed now, and what was deployed in the period,
    /// oldest first. Null where no host was asked or it shows none.
    pub on_host: Option<Vec<ListedDeploymentV1>>,
}

/// A deployment that the host lists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ListedDeploymentV1 {
    /// The host's identifier.
    pub id: String,
    /// The commit.
    pub commit: CommitText,
    /// Since when, by the host's clock.
    pub time: AuditedTimeV1,
    /// The number of a record that allowed this commit; null where no record does.
    pub record: Option<u64>,
    /// Why the records of this commit did not allow this deployment. Missing where one did, and
    /// where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// A data-processing area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedAreaV1 {
    /// The name.
    pub area: String,
    /// What its code is for, as the newest policy that has the area says.
    pub purpose: String,
    /// Who must approve its changes by that policy: roles and people, sorted.
    pub owners: Vec<String>,
    /// The rules that make a file part of it, as that policy writes them.
    pub rules: Vec<String>,
    /// How many landings of the period touch it.
    pub landings: u64,
    /// How many of these the policy in force blocks.
    pub blocked: u64,
    /// Does the policy of today still have it? Null where there is none.
    pub today: Option<bool>,
}
