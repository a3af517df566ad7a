//! Writes the predicate `test-result`, version 0.1 (github.com/in-toto/attestation,
//! `spec/predicates/test-result.md`), for other programs.
//!
//! It says less than a [`TestRun`]: no skipped tests, no counts, no times, no attempts. So
//! Portcullis does not read it.

use super::AttestError;
use super::statement::{ResourceDescriptor, write_statement};
use portcullis_model::test_run::{TestOutcome, TestRun};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::Write;

const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// The result of a whole run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OverallResult {
    /// Every test passed.
    Passed,
    /// No test failed, and some passed only after a retry. This is not a pass.
    Warned,
    /// A test failed, nothing passed, or the run itself failed.
    Failed,
}

/// The predicate: one run of tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// The result of the whole run.
    pub result: OverallResult,
    /// The files that decided what was run and how.
    pub configuration: Vec<ResourceDescriptor>,
    /// Identities of the tests that passed.
    pub passed_tests: Vec<String>,
    /// Identities of the tests that failed before they passed.
    pub warned_tests: Vec<String>,
    /// Identities of the tests that failed.
    pub failed_tests: Vec<String>,
}

impl TestResult {
    /// Sums up a run. Skipped tests are left out; a run in which nothing passed has failed.
    pub fn of(run: &TestRun, configuration: Vec<ResourceDescriptor>) -> Self {
        let of = |wanted: &[TestOutcome]| -> Vec<String> {
            let tests = run.tests.iter().filter(|test| wanted.contains(&test.outcome));
            tests.map(|test| test.id.clone()).collect()
        };
        let passed_tests = of(&[TestOutcome::Passed]);
        let warned_tests = of(&[TestOutcome::Flaky]);
        let failed_tests = of(&[TestOutcome::Failed, TestOutcome::Error]);
        let broken = !run.errors.is_empty() || !run.contradictions.is_empty();
        let nothing = passed_tests.is_empty() && warned_tests.is_empty();
        let result = match (broken || nothing || !failed_tests.is_empty(), warned_tests.is_empty()) {
            (true, _) => OverallResult::Failed,
            (false, false) => OverallResult::Warned,
            (false, true) => OverallResult::Passed,
        };
        TestResult { result, configuration, passed_tests, warned_tests, failed_tests }
    }

    /// Writes a statement with this predicate as JSON on one line. The keys of the predicate are
    /// sorted.
    ///
    /// # Errors
    /// A test has no name, or its name appears twice.
    pub fn write_statement(
        &self,
        out: impl Write,
        subjects: &[ResourceDescriptor],
    ) -> Result<(), AttestError> {
        self.check()?;
        let predicate = serde_json::to_value(self).map_err(|error| AttestError::Json(error.to_string()))?;
        write_statement(out, subjects, PREDICATE_TYPE, &predicate)
    }

    fn check(&self) -> Result<(), AttestError> {
        let mut seen = BTreeSet::new();
        for test in [&self.passed_tests, &self.warned_tests, &self.failed_tests].into_iter().flatten() {
            if test.trim().is_empty() {
                return Err(AttestError::Contradiction("a test has no name".to_string()));
            }
            if !seen.insert(test) {
                return Err(AttestError::Contradiction(format!("the test `{test}` is named twice")));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statement::{StatementHeader, read_predicate};
    use portcullis_model::test_run::Test;
    use serde_json::{Value, json};

    fn run(tests: &[(&str, TestOutcome)]) -> TestRun {
        let test =
            |(id, outcome): &(&str, TestOutcome)| Test { id: (*id).into(), outcome: *outcome, records: 1 };
        TestRun { tests: tests.iter().map(test).collect(), ..TestRun::default() }
    }

    #[test]
    fn a_run_is_written_without_its_skipped_tests() {
        let digest = [("sha256".to_string(), "a".repeat(64))].into();
        let subject = ResourceDescriptor { digest, ..ResourceDescriptor::default() };
        let result = TestResult::of(&run(&[("a", TestOutcome::Passed), ("b", TestOutcome::Skipped)]), vec![]);
        let mut bytes = Vec::new();
        result.write_statement(&mut bytes, std::slice::from_ref(&subject)).unwrap();
        let header = StatementHeader::read(&bytes).unwrap();
        assert_eq!((header.subjects, header.predicate_type.as_str()), (vec![subject], PREDICATE_TYPE));
        assert_eq!(
            read_predicate::<Value>(&bytes).unwrap(),
            json!({"result": "PASSED", "configuration": [], "passedTests": ["a"], "warnedTests": [],
                "failedTests": []})
        );
    }

    #[test]
    fn attack_66_a_warning_is_not_a_pass_and_a_failure_no_warning() {
        let (passed, flaky) = (("a", TestOutcome::Passed), ("b", TestOutcome::Flaky));
        for (tests, expected) in [
            (&[passed][..], OverallResult::Passed),
            (&[passed, flaky], OverallResult::Warned),
            (&[passed, flaky, ("c", TestOutcome::Error)], OverallResult::Failed),
            (&[passed, ("c", TestOutcome::Failed)], OverallResult::Failed),
            (&[("c", TestOutcome::Skipped)], OverallResult::Failed),
            (&[], OverallResult::Failed),
        ] {
            assert_eq!(TestResult::of(&run(tests), vec![]).result, expected, "{tests:?}");
        }
        let mut contradicted = run(&[passed]);
        contradicted.contradictions = vec!["more were counted".to_string()];
        assert_eq!(TestResult::of(&contradicted, vec![]).result, OverallResult::Failed);
    }

    #[test]
    fn attack_60_a_result_that_contradicts_itself_is_not_written() {
        for tests in [
            [("a", TestOutcome::Passed), ("a", TestOutcome::Passed)],
            [("a", TestOutcome::Passed), ("a", TestOutcome::Failed)],
            [("a", TestOutcome::Passed), (" ", TestOutcome::Passed)],
        ] {
            let error = TestResult::of(&run(&tests), vec![]).write_statement(Vec::new(), &[]).unwrap_err();
            assert!(matches!(error, AttestError::Contradiction(_)), "{tests:?}");
        }
    }
}
