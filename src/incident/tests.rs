//! What the tests of this room build their scenes from.

use crate::calendar::find_zone;
use crate::register::{RegisterVerifier, StoredIncident, identify_incident, prepare_incident};
use crate::{IncidentRegister, PendingIncident};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::change::{ObjectName, Revision};
use portcullis_model::digest::Digest;
use portcullis_model::incident::{
    ClosingMark, ClosingOutcome, IncidentEvent, IncidentHistory, IncidentId, NoticeKind, NoticeMark,
    OpenedIncident, RunReference,
};
use portcullis_model::notification::{
    Counting, NoticeSpan, NotificationRules, NotifiedParty, OverdueEffect, PartyRole, WorkCalendar,
};
use std::collections::{BTreeMap, BTreeSet};

pub fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub fn hours(hours: i64) -> NoticeSpan {
    NoticeSpan { length: SignedDuration::from_hours(hours), counting: Counting::Clock }
}

pub fn working(hours: i64) -> NoticeSpan {
    NoticeSpan { length: SignedDuration::from_hours(hours), counting: Counting::Working }
}

/// Monday to Friday, nine to five, with the days off that are given.
pub fn office(zone: &str, holidays: &[&str]) -> WorkCalendar {
    WorkCalendar {
        zone: find_zone(zone).unwrap(),
        days: [true, true, true, true, true, false, false],
        from: 9 * 60,
        until: 17 * 60,
        holidays: holidays.iter().map(|day| day.parse().unwrap()).collect::<BTreeSet<_>>(),
    }
}

/// Forces hear within 24 hours and then every week; the Commissioner within 72 hours.
pub fn rules() -> NotificationRules {
    let party = |name: &str, role| NotifiedParty {
        name: name.to_string(),
        title: format!("The {name}"),
        role,
        datasets: Vec::new(),
        early_warning: None,
        phased: None,
        last: None,
    };
    let forces = NotifiedParty {
        early_warning: Some(hours(24)),
        phased: Some(hours(7 * 24)),
        last: Some(hours(60 * 24)),
        ..party("forces", PartyRole::Recipient)
    };
    let commissioner =
        NotifiedParty { early_warning: Some(hours(72)), ..party("commissioner", PartyRole::Commissioner) };
    NotificationRules {
        calendar: office("Europe/London", &[]),
        parties: vec![forces, commissioner],
        recorded_within: hours(24),
        overdue: OverdueEffect::Block,
    }
}

pub const AWARE: &str = "2026-03-02T10:00:00Z";

pub fn opened() -> OpenedIncident {
    let run = |run: &str, time: &str| Some(RunReference { run: run.to_string(), time: moment(time) });
    let mut opened = OpenedIncident {
        id: IncidentId::try_from("2026-03-02-000000".to_string()).unwrap(),
        dataset: "nominals".to_string(),
        draft: false,
        classes: BTreeMap::from([("missing".to_string(), 12), ("undeleted".to_string(), 1)]),
        detected_by: run("run-9", "2026-03-02T09:30:00Z"),
        first_bad: run("load-7", "2026-02-28T03:00:00Z"),
        last_good: run("run-6", "2026-02-27T09:30:00Z"),
        exposure: None,
        known: vec!["Files of the night are refused.".to_string()],
        unknown: vec!["Whether earlier files are concerned.".to_string()],
        aware_at: moment(AWARE),
        parties: vec!["forces".to_string(), "commissioner".to_string()],
    };
    opened.id = identify_incident(&opened, "2026-03-02").unwrap();
    opened
}

pub fn history(notices: Vec<NoticeMark>) -> IncidentHistory {
    let opened = opened();
    IncidentHistory {
        id: opened.id,
        dataset: opened.dataset,
        recorded_at: moment("2026-03-02T10:30:00Z"),
        aware_at: opened.aware_at,
        detected_at: None,
        parties: opened.parties,
        notices,
        closed: None,
    }
}

pub fn closed(history: IncidentHistory, outcome: ClosingOutcome, time: &str) -> IncidentHistory {
    IncidentHistory { closed: Some(ClosingMark { outcome, time: moment(time) }), ..history }
}

/// A notice that was recorded at once.
pub fn notice(number: u64, party: &str, kind: NoticeKind, sent: &str) -> NoticeMark {
    NoticeMark {
        number,
        party: party.to_string(),
        kind,
        sent_at: moment(sent),
        recorded_at: moment(sent),
        digest: Digest::of(sent.as_bytes()),
    }
}

pub fn tree() -> ObjectName {
    ObjectName::try_from("7".repeat(40)).unwrap()
}

pub fn store(pending: &PendingIncident, number: usize) -> StoredIncident {
    StoredIncident {
        id: Revision::try_from(format!("{number:040x}")).unwrap(),
        commit: pending.commit(&tree()),
        tree: tree(),
        parents: pending.previous.iter().cloned().collect(),
        files: Some(pending.files.iter().map(|(name, bytes)| (name.to_string(), bytes.clone())).collect()),
    }
}

pub fn verify(entries: &[StoredIncident]) -> IncidentRegister {
    let mut verifier = RegisterVerifier::new(moment("2027-01-01T00:00:00Z"));
    entries.iter().for_each(|entry| verifier.push(entry));
    verifier.finish()
}

/// A register with these events, one an hour from the opening on.
pub fn register(events: Vec<IncidentEvent>) -> Vec<StoredIncident> {
    let mut entries: Vec<StoredIncident> = Vec::new();
    for (event, hour) in events.into_iter().zip(0..) {
        let now = moment("2026-03-02T10:30:00Z") + SignedDuration::from_hours(hour);
        let register = verify(&entries);
        assert_eq!(register.problems, []);
        let pending = prepare_incident(event, "robin", now, Some(&register)).unwrap();
        entries.push(store(&pending, entries.len() + 1));
    }
    entries
}
