//! `portcullis incident close`.

use super::seen::{all_incidents, find_incident};
use super::store::{EntryArguments, report_entry, store_event};
use super::{NotificationPolicy, parse_text};
use crate::exit::{Exit, Failure, Result};
use crate::{filled, opening};
use clap::{Args, ValueEnum};
use jiff::Timestamp;
use portcullis_collect::records::FETCH;
use portcullis_collect::runs::read_runs;
use portcullis_git::Repository;
use portcullis_incident::clock::{DutyAnswer, NoticeDuty, find_duties};
use portcullis_judge::policy::{Policy, is_plain_name};
use portcullis_model::incident::{
    ClosingOutcome, IncidentClosing, IncidentEvent, IncidentHistory, NoticeKind,
};
use portcullis_model::notification::NotificationRules;
use portcullis_model::reconciliation::{Dataset, RunOutcome, RunPopulation};
use portcullis_record::run::run_reference;
use std::path::Path;

/// Arguments of `incident close`.
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 closed; 1 not closed, because notices are owed or the newest run is not green; 2 invalid \
                  command line; 4 the policy has no `[notification]`; 5 there is no register here, or it \
                  cannot be written; 6 the register does not verify."
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
    /// Close it as resolved although the newest run of its dataset is not green. The entry says so.
    #[arg(long)]
    despite_run: bool,
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
    let (policy, rules) = arguments.policy.read()?;
    let repository = opening::open(directory)?;
    let (_, files) = all_incidents(&repository)?;
    let history = find_incident(files, &arguments.id)?.history;
    let closing = match arguments.outcome {
        OutcomeName::Resolved => resolve(&repository, &history, (&policy, &rules), arguments)?,
        OutcomeName::NoIncident if arguments.despite_run => {
            return Err(Failure::usage("--despite-run is for an incident that is closed --as resolved"));
        }
        OutcomeName::NoIncident => Some((ClosingOutcome::NoIncident, arguments.reason.clone())),
    };
    let Some((outcome, reason)) = closing else { return Ok(Exit::Blocked) };
    let closing = IncidentClosing { incident: history.id.clone(), outcome, reason };
    let pending = store_event(directory, &arguments.entry, &|_| Ok(IncidentEvent::Closed(closing.clone())))?;
    report_entry(&pending, &format!("incident {} is closed", history.id))?;
    Ok(Exit::Allowed)
}

/// Whether it may be closed as resolved, and with which reason; `None`: it may not, which was said.
fn resolve(
    repository: &Repository,
    history: &IncidentHistory,
    (policy, rules): (&Policy, &NotificationRules),
    arguments: &ClosingArguments,
) -> Result<Option<(ClosingOutcome, String)>> {
    let is_owed = |duty: &NoticeDuty| duty.answer == DutyAnswer::Awaited && duty.kind != NoticeKind::Phased;
    let owed: Vec<NoticeDuty> = find_duties(history, rules).into_iter().filter(is_owed).collect();
    for duty in &owed {
        let (kind, party) = (duty.kind.words(), &duty.party);
        filled::complain(&format!("not closed: the {kind} to {party} was not recorded"));
    }
    if !owed.is_empty() {
        filled::advise(
            "help: send it and record it with `portcullis incident notify`, or close --as no-incident",
        );
        return Ok(None);
    }
    let reason = match find_doubt(repository, history, policy.scope.datasets.get(&history.dataset)) {
        None => arguments.reason.clone(),
        Some(doubt) if arguments.despite_run => {
            format!("{} (closed although {})", arguments.reason, doubt.why)
        }
        Some(doubt) => {
            filled::complain(&format!("not closed: {}", doubt.why));
            filled::advise(&format!(
                "help: {}, or add --despite-run: the register then says so",
                doubt.remedy
            ));
            return Ok(None);
        }
    };
    Ok(Some((ClosingOutcome::Resolved, reason)))
}

/// Why the records may not be as they should be, and what to do about it.
struct ClosingDoubt {
    why: String,
    remedy: String,
}

/// Why the runs of the dataset do not show that its records are as they should be: the newest run
/// has to be green, by the settings of the policy, and from after the incident became known. Where
/// no run is kept and none found the incident, the person who closes it decides.
fn find_doubt(
    repository: &Repository,
    history: &IncidentHistory,
    defined: Option<&Dataset>,
) -> Option<ClosingDoubt> {
    let dataset = &history.dataset;
    let compare = format!("run `portcullis reconcile run {dataset}` until it is green");
    let fetch = format!("fetch the runs (`{FETCH}`), and see `portcullis reconcile verify {dataset}`");
    let doubt = |why: String, remedy: &str| Some(ClosingDoubt { why, remedy: remedy.to_string() });
    let runs = match read_runs(repository, &run_reference(dataset), Timestamp::now()) {
        Ok(runs) => runs,
        // No run can be kept of a dataset that no policy can name.
        Err(_) if defined.is_none() && !is_plain_name(dataset) => return None,
        Err(gap) => return doubt(gap.to_string(), &fetch),
    };
    let Some(runs) = runs else {
        let named = history.detected_at?;
        return doubt(format!("no run of {dataset} is here, and one found it at {named}"), &fetch);
    };
    if let Some(problem) = runs.problems.first() {
        return doubt(format!("the runs of {dataset} do not verify: {problem}"), &fetch);
    }
    let Some(newest) = runs.newest().map(|link| &link.run) else {
        return doubt(format!("no run of {dataset} can be read"), &fetch);
    };
    let (number, outcome) = (newest.number, newest.outcome);
    if newest.population != RunPopulation::Full {
        let why = format!("the newest run of {dataset}, run {number}, compared only some of the records");
        return doubt(why, &compare);
    }
    if outcome != RunOutcome::Green {
        let why = format!("the newest run of {dataset}, run {number}, is {}", outcome.as_str());
        return doubt(why, &compare);
    }
    if defined.is_some_and(|defined| !defined.is_defined_by(&newest.definition)) {
        let why = format!(
            "the newest run of {dataset}, run {number}, compared by other settings than the policy has"
        );
        return doubt(why, &compare);
    }
    let (read, aware) = (newest.manifests.as_of(), history.aware_at);
    let why = format!(
        "the newest run of {dataset}, run {number}, read the records at {read}, before the incident was known at {aware}"
    );
    if read < aware { doubt(why, &compare) } else { None }
}
