//! Runs as values: silences, stretches, breaks, and what follows from them.

use super::*;
use jiff::SignedDuration;
use portcullis_model::change::Revision;
use portcullis_model::digest::Digest;
use portcullis_model::incident::ExposedDeployment;
use portcullis_model::reconciliation::run::{ComparedManifest, RecordBreak, RunManifests};
use portcullis_model::reconciliation::{
    ClassCount, Isolation, ReconciliationRun, RecordClass, RunOutcome, RunPopulation,
};
use portcullis_record::run::RunLink;
use portcullis_wire::audit::v1::AuditedDatasetV1;
use portcullis_wire::run::v1::RunOutcomeV1;

const POLICY: &str = r#"
schema = 1
[project]
name = "Records"
[branches]
deployment = ["main"]
[[data-processing]]
name = "upload"
purpose = "Loads records"
paths = ["services/upload/**"]
[controls.required-reviews]
approvals = 1
[reconciliation.nominal]
areas = ["upload"]
key = [{ name = "id", type = "text" }]
deadline = "24h"
expected-every = "2d"
budgets = { missing = 1 }
"#;

fn day(number: i64) -> Timestamp {
    "2025-01-01T06:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * number)
}

/// A run of this day, with so many records missing since the day before.
fn run(number: u64, on: i64, missing: u64) -> RunLink {
    let count = |seen| ClassCount { seen, confirmed: seen, accepted: 0 };
    let manifest = ComparedManifest {
        header: Digest::of(b"header"),
        as_of: day(on),
        rows: 9,
        isolation: Isolation::File,
    };
    let breaks = (0..missing).map(|place| RecordBreak {
        key: format!("{place:032x}"),
        class: RecordClass::Missing,
        sequence: 1,
        opened: number,
        since: day(on - 1),
        confirmed: true,
        accepted: false,
    });
    let run = ReconciliationRun {
        schema: 1,
        dataset: "nominal".into(),
        number,
        previous: None,
        time: day(on),
        definition: Digest::of(b"definition"),
        policy: Digest::of(POLICY.as_bytes()),
        population: RunPopulation::Full,
        manifests: RunManifests { source: manifest.clone(), target: manifest, rejects: None, receipts: None },
        outcome: if missing > 1 { RunOutcome::OverBudget } else { RunOutcome::Green },
        classes: [(RecordClass::Ok, count(9)), (RecordClass::Missing, count(missing))].into(),
        shares: Vec::new(),
        reasons: Default::default(),
        faults: Vec::new(),
        breaks: breaks.collect(),
        unlisted_breaks: 0,
        drift: Vec::new(),
        result: None,
        tool: "portcullis".into(),
    };
    let commit = Revision::try_from(format!("{number:040x}")).unwrap();
    RunLink { commit, digest: Digest::of(&number.to_be_bytes()), run, signature: None }
}

fn audited(links: &[RunLink], deployments: &[ExposedDeployment]) -> AuditedDatasetV1 {
    let policy = Policy::parse(POLICY).unwrap();
    let known = [(policy.digest.to_string(), &policy)].into();
    let shelf = PolicyShelf { today: Some(&policy), known, in_force: &[] };
    let period = ArrivalPeriod { since: day(0), until: day(20), as_of: day(30) };
    let view = DatasetView { name: "nominal", shelf: &shelf, period, deployments, signature: &|_| None };
    audit_dataset(&view, links)
}

#[test]
fn a_stretch_begins_with_the_first_bad_run_and_ends_with_a_good_one() {
    let links = [run(1, 1, 0), run(2, 3, 4), run(3, 5, 7), run(4, 7, 1), run(5, 9, 0)];
    let deployment = |number: u64, on: i64| ExposedDeployment {
        time: day(on),
        environment: "production".parse().unwrap(),
        number,
        candidate: Revision::try_from("a".repeat(40)).unwrap(),
    };
    let found = audited(&links, &[deployment(1, 0), deployment(2, 2), deployment(3, 4)]);
    let [stretch] = found.stretches.as_slice() else { panic!("{:#?}", found.stretches) };
    assert_eq!((stretch.first_bad.number, stretch.last_bad.number, stretch.runs), (2, 3, 2));
    assert_eq!(stretch.last_good.as_ref().map(|mark| mark.number), Some(1));
    assert_eq!(stretch.good_again.as_ref().map(|mark| mark.number), Some(4));
    assert_eq!((stretch.over[0].count, stretch.over[0].budget), (7, 1));
    let between = &stretch.exposure.as_ref().unwrap().between;
    assert_eq!(between.iter().map(|one| one.number).collect::<Vec<_>>(), [2]);
    assert_eq!(audited(&links, &[]).stretches[0].exposure, None);
}

#[test]
fn silence_is_found_between_runs_and_after_the_last_and_a_run_that_shows_nothing_ends_none() {
    let mut broken = run(3, 6, 0);
    broken.run.faults = vec!["nothing was read".into()];
    broken.run.outcome = RunOutcome::Broken;
    let found = audited(&[run(1, 1, 0), run(2, 3, 0), broken, run(4, 8, 0)], &[]);
    let silences: Vec<_> = found.silences.iter().map(|one| (one.after, one.ended_by)).collect();
    assert_eq!(silences, [(Some(2), Some(4)), (Some(4), None)]);
    assert_eq!(found.silences[0].due, day(5).to_string());
    let daily: Vec<RunLink> = (0..=20).map(|on| run(on as u64 + 1, on, 0)).collect();
    assert_eq!(audited(&daily, &[]).silences, [], "twin");
}

#[test]
fn a_run_is_judged_by_its_counts_and_never_by_its_word() {
    let mut lie = run(1, 1, 5);
    lie.run.outcome = RunOutcome::Green;
    let found = audited(&[lie], &[]);
    assert_eq!(
        (&found.runs[0].said, &found.runs[0].outcome),
        (&RunOutcomeV1::Green, &RunOutcomeV1::OverBudget)
    );
    let arrivals = ArrivalsV1 { datasets: vec![found], register: None };
    let reasons: Vec<String> =
        exceptions_of_arrivals(&arrivals).into_iter().map(|one| one.finding.reason).collect();
    assert!(reasons.iter().any(|reason| reason.contains("says that it is green")), "{reasons:?}");
}

#[test]
fn open_differences_have_the_age_that_they_had_at_the_last_run() {
    let found = audited(&[run(1, 1, 0), run(2, 3, 1)], &[]);
    let breaks = found.breaks.unwrap();
    assert_eq!((breaks.total, breaks.classes[0].oldest_age, breaks.classes[0].day), (1, 86_400, 1));
    assert_eq!(audited(&[run(1, 1, 0)], &[]).breaks, None, "twin");
}

#[test]
fn what_is_after_the_end_is_not_looked_at() {
    let found = audited(&[run(1, 1, 0), run(2, 25, 9), run(3, 31, 9)], &[]);
    assert_eq!((found.runs.len(), found.stretches.len()), (1, 0));
    // The chain goes up to the present of the audit, so that it can be followed.
    assert_eq!(found.chain.unwrap().count, 2);
}
