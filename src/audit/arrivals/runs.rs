//! The runs of one dataset.

use super::PolicyShelf;
use super::breaks::open_breaks;
use super::silences::find_silences;
use super::stretches::find_stretches;
use super::view::{DatasetView, JudgedRun, run_id};
use portcullis_model::reconciliation::ReconciliationRun;
use portcullis_model::reconciliation::run::judge_with_shares;
use portcullis_record::run::RunLink;
use portcullis_wire::audit::v1::{
    AuditedChainV1, AuditedDatasetV1, AuditedRunV1, CountedClassV1, RunJudgeV1,
};
use portcullis_wire::form::Form as _;
use portcullis_wire::run::v1::{RunOutcomeV1, RunPopulationV1, RunShareV1};

/// What the runs of a dataset show, whose chain holds together; `links` are all of it, oldest
/// first.
pub fn audit_dataset(view: &DatasetView<'_>, links: &[RunLink]) -> AuditedDatasetV1 {
    let seen = links.iter().filter(|link| link.run.time <= view.period.as_of);
    let newest = seen.clone().next_back();
    let runs: Vec<JudgedRun<'_>> = seen
        .filter(|link| link.run.time < view.period.until)
        .map(|link| judge_again(view.shelf, link))
        .collect();
    let of_period = runs.iter().filter(|one| view.period.holds(one.run().time));
    AuditedDatasetV1 {
        chain: newest.map(chain_up_to),
        runs: of_period.map(|one| audit_run(view, one)).collect(),
        silences: find_silences(view, &runs),
        stretches: find_stretches(view, &runs),
        breaks: runs.last().and_then(|last| open_breaks(last.run())),
        ..no_runs(view.shelf, view.name)
    }
}

/// A dataset whose runs do not hold together, or are of another dataset.
pub fn broken_dataset(shelf: &PolicyShelf<'_>, name: &str, problems: Vec<String>) -> AuditedDatasetV1 {
    AuditedDatasetV1 { problems, ..no_runs(shelf, name) }
}

/// A dataset whose runs cannot be read; why.
pub fn unseen_dataset(shelf: &PolicyShelf<'_>, name: &str, why: String) -> AuditedDatasetV1 {
    AuditedDatasetV1 { unseen: Some(why), ..no_runs(shelf, name) }
}

fn no_runs(shelf: &PolicyShelf<'_>, name: &str) -> AuditedDatasetV1 {
    let today = shelf.dataset_today(name);
    let every = today.and_then(|dataset| dataset.expected_every);
    AuditedDatasetV1 {
        dataset: name.to_string(),
        in_policy: today.is_some(),
        expected_every: every.and_then(|every| u64::try_from(every.as_secs()).ok()),
        chain: None,
        problems: Vec::new(),
        unseen: None,
        runs: Vec::new(),
        silences: Vec::new(),
        stretches: Vec::new(),
        breaks: None,
    }
}

fn chain_up_to(newest: &RunLink) -> AuditedChainV1 {
    AuditedChainV1 { count: newest.run.number, tip: (&newest.commit).into(), digest: (&newest.digest).into() }
}

/// What a run comes to by the budgets of the policy that it was made with.
fn judge_again<'a>(shelf: &PolicyShelf<'a>, link: &'a RunLink) -> JudgedRun<'a> {
    let run = &link.run;
    let (dataset, judge) = match (shelf.dataset_then(run), shelf.dataset_today(&run.dataset)) {
        (Some(then), _) => (Some(then), RunJudgeV1::Then),
        (None, Some(today)) => (Some(today), RunJudgeV1::Today),
        (None, None) => (None, RunJudgeV1::Itself),
    };
    let outcome = dataset.map_or(run.outcome, |dataset| {
        judge_with_shares(&run.classes, &run.shares, &run.faults, &dataset.budgets)
    });
    JudgedRun { link, outcome, judge, dataset }
}

fn audit_run(view: &DatasetView<'_>, judged: &JudgedRun<'_>) -> AuditedRunV1 {
    let (link, run) = (judged.link, judged.run());
    AuditedRunV1 {
        id: run_id(view.name, run.number),
        number: run.number,
        commit: (&link.commit).into(),
        digest: (&link.digest).into(),
        time: run.time.to_string(),
        as_of: run.manifests.as_of().to_string(),
        population: RunPopulationV1::of(run.population),
        source_rows: run.manifests.source.rows,
        target_rows: run.manifests.target.rows,
        said: RunOutcomeV1::of(run.outcome),
        outcome: RunOutcomeV1::of(judged.outcome),
        judged_by: judged.judge,
        classes: count_classes(run),
        shares: run.shares.iter().copied().map(RunShareV1::of).collect(),
        faults: run.faults.clone(),
        drift: run.drift.clone(),
        open_breaks: (run.breaks.len() as u64).saturating_add(run.unlisted_breaks),
        signature: (view.signature)(link),
        tool: run.tool.clone(),
    }
}

fn count_classes(run: &ReconciliationRun) -> Vec<CountedClassV1> {
    let counted = run.classes.iter().map(|(class, count)| CountedClassV1 {
        class: class.as_str().to_string(),
        seen: count.seen,
        confirmed: count.confirmed,
        accepted: count.accepted,
    });
    counted.collect()
}
