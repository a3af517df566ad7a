//! What the tests of all formats ask.

use super::parse;
use portcullis_report_shared::error::ReportError;
use portcullis_testrun::test_run::{TestOutcome, TestRun};

/// The run that a text is.
pub fn run(text: &str) -> TestRun {
    parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}\n{text}"))
}

/// Why a text is no run.
pub fn refused(text: &str) -> ReportError {
    match parse(text.as_bytes()) {
        Err(error) => error,
        Ok(run) => panic!("it was read: {run:?}\n{text}"),
    }
}

/// The tests with their outcomes.
pub fn outcomes(run: &TestRun) -> Vec<(&str, TestOutcome)> {
    run.tests.iter().map(|test| (test.id.as_str(), test.outcome)).collect()
}

/// Does nothing contradict the run? It may be without tests.
pub fn is_green(run: &TestRun) -> bool {
    let good = |outcome| matches!(outcome, TestOutcome::Passed | TestOutcome::Skipped);
    run.contradictions.is_empty() && run.errors.is_empty() && run.tests.iter().all(|test| good(test.outcome))
}
