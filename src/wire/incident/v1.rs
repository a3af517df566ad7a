//! Version 1 of an entry of the register of incidents. The order of the fields is their order in
//! the file, and the documentation of types and fields is that of the schema.
//!
//! A chain names each `incident.json` by its SHA-256, so this version gains no members, and a
//! reader refuses those that it does not know.

use crate::form::{Form, Misshapen, MomentText, NamedValues, choices, objects};
use crate::text::{CommitText, DigestText, EnvironmentText, IncidentIdText};
use portcullis_model::incident::{
    ClosingOutcome, ExposedDeployment, IncidentClosing, IncidentEntry, IncidentEvent, IncidentExposure,
    IncidentNote, NoticeKind, OpenedIncident, RecordedNotice, RunReference,
};

/// The number in the member `schema`.
pub const VERSION: u32 = 1;

objects! {
    /// An entry of the register of incidents, as `portcullis incident` stores it.
    ///
    /// Every member is always there; a member of another name is an error. What is not known is
    /// null, and never an empty list.
    IncidentEntryV1 = IncidentEntry {
        /// The version of this form.
        #[cfg_attr(test, schemars(extend("const" = VERSION)))]
        schema: u32,
        /// The number of the entry, counted from 1 for the first of the register.
        number: u64,
        /// The SHA-256 of the `incident.json` before this one; null in the first.
        previous: Option<DigestText>,
        /// When it was written, by the clock of the machine that wrote it: RFC 3339, in UTC and
        /// whole seconds.
        time: MomentText,
        /// Who wrote it, as they call themselves.
        recorder: String,
        /// What it says.
        event: IncidentEventV1,
        /// The program that wrote it, with its version.
        tool: String,
    }

    /// An incident, as it was opened.
    OpenedIncidentV1 = OpenedIncident {
        /// The identifier.
        id: IncidentIdText,
        /// The dataset whose records are concerned.
        dataset: String,
        /// True when a run opened it, and no person.
        draft: bool,
        /// How many records of each class of difference were found.
        classes: NamedValues<String, u64>,
        /// The run that found it; null when a person did.
        detected_by: Option<RunReferenceV1>,
        /// The first load whose records were wrong; null when it is not known.
        first_bad: Option<RunReferenceV1>,
        /// The last run before it in which all was well; null when it is not known.
        last_good: Option<RunReferenceV1>,
        /// The deployments between the two; null when they are not known.
        exposure: Option<IncidentExposureV1>,
        /// What is known, one sentence each.
        known: Vec<String>,
        /// What is not known, one sentence each.
        unknown: Vec<String>,
        /// When the organisation became aware of it: RFC 3339, in UTC and whole seconds.
        aware_at: MomentText,
        /// The parties that the policy named for this dataset.
        parties: Vec<String>,
    }

    /// A run or a load.
    RunReferenceV1 = RunReference {
        /// Its name.
        run: String,
        /// When it ended.
        time: MomentText,
    }

    /// Which deployments lie between the last good run and the first bad load.
    IncidentExposureV1 = IncidentExposure {
        /// For each environment the newest deployment from before the last good run, or at it.
        before: Vec<ExposedDeploymentV1>,
        /// The deployments after the last good run and not after the first bad load, oldest first.
        between: Vec<ExposedDeploymentV1>,
    }

    /// A deployment, as its record has it.
    ExposedDeploymentV1 = ExposedDeployment {
        /// When it was recorded.
        time: MomentText,
        /// Where to.
        environment: EnvironmentText,
        /// The number of its record.
        number: u64,
        /// What was deployed.
        candidate: CommitText,
    }

    /// Something that was learnt later.
    IncidentNoteV1 = IncidentNote {
        /// The incident.
        incident: IncidentIdText,
        /// The text.
        text: String,
        /// An earlier moment of awareness than was thought; null where it is no such note. A later
        /// one has no effect.
        aware_at: Option<MomentText>,
    }

    /// A notice that was sent to a party.
    RecordedNoticeV1 = RecordedNotice {
        /// The incident.
        incident: IncidentIdText,
        /// The party, as the policy names it.
        party: String,
        /// What kind of notice.
        kind: NoticeKindV1,
        /// Who sent it.
        sender: String,
        /// Who received it.
        recipient: String,
        /// When it was sent, as the sender says. When it was recorded is the time of the entry.
        sent_at: MomentText,
        /// The name of the file that was sent.
        file: String,
        /// Its size in bytes.
        size: u64,
        /// The SHA-256 of the file that was sent.
        digest: DigestText,
        /// Where the sending can be looked up; null when it is not said.
        reference: Option<String>,
    }

    /// The end of an incident.
    IncidentClosingV1 = IncidentClosing {
        /// The incident.
        incident: IncidentIdText,
        /// How it ended.
        outcome: ClosingOutcomeV1,
        /// Why.
        reason: String,
    }
}

choices! {
    /// What an entry says.
    IncidentEventV1 = IncidentEvent {
        /// The register begins, with no incident in it.
        Begun,
        /// An incident is opened.
        Opened(incident: Box<OpenedIncidentV1>),
        /// Something is added to what is known.
        Noted(note: Box<IncidentNoteV1>),
        /// A party was told.
        Notified(notice: Box<RecordedNoticeV1>),
        /// Nothing more is to be done.
        Closed(closing: IncidentClosingV1),
    }

    /// Kinds of notices.
    NoticeKindV1 = NoticeKind {
        /// That there is something, before it is known what.
        EarlyWarning,
        /// What is known by now.
        Phased,
        /// What it was, and what was done.
        Final,
    }

    /// How an incident ends.
    ClosingOutcomeV1 = ClosingOutcome {
        /// The records are as they should be. Notices that are owed stay owed.
        Resolved,
        /// There was no incident. Nothing more is owed.
        NoIncident,
    }
}

impl NoticeKindV1 {
    /// The words for people.
    pub const fn words(&self) -> &'static str {
        match self {
            NoticeKindV1::EarlyWarning => NoticeKind::EarlyWarning.words(),
            NoticeKindV1::Phased => NoticeKind::Phased.words(),
            NoticeKindV1::Final => NoticeKind::Final.words(),
        }
    }
}

/// Writes an entry: JSON with the fields in their order, two spaces, one line break at the end.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_incident_entry(entry: IncidentEntry) -> Result<Vec<u8>, serde_json::Error> {
    write_lines(&IncidentEntryV1::of(entry))
}

/// Writes what is said of an incident, in the same way: its identifier follows from these bytes.
///
/// # Errors
/// Those of the JSON writer; with these types there are none.
pub fn write_opened_incident(opened: OpenedIncident) -> Result<Vec<u8>, serde_json::Error> {
    write_lines(&OpenedIncidentV1::of(opened))
}

fn write_lines(form: &impl serde::Serialize) -> Result<Vec<u8>, serde_json::Error> {
    let mut bytes = serde_json::to_vec_pretty(form)?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Reads an entry, whatever its version says.
///
/// # Errors
/// The bytes are not of this form.
pub fn read_incident_entry(bytes: &[u8]) -> Result<IncidentEntry, Misshapen> {
    let form: IncidentEntryV1 =
        serde_json::from_slice(bytes).map_err(|error| Misshapen(error.to_string()))?;
    form.model()
}
