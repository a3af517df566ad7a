//! The register of incidents, as far as clocks are concerned.

use super::fact::FactV4;
use crate::form::{Form, Misshapen, MomentText, objects};
use crate::incident::v1::{ClosingOutcomeV1, NoticeKindV1};
use crate::text::{CommitText, DigestText, IncidentIdText};
use portcullis_model::deployment::Deployment;
use portcullis_model::fact::Fact;
use portcullis_model::incident::{ClosingMark, IncidentFacts, IncidentHistory, NoticeMark};
use serde::{Deserialize, Serialize};

/// The incidents, or why they were not seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct IncidentsFactV4(FactV4<IncidentFactsV4>);

impl Default for IncidentsFactV4 {
    fn default() -> Self {
        IncidentsFactV4(FactV4::of(Deployment::no_incidents_asked()))
    }
}

impl Form for IncidentsFactV4 {
    type Model = Fact<IncidentFacts>;

    fn of(model: Self::Model) -> Self {
        IncidentsFactV4(FactV4::of(model))
    }

    fn model(self) -> Result<Self::Model, Misshapen> {
        self.0.model()
    }
}

objects! {
    /// What the register of incidents says.
    IncidentFactsV4 = IncidentFacts {
        /// The commit of its newest entry.
        tip: CommitText,
        /// How many entries it has.
        entries: u64,
        /// The incidents, in the order in which they were opened.
        incidents: Vec<IncidentHistoryV4>,
    }

    /// An incident.
    IncidentHistoryV4 = IncidentHistory {
        /// The identifier.
        id: IncidentIdText,
        /// The dataset.
        dataset: String,
        /// When it was entered into the register.
        recorded_at: MomentText,
        /// When the organisation became aware of it.
        aware_at: MomentText,
        /// When a run found it; null when none did.
        detected_at: Option<MomentText>,
        /// The parties that the policy named when it was opened.
        parties: Vec<String>,
        /// The notices, in the order of the register.
        notices: Vec<NoticeMarkV4>,
        /// How it ended; null while it is open.
        closed: Option<ClosingMarkV4>,
    }

    /// A notice.
    NoticeMarkV4 = NoticeMark {
        /// The number of its entry.
        number: u64,
        /// The party.
        party: String,
        /// What kind.
        kind: NoticeKindV1,
        /// When it was sent, as the sender says.
        sent_at: MomentText,
        /// When it was recorded.
        recorded_at: MomentText,
        /// The SHA-256 of what was sent.
        digest: DigestText,
    }

    /// The end of an incident.
    ClosingMarkV4 = ClosingMark {
        /// How.
        outcome: ClosingOutcomeV1,
        /// When it was recorded.
        time: MomentText,
    }
}
