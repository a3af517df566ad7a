//! `reconcile list`, `show` and `verify`: the runs that are kept.

use super::inputs::read_dataset_policy;
use super::{PolicyArguments, RunExpectations, RunFormat, ShowArguments, exit_of};
use crate::exit::{Exit, Failure, Result};
use crate::policy_file::POLICY;
use crate::record::unseen_failure;
use crate::{opening, output};
use jiff::Timestamp;
use portcullis_collect::records::{DeploymentRecords as _, FETCH};
use portcullis_collect::runs::{read_runs, recorded_deployments, run_refs};
use portcullis_git::Repository;
use portcullis_model::change::Revision;
use portcullis_model::reconciliation::{ReconciliationRun, RunOutcome};
use portcullis_record::run::{RUNS_PREFIX, RunChain, run_reference};
use portcullis_render::reconciliation::{RunShown, write_run_line, write_run_text};
use portcullis_wire::run::v1::write_run;
use std::path::Path;

pub(super) fn list(directory: &Path, dataset: Option<&str>) -> Result {
    let repository = opening::open(directory)?;
    let mut exit = Exit::Allowed;
    for reference in meant_refs(&repository, dataset, false)? {
        let chain = read_chain(&repository, &reference)?;
        // What a run says of itself is shown only when the whole chain verifies.
        if report_problems(&chain) {
            exit = Exit::Unverified;
            continue;
        }
        let mut text = format!("{}\n", name_of(&reference));
        chain.links.iter().for_each(|link| text += &format!("  {}\n", write_run_line(&link.run)));
        output::text(&text)?;
    }
    Ok(exit)
}

pub(super) fn show(directory: &Path, arguments: &ShowArguments) -> Result {
    let repository = opening::open(directory)?;
    let reference = run_reference(&arguments.dataset);
    meant_refs(&repository, Some(&arguments.dataset), false)?;
    let chain = read_chain(&repository, &reference)?;
    if report_problems(&chain) {
        return Ok(Exit::Unverified);
    }
    let link = match arguments.number {
        None => chain.newest(),
        Some(number) => chain.links.iter().find(|link| link.run.number == number),
    };
    let link = link.ok_or_else(|| {
        Failure::usage(format!(
            "{} has {}",
            arguments.dataset,
            portcullis_render::plural(chain.links.len() as u64, "run")
        ))
    })?;
    if arguments.format == RunFormat::Json {
        let bytes = write_run(link.run.clone()).map_err(|error| Failure::environment(error.to_string()))?;
        output::data(&bytes)?;
        return Ok(exit_of(link.run.outcome));
    }
    let exposure = tell_exposure(&repository, &chain, &link.run, arguments.environment.as_deref())?;
    let commit = link.commit.short();
    // Budgets are shown where the policy here is the one that the run was judged by.
    let policy = read_dataset_policy(directory, &PolicyArguments::default()).ok();
    let policy = policy.filter(|policy| policy.digest == link.run.policy);
    let dataset = policy.as_ref().and_then(|policy| policy.scope.datasets.get(&arguments.dataset));
    let notes = match dataset {
        Some(_) => Vec::new(),
        None => vec![format!("budgets: {POLICY} is not the policy that this run was judged by")],
    };
    output::text(&write_run_text(&RunShown {
        run: &link.run,
        budgets: dataset.map(|dataset| &dataset.budgets),
        kept: Some(commit),
        notes: &notes,
        exposure: &exposure,
        accepted: &[],
    }))?;
    Ok(exit_of(link.run.outcome))
}

/// Where it went wrong: the last good run, the first bad one after it, and what was deployed
/// between the two.
fn tell_exposure(
    repository: &Repository,
    chain: &RunChain,
    run: &ReconciliationRun,
    environment: Option<&str>,
) -> Result<Vec<String>> {
    if run.outcome == RunOutcome::Green {
        return Ok(Vec::new());
    }
    let earlier = chain.links.iter().map(|link| &link.run).filter(|one| one.number <= run.number);
    let mut since: Vec<&ReconciliationRun> = earlier.collect();
    let good = since.iter().rposition(|one| one.outcome == RunOutcome::Green);
    let since = since.split_off(good.map_or(0, |place| place + 1));
    let Some(bad) = since.iter().find(|one| one.outcome == RunOutcome::OverBudget) else {
        return Ok(Vec::new());
    };
    let good = good.and_then(|place| chain.links.get(place)).map(|link| &link.run);
    let mut told = vec![match good {
        Some(good) => {
            format!("last good: run {}, which read both sides by {}", good.number, good.manifests.as_of())
        }
        None => "no earlier run was good".to_string(),
    }];
    told.push(format!("first bad: run {}, which read both sides by {}", bad.number, bad.manifests.as_of()));
    let environments = match environment {
        Some(name) => vec![name.to_string()],
        None => repository
            .environments_by_name()
            .map_err(unseen_failure)?
            .iter()
            .map(ToString::to_string)
            .collect(),
    };
    for name in environments {
        for one in recorded_deployments(repository, &name).map_err(unseen_failure)? {
            let is_after = good.is_none_or(|good| good.manifests.as_of() <= one.time);
            if is_after && one.time <= bad.manifests.as_of() {
                told.push(format!(
                    "between: deployment {} to {name} ({}), {}",
                    one.number,
                    one.candidate.short(),
                    one.time
                ));
            }
        }
    }
    Ok(told)
}

pub(super) fn verify(directory: &Path, expected: &RunExpectations) -> Result {
    let repository = opening::open(directory)?;
    let tip = expected.expect_tip.clone().map(Revision::try_from).transpose().map_err(Failure::usage)?;
    let remembers = tip.is_some() || expected.at_least.is_some_and(|least| least > 0);
    let mut exit = Exit::Allowed;
    for reference in meant_refs(&repository, expected.dataset.as_deref(), remembers)? {
        let chain = read_chain(&repository, &reference)?;
        let name = name_of(&reference);
        let count = portcullis_render::plural(chain.commits.len() as u64, "run");
        let newest = chain.tip().map(Revision::as_str).unwrap_or_default();
        let mut lost = Vec::new();
        if let Some(tip) = tip.as_ref().filter(|tip| !chain.commits.contains(tip)) {
            lost.push(format!("it does not hold run {tip} any more: its ref was moved, or the chain forked"));
        }
        if let Some(least) = expected.at_least.filter(|least| (chain.commits.len() as u64) < *least) {
            lost.push(format!("there are {count}, and there should be at least {least}"));
        }
        lost.iter().for_each(|lost| output::complain(&format!("{name}: {lost}")));
        if report_problems(&chain) || !lost.is_empty() {
            exit = Exit::Unverified;
            continue;
        }
        let end = match remembers {
            true => "",
            false => "; unchecked: whether newer ones were removed (--expect-tip, --at-least)",
        };
        output::text(&format!("{name}: {count} verified, the newest is {newest}{end}"))?;
    }
    Ok(exit)
}

fn meant_refs(repository: &Repository, dataset: Option<&str>, remembers: bool) -> Result<Vec<String>> {
    let known = run_refs(repository).map_err(unseen_failure)?;
    let none = |of: &str| {
        let none = Failure::environment(format!("there are no runs{of} here"))
            .hint(format!("a clone does not bring them by itself: {FETCH}"));
        if remembers { Failure { exit: Exit::Unverified, ..none } } else { none }
    };
    match dataset {
        Some(dataset) => {
            let reference = run_reference(dataset);
            let is_here = known.contains(&reference);
            if is_here { Ok(vec![reference]) } else { Err(none(&format!(" of {dataset}"))) }
        }
        None if known.is_empty() => Err(none("")),
        None => Ok(known),
    }
}

fn read_chain(repository: &Repository, reference: &str) -> Result<RunChain> {
    let chain = read_runs(repository, reference, Timestamp::now()).map_err(unseen_failure)?;
    chain.ok_or_else(|| Failure::environment(format!("`{reference}` is gone")))
}

fn name_of(reference: &str) -> &str {
    reference.strip_prefix(RUNS_PREFIX).unwrap_or(reference)
}

/// Says what is wrong with a chain; is anything?
fn report_problems(chain: &RunChain) -> bool {
    let name = name_of(&chain.reference);
    chain.problems.iter().for_each(|problem| output::complain(&format!("{name}: {problem}")));
    !chain.problems.is_empty()
}
