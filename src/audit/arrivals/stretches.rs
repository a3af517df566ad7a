//! Stretches of runs over budget: where one begins, what was deployed before it, and how it ends.

use super::view::{DatasetView, JudgedRun, run_id};
use portcullis_incident::exposure::find_exposure;
use portcullis_model::reconciliation::RunOutcome;
use portcullis_model::reconciliation::run::find_exceeded;
use portcullis_wire::audit::v1::{BadStretchV1, OverBudgetV1};
use portcullis_wire::form::Form as _;
use portcullis_wire::incident::v1::IncidentExposureV1;
use std::collections::BTreeMap;

/// The stretches that reach into the period. A run that shows nothing neither begins nor ends one.
pub(super) fn find_stretches(view: &DatasetView<'_>, runs: &[JudgedRun<'_>]) -> Vec<BadStretchV1> {
    let all = follow_runs(runs);
    let reaches = |stretch: &&OpenStretch<'_>| {
        stretch.bad.last().is_some_and(|last| view.period.holds(last.run().time))
    };
    all.iter().filter(reaches).filter_map(|stretch| stretch.describe(view)).collect()
}

/// A stretch on its way.
#[derive(Default)]
struct OpenStretch<'a> {
    good: Option<JudgedRun<'a>>,
    bad: Vec<JudgedRun<'a>>,
    again: Option<JudgedRun<'a>>,
}

fn follow_runs<'a>(runs: &[JudgedRun<'a>]) -> Vec<OpenStretch<'a>> {
    let (mut ended, mut open) = (Vec::new(), OpenStretch::default());
    for one in runs {
        match one.outcome {
            RunOutcome::OverBudget => open.bad.push(*one),
            RunOutcome::Green if open.bad.is_empty() => open.good = Some(*one),
            RunOutcome::Green => {
                open.again = Some(*one);
                ended.push(std::mem::take(&mut open));
                open.good = Some(*one);
            }
            RunOutcome::Unconfirmed | RunOutcome::Broken => {}
        }
    }
    ended.push(open);
    ended
}

impl OpenStretch<'_> {
    fn describe(&self, view: &DatasetView<'_>) -> Option<BadStretchV1> {
        let (first, last) = (self.bad.first()?, self.bad.last()?);
        Some(BadStretchV1 {
            id: run_id(view.name, first.run().number),
            first_bad: first.mark(),
            last_bad: last.mark(),
            runs: self.bad.len() as u64,
            last_good: self.good.map(|good| good.mark()),
            good_again: self.again.map(|again| again.mark()),
            over: self.over(),
            exposure: self.exposure(view, first),
        })
    }

    /// Each class over its budget, with its greatest count, by falling precedence.
    fn over(&self) -> Vec<OverBudgetV1> {
        let mut worst = BTreeMap::new();
        for one in &self.bad {
            let Some(dataset) = one.dataset else { continue };
            for over in find_exceeded(&one.run().classes, &dataset.budgets) {
                let known = worst.entry(over.class).or_insert((over.count, over.budget));
                if known.0 < over.count {
                    *known = (over.count, over.budget);
                }
            }
        }
        let named = worst.into_iter().map(|(class, (count, budget))| OverBudgetV1 {
            class: class.as_str().to_string(),
            count,
            budget,
        });
        named.collect()
    }

    fn exposure(&self, view: &DatasetView<'_>, first: &JudgedRun<'_>) -> Option<IncidentExposureV1> {
        if view.deployments.is_empty() {
            return None;
        }
        let bad = first.run().manifests.as_of();
        let good = self.good.map_or(bad, |good| good.run().manifests.as_of());
        Some(IncidentExposureV1::of(find_exposure(view.deployments, good, bad)))
    }
}
