//! `portcullis incident status`: which notices are owed, until when, and which are overdue.

use super::seen::{find_register, no_register};
use super::{NotificationPolicy, parse_time};
use crate::exit::{Exit, Failure, Result};
use crate::look::{LookArguments, Looked};
use crate::record::pretty_json;
use crate::{filled, opening};
use clap::Args;
use jiff::Timestamp;
use portcullis_incident::clock::{
    DutyAnswer, DutyTerm, NoticeDuty, find_duties, find_notice_fault, whole_second,
};
use portcullis_incident::icalendar::{CalendarEvent, write_calendar};
use portcullis_incident::{IncidentFile, IncidentRegister, read_casefiles};
use portcullis_model::incident::NoticeMark;
use portcullis_model::notification::NotificationRules;
use portcullis_wire::form::Form as _;
use portcullis_wire::form::MomentText;
use portcullis_wire::incident::v1::{ClosingOutcomeV1, NoticeKindV1};
use portcullis_wire::incident_status::v1::{
    DutyStateV1, IncidentStateV1, IncidentStatusKindV1, IncidentStatusV1, JudgedNoticeV1, NoticeDutyV1,
    VERSION,
};
use portcullis_wire::text::{DigestText, IncidentIdText};
use std::path::Path;

/// Arguments of `incident status`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing is overdue; 1 a notice is overdue; 3 it cannot be seen whether one is, because there is \
                  no register here or the policy no longer names a party; 4 the policy has no `[notification]`; 5 a file \
                  cannot be written, or COMMAND failed; 6 the register does not verify."
)]
pub struct IncidentStatusArguments {
    #[command(flatten)]
    look: LookArguments,
    /// Moment to look at the register for. Default: now.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    at: Option<Timestamp>,
    #[command(flatten)]
    policy: NotificationPolicy,
}

pub(super) fn run(directory: &Path, arguments: &IncidentStatusArguments) -> Result {
    arguments.look.publish("incident status", look(directory, arguments))
}

fn look(directory: &Path, arguments: &IncidentStatusArguments) -> Result<Looked> {
    let (policy, rules) = arguments.policy.read()?;
    let at = whole_second(arguments.at.unwrap_or_else(Timestamp::now));
    let repository = opening::open(directory)?;
    let register = find_register(&repository)?.ok_or_else(|| no_register(Exit::Undetermined))?;
    let files = read_casefiles(&register.links);
    let status = sum_up(&policy.project, &register, &files, &rules, at)?;
    let exit = match (status.overdue, status.unseen) {
        (0, 0) => Exit::Allowed,
        (0, _) => Exit::Undetermined,
        _ => Exit::Blocked,
    };
    Ok(Looked {
        exit,
        text: portcullis_render::incident::describe_status(&status, filled::columns()),
        json: pretty_json(&status)?,
        calendar: write_calendar(&policy.project, &events_of(&files, &rules)),
    })
}

fn sum_up(
    project: &str,
    register: &IncidentRegister,
    files: &[IncidentFile],
    rules: &NotificationRules,
    at: Timestamp,
) -> Result<IncidentStatusV1> {
    let newest = register.tip().ok_or_else(|| Failure::environment("the register is empty"))?;
    let incidents: Vec<IncidentStateV1> = files.iter().map(|file| state_of(file, rules, at)).collect();
    let count = |state: DutyStateV1| {
        let duties = incidents.iter().flat_map(|incident| &incident.duties);
        duties.filter(|duty| duty.state == state).count() as u64
    };
    Ok(IncidentStatusV1 {
        schema: VERSION,
        kind: IncidentStatusKindV1::IncidentStatus,
        project: project.to_string(),
        at: MomentText::of(at),
        entries: register.commits.len() as u64,
        newest: newest.into(),
        overdue: count(DutyStateV1::Overdue),
        unseen: count(DutyStateV1::Unseen),
        incidents,
    })
}

fn state_of(file: &IncidentFile, rules: &NotificationRules, at: Timestamp) -> IncidentStateV1 {
    let history = &file.history;
    let closed = history.closed.as_ref();
    IncidentStateV1 {
        id: IncidentIdText::of(history.id.clone()),
        dataset: history.dataset.clone(),
        draft: file.opened.draft,
        recorded_at: MomentText::of(history.recorded_at),
        detected_at: history.detected_at.map(MomentText::of),
        aware_at: MomentText::of(history.aware_at),
        closed_at: closed.map(|closed| MomentText::of(closed.time)),
        outcome: closed.map(|closed| ClosingOutcomeV1::of(closed.outcome)),
        duties: find_duties(history, rules).into_iter().map(|duty| duty_of(duty, at)).collect(),
        notices: history.notices.iter().map(|notice| judge_notice(file, notice, rules)).collect(),
        contradictions: file.contradictions().iter().map(ToString::to_string).collect(),
    }
}

fn duty_of(duty: NoticeDuty, at: Timestamp) -> NoticeDutyV1 {
    let state = duty.state(at).into();
    let (due, why) = match duty.due {
        DutyTerm::Until(due) => (Some(MomentText::of(due)), None),
        DutyTerm::Unseen(why) => (None, Some(why)),
    };
    let entry = match duty.answer {
        DutyAnswer::Sent { number, .. } => Some(number),
        DutyAnswer::Awaited | DutyAnswer::Ended(_) => None,
    };
    let (party, title, turn) = (duty.party, duty.title, duty.turn);
    NoticeDutyV1 { party, title, kind: NoticeKindV1::of(duty.kind), turn, due, state, entry, why }
}

fn judge_notice(file: &IncidentFile, notice: &NoticeMark, rules: &NotificationRules) -> JudgedNoticeV1 {
    JudgedNoticeV1 {
        entry: notice.number,
        party: notice.party.clone(),
        kind: NoticeKindV1::of(notice.kind),
        sent_at: MomentText::of(notice.sent_at),
        recorded_at: MomentText::of(notice.recorded_at),
        digest: DigestText::of(notice.digest.clone()),
        fault: find_notice_fault(&file.history, notice, rules).map(|fault| fault.to_string()),
    }
}

/// A date for each notice that is or was owed. Those that are not owed any more are cancelled, so
/// that a calendar that has them takes them out.
fn events_of(files: &[IncidentFile], rules: &NotificationRules) -> Vec<CalendarEvent> {
    let mut events = Vec::new();
    for file in files {
        let changed = file.entries.last().map_or(file.history.recorded_at, |link| link.entry.time);
        for duty in find_duties(&file.history, rules) {
            events.extend(event_of(&duty, changed, file.entries.len() as u64));
        }
    }
    events
}

fn event_of(duty: &NoticeDuty, changed: Timestamp, sequence: u64) -> Option<CalendarEvent> {
    let NoticeDuty { incident, party, title, kind, .. } = duty;
    Some(CalendarEvent {
        about: duty.name(),
        summary: format!("{} to {title} is due (incident {incident})", kind.words()),
        description: format!(
            "Draft it: portcullis incident notify {incident} --party {party} --kind {} --draft\n\
             Send it, then record it with --sent FILE --sender NAME --recipient NAME --at TIME.",
            kind.as_str()
        ),
        at: duty.until()?,
        changed,
        sequence,
        cancelled: duty.answer != DutyAnswer::Awaited,
    })
}
