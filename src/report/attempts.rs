//! Records of tests to tests.
//!
//! Where a format can hold several attempts of a test, the records of one identity are attempts, and a pass after
//! a failure is flaky. Where it cannot, they are several tests under one name, and the worst of them decides.

use super::stable::stable;
use crate::model::test_run::{Test, TestOutcome};
use std::borrow::Cow;

/// Bounds of what a report may hold. Beyond them it is refused, never cut.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How many records there may be.
    pub records: u64,
    /// The length of the identities of all records together, in bytes.
    pub identities: usize,
}

/// The bounds of a report.
pub const LIMITS: Limits = Limits { records: 5_000_000, identities: 1 << 28 };

/// The tests of a report while it is read.
pub struct Attempts {
    limits: Limits,
    identities: usize,
    /// In the order of the report. They are sorted at its end, which is much faster than keeping them sorted.
    records: Vec<Record>,
}

/// One record of a test, or several that the report only counts.
struct Record {
    id: String,
    outcome: TestOutcome,
    number: u64,
    attempt: bool,
}

impl Default for Attempts {
    fn default() -> Self {
        Attempts::within(LIMITS)
    }
}

impl Attempts {
    /// No test yet.
    pub fn within(limits: Limits) -> Self {
        Attempts { limits, identities: 0, records: Vec::new() }
    }

    /// Takes one more attempt of a test.
    ///
    /// # Errors
    /// A sentence, when there are more than a report may hold.
    pub fn add(&mut self, id: impl Into<String>, outcome: TestOutcome) -> Result<(), String> {
        self.take(id.into(), outcome, 1, true)
    }

    /// Takes a test whose earlier attempts the report only counts: all of them failed.
    ///
    /// # Errors
    /// A sentence, when there are more than a report may hold.
    pub fn add_last(
        &mut self,
        id: impl Into<String>,
        outcome: TestOutcome,
        attempts: u64,
    ) -> Result<(), String> {
        let outcome = if attempts > 1 { after(TestOutcome::Failed, outcome) } else { outcome };
        self.take(id.into(), outcome, attempts.max(1), true)
    }

    /// Takes a test of a format without attempts.
    ///
    /// # Errors
    /// A sentence, when there are more than a report may hold.
    pub fn add_distinct(&mut self, id: impl Into<String>, outcome: TestOutcome) -> Result<(), String> {
        self.take(id.into(), outcome, 1, false)
    }

    fn take(&mut self, id: String, outcome: TestOutcome, number: u64, attempt: bool) -> Result<(), String> {
        self.identities += id.len();
        if self.records.len() as u64 >= self.limits.records {
            return Err(format!("it holds more than {} test cases", self.limits.records));
        }
        if self.identities > self.limits.identities {
            return Err(format!("the names of its tests are longer than {} bytes", self.limits.identities));
        }
        let id = match stable(&id) {
            Cow::Borrowed(_) => id,
            Cow::Owned(stable) => stable,
        };
        self.records.push(Record { id, outcome, number, attempt });
        Ok(())
    }

    /// The tests, sorted by identity.
    pub fn finish(mut self) -> Vec<Test> {
        // Records of one test stay in their order.
        self.records.sort_by(|a, b| a.id.cmp(&b.id));
        let mut tests: Vec<Test> = Vec::with_capacity(self.records.len());
        for record in self.records {
            match tests.last_mut() {
                Some(test) if test.id == record.id => fold(test, &record),
                _ => tests.push(Test { id: record.id, outcome: record.outcome, records: record.number }),
            }
        }
        tests
    }
}

fn fold(test: &mut Test, record: &Record) {
    let worse = if record.attempt { after } else { TestOutcome::max };
    test.outcome = worse(test.outcome, record.outcome);
    test.records = test.records.saturating_add(record.number);
}

/// One more attempt: the worst, save that a pass after a failure is flaky.
pub fn after(before: TestOutcome, attempt: TestOutcome) -> TestOutcome {
    match (before, attempt) {
        (TestOutcome::Failed | TestOutcome::Error, TestOutcome::Passed) => TestOutcome::Flaky,
        _ => before.max(attempt),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TestOutcome::{Error, Failed, Flaky, Passed, Skipped};

    #[test]
    fn the_worst_attempt_decides_and_a_pass_does_not_excuse_a_failure() {
        for (attempts, outcome) in [
            (vec![Passed], Passed),
            (vec![Passed, Passed], Passed),
            (vec![Failed, Passed], Flaky),
            (vec![Error, Passed, Skipped], Flaky),
            (vec![Passed, Failed], Failed),
            (vec![Failed, Passed, Failed], Failed),
            (vec![Failed, Passed, Error], Error),
            (vec![Skipped, Passed], Skipped),
        ] {
            let mut tests = Attempts::default();
            attempts.iter().for_each(|outcome| tests.add("a", *outcome).unwrap());
            let tests = tests.finish();
            assert_eq!(
                (tests[0].outcome, tests[0].records),
                (outcome, attempts.len() as u64),
                "{attempts:?}"
            );
        }
    }

    #[test]
    fn tests_are_sorted_by_identity_and_records_of_one_stay_in_their_order() {
        for names in [
            vec!["b", "a", "ab", "", "a\0", "a"],
            vec!["suite 12 > x", "suite 1 > y", "suite 1 > y > z", "suite 12", "suite 1 > y"],
            vec!["é", "è", "\u{10ffff}", "z", "aaaaaaaaab", "aaaaaaaaaa"],
        ] {
            let mut tests = Attempts::default();
            names.iter().for_each(|name| tests.add(*name, Passed).unwrap());
            let ids: Vec<String> = tests.finish().into_iter().map(|test| test.id).collect();
            let sorted: std::collections::BTreeSet<&str> = names.into_iter().collect();
            assert_eq!(ids, Vec::from_iter(sorted));
        }
    }

    #[test]
    fn limits_refuse_and_never_cut() {
        let add = |names: &[&str]| {
            let mut tests = Attempts::within(Limits { records: 2, identities: 3 });
            names.iter().try_for_each(|name| tests.add(*name, Passed))
        };
        assert_eq!(add(&["a", "bc"]), Ok(()));
        assert_eq!(add(&["a", "b", "c"]), Err("it holds more than 2 test cases".into()));
        assert_eq!(add(&["ab", "cd"]), Err("the names of its tests are longer than 3 bytes".into()));
    }
}
