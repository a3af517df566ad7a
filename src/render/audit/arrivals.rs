//! Runs and incidents of an audit, for the terminal and as Markdown.

use super::{describe_seconds, write_cells, write_table};
use crate::{escape, plural};
use portcullis_wire::audit::v1::{
    ArrivalsV1, AuditedDatasetV1, AuditedIncidentV1, AuditedNoticeV1, AuditedRegisterV1, AuditedRunV1,
    OpenBreaksV1, RunJudgeV1,
};
use portcullis_wire::incident_status::v1::DutyStateV1;
use portcullis_wire::run::v1::{RunOutcomeV1, RunPopulationV1};
use std::io::{self, Write};

/// So many runs and open differences are listed; all are in the other forms.
const LISTED: usize = 12;

/// The part of the terminal's report.
///
/// # Errors
/// Those of `out`.
pub fn write_lines(arrivals: &ArrivalsV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\nRecords that arrived")?;
    arrivals.datasets.iter().try_for_each(|dataset| write_dataset(dataset, out))?;
    match &arrivals.register {
        Some(register) => write_register(register, out),
        None => {
            writeln!(out, "  incidents: the policy names no one who has to be told, and no register is here")
        }
    }
}

fn write_dataset(dataset: &AuditedDatasetV1, out: &mut dyn Write) -> io::Result<()> {
    let name = escape::line(&dataset.dataset);
    if let Some(why) = not_readable(dataset) {
        return writeln!(out, "  {name}: {}", escape::line(&why));
    }
    writeln!(out, "  {name}: {}", escape::line(&sum_up_runs(dataset)))?;
    let bad: Vec<&AuditedRunV1> =
        dataset.runs.iter().filter(|run| run.outcome != RunOutcomeV1::Green).collect();
    for run in bad.iter().take(LISTED) {
        writeln!(out, "    run {} of {}: {}", run.number, run.time, escape::line(&describe_run(run)))?;
    }
    if bad.len() > LISTED {
        writeln!(out, "    and {} more: see --format json", bad.len() - LISTED)?;
    }
    dataset.breaks.iter().try_for_each(|breaks| write_breaks(breaks, out))
}

/// Why nothing is known of the runs of a dataset.
fn not_readable(dataset: &AuditedDatasetV1) -> Option<String> {
    if let Some(first) = dataset.problems.first() {
        return Some(format!("the runs do not verify, and none is believed: {first}"));
    }
    let absent = || "no run of it is here: it could not be seen whether the records arrived".to_string();
    dataset.unseen.clone().or_else(|| dataset.chain.is_none().then(absent))
}

/// `52 runs in the period: 49 green, 3 over budget; 1 silence`.
fn sum_up_runs(dataset: &AuditedDatasetV1) -> String {
    let of = |outcome: RunOutcomeV1| dataset.runs.iter().filter(|run| run.outcome == outcome).count();
    let kinds =
        [RunOutcomeV1::Green, RunOutcomeV1::OverBudget, RunOutcomeV1::Unconfirmed, RunOutcomeV1::Broken];
    let counted: Vec<String> = kinds
        .into_iter()
        .map(|kind| (of(kind.clone()), kind.words()))
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    let runs = plural(dataset.runs.len() as u64, "run");
    let mut text = format!("{runs} in the period");
    if !counted.is_empty() {
        text += &format!(": {}", counted.join(", "));
    }
    if !dataset.silences.is_empty() {
        text += &format!("; {} in which a run was due", plural(dataset.silences.len() as u64, "time"));
    }
    text
}

/// `over budget: missing 12, stale 3, ok 4711`.
fn describe_run(run: &AuditedRunV1) -> String {
    let counts: Vec<String> = run.classes.iter().map(|one| format!("{} {}", one.class, one.seen)).collect();
    let mut text = format!("{}: {}", run.outcome.words(), counts.join(", "));
    text += run.faults.first().map(|fault| format!("; {fault}")).unwrap_or_default().as_str();
    text + match run.judged_by {
        RunJudgeV1::Then => "",
        RunJudgeV1::Today => " (by the policy of today)",
        RunJudgeV1::Itself => " (by its own word)",
    }
}

fn write_breaks(breaks: &OpenBreaksV1, out: &mut dyn Write) -> io::Result<()> {
    let open = plural(breaks.total, "difference");
    writeln!(out, "    open at run {} of {}: {open}", breaks.run, breaks.time)?;
    for class in &breaks.classes {
        writeln!(
            out,
            "      {}: {}, the oldest for {} (since {})",
            escape::line(&class.class),
            class.count,
            describe_seconds(class.oldest_age),
            class.oldest_since
        )?;
    }
    Ok(())
}

fn write_register(register: &AuditedRegisterV1, out: &mut dyn Write) -> io::Result<()> {
    if let Some(why) = register_unseen(register) {
        return writeln!(out, "  incidents: {}", escape::line(&why));
    }
    let count = plural(register.incidents.len() as u64, "incident");
    writeln!(out, "  {count} of the period in the register")?;
    register.incidents.iter().try_for_each(|incident| write_incident(incident, out))
}

/// Why nothing is known of incidents.
fn register_unseen(register: &AuditedRegisterV1) -> Option<String> {
    if let Some(first) = register.problems.first() {
        return Some(format!("the register does not verify, and no entry is believed: {first}"));
    }
    let absent = || "the register is not here: it could not be seen whether there were any".to_string();
    register.unseen.clone().or_else(|| register.chain.is_none().then(absent))
}

fn write_incident(incident: &AuditedIncidentV1, out: &mut dyn Write) -> io::Result<()> {
    let end = match &incident.closed_at {
        Some(at) => format!("closed {at}"),
        None => "open".to_string(),
    };
    let dataset = escape::line(&incident.dataset);
    writeln!(out, "    {} ({dataset}): known from {}, {end}", incident.id, incident.aware_at)?;
    for notice in incident.notices.iter().flatten() {
        writeln!(out, "      {}", escape::line(&describe_notice(notice)))?;
    }
    for one in &incident.set_aside {
        writeln!(out, "      entry {} stops no clock: {}", one.entry, escape::line(&one.why))?;
    }
    Ok(())
}

/// `early warning to Users of the records: met, due …, sent …`.
fn describe_notice(notice: &AuditedNoticeV1) -> String {
    let due = notice.due.as_ref().map_or(String::new(), |due| format!(", due {due}"));
    let sent = notice.sent_at.as_ref().map_or(String::new(), |sent| format!(", sent {sent}"));
    format!("{} to {}: {}{due}{sent}", notice.kind.words(), notice.title, state_word(notice.state))
}

fn state_word(state: DutyStateV1) -> &'static str {
    match state {
        DutyStateV1::Overdue => "overdue",
        DutyStateV1::Unseen => "time not seen",
        DutyStateV1::Waiting => "not due yet",
        DutyStateV1::Late => "sent late",
        DutyStateV1::Missed => "not sent",
        DutyStateV1::Met => "sent in time",
        DutyStateV1::Ended => "not needed any more",
    }
}

/// The part of the report in Markdown.
///
/// # Errors
/// Those of `out`.
pub fn write_tables(arrivals: &ArrivalsV1, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n## Records that arrived\n")?;
    for dataset in &arrivals.datasets {
        let said = not_readable(dataset).unwrap_or_else(|| sum_up_runs(dataset));
        writeln!(out, "**{}**: {}\n", escape::prose(&dataset.dataset), escape::prose(&said))?;
        write_run_table(dataset, out)?;
    }
    match &arrivals.register {
        Some(register) => write_notice_table(register, out),
        None => {
            writeln!(out, "The policy names no one who has to be told of incidents, and no register is here.")
        }
    }
}

fn write_run_table(dataset: &AuditedDatasetV1, out: &mut dyn Write) -> io::Result<()> {
    if dataset.runs.is_empty() {
        return Ok(());
    }
    write_table(out, &["Run", "Time", "Records", "Outcome", "Open differences"])?;
    for run in &dataset.runs {
        let population = match run.population {
            RunPopulationV1::Full => "all",
            RunPopulationV1::Changes => "those that changed",
        };
        let cells = [
            run.number.to_string(),
            run.time.clone(),
            population.to_string(),
            describe_run(run),
            run.open_breaks.to_string(),
        ];
        write_cells(out, &cells)?;
    }
    writeln!(out)
}

fn write_notice_table(register: &AuditedRegisterV1, out: &mut dyn Write) -> io::Result<()> {
    if let Some(why) = register_unseen(register) {
        return writeln!(out, "Incidents: {}.", escape::prose(&why));
    }
    if register.incidents.is_empty() {
        return writeln!(out, "No incident of the period is in the register.");
    }
    write_table(out, &["Incident", "Dataset", "Known from", "Closed", "Notice"])?;
    for incident in &register.incidents {
        let notices: Vec<String> = incident.notices.iter().flatten().map(describe_notice).collect();
        let cells = [
            incident.id.to_string(),
            incident.dataset.clone(),
            incident.aware_at.clone(),
            incident.closed_at.clone().unwrap_or_else(|| "open".to_string()),
            notices.join("; "),
        ];
        write_cells(out, &cells)?;
    }
    Ok(())
}
