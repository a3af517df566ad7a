//! A run over budget opens the draft of an incident, and with it the clocks of those who must be
//! told.

use crate::exit::{Exit, Failure, Result};
use crate::incident::open::{IncidentOpening, blank_id, open_incident};
use crate::incident::store::EntryArguments;
use crate::record::unseen_failure;
use crate::{opening, output};
use portcullis_collect::records::DeploymentRecords as _;
use portcullis_collect::runs::recorded_deployments;
use portcullis_forge::ci;
use portcullis_incident::exposure::find_exposure;
use portcullis_judge::policy::Policy;
use portcullis_model::incident::{ExposedDeployment, IncidentExposure, OpenedIncident, RunReference};
use portcullis_model::notification::NotificationRules;
use portcullis_model::reconciliation::run::find_exceeded;
use portcullis_model::reconciliation::{Dataset, ReconciliationRun, RunOutcome, RunPopulation};
use portcullis_record::run::RunChain;
use std::collections::BTreeSet;
use std::path::Path;

/// Who opens an incident where neither a job nor an account says it.
const RECORDER: &str = "portcullis reconcile";

/// Can the policy say who has to be told of a dataset?
///
/// # Errors
/// It has no `[notification]`, or no party is told of the dataset: no clock would run.
pub(super) fn check_policy(policy: &Policy, dataset: &str) -> Result<()> {
    match &policy.scope.notification {
        Some(rules) if rules.parties_of(dataset).next().is_some() => Ok(()),
        Some(_) => Err(Failure::policy(format!("no party is told of the dataset `{dataset}`"))
            .hint("add it to the `datasets` of a party in `[notification.parties.NAME]`")),
        None => Err(Failure::policy("an incident needs the parties who have to be told")
            .hint("write `[notification]` with `[notification.parties.NAME]`; see docs/policy.md")),
    }
}

/// Opens the draft of an incident for a run that is kept; `before` are the runs before it. A run
/// opens one incident, however often it asks.
pub(super) fn open_draft(
    directory: &Path,
    policy: &Policy,
    dataset: &Dataset,
    run: &ReconciliationRun,
    before: Option<&RunChain>,
    push: Option<&str>,
) -> Result<()> {
    let Some(rules) = policy.scope.notification.as_ref().filter(|_| run.outcome == RunOutcome::OverBudget)
    else {
        return Ok(());
    };
    let earlier: Vec<&ReconciliationRun> =
        before.map_or(&[][..], |chain| &chain.links).iter().map(|link| &link.run).collect();
    let (good, bad) = find_turn(run, &earlier);
    let exposure = good.map(|good| find_deployments(directory, good, bad)).transpose()?.flatten();
    let incident = draft_incident(rules, dataset, run, &earlier, exposure)?;
    // A run has to be able to open an incident where no person is known.
    let by = ci::find_recorder().unwrap_or_else(|| RECORDER.to_string());
    let entry =
        EntryArguments { by: Some(by), push: push.map(ToString::to_string), ..EntryArguments::default() };
    let told = match open_incident(directory, incident, &entry)? {
        IncidentOpening::Opened(id) => {
            format!(
                "incident {id} is open as a draft; its clocks run from {}: see `portcullis incident show {id}`",
                run.time
            )
        }
        IncidentOpening::OpenAlready(id) => {
            format!(
                "incident {id} was opened for this before; add what is new with `portcullis incident note {id} TEXT`"
            )
        }
    };
    output::remark(&told);
    Ok(())
}

/// The last good run and the first bad one after it; `earlier` are the runs before, oldest first. A
/// run that looked at some records only does not show that the others were right.
pub fn find_turn<'r>(
    run: &'r ReconciliationRun,
    earlier: &[&'r ReconciliationRun],
) -> (Option<&'r ReconciliationRun>, &'r ReconciliationRun) {
    let is_good =
        |one: &&ReconciliationRun| one.outcome == RunOutcome::Green && one.population == RunPopulation::Full;
    let good = earlier.iter().rposition(is_good);
    let since = earlier.get(good.map_or(0, |place| place + 1)..).unwrap_or_default();
    let bad = since.iter().find(|one| one.outcome == RunOutcome::OverBudget).copied();
    (good.and_then(|place| earlier.get(place)).copied(), bad.unwrap_or(run))
}

/// The draft of the incident that a run over budget opens. Its identifier is made when it is
/// stored. Told are the parties of the dataset, and its recipients.
///
/// # Errors
/// The time of the run has no year of four digits.
pub fn draft_incident(
    rules: &NotificationRules,
    dataset: &Dataset,
    run: &ReconciliationRun,
    earlier: &[&ReconciliationRun],
    exposure: Option<IncidentExposure>,
) -> Result<OpenedIncident> {
    let (good, bad) = find_turn(run, earlier);
    let exceeded = find_exceeded(&run.classes, &dataset.budgets);
    let over = exceeded.iter().filter(|one| one.confirmed);
    let concerned: BTreeSet<&str> =
        rules.parties_of(&dataset.name).map(|party| party.name.as_str()).collect();
    let is_told = |name: &str| concerned.contains(name) || dataset.recipients.iter().any(|one| one == name);
    Ok(OpenedIncident {
        id: blank_id(run.time)?,
        dataset: dataset.name.clone(),
        draft: true,
        classes: over.clone().map(|one| (one.class.as_str().to_string(), one.count)).collect(),
        detected_by: Some(name_run(run, run.time)),
        first_bad: Some(name_run(bad, bad.manifests.as_of())),
        last_good: good.map(|run| name_run(run, run.manifests.as_of())),
        exposure,
        known: over.map(|one| one.class.meaning().to_string()).collect(),
        unknown: vec!["Which people the records concern, and what followed for them.".to_string()],
        aware_at: run.time,
        parties: rules.parties.iter().map(|party| party.name.clone()).filter(|name| is_told(name)).collect(),
    })
}

fn name_run(run: &ReconciliationRun, time: jiff::Timestamp) -> RunReference {
    RunReference { run: format!("{} {}", run.dataset, run.number), time }
}

/// What was deployed between two runs, where there are records.
///
/// # Errors
/// The records cannot be read.
pub fn find_deployments(
    directory: &Path,
    good: &ReconciliationRun,
    bad: &ReconciliationRun,
) -> Result<Option<IncidentExposure>> {
    let repository = opening::open(directory)?;
    let environments = repository.environments().map_err(unseen_failure)?;
    if environments.is_empty() {
        return Ok(None);
    }
    let mut deployments = Vec::new();
    for environment in environments {
        let found = recorded_deployments(&repository, environment.as_str())
            .map_err(|gap| Failure::unseen(Exit::Environment, &gap))?;
        deployments.extend(found.into_iter().map(|one| ExposedDeployment {
            environment: environment.clone(),
            number: one.number,
            candidate: one.candidate,
            time: one.time,
        }));
    }
    Ok(Some(find_exposure(&deployments, good.manifests.as_of(), bad.manifests.as_of())))
}
