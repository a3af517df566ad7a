//! A run: one comparison of the two sides of a dataset, as its record keeps it.

use super::{Isolation, RecordClass};
use crate::digest::Digest;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// A run. It is stored in a chain, one for each dataset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconciliationRun {
    /// The version of its form.
    pub schema: u32,
    /// The dataset. The name of the ref follows from it.
    pub dataset: String,
    /// 1 for the first run of a dataset, and one more for each after it.
    pub number: u64,
    /// The SHA-256 of the `run.json` before this one; `None` in the first.
    pub previous: Option<Digest>,
    /// When the comparison ended, by the clock of the machine that compared; in whole seconds.
    pub time: Timestamp,
    /// What was compared and how: [`Dataset::definition`](super::Dataset::definition).
    pub definition: Digest,
    /// The SHA-256 of the policy.
    pub policy: Digest,
    /// Which records were compared.
    pub population: RunPopulation,
    /// What was compared.
    pub manifests: RunManifests,
    /// What came of it, by the budgets of that policy.
    pub outcome: RunOutcome,
    /// How many records each class has. A class that no record has is not there.
    pub classes: BTreeMap<RecordClass, ClassCount>,
    /// The shares of deadlines that are not of all records, and how many arrived in time.
    pub shares: Vec<RunShare>,
    /// Rejects for each reason; empty where no reject log was read.
    pub reasons: BTreeMap<String, u64>,
    /// Why nothing can be concluded; empty where something can.
    pub faults: Vec<String>,
    /// Differences that are open, oldest first, up to a bound.
    pub breaks: Vec<RecordBreak>,
    /// How many more there are.
    pub unlisted_breaks: u64,
    /// What changed in kind, though no budget is exceeded: a reason of refusal that was never seen
    /// before, for example.
    pub drift: Vec<String>,
    /// The SHA-256 of the comparison's result, which `reconcile judge` makes again.
    pub result: Option<Digest>,
    /// The program that compared, with its version.
    pub tool: String,
}

/// Which records were compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunPopulation {
    /// All of them.
    Full,
    /// Those that changed.
    Changes,
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunManifests {
    /// What was meant.
    pub source: ComparedManifest,
    /// What is there.
    pub target: ComparedManifest,
    /// What the receiver refused, where its log was read.
    pub rejects: Option<ComparedManifest>,
    /// What the receiver acknowledged, where receipts were read.
    pub receipts: Option<ComparedManifest>,
}

/// A manifest, as a run names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComparedManifest {
    /// The SHA-256 of its header, which holds the totals of its rows.
    pub header: Digest,
    /// The moment at which its system was read, by that machine's clock.
    pub as_of: Timestamp,
    /// Its rows.
    pub rows: u64,
    /// How the rows hold together in time.
    pub isolation: Isolation,
}

impl RunManifests {
    /// Since when nothing is known: the earlier of the moments at which the sides were read.
    #[must_use]
    pub fn as_of(&self) -> Timestamp {
        self.source.as_of.min(self.target.as_of)
    }
}

/// What came of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RunOutcome {
    /// No class is over its budget, and everything that matters was confirmed.
    Green,
    /// Differences that may be rows in motion would exceed a budget. They were seen once.
    Unconfirmed,
    /// A class is over its budget.
    OverBudget,
    /// The comparison proves nothing.
    Broken,
}

impl RunOutcome {
    /// As results and people write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Green => "green",
            Self::Unconfirmed => "unconfirmed",
            Self::OverBudget => "over budget",
            Self::Broken => "broken",
        }
    }
}

/// How many records have a class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassCount {
    /// All that were seen.
    pub seen: u64,
    /// Those among them that a later look confirmed, or that need none. Only these count against a
    /// budget.
    pub confirmed: u64,
    /// Those among the confirmed that the policy accepts, each by a name and until a day.
    pub accepted: u64,
}

/// How many of the records whose term has passed arrived within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RunShare {
    /// Of deletions; otherwise of uploads and amendments.
    pub of_deletions: bool,
    /// The share that is required, in millionths.
    pub required: u32,
    /// The term, in seconds.
    pub within: u64,
    /// Records whose term has passed.
    pub due: u64,
    /// Those that arrived within it.
    pub arrived: u64,
}

impl RunShare {
    /// Did enough of them arrive?
    #[must_use]
    pub fn is_met(&self) -> bool {
        u128::from(self.arrived) * 1_000_000 >= u128::from(self.due) * u128::from(self.required)
    }
}

/// A difference that keeps its identity over runs: what accountants call an open item.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordBreak {
    /// The keyed key, as 32 hexadecimal digits.
    pub key: String,
    /// The class.
    pub class: RecordClass,
    /// The sequence of the operation.
    pub sequence: i64,
    /// The number of the run that saw it first.
    pub opened: u64,
    /// When that run ended.
    pub since: Timestamp,
    /// Was it confirmed?
    pub confirmed: bool,
    /// Is it accepted?
    pub accepted: bool,
}

/// What a class has beyond its budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExceededBudget {
    /// The class.
    pub class: RecordClass,
    /// What counts against the budget.
    pub count: u64,
    /// The budget.
    pub budget: u64,
    /// Were enough of them confirmed? If not, some may be rows in motion.
    pub confirmed: bool,
}

/// The classes that are over their budgets, by falling precedence.
#[must_use]
pub fn find_exceeded(
    classes: &BTreeMap<RecordClass, ClassCount>,
    budgets: &BTreeMap<RecordClass, u64>,
) -> Vec<ExceededBudget> {
    let exceeded = |(class, count): (&RecordClass, &ClassCount)| {
        let budget = budgets.get(class).copied().unwrap_or(0);
        let seen = count.seen.saturating_sub(count.accepted);
        let confirmed = count.confirmed.saturating_sub(count.accepted);
        let is_over = class.needs_budget() && seen > budget;
        let (count, confirmed) = if confirmed > budget { (confirmed, true) } else { (seen, false) };
        is_over.then_some(ExceededBudget { class: *class, count, budget, confirmed })
    };
    classes.iter().filter_map(exceeded).collect()
}

/// What a run comes to, by these budgets.
#[must_use]
pub fn judge_run(
    classes: &BTreeMap<RecordClass, ClassCount>,
    faults: &[String],
    budgets: &BTreeMap<RecordClass, u64>,
) -> RunOutcome {
    if !faults.is_empty() {
        return RunOutcome::Broken;
    }
    let exceeded = find_exceeded(classes, budgets);
    match (exceeded.is_empty(), exceeded.iter().any(|one| one.confirmed)) {
        (true, _) => RunOutcome::Green,
        (false, true) => RunOutcome::OverBudget,
        (false, false) => RunOutcome::Unconfirmed,
    }
}

/// The same with the shares of deadlines.
#[must_use]
pub fn judge_with_shares(
    classes: &BTreeMap<RecordClass, ClassCount>,
    shares: &[RunShare],
    faults: &[String],
    budgets: &BTreeMap<RecordClass, u64>,
) -> RunOutcome {
    match judge_run(classes, faults, budgets) {
        RunOutcome::Green if shares.iter().any(|share| !share.is_met()) => RunOutcome::OverBudget,
        outcome => outcome,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(list: &[(RecordClass, u64, u64, u64)]) -> BTreeMap<RecordClass, ClassCount> {
        let one = |&(class, seen, confirmed, accepted)| (class, ClassCount { seen, confirmed, accepted });
        list.iter().map(one).collect()
    }

    #[test]
    fn only_confirmed_records_beyond_an_absolute_number_are_over_budget() {
        let budgets = BTreeMap::from([(RecordClass::Missing, 2)]);
        let outcome = |list: &[(RecordClass, u64, u64, u64)]| judge_run(&counts(list), &[], &budgets);
        assert_eq!(
            outcome(&[(RecordClass::Ok, 9, 9, 0), (RecordClass::Pending, 5, 5, 0)]),
            RunOutcome::Green
        );
        assert_eq!(outcome(&[(RecordClass::Missing, 2, 2, 0)]), RunOutcome::Green);
        assert_eq!(outcome(&[(RecordClass::Missing, 3, 3, 0)]), RunOutcome::OverBudget);
        assert_eq!(outcome(&[(RecordClass::Missing, 3, 2, 0)]), RunOutcome::Unconfirmed);
        assert_eq!(outcome(&[(RecordClass::Missing, 3, 3, 1)]), RunOutcome::Green);
        assert_eq!(outcome(&[(RecordClass::TestData, 1, 1, 0)]), RunOutcome::OverBudget);
        let broken =
            judge_run(&counts(&[(RecordClass::Ok, 9, 9, 0)]), &["nothing was read".into()], &budgets);
        assert_eq!(broken, RunOutcome::Broken);
    }
}
