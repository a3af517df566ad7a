//! The incidents of a period, and the notices that are and were owed.

use super::ArrivalPeriod;
use jiff::Timestamp;
use portcullis_incident::clock::{DutyAnswer, DutyTerm, NoticeDuty, find_duties, find_notice_fault};
use portcullis_incident::{IncidentFile, IncidentLink, read_casefiles};
use portcullis_model::incident::{NoticeMark, RunReference};
use portcullis_model::notification::NotificationRules;
use portcullis_wire::audit::v1::{
    AuditedChainV1, AuditedIncidentV1, AuditedNoticeV1, AuditedRegisterV1, IncidentClassV1, SetAsideNoticeV1,
};
use portcullis_wire::form::Form as _;
use portcullis_wire::incident::v1::{ClosingOutcomeV1, IncidentExposureV1, NoticeKindV1};
use portcullis_wire::incident_status::v1::DutyStateV1;
use portcullis_wire::text::{DigestText, IncidentIdText};

/// How the register is looked at.
pub struct RegisterView<'a> {
    /// Who has to be told, by the policy of today.
    pub rules: Option<&'a NotificationRules>,
    /// The time that is audited.
    pub period: ArrivalPeriod,
}

/// What a register shows that holds together; `links` are all of its entries, oldest first.
pub fn audit_register(view: &RegisterView<'_>, links: &[IncidentLink]) -> AuditedRegisterV1 {
    let seen = links.iter().take_while(|link| link.entry.time <= view.period.as_of);
    let seen: Vec<IncidentLink> = seen.cloned().collect();
    let audited = read_casefiles(&seen).into_iter().map(|file| audit_incident(view, &file));
    AuditedRegisterV1 {
        chain: seen.last().map(|newest| AuditedChainV1 {
            count: newest.entry.number,
            tip: (&newest.commit).into(),
            digest: (&newest.digest).into(),
        }),
        incidents: audited.filter(|incident| is_of_period(view.period, incident)).collect(),
        ..no_register()
    }
}

/// A register that does not hold together.
pub fn broken_register(problems: Vec<String>) -> AuditedRegisterV1 {
    AuditedRegisterV1 { problems, ..no_register() }
}

/// A register that cannot be read; why.
pub fn unseen_register(why: String) -> AuditedRegisterV1 {
    AuditedRegisterV1 { unseen: Some(why), ..no_register() }
}

/// Where no register is here.
pub fn no_register() -> AuditedRegisterV1 {
    AuditedRegisterV1 { chain: None, problems: Vec::new(), unseen: None, incidents: Vec::new() }
}

/// Was it open in the period, or is a notice of it still owed?
fn is_of_period(period: ArrivalPeriod, incident: &AuditedIncidentV1) -> bool {
    let moment = |text: &str| text.parse::<Timestamp>().ok();
    let began = moment(&incident.recorded_at).is_none_or(|at| at < period.until);
    let closed = incident.closed_at.as_deref().and_then(moment);
    let is_owed = |notice: &AuditedNoticeV1| {
        matches!(notice.state, DutyStateV1::Overdue | DutyStateV1::Waiting | DutyStateV1::Unseen)
    };
    let owed = incident.notices.iter().flatten().any(is_owed);
    began && (closed.is_none_or(|at| at >= period.since) || owed)
}

fn audit_incident(view: &RegisterView<'_>, file: &IncidentFile) -> AuditedIncidentV1 {
    let (history, opened) = (&file.history, &file.opened);
    let name = |run: &Option<RunReference>| run.as_ref().map(|run| run.run.clone());
    let closed = history.closed.as_ref();
    AuditedIncidentV1 {
        id: IncidentIdText::of(history.id.clone()),
        dataset: history.dataset.clone(),
        draft: opened.draft,
        recorded_at: history.recorded_at.to_string(),
        aware_at: history.aware_at.to_string(),
        detected_by: name(&opened.detected_by),
        first_bad: name(&opened.first_bad),
        last_good: name(&opened.last_good),
        classes: opened
            .classes
            .iter()
            .map(|(class, count)| IncidentClassV1 { class: class.clone(), count: *count })
            .collect(),
        exposure: opened.exposure.clone().map(IncidentExposureV1::of),
        closed_at: closed.map(|closed| closed.time.to_string()),
        outcome: closed.map(|closed| ClosingOutcomeV1::of(closed.outcome)),
        entries: file.entries.iter().map(|link| link.entry.number).collect(),
        notices: view.rules.map(|rules| notices_of(file, rules, view.period.as_of)),
        set_aside: view.rules.map(|rules| set_aside(file, rules)).unwrap_or_default(),
    }
}

fn notices_of(file: &IncidentFile, rules: &NotificationRules, as_of: Timestamp) -> Vec<AuditedNoticeV1> {
    let duties = find_duties(&file.history, rules);
    duties.into_iter().map(|duty| audit_notice(file, duty, as_of)).collect()
}

fn audit_notice(file: &IncidentFile, duty: NoticeDuty, as_of: Timestamp) -> AuditedNoticeV1 {
    let state = duty.state(as_of);
    let sent = match duty.answer {
        DutyAnswer::Sent { number, .. } => file.history.notices.iter().find(|one| one.number == number),
        DutyAnswer::Awaited | DutyAnswer::Ended(_) => None,
    };
    let id = duty.name();
    let (due, why) = match duty.due {
        DutyTerm::Until(due) => (Some(due.to_string()), None),
        DutyTerm::Unseen(why) => (None, Some(why)),
    };
    AuditedNoticeV1 {
        id,
        party: duty.party,
        title: duty.title,
        kind: NoticeKindV1::of(duty.kind),
        turn: duty.turn,
        due,
        state: state.into(),
        sent_at: sent.map(|notice| notice.sent_at.to_string()),
        recorded_at: sent.map(|notice| notice.recorded_at.to_string()),
        entry: sent.map(|notice| notice.number),
        digest: sent.map(|notice| DigestText::of(notice.digest.clone())),
        why,
    }
}

fn set_aside(file: &IncidentFile, rules: &NotificationRules) -> Vec<SetAsideNoticeV1> {
    let judged = |notice: &NoticeMark| {
        let fault = find_notice_fault(&file.history, notice, rules)?;
        Some(SetAsideNoticeV1 {
            entry: notice.number,
            party: notice.party.clone(),
            kind: NoticeKindV1::of(notice.kind),
            sent_at: notice.sent_at.to_string(),
            recorded_at: notice.recorded_at.to_string(),
            why: fault.to_string(),
        })
    };
    file.history.notices.iter().filter_map(judged).collect()
}
