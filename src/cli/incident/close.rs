//! `portcullis incident close`.

use super::seen::{all_incidents, find_incident};
use super::store::{EntryArguments, report_entry, store_event};
use super::{NotificationPolicy, parse_text};
use crate::cli::exit::{Exit, Result};
use crate::cli::{filled, opening};
use clap::{Args, ValueEnum};
use portcullis_incident::clock::{DutyAnswer, NoticeDuty, find_duties};
use portcullis_model::incident::{ClosingOutcome, IncidentClosing, IncidentEvent, NoticeKind};
use std::path::Path;

/// Arguments of `incident close`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 closed; 1 not closed, because notices are owed; 2 invalid command line; 4 the policy has no \
                  `[notification]`; 5 there is no register here, or it cannot be written; 6 the register does not verify."
)]
pub struct ClosingArguments {
    /// Identifier of the incident, or how it begins.
    id: String,
    /// How it ended.
    #[arg(long = "as", value_enum, value_name = "OUTCOME")]
    outcome: OutcomeName,
    /// Why, for those who look at it later.
    #[arg(long, value_name = "TEXT", value_parser = parse_text)]
    reason: String,
    #[command(flatten)]
    policy: NotificationPolicy,
    #[command(flatten)]
    entry: EntryArguments,
}

/// How an incident ends.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum OutcomeName {
    /// The records are as they should be, and everybody was told: early warnings and final notices
    /// have to be recorded before.
    Resolved,
    /// There was no incident. Nothing more is owed; what was overdue stays visible.
    NoIncident,
}

pub(super) fn run(directory: &Path, arguments: &ClosingArguments) -> Result {
    let (_, rules) = arguments.policy.read()?;
    let (_, files) = all_incidents(&opening::open(directory)?)?;
    let history = find_incident(files, &arguments.id)?.history;
    let outcome = match arguments.outcome {
        OutcomeName::Resolved => ClosingOutcome::Resolved,
        OutcomeName::NoIncident => ClosingOutcome::NoIncident,
    };
    let is_owed = |duty: &NoticeDuty| duty.answer == DutyAnswer::Awaited && duty.kind != NoticeKind::Phased;
    let owed: Vec<NoticeDuty> = find_duties(&history, &rules).into_iter().filter(is_owed).collect();
    if outcome == ClosingOutcome::Resolved && !owed.is_empty() {
        for duty in &owed {
            filled::complain(&format!(
                "not closed: the {} to {} was not recorded",
                duty.kind.words(),
                duty.party
            ));
        }
        filled::advise(
            "help: send it and record it with `portcullis incident notify`, or close --as no-incident",
        );
        return Ok(Exit::Blocked);
    }
    let closing = IncidentClosing { incident: history.id.clone(), outcome, reason: arguments.reason.clone() };
    let pending = store_event(directory, &arguments.entry, &|_| Ok(IncidentEvent::Closed(closing.clone())))?;
    report_entry(&pending, &format!("incident {} is closed", history.id))?;
    Ok(Exit::Allowed)
}
