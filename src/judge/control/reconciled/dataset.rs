//! One dataset of one deployment: is its newest run good, and did one follow the deployment before?

use super::{DAY, NAME};
use crate::control::finding;
use crate::control::procedure::words::duration;
use crate::control::shared::text::first_few;
use jiff::{SignedDuration, Timestamp};
use portcullis_model::decision::{Finding, SubjectKind, Verdict};
use portcullis_model::deployment::Deployment;
use portcullis_model::fact::{Fact, Gap, GapReason};
use portcullis_model::reconciliation::run::{find_exceeded, judge_with_shares};
use portcullis_model::reconciliation::{
    ClassCount, Dataset, DatasetRuns, KnownRun, ReconciliationFacts, RecordClass, RecordedDeployment,
    RunOutcome, RunPopulation, RunShare,
};
use std::collections::BTreeMap;

/// How far the clocks of two machines may be apart: as the chain of runs accepts.
const CLOCKS: SignedDuration = SignedDuration::from_hours(1);

/// A dataset of a deployment, at one moment.
pub(super) struct DatasetCase<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) dataset: &'a Dataset,
    pub(super) at: Timestamp,
    pub(super) subject: &'a str,
}

impl DatasetCase<'_> {
    fn of(&self, verdict: Verdict, reason: impl Into<String>) -> Finding {
        finding(NAME, verdict, SubjectKind::Environment, self.subject, reason)
    }

    /// What to do for a new run.
    fn run_remedy(&self) -> String {
        format!(
            "Fetch the runs (`git fetch origin 'refs/portcullis/*:refs/portcullis/*'`); where none is newer, run \
             `portcullis reconcile run {}` with this policy.",
            self.dataset.name
        )
    }

    fn gap(&self, reason: GapReason, detail: impl Into<String>) -> Gap {
        Gap::new(
            format!("whether the records of `{}` arrived", self.dataset.name),
            reason,
            detail,
            self.run_remedy(),
        )
    }

    fn seen(&self) -> Result<&ReconciliationFacts, Gap> {
        self.deployment.reconciliation.as_ref().ok_or_else(|| {
            Gap::not_asked(
                format!("the runs of `{}`", self.dataset.name),
                "Gather the facts again with this version and this policy.",
            )
        })
    }

    fn runs(&self) -> Result<&DatasetRuns, Gap> {
        self.seen()?.datasets.iter().find(|one| one.dataset == self.dataset.name).ok_or_else(|| {
            Gap::not_asked(
                format!("the runs of `{}`", self.dataset.name),
                "Gather the facts again with this policy.",
            )
        })
    }

    /// The runs that compared what this policy compares, in the way in which it does, oldest first,
    /// and signed where it asks for signatures.
    fn own_runs(&self) -> Result<Vec<&KnownRun>, Gap> {
        let runs = self.runs()?.runs.known()?;
        let is_own = |run: &&KnownRun| self.dataset.is_defined_by(&run.definition);
        let own: Vec<&KnownRun> = runs.iter().filter(is_own).collect();
        let Some(newest) = own.last() else {
            let detail = match runs.last() {
                None => "no run of it is in this repository".to_string(),
                Some(other) => format!(
                    "run {} is the newest, and it compared something else or in another way than this policy says",
                    other.number
                ),
            };
            return Err(self.gap(GapReason::NotVisible, detail));
        };
        if let Some(signers) = self.dataset.signers.as_ref().filter(|list| !newest.signed_by.contains(*list))
        {
            let detail = format!("run {} is not signed by anyone in {signers}", newest.number);
            return Err(self.gap(GapReason::Untrusted, detail));
        }
        let signed =
            |run: &&KnownRun| self.dataset.signers.as_ref().is_none_or(|list| run.signed_by.contains(list));
        Ok(own.into_iter().filter(signed).collect())
    }

    /// Did a run follow each deployment that touched the dataset, in time?
    pub(super) fn check_after(&self) -> Result<Option<Finding>, Gap> {
        let deployments = self.seen()?.deployments.known()?;
        let within = self.dataset.after_deployment.unwrap_or(DAY);
        let touching: Vec<&RecordedDeployment> =
            deployments.iter().filter(|one| self.may_touch(one)).collect();
        // What came before the newest is covered by a run that came after it.
        let Some(newest) = touching.last() else { return Ok(None) };
        let runs = self.own_runs()?;
        let follows = |one: &RecordedDeployment| {
            runs.iter().any(|run| is_full(run) && run.as_of() > one.time && run.as_of() <= self.latest())
        };
        if follows(newest) {
            return Ok(None);
        }
        let due = |one: &RecordedDeployment| one.time.saturating_add(within).unwrap_or(Timestamp::MAX);
        let overdue = touching.iter().find(|one| !follows(one) && due(one) < self.at);
        Ok(overdue.map(|one| {
            let reason = format!(
                "deployment {} of {} touched it, and no run that shows anything read both sides after it; one was due by {}",
                one.number,
                one.time,
                due(one)
            );
            self.of(Verdict::Broken, reason).remedy(self.run_remedy())
        }))
    }

    fn may_touch(&self, one: &RecordedDeployment) -> bool {
        match &one.areas {
            Fact::Known(areas) => self.dataset.areas.iter().any(|area| areas.contains(area)),
            Fact::Gap(_) => true,
        }
    }

    fn latest(&self) -> Timestamp {
        self.at.saturating_add(CLOCKS).unwrap_or(Timestamp::MAX)
    }

    /// Is the newest run over all records good and fresh, and none after it over budget?
    pub(super) fn check_before(&self) -> Result<Finding, Gap> {
        let runs = self.own_runs()?;
        let Some(place) = runs.iter().rposition(|run| run.population == RunPopulation::Full) else {
            return Err(self.gap(GapReason::NotVisible, "no run compared all records"));
        };
        let (_, since) = runs.split_at(place);
        if let Some(bad) = since.iter().rfind(|run| self.judge(run) == RunOutcome::OverBudget) {
            return self.report_exceeded(bad, &runs);
        }
        let Some(full) = since.first() else { return Err(self.gap(GapReason::NotVisible, "no run counts")) };
        let number = full.number;
        match self.judge(full) {
            RunOutcome::Broken => {
                let detail = format!("run {number} shows nothing: {}", full.faults.join("; "));
                Err(self.gap(GapReason::Untrusted, detail))
            }
            RunOutcome::Unconfirmed => {
                let detail = format!(
                    "run {number} saw differences beyond the budgets, and no later look confirmed them"
                );
                Err(self.gap(GapReason::NotVisible, detail))
            }
            RunOutcome::OverBudget => self.report_exceeded(full, &runs),
            RunOutcome::Green => Ok(match self.find_age_fault(full)? {
                Some(fault) => fault,
                None => self.of(
                    Verdict::Met,
                    format!("run {number}, which read both sides by {}, is green", full.as_of()),
                ),
            }),
        }
    }

    /// What a run counted, with what the policy that judges accepts at this moment.
    fn classes_of(&self, run: &KnownRun) -> BTreeMap<RecordClass, ClassCount> {
        self.dataset.limit_accepted(&run.classes, self.at)
    }

    /// By the budgets of the policy that judges.
    fn judge(&self, run: &KnownRun) -> RunOutcome {
        judge_with_shares(&self.classes_of(run), &run.shares, &run.faults, &self.dataset.budgets)
    }

    fn report_exceeded(&self, run: &KnownRun, runs: &[&KnownRun]) -> Result<Finding, Gap> {
        let exceeded = find_exceeded(&self.classes_of(run), &self.dataset.budgets);
        let mut details: Vec<String> = exceeded
            .iter()
            .filter(|one| one.confirmed)
            .map(|one| format!("{}: {}, and the budget is {}", one.class.as_str(), one.count, one.budget))
            .collect();
        let reason = match details.len() {
            0 => format!("run {}: too few records arrived in time", run.number),
            1 => format!("run {} is over the budget of 1 class", run.number),
            classes => format!("run {} is over the budget of {classes} classes", run.number),
        };
        details.extend(run.shares.iter().filter(|share| !share.is_met()).map(describe_share));
        details.extend(self.tell_exposure(runs)?);
        let remedy = format!(
            "See `portcullis reconcile show {} {}`: put right what did not arrive, then run it again.",
            self.dataset.name, run.number
        );
        Ok(self.of(Verdict::Broken, reason).remedy(remedy).details(details))
    }

    /// Between which runs it went wrong, and what was deployed between them.
    fn tell_exposure(&self, runs: &[&KnownRun]) -> Result<Vec<String>, Gap> {
        let good = runs.iter().rposition(|run| self.judge(run) == RunOutcome::Green);
        let after = good.map_or(0, |place| place + 1);
        let first_bad = runs.iter().skip(after).find(|run| self.judge(run) == RunOutcome::OverBudget);
        let Some(bad) = first_bad else { return Ok(Vec::new()) };
        let last_good = good.and_then(|place| runs.get(place));
        let mut told = vec![match last_good {
            Some(good) => format!("last good: run {} of {}", good.number, good.as_of()),
            None => "no earlier run that is known was good".to_string(),
        }];
        told.push(format!("first bad: run {} of {}", bad.number, bad.as_of()));
        let deployments = self.seen()?.deployments.known()?;
        let is_between = |one: &&RecordedDeployment| {
            last_good.is_none_or(|good| good.as_of() <= one.time) && one.time <= bad.as_of()
        };
        let between = deployments.iter().filter(is_between).filter(|one| self.may_touch(one));
        let named = between.map(|one| {
            format!("between the two: deployment {} ({}) of {}", one.number, one.candidate.short(), one.time)
        });
        told.extend(first_few(named.collect()));
        Ok(told)
    }

    /// What is wrong with the age of a run that is green.
    fn find_age_fault(&self, run: &KnownRun) -> Result<Option<Finding>, Gap> {
        if run.as_of() > self.latest() || run.time > self.latest() {
            let detail = format!("run {} is from {}, which is in the future", run.number, run.as_of());
            return Err(self.gap(GapReason::Contradiction, detail));
        }
        let terms = [self.dataset.expected_every, self.dataset.full_every];
        let green = self.dataset.green_within.unwrap_or(DAY);
        let within = terms.into_iter().flatten().fold(green, SignedDuration::min);
        if self.at.duration_since(run.as_of()) <= within {
            return Ok(None);
        }
        let reason = format!(
            "run {} read the sides at {} and {}, and the earlier one is more than {} ago",
            run.number,
            run.source_as_of,
            run.target_as_of,
            duration(within)
        );
        Ok(Some(self.of(Verdict::Broken, reason).remedy(self.run_remedy())))
    }
}

/// Does a run show something of all records?
fn is_full(run: &KnownRun) -> bool {
    run.faults.is_empty() && run.population == RunPopulation::Full
}

/// `uploads and amendments: 8 of 10 within 24 hours, and 90 % is required`.
#[must_use]
pub fn describe_share(share: &RunShare) -> String {
    let within = SignedDuration::from_secs(i64::try_from(share.within).unwrap_or(i64::MAX));
    let (whole, rest) = (share.required / 10_000, share.required % 10_000);
    let percent = match rest {
        0 => whole.to_string(),
        rest => format!("{whole}.{}", format!("{rest:04}").trim_end_matches('0')),
    };
    let what = if share.of_deletions { "deletions" } else { "uploads and amendments" };
    format!(
        "{what}: {} of {} within {}, and {percent} % is required",
        share.arrived,
        share.due,
        duration(within)
    )
}
