//! Times in which a run was due and none came. Silence is a finding.

use super::view::{DatasetView, JudgedRun};
use jiff::{SignedDuration, Timestamp};
use portcullis_model::reconciliation::{Dataset, RunPopulation};
use portcullis_wire::audit::v1::RunSilenceV1;
use portcullis_wire::form::Form as _;
use portcullis_wire::run::v1::RunPopulationV1;

/// The silences of the period: of runs of any kind, then of those over all records.
pub(super) fn find_silences(view: &DatasetView<'_>, runs: &[JudgedRun<'_>]) -> Vec<RunSilenceV1> {
    let mut found = Vec::new();
    for of in [RunPopulation::Changes, RunPopulation::Full] {
        found.extend(silences_between(view, &points_of(view, runs, of), of));
    }
    found.sort_by(|one: &RunSilenceV1, other| one.due.cmp(&other.due));
    found
}

/// From where a term is counted.
struct SilencePoint {
    run: Option<u64>,
    at: Timestamp,
    every: Option<SignedDuration>,
}

/// How long it may be until the next run of a kind.
fn term_of(dataset: &Dataset, of: RunPopulation) -> Option<SignedDuration> {
    match of {
        RunPopulation::Full => dataset.full_every,
        RunPopulation::Changes => dataset.expected_every,
    }
}

/// The moment at which the policy began to ask, where no run is from before it, and the runs that
/// show something.
fn points_of(view: &DatasetView<'_>, runs: &[JudgedRun<'_>], of: RunPopulation) -> Vec<SilencePoint> {
    let counts = |one: &&JudgedRun<'_>| {
        let run = one.run();
        run.faults.is_empty() && (of == RunPopulation::Changes || run.population == RunPopulation::Full)
    };
    let shown = runs.iter().filter(counts).map(|one| SilencePoint {
        run: Some(one.run().number),
        at: one.run().manifests.as_of(),
        every: view.shelf.dataset_of(one.run()).and_then(|dataset| term_of(dataset, of)),
    });
    let shown: Vec<SilencePoint> = shown.collect();
    // Where there is no run at all, none may have been fetched: that is a gap, and no silence.
    let begun = view.shelf.defined_since(view.name, view.period.since).filter(|_| !runs.is_empty());
    let begun = begun.filter(|(since, _)| shown.first().is_none_or(|first| *since < first.at));
    let begun = begun.map(|(at, dataset)| SilencePoint { run: None, at, every: term_of(dataset, of) });
    begun.into_iter().chain(shown).collect()
}

fn silences_between(view: &DatasetView<'_>, points: &[SilencePoint], of: RunPopulation) -> Vec<RunSilenceV1> {
    let nexts = points.iter().skip(1).map(Some).chain([None]);
    points.iter().zip(nexts).filter_map(|(point, next)| silence_after(view, point, next, of)).collect()
}

fn silence_after(
    view: &DatasetView<'_>,
    point: &SilencePoint,
    next: Option<&SilencePoint>,
    of: RunPopulation,
) -> Option<RunSilenceV1> {
    let every = point.every?;
    let due = point.at.checked_add(every).ok()?;
    let until = next.map_or(view.period.end(), |next| next.at);
    let is_of_period = until > view.period.since && due < view.period.end();
    (until > due && is_of_period).then(|| RunSilenceV1 {
        id: silence_id(view.name, point.run, of),
        of: RunPopulationV1::of(of),
        after: point.run,
        since: point.at.to_string(),
        every: u64::try_from(every.as_secs()).unwrap_or_default(),
        due: due.to_string(),
        ended_by: next.and_then(|next| next.run),
        until: until.to_string(),
    })
}

fn silence_id(dataset: &str, after: Option<u64>, of: RunPopulation) -> String {
    let full = if of == RunPopulation::Full { "full-" } else { "" };
    match after {
        Some(number) => format!("run/{dataset}/{full}after-{number}"),
        None => format!("run/{dataset}/{full}first"),
    }
}
