//! Whether the records that were uploaded arrived, and who was told where they did not.

use super::AuditedSignatureV1;
use crate::incident::v1::{ClosingOutcomeV1, IncidentExposureV1, NoticeKindV1};
use crate::incident_status::v1::DutyStateV1;
use crate::run::v1::{RunOutcomeV1, RunPopulationV1, RunShareV1};
use crate::text::{CommitText, DigestText, IncidentIdText};
use serde::{Deserialize, Serialize};

/// The runs of reconciliation and the incidents of a period.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ArrivalsV1 {
    /// The datasets of the policy of today, and every other one that has runs here, sorted by name.
    pub datasets: Vec<AuditedDatasetV1>,
    /// The register of incidents; null where the policy names no one who has to be told, and no
    /// register is here.
    pub register: Option<AuditedRegisterV1>,
}

/// A dataset, and what its runs show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedDatasetV1 {
    /// Its name in the policy.
    pub dataset: String,
    /// Does the policy of today define it?
    pub in_policy: bool,
    /// Longest time between two runs by the policy of today, in seconds; null where it sets none.
    pub expected_every: Option<u64>,
    /// Its runs up to the newest that the audit looked at; null where none is here, or where they
    /// do not verify.
    pub chain: Option<AuditedChainV1>,
    /// What is wrong with its runs. Where there is anything, none of them is believed.
    pub problems: Vec<String>,
    /// Why its runs could not be read; null where they could, and where there are none.
    pub unseen: Option<String>,
    /// The runs of the period, oldest first.
    pub runs: Vec<AuditedRunV1>,
    /// The times of the period in which a run was due and none came, oldest first.
    pub silences: Vec<RunSilenceV1>,
    /// The stretches of runs over budget that reach into the period, oldest first.
    pub stretches: Vec<BadStretchV1>,
    /// The differences that were open at the end; null where no run lists any.
    pub breaks: Option<OpenBreaksV1>,
}

/// A chain of commits below a ref, up to the newest one that the audit looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedChainV1 {
    /// How many there are.
    pub count: u64,
    /// The newest commit.
    pub tip: CommitText,
    /// The SHA-256 of its file, which names the one before it.
    pub digest: DigestText,
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedRunV1 {
    /// Its id in this audit.
    pub id: String,
    /// Its number, counted from 1 for the first of the dataset.
    pub number: u64,
    /// Its commit.
    pub commit: CommitText,
    /// The SHA-256 of its `run.json`.
    pub digest: DigestText,
    /// When the comparison ended.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
    /// The earlier of the moments at which the two sides were read.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub as_of: String,
    /// Which records were compared.
    pub population: RunPopulationV1,
    /// Rows of the source.
    pub source_rows: u64,
    /// Rows of the target.
    pub target_rows: u64,
    /// What the run says of itself.
    pub said: RunOutcomeV1,
    /// What its counts come to.
    pub outcome: RunOutcomeV1,
    /// By which budgets.
    pub judged_by: RunJudgeV1,
    /// How many records each class has, by falling precedence. A class without records is not
    /// there.
    pub classes: Vec<CountedClassV1>,
    /// The shares of deadlines that are not of all records.
    pub shares: Vec<RunShareV1>,
    /// Why nothing can be concluded; empty where something can.
    pub faults: Vec<String>,
    /// What changed in kind though no budget is exceeded.
    pub drift: Vec<String>,
    /// How many differences were open.
    pub open_breaks: u64,
    /// Who signed it; null where it is not signed and need not be.
    pub signature: Option<AuditedSignatureV1>,
    /// The program that compared, with its version.
    pub tool: String,
}

/// By which budgets a run is judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum RunJudgeV1 {
    /// Those of the policy that it was made with.
    Then,
    /// Those of the policy of today: the one that it was made with could not be read.
    Today,
    /// None: no policy that could be read defines the dataset, and the run is taken at its word.
    Itself,
}

/// How many records have a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CountedClassV1 {
    /// The class.
    pub class: String,
    /// All that were seen.
    pub seen: u64,
    /// Those that a later look confirmed, or that need none.
    pub confirmed: u64,
    /// Those among the confirmed that a register of agreed differences accepts.
    pub accepted: u64,
}

/// A time in which a run was due and none came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RunSilenceV1 {
    /// Its id in this audit.
    pub id: String,
    /// Which runs were due: over all records, or of any kind (`changes`).
    pub of: RunPopulationV1,
    /// The run before it that shows something; null where there was none.
    pub after: Option<u64>,
    /// When that run had read both sides, or since when the policy asked for runs.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub since: String,
    /// Longest time between two runs, in seconds.
    pub every: u64,
    /// When the next run was due.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub due: String,
    /// The run that ended it; null where none did.
    pub ended_by: Option<u64>,
    /// When that run had read both sides, or the end of what the audit looked at.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub until: String,
}

/// Runs over budget without a good one between them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BadStretchV1 {
    /// The id of its first run in this audit.
    pub id: String,
    /// The first run over budget.
    pub first_bad: RunMarkV1,
    /// The last run over budget.
    pub last_bad: RunMarkV1,
    /// How many runs were over budget.
    pub runs: u64,
    /// The last good run before it; null where there was none.
    pub last_good: Option<RunMarkV1>,
    /// The good run that ended it; null where none did.
    pub good_again: Option<RunMarkV1>,
    /// The classes over their budgets, each with its greatest count.
    pub over: Vec<OverBudgetV1>,
    /// What was deployed between the last good run and the first bad one; null where no deployment
    /// is recorded. Where no run before was good, only what was deployed at the first bad one.
    pub exposure: Option<IncidentExposureV1>,
}

/// A run, by its number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RunMarkV1 {
    /// The number.
    pub number: u64,
    /// The earlier of the moments at which the two sides were read.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub as_of: String,
}

/// A class over its budget.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OverBudgetV1 {
    /// The class.
    pub class: String,
    /// The greatest count of a run.
    pub count: u64,
    /// The budget of that run.
    pub budget: u64,
}

/// Differences that are open at a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenBreaksV1 {
    /// The number of the run.
    pub run: u64,
    /// When it ended: ages are counted up to this moment.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub time: String,
    /// How many there are.
    pub total: u64,
    /// How many of them the run counts and does not list.
    pub unlisted: u64,
    /// Those that it lists, by class.
    pub classes: Vec<AgedClassV1>,
    /// The oldest of them.
    pub oldest: Vec<OpenBreakV1>,
}

/// The open differences of a class, by age.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AgedClassV1 {
    /// The class.
    pub class: String,
    /// How many there are.
    pub count: u64,
    /// Those among them that a register of agreed differences accepts.
    pub accepted: u64,
    /// Up to a day old.
    pub day: u64,
    /// Older, and up to a week.
    pub week: u64,
    /// Older, and up to thirty days.
    pub month: u64,
    /// Older.
    pub older: u64,
    /// Since when the oldest is known.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub oldest_since: String,
    /// The age of the oldest, in seconds.
    pub oldest_age: u64,
}

/// An open difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OpenBreakV1 {
    /// The keyed key: a keyed digest, and no content of the record.
    pub key: String,
    /// The class.
    pub class: String,
    /// The number of the run that saw it first.
    pub opened: u64,
    /// When that run ended.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub since: String,
    /// Its age, in seconds.
    pub age: u64,
    /// Did a later look see it again?
    pub confirmed: bool,
    /// Does a register of agreed differences accept it?
    pub accepted: bool,
}

/// The register of incidents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedRegisterV1 {
    /// Its entries up to the newest that the audit looked at; null where none is here, or where
    /// they do not verify.
    pub chain: Option<AuditedChainV1>,
    /// What is wrong with it. Where there is anything, no entry is believed.
    pub problems: Vec<String>,
    /// Why it could not be read; null where it could.
    pub unseen: Option<String>,
    /// The incidents that were open in the period, or of which a notice is still owed, in the order
    /// in which they were opened.
    pub incidents: Vec<AuditedIncidentV1>,
}

/// An incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedIncidentV1 {
    /// The identifier.
    pub id: IncidentIdText,
    /// The dataset.
    pub dataset: String,
    /// True when a run opened it, and no person.
    pub draft: bool,
    /// When it was entered into the register.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub recorded_at: String,
    /// When the organisation became aware of it.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub aware_at: String,
    /// The run that found it; null when a person did.
    pub detected_by: Option<String>,
    /// The first load whose records were wrong; null when it is not known.
    pub first_bad: Option<String>,
    /// The last run before it in which all was well; null when it is not known.
    pub last_good: Option<String>,
    /// How many records of each class were found when it was opened.
    pub classes: Vec<IncidentClassV1>,
    /// The deployments between the two, as the register has them; null when they are not known.
    pub exposure: Option<IncidentExposureV1>,
    /// When it was closed; null while it is open.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub closed_at: Option<String>,
    /// How it was closed; null while it is open.
    pub outcome: Option<ClosingOutcomeV1>,
    /// The numbers of its entries.
    pub entries: Vec<u64>,
    /// What is and was owed to whom, by the policy of today; null where that names no one.
    pub notices: Option<Vec<AuditedNoticeV1>>,
    /// Notices that cannot be true as they were recorded, and stop no clock.
    pub set_aside: Vec<SetAsideNoticeV1>,
}

/// Records of a class, as an incident was opened with them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IncidentClassV1 {
    /// The class.
    pub class: String,
    /// How many.
    pub count: u64,
}

/// A notice that is owed, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuditedNoticeV1 {
    /// Its id in this audit.
    pub id: String,
    /// The party, as the policy names it.
    pub party: String,
    /// What people call the party.
    pub title: String,
    /// What kind of notice.
    pub kind: NoticeKindV1,
    /// Which one of its kind, from 1.
    pub turn: u32,
    /// The last moment in time; null where it could not be seen.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub due: Option<String>,
    /// How it is at the moment of the audit.
    pub state: DutyStateV1,
    /// When it was sent, as the sender says; null where it was not.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub sent_at: Option<String>,
    /// When that was entered into the register; null where it was not.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub recorded_at: Option<String>,
    /// The number of that entry; null where there is none.
    pub entry: Option<u64>,
    /// The SHA-256 of what was sent; null where nothing was.
    pub digest: Option<DigestText>,
    /// Why the time could not be seen; null where it could.
    pub why: Option<String>,
}

/// A notice that stops no clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SetAsideNoticeV1 {
    /// The number of its entry.
    pub entry: u64,
    /// The party.
    pub party: String,
    /// What kind of notice.
    pub kind: NoticeKindV1,
    /// When it was sent, as the sender says.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub sent_at: String,
    /// When it was entered into the register.
    #[cfg_attr(test, schemars(extend("format" = "date-time")))]
    pub recorded_at: String,
    /// Why it cannot be true.
    pub why: String,
}
