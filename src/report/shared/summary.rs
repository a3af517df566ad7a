//! What a summary claims against what is shown.
//!
//! A summary never decides an outcome. It is only asked whether something is missing, so only a
//! claim that is *larger* than what is shown is a contradiction; smaller claims are conventions of
//! runners.

use portcullis_testrun::test_run::TestOutcome;

/// How many sentences of one kind are kept. A report cannot fill a decision with its complaints.
const SENTENCES: usize = 200;

/// Adds sentences to a list; beyond a limit it only says that there are more.
pub fn add_sentences<T: Into<String>>(list: &mut Vec<String>, sentences: impl IntoIterator<Item = T>) {
    for sentence in sentences {
        match list.len() {
            SENTENCES => list.push("and there is more of the kind".into()),
            more if more > SENTENCES => return,
            _ => list.push(sentence.into()),
        }
    }
}

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

    /// The claims that are larger than what `shown` answers, each one sentence; and those that are
    /// no numbers.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_kept_up_to_a_limit_and_the_rest_is_mentioned() {
        let mut list = Vec::new();
        (0..1000).for_each(|number| add_sentences(&mut list, [format!("sentence {number}")]));
        assert_eq!((list.len(), list.last().unwrap().as_str()), (201, "and there is more of the kind"));
    }

    #[test]
    fn only_a_claim_that_is_larger_is_a_contradiction() {
        let mut claims = Claims::of("it");
        for written in [Some("3"), Some("4"), Some(""), None, Some("-1")] {
            claims.claim("tests", written);
        }
        assert_eq!(
            claims.contradictions(|_| 3),
            ["it claims 4 tests and shows 3", "it has a count that is not a number"]
        );
    }
}
