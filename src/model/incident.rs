//! Incidents: records that were not as they should be, who had to be told, and who was.
//!
//! Nothing here decides whether an incident is a breach, or has to be notified. It holds what
//! people and runs wrote down, and when.

use crate::change::Revision;
use crate::digest::Digest;
use crate::environment::Environment;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// One entry of the register of incidents. The entries are a chain: each names the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentEntry {
    /// The version of its form.
    pub schema: u32,
    /// 1 for the first entry of the register, and one more for each after it.
    pub number: u64,
    /// The SHA-256 of the `incident.json` before this one; `None` in the first.
    pub previous: Option<Digest>,
    /// When it was written, by the clock of the machine that wrote it; in whole seconds.
    pub time: Timestamp,
    /// Who wrote it, as they call themselves.
    pub recorder: String,
    /// What it says.
    pub event: IncidentEvent,
    /// The program that wrote it, with its version.
    pub tool: String,
}

/// What an entry says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IncidentEvent {
    /// The register begins, with no incident in it.
    Begun,
    /// An incident is opened.
    Opened(Box<OpenedIncident>),
    /// Something is added to what is known.
    Noted(Box<IncidentNote>),
    /// A party was told.
    Notified(Box<RecordedNotice>),
    /// Nothing more is to be done.
    Closed(IncidentClosing),
}

impl IncidentEvent {
    /// The incident that it is about; `None` where the register begins.
    pub fn incident(&self) -> Option<&IncidentId> {
        match self {
            IncidentEvent::Begun => None,
            IncidentEvent::Opened(opened) => Some(&opened.id),
            IncidentEvent::Noted(note) => Some(&note.incident),
            IncidentEvent::Notified(notice) => Some(&notice.incident),
            IncidentEvent::Closed(closing) => Some(&closing.incident),
        }
    }
}

/// The identifier of an incident: the day on which it was opened, and six hexadecimal digits that
/// follow from what was said of it. It does not depend on the place in the register, so that an
/// entry that has to be written again keeps it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct IncidentId(String);

impl IncidentId {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for IncidentId {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let shape = |(place, byte): (usize, u8)| match place {
            4 | 7 | 10 => byte == b'-',
            0..=9 => byte.is_ascii_digit(),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        };
        match text.len() == 17 && text.bytes().enumerate().all(shape) {
            true => Ok(IncidentId(text)),
            false => {
                Err(format!("`{text}` is no identifier of an incident; one looks like `2026-03-01-1a2b3c`"))
            }
        }
    }
}

impl From<IncidentId> for String {
    fn from(id: IncidentId) -> Self {
        id.0
    }
}

impl std::fmt::Display for IncidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// An incident, as it was opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenedIncident {
    /// The identifier.
    pub id: IncidentId,
    /// The dataset whose records are concerned.
    pub dataset: String,
    /// Was it opened by a run, and not by a person?
    pub draft: bool,
    /// How many records of each class of difference were found.
    pub classes: BTreeMap<String, u64>,
    /// The run that found it; `None` when a person did.
    pub detected_by: Option<RunReference>,
    /// The first load whose records were wrong; `None` when it is not known.
    pub first_bad: Option<RunReference>,
    /// The last run before it in which all was well; `None` when it is not known.
    pub last_good: Option<RunReference>,
    /// The deployments between the two; `None` when they are not known.
    pub exposure: Option<IncidentExposure>,
    /// What is known, one sentence each.
    pub known: Vec<String>,
    /// What is not known, one sentence each.
    pub unknown: Vec<String>,
    /// When the organisation became aware of it: all clocks begin here.
    pub aware_at: Timestamp,
    /// The parties that the policy named for this dataset then.
    pub parties: Vec<String>,
}

/// A run or a load, by its name, with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunReference {
    /// The name of the run.
    pub run: String,
    /// When it ended.
    pub time: Timestamp,
}

/// Which deployments lie between the last good run and the first bad load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentExposure {
    /// For each environment the newest deployment from before the last good run, or at it.
    pub before: Vec<ExposedDeployment>,
    /// The deployments after the last good run and not after the first bad load, oldest first.
    pub between: Vec<ExposedDeployment>,
}

/// A deployment, as its record has it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExposedDeployment {
    /// When it was recorded.
    pub time: Timestamp,
    /// Where to.
    pub environment: Environment,
    /// The number of its record.
    pub number: u64,
    /// What was deployed.
    pub candidate: Revision,
}

/// Something that was learnt later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentNote {
    /// The incident.
    pub incident: IncidentId,
    /// The text.
    pub text: String,
    /// An earlier moment of awareness than was thought. A later one has no effect.
    pub aware_at: Option<Timestamp>,
}

/// A notice that was sent to a party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordedNotice {
    /// The incident.
    pub incident: IncidentId,
    /// The party, as the policy names it.
    pub party: String,
    /// What kind of notice.
    pub kind: NoticeKind,
    /// Who sent it.
    pub sender: String,
    /// Who received it.
    pub recipient: String,
    /// When it was sent, as the sender says. When it was recorded is the time of the entry.
    pub sent_at: Timestamp,
    /// The name of the file that was sent.
    pub file: String,
    /// Its size in bytes.
    pub size: u64,
    /// The SHA-256 of the file that was sent.
    pub digest: Digest,
    /// Where the sending can be looked up: a message identifier, a case number.
    pub reference: Option<String>,
}

/// Kinds of notices, by how much they tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeKind {
    /// That there is something, before it is known what.
    EarlyWarning,
    /// What is known by now.
    Phased,
    /// What it was, and what was done.
    Final,
}

impl NoticeKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::EarlyWarning, Self::Phased, Self::Final];

    /// The word in files and on the command line.
    pub const fn as_str(self) -> &'static str {
        match self {
            NoticeKind::EarlyWarning => "early-warning",
            NoticeKind::Phased => "phased",
            NoticeKind::Final => "final",
        }
    }

    /// The words for people.
    pub const fn words(self) -> &'static str {
        match self {
            NoticeKind::EarlyWarning => "early warning",
            NoticeKind::Phased => "phased information",
            NoticeKind::Final => "final notice",
        }
    }
}

/// The end of an incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentClosing {
    /// The incident.
    pub incident: IncidentId,
    /// How it ended.
    pub outcome: ClosingOutcome,
    /// Why: text for people.
    pub reason: String,
}

/// How an incident ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClosingOutcome {
    /// The records are as they should be. Notices that are owed stay owed.
    Resolved,
    /// There was no incident. Nothing more is owed; what was overdue is shown for ever.
    NoIncident,
}

/// What the register says, as far as clocks are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentFacts {
    /// The commit of its newest entry.
    pub tip: Revision,
    /// How many entries it has.
    pub entries: u64,
    /// The incidents, in the order in which they were opened.
    pub incidents: Vec<IncidentHistory>,
}

/// What the clocks need to know of an incident: who was told what, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentHistory {
    /// The identifier.
    pub id: IncidentId,
    /// The dataset.
    pub dataset: String,
    /// When it was entered into the register.
    pub recorded_at: Timestamp,
    /// When the organisation became aware of it: the earliest moment that an entry names.
    pub aware_at: Timestamp,
    /// When a run found it.
    pub detected_at: Option<Timestamp>,
    /// The parties that the policy named when it was opened.
    pub parties: Vec<String>,
    /// The notices, in the order of the register.
    pub notices: Vec<NoticeMark>,
    /// How it ended; `None` while it is open.
    pub closed: Option<ClosingMark>,
}

/// A notice, as far as the clocks are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeMark {
    /// The number of its entry.
    pub number: u64,
    /// The party.
    pub party: String,
    /// What kind.
    pub kind: NoticeKind,
    /// When it was sent, as the sender says.
    pub sent_at: Timestamp,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// The SHA-256 of what was sent.
    pub digest: Digest,
}

/// The end of an incident, as far as the clocks are concerned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosingMark {
    /// How.
    pub outcome: ClosingOutcome,
    /// When it was recorded.
    pub time: Timestamp,
}
