//! Runs of reconciliation: by `expected-every` and `full-every` of each dataset.

use super::changes_at;
use crate::cli::due::source::{DueSource, DueView};
use jiff::{SignedDuration, Timestamp};
use portcullis_git::Repository;
use portcullis_incident::expected::{ExpectedDeed, SourceAnswer};
use portcullis_judge::policy::Policy;
use portcullis_model::fact::{Gap, GapReason};
use portcullis_model::reconciliation::Dataset;

/// The source.
pub struct Runs;

impl DueSource for Runs {
    fn name(&self) -> &'static str {
        "reconciliation"
    }

    fn look(&self, view: &DueView<'_>) -> SourceAnswer {
        let datasets = expected_datasets(view.policy);
        if datasets.is_empty() {
            return SourceAnswer::idle(self.name(), "the policy expects no run of reconciliation");
        }
        let mut answer = SourceAnswer::of(self.name(), Ok(Vec::new()));
        for dataset in datasets {
            for (every, what, full) in [
                (dataset.expected_every, "a run of reconciliation", false),
                (dataset.full_every, "a run of reconciliation over all records", true),
            ] {
                let Some(every) = every else { continue };
                match last_run(&view.repository, &dataset.name, full) {
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
        source: Runs.name(),
        subject: dataset.name.clone(),
        what: what.to_string(),
        due: last.checked_add(every).ok()?,
        about: format!("reconciliation/{}/{what}", dataset.name),
        since: Some(last),
        changes: changes_at(last),
        remedy: format!("Run `portcullis reconcile` for {}, and find out why it did not run.", dataset.name),
    })
}

/// The datasets of the policy of which runs are expected.
///
/// A policy has no `[reconciliation.NAME]` yet; once it has, its datasets with `expected-every` or
/// `full-every` are returned here, and nothing else of this source changes.
fn expected_datasets(_policy: &Policy) -> Vec<&Dataset> {
    Vec::new()
}

/// When the last run of a dataset ended; the last over all records, where `full`.
///
/// Runs are not kept yet; once they are, the newest one below
/// `refs/portcullis/reconciliation/<dataset>` that verifies is looked up here.
fn last_run(_repository: &Repository, dataset: &str, _full: bool) -> Result<Timestamp, Gap> {
    Err(Gap::new(
        format!("the last run of reconciliation of {dataset}"),
        GapReason::Unsupported,
        "no run is kept in this repository",
        "Fetch the runs: `git fetch origin 'refs/portcullis/*:refs/portcullis/*'`.",
    ))
}
