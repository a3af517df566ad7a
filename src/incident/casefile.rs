//! What the entries of a register say of each incident, put together.

use crate::opening::{OpeningFault, find_opening_faults};
use crate::register::IncidentLink;
use jiff::Timestamp;
use portcullis_model::incident::{
    ClosingMark, IncidentEvent, IncidentHistory, IncidentId, NoticeMark, OpenedIncident,
};

/// Everything about one incident.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncidentFile {
    /// What the clocks need.
    pub history: IncidentHistory,
    /// As it was opened.
    pub opened: OpenedIncident,
    /// Its entries, in the order of the register.
    pub entries: Vec<IncidentLink>,
}

/// The incidents of a register, in the order in which they were opened. Believe them only where the
/// register has no problems.
pub fn read_casefiles(links: &[IncidentLink]) -> Vec<IncidentFile> {
    let mut files: Vec<IncidentFile> = Vec::new();
    for link in links {
        if let IncidentEvent::Opened(opened) = &link.entry.event {
            files.push(open_file(opened, link));
        } else if let Some(id) = link.entry.event.incident()
            && let Some(file) = find_file(&mut files, id)
        {
            file.add(link);
        }
    }
    files
}

fn find_file<'f>(files: &'f mut [IncidentFile], id: &IncidentId) -> Option<&'f mut IncidentFile> {
    files.iter_mut().find(|file| file.history.id == *id)
}

fn open_file(opened: &OpenedIncident, link: &IncidentLink) -> IncidentFile {
    let history = IncidentHistory {
        id: opened.id.clone(),
        dataset: opened.dataset.clone(),
        recorded_at: link.entry.time,
        aware_at: opened.aware_at,
        detected_at: opened.detected_by.as_ref().map(|run| run.time),
        parties: opened.parties.clone(),
        notices: Vec::new(),
        closed: None,
    };
    IncidentFile { history, opened: opened.clone(), entries: vec![link.clone()] }
}

impl IncidentFile {
    /// Times of the opening that contradict each other.
    pub fn contradictions(&self) -> Vec<OpeningFault> {
        let known = OpenedIncident { aware_at: self.history.aware_at, ..self.opened.clone() };
        find_opening_faults(&known, self.history.recorded_at)
    }

    fn add(&mut self, link: &IncidentLink) {
        let (number, time) = (link.entry.number, link.entry.time);
        match &link.entry.event {
            IncidentEvent::Begun | IncidentEvent::Opened(_) => {}
            IncidentEvent::Noted(note) => {
                let aware = note.aware_at.unwrap_or(Timestamp::MAX);
                self.history.aware_at = self.history.aware_at.min(aware);
            }
            IncidentEvent::Notified(notice) => self.history.notices.push(NoticeMark {
                number,
                party: notice.party.clone(),
                kind: notice.kind,
                sent_at: notice.sent_at,
                recorded_at: time,
                digest: notice.digest.clone(),
            }),
            IncidentEvent::Closed(closing) => {
                self.history.closed = Some(ClosingMark { outcome: closing.outcome, time });
            }
        }
        self.entries.push(link.clone());
    }
}
