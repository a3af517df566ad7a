//! DueRuns of reconciliation: by `expected-every` and `full-every` of each dataset.

use super::changes_at;
use crate::due::source::{DueSource, DueView};
use jiff::{SignedDuration, Timestamp};
use portcullis_collect::records::FETCH;
use portcullis_collect::runs::{read_runs, signed_runs};
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::reconciliation::{Dataset, ReconciliationRun, RunPopulation};
use portcullis_record::run::{RunLink, run_reference};

/// The source.
pub struct ExpectedRuns;

impl DueSource for ExpectedRuns {
    fn name(&self) -> &'static str {
        "reconciliation"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        let datasets = &view.policy.scope.datasets;
        if datasets.is_empty() {
            return SourceAnswer::idle(self.name(), "the policy has no dataset");
        }
        let mut answer = SourceAnswer::of(self.name(), Ok(Vec::new()));
        for dataset in datasets.values() {
            answer.notes.extend(note_silence(dataset));
            for (every, what, full) in [
                (dataset.expected_every, "a run of reconciliation", false),
                (dataset.full_every, "a run of reconciliation over all records", true),
            ] {
                let Some(every) = every else { continue };
                match last_run(view, dataset, full) {
                    Ok(last) => answer.deeds.extend(expect_run(dataset, last, every, what)),
                    Err(gap) => answer.gaps.push(gap),
                }
            }
        }
        answer
    }
}

fn expect_run(dataset: &Dataset, last: Timestamp, every: SignedDuration, what: &str) -> Option<ExpectedDeed> {
    Some(ExpectedDeed {
        source: ExpectedRuns.name(),
        subject: dataset.name.clone(),
        what: what.to_string(),
        due: last.checked_add(every).ok()?,
        about: format!("reconciliation/{}/{what}", dataset.name),
        since: Some(last),
        changes: changes_at(last),
        remedy: format!("Run `portcullis reconcile` for {}, and find out why it did not run.", dataset.name),
    })
}

/// What is never missed of a dataset.
fn note_silence(dataset: &Dataset) -> Option<String> {
    let name = &dataset.name;
    match (dataset.expected_every, dataset.full_every) {
        (Some(_), _) => None,
        (None, Some(_)) => Some(format!(
            "dataset {name} sets no interval for runs of a part (`expected-every`): only runs over all records are missed"
        )),
        (None, None) => Some(format!(
            "dataset {name} sets no interval (`expected-every`): a run that does not come is not missed"
        )),
    }
}

/// When the last run of a dataset that shows anything read its sides: the earlier of the two. The
/// last over all records, where `full`.
fn last_run(view: &DueView<'_>, dataset: &Dataset, full: bool) -> Result<Timestamp, Gap> {
    let reference = run_reference(&dataset.name);
    let unseen = |reason, detail: String| {
        Gap::new(
            format!("the last run of reconciliation of {}", dataset.name),
            reason,
            detail,
            format!("Fetch the runs (`{FETCH}`), and see `portcullis reconcile verify {}`.", dataset.name),
        )
    };
    let clock = view.at.max(Timestamp::now());
    let none = || {
        unseen(GapReason::NotVisible, "no run of it that shows anything is in this repository".to_string())
    };
    let chain = read_runs(&view.repository, &reference, clock)?.ok_or_else(none)?;
    if let Some(problem) = chain.problems.first() {
        return Err(unseen(GapReason::Contradiction, problem.to_string()));
    }
    let counts = |run: &&ReconciliationRun| {
        run.faults.is_empty()
            && dataset.is_defined_by(&run.definition)
            && (!full || run.population == RunPopulation::Full)
    };
    let links = counted_links(view, dataset, &chain.links)?;
    let newest = links.iter().rev().map(|link| &link.run).find(counts);
    let unsigned = || match &dataset.signers {
        Some(list) if !chain.links.is_empty() => {
            let detail = format!("no run of it that shows anything is signed by anyone in {list} at HEAD");
            unseen(GapReason::Untrusted, detail)
        }
        _ => none(),
    };
    newest.map(|run| run.manifests.as_of()).ok_or_else(unsigned)
}

/// The runs that count: where the dataset names signers, those that one of them signed.
fn counted_links<'l>(
    view: &DueView<'_>,
    dataset: &Dataset,
    links: &'l [RunLink],
) -> Result<Vec<&'l RunLink>, Gap> {
    let Some(list) = &dataset.signers else { return Ok(links.iter().collect()) };
    let head = view.repository.resolve("HEAD").map_err(|error| {
        let what = format!("the signers of runs, {list}");
        Gap::new(what, GapReason::MissingObject, format!("{error:#}"), "Check out the branch of the policy.")
    })?;
    Ok(signed_runs(&view.repository, &head, list, links))
}
