//! Notices of incidents.

use crate::due::source::{DueSource, DueView};
use jiff::Timestamp;
use portcullis_collect::incidents::{read_register, read_whole_register};
use portcullis_incident::clock::{DutyAnswer, DutyTerm, NoticeDuty, find_duties};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_incident::{IncidentFile, read_casefiles};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::incident::{ClosingOutcome, NoticeKind};
use portcullis_model::notification::NotificationRules;
use portcullis_model::plural::plural;

/// The source.
pub struct ExpectedNotices;

impl DueSource for ExpectedNotices {
    fn name(&self) -> &'static str {
        "notices"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        let Some(rules) = &view.policy.scope.notification else { return look_without_parties(view) };
        let files = match read_incidents(view) {
            Ok(files) => files,
            Err(gap) => return SourceAnswer::of(self.name(), Err(gap)),
        };
        let mut answer = SourceAnswer::of(self.name(), Ok(Vec::new()));
        files.iter().for_each(|file| look_at_incident(file, rules, &mut answer));
        answer
    }
}

/// A policy without parties owes no notice, unless there is an incident of which someone had to be
/// told.
fn look_without_parties(view: &DueView<'_>) -> SourceAnswer {
    let name = ExpectedNotices.name();
    let is_owed = |file: &IncidentFile| {
        file.history.closed.as_ref().is_none_or(|closed| closed.outcome != ClosingOutcome::NoIncident)
    };
    let owed = match read_register(&view.repository, view.at.max(Timestamp::now())) {
        Ok(None) => 0,
        Ok(Some(_)) => match read_incidents(view) {
            Ok(files) => files.iter().filter(|file| is_owed(file)).count(),
            Err(gap) => return SourceAnswer::of(name, Err(gap)),
        },
        Err(gap) => return SourceAnswer::of(name, Err(gap)),
    };
    match owed {
        0 => SourceAnswer::idle(name, "the policy names no one who has to be told of incidents"),
        count => SourceAnswer::of(name, Err(report_no_parties(count as u64))),
    }
}

fn report_no_parties(count: u64) -> Gap {
    Gap::new(
        "until when someone has to be told of an incident",
        GapReason::Contradiction,
        format!("the register holds {}, and the policy has no `[notification]`", plural(count, "incident")),
        "Put `[notification]` back into the policy.",
    )
}

fn read_incidents(view: &DueView<'_>) -> Result<Vec<IncidentFile>, Gap> {
    // The register is from the past of this machine, whatever moment is asked for.
    let register = read_whole_register(&view.repository, view.at.max(Timestamp::now()))?;
    Ok(read_casefiles(&register.links))
}

fn look_at_incident(file: &IncidentFile, rules: &NotificationRules, answer: &mut SourceAnswer) {
    let owed =
        find_duties(&file.history, rules).into_iter().filter(|duty| duty.answer == DutyAnswer::Awaited);
    for duty in owed {
        let id = &duty.incident;
        match duty.due {
            DutyTerm::Until(due) => answer.deeds.push(ExpectedDeed {
                source: ExpectedNotices.name(),
                subject: format!("incident {id}"),
                what: format!("the {} to {}", duty.kind.words(), duty.party),
                due,
                about: duty.name(),
                changes: file.entries.len() as u64,
                since: file.entries.last().map(|link| link.entry.time),
                remedy: describe_draft(&duty),
            }),
            DutyTerm::Unseen(why) => answer.gaps.push(Gap::new(
                format!("until when {} has to be told of incident {id}", duty.party),
                GapReason::Contradiction,
                why,
                "Put the party back into the policy, or close the incident.",
            )),
        }
    }
}

/// A draft is an early warning, if nothing else is said.
fn describe_draft(duty: &NoticeDuty) -> String {
    let kind = match duty.kind {
        NoticeKind::EarlyWarning => String::new(),
        other => format!(" --kind {}", other.as_str()),
    };
    let (id, party) = (&duty.incident, &duty.party);
    format!(
        "Draft it, send it, and record it: `portcullis incident notify {id} --party {party}{kind} --draft`"
    )
}
