//! Version 1 of a decision. The order of the fields is their order in the file, and the
//! documentation of types and fields is that of the schema: it is written for readers of the file.

use crate::text::{CommitText, DigestText, PathText};
use serde::{Deserialize, Serialize};

mod asserted;
mod read;
mod write;

pub use asserted::{AssertedV1, NamedProgramV1};
pub use read::NotVersion1;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What the gate decided about one change or one deployment, and every finding that the outcome
/// follows from.
///
/// Every member is always there; `null` says that there is nothing to say, or that it could not be
/// seen. A later release may add members: ignore those that you do not know. It changes or drops
/// none without another number in `schema`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A decision of Portcullis, version 1"))]
pub struct DecisionV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// The outcome: the most severe of what follows from the findings.
    pub outcome: OutcomeV1,
    /// What was judged.
    pub judged: JudgedV1,
    /// The policy that it was judged by; null when no policy could be seen.
    pub policy: Option<PolicyReferenceV1>,
    /// The data-processing areas that the change touches.
    pub areas: Vec<TouchedAreaV1>,
    /// All findings, the most severe first.
    pub findings: Vec<FindingV1>,
    /// True when the gate only advises (`--advisory`): it exits with 0 whatever the outcome. A
    /// deployment record only keeps decisions for which this is false.
    pub advisory: bool,
}

/// How a judgement ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum OutcomeV1 {
    /// The change may land, or be deployed.
    Allow,
    /// Something could not be seen. The change may not land.
    Undetermined,
    /// A control is not met. The change may not land.
    Block,
}

/// What a control says about one subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum VerdictV1 {
    /// The control is not met. Blocks.
    Broken,
    /// It could not be seen whether the control is met. The outcome is undetermined, if nothing
    /// blocks.
    Unproven,
    /// The control is not met, and a waiver that the policy accepts allows that.
    Waived,
    /// A reviewer should look at this. It changes no outcome.
    Noted,
    /// The control is met.
    Met,
    /// A rule of the policy says that the control need not be met here.
    Exempt,
}

/// What one control says about one subject, why, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct FindingV1 {
    /// What the control says.
    pub verdict: VerdictV1,
    /// The name of the control, as in the policy. `portcullis explain NAME` documents it.
    pub control: String,
    /// What the finding is about.
    pub subject: SubjectV1,
    /// Why, in one sentence. It can repeat text from outside (titles, names, messages): escape it
    /// before you show it.
    pub reason: String,
    /// What to do, in one sentence; null when there is nothing to do. It can repeat text from
    /// outside.
    pub remedy: Option<String>,
    /// What the finding rests on, one sentence each, such as rejected approvals or failing tests.
    /// They can repeat text from outside.
    pub details: Vec<String>,
    /// The place in the judged head to look at; null when there is none.
    pub place: Option<PlaceV1>,
}

/// What a finding is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct SubjectV1 {
    /// The kind of thing.
    pub kind: SubjectKindV1,
    /// The name of the thing, such as a number, a path or an object name. It can be text from
    /// outside.
    pub name: String,
}

/// Kinds of things that a finding can be about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKindV1 {
    /// A change, named by its head commit.
    Change,
    /// A change request (pull request, merge request), named as its host names it.
    Request,
    /// A branch and a requirement on it, such as `main: force-push`.
    Branch,
    /// A landing on a deployment branch, named by the commit that was the tip of the branch after
    /// it.
    Landing,
    /// A data-processing area of the policy.
    Area,
    /// A file.
    File,
    /// A test suite of the policy.
    Suite,
    /// A check (status check) of a commit.
    Check,
    /// The policy.
    Policy,
    /// The environment that something would be deployed to.
    Environment,
    /// A waiver, named by its id.
    Waiver,
}

/// A place in the judged head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PlaceV1 {
    /// The file.
    pub path: PathText,
    /// The line, counted from 1; null for the whole file.
    pub line: Option<u64>,
}

/// What was judged. A decision is about one head commit, and says nothing about any other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JudgedV1 {
    /// The repository as its host names it; on GitHub `OWNER/NAME`.
    pub repository: Option<String>,
    /// The environment that the head would be deployed to; null for a change that is judged before
    /// it lands.
    pub environment: Option<String>,
    /// The change request; null for a batch.
    pub request: Option<RequestV1>,
    /// The change requests of a batch (a merge group, a merge train), in the order in which they
    /// would land. This member is only there for a batch.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<RequestV1>,
    /// The title of the change request: text from outside.
    pub title: Option<String>,
    /// The branch that would receive the change, without `refs/heads/`.
    pub branch: Option<String>,
    /// The tip of that branch; for a deployment the commit that is deployed now.
    pub base: Option<CommitText>,
    /// The commit that was judged: the tip of the change, or the commit that would be deployed.
    pub head: Option<CommitText>,
    /// How many commits the head has that the base does not.
    pub commits: Option<u64>,
    /// How many paths differ.
    pub files: Option<u64>,
    /// Who states what the decision rests on, where Portcullis observed nothing of it: an exporter
    /// of another version control system. This member is only there for such a decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asserted: Option<AssertedV1>,
}

/// A change request as its host names it: by a number, as on GitHub and GitLab, or by a text where
/// a host has no numbers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum RequestV1 {
    /// A number.
    Number(u64),
    /// A text.
    Name(String),
}

/// The policy that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PolicyReferenceV1 {
    /// The name of the project that the policy is for.
    pub project: String,
    /// The SHA-256 of the policy's text.
    pub digest: DigestText,
    /// Where the text came from.
    pub origin: PolicyOriginV1,
    /// The house policy that it extends. This member is only there for such a policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub house: Option<HouseReferenceV1>,
}

/// The house policy that a policy extends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct HouseReferenceV1 {
    /// Its file, from the root of the repository.
    pub file: PathText,
    /// The SHA-256 of its text.
    pub digest: DigestText,
    /// The repository that it comes from; null where the policy names none.
    pub repository: Option<String>,
    /// The commit of that repository that holds the file; null where the policy names none.
    pub commit: Option<CommitText>,
}

/// Where the text of a policy came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum PolicyOriginV1 {
    /// The base commit.
    Base,
    /// A file outside the repository, given with `--policy`.
    Given,
}

/// A data-processing area that the change touches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TouchedAreaV1 {
    /// The name of the area.
    pub area: String,
    /// What the code of the area is for, as the policy says.
    pub purpose: String,
    /// The files that belong to the area, each with the rule that says so.
    pub touches: Vec<TouchV1>,
}

/// A file of an area, and the rule of the policy that makes it one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct TouchV1 {
    /// The file.
    pub path: PathText,
    /// The rule as the policy writes it, and what it matched, for people.
    pub rule: String,
    /// The line of the policy that holds the rule, counted from 1.
    pub policy_line: u64,
    /// The line of the file where a content pattern matches first, counted from 1; null for a path
    /// pattern.
    pub line: Option<u64>,
}
