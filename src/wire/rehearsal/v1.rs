//! Version 1 of a rehearsal. The order of the fields is their order in the file, and the
//! documentation of types and fields is that of the schema.
//!
//! The types are the values that the program works with, too: a rehearsal is rendered from what is
//! written here and from nothing else.

use crate::audit::v1::{AuditGapV1, AuditedTimeV1};
use crate::decision::v1::{FindingV1, OutcomeV1, VerdictV1};
use crate::text::{CommitText, DigestText};
use serde::Serialize;

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// What a policy would have said of landings that came in long ago.
///
/// It decides nothing, records nothing and is no evidence that a gate was at work: no gate saw
/// these landings when they came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "A rehearsal, version 1"))]
pub struct RehearsalV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is: never a decision.
    pub kind: RehearsalKindV1,
    /// The project, as the policy names it.
    pub project: String,
    /// The policy that is rehearsed.
    pub policy: RehearsedPolicyV1,
    /// The policy that it is compared with; null where it is compared with none.
    pub other: Option<RehearsedPolicyV1>,
    /// Which landings.
    pub past: RehearsedPastV1,
    /// The kind of host that was asked; `none` where git alone was looked at.
    pub host: String,
    /// The repository as its host names it; null where no host was asked.
    pub repository: Option<String>,
    /// The program that made it, with its version.
    pub program: String,
    /// The worst outcome of a landing; `undetermined` where none is blocked and something could not
    /// be seen, or there is no landing.
    pub outcome: OutcomeV1,
    /// Could everything be seen that the policy asks for? Where it is false, the landings that
    /// something is missing of are `undetermined` or worse, never `allow`.
    pub complete: bool,
    /// How many landings the policy would have allowed, and how many not.
    pub counts: RehearsedCountsV1,
    /// The same by the other policy; null where there is none.
    pub other_counts: Option<RehearsedCountsV1>,
    /// What each control of the policy found, sorted by name.
    pub controls: Vec<RehearsedControlV1>,
    /// The data-processing areas, sorted by name.
    pub areas: Vec<RehearsedAreaV1>,
    /// The settings that would change most, most first: every landing was judged again with that
    /// one setting changed.
    pub settings: Vec<RehearsedSettingV1>,
    /// How many settings were tried, one at a time.
    pub settings_tried: u64,
    /// The ids of the landings that tell most: one of each control that blocks before a second one.
    pub telling: Vec<String>,
    /// The landings of which the other policy says something else, oldest first.
    pub changes: Vec<RehearsedChangeV1>,
    /// Every landing, oldest first.
    pub landings: Vec<RehearsedLandingV1>,
    /// What could not be seen, each once.
    pub gaps: Vec<AuditGapV1>,
    /// What this rehearsal cannot show, one sentence each.
    pub limits: Vec<String>,
}

/// The word that says that a file is a rehearsal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RehearsalKindV1 {
    /// A rehearsal.
    Rehearsal,
}

/// A policy that was rehearsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedPolicyV1 {
    /// The file as it was named.
    pub file: String,
    /// The SHA-256 of its text.
    pub digest: DigestText,
    /// Is this very text the policy of the branch at its tip?
    pub in_force: bool,
}

/// The landings that were rehearsed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedPastV1 {
    /// The branch.
    pub branch: String,
    /// Its tip.
    pub tip: CommitText,
    /// Where the tip comes from: `host`, or the name of a ref.
    pub tip_source: String,
    /// The commit before the first landing; null where there is no landing.
    pub from: Option<CommitText>,
    /// How many of the last steps of the first-parent line were asked for; null where a date was.
    pub last: Option<u64>,
    /// The first moment; null where a number of steps was asked for.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub since: Option<String>,
    /// The moment that is taken for the present.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub as_of: String,
    /// How many steps of the first-parent line there are.
    pub steps: u64,
}

/// How many landings a policy would have allowed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedCountsV1 {
    /// All of them.
    pub landings: u64,
    /// Those that it would have allowed.
    pub allowed: u64,
    /// Those of which something could not be seen.
    pub undetermined: u64,
    /// Those that it would have blocked.
    pub blocked: u64,
}

/// What a control found: each landing counts once, by its worst finding of this control.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedControlV1 {
    /// The control.
    pub control: String,
    /// Is it asked of landings? The others are asked once, of the branch or of a deployment, and
    /// have no counts here.
    pub asked: bool,
    /// Landings that it would have blocked.
    pub broken: u64,
    /// Landings of which it could not see what it needs.
    pub unproven: u64,
    /// Landings that are waived.
    pub waived: u64,
    /// Landings that meet it.
    pub met: u64,
}

/// A data-processing area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedAreaV1 {
    /// The area.
    pub area: String,
    /// The landings that touch it.
    pub counts: RehearsedCountsV1,
}

/// One setting changed, and what the policy would have said then.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedSettingV1 {
    /// The setting, as a path in the policy: `controls.required-reviews.approvals`.
    pub setting: String,
    /// Its line in the policy, counted from 1; null where it has none of its own.
    pub line: Option<u64>,
    /// What it is.
    pub from: String,
    /// What was tried in its place; null where it was left out.
    pub to: Option<String>,
    /// The counts with it.
    pub counts: RehearsedCountsV1,
    /// How many landings come out otherwise.
    pub changed: u64,
    /// How many of them are allowed then and are not by the policy as it is.
    pub newly_allowed: u64,
    /// How many of them are allowed by the policy as it is and are not then.
    pub no_longer_allowed: u64,
}

/// A landing of which two policies say something else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedChangeV1 {
    /// The landing.
    pub id: String,
    /// What the policy says.
    pub before: OutcomeV1,
    /// What the other policy says.
    pub after: OutcomeV1,
    /// What only the other policy finds broken or unproven.
    pub added: Vec<FindingV1>,
    /// What only the policy finds broken or unproven.
    pub removed: Vec<FindingV1>,
}

/// A landing, and what the policy says of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedLandingV1 {
    /// The id: the branch, `@` and the commit that was the tip of the branch after it.
    pub id: String,
    /// The tip of the branch after it.
    pub landed: CommitText,
    /// When it came in.
    pub time: AuditedTimeV1,
    /// What it was for: text from outside.
    pub subject: String,
    /// The change requests behind it, as their host names them; null where that could not be seen.
    pub requests: Option<Vec<String>>,
    /// The areas that it touches; null where that could not be seen.
    pub areas: Option<Vec<String>>,
    /// What the policy says.
    pub outcome: OutcomeV1,
    /// What is broken, unproven or waived.
    pub findings: Vec<FindingV1>,
    /// Where its facts come from.
    pub source: String,
    /// By control, what it found at worst, sorted by name.
    pub verdicts: Vec<RehearsedVerdictV1>,
}

/// What one control found of one landing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RehearsedVerdictV1 {
    /// The control.
    pub control: String,
    /// Its worst verdict.
    pub verdict: VerdictV1,
}
