//! Whether the records that were uploaded arrived: the runs of a period, the times without one, the
//! stretches over budget with what was deployed before them, the differences that are still open,
//! and the incidents with their notices.
//!
//! A run counts by what it counted, never by what it says of itself: the budgets of the policy that
//! it was made with are held against its counts.

mod breaks;
mod exceptions;
mod incidents;
mod reasons;
mod runs;
mod silences;
mod stretches;
mod view;

pub use exceptions::{exceptions_of_arrivals, gaps_of_arrivals, is_of_arrivals};
pub use incidents::{RegisterView, audit_register, broken_register, no_register, unseen_register};
pub use runs::{audit_dataset, broken_dataset, unseen_dataset};
pub use view::DatasetView;

use jiff::Timestamp;
use portcullis_judge::policy::Policy;
use portcullis_model::reconciliation::{Dataset, ReconciliationRun};
use portcullis_wire::audit::v1::{ArrivalsV1, AuditTitleV1, PolicyInForceV1};
use std::collections::{BTreeMap, BTreeSet};

/// The time that is audited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ArrivalPeriod {
    /// The first moment.
    pub since: Timestamp,
    /// The first moment after it.
    pub until: Timestamp,
    /// The moment that the audit takes for the present.
    pub as_of: Timestamp,
}

impl ArrivalPeriod {
    /// The time of an audit; `None` for a range of commits.
    pub fn of(title: &AuditTitleV1) -> Option<Self> {
        let moment = |text: Option<&String>| text?.parse::<Timestamp>().ok();
        Some(ArrivalPeriod {
            since: moment(title.period.since.as_ref())?,
            until: moment(title.period.until.as_ref())?,
            as_of: moment(Some(&title.as_of))?,
        })
    }

    /// Is a moment of the period?
    pub fn holds(&self, moment: Timestamp) -> bool {
        self.since <= moment && self.has_seen(moment)
    }

    /// The end of what the audit looks at.
    pub fn end(&self) -> Timestamp {
        self.until.min(self.as_of)
    }

    /// Is a moment from before the end of what the audit looks at?
    fn has_seen(&self, moment: Timestamp) -> bool {
        moment < self.until && moment <= self.as_of
    }
}

/// The policies of a period by which runs are judged.
#[derive(Clone, Debug, Default)]
pub struct PolicyShelf<'p> {
    /// The policy of today, where it can be read.
    pub today: Option<&'p Policy>,
    /// Each policy of the period that can be read, by its SHA-256.
    pub known: BTreeMap<String, &'p Policy>,
    /// Which policy was in force from when on.
    pub in_force: &'p [PolicyInForceV1],
}

impl<'p> PolicyShelf<'p> {
    /// The dataset as the policy of today defines it.
    pub fn dataset_today(&self, name: &str) -> Option<&'p Dataset> {
        self.today?.scope.datasets.get(name)
    }

    /// The dataset as the policy defines it that a run was made with.
    fn dataset_then(&self, run: &ReconciliationRun) -> Option<&'p Dataset> {
        self.known.get(run.policy.as_str())?.scope.datasets.get(&run.dataset)
    }

    /// As it was, else as it is today.
    fn dataset_of(&self, run: &ReconciliationRun) -> Option<&'p Dataset> {
        self.dataset_then(run).or_else(|| self.dataset_today(&run.dataset))
    }

    /// From when on the policy defined a dataset, where that was in the period or before it.
    fn defined_since(&self, name: &str, begin: Timestamp) -> Option<(Timestamp, &'p Dataset)> {
        let mut seen = BTreeSet::new();
        let mut earliest: Option<(Timestamp, &'p Dataset)> = None;
        for one in self.in_force {
            let is_first = seen.insert(one.branch.as_str());
            let Some(policy) = one.digest.as_ref().and_then(|digest| self.known.get(digest.as_str())) else {
                continue;
            };
            let Some(dataset) = policy.scope.datasets.get(name) else { continue };
            let moment = one.since.as_deref().and_then(|since| since.parse::<Timestamp>().ok());
            let since = if is_first { Some(begin) } else { moment };
            let Some(since) = since else { continue };
            if earliest.is_none_or(|(before, _)| since < before) {
                earliest = Some((since, dataset));
            }
        }
        earliest
    }
}

/// The datasets that an audit looks at: those of the policy of today, and those that have runs.
pub fn audited_datasets(shelf: &PolicyShelf<'_>, with_runs: &[String]) -> BTreeSet<String> {
    let defined = shelf.today.into_iter().flat_map(|policy| policy.scope.datasets.keys().cloned());
    defined.chain(with_runs.iter().cloned()).collect()
}

/// Are there records in what is audited that do not hold together?
pub fn has_problems(arrivals: &ArrivalsV1) -> bool {
    let of_register = arrivals.register.iter().any(|register| !register.problems.is_empty());
    of_register || arrivals.datasets.iter().any(|dataset| !dataset.problems.is_empty())
}

#[cfg(test)]
mod tests;
