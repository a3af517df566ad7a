//! The predicate `test-result`, version 0.1 (github.com/in-toto/attestation, `spec/predicates/test-result.md`).
//!
//! It holds no skipped tests, no numbers, no times and no attempts; a [`TestRun`] says more than it can. So it is an
//! export for others and evidence of last resort for us. One that speaks against itself is refused.

use super::AttestError;
use super::statement::{Resource, Statement};
use crate::model::test_run::{Test, TestOutcome, TestRun};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The kind of the claim.
pub const PREDICATE_TYPE: &str = "https://in-toto.io/attestation/test-result/v0.1";

/// What the run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum TestVerdict {
    /// Everything passed.
    Passed,
    /// Something is not as it should be. This is not a pass.
    Warned,
    /// Something failed.
    Failed,
}

/// One run of tests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    /// What it came to.
    pub result: TestVerdict,
    /// What it was configured by.
    pub configuration: Vec<Resource>,
    /// Where more is to be seen. Nothing rests on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The tests that passed.
    #[serde(default)]
    pub passed_tests: Vec<String>,
    /// The tests that passed, but not as they should: in ours, those that failed before they passed.
    #[serde(default)]
    pub warned_tests: Vec<String>,
    /// The tests that failed.
    #[serde(default)]
    pub failed_tests: Vec<String>,
}

/// Reads the claim of a statement.
///
/// # Errors
/// That it is another claim, or where it speaks against itself.
pub fn read(statement: &Statement) -> Result<TestResult, AttestError> {
    if statement.predicate_type != PREDICATE_TYPE {
        let problem = format!("its claim is `{}` and not `{PREDICATE_TYPE}`", statement.predicate_type);
        return Err(AttestError::Statement(problem));
    }
    let result: TestResult = serde_json::from_value(statement.predicate.clone())
        .map_err(|error| AttestError::Statement(error.to_string()))?;
    match result.contradiction() {
        Some(contradiction) => Err(AttestError::Contradiction(contradiction)),
        None => Ok(result),
    }
}

/// Writes the claim about these subjects.
///
/// # Errors
/// Where the claim speaks against itself.
pub fn write(result: &TestResult, subjects: Vec<Resource>) -> Result<Statement, AttestError> {
    if let Some(contradiction) = result.contradiction() {
        return Err(AttestError::Contradiction(contradiction));
    }
    let predicate = serde_json::to_value(result).map_err(|error| AttestError::Json(error.to_string()))?;
    Ok(Statement { subjects, predicate_type: PREDICATE_TYPE.to_string(), predicate })
}

impl TestResult {
    /// What a run comes to. Skipped tests have no place in it; a run in which nothing passed has failed.
    pub fn of(run: &TestRun, configuration: Vec<Resource>) -> Self {
        let of = |wanted: &[TestOutcome]| -> Vec<String> {
            run.tests
                .iter()
                .filter(|test| wanted.contains(&test.outcome))
                .map(|test| test.id.clone())
                .collect()
        };
        let passed_tests = of(&[TestOutcome::Passed]);
        let warned_tests = of(&[TestOutcome::Flaky]);
        let failed_tests = of(&[TestOutcome::Failed, TestOutcome::Error]);
        let broken = !run.errors.is_empty() || !run.contradictions.is_empty();
        let nothing = passed_tests.is_empty() && warned_tests.is_empty();
        let result = match (broken || nothing || !failed_tests.is_empty(), warned_tests.is_empty()) {
            (true, _) => TestVerdict::Failed,
            (false, false) => TestVerdict::Warned,
            (false, true) => TestVerdict::Passed,
        };
        TestResult { result, configuration, url: None, passed_tests, warned_tests, failed_tests }
    }

    /// Its tests. A result that is no pass without naming a test that is none stands among the errors.
    pub fn tests(&self) -> TestRun {
        let named = |names: &[String], outcome: TestOutcome| -> Vec<Test> {
            names.iter().map(|id| Test { id: id.clone(), outcome, records: 1 }).collect()
        };
        let mut tests = named(&self.passed_tests, TestOutcome::Passed);
        tests.extend(named(&self.warned_tests, TestOutcome::Flaky));
        tests.extend(named(&self.failed_tests, TestOutcome::Failed));
        tests.sort();
        let unexplained = self.result == TestVerdict::Failed && self.failed_tests.is_empty();
        let errors = unexplained.then(|| "the run failed, and no test of it is named as failed".to_string());
        TestRun { tests, errors: errors.into_iter().collect(), ..TestRun::default() }
    }

    /// Did everything pass?
    pub fn passed(&self) -> bool {
        self.result == TestVerdict::Passed
    }

    fn contradiction(&self) -> Option<String> {
        let all = || [&self.passed_tests, &self.warned_tests, &self.failed_tests].into_iter().flatten();
        let mut seen = BTreeSet::new();
        let said = |text: &str| Some(text.to_string());
        if let Some(test) = all().find(|test| !seen.insert(test.as_str())) {
            return Some(format!("the test `{test}` is named twice"));
        }
        if all().any(|test| test.trim().is_empty()) {
            return said("a test has no name");
        }
        match self.result {
            TestVerdict::Passed if !self.failed_tests.is_empty() => {
                said("it claims to have passed, and tests failed")
            }
            TestVerdict::Passed if !self.warned_tests.is_empty() => {
                said("it claims to have passed, and tests passed only with a warning")
            }
            TestVerdict::Passed if self.passed_tests.is_empty() => {
                said("it claims to have passed, and names no test")
            }
            TestVerdict::Warned if !self.failed_tests.is_empty() => {
                said("it claims to have passed with warnings, and tests failed")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn claim(predicate: Value) -> Result<TestResult, AttestError> {
        let predicate_type = PREDICATE_TYPE.to_string();
        read(&Statement { subjects: vec![], predicate_type, predicate })
    }

    fn result(
        result: &str,
        passed: &[&str],
        warned: &[&str],
        failed: &[&str],
    ) -> Result<TestResult, AttestError> {
        claim(json!({"result": result, "configuration": [], "passedTests": passed, "warnedTests": warned,
            "failedTests": failed}))
    }

    #[test]
    fn a_result_that_holds_together() {
        assert!(result("PASSED", &["a", "b"], &[], &[]).unwrap().passed());
        assert!(!result("FAILED", &["a"], &[], &["b"]).unwrap().passed());
        assert!(!result("FAILED", &[], &[], &[]).unwrap().passed());
    }

    #[test]
    fn attack_66_a_warning_is_not_a_pass() {
        let warned = result("WARNED", &["a"], &["b"], &[]).unwrap();
        assert!(!warned.passed());
        assert_eq!(warned.tests().tests[1].outcome, TestOutcome::Flaky);
    }

    #[test]
    fn attack_60_a_pass_that_speaks_against_itself() {
        for (verdict, passed, warned, failed) in [
            ("PASSED", &["a"][..], &[][..], &["b"][..]),
            ("PASSED", &["a"], &["b"], &[]),
            ("PASSED", &[], &[], &[]),
            ("WARNED", &["a"], &[], &["b"]),
            ("FAILED", &["a"], &[], &["a"]),
            ("PASSED", &["a", "a"], &[], &[]),
            ("PASSED", &["a", " "], &[], &[]),
        ] {
            let error = result(verdict, passed, warned, failed).unwrap_err();
            assert!(
                matches!(error, AttestError::Contradiction(_)),
                "{verdict} {passed:?} {warned:?} {failed:?}"
            );
        }
    }

    #[test]
    fn what_is_left_out_or_spelt_otherwise_is_no_result() {
        for predicate in [
            json!(null),
            json!({"result": "PASSED", "passedTests": ["a"]}),
            json!({"configuration": [], "passedTests": ["a"]}),
            json!({"result": "passed", "configuration": [], "passedTests": ["a"]}),
            json!({"result": "PASSED", "configuration": [], "passedTests": "a"}),
            json!({"result": "PASSED", "configuration": {}, "passedTests": ["a"]}),
        ] {
            assert!(claim(predicate.clone()).is_err(), "{predicate}");
        }
        let other =
            Statement { subjects: vec![], predicate_type: "test-result".into(), predicate: Value::Null };
        assert!(read(&other).is_err());
    }

    #[test]
    fn a_run_and_back() {
        let test = |id: &str, outcome| Test { id: id.into(), outcome, records: 1 };
        let mut run = TestRun {
            tests: vec![test("a", TestOutcome::Passed), test("b", TestOutcome::Skipped)],
            ..TestRun::default()
        };
        let passed = TestResult::of(&run, vec![]);
        let again = read(&write(&passed, vec![]).unwrap()).unwrap();
        assert_eq!((&again, again.passed()), (&passed, true));
        assert_eq!(again.tests().tests, run.tests[..1]);
        run.tests.push(test("c", TestOutcome::Flaky));
        assert_eq!(TestResult::of(&run, vec![]).result, TestVerdict::Warned);
        run.tests.push(test("d", TestOutcome::Error));
        assert_eq!(TestResult::of(&run, vec![]).result, TestVerdict::Failed);
        let empty = TestResult::of(&TestRun::default(), vec![]);
        assert_eq!((empty.result, empty.tests().errors.len()), (TestVerdict::Failed, 1));
    }
}
