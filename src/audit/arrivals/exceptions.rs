//! What follows from runs and incidents: exceptions, and what could not be shown. Both follow from
//! what the audit says of them and from nothing else, so that they can be made again of it.

use super::reasons::{tell_notice, tell_silence, tell_stretch, tell_turn};
use crate::exceptions::{NAMED, RECORDS, fault};
use portcullis_judge::control::{reconciled, timely_notices};
use portcullis_model::plural::plural;
use portcullis_wire::audit::v1::{
    ArrivalsV1, AuditGapV1, AuditedDatasetV1, AuditedIncidentV1, AuditedNoticeV1, AuditedRegisterV1,
    AuditedRunV1, ExceptionV1, RunJudgeV1, SignatureStandingV1,
};
use portcullis_wire::decision::v1::{FindingV1, SubjectKindV1};
use portcullis_wire::incident_status::v1::DutyStateV1;
use portcullis_wire::run::v1::RunOutcomeV1;

/// How to fetch what a clone does not bring.
const FETCH: &str = "Fetch it: `git fetch origin 'refs/portcullis/*:refs/portcullis/*'`";

/// What the id of an exception of an incident begins with; those of runs begin with `run/`.
const INCIDENT: &str = "incident";

/// Every exception that runs and incidents give rise to.
pub fn exceptions_of_arrivals(arrivals: &ArrivalsV1) -> Vec<ExceptionV1> {
    let of_datasets = arrivals.datasets.iter().flat_map(exceptions_of_dataset);
    let of_register = arrivals.register.iter().flat_map(exceptions_of_register);
    of_datasets.chain(of_register).collect()
}

/// Is it one of these?
pub fn is_of_arrivals(exception: &ExceptionV1) -> bool {
    let item = exception.item.as_str();
    let is_known = ["run/", "notice/"].iter().any(|begin| item.starts_with(begin)) || item == INCIDENT;
    is_known && exception.finding.subject.kind == SubjectKindV1::Policy
}

fn exceptions_of_dataset(dataset: &AuditedDatasetV1) -> Vec<ExceptionV1> {
    let name = dataset.dataset.as_str();
    let broken = dataset.problems.iter().map(|problem| {
        let remedy = format!(
            "See `portcullis reconcile verify {name}`; restore the ref from a clone that has it. No run of it is believed."
        );
        let reason = format!("the runs of {name} do not verify: {problem}");
        of_dataset(RECORDS, name, &format!("run/{name}"), reason, &remedy)
    });
    let lies = dataset.runs.iter().filter_map(|run| tell_lie(name, run));
    let bad = dataset.stretches.iter().map(|stretch| {
        let number = stretch.first_bad.number;
        let remedy = format!(
            "See `portcullis reconcile show {name} {number}`: put right what did not arrive, then run it again."
        );
        let found = of_dataset(reconciled::KIND.name, name, &stretch.id, tell_stretch(stretch), &remedy);
        with_details(found, tell_turn(stretch))
    });
    let silent = dataset.silences.iter().map(|silence| {
        let remedy = format!("Find out why `portcullis reconcile run {name}` did not run or showed nothing.");
        of_dataset(reconciled::KIND.name, name, &silence.id, tell_silence(silence), &remedy)
    });
    broken.chain(lies).chain(bad).chain(silent).collect()
}

/// A run that says something else of itself than its counts do, by the policy that it names.
fn tell_lie(dataset: &str, run: &AuditedRunV1) -> Option<ExceptionV1> {
    let is_lie = run.judged_by == RunJudgeV1::Then && run.said != run.outcome;
    is_lie.then(|| {
        let reason = format!(
            "run {} says that it is {}, and by the budgets of the policy that it names it is {}",
            run.number,
            run.said.words(),
            run.outcome.words()
        );
        let remedy = "Find out which program wrote it; compare again.";
        of_dataset(reconciled::KIND.name, dataset, &run.id, reason, remedy)
    })
}

fn of_dataset(control: &str, dataset: &str, item: &str, reason: String, remedy: &str) -> ExceptionV1 {
    fault(control, SubjectKindV1::Policy, &format!("reconciliation.{dataset}"), item, reason, remedy)
}

fn with_details(exception: ExceptionV1, details: Vec<String>) -> ExceptionV1 {
    ExceptionV1 { finding: FindingV1 { details, ..exception.finding }, ..exception }
}

fn exceptions_of_register(register: &AuditedRegisterV1) -> Vec<ExceptionV1> {
    let remedy =
        "See `portcullis incident verify`; restore the ref from a clone that has it. No entry is believed.";
    let broken = register.problems.iter().map(|problem| {
        let reason = format!("the register of incidents does not verify: {problem}");
        fault(RECORDS, SubjectKindV1::Policy, "notification", INCIDENT, reason, remedy)
    });
    broken.chain(register.incidents.iter().flat_map(exceptions_of_incident)).collect()
}

fn exceptions_of_incident(incident: &AuditedIncidentV1) -> impl Iterator<Item = ExceptionV1> + '_ {
    let notices = incident.notices.iter().flatten();
    notices.filter_map(|notice| {
        let told = tell_notice(notice, incident.closed_at.as_deref())?;
        let reason = format!("incident {}: {told}", incident.id);
        let subject = format!("notification.parties.{}", notice.party);
        let remedy = match notice.state {
            DutyStateV1::Overdue => "Send it, and record it with `portcullis incident notify`.",
            _ => "Find out what delayed it: what is late stays late.",
        };
        let control = timely_notices::KIND.name;
        let found = fault(control, SubjectKindV1::Policy, &subject, &notice.id, reason, remedy);
        Some(with_details(found, aside_of(incident, notice)))
    })
}

/// The notices to this party that stop no clock.
fn aside_of(incident: &AuditedIncidentV1, notice: &AuditedNoticeV1) -> Vec<String> {
    let of_party = incident.set_aside.iter().filter(|one| one.party == notice.party);
    let told = of_party
        .map(|one| format!("entry {}, {}: {}, so it stops no clock", one.entry, one.kind.words(), one.why));
    told.collect()
}

/// What could not be shown of runs and incidents.
pub fn gaps_of_arrivals(arrivals: &ArrivalsV1) -> Vec<AuditGapV1> {
    let of_datasets = arrivals.datasets.iter().flat_map(gaps_of_dataset);
    let of_register = arrivals.register.iter().flat_map(gaps_of_register);
    of_datasets.chain(of_register).collect()
}

fn gaps_of_dataset(dataset: &AuditedDatasetV1) -> Vec<AuditGapV1> {
    let name = dataset.dataset.as_str();
    let gap = |why: String, remedy: String, items: Vec<String>| AuditGapV1 {
        what: format!("whether the records of {name} arrived"),
        why,
        remedy: Some(remedy),
        items: items.len() as u64,
        first_items: items.into_iter().take(NAMED).collect(),
    };
    let mut gaps = Vec::new();
    if let Some(why) = &dataset.unseen {
        gaps.push(gap(why.clone(), format!("See `portcullis reconcile verify {name}`."), Vec::new()));
    }
    let is_readable = dataset.unseen.is_none() && dataset.problems.is_empty();
    if dataset.chain.is_none() && is_readable {
        let why = "no run of it is in this repository, and a clone does not bring runs by itself".to_string();
        let remedy = format!("{FETCH}. Where none was ever made, run `portcullis reconcile run {name}`.");
        gaps.push(gap(why, remedy, Vec::new()));
    } else if dataset.runs.is_empty() && dataset.silences.is_empty() && dataset.in_policy && is_readable {
        let why = "no run of it ended in the period".to_string();
        gaps.push(gap(why, format!("Run `portcullis reconcile run {name}` from a job."), Vec::new()));
    }
    let show = format!("See `portcullis reconcile show {name}`, and run it again.");
    let broken: Vec<String> = ids_of(dataset, |run| run.outcome == RunOutcomeV1::Broken);
    if !broken.is_empty() {
        gaps.push(gap(tell_broken(dataset), show.clone(), broken));
    }
    if let Some(last) = dataset.runs.last().filter(|run| run.outcome == RunOutcomeV1::Unconfirmed) {
        let why =
            "the last run saw differences beyond the budgets, and no later look confirmed them".to_string();
        gaps.push(gap(why, show, vec![last.id.clone()]));
    }
    let unjudged = ids_of(dataset, |run| run.judged_by == RunJudgeV1::Itself);
    if !unjudged.is_empty() {
        let why = "no policy that could be read defines it, so its runs are taken at their word".to_string();
        gaps.push(gap(
            why,
            "Put the dataset back into the policy, or say why it left.".to_string(),
            unjudged,
        ));
    }
    let unsigned = ids_of(dataset, needs_signer);
    if !unsigned.is_empty() {
        let why = "the policy asks for signed runs, and no one of its list signed these".to_string();
        gaps.push(gap(
            why,
            "Sign runs with a key of the list: `reconcile run --sign`.".to_string(),
            unsigned,
        ));
    }
    gaps
}

fn ids_of(dataset: &AuditedDatasetV1, is_meant: impl Fn(&AuditedRunV1) -> bool) -> Vec<String> {
    dataset.runs.iter().filter(|run| is_meant(run)).map(|run| run.id.clone()).collect()
}

fn needs_signer(run: &AuditedRunV1) -> bool {
    let standing = run.signature.as_ref().map(|signature| signature.standing);
    matches!(
        standing,
        Some(SignatureStandingV1::Missing | SignatureStandingV1::Invalid | SignatureStandingV1::Unseen)
    )
}

/// What the first broken run says of itself.
fn tell_broken(dataset: &AuditedDatasetV1) -> String {
    let mut broken = dataset.runs.iter().filter(|run| run.outcome == RunOutcomeV1::Broken);
    let (first, more) = (broken.next(), broken.count() as u64);
    let why = first.and_then(|run| run.faults.first()).map_or("no reason is given", String::as_str);
    let number = first.map_or(0, |run| run.number);
    let rest = if more > 0 { format!(", and {} more", plural(more, "run")) } else { String::new() };
    format!("run {number} shows nothing: {why}{rest}")
}

fn gaps_of_register(register: &AuditedRegisterV1) -> Vec<AuditGapV1> {
    let gap = |what: &str, why: String, remedy: &str, items: Vec<String>| AuditGapV1 {
        what: what.to_string(),
        why,
        remedy: Some(remedy.to_string()),
        items: items.len() as u64,
        first_items: items.into_iter().take(NAMED).collect(),
    };
    let mut gaps = Vec::new();
    let incidents = "whether there were incidents";
    if let Some(why) = &register.unseen {
        gaps.push(gap(incidents, why.clone(), "See `portcullis incident verify`.", Vec::new()));
    } else if register.chain.is_none() && register.problems.is_empty() {
        let why =
            "the register of incidents is not in this repository, and a clone does not bring it by itself";
        let remedy =
            format!("{FETCH}. Where there never was an incident, begin it: `portcullis incident begin`.");
        gaps.push(gap(incidents, why.to_string(), &remedy, Vec::new()));
    }
    let ids = |is_meant: fn(&AuditedIncidentV1) -> bool| -> Vec<String> {
        register
            .incidents
            .iter()
            .filter(|one| is_meant(one))
            .map(|one| format!("{INCIDENT}/{}", one.id))
            .collect()
    };
    let without_rules = ids(|one| one.notices.is_none());
    if !without_rules.is_empty() {
        let why = "the policy of today names no one who has to be told".to_string();
        let remedy = "Write `[notification]` with `[notification.parties.NAME]` into the policy.";
        gaps.push(gap("who had to be told of incidents", why, remedy, without_rules));
    }
    let is_unseen = |one: &AuditedNoticeV1| one.state == DutyStateV1::Unseen;
    let notices = register.incidents.iter().filter_map(|one| one.notices.as_ref()).flatten();
    let unseen: Vec<&AuditedNoticeV1> = notices.filter(|one| is_unseen(one)).collect();
    if let Some(first) = unseen.first() {
        let why = first.why.clone().unwrap_or_default();
        let remedy = "Put the party back into the policy, or close the incident.";
        let items = unseen.iter().map(|one| one.id.clone()).collect();
        gaps.push(gap("until when someone has to be told of an incident", why, remedy, items));
    }
    gaps
}
