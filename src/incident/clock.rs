//! What is owed to whom, until when, and what became of it.
//!
//! Each party has up to three terms. All begin with awareness, but for the one of phased
//! information, which begins again with each notice. A notice of a later kind tells more, so it
//! also answers the terms of earlier kinds. Something is overdue one second after its time.

use crate::calendar::end_of_term;
use jiff::Timestamp;
use portcullis_model::incident::{ClosingOutcome, IncidentHistory, IncidentId, NoticeKind, NoticeMark};
use portcullis_model::notification::{NoticeSpan, NotificationRules, NotifiedParty};
use portcullis_wire::incident_status::v1::DutyStateV1;

/// A notice that is owed to a party, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoticeDuty {
    /// The incident.
    pub incident: IncidentId,
    /// The party, as the policy names it.
    pub party: String,
    /// What people call the party.
    pub title: String,
    /// What kind of notice.
    pub kind: NoticeKind,
    /// Which one of its kind, from 1: phased information is owed again and again.
    pub turn: u32,
    /// Until when.
    pub due: DutyTerm,
    /// What became of it.
    pub answer: DutyAnswer,
}

/// Until when a notice is owed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DutyTerm {
    /// Until this moment, which is in time.
    Until(Timestamp),
    /// It cannot be said, for this reason.
    Unseen(String),
}

/// What became of a duty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DutyAnswer {
    /// Nothing yet.
    Awaited,
    /// A notice was sent.
    Sent {
        /// The number of its entry.
        number: u64,
        /// When it was sent.
        at: Timestamp,
    },
    /// The incident was closed at this moment, and nothing more is owed.
    Ended(Timestamp),
}

/// How a duty is at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DutyState {
    /// The notice was not sent, and its time is over.
    Overdue,
    /// It cannot be seen until when the notice is owed.
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

impl DutyState {
    /// The word in files and for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            DutyState::Overdue => "overdue",
            DutyState::Unseen => "unseen",
            DutyState::Waiting => "waiting",
            DutyState::Late => "late",
            DutyState::Missed => "missed",
            DutyState::Met => "met",
            DutyState::Ended => "ended",
        }
    }
}

impl From<DutyState> for DutyStateV1 {
    fn from(state: DutyState) -> Self {
        match state {
            DutyState::Overdue => DutyStateV1::Overdue,
            DutyState::Unseen => DutyStateV1::Unseen,
            DutyState::Waiting => DutyStateV1::Waiting,
            DutyState::Late => DutyStateV1::Late,
            DutyState::Missed => DutyStateV1::Missed,
            DutyState::Met => DutyStateV1::Met,
            DutyState::Ended => DutyStateV1::Ended,
        }
    }
}

impl NoticeDuty {
    /// How it is at this moment.
    pub fn state(&self, at: Timestamp) -> DutyState {
        let DutyTerm::Until(due) = self.due else { return DutyState::Unseen };
        match self.answer {
            DutyAnswer::Sent { at: sent, .. } if whole_second(sent) <= due => DutyState::Met,
            DutyAnswer::Sent { .. } => DutyState::Late,
            DutyAnswer::Ended(closed) if whole_second(closed) <= due => DutyState::Ended,
            DutyAnswer::Ended(_) => DutyState::Missed,
            DutyAnswer::Awaited if whole_second(at) <= due => DutyState::Waiting,
            DutyAnswer::Awaited => DutyState::Overdue,
        }
    }

    /// What it is, for calendars and lists: it stays the same when its time moves.
    pub fn name(&self) -> String {
        format!("notice/{}/{}/{}/{}", self.incident, self.party, self.kind.as_str(), self.turn)
    }

    /// The moment, where it is known.
    pub fn until(&self) -> Option<Timestamp> {
        match self.due {
            DutyTerm::Until(due) => Some(due),
            DutyTerm::Unseen(_) => None,
        }
    }
}

/// The second that a moment belongs to: registers and calendars know whole seconds.
pub fn whole_second(moment: Timestamp) -> Timestamp {
    let seconds = moment.as_millisecond().div_euclid(1000);
    Timestamp::from_second(seconds).unwrap_or(moment)
}

/// Why a notice cannot be true as it was recorded. It stops no clock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoticeFault {
    /// It says that it was sent before the incident was known.
    BeforeAwareness,
    /// It says that it was sent after it was recorded.
    Future,
    /// It was recorded later than the policy allows after the time that it claims.
    RecordedLate(NoticeSpan),
    /// What the policy allows cannot be counted from the time that it claims.
    Uncountable,
}

impl std::fmt::Display for NoticeFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NoticeFault::BeforeAwareness => f.write_str("it claims to be from before the incident was known"),
            NoticeFault::Future => f.write_str("it claims to be from after it was recorded"),
            NoticeFault::RecordedLate(span) => {
                write!(f, "it was recorded more than {span} after the time that it claims")
            }
            NoticeFault::Uncountable => f.write_str("its time is outside of any calendar"),
        }
    }
}

/// What is wrong with the time that a notice claims.
pub fn find_notice_fault(
    history: &IncidentHistory,
    notice: &NoticeMark,
    rules: &NotificationRules,
) -> Option<NoticeFault> {
    if whole_second(notice.sent_at) < whole_second(history.aware_at) {
        return Some(NoticeFault::BeforeAwareness);
    }
    if whole_second(notice.sent_at) > whole_second(notice.recorded_at) {
        return Some(NoticeFault::Future);
    }
    match end_of_term(&rules.calendar, whole_second(notice.sent_at), rules.recorded_within) {
        None => Some(NoticeFault::Uncountable),
        Some(end) if notice.recorded_at > end => Some(NoticeFault::RecordedLate(rules.recorded_within)),
        Some(_) => None,
    }
}

/// Everything that is or was owed because of an incident: by the names of the parties, then by
/// kind. A party that the policy named when the incident was opened, and no longer names,
/// is owed something of which no one can say until when.
pub fn find_duties(history: &IncidentHistory, rules: &NotificationRules) -> Vec<NoticeDuty> {
    let mut duties: Vec<NoticeDuty> =
        rules.parties_of(&history.dataset).flat_map(|party| duties_to(history, party, rules)).collect();
    let is_gone = |name: &&String| !rules.parties_of(&history.dataset).any(|party| party.name == **name);
    for name in history.parties.iter().filter(is_gone) {
        if history.closed.as_ref().is_some_and(|closed| closed.outcome == ClosingOutcome::NoIncident) {
            continue;
        }
        duties.push(NoticeDuty {
            incident: history.id.clone(),
            party: name.clone(),
            title: name.clone(),
            kind: NoticeKind::EarlyWarning,
            turn: 1,
            due: DutyTerm::Unseen(format!(
                "the policy named the party {name} when the incident was opened, and no longer does"
            )),
            answer: DutyAnswer::Awaited,
        });
    }
    duties
}

/// The notices to a party that count, in the order in which they were sent.
pub fn find_told<'h>(
    history: &'h IncidentHistory,
    party: &NotifiedParty,
    rules: &NotificationRules,
) -> Vec<&'h NoticeMark> {
    let mut sent: Vec<&NoticeMark> =
        history.notices.iter().filter(|notice| notice.party == party.name).collect();
    sent.retain(|notice| find_notice_fault(history, notice, rules).is_none());
    sent.sort_by_key(|notice| (notice.sent_at, notice.number));
    sent
}

fn duties_to(history: &IncidentHistory, party: &NotifiedParty, rules: &NotificationRules) -> Vec<NoticeDuty> {
    let counted = PartyClock { history, party, rules, sent: find_told(history, party, rules) };
    let mut duties = Vec::new();
    duties.extend(counted.early_warning());
    duties.extend(counted.phased());
    duties.extend(counted.last());
    duties
}

/// The clocks of one party.
struct PartyClock<'a> {
    history: &'a IncidentHistory,
    party: &'a NotifiedParty,
    rules: &'a NotificationRules,
    /// The notices that count, in the order in which they were sent.
    sent: Vec<&'a NoticeMark>,
}

impl PartyClock<'_> {
    fn early_warning(&self) -> Option<NoticeDuty> {
        let due = self.term(self.history.aware_at, self.party.early_warning?);
        Some(self.duty(NoticeKind::EarlyWarning, 1, due, self.sent.first().copied()))
    }

    fn last(&self) -> Option<NoticeDuty> {
        let due = self.term(self.history.aware_at, self.party.last?);
        let answer = self.sent.iter().find(|notice| notice.kind == NoticeKind::Final).copied();
        Some(self.duty(NoticeKind::Final, 1, due, answer))
    }

    /// One duty for each time between two notices, up to the final one.
    fn phased(&self) -> Vec<NoticeDuty> {
        let Some(every) = self.party.phased else { return Vec::new() };
        let mut duties = Vec::new();
        let mut begins = match self.party.early_warning {
            // Until the first notice is there, its own term runs.
            Some(_) => self.sent.first().map(|notice| notice.sent_at),
            None => Some(self.history.aware_at),
        };
        let answered = if self.party.early_warning.is_some() { 1 } else { 0 };
        let mut next = self.sent.iter().skip(answered).copied();
        let ends = |notice: &NoticeMark| notice.kind == NoticeKind::Final;
        if self.party.early_warning.is_some() && self.sent.first().is_some_and(|first| ends(first)) {
            return duties;
        }
        while let Some(start) = begins {
            let answer = next.next();
            let turn = u32::try_from(duties.len() + 1).unwrap_or(u32::MAX);
            duties.push(self.duty(NoticeKind::Phased, turn, self.term(start, every), answer));
            begins = answer.filter(|notice| !ends(notice)).map(|notice| notice.sent_at);
        }
        duties
    }

    fn term(&self, start: Timestamp, term: NoticeSpan) -> DutyTerm {
        match end_of_term(&self.rules.calendar, whole_second(start), term) {
            Some(end) => DutyTerm::Until(end),
            None => DutyTerm::Unseen(format!("no calendar holds the end of {term} from {start}")),
        }
    }

    fn duty(&self, kind: NoticeKind, turn: u32, due: DutyTerm, answer: Option<&NoticeMark>) -> NoticeDuty {
        let answer = match answer {
            Some(notice) => DutyAnswer::Sent { number: notice.number, at: notice.sent_at },
            None => self.ended(kind).map_or(DutyAnswer::Awaited, DutyAnswer::Ended),
        };
        NoticeDuty {
            incident: self.history.id.clone(),
            party: self.party.name.clone(),
            title: self.party.title.clone(),
            kind,
            turn,
            due,
            answer,
        }
    }

    /// When the incident was closed, if that ends a duty of this kind. Phased information ends with
    /// the incident; that there was one, and what it was, stays owed.
    fn ended(&self, kind: NoticeKind) -> Option<Timestamp> {
        let closed = self.history.closed.as_ref()?;
        let ends = closed.outcome == ClosingOutcome::NoIncident || kind == NoticeKind::Phased;
        ends.then_some(closed.time)
    }
}

#[cfg(test)]
mod tests;
