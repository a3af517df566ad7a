//! Notices of incidents.

use crate::cli::due::source::{DueSource, DueView};
use crate::collect::incidents::read_register;
use crate::collect::records::FETCH;
use jiff::Timestamp;
use portcullis_incident::clock::{DutyAnswer, DutyTerm, find_duties};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_incident::{IncidentFile, REGISTER_REF, read_casefiles};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::notification::NotificationRules;

/// The source.
pub struct Notices;

impl DueSource for Notices {
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
    let what = format!("the register of incidents below `{REGISTER_REF}`");
    // The register is from the past of this machine, whatever moment is asked for.
    let clock = view.at.max(Timestamp::now());
    let Some(register) = read_register(&view.repository, clock)? else {
        let remedy =
            format!("Fetch it: `{FETCH}`. Where there never was an incident: `portcullis incident begin`.");
        return Err(Gap::new(what, GapReason::MissingObject, "it is not in this repository", remedy));
    };
    match register.problems.first() {
        Some(problem) => {
            let remedy = "See `portcullis incident verify`, and restore the ref from a clone that has it.";
            Err(Gap::new(what, GapReason::Contradiction, problem.to_string(), remedy))
        }
        None => Ok(read_casefiles(&register.links)),
    }
}

fn look_at_incident(file: &IncidentFile, rules: &NotificationRules, answer: &mut SourceAnswer) {
    let owed =
        find_duties(&file.history, rules).into_iter().filter(|duty| duty.answer == DutyAnswer::Awaited);
    for duty in owed {
        let id = &duty.incident;
        match duty.due {
            DutyTerm::Until(due) => answer.deeds.push(ExpectedDeed {
                source: Notices.name(),
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
