//! `portcullis incident open`: by hand, or by a run.

use super::store::{EntryArguments, report_entry, store_event};
use super::{NotificationPolicy, parse_text, parse_time};
use crate::exit::{Exit, Failure, Result};
use crate::record::read_chain;
use crate::{filled, opening, output};
use clap::Args;
use jiff::Timestamp;
use jiff::tz::Offset;
use portcullis_collect::records::DeploymentRecords as _;
use portcullis_git::Repository;
use portcullis_incident::exposure::{describe_exposure, find_exposure};
use portcullis_incident::opening::{OpeningFault, find_opening_faults};
use portcullis_incident::register::identify_incident;
use portcullis_incident::{IncidentFile, IncidentRegister, read_casefiles};
use portcullis_judge::policy::Policy;
use portcullis_model::environment::Environment;
use portcullis_model::incident::{
    ExposedDeployment, IncidentEvent, IncidentExposure, IncidentId, OpenedIncident, RunReference,
};
use portcullis_model::notification::NotificationRules;
use portcullis_model::reconciliation::RecordClass;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Arguments of `incident open`.
#[derive(Debug, Args)]
#[command(
    after_help = "All clocks begin with --aware-at. It cannot be made later afterwards; `incident note --aware-at` makes it \
                  earlier. Exit codes: 0 opened, or opened by the same run before; 2 invalid command line, a dataset that the \
                  policy does not name, or times that contradict each other; 4 the policy has no `[notification]`; 5 not \
                  written; 6 the register does not verify."
)]
pub struct OpeningArguments {
    /// Dataset whose records are concerned.
    #[arg(long, value_name = "NAME", value_parser = parse_text)]
    dataset: String,
    /// The policy does not name the dataset, and it is right all the same.
    #[arg(long)]
    unlisted: bool,
    /// When the organisation became aware of it. Default: when the run found it; now, where no run
    /// did.
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    aware_at: Option<Timestamp>,
    /// How many records of a class of difference were found: `missing=12`. Repeatable.
    #[arg(long = "class", value_name = "CLASS=COUNT", value_parser = parse_class)]
    classes: Vec<(String, u64)>,
    /// Run that found it, with the time of its end: `RUN@TIME`.
    #[arg(long, value_name = "RUN@TIME", value_parser = parse_run)]
    detected_by: Option<RunReference>,
    /// First load whose records were wrong. Leave it out while it is not known.
    #[arg(long, value_name = "RUN@TIME", value_parser = parse_run)]
    first_bad: Option<RunReference>,
    /// Last run before it in which all was well. Leave it out while it is not known.
    #[arg(long, value_name = "RUN@TIME", value_parser = parse_run)]
    last_good: Option<RunReference>,
    /// Environment whose deployment records are looked at for what lies between the two.
    /// Repeatable. Default: every environment that has records.
    #[arg(long = "environment", value_name = "NAME")]
    environments: Vec<Environment>,
    /// Something that is known, in a sentence. Repeatable.
    #[arg(long = "known", value_name = "TEXT", value_parser = parse_text)]
    known: Vec<String>,
    /// Something that is not known yet, in a sentence. Repeatable.
    #[arg(long = "unknown", value_name = "TEXT", value_parser = parse_text)]
    unknown: Vec<String>,
    /// A program opens it and no person has looked yet; its clocks run all the same.
    #[arg(long, requires = "detected_by")]
    draft: bool,
    #[command(flatten)]
    policy: NotificationPolicy,
    #[command(flatten)]
    entry: EntryArguments,
}

/// A count of a class of difference, for clap.
fn parse_class(text: &str) -> Result<(String, u64)> {
    let parts = text.split_once('=');
    let (name, count) = parts.ok_or_else(|| Failure::usage("write CLASS=COUNT, as in missing=12"))?;
    let class = RecordClass::from_name(name).ok_or_else(|| {
        let names = RecordClass::ALL.iter().map(|class| class.as_str());
        Failure::usage(output::unknown("class", name, names))
    })?;
    let count = count.parse().map_err(|_| Failure::usage(format!("`{count}` is no count")))?;
    Ok((class.as_str().to_string(), count))
}

/// A run with its time, for clap.
fn parse_run(text: &str) -> Result<RunReference> {
    let wrong = || Failure::usage("write RUN@TIME, as in load-7@2026-02-28T03:00:00Z");
    let (run, time) = text.rsplit_once('@').ok_or_else(wrong)?;
    Ok(RunReference { run: parse_text(run)?, time: parse_time(time)? })
}

/// Begins the register.
pub(super) fn begin(directory: &Path, entry: &EntryArguments) -> Result {
    let pending = store_event(directory, entry, &|register| match register {
        None => Ok(IncidentEvent::Begun),
        Some(_) => Err(Failure::usage("the register has begun already; see `portcullis incident list`")),
    })?;
    report_entry(&pending, "it begins, with no incident in it")?;
    Ok(Exit::Allowed)
}

/// Opens an incident.
pub(super) fn run(directory: &Path, arguments: &OpeningArguments) -> Result {
    let (policy, rules) = arguments.policy.read()?;
    let now = portcullis_incident::clock::whole_second(Timestamp::now());
    let incident = describe_opening(arguments, &rules, now)?;
    refuse_contradictions(&incident, now)?;
    refuse_unknown_dataset(&policy, &rules, arguments)?;
    let exposure = look_at_deployments(&opening::open(directory)?, arguments)?;
    let incident = OpenedIncident { exposure, ..incident };
    match open_incident(directory, incident.clone(), &arguments.entry)? {
        IncidentOpening::Opened(id) => report_opening(&id, &incident, &rules)?,
        IncidentOpening::OpenAlready(id) => filled::tell(&format!(
            "incident {id} was opened for this before; add what is new with `portcullis incident note {id}`"
        ))?,
    }
    Ok(Exit::Allowed)
}

/// What the arguments say of the incident; its identifier is made when it is stored.
fn describe_opening(
    arguments: &OpeningArguments,
    rules: &NotificationRules,
    now: Timestamp,
) -> Result<OpenedIncident> {
    // Without another word the clocks run from when a run found it, and not from now.
    let found = arguments.detected_by.as_ref().map(|run| run.time);
    Ok(OpenedIncident {
        id: blank_id(now)?,
        dataset: arguments.dataset.clone(),
        draft: arguments.draft,
        classes: sum_classes(&arguments.classes)?,
        detected_by: arguments.detected_by.clone(),
        first_bad: arguments.first_bad.clone(),
        last_good: arguments.last_good.clone(),
        exposure: None,
        known: arguments.known.clone(),
        unknown: arguments.unknown.clone(),
        aware_at: arguments.aware_at.or(found).unwrap_or(now),
        parties: rules.parties_of(&arguments.dataset).map(|party| party.name.clone()).collect(),
    })
}

/// Says what was opened, and what contradicts itself and was kept.
fn report_opening(id: &IncidentId, opened: &OpenedIncident, rules: &NotificationRules) -> Result<()> {
    filled::tell(&format!("incident {id} is open; its clocks run from {}", opened.aware_at))?;
    if let Some(exposure) = &opened.exposure {
        filled::tell(&describe_exposure(exposure, &rules.calendar.zone))?;
    }
    for late in find_opening_faults(opened, Timestamp::MAX) {
        filled::advise(&format!("kept as you say it, and shown with the incident: {late}"));
    }
    let told = match opened.parties.len() {
        1 => "1 party has".to_string(),
        count => format!("{count} parties have"),
    };
    filled::advise(&format!("{told} to be told: see `portcullis incident status`"));
    Ok(())
}

/// Times that cannot all be true are refused. A person may know why awareness came after a run had
/// found it; of a draft no one does.
fn refuse_contradictions(incident: &OpenedIncident, now: Timestamp) -> Result<()> {
    let is_refused = |fault: &OpeningFault| incident.draft || !fault.is_late_awareness();
    let faults: Vec<String> = find_opening_faults(incident, now)
        .iter()
        .filter(|fault| is_refused(fault))
        .map(ToString::to_string)
        .collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(Failure::usage(faults.join("; "))
            .hint("correct the time, or leave out what is not known: `incident note` adds it later")),
    }
}

/// A name that the policy does not know is most likely a wrong one, and parties that are told of
/// some datasets alone would not hear of it. Where no party would be told at all, there would be no
/// clock.
fn refuse_unknown_dataset(
    policy: &Policy,
    rules: &NotificationRules,
    arguments: &OpeningArguments,
) -> Result<()> {
    let name = arguments.dataset.as_str();
    let of_parties = rules.parties.iter().flat_map(|party| &party.datasets);
    let known: BTreeSet<&str> = policy.scope.datasets.keys().chain(of_parties).map(String::as_str).collect();
    let is_known = known.contains(name);
    if !is_known && !arguments.unlisted {
        let message = match known.is_empty() {
            true => format!("the policy names no dataset, so `{name}` cannot be checked"),
            false => output::unknown("dataset", name, known.iter().copied()),
        };
        return Err(Failure::usage(message).hint("add --unlisted, where the name is right all the same"));
    }
    match rules.parties_of(name).next() {
        Some(_) => Ok(()),
        None => Err(Failure::usage(format!("the policy names no party for the dataset `{name}`"))
            .hint("name the dataset as the policy does, or add it to the `datasets` of a party")),
    }
}

fn sum_classes(classes: &[(String, u64)]) -> Result<BTreeMap<String, u64>> {
    let mut counts = BTreeMap::new();
    for (class, count) in classes {
        if counts.insert(class.clone(), *count).is_some() {
            return Err(Failure::usage(format!("--class {class} is there twice")));
        }
    }
    Ok(counts)
}

/// An identifier that is replaced when the incident is stored.
///
/// # Errors
/// The clock of the machine shows no year of four digits.
pub fn blank_id(now: Timestamp) -> Result<IncidentId> {
    let day = Offset::UTC.to_datetime(now).date();
    IncidentId::try_from(format!("{day}-000000")).map_err(Failure::environment)
}

/// What became of an opening.
pub enum IncidentOpening {
    /// There is a new incident.
    Opened(IncidentId),
    /// The run that found it, or an earlier one since the last good run, had opened one before.
    OpenAlready(IncidentId),
}

/// Opens an incident, by hand or as the draft of a run; its identifier is made here. Runs open one
/// incident of a dataset since its last good run, however often they ask.
///
/// # Errors
/// The register does not verify, or the repository cannot be written.
pub fn open_incident(
    directory: &Path,
    incident: OpenedIncident,
    entry: &EntryArguments,
) -> Result<IncidentOpening> {
    let day = incident.id.as_str().get(..10).unwrap_or_default().to_string();
    let id = identify_incident(&incident, &day)
        .ok_or_else(|| Failure::environment("the incident cannot be written as JSON"))?;
    let incident = OpenedIncident { id: id.clone(), ..incident };
    if let Some(earlier) = find_earlier(&opening::open(directory)?, &incident)? {
        return Ok(IncidentOpening::OpenAlready(earlier));
    }
    let opened = store_event(directory, entry, &|register| match opened_by_same_run(register, &incident) {
        Some(earlier) => Err(Failure::usage(format!("incident {earlier} was opened for this meanwhile"))),
        None => Ok(IncidentEvent::Opened(Box::new(incident.clone()))),
    });
    match (opened, find_earlier(&opening::open(directory)?, &incident)?) {
        (Ok(_), _) => Ok(IncidentOpening::Opened(id)),
        (Err(_), Some(earlier)) => Ok(IncidentOpening::OpenAlready(earlier)),
        (Err(failure), None) => Err(failure),
    }
}

fn find_earlier(repository: &Repository, incident: &OpenedIncident) -> Result<Option<IncidentId>> {
    Ok(opened_by_same_run(super::seen::find_register(repository)?.as_ref(), incident))
}

fn opened_by_same_run(register: Option<&IncidentRegister>, incident: &OpenedIncident) -> Option<IncidentId> {
    let run = incident.detected_by.as_ref()?;
    let files = read_casefiles(&register?.links);
    let is_same = |file: &IncidentFile| {
        let opened = &file.opened;
        // Later runs of one bad stretch find the same incident as long as it is open.
        let goes_on =
            file.history.closed.is_none() && opened.detected_by.is_some() && opened.first_bad.is_some();
        opened.dataset == incident.dataset
            && (opened.detected_by.as_ref() == Some(run)
                || (goes_on && opened.first_bad == incident.first_bad))
    };
    let same = files.into_iter().find(is_same);
    same.map(|file| file.history.id)
}

/// The deployments between the last good run and the first bad load, where both are known and the
/// records verify. What cannot be seen is said, and stays unknown.
fn look_at_deployments(
    repository: &Repository,
    arguments: &OpeningArguments,
) -> Result<Option<IncidentExposure>> {
    let (Some(good), Some(bad)) = (&arguments.last_good, &arguments.first_bad) else { return Ok(None) };
    let environments = match arguments.environments.as_slice() {
        [] => repository.environments().map_err(crate::record::unseen_failure)?,
        named => named.to_vec(),
    };
    if environments.is_empty() {
        filled::advise("there are no deployment records here: what was deployed in between is not known");
        return Ok(None);
    }
    let mut deployments = Vec::new();
    for environment in &environments {
        match recorded_deployments(repository, environment)? {
            Some(found) => deployments.extend(found),
            None => return Ok(None),
        }
    }
    Ok(Some(find_exposure(&deployments, good.time, bad.time)))
}

fn recorded_deployments(
    repository: &Repository,
    environment: &Environment,
) -> Result<Option<Vec<ExposedDeployment>>> {
    let chain = read_chain(repository, environment)?;
    let Some(chain) = chain.filter(|chain| chain.problems.is_empty()) else {
        filled::advise(&format!(
            "the records of {environment} are not here or do not verify: what was deployed in between is not known"
        ));
        return Ok(None);
    };
    let deployment = |link: &portcullis_record::RecordLink| ExposedDeployment {
        time: link.entry.time,
        environment: environment.clone(),
        number: link.entry.number,
        candidate: link.entry.candidate.clone(),
    };
    Ok(Some(chain.links.iter().map(deployment).collect()))
}
