//! Notices of incidents.

use crate::cli::due::source::{DueSource, DueView};
use crate::collect::incidents::read_whole_register;
use jiff::Timestamp;
use portcullis_incident::clock::{DutyAnswer, DutyTerm, find_duties};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_incident::{IncidentFile, read_casefiles};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::notification::NotificationRules;

/// The source.
pub struct ExpectedNotices;

impl DueSource for ExpectedNotices {
    fn name(&self) -> &'static str {
        "notices"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        let Some(rules) = &view.policy.scope.notification else {
            return SourceAnswer::idle(
                self.name(),
                "the policy names no one who has to be told of incidents",
            );
        };
        let files = match read_incidents(view) {
            Ok(files) => files,
            Err(gap) => return SourceAnswer::of(self.name(), Err(gap)),
        };
        let mut answer = SourceAnswer::of(self.name(), Ok(Vec::new()));
        files.iter().for_each(|file| look_at_incident(file, rules, &mut answer));
        answer
    }
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
                remedy: format!(
                    "Draft it with `portcullis incident notify {id} --party {} --kind {} --draft`, send it, and record it.",
                    duty.party,
                    duty.kind.as_str()
                ),
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
