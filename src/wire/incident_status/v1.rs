//! Version 1 of the status of incidents. The order of the fields is their order in the file.

use crate::form::MomentText;
use crate::incident::v1::{ClosingOutcomeV1, NoticeKindV1};
use crate::text::{CommitText, DigestText, IncidentIdText};
use serde::{Deserialize, Serialize};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

/// The incidents of a register, who had to be told of them, and who was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema), schemars(title = "The status of incidents, version 1"))]
pub struct IncidentStatusV1 {
    /// The version of this form.
    #[cfg_attr(test, schemars(extend("const" = VERSION)))]
    pub schema: u32,
    /// What the file is.
    pub kind: IncidentStatusKindV1,
    /// The project that the policy names.
    pub project: String,
    /// The moment that it is about.
    pub at: MomentText,
    /// How many entries the register has.
    pub entries: u64,
    /// The commit of its newest entry: keep it elsewhere, and the register cannot be cut short
    /// unseen.
    pub newest: CommitText,
    /// How many notices are overdue.
    pub overdue: u64,
    /// How many notices are owed at a time that could not be seen.
    pub unseen: u64,
    /// The incidents, in the order in which they were opened.
    pub incidents: Vec<IncidentStateV1>,
}

/// The word that says that a file is a status of incidents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum IncidentStatusKindV1 {
    /// A status of incidents.
    IncidentStatus,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct IncidentStateV1 {
    /// The identifier.
    pub id: IncidentIdText,
    /// The dataset.
    pub dataset: String,
    /// True when a run opened it, and no person.
    pub draft: bool,
    /// When it was entered into the register.
    pub recorded_at: MomentText,
    /// When a run found it; null when none did.
    pub detected_at: Option<MomentText>,
    /// When the organisation became aware of it.
    pub aware_at: MomentText,
    /// When it was closed; null while it is open.
    pub closed_at: Option<MomentText>,
    /// How it was closed; null while it is open.
    pub outcome: Option<ClosingOutcomeV1>,
    /// What is and was owed to whom.
    pub duties: Vec<NoticeDutyV1>,
    /// The notices, in the order of the register.
    pub notices: Vec<JudgedNoticeV1>,
    /// Times of its opening that contradict each other, one sentence each.
    pub contradictions: Vec<String>,
}

/// A notice that is owed, or was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NoticeDutyV1 {
    /// The party, as the policy names it.
    pub party: String,
    /// What people call the party.
    pub title: String,
    /// What kind of notice.
    pub kind: NoticeKindV1,
    /// Which one of its kind, from 1.
    pub turn: u32,
    /// The last moment in time; null when it could not be seen.
    pub due: Option<MomentText>,
    /// How it is.
    pub state: DutyStateV1,
    /// The number of the entry with the notice that answers it; null where there is none.
    pub entry: Option<u64>,
    /// Why the time could not be seen; null where it could.
    pub why: Option<String>,
}

/// How a duty is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum DutyStateV1 {
    /// The notice was not sent, and its time is over.
    Overdue,
    /// It could not be seen until when the notice is owed.
    Unseen,
    /// The notice was not sent, and there is time.
    Waiting,
    /// The notice was sent after its time.
    Late,
    /// The notice was not sent in its time, and the incident was closed afterwards.
    Missed,
    /// The notice was sent in time.
    Met,
    /// The incident was closed in time, without the notice.
    Ended,
}

/// A notice of the register.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JudgedNoticeV1 {
    /// The number of its entry.
    pub entry: u64,
    /// The party.
    pub party: String,
    /// What kind of notice.
    pub kind: NoticeKindV1,
    /// When it was sent, as the sender says.
    pub sent_at: MomentText,
    /// When it was recorded.
    pub recorded_at: MomentText,
    /// The SHA-256 of what was sent.
    pub digest: DigestText,
    /// Why it cannot be true as it was recorded, and stops no clock; null where it counts.
    pub fault: Option<String>,
}
