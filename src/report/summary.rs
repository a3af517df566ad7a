//! What a summary claims against what is shown.
//!
//! A summary never decides an outcome. It is only asked whether something is missing, so only a claim that is
//! *larger* than what is shown is a contradiction; smaller claims are conventions of runners.

use crate::model::test_run::TestOutcome;

/// How many tests are shown, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Passed, perhaps not at the first attempt.
    pub passed: u64,
    /// Skipped.
    pub skipped: u64,
    /// Failed.
    pub failed: u64,
    /// Broken.
    pub errors: u64,
}

impl Tally {
    /// One more test.
    pub fn add(&mut self, outcome: TestOutcome) {
        match outcome {
            TestOutcome::Passed | TestOutcome::Flaky => self.passed += 1,
            TestOutcome::Skipped => self.skipped += 1,
            TestOutcome::Failed => self.failed += 1,
            TestOutcome::Error => self.errors += 1,
        }
    }

    /// All that an inner suite shows.
    pub fn add_all(&mut self, inner: Tally) {
        self.passed += inner.passed;
        self.skipped += inner.skipped;
        self.failed += inner.failed;
        self.errors += inner.errors;
    }

    /// All tests.
    pub fn all(self) -> u64 {
        self.passed + self.skipped + self.bad()
    }

    /// Failed or broken.
    pub fn bad(self) -> u64 {
        self.failed + self.errors
    }
}

/// Counts that a summary claims, each with what is shown of it.
#[derive(Default)]
pub struct Claims {
    label: String,
    claims: Vec<(&'static str, Option<u64>)>,
}

impl Claims {
    /// The summary of what messages call `label`.
    pub fn of(label: impl Into<String>) -> Self {
        Claims { label: label.into(), claims: Vec::new() }
    }

    /// How messages call it.
    pub fn label(&self) -> &str {
        &self.label
    }

    /// It claims so many; absent and empty claim nothing.
    pub fn claim(&mut self, what: &'static str, written: Option<&str>) {
        if let Some(written) = written.map(str::trim).filter(|written| !written.is_empty()) {
            self.claims.push((what, written.parse::<u32>().ok().map(u64::from)));
        }
    }

    /// The claims that are larger than what `shown` answers, each one sentence; and those that are no numbers.
    pub fn contradictions(&self, shown: impl Fn(&str) -> u64) -> Vec<String> {
        self.claims
            .iter()
            .filter_map(|(what, claimed)| self.contradiction(what, *claimed, shown(what)))
            .collect()
    }

    fn contradiction(&self, what: &str, claimed: Option<u64>, shown: u64) -> Option<String> {
        let label = &self.label;
        match claimed {
            None => Some(format!("{label} has a count that is not a number")),
            Some(claimed) if claimed > shown => {
                Some(format!("{label} claims {claimed} {what} and shows {shown}"))
            }
            Some(_) => None,
        }
    }
}
